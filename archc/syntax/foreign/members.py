"""Idioms of what stands in a variant: facts, expectations, edits."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_EDIT_WORDS = frozenset("freeze unfreeze remove truncate replace insert".split())
_UNITS = {
    "million": "M", "millions": "M", "mio": "M", "m": "M", "billion": "G", "billions": "G", "bn": "G", "g": "G",
    "thousand": "K", "k": "K",
}  # fmt: skip
_TEXTS = frozenset({"paper", "top1_source", "top5_source", "source", "author", "like"})
"""Facts whose values are texts."""


def _expect(s: BrokenStatement) -> Foreign | None:
    """`expect params == 2,442`, `expect params <= 25 million`."""
    at = s.at
    if s.kind(0) != "EXPECT" or s.kind(at - 1) != "NUMBER":
        return None
    if s.kind(at) == "COMMA":
        last = at
        while s.kind(last) == "COMMA" and re.fullmatch(r"\d{3}", s.text(last + 1)):
            last += 2
        number = s.written(at - 1, last - 1).replace(",", "_").replace(" ", "")
        edits = (s.replaced(at - 1, last - 1, number),) if last > at else ()
        return Foreign("a number has no `,`", f"write `{number}`", s.span(at), edits)
    if (unit := _UNITS.get(s.text(at).lower())) is not None:
        number = f"{s.text(at - 1)}{unit}"
        edits = (s.replaced(at - 1, at, number),)
        return Foreign(f"`{s.text(at)}` cannot stand behind a number", f"write `{number}`", s.span(at), edits)
    return None


def _fact(s: BrokenStatement) -> Foreign | None:
    """`paper: He et al. 2015`: a text without quotes."""
    if s.kind(0) != "NAME" or s.text(0) not in _TEXTS or s.kind(1) != "COLON" or s.kind(2) != "NAME" or s.at < 3:
        return None
    start = s.tokens[2].span.start
    end = s.source.text.find("\n", start) % (len(s.source.text) + 1)
    text = s.source.text[start:end].rstrip(" }")
    edit = Edit(s.span(2)._replace(end=start + len(text)), f'"{text}"')
    return Foreign(f"`{text}` is no value: a text stands in quotes", f'write `"{text}"`', edit.span, (edit,))


def _edit(s: BrokenStatement) -> Foreign | None:
    """`replace fc with FC(5)`, `replace fc = FC(5)`, `freeze all but fc`, `freeze layer[1:3]`."""
    edits: tuple[Edit, ...]
    kind = s.kind(0)
    if kind == "NAME" and s.text(0) in _EDIT_WORDS and s.kind(1) in ("COLON", "ASSIGN"):
        text = f"{s.text(0)} {s.written(2, s.last)}"
        why = f"`{s.text(0)}` is followed by paths, without `{s.text(1)}`"
        return Foreign(why, f"write `{text}`", s.span(1), (s.replaced(1, 1, ""),))
    if kind == "INSERT" and s.text(1) != "after":
        return Foreign("modules are put in after others", "write `insert after PATH: CHAIN`", s.span(1))
    if kind == "TRUNCATE" and s.text(1) != "after":
        why = "a network is cut off after a module"
        return Foreign(why, f"write `truncate after {s.written(1, s.last)}`", s.span(1), (s.inserted(1, "after "),))
    if kind == "REPLACE" and "COLON" not in s.kinds:
        arrow = next((i for i in range(1, s.last) if (s.kind(i), s.kind(i + 1)) == ("MINUS", "GT")), 0)
        if arrow:
            text = f"replace {s.written(1, arrow - 1)}: {s.written(arrow + 2, s.last)}"
            place = s.span(arrow, arrow + 1)
            edits = (Edit(place._replace(start=s.tokens[arrow - 1].span.end), ":"),)
            return Foreign("`->` cannot stand behind the path", f"write `{text}`", place, edits)
        at = next((i for i in range(2, len(s.texts)) if s.texts[i] in ("with", "by", "to", "=", "as", "into")), 0)
        if at:
            text = f"replace {s.written(1, at - 1)}: {s.written(at + 1, s.last)}"
            start = s.tokens[at - 1].span.end
            edits = (Edit(s.span(at)._replace(start=start), ":"),)
            return Foreign(f"`{s.text(at)}` cannot stand behind the path", f"write `{text}`", s.span(at), edits)
    if kind in ("FREEZE", "UNFREEZE") and s.text(1) == "all" and s.kind(2) == "MINUS":
        text = f"{s.text(0)} all except {s.written(3, s.last)}"
        edits = (s.replaced(2, 2, "except"),)
        return Foreign("`-` cannot stand behind `all`", f"write `{text}`", s.span(2), edits)
    if kind in ("FREEZE", "UNFREEZE") and s.text(1) == "all" and s.kind(2) == "NAME":
        return Foreign(
            f"`{s.text(2)}` cannot stand behind `all`", "write `except`", s.span(2), (s.replaced(2, 2, "except"),)
        )
    if kind in ("FREEZE", "UNFREEZE", "REMOVE") and s.kind(s.at) == "COLON" and s.kind(s.at - 1) == "NUMBER":
        first = s.at - 1
        while first > 1 and s.touch(first - 1):
            first -= 1
        last = s.at
        while last < s.last and s.touch(last):
            last += 1
        written = s.written(first, last)
        return Foreign(
            f"`{written}` is no pattern",
            f"write `{written.replace(':', '-')}`",
            s.span(first, last),
            (s.replaced(s.at, s.at, "-"),),
        )
    return None


def _layer(s: BrokenStatement) -> Foreign | None:
    """A chain in a variant: `Dropout(0.5) - FC(5)`."""
    if s.possible != {"COLON"} or s.at != 1 or s.kind(0) != "NAME" or s.kind(1) not in ("LPAR", "MINUS"):
        return None
    text = f"replace PATH: {s.written(0, s.last)}"
    why = "a variant holds facts, expectations and edits, no chain"
    return Foreign(why, f"put layers in by an edit: `{text}`", s.span(0, s.last))


IDIOMS = (_layer, _expect, _fact, _edit)
