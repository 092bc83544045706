"""The names of blocks and parameters, from those of classes and constructors."""

from __future__ import annotations

import re
from collections.abc import Container

from archc.ops import lookup

_SHORT = {
    "out_channels": "channels", "out_planes": "channels", "oup": "channels", "outplanes": "channels",
    "out_chs": "channels", "kernel_size": "kernel", "num_classes": "classes", "n_classes": "classes",
    "drop_rate": "drop",
    "expand_ratio": "expansion", "squeeze_channels": "squeezed", "num_layers": "layers", "growth_rate": "growth",
    "input_channels": "inputs", "in_channels": "inputs", "inplanes": "inputs", "in_planes": "inputs", "inp": "inputs",
    "dim": "width", "out_ch": "channels", "in_ch": "inputs", "num_input_features": "inputs",
    "in_chs": "inputs", "base_width": "base", "stochastic_depth_prob": "drop",
}  # fmt: skip
_WORDS = frozenset(
    """in x if else for and or not true false none over use after all except training add concat mul model input block
    macro let fn default init return from variant expect freeze unfreeze replace remove insert truncate allow as k i
    """.split()
)


def parameter(name: str, taken: Container[str] = ()) -> str:
    """A parameter's name: the constructor's, shortened, and not a keyword."""
    found = _SHORT.get(name, name).strip("_") or "value"
    found = re.sub(r"\W", "_", found)
    if found in _WORDS:
        found = f"{found}_"
    return unused(found, taken)


def tensor(name: str) -> str:
    """An input's name: that of the parameter of `forward`, changed if it is a word of the language."""
    return f"{name}_" if name in _WORDS and name not in "xik" else name


def block(name: str, taken: Container[str]) -> str:
    """A block's name: the class's, without leading underscores, and not that of a layer."""
    found = re.sub(r"\W", "_", name.strip("_")) or "Block"
    if lookup(found) is not None or found in _WORDS:
        found = f"{found}Block"
    return unused(found[:1].upper() + found[1:], taken)


def unused(name: str, taken: Container[str]) -> str:
    """A name, followed by a number if it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"
