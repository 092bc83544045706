"""Tests of the reference itself, against handwritten modules, torchvision and the documentation's names."""

from __future__ import annotations

from random import Random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.reference.calling import Freedom, fresh
from tests.reference.compare import close, weights
from tests.reference.network import Network, reference
from tests.reference.tree import Invalid
from tests.support.specs import SPECS
from tests.support.torchvision_ops import torchvision


def load(path: str) -> str:
    return (SPECS / path).read_text(encoding="utf-8")


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(4, 8, 3, 2, 1)
        self.bn1 = nn.BatchNorm2d(8)
        self.down = nn.Sequential(nn.Conv2d(4, 8, 1, 2, bias=False), nn.BatchNorm2d(8))
        self.fc = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)) + self.down(x))
        out: Tensor = self.fc(y.mean((2, 3)))
        return out


class Dense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Module()
        for number, channels in enumerate((4, 6, 8), 1):
            self.dense.add_module(f"bn{number}", nn.BatchNorm2d(channels))
            self.dense.add_module(f"conv{number}", nn.Conv2d(channels, 2, 3, padding=1))
        self.conv1 = nn.Conv2d(10, 5, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        for number in (1, 2, 3):
            norm, conv = self.dense.get_submodule(f"bn{number}"), self.dense.get_submodule(f"conv{number}")
            x = torch.cat([x, conv(norm(x).relu())], 1)
        out: Tensor = self.conv1(x)
        return out


class Shuffled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.b1 = nn.Module()
        self.b1.branch = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), nn.Hardswish())
        self.aux = nn.Linear(4 * 64, 2)
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        keep, work = x.chunk(2, 1)
        x = torch.cat([keep, self.b1.get_submodule("branch")(work)], 1)[:, [0, 2, 1, 3]]
        y: Tensor = self.fc(functional.avg_pool2d(x, 8).flatten(1))
        return (y, self.aux(x.flatten(1))) if self.training else y


HAND: dict[str, tuple[type[nn.Module], str]] = {
    "residual": (Residual, """model m {
  input 4x8x8
  add { Conv(8, 3, 2) - BN | down: (Conv(8, 1, 2, bias=false) - BN) } - ReLU - GAPool - fc: FC(3) - SM
}"""),
    "dense": (Dense, """model m(n=3) {
  input 4x8x8
  dense: [concat { in | BN - ReLU - Conv(2) }] x n - c: ReLU if (n > 3) - Conv(5, 2, 2)
}"""),
    "shuffled": (Shuffled, """block B(c) {
  keep, work = Chunk(2)
  concat { keep | work - branch: (Conv(c // 2) - BN - HSwish) } - Shuffle(2)
}
model m {
  input 4x8x8
  x = B(in.channels)
  y = x - APool(8) - fc: FC(3) - SM
  return y
  return training y, x - aux: FC(2)
}"""),
}  # fmt: skip


@pytest.mark.parametrize(("hand", "text"), HAND.values(), ids=HAND.keys())
def test_a_network_is_the_module_written_by_hand(hand: type[nn.Module], text: str) -> None:
    network, module = reference(text), hand().double()
    assert {k: tuple(v.shape) for k, v in module.state_dict().items()} == network.state
    assert network.params == sum(p.numel() for p in module.parameters())
    state = weights(network)
    module.load_state_dict(state)
    x = torch.randn(3, *network.input, dtype=torch.float64)
    for training in (False, True):
        out = module.train(training)(x)
        wanted = list(out) if isinstance(out, tuple) else [out]
        mine = network.run(state, x, training=training)
        assert len(mine) == len(wanted) and all(close(a, b) for a, b in zip(mine, wanted, strict=True))
    assert all(close(state[k], v) for k, v in module.state_dict().items())


ZOO = {
    "alexnet": "alexnet", "vgg16": "vgg", "resnet18": "resnet", "resnet50": "resnet", "densenet121": "densenet",
    "squeezenet1_0": "squeezenet", "mobilenet_v2": "mobilenet", "shufflenet_v2_x1_0": "shufflenet",
    "mnasnet1_0": "mnasnet", "googlenet": "googlenet", "inception_v3": "inception", "resnext50_32x4d": "resnext",
    "efficientnet_b0": "efficientnet", "efficientnet_v2_s": "efficientnet",
    "convnext_tiny": "convnext", "vit_b_16": "vit", "regnet_y_400mf": "regnet", "swin_t": "swin", "swin_v2_t": "swin",
    "maxvit_t": "maxvit",
}  # fmt: skip


@pytest.mark.parametrize("name", ZOO)
def test_published_networks_have_the_names_of_torchvision(name: str) -> None:
    network = reference(load(f"{ZOO[name]}.arch"), name, load)
    with torch.device("cpu" if name.startswith("regnet_") else "meta"):  # RegNet computes its widths with tensors
        more = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        module = torchvision().models.get_model(name, weights=None, **more)
    assert {k: tuple(v.shape) for k, v in module.state_dict().items()} == network.state


