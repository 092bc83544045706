"""Arguments that are legal, but would be plausible only if they meant something else.

A width where `Attention` takes a number of heads, channels where `Scale` and `Positions` take an initial value, means
and deviations where `Affine` takes a scale and a shift, another order of the axes in a `Reshape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from math import prod

from archc.diagnostics.problems.shapes import shape
from archc.diagnostics.problems.warnings.layers import UnlikelyValue
from archc.diagnostics.source import value_text
from archc.ir.network import ArgumentValue, Network, Node
from archc.ir.types import TensorType

_HEAD = 64
"""The features of a head in most transformers (Vaswani et al. 2017, section 3.2.2)."""
_MANY = 8
"""As many heads are a width if they are as many as the features; a toy network may have fewer."""
_STATISTICS = (0.485, 0.4914, 0.5071, 0.1307, 0.2860)
"""The first means of the images of ImageNet, CIFAR-10 and -100, MNIST and Fashion-MNIST."""


def other_role(network: Network, node: Node, given: Sequence[ArgumentValue], x: TensorType) -> UnlikelyValue | None:
    """The problem of a layer whose argument has another meaning than its value suggests. `given`: those written."""
    kind = node.op.kind()
    match kind:
        case "ConvTranspose" if _is_short(network, node, x):
            made, wanted = node.types[0].dims, (node.types[0].dims[0], *(n + 1 for n in node.types[0].space))
            instead = f"{kind}({', '.join(map(_argument, given))}, output_pad=1)"
            what, why = f"{shape(x.dims)} becomes {shape(made)}", f"{shape(wanted)} takes"
            return UnlikelyValue(kind=kind, what=what, instead=instead, why=why)
        case "Attention" if _MANY <= getattr(node.op, "heads", 1) == x.dims[-1]:
            heads = x.dims[-1]
            instead = f"Attention({max(1, heads // _HEAD)})"
            why = "its argument is the number of heads; the width is that of what comes in"
            return UnlikelyValue(kind=kind, what=f"each of the {heads} heads has one number", instead=instead, why=why)
        case "Positions" | "Scale" if (value := _whole(given)) > 1 and value in (*x.dims, prod(x.dims)):
            meaning = "the standard deviation of its initial values" if kind == "Positions" else "its initial value"
            why = f"the argument is {meaning}; its size is that of what comes in"
            return UnlikelyValue(kind=kind, what=f"`{given[0].name}` is {value}", instead=kind, why=why)
        case "Affine" if _first(means := getattr(node.op, "scale", 0)) in _STATISTICS:
            deviations = getattr(node.op, "shift", 0)
            why = "it multiplies and adds; a mean is subtracted, and a deviation divides"
            instead = f"x = (in - {value_text(means)}) / {value_text(deviations)}"
            return UnlikelyValue(kind=kind, what="a mean is the scale", instead=instead, why=why)
        case "Reshape" if _permuted(x.dims, made := node.types[0].dims):
            order = _order(x.dims, made)
            why = f"the numbers stay in their order, so that no axis of {shape(x.dims)} is kept; axes are moved by"
            return UnlikelyValue(kind=kind, what=f"{shape(made)} is made of {shape(x.dims)}", instead=order, why=why)
        case _ if any(a.name == "pad_mode" and a.value != "zeros" for a in given) and not any(_pads(node, x)):
            others = ", ".join(_argument(a) for a in given if a.name not in ("pad_mode", "pad"))
            why = "leave it out, or pad"
            return UnlikelyValue(kind=kind, what="`pad_mode` pads nothing", instead=f"{kind}({others})", why=why)
    return None


def _is_short(network: Network, node: Node, x: TensorType) -> bool:
    """Whether a transposed convolution makes a row less than a multiple, and restores no earlier size."""
    made, stride = node.types[0].space, getattr(node.op, "stride", ())
    if min(stride, default=1) < 2 or made != tuple(s * n - 1 for s, n in zip(stride, x.space, strict=True)):
        return False
    return not any(one.types[0].space == made for one in takewhile(lambda one: one is not node, network.nodes))


def _argument(a: ArgumentValue) -> str:
    """An argument as in a call: the first ones by position, as they are usually written."""
    return f"{'' if a.name in ('channels', 'kernel', 'stride') else f'{a.name}='}{value_text(a.value)}"


def _whole(given: Sequence[ArgumentValue]) -> int:
    """The only argument, if it is a whole number; else 0."""
    return given[0].value if len(given) == 1 and type(given[0].value) is int else 0


def _first(value: object) -> object:
    return value[0] if isinstance(value, tuple) and value else value


def _permuted(before: Sequence[int], after: Sequence[int]) -> bool:
    """Whether two shapes have the same sizes in another order, apart from sizes of 1."""
    one, other = ([n for n in dims if n > 1] for dims in (before, after))
    return one != other and sorted(one) == sorted(other)


def _order(before: Sequence[int], after: Sequence[int]) -> str:
    """The `Permute` that gives the second shape."""
    left = list(enumerate(before))
    order: list[int] = []
    for size in after:
        found = next(((i, n) for i, n in left if n == size), None)
        if found is None:
            return "Permute"
        left.remove(found)
        order.append(found[0])
    return f"Permute({order})"


def _pads(node: Node, x: TensorType) -> tuple[int, ...]:
    """The padding of a layer on each axis."""
    window = node.op.window((x,), node.types)
    return window.pad if window is not None else (1,)
