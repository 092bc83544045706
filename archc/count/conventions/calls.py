"""The torch calls of the emitted module, as counting tools see them, with the numbers that their rules speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod

from archc.count.counts import executed
from archc.network.network import Network, Node
from archc.network.torch_call import TorchCall
from archc.record import Record

FUNCTION_OF = {
    "nn.Conv2d": "F.conv2d",
    "nn.Linear": "F.linear",
    "nn.BatchNorm1d": "F.batch_norm",
    "nn.BatchNorm2d": "F.batch_norm",
    "nn.GroupNorm": "F.group_norm",
    "nn.LayerNorm": "F.layer_norm",
    "nn.LocalResponseNorm": "F.local_response_norm",
    "nn.MaxPool2d": "F.max_pool2d",
    "nn.AvgPool2d": "F.avg_pool2d",
    "nn.AdaptiveAvgPool2d": "F.adaptive_avg_pool2d",
    "nn.ReLU": "F.relu",
    "nn.GELU": "F.gelu",
    "nn.SiLU": "F.silu",
    "nn.Softmax": "F.softmax",
    "nn.Upsample:nearest": "F.interpolate:nearest",
    "nn.Upsample:bilinear": "F.interpolate:bilinear",
}
"""The function that the `forward` of a `torch.nn` layer calls."""


class Call(Record):
    """One call.

    `op`: the kind of layer that makes it; `module`: the `torch.nn` class, empty for a function call; `function`: what
    is computed.

    `numbers`: what rules speak of, for one sample: `macs`; `in` and `out`, the numbers of the first input and of the
    output; `bias`, `out` where there is a bias, else 0; `affine`, `in` where there are weights, else 0; `params`;
    `rows`, the vectors along the first axis; `padded`, `in` with the channels that local response normalisation adds;
    `adaptive`, what thop says of adaptive pooling.
    """

    op: str
    module: str
    function: str
    numbers: Mapping[str, int]


def calls(network: Network) -> Iterator[Call]:
    """The calls of the emitted module in evaluation, in order."""
    for index in executed(network, training=False):
        node = network.nodes[index]
        call = node.op.torch(network.input_types(node))
        numbers, kind = _numbers(network, node, call), node.op.kind()
        if call.inside:
            yield from (Call(kind, name, FUNCTION_OF.get(name, ""), {**numbers, "params": 0}) for name in call.inside)
        elif call.module is not None and (_in_a_sequence(network, node) or call.expression is None):
            target = call.module.target
            if target == "nn.Upsample":
                target += f":{call.module.kwargs.get('mode', 'nearest')}"
            yield Call(kind, target, FUNCTION_OF.get(target, ""), numbers)
        elif call.expression is not None:
            found = re.match(r"[\w.]+(?=\(\{)", call.expression.template)
            yield Call(kind, "", found[0] if found else call.expression.template, numbers)


def _in_a_sequence(network: Network, node: Node) -> bool:
    """Whether a layer that could be a function call is a module: it has a path, or is in a group that is one chain."""
    scope = network.scopes[node.scope]
    return bool(node.path) or (scope.pure and scope.kind in ("group", "repeat"))


def _numbers(network: Network, node: Node, call: TorchCall) -> Mapping[str, int]:
    xs = network.input_types(node)
    x, y = xs[0], node.types[0]
    weights = {n: prod(w.shape) for n, w in node.op.weights(xs).items() if w.kind == "parameter"}
    macs = node.op.cost(xs, node.types).macs.value
    adaptive = 0.0
    if x.is_image and y.is_image:
        adaptive = ((x.height / y.height) * (x.width / y.width) + 1) * y.elements
    return {
        "macs": macs,
        "in": x.elements,
        "out": y.elements,
        "bias": y.elements if any(n.endswith("bias") for n in weights) else 0,
        "affine": x.elements if weights else 0,
        "params": sum(weights.values()),
        "rows": x.elements // x.channels,
        "padded": x.elements + _added(call) * (x.elements // x.channels),
        "adaptive": int(adaptive),
    }


def _added(call: TorchCall) -> int:
    """The channels that local response normalisation adds for its window."""
    if call.module is None or call.module.target != "nn.LocalResponseNorm":
        return 0
    size = call.module.args[0]
    assert isinstance(size, int)
    return size - 1
