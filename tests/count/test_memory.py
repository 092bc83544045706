"""Memory agrees with torch: the bytes that autograd keeps, and the peak of a run that frees unread tensors."""

from __future__ import annotations

from math import prod
from random import Random

import pytest
import torch

from archc.count.memory import DTYPES, Storages, memory, name_of, peak_memory, saved_memory
from archc.ir.network import Network, Ref
from tests.count.emitted import EXTRA, SMALL, module, small
from tests.support.autograd import keeping
from tests.support.specs import in_model, network
from tests.support.torch_calls import live

BATCH = 2


def kept_by_autograd(net: Network) -> int:
    """The bytes of storages that autograd keeps in a training step of the emitted module, without its state."""
    made = module(net).train()
    state = {t.untyped_storage().data_ptr() for t in (*made.parameters(), *made.buffers())}
    x = torch.randn(BATCH, *net.type_of(net.inputs[0]).dims)
    with keeping() as kept:
        result = made(x)
    storages = {s.data_ptr(): s.nbytes() for t in kept if (s := t.untyped_storage()).data_ptr() not in state}
    del result
    return sum(storages.values())


@pytest.mark.parametrize("family", [*SMALL, *EXTRA])
def test_what_autograd_keeps_to_the_byte(family: str) -> None:
    net = small(family)
    torch.manual_seed(0)
    assert memory(net, BATCH).training.saved == kept_by_autograd(net)


def freed_by_a_run(net: Network, inplace: bool) -> int:
    """The peak bytes of a run of the network that frees each tensor after its last reader."""
    storages = Storages(net, 1, "float32", training=False, inplace=inplace)
    results = {*net.inputs, *net.outputs}
    values = {ref: torch.randn(1, *net.type_of(ref).dims) for ref in net.inputs}
    most = 0
    for position, index in enumerate(storages.order):
        node = net.nodes[index]
        layer = live(node.op, net.input_types(node))[0].eval()
        if inplace and hasattr(layer, "inplace") and storages.overwrites(node):
            layer.__dict__["inplace"] = True
        with torch.no_grad():
            made = layer(*(values[r] for r in node.inputs))
        for out, tensor in enumerate((made,) if isinstance(made, torch.Tensor) else made):
            values[Ref(index, out)] = tensor
        del made
        alive = {s.data_ptr(): s.nbytes() for t in values.values() for s in [t.untyped_storage()]}
        most = max(most, sum(alive.values()))
        read = {r for i in storages.order[position + 1 :] for r in net.nodes[i].inputs}
        values = {ref: tensor for ref, tensor in values.items() if ref in read | results}
    return most


@pytest.mark.parametrize("family", ["densenet", "googlenet", "lenet", "mobilenet", "mobilenet_v2", "shufflenet"])
def test_the_peak_of_inference_to_the_byte(family: str) -> None:
    net = small(family)
    found = memory(net)
    assert found.inference.bytes == freed_by_a_run(net, inplace=True)
    assert found.inference_copying.bytes == freed_by_a_run(net, inplace=False)


def test_where_the_peak_is() -> None:
    """Next to a wide branch, the input of the block is still alive, because the other branch reads it."""
    text = in_model("add { a: Conv(8, 1) - b: Conv(64, 1) - c: Conv(16, 1) | d: Conv(16, 1) }", "16x8x8")
    found = memory(network(text)).inference
    assert (found.at, found.bytes) == ("c", 4 * 64 * (16 + 64 + 16))
    assert [(h.layer, h.what, h.bytes) for h in found.alive] == [
        ("b", "output", 4 * 64 * 64),
        ("input", "input", 4 * 64 * 16),
        ("c", "output", 4 * 64 * 16),
    ]


def test_what_comes_in_is_alive_from_the_start() -> None:
    found = memory(network(in_model("a: Conv(4)", "4x8x8")))
    assert found.inference.bytes == found.training.forward.bytes == 2 * 1024


def test_in_place_saves_a_copy_where_nobody_else_reads() -> None:
    chain = memory(network(in_model("Conv(8) - BN - ReLU - ReLU", "8x4x4")))
    assert (chain.inference.bytes, chain.inference_copying.bytes) == (3 * 512, 3 * 512)
    both = memory(network(in_model("Conv(8) - add { ReLU6 | Sigmoid }", "8x4x4")))
    assert both.inference.bytes == both.inference_copying.bytes == 4 * 512
    wide = memory(network(in_model("Conv(64) - HSwish", "1x4x4")))
    assert (wide.inference.bytes, wide.inference_copying.bytes) == (64 + 4096, 64 + 8192)


