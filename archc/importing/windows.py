"""Attention within windows: modules of torchvision that are one layer of archc, between what cuts an image.

Also the classes that archc writes for these layers.
"""

from __future__ import annotations

from typing import Any

from archc.importing.recording import CallEvent, RecordedModule
from archc.importing.steps import CallSteps, ListValue, LiveTensors, NoCounterpart, OpStep, refuse_unless, size
from archc.ops.window_attention import USUAL

WINDOWED = ("ShiftedWindowAttention", "ShiftedWindowAttentionV2", "RelativePositionalMultiHeadAttention")
"""The classes, which contain linear layers."""
ATTENTIVE = ("Attention", "WindowAttention", "CosineWindowAttention")
"""The layers that have all weights of a module, including nested ones."""


def windowed(event: CallEvent, module: RecordedModule, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """The steps of a call of such a module. Raises `NoCounterpart`."""
    a: Any = module.attributes
    line = CallSteps(event, tensors, event.reads()[0])
    path, dims = event.module or "", line.dims
    if module.kind == WINDOWED[2]:
        groups, places, features = dims
        refuse_unless(places == a["size"] ** 2, "attention in a window that is no square")
        line.reshape((groups, 1, a["size"], a["size"], features))
        heads, names = a["n_heads"], ListValue(("to_qkv", "merge"))
        scale = _scale(a["scale_factor"], features, heads)
        line.add("WindowAttention", line.dims, path, heads=heads, scale=scale, flat=False, names=names)
        line.reshape(dims)
        return line.done()
    height, width, features = dims
    window = tuple(a["window_size"])
    if height % window[0] or width % window[1]:
        raise NoCounterpart("attention in windows that do not fit into the image")
    dropped = a["attention_dropout"] or a["dropout"]
    refuse_unless(not dropped, "attention in windows with dropout")
    shift = tuple(s if w < n else 0 for s, w, n in zip(a["shift_size"], window, dims, strict=False))
    if any(shift):
        line.add("Roll", dims, shift=ListValue((-shift[0], -shift[1], 0)))
    rows = height // window[0], width // window[1], *window, features
    line.add("Windows", rows, size=size(window), spread=False, channels="last")
    kind = "CosineWindowAttention" if module.kind == WINDOWED[1] else "WindowAttention"
    line.add(kind, rows, path, heads=a["num_heads"], shift=size(shift))
    line.add("FromWindows", dims, spread=False, channels="last")
    if any(shift):
        line.add("Roll", dims, shift=ListValue((*shift, 0)))
    return line.done()


def written(event: CallEvent, module: RecordedModule, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """The step of a call of a class that archc writes for such a layer."""
    a: Any = {**module.arguments, **module.attributes}
    line = CallSteps(event, tensors, event.reads()[0])
    given: dict[str, object] = {"heads": a["num_heads"], "shift": size(tuple(a["shift"])), "bias": a.get("bias", True)}
    kind = ATTENTIVE[2] if module.kind.startswith(ATTENTIVE[2]) else ATTENTIVE[1]
    if kind == ATTENTIVE[2]:
        given["hidden"] = a.get("hidden", 512)
    else:
        given["scale"] = _scale(a["scale"], line.dims[-1], a["num_heads"])
        given["flat"] = a.get("flat", True)
        if module.children[:2] != USUAL:
            given["names"] = ListValue(module.children[:2])
    line.add(kind, line.dims, event.module or "", **given)
    return line.done()


def _scale(scale: float, features: int, heads: int) -> float | None:
    """The factor of the products, None where it is the usual one."""
    return None if scale == (features // heads) ** -0.5 else scale
