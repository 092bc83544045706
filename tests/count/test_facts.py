"""Depth, receptive fields, traffic and training agree with papers, published tables and torch."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archc.api import compile_text
from archc.count.counts import count
from archc.count.depth import depth
from archc.count.facts import facts, kinds
from archc.count.receptive import LayerField, ReceptiveField, fields, receptive_field
from archc.count.training import OPTIMIZERS, training
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import check
from tests.count.emitted import module, small
from tests.support.specs import SPECS, in_model, load, network

DEPTHS = {
    "alexnet:alexnet_2012": 8,  # Krizhevsky et al. 2012, section 3.5
    "densenet:densenet121": 121,  # Huang et al. 2016, the names of table 1
    "densenet:densenet_bc100_k12_cifar": 100,
    "dpn:dpn92": 92,
    "googlenet:googlenet_2014": 22,  # Szegedy et al. 2014, section 5
    "inception:inception_v3": 48,
    "lenet:lenet5_1998": 7,  # LeCun et al. 1998, section II.B: "7 layers, not counting the input"
    "mobilenet:mobilenet_v1_100_224": 28,  # Howard et al. 2017, section 3.2
    "resnet:resnet18": 18,
    "resnet:resnet152": 152,
    "resnet:resnet110_cifar": 110,
    "resnext:resnext101_32x4d": 101,
    "senet:seresnet50": 50,
    "vgg:vgg16": 16,
}
FIELDS = {
    "alexnet:alexnet": (195, 32),
    "inception:inception_v3": (1311, 32),
    "mobilenet:mobilenet_v1_100_224": (315, 32),
    "resnet:resnet50_v1": (483, 32),
    "resnet:resnet101_v1": (1027, 32),
    "resnet:resnet152_v1": (1507, 32),
    "vgg:vgg16": (212, 32),
}
"""Sizes and strides of Araujo, Norris, Sim 2019, the table of section "Modern CNNs"; ResNets with the stride first."""


@cache
def named(name: str) -> Network:
    spec, member = name.split(":")
    source = Source(f"{spec}.arch", (SPECS / f"{spec}.arch").read_text(encoding="utf-8"))
    return check(source, load, member).networks[member]


@pytest.mark.parametrize(("name", "layers"), DEPTHS.items())
def test_depths_of_papers(name: str, layers: int) -> None:
    net = named(name)
    assert depth(net, count(net)) == layers


@pytest.mark.parametrize(("name", "published"), FIELDS.items())
def test_published_receptive_fields(name: str, published: tuple[int, int]) -> None:
    largest = receptive_field(named(name)).largest
    assert largest is not None
    assert (largest.size[0], largest.stride[0]) == published
    assert largest.size[0] == largest.size[1] and largest.stride[0] == largest.stride[1]


def test_lenet_has_the_connections_of_its_paper() -> None:
    """LeCun et al. 1998: "340,908 connections, but only 60,000 trainable free parameters"."""
    counts = count(named("lenet:lenet5_1998"))
    assert (counts.connections, counts.trainable) == (340_908, 60_000)


BRANCHES = "Conv(4, 3) - add { Conv(4, 5) - Conv(4, 3) | MPool(3, 1, pad=1) | in } - APool - Conv(4, 1x7)"

TURNED = (
    'Conv(4, 3, 2) - add { DWConv(5) - Permute([1, 2, 0]) - Linear(8) - GELU - LN(over="last") - Linear(4)'
    " - Permute([2, 0, 1]) - Scale(0.5) | in } - Conv(4)"
)


def seen_by_gradient(net: Network, row: int, column: int) -> tuple[int, int, int, int]:
    """The first and last row and column of the input that one position of the output depends on."""
    made = module(net).double().eval()
    for p in made.parameters():
        torch.nn.init.uniform_(p, 0.5, 1.0)
    x = torch.rand(1, *net.type_of(net.inputs[0]).dims, dtype=torch.float64, requires_grad=True)
    made(x)[0, :, row, column].sum().backward()
    assert x.grad is not None
    rows, columns = (x.grad[0].abs().sum((0, axis)).nonzero().flatten() for axis in (2, 1))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


@pytest.mark.parametrize("chain", ["Conv(4, 5, 2) - Conv(4, 3, pad=0, dilation=2) - APool", BRANCHES, TURNED])
def test_the_union_is_what_the_output_depends_on(chain: str) -> None:
    net = network(in_model(chain, "2x40x40"))
    union = receptive_field(net).union
    assert union is not None
    height, width = net.type_of(net.outputs[0]).dims[1:]
    for row, column in product((0, height // 2), (0, width // 2)):
        found = seen_by_gradient(net, row, column)
        for axis, place in ((0, row), (1, column)):
            first = place * union.stride[axis] + union.offset[axis]
            told = max(first, 0), min(first + union.size[axis], 40) - 1
            assert found[2 * axis : 2 * axis + 2] == told


@pytest.mark.parametrize("inside", ["SM", "Linear(20) - Permute([0, 2, 1])", "Conv(20, 1)", "BN - Conv(20, 1)"])
def test_what_mixes_turned_rows_sees_everything(inside: str) -> None:
    net = network(in_model(f"Conv(4) - Permute([2, 1, 0]) - {inside} - Permute([2, 1, 0]) - Conv(4)", "2x20x20"))
    assert list(fields(net).values())[-1] == LayerField(largest=None, union=None)


def test_branches_that_look_elsewhere() -> None:
    """Two unpadded paths, cropped differently by their paddings: neither sees everything that both see."""
    net = network(in_model("add { a: Conv(2, 1x5, pad=0x4) | b: Conv(2, 1x3, pad=0x3) }", "2x9x9"))
    found = list(fields(net).values())[-1]
    assert found.largest == ReceptiveField(size=(1, 5), stride=(1, 1), offset=(0, -4))
    assert found.union == ReceptiveField(size=(1, 5), stride=(1, 1), offset=(0, -4))
    apart = network(in_model("add { a: Conv(2, 1x3, pad=0x0) | b: Conv(2, 1x5, pad=0x1) }", "2x9x9"))
    both = list(fields(apart).values())[-1]
    assert both.largest == ReceptiveField(size=(1, 5), stride=(1, 1), offset=(0, -1))
    assert both.union == ReceptiveField(size=(1, 5), stride=(1, 1), offset=(0, -1))


def test_a_gate_sees_everything_and_no_window_slides_over_it() -> None:
    net = network(in_model("Conv(4) - mul { in | GAPool - Conv(4, 1) - Sigmoid } - Conv(4)", "2x16x16"))
    found = receptive_field(net)
    assert found.union is None and found.largest is not None and found.largest.size == (5, 5)
    assert depth(net, count(net)) == 2


@pytest.mark.parametrize("name", ["resnet", "googlenet", "squeezenet", "densenet"])
def test_backward_macs_are_torch_s(name: str) -> None:
    """On the meta device, which computes only shapes. Without groups, which torch's counter ignores backward."""
    net = small(name)
    made = module(net).train().to("meta")
    counter = FlopCounterMode(display=False)
    with counter:
        result = made(torch.empty(2, *net.type_of(net.inputs[0]).dims, device="meta"))
        outputs = (result,) if isinstance(result, torch.Tensor) else tuple(result)
        torch.autograd.backward([out.sum() for out in outputs])
    found = training(net, count(net))
    assert counter.get_total_flops() == 2 * 2 * found.macs
    assert found.macs == found.forward_macs + found.backward_macs


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_remember_what_torch_s_do(optimizer: str) -> None:
    net = small("squeezenet")
    made = torch.nn.Linear(10, 10)
    steps: dict[str, torch.optim.Optimizer] = {
        "sgd": torch.optim.SGD(made.parameters(), 0.1),
        "momentum": torch.optim.SGD(made.parameters(), 0.1, momentum=0.9),
        "adam": torch.optim.Adam(made.parameters()),
    }
    step = steps[optimizer]
    made(torch.randn(2, 10)).sum().backward()
    step.step()
    numbers = sum(t.numel() for s in step.state.values() for t in s.values() if torch.is_tensor(t) and t.numel() > 1)
    counts = count(net)
    state = next(s for s in training(net, counts).optimizers if s.optimizer == optimizer)
    assert state.numbers == counts.params * numbers // 110
    assert state.total_bytes == 4 * (2 * counts.params + state.numbers)