def test_what_alive_adds_up_to_the_peak() -> None:
    for family in ("resnet", "googlenet", "mobilenet", "densenet"):
        found = memory(small(family), 3)
        for peak in (found.inference, found.inference_copying, found.training.forward, found.training.backward):
            assert peak.bytes == sum(h.bytes for h in peak.alive) or peak is found.training.backward
            assert peak.bytes >= max(h.bytes for h in peak.alive)


def test_bytes_follow_the_dtype_and_the_batch() -> None:
    net = small("squeezenet")
    one, two, half = memory(net), memory(net, 2), memory(net, 1, "float16")
    assert two.inference.bytes == 2 * one.inference.bytes == 4 * half.inference.bytes
    assert DTYPES["float16"] * 2 == DTYPES["float32"]
    indices = sum(8 * n.types[0].elements for n in net.nodes if n.op.kind() == "MPool")
    assert one.training.saved - indices == 2 * (half.training.saved - indices)


def test_a_layer_before_all_weights_keeps_nothing() -> None:
    nothing = memory(network(in_model("MPool - Tanh", "4x8x8"))).training
    assert nothing.saved == nothing.backward.bytes == 0, "no weight needs a gradient"
    assert memory(network(in_model("MPool - Conv(4)", "4x8x8"))).training.saved == 4 * 64


def test_gradients_pass_a_sum_unchanged() -> None:
    """In the backward pass of a residual sum both branches have the same gradient; the convolution makes a new one."""
    net = network(in_model("stem: Conv(4) - add { in | body: Conv(4) }", "4x8x8"))
    found = memory(net).training
    assert found.saved == 2 * 1024
    assert found.backward.at == "body"
    assert found.backward.bytes == 2 * 1024 + 1024 + 2 * 1024


FREEZING = """
block U(n) { conv: Conv(n) - bn: BN - relu: ReLU - MPool - Dropout - dw: DWConv }
model m {
  input 3x32x32
  a: U(8) - b: U(8) - GAPool - fc: FC(5)
}
variant none = m
variant first = m { freeze a }
variant second = m { freeze b }
variant norm = m { freeze a.bn, b.bn, b.conv }
"""


@pytest.mark.parametrize("member", ["none", "first", "second", "norm"])
def test_frozen_layers_keep_less(member: str) -> None:
    """A frozen normalisation keeps no batch statistics; a frozen convolution still keeps its input."""
    net = network(FREEZING, member=member)
    assert memory(net, BATCH).training.saved == kept_by_autograd(net)


PARTS = (
    "Conv(4)",
    "Conv(8, 1)",
    "DWConv",
    "BN",
    "ReLU",
    "ReLU6",
    "HSwish",
    "SiLU",
    "Sigmoid",
    "Tanh",
    "GELU",
    "Identity",
    "Dropout",
    "Dropout(0)",
    "Shuffle(2)",
    "MPool(3, 1, pad=1)",
    "APool(3, 1, pad=1)",
    "GN(2)",
    "Chunk(2) - Concat",
    "Slice(0, 4)",
    "PadChannels(8)",
    "add { in | Conv(in.channels) }",
    "add { ReLU | Sigmoid | in }",
    "mul { in | GAPool - Conv(in.channels, 1) - Sigmoid }",
    "mul { in | GAPool - Conv(in.channels, 1) }",
    "concat { Conv(4) | ReLU }",
    "add { Identity | in }",
    "concat { Chunk(2) - Concat | ReLU }",
    "mul { in | ReLU | Tanh }",
    "LeakyReLU",
    "PReLU",
    "ELU",
    "SELU",
    "CELU(0.5)",
    "Mish",
    "Softplus",
    "Conv(16) - GLU",
    "LogSoftmax",
    "InstanceNorm",
    "InstanceNorm(affine=true)",
    "RMSNorm",
    'LN(over="channels")',
    'RMSNorm(over="channels")',
    'LN(over="last")',
    "Dropout2d",
    "PixelUnshuffle(2) - PixelShuffle(2)",
    "BlurPool(3, 1)",
    "LPPool(3, 1) - Conv(8, 3, pad=2)",
    "AdaptiveMPool(6)",
    'Conv(8, 3, pad_mode="reflect")',
    'Conv(8, 4, pad="same")',
    "Conv(8, 2, pad=[[1, 0]])",
)
"""What takes any image of 4 channels or more, an even number of them."""


