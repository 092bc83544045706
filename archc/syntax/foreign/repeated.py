"""Functions of programs that make several layers: `slim.repeat`, `slim.stack`, torchvision's `_make_layer`."""

from __future__ import annotations

import re

from archc.diagnostics.source import Source
from archc.syntax.foreign.ported import CannotPort, PortedChain, expression, term
from archc.syntax.foreign.statement import BrokenStatement
from archc.syntax.scan import scan
from archc.syntax.tables import tables

_STAGES = frozenset({"_make_layer", "make_layer", "_make_stage", "make_stage"})
"""Methods that programs have for a stage of a network."""


def repeated(s: BrokenStatement, end: int) -> PortedChain | None:
    """The chain of a call whose function ends at a token; None if it makes no repeat. Raises `CannotPort`."""
    given = [(label, text) for label, text in s.arguments(end + 1) if label not in ("scope", "name")]
    texts = [text for label, text in given if label is None]
    if s.text(end) in _STAGES and len(texts) >= 3:
        return _stage(texts, {label: text for label, text in given if label is not None})
    if s.text(end) == "repeat" and len(texts) >= 3 and texts[1].isdigit():
        made = _made(s, texts[2], texts[3:])
        return PortedChain(_start(s, end), (f"[{made}]x{texts[1]}",))
    if s.text(end) == "stack" and len(texts) == 3 and re.fullmatch(r"\[.*\]", texts[2]):
        items = [item.strip() for item in re.split(r",(?![^(\[]*[)\]])", texts[2][1:-1])]
        return PortedChain(_start(s, end), tuple(_made(s, texts[1], [item.strip("()")]) for item in items))
    return None


def _start(s: BrokenStatement, end: int) -> str:
    """The tensor that is the first argument."""
    last = next(i for i in range(end + 2, s.last) if s.kind(i) == "COMMA" and s.depth(i) == s.depth(end) + 1)
    return expression(s, end + 2, last - 1).start


def _made(s: BrokenStatement, function: str, arguments: list[str]) -> str:
    """The term for a function with arguments."""
    source = Source(s.source.name, f"{function}(x, {', '.join(arguments)})")
    tokens = [token for token in scan(source, tables()) if token.type != "NEWLINE"]
    last, chain = term(BrokenStatement(source, tokens, 0, frozenset()), 0)
    if last != len(tokens) - 1 or chain.start not in ("", "x"):
        raise CannotPort("")
    return " - ".join(chain.terms)


def _stage(texts: list[str], named: dict[str, str]) -> PortedChain:
    """`self._make_layer(Block, 64, 2, stride=2)`: the first block has the stride."""
    block, channels, count = texts[:3]
    if not block[:1].isupper():  # the block is an attribute, and the channels come first
        return PortedChain("", (f"[Block({block})]x{channels}",))
    stride = named.get("stride", texts[3] if len(texts) > 3 else "1")
    if stride == "1" or not count.isdigit():
        return PortedChain("", (f"[{block}({channels})]x{'' if count.isdigit() else ' '}{count}",))
    rest = (f"[{block}({channels})]x{int(count) - 1}",) if int(count) > 1 else ()
    return PortedChain("", (f"{block}({channels}, {stride})", *rest))
