"""Attention within windows: modules of torchvision that are one layer of archc between cutting and joining windows."""

from __future__ import annotations

from typing import Any

from archc.importing.recording import CallEvent, RecordedModule
from archc.importing.steps import CallSteps, ListValue, LiveTensors, NoCounterpart, OpStep, refuse_unless, size

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
        names = ListValue(("to_qkv", "merge"))
        line.add(
            "WindowAttention", line.dims, path, heads=a["n_heads"], scale=a["scale_factor"], flat=False, names=names
        )
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
    line.add("Windows", rows, size=size(window), channels="last")
    kind = "CosineWindowAttention" if module.kind == WINDOWED[1] else "WindowAttention"
    line.add(kind, rows, path, heads=a["num_heads"], shift=size(shift))
    line.add("FromWindows", dims, channels="last")
    if any(shift):
        line.add("Roll", dims, shift=ListValue((*shift, 0)))
    return line.done()