def drawn(seed: int) -> Network:
    """A network of some of `PARTS` that ends in a vector."""
    random = Random(f"memory {seed}")
    chain = " - ".join(random.choice(PARTS) for _ in range(random.randint(3, 7)))
    return network(in_model(f"{chain} - GAPool - Flatten - FC(3)", "4x6x6"))


@pytest.mark.parametrize("seed", range(16))
def test_memory_of_drawn_networks_to_the_byte(seed: int) -> None:
    """The bytes that autograd keeps, and the peaks of a run with and without work in place."""
    net = drawn(seed)
    torch.manual_seed(0)
    assert memory(net, BATCH).training.saved == kept_by_autograd(net)
    found = memory(net)
    assert found.inference.bytes == freed_by_a_run(net, inplace=True)
    assert found.inference_copying.bytes == freed_by_a_run(net, inplace=False)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_alive_at_a_peak_of_a_drawn_network(seed: int) -> None:
    net = drawn(seed)
    found = memory(net, 2, "float16")
    places = {name_of(net, node) for node in net.nodes if node.inputs}
    for peak in (found.inference, found.inference_copying, found.training.forward, found.training.backward):
        adding = peak.bytes - sum(h.bytes for h in peak.alive)  # gradients that exist while they are accumulated
        assert adding == 0 or (peak is found.training.backward and adding in {h.bytes for h in peak.alive})
        assert [h.bytes for h in peak.alive] == sorted((h.bytes for h in peak.alive), reverse=True)
        assert peak.at in places and all(h.bytes > 0 for h in peak.alive)
        assert {h.layer for h in peak.alive} <= places | {"input"}
    assert found.inference.bytes <= found.inference_copying.bytes
    assert found.training.peak == max(found.training.forward.bytes, found.training.backward.bytes)
    assert found.training.forward.bytes >= found.training.saved
    assert found.weights == sum(
        prod(w.shape) * (8 if w.dtype == "int64" else 2)
        for node in net.nodes
        for w in node.op.weights(net.input_types(node)).values()
    )


def backward(body: str, shape: str = "4x8x8") -> tuple[str, int, list[tuple[str, str, int]]]:
    """The node at the peak of the backward pass, and the memory alive there, in tensors of 4x8x8."""
    found = memory(network(in_model(body, shape))).training.backward
    return found.at, found.bytes // 1024, [(h.layer, h.what, h.bytes // 1024) for h in found.alive]


def test_the_backward_pass_by_hand() -> None:
    """The peak at a layer: tensors kept for it and earlier layers, and the gradients of its output and input."""
    at, total, alive = backward("a: Conv(4) - b: Conv(4)")
    assert (at, total) == ("b", 5), "the output is the caller's"
    assert sorted(alive) == [
        ("a", "gradient", 1), ("a", "output", 1), ("b", "gradient", 1), ("b", "output", 1), ("input", "input", 1),
    ]  # fmt: skip


def test_a_view_passes_its_gradient_on() -> None:
    """Little more than the input and one gradient is alive."""
    assert backward("a: Conv(4) - Reshape(16x4x4) - GAPool")[1] == 2


def test_names_of_layers_in_reports() -> None:
    net = network("block B { f: (Conv(4) - ReLU) - Sigmoid }\n" + in_model("b: B - ReLU"))
    assert [name_of(net, node) for node in net.nodes] == ["input", "b.f.0", "b.f.1", "Sigmoid in b", "ReLU"]


def test_short_forms_are_the_long_one() -> None:
    net = small("mobilenet")
    found = memory(net)
    assert peak_memory(net) == found.inference and saved_memory(net) == found.training.saved


def test_bytes_of_numbers() -> None:
    for name, size in DTYPES.items():
        assert size == getattr(torch, name).itemsize


def test_statistics_are_never_less_than_float32() -> None:
    """A normalisation of float16 keeps its statistics in float32, a pooling its indices as integers."""
    for body, kept in (
        ("Conv(4, 1) - GN(2)", (2 * 256 + 256 * 2, 2 * 2)),
        ("Conv(4, 1) - BN", (2 * 256 + 256 * 2, 2 * 4)),
    ):
        net = network(in_model(body, "4x8x8"))
        numbers, statistics = kept
        for name, size in DTYPES.items():
            assert memory(net, 1, name).training.saved == numbers // 2 * size + statistics * max(4, size), (body, name)
    pool = network(in_model("Conv(4, 1) - MPool", "4x8x8"))
    assert memory(pool, 1, "float16").training.saved == 2 * 256 + 2 * 256 + 8 * 64