def test_traffic_of_a_convolution_by_hand() -> None:
    net = network(in_model("Conv(8, 3, bias=false) - Flatten", "4x6x6"))
    moved = facts(net, count(net), ("traffic",)).traffic
    assert moved is not None
    conv, view = moved.layers
    assert (conv.reads, conv.weights, conv.writes) == (4 * (4 * 36 + 8 * 4 * 9), 4 * 8 * 4 * 9, 4 * 8 * 36)
    assert conv.intensity == round(2 * 9 * 4 * 8 * 36 / (conv.reads + conv.writes), 3)
    assert (view.reads, view.writes) == (0, 0)


def test_kinds_are_the_whole() -> None:
    counts = count(named("googlenet:googlenet"))
    for field in ("params", "buffers", "macs", "elementwise", "flops", "activations"):
        assert sum(getattr(kind, field) for kind in kinds(counts)) == getattr(counts, field)


def test_nothing_goes_back_through_a_frozen_beginning() -> None:
    spec = "model m {\n  input 3x8x8\n  a: Conv(4) - b: Conv(4) - c: Conv(4)\n}\nvariant v = m { freeze a, b }\n"
    net = network(spec, member="v")
    counts = count(net)
    found = training(net, counts)
    assert found.backward_macs == counts.layers[-1].macs
    assert found.gradients == counts.trainable == counts.layers[-1].params
    assert facts(net, counts).frozen == counts.params - counts.trainable > 0
    middle = network(spec.replace("freeze a, b", "freeze b"), member="v")
    a, b, c = (row.macs for row in counts.layers)
    assert training(middle, count(middle)).backward_macs == a + b + 2 * c


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        (("memry",), {}, "no part is called memry: there are fields, formulas, memory, traffic, training"),
        ((), {"conventions": ["tho"]}, "no convention is called tho: there are calflops, "),
        (("memory",), {"dtype": "int8"}, "no dtype is called int8: there are float64, "),
    ],
)
def test_a_wrong_name_is_told(words: tuple[str, ...], options: dict[str, Any], message: str) -> None:
    model = compile_text(in_model("Conv(4)"))
    with pytest.raises(ValueError, match=message):
        model.facts(*words, **options)
    assert model.facts("memory").memory is not None
