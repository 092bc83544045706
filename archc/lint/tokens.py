"""Tokens, windows and learned tensors that are read as something else."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.core import Label, Reporter
from archc.diagnostics.problems.warnings.base import Warned
from archc.diagnostics.problems.warnings.tokens import LostBeforeParam, OtherGrid, TokensAsChannels, UnrolledShift
from archc.ir.network import Network, Node
from archc.lint.alike import Alike
from archc.lint.trail import frame_of

_OF_TOKENS = ("Tokens", "Attention")
_OF_FEATURES = {
    "LN": 'LN(over="last")', "RMSNorm": 'RMSNorm(over="last")', "SM": 'SM(over="last")', "Scale": 'Scale(over="last")',
    "LogSoftmax": 'LogSoftmax(over="last")', "GLU": 'GLU(over="last")', "Conv": "Linear", "ScaledStdConv": "Linear",
    "BN": 'LN(over="last")', "GN": 'LN(over="last")', "InstanceNorm": 'LN(over="last")',
}  # fmt: skip
"""For layers of channels, the layer for the features of tokens."""
_BY_AXIS = ("LN", "RMSNorm", "SM", "Scale", "LogSoftmax", "GLU")
"""Layers that work on the channels unless `over` is another."""


def misread_tokens(network: Network, layers: Alike, reporter: Reporter) -> None:
    """Report layers for channels that read tokens, and windows that are shifted or joined as they were not cut."""
    for nodes in layers:
        for node in nodes:
            for problem in _misreadings(network, node):
                reporter.add(problem, node.span, frame=frame_of(network, node))


def lost_before_params(network: Network, file: str, reporter: Reporter) -> None:
    """Report each `Param` of `file` whose input is a layer that nothing else reads."""
    read = [ref.node for node in network.nodes for ref in node.inputs]
    read += [ref.node for ref in (*network.outputs, *network.training_outputs)]
    for node in network.nodes:
        if node.op.kind() != "Param" or node.span.file != file:
            continue
        before = network.nodes[node.inputs[0].node]
        if before.inputs and read.count(node.inputs[0].node) == 1:
            problem = LostBeforeParam(before=before.op.kind())
            labels = (Label(before.span, "this is lost"),) if before.span.file == file else ()
            reporter.add(problem, node.span, labels=labels, frame=frame_of(network, node))


def _misreadings(network: Network, node: Node) -> Iterator[Warned]:
    op, kind, x = node.op, node.op.kind(), network.type_of(node.inputs[0])
    if len(x.dims) == 2 and _takes_channels(node) and _source(network, node) in _OF_TOKENS:
        yield TokensAsChannels(kind=kind, input=x.dims, instead=_OF_FEATURES.get(kind, ""))
    elif any(shift := getattr(op, "shift", ()) if kind.endswith("WindowAttention") else ()):
        cut = next((n for n in _trail(network, node) if n.op.kind() == "Windows"), None)
        if cut is not None and _roll(network, cut) != (wanted := _wanted(cut, shift)):
            yield UnrolledShift(kind=kind, shift=shift, roll=f"Roll({list(wanted)})")
    elif kind == "FromWindows":
        cut = next((n for n in _trail(network, node) if n.op.kind() in ("Windows", kind)), None)
        if cut is not None and cut.op.kind() == "Windows":
            spread = getattr(cut.op, "spread", False)
            if spread != getattr(op, "spread", False):
                yield OtherGrid(spread=spread)


def _takes_channels(node: Node) -> bool:
    """Whether a layer treats the first axis as the channels, which it does not treat alike."""
    kind = node.op.kind()
    if kind in _BY_AXIS:
        return getattr(node.op, "over", "") == "channels"
    shared = kind == "PReLU" and not getattr(node.op, "shared", True)
    return node.op.family in ("conv", "pool") or kind in ("BN", "GN", "InstanceNorm", "Dropout2d") or shared


def _source(network: Network, node: Node) -> str:
    """The layer that determines the meaning of the axes of a layer's input."""
    for before in _trail(network, node):
        kind = before.op.kind()
        if kind in _OF_TOKENS or (before.op.family in ("conv", "pool", "shape") and kind not in ("Slice", "Identity")):
            return kind
    return ""


def _trail(network: Network, node: Node) -> Iterator[Node]:
    """The layers before a layer, each the first input of the next."""
    while node.inputs:
        node = network.nodes[node.inputs[0].node]
        yield node


def _wanted(cut: Node, shift: tuple[int, ...]) -> tuple[int, ...]:
    """The shift of a `Roll` that goes with that of an attention."""
    back = tuple(-n for n in shift)
    return (*back, 0) if getattr(cut.op, "channels", "first") == "last" else (0, *back)


def _roll(network: Network, cut: Node) -> tuple[int, ...]:
    """The shift of the `Roll` just before windows are cut; empty without one."""
    for node in _trail(network, cut):
        if node.op.kind() == "Roll":
            return tuple(getattr(node.op, "shift", ()))
        if node.op.family not in ("norm", "activation", "regularization") and node.op.kind() != "Identity":
            break
    return ()
