"""Emitted source as live classes."""

from __future__ import annotations

import inspect
import pickle
import traceback

import pytest
import torch

from archc.runtime.live import live_class, live_module

SOURCE = """\
import torch
from torch import nn

__all__ = ["Twice", "Helper"]


class Helper(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[0] == 3:
            raise ValueError("three")
        return x + x


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.helper = Helper()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.helper(x)
"""


def test_the_first_name_of_all_is_the_class() -> None:
    kind = live_class(SOURCE)
    assert kind.__name__ == "Twice"
    assert torch.equal(kind()(torch.ones(2)), torch.full((2,), 2.0))


def test_the_same_source_is_the_same_class() -> None:
    assert live_class(SOURCE) is live_class(SOURCE)
    assert live_class(SOURCE) is not live_class(SOURCE + "\n# another\n")


def test_tracebacks_and_inspection_show_lines() -> None:
    with pytest.raises(ValueError, match="three") as caught:
        live_class(SOURCE)()(torch.ones(3))
    assert 'raise ValueError("three")' in "".join(traceback.format_tb(caught.value.__traceback__))
    assert inspect.getsource(live_class(SOURCE)).startswith("class Twice(nn.Module):")


def test_pickling_and_torchscript_find_it() -> None:
    module = live_class(SOURCE)()
    assert type(pickle.loads(pickle.dumps(module))) is type(module)
    assert isinstance(module.forward(torch.ones(2)), torch.Tensor)


def test_source_that_fails_leaves_nothing_behind() -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            live_module("1 / 0\n")
