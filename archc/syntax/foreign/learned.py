"""Learned tensors of a program, and how their numbers start, as they are written here."""

from __future__ import annotations

import re

from archc.diagnostics.words.given import value
from archc.diagnostics.words.meaning import Written
from archc.diagnostics.words.table import folded, table


def initialisation(name: str, arguments: Written) -> str:
    """What to write for `nn.init.kaiming_normal_(m.weight, mode="fan_out")`."""
    what = arguments[0][1].partition(".")[0] if arguments else ""
    kind = what if what in table().ours else "Conv"
    bias = ".bias" if arguments and arguments[0][1].endswith(".bias") else ""
    given = ", ".join(f"{label}={value(text)}" for label, text in arguments if label is not None)
    plain = table().initialisers.get(folded(name), name.rstrip("_"))
    return f"how weights start is a statement: `init {kind}{bias} = {plain}{f'({given})' if given else ''}`"


def parameter(made: str) -> str:
    """The term for `torch.zeros(1, 1, 768)` as a learned tensor, the first axis being that of the samples."""
    found = re.fullmatch(r"torch\.(zeros|ones|randn|empty|rand)\(\(?([\w, ]+)\)?\)(?: \* ([\d.]+))?", made)
    sizes = [size.strip() for size in found[2].split(",")] if found else []
    if found is None or len(sizes) < 2:
        return ""
    sizes = sizes[1:] if sizes[0] == "1" and len(sizes) > 2 else sizes
    start = {"ones": ", init=1", "randn": f", std={found[3] or 1}"}.get(found[1], "")
    return f"Param([{', '.join(sizes)}]{start})"
