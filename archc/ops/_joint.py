"""The shapes of operands."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.branches import MergeMismatch
from archc.ir.types import TensorType, Types


def equal(verb: str, xs: Types) -> TensorType | Problem:
    """The common shape of all tensors, or a problem."""
    for i, x in enumerate(xs):
        if x.dims != xs[0].dims:
            return MergeMismatch(verb=verb, first=xs[0].dims, other=x.dims, at=InputRef(i))
    return xs[0]


def repeated(verb: str, xs: Types) -> TensorType | Problem:
    """The shape of all tensors after repeating axes of size 1, or a problem."""
    dims = xs[0].dims
    for i, x in enumerate(xs):
        joint = tuple(d for d in map(_joint, dims, x.dims) if d is not None)
        if not len(joint) == len(dims) == len(x.dims):
            return MergeMismatch(verb=verb, first=dims, other=x.dims, at=InputRef(i))
        dims = joint
    return TensorType.model_construct(dims=dims)


def _joint(a: int, b: int) -> int | None:
    """The common size of an axis; None if the two do not fit. A symbolic size is not compared with a plain 1."""
    for one, other in ((a, b), (b, a)):
        if type(one) is int and one == 1:
            return other
    if a == b or b == 1:
        return a
    return b if a == 1 else None
