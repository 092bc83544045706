"""What could be written in fewer or more usual words."""

from __future__ import annotations

import re
from collections.abc import Collection

from archc.diagnostics import Edit, Reporter
from archc.network.network import Network, Node
from archc.network.window import Pair
from archc.ops import lookup
from archc.problems.warnings import NeedlessPadding, OtherName
from archc.source import Span
from archc.syntax import tree
from archc.syntax.arguments import taking_out
from archc.syntax.walk import walk

_FIXED = re.compile(r"[\d\s(),]+|['\"]?half['\"]?")
"""The text of an argument that is the same in every call."""


def other_names(file: tree.File, reporter: Reporter) -> None:
    """Report each layer that is called by an alias."""
    for node, _ in walk(file):
        if isinstance(node, tree.Use) and (kind := lookup(node.name)) is not None and kind.kind() != node.name:
            reporter.add(OtherName(name=node.name, usual=kind.kind()), node.name_span)


def needless_padding(file: tree.File, networks: Collection[Network], reporter: Reporter) -> None:
    """Report each padding that the layer has without it, in all networks.

    Where a `default` sets the padding of a kind of layer, nothing is needless for it.
    """
    needless: dict[Span, NeedlessPadding] = {}
    needed: set[Span] = set()
    for network in networks:
        for node in network.nodes:
            if node.span.file == file.span.file and not node.implicit:
                pad = _padding_anyway(network, node)
                if pad is None:
                    needed.add(node.span)
                else:
                    needless[node.span] = NeedlessPadding(kind=node.op.kind(), pad=pad)
    if not needless:
        return
    nodes = [node for node, _ in walk(file)]
    defaults = [use for node in nodes if isinstance(node, tree.Default) for use in node.layers]
    set_for = {use.name for use in defaults if any(a.name == "pad" for a in use.arguments or ())}
    for use in nodes:
        if not isinstance(use, tree.Use) or use.span in needed or use.name in set_for:
            continue
        problem = needless.get(use.span)
        for argument in use.arguments or ():
            if problem is not None and argument.name == "pad":
                edits = (Edit(taking_out(use, argument), "", safe=True),)
                reporter.add(problem, argument.span, edits=edits)


def _padding_anyway(network: Network, node: Node) -> Pair | None:
    """The padding that is written for a layer, if it would have it all the same."""
    given = {argument.name: argument for argument in node.arguments}
    if "pad" not in given or not all(_FIXED.fullmatch(a.text) for n, a in given.items() if n in _WINDOW):
        return None
    xs = tuple(map(network.type_of, node.inputs))
    plain = node.op.model_copy(update={"pad": type(node.op).model_fields["pad"].default})
    window = node.op.window(xs, node.types)
    return window.pad if window is not None and window == plain.window(xs, node.types) else None


_WINDOW = ("pad", "kernel", "dilation")
"""The arguments that say what a padding comes to."""
