"""Functions of programs that make several layers: `slim.repeat`, `slim.stack`, torchvision's `_make_layer`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from archc.syntax.foreign.statement import BrokenStatement

_STAGES = frozenset({"_make_layer", "make_layer", "_make_stage", "make_stage"})
"""Methods that programs have for a stage of a network."""


class MadeChain(Protocol):
    """The chain that a call is: the tensor that it begins with, and its terms."""

    @property
    def start(self) -> str:
        """The tensor; empty for the incoming one."""

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms."""


Make = Callable[[BrokenStatement, str], MadeChain]
"""Reads the text of a call in a statement."""


def repeated(s: BrokenStatement, end: int, make: Make) -> tuple[str, tuple[str, ...]] | None:
    """The tensor and the terms of a call whose function ends at a token; None if it makes no repeat."""
    given = [(label, text) for label, text in s.arguments(end + 1) if label not in ("scope", "name")]
    texts = [text for label, text in given if label is None]
    if s.text(end) in _STAGES and len(texts) >= 3:
        return "", _stage(texts, {label: text for label, text in given if label is not None})
    if s.text(end) == "repeat" and len(texts) >= 3 and texts[1].isdigit():
        made = " - ".join(make(s, f"{texts[2]}(x, {', '.join(texts[3:])})").terms)
        return make(s, texts[0]).start, (f"[{made}]x{texts[1]}",)
    if s.text(end) == "stack" and len(texts) == 3 and re.fullmatch(r"\[.*\]", texts[2]):
        items = [item.strip(" ()") for item in re.split(r",(?![^(\[]*[)\]])", texts[2][1:-1])]
        terms = (term for item in items for term in make(s, f"{texts[1]}(x, {item})").terms)
        return make(s, texts[0]).start, tuple(terms)
    return None


def _stage(texts: list[str], named: dict[str, str]) -> tuple[str, ...]:
    """`self._make_layer(Block, 64, 2, stride=2)`: the first block has the stride."""
    block, channels, count = texts[:3]
    if not block[:1].isupper():  # the block is an attribute, and the channels come first
        return (f"[Block({block})]x{channels}",)
    stride = named.get("stride", texts[3] if len(texts) > 3 else "1")
    if stride == "1" or not count.isdigit():
        return (f"[{block}({channels})]x{'' if count.isdigit() else ' '}{count}",)
    rest = (f"[{block}({channels})]x{int(count) - 1}",) if int(count) > 1 else ()
    return (f"{block}({channels}, {stride})", *rest)
