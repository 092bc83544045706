"""Signs of figures and texts whose meaning depends on what is around them: arrows, dots, circles, quotation marks."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Source, Span
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.scan import scan
from archc.syntax.tables import tables

_ARROWS = frozenset("\u2192\u2794\u279c\u27f6\u21d2")
_SIZES = {"\u2193": "MPool", "\u2191": "Upsample"}
"""What makes an image smaller and larger, by the arrows of figures."""
_CIRCLES = {"\u2295": "+", "\u2297": "*", "\u2299": "*", "\u2296": "-"}
"""Signs of figures between two tensors."""
_QUOTES = "\u201c\u201d\u201e\u201f"
_TIMES = str.maketrans({"\u00d7": "x", "\u2715": "x"})
"""Signs of sizes, each for one letter, so that every place stays what it is."""


def _channels(s: BrokenStatement) -> Foreign | None:
    """`Conv(3→64, 3)`: the channels that come in, and those that go out."""
    found = [
        i for i in range(1, s.last)
        if s.text(i) in _ARROWS and s.kind(i - 1) == s.kind(i + 1) == "NUMBER" and s.depth(i)
    ]  # fmt: skip
    if s.at not in found:
        return None
    edits = tuple(s.replaced(i - 1, i + 1, s.text(i + 1)) for i in found)
    closing = s.closing(s.around(s.at))
    call = BrokenStatement(s.source, s.tokens[s.term(closing) : closing + 1], 0, s.possible)
    text = call.after([e for e in edits if s.span(s.term(closing)).start <= e.span.start < s.span(closing).end])
    why = f"`{s.written(s.at - 1, s.at + 1)}` is not a value: the channels that come in are inferred"
    return Foreign(why, f"write `{text}`", s.span(s.at), edits)


def _sized(s: BrokenStatement) -> Foreign | None:
    """`Conv(32) ↓2`, `↑2`: an image that becomes smaller or larger."""
    found = [i for i in range(s.last) if s.text(i) in _SIZES and s.kind(i + 1) == "NUMBER"]
    if s.at not in found:
        return None
    terms = {i: f"{_SIZES[s.text(i)]}({s.text(i + 1)})" for i in found}
    joint = {i: "- " if s.kind(i - 1) in ("RPAR", "NAME", "TIMES") else "" for i in found}
    edits = tuple(s.replaced(i, i + 1, joint[i] + text) for i, text in terms.items())
    listed = ", ".join(f"`- {text}` for `{s.written(i, i + 1)}`" for i, text in terms.items())
    return Foreign(f"`{s.text(s.at)}` is not part of the language", f"write {listed}", s.span(s.at, s.at + 1), edits)


def _circled(s: BrokenStatement) -> Foreign | None:
    """`x ⊗ s`: a sign of figures between two tensors."""
    found = [i for i in range(1, s.last) if s.text(i) in _CIRCLES and _is_tensor(s, i - 1) and _is_tensor(s, i + 1)]
    if s.at not in found:
        return None
    edits = tuple(s.replaced(i, i, _CIRCLES[s.text(i)]) for i in found)
    why = f"`{s.text(s.at)}` is not part of the language"
    return Foreign(why, f"write `{_CIRCLES[s.text(s.at)]}`: `{s.after(edits)}`", s.span(s.at), edits)


def _is_tensor(s: BrokenStatement, index: int) -> bool:
    return s.kind(index) == "IN" or (s.kind(index) == "NAME" and s.text(index).islower())


def _range(s: BrokenStatement) -> Foreign | None:
    """`freeze layer1~layer3`: several modules by the first and the last."""
    ends = [re.fullmatch(r"(.*?)(\d)", s.text(i)) for i in (s.at - 1, s.at + 1)]
    if s.text(s.at) not in ("~", "\u301c", "\uff5e") or ends[0] is None or ends[1] is None:
        return None
    if ends[0][1] != ends[1][1] or ends[0][2] >= ends[1][2] or not ends[0][1]:
        return None
    text = f"{ends[0][1]}[{ends[0][2]}-{ends[1][2]}]"
    why = f"`{s.text(s.at)}` is not part of the language"
    return Foreign(why, f"write `{text}`", s.span(s.at), (s.replaced(s.at - 1, s.at + 1, text),))


def _curly(s: BrokenStatement) -> Foreign | None:
    """`“text”`: quotation marks of a word processor."""
    if s.text(s.at)[:1] not in _QUOTES:
        return None
    whole = s.span(s.at, s.last)
    found = [m.start() for m in re.finditer(f"[{_QUOTES}]", s.source.snippet(whole))]
    places = [Span(s.source.name, whole.start + at, whole.start + at + 1) for at in found]
    edits = tuple(Edit(place, '"', safe=True) for place in places) if len(places) % 2 == 0 else ()
    return Foreign(f"`{s.text(s.at)[0]}` is not part of the language", 'texts stand in `"`', places[0], edits)


def _decorated(s: BrokenStatement) -> Foreign | None:
    """`@register_model` before a model."""
    if s.text(s.at) != "@" or s.at or s.kind(1) != "NAME":
        return None
    gone = s.replaced(0, s.last, "")
    return Foreign("`@` decorates nothing here", "leave the line out", s.span(0, s.last), (gone,))


def _labels(s: BrokenStatement) -> Foreign | None:
    """`첫 번째 층: Conv(64)`: words of another script before the colon of a label."""
    colon = next((i for i, kind in enumerate(s.kinds) if kind == "COLON"), 0)
    words = s.kinds[:colon]
    if not words or set(words) != {"STRAY"} or not all(text.isalpha() for text in s.texts[:colon]):
        return None
    if s.kind(colon + 1) != "NAME":
        return None
    name = f"{s.text(colon + 1).lower()}1"
    why = f"`{s.written(0, colon - 1)}` is no label: it consists of the letters a to z, digits and `_`"
    advice = f"write `{name}: {s.written(colon + 1, s.last)}`, and `#` before what is a comment"
    return Foreign(why, advice, s.span(0, colon - 1), once="labels in words")


def _statements(s: BrokenStatement) -> Foreign | None:
    """`x = A; y = B`: two statements on a line."""
    if s.text(s.at) != ";" or s.depth(s.at) or s.kinds[s.at + 1 : s.at + 3] != ["NAME", "ASSIGN"]:
        return None
    edit = Edit(s.span(s.at)._replace(end=s.span(s.at + 1).start), "\n  ")
    return Foreign("a statement ends with its line", "leave `;` out, and begin a line behind it", s.span(s.at), (edit,))


def _noted(s: BrokenStatement) -> Foreign | None:
    """`※ a note`: a sign before a note."""
    if s.at or s.text(0) not in ("\u203b", "\u2605", "\u2606", "\u261e"):
        return None
    edits = (s.replaced(0, 0, "#"),)
    return Foreign(f"`{s.text(0)}` begins no comment", "comments begin with `#`", s.span(0), edits)


def counted(s: BrokenStatement) -> Foreign | None:
    """`64개`: a number with the word for what it counts."""
    number, word = s.text(s.at), s.text(s.at + 1)
    if s.kind(s.at) != "BAD_NUMBER" or s.kind(s.at + 1) != "STRAY" or not s.touch(s.at):
        return None
    if not number.isdigit() or not word.isalpha():
        return None
    found = [
        i for i in range(s.at + 1, len(s.tokens))
        if s.kind(i) == "STRAY" and s.text(i) == word and s.kind(i - 1) == "BAD_NUMBER" and s.touch(i - 1)
    ]  # fmt: skip
    edits = tuple(s.replaced(i, i, "") for i in found)
    why = f"`{number}{word}` is not a number: `{word}` only says what it counts"
    return Foreign(why, f"write `{number}`", s.span(s.at, s.at + 1), edits)


def with_plain_sizes(s: BrokenStatement) -> BrokenStatement | None:
    """The statement with `x` for the sign of its sizes, in all the same places; None where none has such a sign."""
    if not any(t.type == "STRAY" and t.text.translate(_TIMES) == "x" for t in s.tokens):
        return None
    source = Source(s.source.name, s.source.text.translate(_TIMES))
    whole, place = s.span(0, s.last), s.tokens[s.at].span.start
    tokens = [t for t in scan(source, tables(), whole.start, whole.end) if t.type != "NEWLINE"]
    at = next((i for i, t in enumerate(tokens) if t.span.end > place), 0)
    return BrokenStatement(source, tokens, at, s.possible)


MARKS = (_statements, _noted, _channels, _sized, _circled, _range, _curly, _decorated, _labels)
