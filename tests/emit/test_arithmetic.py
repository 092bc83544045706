"""Arithmetic on tensors, absent branches and standardised weights, compared with handwritten modules."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archc.runtime.live import live_class
from archc.targets.pytorch import emit
from tests.support.specs import codes, network

# -- handwritten modules ----------------------------------------------------------------------------------------------


class StandardisedConv(nn.Conv2d):
    """A convolution with weights of mean 0 and variance 1 in each filter, times a gain."""

    def __init__(
        self, cin: int, cout: int, kernel: int, stride: int = 1, pad: int = 0, groups: int = 1, gamma: float = 1.0
    ) -> None:
        super().__init__(cin, cout, kernel, stride, pad, groups=groups)
        self.gain = nn.Parameter(torch.ones(self.out_channels, 1, 1, 1))
        self.gamma = gamma

    def forward(self, x: Tensor) -> Tensor:
        mean = self.weight.mean((1, 2, 3), keepdim=True)
        variance = self.weight.var((1, 2, 3), unbiased=False, keepdim=True)
        scale = self.gamma / self.weight[0].numel() ** 0.5
        weight = (self.weight - mean) / (variance + 1e-6).sqrt() * scale * self.gain
        return functional.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class NormFree(nn.Module):
    """A block of an NFNet: y = x + alpha * f(x / beta)."""

    def __init__(self, channels: int, width: int, stride: int, alpha: float, beta: float) -> None:
        super().__init__()
        self.alpha, self.beta, self.gamma = alpha, beta, 1.7015043497085571
        if stride > 1 or channels != width:
            self.downsample = nn.Sequential(
                OrderedDict(pool=nn.AvgPool2d(stride), conv=StandardisedConv(channels, width, 1))
            )
        self.conv1 = StandardisedConv(channels, width // 2, 1)
        self.conv2 = StandardisedConv(width // 2, width // 2, 3, stride, 1, groups=2)
        self.conv3 = StandardisedConv(width // 2, width, 1)
        self.skip_gain = nn.Parameter(torch.zeros(()))

    def act(self, x: Tensor) -> Tensor:
        return functional.gelu(x) * self.gamma

    def forward(self, x: Tensor) -> Tensor:
        out = self.act(x) * self.beta
        shortcut = self.downsample(out) if hasattr(self, "downsample") else x
        out = self.conv3(self.act(self.conv2(self.act(self.conv1(out)))))
        mixed: Tensor = out * self.skip_gain * self.alpha + shortcut
        return mixed


class NormFreeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = StandardisedConv(3, 16, 3, 1, 1)
        self.stage = nn.Sequential(NormFree(16, 32, 2, 0.2, 1.0), NormFree(32, 32, 1, 0.2, 0.96))
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.stage(self.stem(x)).mean((2, 3)))
        return logits


NORM_FREE = """
macro Act = 1.7015043497085571 * (GELU)

