"""The label of a layer in a figure: a format string over the op's fields. Without one, a layer shows its name."""

from __future__ import annotations

from archc.ir.op import Op
from archc.targets.figure.figure import Kind

_LABELS = {
    "AdaptiveAPool": "AdaptiveAPool {size}",
    "AdaptiveMPool": "AdaptiveMPool {size}",
    "Add": "+",
    "APool": "APool {kernel}",
    "Attention": "attention, {heads} heads",
    "Arithmetic": "{sign} {number}",
    "BlurPool": "BlurPool {kernel}",
    "Chunk": "chunk {n}",
    "Concat": "concat",
    "Conv": "Conv {kernel}, {channels}",
    "ConvTranspose": "ConvTranspose {kernel}, {channels}",
    "CosineWindowAttention": "cosine attention, {heads} heads",
    "Crop": "crop {size}",
    "Div": "÷",
    "Dropout": "Dropout {p}",
    "Dropout2d": "Dropout2d {p}",
    "DWConv": "Conv {kernel}, depthwise",
    "FC": "FC {width}",
    "FromTokens": "to image {size}",
    "FromWindows": "to image",
    "GN": "GN {groups}",
    "Hole": "{text}",
    "Identity": "identity",
    "Input": "input",
    "LeakyReLU": "LeakyReLU {slope}",
    "Linear": "Linear {width}",
    "LogSoftmax": "log softmax",
    "LPPool": "LPPool {kernel}",
    "MPool": "MPool {kernel}",
    "Mul": "×",
    "Neg": "−",
    "Norm": "Norm {size}",
    "Pad": "pad {pad}",
    "PadChannels": "pad to {channels}",
    "Param": "learned",
    "Permute": "permute {order}",
    "PixelShuffle": "pixel shuffle {scale}",
    "PixelUnshuffle": "pixel unshuffle {scale}",
    "Positions": "+ positions",
    "RBF": "RBF {width}",
    "Reshape": "reshape",
    "Roll": "roll {shift}",
    "Scale": "scale",
    "ScaledStdConv": "ScaledStdConv {kernel}, {channels}",
    "Shuffle": "shuffle {groups}",
    "Slice": "slice {start}:{stop}",
    "SM": "softmax",
    "Split": "split",
    "StochasticDepth": "StochasticDepth {p}",
    "Sub": "−",
    "Subsample": "Subsample {kernel}",
    "Tokens": "to tokens",
    "Upsample": "upsample ×{scale}",
    "WindowAttention": "window attention, {heads} heads",
    "Windows": "to windows {size}",
}
"""Shows a pair of equal numbers as `3×3`; a label has no line breaks."""

_ATTENTIONS = frozenset({"Attention", "CosineWindowAttention", "WindowAttention"})
_NUMBER_FIRST = "{number} {sign}"
_PER_CHANNEL = "per channel"
SIGNS = {"*": "×", "/": "÷", "-": "−"}
"""The signs of arithmetic in figures."""
_STRIDE_SIGNS = {"ConvTranspose": "×"}


def label(kind: type[Op]) -> str:
    """The label template of an op."""
    return _LABELS.get(kind.kind(), kind.kind())


def kind_of(op: Op) -> Kind:
    """The kind that a layer is drawn as."""
    return "attention" if op.kind() in _ATTENTIONS else op.family


def template(op: Op) -> str:
    """The label template of a layer: the name of an input, the sign and number of arithmetic with one."""
    if op.family == "input" and getattr(op, "name", "") != "":
        return "{name}"
    found = label(type(op))
    if getattr(op, "first", False) and getattr(op, "sign", "") in ("-", "/"):
        found = _NUMBER_FIRST
    if getattr(op, "step", 1) != 1:
        found = found.replace("{stop}", ":{step}")
    if getattr(op, "size", None) is not None:
        found = found.replace("×{scale}", "to {size}")
    if getattr(op, "spread", False):
        found = found.replace("windows", "a grid")
    if "axis" in type(op).model_fields and getattr(op, "axis", 0) != 0:
        found = f"{found}, axis {{axis}}"
    if getattr(op, "over", "") == "channels" != type(op).model_fields["over"].default:
        found = f"{found} of channels"
    if found.startswith("upsample") and getattr(op, "mode", "nearest") != "nearest":
        found = f"{found}, {{mode}}"
    return found.replace("{number}", _PER_CHANNEL) if isinstance(getattr(op, "number", None), tuple) else found


def stride_sign(kind: type[Op]) -> str:
    """The sign before a stride, which usually divides the size."""
    return _STRIDE_SIGNS.get(kind.kind(), "/")
