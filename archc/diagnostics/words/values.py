"""What is to be written for a value that a layer cannot take."""

from __future__ import annotations

import math
import re

from archc.diagnostics.words.given import activation_of, sides_of
from archc.diagnostics.words.near import nearest

_QUOTED = re.compile(r'"([^"]+)"')
"""A string among those that an argument takes, as `wanted` lists them."""


_ALIKE = {
    "mirror": "reflect", "reflection": "reflect", "symmetric": "reflect", "edge": "replicate", "border": "replicate",
    "wrap": "circular", "periodic": "circular", "constant": "zeros", "zero": "zeros",
}  # fmt: skip
"""Other words for a mode."""


def instead_of(name: str, value: object, text: str, wanted: str) -> str | None:
    """What is to be written for an argument; empty for nothing at all, None where that is not known.

    Args:
        name: The parameter.
        value: What it is given.
        text: How that is written.
        wanted: What it takes, in words.
    """
    if name == "pad" and isinstance(value, tuple) and "[[" in wanted and (sides := sides_of(text)) != text:
        return sides
    if type(value) is int and value == 0 and text.count("//") == 1 and "whole number" in wanted:
        return f"max(1, {text})"
    if isinstance(value, str):
        if name in ("scale", "kernel") and value in ("nearest", "bilinear", "bicubic"):
            return f'mode="{value}"'
        if name == "pad" and value.lower() in ("same", "valid", "none"):
            return "0" if value.lower() != "same" else '"same"' if '"same"' in wanted else ""
        if name == "act":
            return activation_of(value) or ""
        known = _QUOTED.findall(wanted)
        if near := nearest(value.strip().lower(), known) or next((k for k in known if k == _ALIKE.get(value)), ""):
            return f'"{near}"'
        plain = value.strip()
        return plain if re.fullmatch(r"\d+(x\d+)*|\d+\.\d+", plain) and text.strip("'\"") == value else None
    if isinstance(value, float) and math.isfinite(value) and "whole number" in wanted:
        if re.fullmatch(r"[\d._]+", text) and value == int(value) > 0:
            return str(int(value))
        if text.count("/") == 1 and "//" not in text and re.fullmatch(r"[\w\s./*()\[\]]+", text):
            return text.replace("/", "//")
        return f"int({text})" if not re.fullmatch(r"[\d._]+", text) else None
    if wanted == "true or false" and value is None:
        return "false"
    if re.fullmatch(r"0x\d+", text) and "whole number" in wanted:
        return str(int(text, 16))
    if wanted == "true or false" and type(value) is int and value in (0, 1):
        return "true" if value else "false"
    if name == "p" and isinstance(value, int | float) and (2 <= value <= 100 and value == int(value)):
        return f"{value / 100:g}"
    if isinstance(value, tuple) and len(value) == 1 and type(value[0]) in (int, float) and "number" in wanted:
        return str(value[0]) if "list" not in wanted else None
    return None