block NormFree(width, stride=1, alpha=0.2, beta=1.0) {
  x = beta * (Act)
  let projects = stride > 1 or in.channels != width
  shortcut = (x - downsample: (pool: APool(stride) - conv: ScaledStdConv(width, 1))) if (projects) else in
  y = x - conv1: ScaledStdConv(width // 2, 1) - Act - conv2: ScaledStdConv(width // 2, 3, stride, groups=2)
    - Act - conv3: ScaledStdConv(width, 1)
  alpha * (y - skip_gain: Scale(0, over="all")) + shortcut
}

model net {
  input 3x32x32
  stem: ScaledStdConv(16) - stage: (NormFree(32, 2) - NormFree(32, beta=0.96)) - GAPool - head: FC(10)
}
"""


class Residual(nn.Module):
    """A unit of Inception-ResNet: the branches are scaled before they are added."""

    def __init__(self, channels: int, scale: float, deep: bool) -> None:
        super().__init__()
        self.scale = scale
        self.branch0 = nn.Conv2d(channels, 8, 1)
        self.branch1 = nn.Sequential(nn.Conv2d(channels, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
        if deep:
            self.branch2 = nn.Sequential(nn.Conv2d(channels, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 5, padding=2))
        self.deep = deep
        self.up = nn.Conv2d(20 if deep else 16, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch0(x), self.branch1(x)] + ([self.branch2(x)] if self.deep else [])
        return functional.relu(x + self.scale * self.up(torch.cat(branches, 1)))


INCEPTION = """
block Residual(scale=0.17, deep=true) {
  branches = concat {
      branch0: Conv(8, 1)
    | branch1: (Conv(8, 1) - ReLU - Conv(8))
    | branch2: (Conv(4, 1) - ReLU - Conv(4, 5)) if (deep) else none
  }
  in + scale * (branches - up: Conv(in.channels, 1)) - ReLU
}

model net { input 12x16x16
  (Residual - Residual(0.1, false) - Residual(0.17, false)) }
"""


class Highway(nn.Module):
    """y = g * h(x) + (1 - g) * x, over features."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, width)
        self.plain = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        g = torch.sigmoid(self.gate(x))
        return torch.relu(self.plain(x)) * g + x * (1 - g)


HIGHWAY = """
block Highway {
  g = gate: FC(in.channels) - Sigmoid
  h = plain: FC(in.channels) - ReLU
  h * g + in * (1 - g)
}

model net { input 24
  [Highway]x3 }
"""


class Gated(nn.Module):
    """A gated unit on tokens, with scaled queries, differences and a mean of both halves."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(16, 8), nn.Linear(16, 8)
        self.value = nn.Linear(16, 32)
        self.out = nn.Linear(16, 16)

    def forward(self, x: Tensor) -> Tensor:
        centred = (x - 0.5) / 2
        weights = functional.softmax((self.query(centred) * 8**-0.5) @ self.key(centred).transpose(1, 2), dim=-1)
        mixed = weights @ functional.glu(self.value(centred))
        out: Tensor = self.out(functional.gelu(mixed, approximate="tanh")) - -x
        return out


GATED = """
block Gated {
  x = (-0.5 + in) / 2
  let scale = 8 ** -0.5
  w = (scale * (x - query: Linear(8)), x - key: Linear(8)) - MatMul(transpose=true) - SM(over="last")
  y = (w, x - value: Linear(32) - GLU(over="last")) - MatMul
  (y - GELU(approximate="tanh") - out: Linear(16)) - (-in)
}

model net { input 9x16
  (Gated - Gated) }
"""

CASES = {
    "norm-free": (NORM_FREE, NormFreeNet, (3, 32, 32)),
    "inception": (
        INCEPTION,
        lambda: nn.Sequential(Residual(12, 0.17, True), Residual(12, 0.1, False), Residual(12, 0.17, False)),
        (12, 16, 16),
    ),
    "highway": (HIGHWAY, lambda: nn.Sequential(*(Highway(24) for _ in range(3))), (24,)),
    "gated": (GATED, lambda: nn.Sequential(Gated(), Gated()), (9, 16)),
}


@pytest.mark.parametrize("case", CASES)
def test_emitted_code_is_what_a_person_wrote(case: str) -> None:
    text, make, shape = CASES[case]
    assert codes(text) == []
    torch.manual_seed(0)
    theirs = make().double()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.3)
    ours = live_class(emit((network(text),), "archc compile", "test"))().double()
    ours.load_state_dict(theirs.state_dict())  # strictly, in the same order
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x = torch.randn(2, *shape, dtype=torch.float64)
    for training in (False, True):
        ours.train(training), theirs.train(training)
        one, other = ours(x), theirs(x)
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)
        for made in (one, other):
            made.square().sum().backward()
    for (name, mine), (_, yours) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        torch.testing.assert_close(mine.grad, yours.grad, rtol=1e-9, atol=1e-9, msg=name)


@pytest.mark.parametrize(("result", "factor"), [("-x", -1.0), ("- x", -1.0), ("-0.5 * x", -0.5), ("-(x - ReLU)", -1.0)])
def test_a_negative_is_returned(result: str, factor: float) -> None:
    net = network(f"model m {{\n  input x: 4x5x5\n  return {result}\n}}\n")
    x = torch.rand(2, 4, 5, 5)
    torch.testing.assert_close(live_class(emit((net,), "archc compile", "test"))()(x), factor * x)
