"""The shapes that recording computes itself are those of torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from archc.importing.known_results import known_result

X, ROW, GATE, WHOLE = (2, 6, 5, 4), (6,), (2, 6, 1, 1), torch.long


def meta(*dims: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.empty(dims, dtype=dtype, device="meta")


CALLS: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
    (Tensor.mean, (meta(*X), (2, 3)), {}),
    (Tensor.mean, (meta(*X), [-1, -2]), {"keepdim": True}),
    (Tensor.mean, (meta(*X), 1, True), {}),
    (Tensor.mean, (meta(*X), -3), {}),
    (torch.mean, (meta(*X),), {"dim": 1, "keepdim": True}),
    (Tensor.mean, (meta(*X),), {"dim": (1,)}),
    (F.layer_norm, (meta(2, 5, 6), ROW, meta(*ROW), meta(*ROW), 1e-6), {}),
    (F.layer_norm, (meta(*X), [5, 4]), {}),
    (Tensor.add_, (meta(*X), meta(*GATE)), {}),
    (Tensor.__imul__, (meta(*X), meta(*X)), {}),
    (Tensor.add_, (meta(dtype=WHOLE), 1), {}),
    (Tensor.mul_, (meta(*X), 0.5), {}),
    (torch.mul, (meta(*X), meta(*GATE)), {}),
    (torch.cat, ([meta(*X), meta(*X)], 1), {}),
    (torch.conv2d, (meta(*X), meta(8, 3, 3, 3), None, (2, 2), (1, 1), (1, 1), 2), {}),
    (F.adaptive_avg_pool2d, (meta(*X), (1, None)), {}),
]
"""Calls that torch accepts."""
REFUSED: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (Tensor.mean, (meta(*X), 4)),
    (Tensor.mean, (meta(*X), (1, -3))),
    (Tensor.mean, (meta(*X, dtype=WHOLE), 1)),
    (F.layer_norm, (meta(2, 5, 6), (5,))),
    (Tensor.add_, (meta(*GATE), meta(*X))),
    (torch.cat, ([meta(*X), meta(*GATE)], 1)),
    (torch.conv2d, (meta(*X), meta(8, 4, 3, 3), None, (1, 1), (1, 1), (1, 1), 2)),
]
"""Calls that torch rejects, so that torch must be asked."""


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_a_shape_is_that_of_torch(number: int) -> None:
    func, args, kwargs = CALLS[number]
    found, wanted = known_result(func, args, kwargs), func(*args, **kwargs)
    assert found is None or (found.shape, found.dtype, found.device) == (wanted.shape, wanted.dtype, wanted.device)
    assert found is not None or func is F.adaptive_avg_pool2d


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_an_error_is_left_to_torch(number: int) -> None:
    func, args = REFUSED[number]
    assert known_result(func, args, {}) is None
    with pytest.raises((RuntimeError, IndexError)):
        func(*args)


def test_a_tensor_that_is_written_is_the_same_tensor() -> None:
    x = meta(*X)
    assert known_result(Tensor.add_, (x, meta(*GATE)), {}) is x
