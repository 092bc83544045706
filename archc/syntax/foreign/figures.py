"""Idioms of figures: `Conv@64`, `Conv(6@5x5)`, `Conv3-64`, `Conv(64)/2`."""

from __future__ import annotations

import re

from archc.diagnostics.words.table import table
from archc.syntax.foreign.statement import BrokenStatement, Foreign


def _at_sign(s: BrokenStatement) -> Foreign | None:
    """`Conv@64`: the channels behind a sign of figures."""
    found = [
        i for i in range(1, s.last)
        if s.text(i) == "@" and s.kind(i - 1) == "NAME" and s.text(i - 1) in table().ours and s.kind(i + 1) == "NUMBER"
    ]  # fmt: skip
    if not found:
        return None
    at = found[0]
    edits = tuple(s.replaced(i - 1, i + 1, f"{s.text(i - 1)}({s.text(i + 1)})") for i in found)
    why = "`@` is not part of the language: arguments go in parentheses"
    return Foreign(why, f"write `{s.text(at - 1)}({s.text(at + 1)})`", s.span(at), edits)


def _maps(s: BrokenStatement) -> Foreign | None:
    """`Conv(5x5@6)`, `Conv(6@5x5)`: kernel and channels with a sign of figures between them."""
    at = next((i for i in range(1, s.last) if s.text(i) == "@"), 0)
    kinds = s.kind(at - 1), s.kind(at + 1)
    if not at or kinds not in (("SHAPE", "NUMBER"), ("NUMBER", "SHAPE")) or not s.depth(at):
        return None
    shape, channels = (s.text(at - 1), s.text(at + 1)) if kinds[0] == "SHAPE" else (s.text(at + 1), s.text(at - 1))
    first, _, last = shape.partition("x")
    text = f"{channels}, {first if first == last else shape}"
    why = f"`{s.written(at - 1, at + 1)}` is no value: channels and kernel are two arguments"
    name = s.text(s.around(at) - 1) or "Conv"
    edits = (s.replaced(at - 1, at + 1, text),)
    return Foreign(why, f"write `{name}({text})`", s.span(at - 1, at + 1), edits)


def _dashed(s: BrokenStatement) -> Foreign | None:
    """`FC-10`, `Conv3-64`: VGG's notation."""
    if s.kind(s.at) != "NUMBER" or s.kind(s.at - 1) != "MINUS" or s.kind(s.at - 2) != "NAME":
        return None
    found = re.fullmatch(r"([A-Za-z]+?)_?(\d)?", s.text(s.at - 2))
    if found is None:
        return None
    name = {"conv": "Conv", "fc": "FC"}.get(found[1].lower(), found[1])
    text = f"{name}({s.text(s.at)}{', ' + found[2] if found[2] else ''})"
    return Foreign(
        f"`{s.text(s.at)}` is not a layer",
        f"the width is an argument: `{text}`",
        s.span(s.at),
        (s.replaced(s.at - 2, s.at, text),),
    )


def _stride(s: BrokenStatement) -> Foreign | None:
    """`Conv(64, 3x3, /2)`, `Conv(64, 7)/2`: the stride as figures have it."""
    if s.kind(s.at) == "SLASH" and s.kind(s.at - 1) == "RPAR" and s.kind(s.at + 1) == "NUMBER" and not s.depth(s.at):
        first = s.term(s.at - 1)
        text = f"{s.written(first, s.at - 2)}, stride={s.text(s.at + 1)})"
        edits = (s.replaced(first, s.at + 1, text),)
        return Foreign("`/` divides numbers", f"a stride is an argument: `{text}`", s.span(s.at, s.at + 1), edits)
    if s.kind(s.at) == "SLASH" and s.kind(s.at - 1) in ("COMMA", "LPAR") and s.kind(s.at + 1) == "NUMBER":
        text = f"stride={s.text(s.at + 1)}"
        return Foreign(
            f"`/{s.text(s.at + 1)}` is no value",
            f"write `{text}`",
            s.span(s.at, s.at + 1),
            (s.replaced(s.at, s.at + 1, text),),
        )
    return None


IDIOMS = (_at_sign, _maps, _dashed, _stride)
