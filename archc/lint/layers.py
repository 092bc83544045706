"""Layers that do nothing, or the wrong thing, next to their neighbours."""

from __future__ import annotations

from collections.abc import Collection

from archc.diagnostics.core import Label, Reporter
from archc.diagnostics.problems.warnings.base import Warned
from archc.diagnostics.problems.warnings.layers import (
    ActivationTwice,
    BiasBeforeNorm,
    EarlySoftmax,
    LastDropout,
    ReturnedProbabilities,
)
from archc.diagnostics.problems.warnings.sharing import SharedNorm
from archc.diagnostics.source import Span
from archc.ir.network import Network, Node
from archc.lint.trail import frame_of

_MIXES = ("conv", "linear", "activation", "norm", "regularization", "head")
"""The families for which probabilities are a bad input."""


def needless_layers(network: Network, file: str, reporter: Reporter, but: Collection[Span] = ()) -> None:
    """Report layers of `file` that have no effect where they are, except those at the places `but`."""
    uses = [0] * len(network.nodes)
    for node in network.nodes:
        for ref in node.inputs:
            uses[ref.node] += 1
    results = {ref.node for ref in (*network.outputs, *network.training_outputs)}
    for number, node in enumerate(network.nodes):
        before = network.nodes[node.inputs[0].node] if len(node.inputs) == 1 else None
        if before is not None and before.implicit and len(before.inputs) == 1:
            before = network.nodes[before.inputs[0].node]  # an FC flattens its input itself
        alone = before is not None and uses[node.inputs[0].node] == 1 and node.inputs[0].node not in results
        if before is not None and not node.implicit and not {before.span, node.span} & {*but}:
            _pair(network, before, node, alone, file, reporter)
        if node.op.kind() == "Dropout" and number in results and node.span.file == file:
            reporter.add(LastDropout(), node.span, frame=frame_of(network, node))


def returned_probabilities(network: Network, file: str, reporter: Reporter) -> None:
    """Report each softmax of `file` at the end of a result that is no head.

    It ends another result than the first, or is read elsewhere too.

    One of a shared module has to stay in it.
    """
    for place, end in enumerate(dict.fromkeys(ref.node for ref in network.outputs)):
        node = network.nodes[end]
        if not node.op.probability_head or node.span.file != file or node.shared is not None:
            continue
        if all(other.shared != end for other in network.nodes):
            reporter.add(ReturnedProbabilities(first=place == 0), node.span, frame=frame_of(network, node))


def shared_norms(network: Network, file: str, reporter: Reporter) -> None:
    """Report each batch normalisation of `file` that is shared by tensors of different sizes."""
    sizes: dict[int, dict[str, None]] = {}
    for node in network.nodes:
        if node.shared is not None and node.op.kind() == "BN":
            first = network.nodes[node.shared]
            seen = sizes.setdefault(node.shared, {str(network.type_of(first.inputs[0])): None})
            seen[str(network.type_of(node.inputs[0]))] = None
    for index, seen in sizes.items():
        node = network.nodes[index]
        if len(seen) > 1 and node.span.file == file:
            problem = SharedNorm(name=node.path.partition(".")[0], sizes=tuple(seen))
            reporter.add(problem, node.span, frame=frame_of(network, node))


def _pair(network: Network, before: Node, node: Node, alone: bool, file: str, reporter: Reporter) -> None:
    """Report problems of a layer with the one before it."""
    family, at, other = node.op.family, node, before
    problem: Warned | None = None
    if node.op.kind() == "BN" and alone and getattr(before.op, "bias", False) is True:
        problem, at, other = BiasBeforeNorm(kind=before.op.kind()), before, node
    elif family == "activation" and before.op.kind() == node.op.kind():
        problem = ActivationTwice(kind=node.op.kind())
    elif (before.op.probability_head or before.op.kind() == "LogSoftmax") and family in _MIXES:
        problem, at, other = EarlySoftmax(kind=before.op.kind(), after=node.op.kind()), before, node
    if problem is not None and at.span.file == file:
        labels = (Label(other.span, "here"),) if other.span != at.span else ()
        reporter.add(problem, at.span, labels=labels, frame=frame_of(network, at))
