"""Tokens, windows and learned tensors that are read as something else."""

from __future__ import annotations

from archc.diagnostics.core import Label, Reporter
from archc.diagnostics.problems.warnings.base import Warned
from archc.diagnostics.problems.warnings.tokens import LostBeforeParam, OtherGrid, TokensAsChannels, UnrolledShift
from archc.ir.network import Network, Node
from archc.lint.alike import Alike
from archc.lint.trail import frame_of, inherited

_OF_TOKENS = ("Tokens", "Attention")
_TURNED = "an image whose channels are its last axis"
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
    sources, cuts = inherited(network, _source, ""), inherited(network, _cut, None)
    for node in (node for nodes in layers for node in nodes):
        before = node.inputs[0].node
        problem: Warned | None = None
        if (source := sources[before]) in (*_OF_TOKENS, _TURNED) and _takes_channels(node):
            dims = network.type_of(node.inputs[0]).dims
            if len(dims) == (3 if source == _TURNED else 2):
                kind = node.op.kind()
                problem = TokensAsChannels(kind=kind, input=dims, instead=_OF_FEATURES.get(kind, ""))
        elif (cut := cuts[before]) is not None and cut.op.kind() == "Windows":
            problem = _of_windows(network, node, cut)
        if problem is not None:
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


def _of_windows(network: Network, node: Node, cut: Node) -> UnrolledShift | OtherGrid | None:
    """The problem of a layer that reads windows which are cut by `cut`."""
    kind, spread = node.op.kind(), getattr(cut.op, "spread", False)
    shift = tuple(getattr(node.op, "shift", ())) if kind.endswith("WindowAttention") else ()
    if any(shift) and _roll(network, cut) != (wanted := _wanted(cut, shift)):
        return UnrolledShift(kind=kind, shift=shift, roll=f"Roll({list(wanted)})")
    if kind == "FromWindows" and spread != getattr(node.op, "spread", False):
        return OtherGrid(spread=spread)
    return None


def _takes_channels(node: Node) -> bool:
    """Whether a layer treats the first axis as the channels, which it does not treat alike.

    A convolution of single positions mixes the tokens, as an MLP-Mixer does, and is meant.
    """
    kind = node.op.kind()
    if kind == "Conv" and max(getattr(node.op, "kernel", (3,))) == 1:
        return False
    if kind in _BY_AXIS:
        return getattr(node.op, "over", "") == "channels"
    shared = kind == "PReLU" and not getattr(node.op, "shared", True)
    return node.op.family in ("conv", "pool") or kind in ("BN", "GN", "InstanceNorm", "Dropout2d") or shared


def _source(node: Node) -> str | None:
    """The layer, if it determines the meaning of the axes."""
    kind = node.op.kind()
    if kind == "Permute" and tuple(getattr(node.op, "order", ())) == (1, 2, 0):
        return _TURNED
    known = kind in _OF_TOKENS or (node.op.family in ("conv", "pool", "shape") and kind not in ("Slice", "Identity"))
    return kind if known else None


def _cut(node: Node) -> Node | None:
    """The layer, if it cuts or joins windows."""
    return node if node.op.kind() in ("Windows", "FromWindows") else None


def _wanted(cut: Node, shift: tuple[int, ...]) -> tuple[int, ...]:
    """The shift of a `Roll` that goes with that of an attention."""
    back = tuple(-n for n in shift)
    return (*back, 0) if getattr(cut.op, "channels", "first") == "last" else (0, *back)


def _roll(network: Network, cut: Node) -> tuple[int, ...]:
    """The shift of the `Roll` just before windows are cut; empty without one."""
    while cut.inputs:
        cut = network.nodes[cut.inputs[0].node]
        if cut.op.kind() == "Roll":
            return tuple(getattr(cut.op, "shift", ()))
        if cut.op.family not in ("norm", "activation", "regularization") and cut.op.kind() != "Identity":
            break
    return ()
