"""Layers that `forward` makes itself: those without weights are the functions that they call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archc.importing.importer import NotImported
from tests.importing.test_activations import imported

Function = Callable[[Tensor], Tensor]


@pytest.mark.parametrize(
    ("chain", "function"),
    [
        ("ReLU", lambda x: nn.ReLU(inplace=True)(x)),
        ("MPool - Sigmoid", lambda x: nn.Sequential(nn.MaxPool2d(2), nn.Sigmoid())(x)),
        ("LeakyReLU(0.2) - GAPool", lambda x: nn.AdaptiveAvgPool2d(1)(nn.LeakyReLU(0.2)(x))),
        ("Upsample", lambda x: nn.Upsample(scale_factor=2)(x)),
    ],
)
def test_a_layer_without_weights_is_its_function(chain: str, function: Function) -> None:
    assert f"conv: Conv(4, 1) - {chain}\n" in imported(function)


@pytest.mark.parametrize(
    ("what", "function"),
    [
        ("Conv2d", lambda x: nn.Conv2d(4, 4, 1).to(x.device)(x)),
        ("random in evaluation", lambda x: nn.Dropout(0.5)(x)),
        ("random in evaluation", lambda x: functional.dropout2d(x, 0.1)),
        ("random in evaluation", lambda x: torch.dropout(x, 0.1, True)),
    ],
)
def test_new_weights_and_numbers_in_each_run_are_refused(what: str, function: Function) -> None:
    with pytest.raises(NotImported, match=what) as caught:
        imported(function)
    assert "E0802" in str(caught.value) and "test_passing.py" in str(caught.value)


def test_a_dropout_that_does_nothing_is_none() -> None:
    assert "conv: Conv(4, 1)\n" in imported(lambda x: functional.dropout(x, 0.0))
