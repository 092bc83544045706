"""Results with known shapes, for functions whose shapes torch's `meta` device computes slowly, in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  # as torch's own documentation calls it
from torch import Tensor

ASKS = frozenset({Tensor.shape.__get__, Tensor.dim, Tensor.size, Tensor.is_meta.__get__, Tensor.device.__get__})  # type: ignore[attr-defined]
"""Functions that read a property of a tensor."""
_KEEP_SHAPE = frozenset(
    {F.relu, F.relu6, F.hardtanh, F.silu, F.hardswish, F.hardsigmoid, F.gelu, F.leaky_relu, F.elu, F.mish, F.dropout}
)
_ELEMENTWISE = frozenset({torch.sigmoid, Tensor.sigmoid, torch.tanh})
_OF_TWO = frozenset({torch.add, Tensor.add, Tensor.__add__, torch.mul, Tensor.mul, Tensor.__mul__})
_IN_PLACE = frozenset({Tensor.add_, Tensor.__iadd__, Tensor.mul_, Tensor.__imul__})
_MEANS = frozenset({Tensor.mean, torch.mean})


def known_result(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor | None:
    """A result on the `meta` device; None if torch must compute it or raise an error."""
    if not args:
        return None
    x: Tensor = args[0]
    if func in _KEEP_SHAPE or (func is F.batch_norm and _fits(*args[:2])):
        same: Tensor = x if kwargs.get("inplace", False) else _like(x)
        return same
    if func is F.layer_norm and len(args) > 1 and x.shape[-len(args[1]) :] == tuple(args[1]):
        return _like(x)
    if func in _IN_PLACE and len(args) == 2 and not kwargs:
        return _in_place(x, args[1])
    if func in _MEANS:
        return _mean(x, *args[1:], **kwargs)
    if func in _ELEMENTWISE and len(args) == 1 and not kwargs:
        return _like(x)
    if func is Tensor.contiguous and len(args) == 1 and not kwargs:
        return _like(x)
    if func is torch.conv2d and not kwargs:
        return _convolved(*args)
    if func in _OF_TWO and len(args) == 2 and not kwargs:
        return _of_two(x, args[1])
    if func is F.adaptive_avg_pool2d and len(args) == 2 and not kwargs and x.dim() == 4:
        sides = (args[1], args[1]) if isinstance(args[1], int) else tuple(args[1])
        return _of_shape(x, (*x.shape[:2], *sides)) if all(isinstance(n, int) for n in sides) else None
    return _concatenated(x, *args[1:], **kwargs) if func is torch.cat and isinstance(x, list | tuple) else None


def _like(x: Tensor) -> Tensor:
    return _of_shape(x, x.shape)


def _of_shape(x: Tensor, dims: Sequence[int]) -> Tensor:
    """A tensor of the type of `x`. Methods such as `x.new_empty` take several times as long on this device."""
    return torch.empty(dims, dtype=x.dtype, device=x.device)


def _convolved(x: Tensor, weight: Tensor, bias: object = None, *sizes: Any) -> Tensor | None:
    """The result of a convolution with all sizes as pairs, which is how `nn.Conv2d` calls it."""
    if len(sizes) != 4 or x.dim() != 4 or x.shape[1] != weight.shape[1] * sizes[3]:
        return None
    if any(not isinstance(pair, tuple) or len(pair) != 2 for pair in sizes[:3]):
        return None
    across = zip(x.shape[2:], weight.shape[2:], *sizes[:3], strict=True)
    sides = [(n + 2 * pad - dilation * (k - 1) - 1) // stride + 1 for n, k, stride, pad, dilation in across]
    return _of_shape(x, (x.shape[0], weight.shape[0], *sides)) if min(sides) > 0 else None


def _fits(x: Tensor, mean: Tensor | None) -> bool:
    """Whether a batch normalisation has statistics for the channels of a tensor."""
    return mean is not None and x.dim() > 1 and x.shape[1] == mean.shape[0]


def _of_two(x: Any, y: Any) -> Tensor | None:
    """The result for an image with another image, a gate, or a number."""
    if not isinstance(x, Tensor):
        return None
    if isinstance(y, int | float):
        return _like(x) if x.is_floating_point() else None
    if not isinstance(y, Tensor) or x.dtype != y.dtype or x.dim() != y.dim():
        return None
    dims = tuple(max(pair) for pair in zip(x.shape, y.shape, strict=True))
    fits = all(n in (m, 1) for shape in (x.shape, y.shape) for n, m in zip(shape, dims, strict=True))
    return _of_shape(x, dims) if fits else None


def _in_place(x: Tensor, y: Any) -> Tensor | None:
    """The tensor that is written, such as a counter of batches, if it keeps its shape."""
    if type(y) is int:
        return x
    found = _of_two(x, y)
    return x if found is not None and found.shape == x.shape else None


def _mean(x: Tensor, dim: Any = None, keepdim: bool = False, **more: Any) -> Tensor | None:
    axes = dim if isinstance(dim, tuple | list) else (dim,)
    rank = x.dim()
    if more or not axes or not all(type(axis) is int and -rank <= axis < rank for axis in axes):
        return None
    gone = {axis % rank for axis in axes}
    if len(gone) < len(axes) or not x.is_floating_point():
        return None
    return _of_shape(x, [1 if i in gone else n for i, n in enumerate(x.shape) if keepdim or i not in gone])


def _concatenated(parts: Any, dim: int = 0, **more: Any) -> Tensor | None:
    first = parts[0] if parts else None
    if more or not isinstance(first, Tensor) or any(p.dtype != first.dtype or p.dim() != first.dim() for p in parts):
        return None
    dims, at = list(first.shape), dim % first.dim()
    if any(n != dims[i] for p in parts for i, n in enumerate(p.shape) if i != at):
        return None
    dims[at] = sum(p.shape[at] for p in parts)
    return _of_shape(first, dims)
