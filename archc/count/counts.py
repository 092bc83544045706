"""The counts of a network: exact whole numbers, computed statically, with a row for each layer and each scope."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import prod
from typing import TYPE_CHECKING, Any, Literal

from archc.ir.network import Network, Node, Ref
from archc.ir.op import Op
from archc.ir.results import output_names
from archc.ir.types import Types
from archc.ir.value import Value
from archc.support.extras import require

if TYPE_CHECKING:
    from pandas import DataFrame

Dims = tuple[int, ...]


class Work(Value):
    """Work on one sample. `flops` is `2 * macs + elementwise`."""

    macs: int
    elementwise: int
    flops: int


class LayerCounts(Value):
    """One layer (or merge), in order of execution.

    `path`: its module path, empty if it needs no name; `scope`: the path of the enclosing module, empty for the model.
    `formula` and `elementwise_formula` are the derivations of the two numbers in the lecture's notation. `activations`:
    numbers in its outputs. `connections`: uses of a weight, bias included (LeCun et al. 1998), None for a layer without
    weights of that kind. `implicit`: added for a sugar layer, not written. `head`: it is the probability head, which
    `forward` omits. `training_only`: see `Counts`. `frozen`: the spec's edits freeze its weights. `shared`: its weights
    are counted in an earlier row, that of the first use of a shared module.
    """

    path: str
    scope: str
    op: str
    output: Dims
    params: int
    buffers: int
    macs: int
    elementwise: int
    activations: int
    connections: int | None
    formula: str
    elementwise_formula: str
    implicit: bool
    head: bool
    training_only: bool
    frozen: bool = False
    shared: bool = False


class ScopeCounts(Value):
    """The sums over a module: all layers in it and in the modules inside it, as `Counts` sums over the model.

    `kind`: model, block, group or repeat; `name`: the block or model that it is an instance of, empty for others.
    `depth`: the number of enclosing modules. Scopes are in the order in which they open, so that they form a tree.
    """

    path: str
    kind: str
    name: str
    depth: int
    layers: int
    params: int
    buffers: int
    macs: int
    elementwise: int
    flops: int
    activations: int


Known = dict[tuple[type[Op], Op, Types], LayerCounts]
"""Known counts of layers, by op and inputs."""


class Counts(Value):
    """The counts of a network, for one sample.

    `params`: numbers in all parameters, including those that only training uses; `trainable`: the ones that training
    changes; `buffers`: numbers in the rest of the state dict (a batch normalisation's statistics and its batch
    counter).

    `macs`, `elementwise`, `flops` and `activations` are for inference. A layer is *training-only* if a training output
    needs it and no other output does: GoogLeNet's auxiliary heads. Its parameters are counted like all others; its work
    is in `training_only`, which is added to the work of inference in a forward pass of training. A layer that no output
    needs at all is executed in both modes and counts as inference. The probability head and implicit layers are
    counted.

    `flops` is `2 * macs + elementwise`; the docstring of an op defines its element-wise operations. `activations`:
    numbers in the outputs of all layers, without the input. `connections`: the sum over the layers that have them.
    `input` is the first of `inputs`, `output` the first of `outputs`; `input_names` and `output_names` are their names
    ("" if there is none).
    """

    name: str
    family: str
    input: Dims
    inputs: tuple[Dims, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    output: Dims
    outputs: tuple[Dims, ...]
    params: int
    trainable: int
    buffers: int
    macs: int
    elementwise: int
    flops: int
    activations: int
    connections: int
    training_only: Work
    layers: tuple[LayerCounts, ...]
    scopes: tuple[ScopeCounts, ...]

    def frame(self, by: Literal["layer", "scope"] = "layer") -> DataFrame:
        """The rows of all layers, or of all modules, as a pandas data frame."""
        require("pandas")
        from pandas import DataFrame

        rows = self.layers if by == "layer" else self.scopes
        return DataFrame([{name: getattr(row, name) for name in type(rows[0]).model_fields} for row in rows])


def count(network: Network, known: Known | None = None) -> Counts:
    """Count a network in linear time. Layers with the same op and inputs are computed once.

    `known` holds the layers computed so far, for other networks too, and is extended. Raises `Partial`.
    """
    network.require_whole()
    apart = training_only(network)
    rows = _rows(network, apart, {} if known is None else known)
    scopes = _scopes(network, rows)
    whole = scopes[0]  # the scope of the model
    inputs = tuple(network.type_of(ref).dims for ref in network.inputs)
    outputs = tuple(network.type_of(ref).dims for ref in network.outputs)
    return Counts(
        name=network.name,
        family=network.family,
        input=inputs[0],
        inputs=inputs,
        input_names=network.input_names,
        output_names=output_names(network),
        output=outputs[0],
        outputs=outputs,
        params=whole.params,
        trainable=whole.params - sum([row.params for row in rows if row.frozen]),
        buffers=whole.buffers,
        macs=whole.macs,
        elementwise=whole.elementwise,
        flops=whole.flops,
        activations=whole.activations,
        connections=sum([row.connections or 0 for row in rows if not row.training_only]),
        training_only=_work([row for row in rows if row.training_only] if apart else ()),
        layers=rows,
        scopes=scopes,
    )


def _work(rows: Iterable[LayerCounts]) -> Work:
    macs = elementwise = 0
    for row in rows:
        macs += row.macs
        elementwise += row.elementwise
    return Work(macs=macs, elementwise=elementwise, flops=2 * macs + elementwise)


# -- layers -----------------------------------------------------------------------------------------------------------


def is_input(node: Node) -> bool:
    """Whether a node stands for an input and is not a layer."""
    return not node.inputs


def _rows(network: Network, apart: Collection[int], known: Known) -> tuple[LayerCounts, ...]:
    """A row for each layer. Fields that depend only on the op and its inputs are shared between equal layers.

    Most equal layers are the same objects, because their block was expanded once, and are found by identity.
    """
    same: dict[tuple[int, ...], LayerCounts] = {}
    nodes, paths = network.nodes, [scope.path for scope in network.scopes]
    rows: list[LayerCounts] = []
    for index, node in enumerate(nodes):
        refs = node.inputs
        if not refs:  # an input is not a layer
            continue
        if len(refs) == 1:
            ((before, out),) = refs
            key: tuple[int, ...] = (id(node.op), id(nodes[before].types[out]))
        else:
            key = (id(node.op), *[id(nodes[before].types[out]) for before, out in refs])
        if (found := same.get(key)) is None:
            xs = tuple([nodes[before].types[out] for before, out in refs])
            equal = type(node.op), node.op, xs
            if (found := known.get(equal)) is None:
                found = known[equal] = _row(node, xs)
            same[key] = found
        rows.append(
            found.model_copy(
                {
                    "path": node.path,
                    "scope": paths[node.scope],
                    "implicit": node.implicit,
                    "head": node.head,
                    "training_only": index in apart,
                    "frozen": node.frozen,
                    **(_SHARED if node.shared is not None else {}),
                }
            )
        )
    return tuple(rows)


_SHARED = {"params": 0, "buffers": 0, "shared": True}
"""What differs in the row of a layer whose weights are those of an earlier one."""


def _row(node: Node, xs: Types) -> LayerCounts:
    """The fields that the rows of equal layers share."""
    shared = facets(node.op, xs, node.types)
    return LayerCounts(path="", scope="", implicit=False, head=False, training_only=False, **shared)


def facets(op: Op, xs: Types, ys: Types) -> dict[str, Any]:
    """The fields of a row that follow from an op and the types around it."""
    cost, weights = op.cost(xs, ys), op.weights(xs).values()
    return {
        "op": op.kind(),
        "output": ys[0].dims,
        "params": sum(prod(w.shape) for w in weights if w.kind == "parameter"),
        "buffers": sum(prod(w.shape) for w in weights if w.kind == "buffer"),
        "macs": cost.macs.value,
        "elementwise": cost.elementwise.value,
        "activations": sum(y.elements for y in ys),
        "connections": None if cost.connections is None else cost.connections.value,
        "formula": str(cost.macs),
        "elementwise_formula": str(cost.elementwise),
    }


def training_only(network: Network) -> frozenset[int]:
    """The nodes that a training output needs, but neither an output of inference nor the probability head.

    They include unused layers that read such a node.
    """
    if network.training_outputs == network.outputs:
        return frozenset()
    heads = tuple(Ref(i) for i, node in enumerate(network.nodes) if node.head)
    inference = needed(network, (*network.outputs, *heads))
    found = set(needed(network, network.training_outputs) - inference)
    for index, node in enumerate(network.nodes):
        if index not in inference and any(ref.node in found for ref in node.inputs):
            found.add(index)
    return frozenset(found)


def executed(network: Network, training: bool) -> tuple[int, ...]:
    """The nodes that `forward` runs, in order: neither the head nor layers that no output needs."""
    found = needed(network, network.training_outputs if training else network.outputs)
    return tuple(i for i in sorted(found) if not is_input(network.nodes[i]))


def needed(network: Network, refs: Iterable[Ref]) -> frozenset[int]:
    """The nodes that these tensors are computed from, including those that make them."""
    found: set[int] = set()
    waiting = [ref.node for ref in refs]
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting.extend(ref.node for ref in network.nodes[index].inputs)
    return frozenset(found)


# -- scopes -----------------------------------------------------------------------------------------------------------


def _scopes(network: Network, rows: tuple[LayerCounts, ...]) -> tuple[ScopeCounts, ...]:
    """The sums by scope. Requires: the number of a scope is larger than its parent's."""
    sums = [[0] * 6 for _ in network.scopes]
    layers = (node for node in network.nodes if not is_input(node))
    for node, row in zip(layers, rows, strict=True):
        own = sums[node.scope]
        own[0] += 1
        own[1] += row.params
        own[2] += row.buffers
        if not row.training_only:
            own[3] += row.macs
            own[4] += row.elementwise
            own[5] += row.activations
    for index in range(len(sums) - 1, 0, -1):
        parent = network.scopes[index].parent
        if parent is not None:
            sums[parent] = [a + b for a, b in zip(sums[parent], sums[index], strict=True)]
    depths: list[int] = []
    for scope in network.scopes:
        depths.append(0 if scope.parent is None else depths[scope.parent] + 1)
    return tuple(
        [
            ScopeCounts(
                path=scope.path,
                kind=scope.kind,
                name=scope.definition or "",
                depth=depth,
                layers=n,
                params=params,
                buffers=buffers,
                macs=macs,
                elementwise=elementwise,
                flops=2 * macs + elementwise,
                activations=activations,
            )
            for scope, depth, (n, params, buffers, macs, elementwise, activations) in zip(
                network.scopes, depths, sums, strict=True
            )
        ]
    )
