"""Idioms of functions without a name: arithmetic on a tensor, an activation among the arguments of a layer."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.syntax.foreign.ported import CannotPort, expression
from archc.syntax.foreign.statement import BrokenStatement, Foreign


def function(s: BrokenStatement) -> Foreign | None:
    """`Lambda(lambda x: x / 255)`: arithmetic on the tensor that comes in."""
    edits: tuple[Edit, ...]
    if "lambda" not in s.texts or s.kind(0) == "LET":
        return None
    at = s.texts.index("lambda")
    closing = s.closing(s.around(at))
    if s.kind(at + 1) != "NAME" or s.kind(at + 2) != "COLON" or s.kind(s.around(at) - 1) != "NAME":
        return None
    if s.kind(at - 1) == "ASSIGN" and s.depth(at):
        return _activated_by(s, at)
    first = s.around(at) - 1
    while s.kind(first - 1) == "DOT" and s.kind(first - 2) == "NAME":
        first -= 2
    if (called := _called_lambda(s, at, first, closing)) is not None:
        return called
    inside = re.sub(r"^(\w+) \* ([\d.]+)$", r"\2 * \1", s.written(at + 3, closing - 1))
    name = rf"\b{re.escape(s.text(at + 1))}\b"
    why = "there is no `lambda`: a spec holds no code"
    start = s.kinds.index("ASSIGN") + 1 if "ASSIGN" in s.kinds[:3] else 0
    if s.kind(first - 1) == "MINUS" and not s.depth(first) and not re.search(r"\w\(", inside):
        text = re.sub(name, f"({s.written(start, first - 2)})", inside)
        whole = f"{text} {s.written(closing + 1, s.last)}".strip()
        edits = (s.replaced(start, closing, text),)
        return Foreign(why, f"arithmetic stands where a chain begins: `{whole}`", s.span(first, closing), edits)
    text = re.sub(name, "in", inside)
    edits = (s.replaced(first, closing, text),) if first == 0 else ()
    advice = f"arithmetic stands where a chain begins: `{text}`; a name for it is `macro NAME = {text}`"
    return Foreign(why, advice, s.span(first, closing), edits)


def _activated_by(s: BrokenStatement, at: int) -> Foreign | None:
    """`Conv2D(8, 3, activation=lambda x: leaky_relu(x))`: a function among the arguments of a layer."""
    opening = s.around(at)
    closing = s.closing(opening)
    try:
        chain = expression(s, at + 3, closing - 1)
    except CannotPort:
        return None
    rest = [f"{label}={text}" if label else text for label, text in s.arguments(opening) if "lambda" not in text]
    if not chain.terms or s.kind(opening - 1) != "NAME":
        return None
    call = f"{s.text(opening - 1)}({', '.join(rest)})" if rest else s.text(opening - 1)
    text = f"{call} - {' - '.join(chain.terms)}"
    edits = (s.replaced(opening - 1, closing, text),)
    why = "an activation is a term of its own, and no argument"
    return Foreign(why, f"write `{text}`", s.span(at - 2, closing - 1), edits)


def _called_lambda(s: BrokenStatement, at: int, first: int, closing: int) -> Foreign | None:
    """`Lambda(lambda t: t * 0.17)(y)`: what a function computes of the tensor that it is called on."""
    name, last = s.text(at + 1), closing
    tensor = "in"
    if s.kind(closing + 1) == "LPAR" and s.touch(closing) and s.kind(closing + 2) in ("NAME", "IN"):
        tensor, last = s.text(closing + 2), s.closing(closing + 1)
    elif first and s.kind(first - 1) != "MINUS":
        return None
    try:
        chain = expression(s, at + 3, closing - 1)
    except CannotPort:
        return None
    if s.kind(first - 1) == "MINUS" and not s.depth(first) and chain.start == name and chain.terms:
        text = " - ".join(chain.terms)  # of what the layers before it make
    elif last > closing or (not first and chain.terms):
        text = re.sub(rf"\b{re.escape(name)}\b", tensor, chain.text())
        text = " - ".join(chain.terms) if chain.start == name and tensor == "in" else text
    else:
        return None
    edits = (s.replaced(first, last, text),)
    return Foreign(
        "there is no `lambda`: a spec holds no code", f"write `{s.after(edits)}`", s.span(first, last), edits
    )
