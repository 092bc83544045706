"""The torch calls of the emitted module as counting tools see them, with the numbers that their rules use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod

from archc.count.counts import executed
from archc.ir.network import Network, Node
from archc.ir.torch_call import Expression, TorchCall
from archc.ir.types import TensorType
from archc.support.record import Record
from archc.targets.pytorch.registry import torch_call


class SeenCall(Record):
    """One call.

    `op`: the kind of layer that makes it; `module`: the `torch.nn` class, empty for a function call; `function`: the
    function that is computed.

    `numbers`: the variables of rules, for one sample: `macs`; `in` and `out`, the numbers of the first input and of the
    output; `bias`, `out` if there is a bias, else 0; `affine`, `in` if there are weights, else 0; `params`; `spread`,
    the weight's entries times the positions of the output; `rows`, the vectors along the first axis; `padded`, `in`
    including torch's padding; `adaptive`, thop's count of adaptive pooling; `asked`, calflops's count of an
    interpolation.
    """

    op: str
    module: str
    function: str
    numbers: Mapping[str, int]


def calls(network: Network) -> Iterator[SeenCall]:
    """The calls of the emitted module in evaluation, in order."""
    for index in executed(network, training=False):
        node = network.nodes[index]
        call = torch_call(node.op, network.input_types(node))
        numbers, kind = _numbers(network, node, call), node.op.kind()
        if call.inside:
            yield from (SeenCall(kind, module, function, {**numbers, "params": 0}) for module, function in call.inside)
        elif call.module is not None and call.module.use is not None:
            pass  # a learned tensor is not a module, and no tool counts its use
        elif call.module is not None and (_in_a_sequence(network, node) or call.expression is None):
            function = call.function or _function(call.expression)
            _, colon, variant = function.partition(":")
            yield SeenCall(kind, f"{call.module.target}{colon}{variant}", function, numbers)
        elif call.expression is not None:
            yield SeenCall(kind, "", _function(call.expression) or call.expression.template, numbers)


def unfollowed(network: Network) -> str | None:
    """A kind of layer whose products are computed inside a class of its own, so that what tools see is unknown."""
    for index in executed(network, training=False):
        node = network.nodes[index]
        call = torch_call(node.op, network.input_types(node))
        told = call.inside or call.function or call.expression is not None or call.module is None
        if not told and call.definition and node.op.cost(network.input_types(node), node.types).macs.value:
            return node.op.kind()
    return None


def _function(expression: Expression | None) -> str:
    """The function that an expression calls on its first input, empty for another expression."""
    found = re.match(r"[\w.]+(?=\(\{)", expression.template) if expression is not None else None
    return found[0] if found else ""


def _in_a_sequence(network: Network, node: Node) -> bool:
    """Whether a layer that could be a function call is a module: it has a path, or is in a group that is one chain."""
    scope = network.scopes[node.scope]
    return bool(node.path) or (scope.pure and scope.kind in ("group", "repeat"))


def _numbers(network: Network, node: Node, call: TorchCall) -> Mapping[str, int]:
    xs = network.input_types(node)
    x, y = xs[0], node.types[0]
    weights = {n: prod(w.shape) for n, w in node.op.weights(xs).items() if w.kind == "parameter"}
    macs = node.op.cost(xs, node.types).macs.value
    adaptive = (prod(n / m for n, m in zip(x.space, y.space, strict=False)) + 1) * y.elements if y.axes else 0.0
    return {
        "macs": macs,
        "in": x.elements,
        "out": y.elements,
        "bias": y.elements if any(n.endswith("bias") for n in weights) else 0,
        "affine": x.elements if weights else 0,
        "spread": next(iter(weights.values()), 0) * (y.elements // y.channels),
        "params": sum(weights.values()),
        "slid": _slid(node, x, weights),
        "rows": x.elements // x.channels,
        "padded": x.elements + call.padded,
        "adaptive": int(adaptive),
        "asked": _asked(call, x),
    }


def _slid(node: Node, x: TensorType, weights: Mapping[str, int]) -> int:
    """A tool's count of the biases of a transposed convolution: that of a convolution with the same arguments."""
    if node.op.kind() != "ConvTranspose" or "bias" not in weights:
        return 0
    arguments = zip(x.space, *(getattr(node.op, n) for n in ("kernel", "stride", "pad", "dilation")), strict=True)
    places = prod((n + 2 * p - (d * (k - 1) + 1)) // s + 1 for n, k, s, p, d in arguments)
    return weights["bias"] // int(getattr(node.op, "groups", 1)) * int(places)


def _asked(call: TorchCall, x: TensorType) -> int:
    """The size that a tool assumes for the output of an interpolation: the one written, else the input's."""
    size = call.module.kwargs.get("size") if call.module is not None else None
    return prod(size) if isinstance(size, tuple) else size if isinstance(size, int) else x.elements
