"""Emitted modules work unchanged with PyTorch's exporters and compilers, in both modes.

One network per family, with few layers if the family's blocks allow it, since exporters are slow; the whole zoo with
ARCHC_ALL=1 (`make check-all`).
"""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archc.ir.network import Network
from archc.runtime.live import live_class
from archc.targets.pytorch import emit
from tests.support.everything import EVERYTHING, network_of, of_each_family, one_in
from tests.support.specs import network

SMALLEST = {224: 64, 227: 67, 299: 299}
"""Images of the smallest size that these networks accept, to save time; Inception v3's auxiliary head needs 299."""
MODES = (False, True)
LITTLE = {
    "densenet": "use DenseNet\nvariant little = DenseNet([1, 2, 1], growth=8, stem=16)",
    "dpn": "use DPN, DualPath\n"
    "variant little = DPN(DualPath, [1, 2, 1], [8, 8, 16], stem=16, mid=16, groups=4, width=32)",
    "mobilenet": "use MobileNetV3\n"
    "let rows = [(3, 1, 16, true, ReLU, 2), (5, 4, 24, false, HSwish, 1), (5, 3, 24, true, HSwish, 1)]\n"
    "variant little = MobileNetV3(rows, 64)",
    "resnet": "use ResNet, BasicBlock\nvariant little = ResNet(BasicBlock, [1, 2])",
    "resnext": "use ResNet, Bottleneck\nvariant little = ResNet(Bottleneck, [1, 2], 32, 4)",
    "senet": "use SENet, SENetBlock\nvariant little = SENet(SENetBlock, [1, 2], 64, deep=true)",
}
"""Networks of a family's blocks and model, with few of them."""
WHOLE = ("alexnet", "googlenet", "lenet5_1998", "mnasnet0_5", "shufflenet_v2_x0_5", "squeezenet1_1", "vgg11")
"""Networks with a fixed number of blocks. Inception v3 is tested with ARCHC_ALL=1."""


def chosen(name: str) -> Network:
    """The network of a name: a shipped one, or a small one of a family."""
    return network(f'from "{name}.arch" {LITTLE[name]}\n') if name in LITTLE else network_of(name)


@pytest.fixture(scope="module", params=of_each_family() if EVERYTHING else one_in(2, (*LITTLE, *WHOLE)))
def model(request: pytest.FixtureRequest) -> nn.Module:
    """A live module."""
    net = chosen(request.param)
    torch.manual_seed(0)
    made = live_class(emit([net], f"archc compile {net.name}", "0"))()
    channels, side, _ = net.type_of(net.inputs[0]).dims
    small = SMALLEST.get(side, side)
    try:
        made.eval()(torch.zeros(1, channels, small, small))
    except RuntimeError:  # a fully connected layer requires the network's own image size
        small = side
    made.zoo_input = (channels, small, small)  # type: ignore[assignment]
    return made


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Suppress the warnings of the exporters about themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    torch._dynamo.reset()


def images(model: nn.Module, batch: int = 2) -> Tensor:
    """A batch of the smallest images that the network accepts."""
    dims: Any = model.zoo_input
    return torch.randn(batch, *dims, generator=torch.Generator().manual_seed(1))


def outputs(function: Callable[[Tensor], Any], x: Tensor) -> tuple[Tensor, ...]:
    """The outputs of a module for a batch, with the same random numbers every time."""
    torch.manual_seed(2)
    with torch.no_grad():
        made = function(x)
    return (made,) if isinstance(made, Tensor) else tuple(made)


def assert_same(other: Callable[[Tensor], Any], model: nn.Module, x: Tensor, tolerance: float = 1e-4) -> None:
    """The same outputs; batch norm's statistics move alike, since they are those of the batch in training."""
    wanted, found = outputs(model, x), outputs(other, x)
    assert len(wanted) == len(found)
    for a, b in zip(wanted, found, strict=True):
        torch.testing.assert_close(b, a, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("training", MODES)
def test_compiles_in_one_graph(model: nn.Module, training: bool) -> None:
    assert_same(torch.compile(model.train(training), fullgraph=True, backend="eager"), model, images(model))


@pytest.mark.parametrize("training", MODES)
def test_exports_with_one_batch_and_with_any(model: nn.Module, training: bool) -> None:
    model.train(training)
    assert_same(torch.export.export(model, (images(model),)).module(), model, images(model))
    dynamic = ({0: torch.export.Dim("batch")},)
    exported = torch.export.export(model, (images(model),), dynamic_shapes=dynamic).module()
    assert_same(exported, model, images(model, 3))


def test_exports_to_onnx(model: nn.Module, tmp_path: Path) -> None:
    ort = pytest.importorskip("onnxruntime")
    model.eval()
    x = images(model)
    torch.onnx.export(model, (x,), tmp_path / "model.onnx", dynamo=True, verbose=False)
    session = ort.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), outputs(model, x)[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("training", MODES)
def test_scripts(model: nn.Module, training: bool) -> None:
    model.train(training)
    scripted = torch.jit.script(model)
    assert_same(scripted, model, images(model))
    buffer = io.BytesIO()
    torch.jit.save(scripted, buffer)
    buffer.seek(0)
    assert_same(torch.jit.load(buffer), model, images(model))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("training", MODES)
def test_traces(model: nn.Module, training: bool) -> None:
    model.train(training)
    assert_same(torch.fx.symbolic_trace(model), model, images(model))


@pytest.mark.parametrize("training", MODES)
def test_copies_and_calls(model: nn.Module, training: bool) -> None:
    model.train(training)
    x = images(model)
    assert_same(copy.deepcopy(model), model, x)
    assert_same(pickle.loads(pickle.dumps(model)), model, x)
    state = dict(model.state_dict())
    assert_same(lambda y: torch.func.functional_call(model, state, (y,)), model, x)


def test_channels_last_and_half(model: nn.Module) -> None:
    x = images(model)
    other = copy.deepcopy(model).eval()
    model.eval()
    wanted = outputs(model, x)[0]
    assert_same(other.to(memory_format=torch.channels_last), model, x.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
    for dtype in (torch.bfloat16, torch.float16):
        (found,) = outputs(other.to(dtype), x.to(dtype))
        assert found.dtype is dtype and found.shape == wanted.shape
        assert torch.isfinite(found).all()


def test_on_the_meta_device(model: nn.Module) -> None:
    with torch.device("meta"):
        other = type(model)()
    assert {k: v.shape for k, v in other.state_dict().items()} == {k: v.shape for k, v in model.state_dict().items()}
    x = images(model).to("meta")
    for training in MODES:
        wanted = [t.shape for t in outputs(model.train(training), images(model))]
        assert [t.shape for t in outputs(other.train(training), x)] == wanted
