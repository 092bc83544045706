"""Code that could be shorter or more conventional."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from archc.diagnostics.core import Edit, Reporter
from archc.diagnostics.problems.warnings.layers import NeedlessPadding
from archc.diagnostics.problems.warnings.names import OtherName
from archc.diagnostics.source import Span
from archc.ir.expr import Const
from archc.ir.network import Network, Node
from archc.ir.window import Sizes
from archc.ops import lookup
from archc.syntax import tree
from archc.syntax.arguments import taking_out
from archc.syntax.walk import Parts


def other_names(parts: Sequence[Parts], reporter: Reporter) -> None:
    """Report each layer that is called by an alias."""
    for use in (use for here in parts for use in here[tree.Use]):
        if (kind := lookup(use.name)) is not None and kind.kind() != use.name:
            reporter.add(OtherName(name=use.name, usual=kind.kind()), use.name_span)


def needless_padding(parts: Sequence[Parts], networks: Collection[Network], reporter: Reporter) -> None:
    """Report each padding argument that equals the default in all networks.

    If a `default` sets the padding of a kind of layer, its arguments are never reported.
    """
    defaults = [use for here in parts for default in here[tree.Default] for use in default.layers]
    set_for = {use.name for use in defaults if _padding(use) is not None}
    padded = {
        use.span: (use, argument)
        for here in parts
        for use in here[tree.Use]
        if (argument := _padding(use)) is not None and use.name not in set_for
    }
    needless: dict[Span, NeedlessPadding] = {}
    for network in networks:
        for node in network.nodes:
            if node.span in padded and not node.implicit:
                pad = _padding_anyway(network, node)
                if pad is None:
                    del padded[node.span]
                else:
                    needless[node.span] = NeedlessPadding(kind=node.op.kind(), pad=pad)
    for span, (use, argument) in padded.items():
        if (problem := needless.get(span)) is not None:
            edits = (Edit(taking_out(use, argument), "", safe=True),)
            reporter.add(problem, argument.span, edits=edits)


def _padding(use: tree.Use) -> tree.Argument | None:
    """The argument of a layer that sets its padding."""
    return next((a for a in use.arguments or () if a.name == "pad"), None)


def _padding_anyway(network: Network, node: Node) -> Sizes | None:
    """The padding that is written for a layer, if it would be the same without the argument."""
    given = {argument.name: argument for argument in node.arguments}
    if "pad" not in given or not all(isinstance(a.expr, Const) for n, a in given.items() if n in _WINDOW):
        return None
    pad = getattr(node.op, "pad", None)
    if pad != "half" and not (isinstance(pad, tuple) and all(isinstance(n, int) for n in pad)):
        return None  # more than one number per axis
    field = type(node.op).model_fields["pad"]
    if field.is_required():
        return None
    xs = tuple(map(network.type_of, node.inputs))
    plain = node.op.model_copy(update={"pad": field.default}).around(xs).op
    window = node.op.window(xs, node.types)
    return window.pad if window is not None and window == plain.window(xs, node.types) else None


_WINDOW = ("pad", "kernel", "dilation")
"""The arguments that determine a padding."""
