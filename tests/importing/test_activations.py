"""Activation functions that a model computes itself become layers; similar computations do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import archc

Function = Callable[[Tensor], Tensor]


class Applied(nn.Module):
    """A convolution, and a function of its result."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.conv(x))


def imported(function: Function) -> str:
    return archc.import_module(Applied(function), input=(3, 6, 6))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("SiLU", lambda x: x * torch.sigmoid(x)),
        ("SiLU", lambda x: x.sigmoid().mul_(x)),
        ("HSigmoid", lambda x: functional.relu6(x + 3) / 6),
        ("HSigmoid", lambda x: functional.relu6(3.0 + x) * (1 / 6)),
        ("HSwish", lambda x: x * functional.relu6(x + 3) / 6),
        ("HSwish", lambda x: x * (functional.relu6(x + 3) / 6)),
        ("HSwish", lambda x: functional.hardsigmoid(x) * x),
        ("Mish", lambda x: x * torch.tanh(functional.softplus(x))),
        ("SiLU - SiLU", lambda x: functional.silu(x * x.sigmoid())),
    ],
)
def test_a_function_becomes_a_layer(name: str, function: Function) -> None:
    assert f"conv: Conv(4, 1) - {name}\n" in imported(function)


def _read_twice(x: Tensor) -> Tensor:
    gate = x.sigmoid()
    return x * gate + gate


@pytest.mark.parametrize(
    "function",
    [
        _read_twice,
        lambda x: x * torch.sigmoid(x + 1),
        lambda x: x.relu() * torch.sigmoid(x),
        lambda x: functional.relu6(x + 3) / 5,
        lambda x: functional.relu6(x + 2) / 6,
        lambda x: x * torch.tanh(functional.softplus(x, beta=2)),
        lambda x: (x + 3) * functional.relu6(x + 3) / 6,
    ],
)
def test_what_is_nearly_one_does_not(function: Function) -> None:
    text = imported(function)
    assert not any(name in text for name in ("SiLU", "HSwish", "HSigmoid", "Mish"))