def test_published_networks_compute_what_torchvision_computes() -> None:
    for name in ("resnet18", "mobilenet_v2", "shufflenet_v2_x1_0"):
        network = reference(load(f"{ZOO[name]}.arch"), name, load)
        module = torchvision().models.get_model(name, weights=None).eval().double()
        state = weights(network)
        module.load_state_dict(state)
        x = torch.randn(1, *network.input, dtype=torch.float64)
        with torch.no_grad():
            assert close(network.run(state, x)[0], module(x)), name


def names(text: str) -> list[str]:
    """The names of the modules with a weight."""
    network: Network = reference(text if "model" in text else f"model m {{\n  input 4x8x8\n  {text}\n}}\n")
    return [k.removesuffix(".weight") for k in network.state if k.endswith(".weight")]


UNIT = """block U(c) { conv: Conv(c) }
block T(c) over (a, b) { return a - Conv(c), b - ReLU }
macro CB(c) = Conv(c) - BN
"""
NAMES = [
    ("Conv(4) - ReLU - Conv(4)", ["0", "2"]),
    ("a: Conv(4) - Conv(4)", ["a", "conv2"]),
    ("Conv(4) - conv1: Conv(4) - Conv(4)", ["conv2", "conv1", "conv4"]),
    ("f: (Conv(4) - (BN if (1 > 2)) - Conv(4)) - Flatten", ["f.0", "f.1"]),
    ("f: (Conv(4) - (n: BN) if (1 > 2) - Conv(4)) - Flatten", ["f.conv1", "f.conv2"]),
    ("g: ReLU - Conv(4) if (1 > 2) - Conv(4)", ["conv2"]),
    ("g: ReLU - Conv(4) if (1 > 2) else (Conv(3) - Conv(2)) - Conv(4)", ["conv1", "conv2", "conv3"]),
    ("g: ReLU - (Conv(4) - Conv(4)) if (1 > 2) else Conv(3) - Conv(4)", ["conv1", "conv3"]),
    ("g: ReLU - (conv1: Conv(4)) if (1 > 2) - Conv(4)", ["conv2"]),
    ("g: ReLU - [Conv(4) - BN if (k == 1)] x 2 as k - BN", ["conv1", "conv2", "bn2", "bn3"]),
    ("g: ReLU - [Conv(4)]x0 - Conv(4)", ["conv1"]),
    ("l: [add { Conv(4) | in }]x2", ["l.conv1", "l.conv2"]),
    (f"{UNIT}model m {{\n  input 4x8x8\n  Chunk(2) - body: [T(2)]x2 - Concat\n}}", ["body.0.conv1", "body.1.conv1"]),
    ("shared s: Conv(4)\n  Conv(4) - s - Conv(4) - s", ["conv2", "s", "conv3"]),
    (f"{UNIT}model m {{\n  input a: 4x8x8\n  input b: 4x8x8\n  shared u: U(4)\n  add {{ b - u | a - U(4) - u }}\n}}",
     ["u.conv", "u2.conv"]),
    (f"{UNIT}model m {{\n  input 4x8x8\n  U(4) - m1: CB(4) - CB(4) - U(4)\n}}",
     ["u1.conv", "m1.0", "m1.1", "conv1", "bn1", "u2.conv"]),
    (f"{UNIT}model m {{\n  input 4x8x8\n  for (i, B) in enumerate([U, Conv]) {{ B(4) - ReLU }} - g: BN\n}}",
     ["u1.conv", "conv1", "g"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), NAMES)
def test_names_follow_from_the_text(text: str, wanted: list[str]) -> None:
    assert names(text) == wanted


@pytest.mark.parametrize(
    "chain",
    ["y = Conv(4)\n  Conv(5) - (y) - ReLU", "y = Conv(4)\n  ReLU - Conv(4) if (1 > 2) else (y)",
    "a: Conv(4) - a: Conv(4)", "shared s: Conv(4)\n  s - s(4)", "shared s: Conv(4)\n  s - Conv(5) - s",
     "Conv(4) - in", "add { Conv(4) | Conv(5) }", "[ReLU]x2 - Slice(4)",
     "for in_ in range(2) { for in_ in range(2) { ReLU } }"],
)  # fmt: skip
def test_what_the_language_forbids_is_invalid(chain: str) -> None:
    with pytest.raises(Invalid):
        names(chain)


def test_fresh_arguments_are_not_those_that_are_used() -> None:
    for file, name in (("resnet.arch", "resnet18"), ("shufflenet.arch", "shufflenet_v2_x0_5")):
        used = reference(load(file), name, load).calls
        for block in {c.block for c in used}:
            called = [c for c in used if c.block == block]
            free = Freedom({*called[0].arguments}, {0})
            one, again = (fresh(Random(1), load(file), called, free, used, load) for _ in range(2))
            assert one is not None and again is not None and one.text == again.text
            assert one.call not in used
            fixed = fresh(Random(1), load(file), called, Freedom((), ()), used, load)
            assert fixed is None or fixed.call.arguments in [c.arguments for c in called]
