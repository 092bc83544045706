"""Idioms of repeats: what other languages write for `[ … ]x3`."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.table import table
from archc.syntax.foreign.statement import BrokenStatement, Foreign


def _counted(s: BrokenStatement) -> Foreign | None:
    """`[A]x3 times`: a word after the number of repeats."""
    if (
        s.text(s.at) in ("times", "time", "repeats")
        and s.kinds[s.at - 2 : s.at] == ["TIMES", "NUMBER"]
        and not s.depth(s.at)
    ):
        edit = Edit(s.span(s.at)._replace(start=s.tokens[s.at - 1].span.end), "")
        why = f"`{s.text(s.at)}` is one word too many"
        return Foreign(why, f"the number of repeats is enough: `]x{s.text(s.at - 1)}`", s.span(s.at), (edit,))
    return None


def _times_behind(s: BrokenStatement) -> Foreign | None:
    """`(A)x3`, `Conv(64)x3`, `(A)*3`, `(A) times 3`."""
    at = s.at
    if s.kind(at) == "NAME" and re.fullmatch(r"x\d+", s.text(at)) and s.kind(at - 1) in ("RPAR", "BODY", "NAME"):
        last, count = at, s.text(at)[1:]
    elif s.kind(at + 1) != "NUMBER" or not s.text(at + 1).isdigit() or s.kind(at - 1) not in ("RPAR", "NAME"):
        return None
    elif s.text(at) in ("x", "X", "times") or (s.kind(at) == "STAR" and s.kind(at - 1) == "RPAR"):
        last, count = at + 1, s.text(at + 1)
    else:
        return None
    first = s.term(at - 1)
    text = _repeated(s, first, at - 1, count)
    sign = s.kind(at) == "STAR"
    if first == at - 1 and s.kind(first - 1) == "MINUS" and not s.depth(at):
        whole = f"[{s.written(_start(s), first)}]x{count}"
        why = f"`{s.written(at, last)}` can only repeat what is in brackets"
        return Foreign(why, f"write `{text}`, or `{whole}` for all before it", s.span(at, last))
    why = "`*` repeats nothing" if sign else f"`{s.written(at, last)}` can only repeat what is in brackets"
    place = s.span(at) if sign else s.span(at, last)
    return Foreign(why, f"write `{text}`", place, (s.replaced(first, last, text),))


def _in_words(s: BrokenStatement) -> Foreign | None:
    """`stage1: 2 blocks, 64 channels`: how many of what, in words."""
    found = [
        i for i in range(s.last) if s.kind(i) == "NUMBER" and s.text(i + 1) in ("blocks", "units", "layers", "times")
    ]
    if (
        not found
        or s.kind(found[0] - 1) not in ("", "COLON", "MINUS", "ASSIGN")
        or not found[0] <= s.at <= found[0] + 1
    ):
        return None
    width = next((s.text(i) for i in range(s.last) if s.text(i + 1) in ("channels", "filters", "maps")), "64")
    text = f"[Block({width})]x{s.text(found[0])}"
    why = f"`{s.written(found[0], found[0] + 1)}` says no layer"
    return Foreign(why, f"a repeat is `{text}`, of a block that is defined before the model", s.span(found[0], s.last))


def _in_parentheses(s: BrokenStatement) -> Foreign | None:
    """`Conv(64) (x2)`: the number of repeats in parentheses behind a layer."""
    found = [
        i for i in range(1, s.last)
        if s.kind(i) == "LPAR" and s.kind(i + 2) == "RPAR" and re.fullmatch(r"[xX]\d+", s.text(i + 1))
        and s.kind(i - 1) in ("RPAR", "NAME")
    ]  # fmt: skip
    if s.at not in (*found, *(i + 1 for i in found)):
        return None
    texts = {i: _repeated(s, s.term(i - 1), i - 1, s.text(i + 1)[1:]) for i in found}
    edits = tuple(s.replaced(s.term(i - 1), i + 2, text) for i, text in texts.items())
    first = found[0]
    why = f"`{s.written(first, first + 2)}` can only repeat what is in brackets"
    return Foreign(why, f"write `{texts[first]}`", s.span(first, first + 2), edits)


def _start(s: BrokenStatement) -> int:
    """The first token of the chain of a statement, behind the name that it gives."""
    return 2 if s.kinds[:2] == ["NAME", "ASSIGN"] else 1 if s.kind(0) == "RETURN" else 0


def _pattern(s: BrokenStatement) -> Foreign | None:
    """`[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX`: a pattern that stands for many networks."""
    counts = [
        i for i in range(1, s.last)
        if s.kind(i - 1) in ("RPAR", "RSQB") and s.kind(i) == "STAR" and re.fullmatch("[A-Z]", s.text(i + 1))
    ]  # fmt: skip
    if not counts or s.kind(0) not in ("LPAR", "LSQB", "NAME"):
        return None
    why = f"`*{s.text(counts[0] + 1)}` leaves open how often: a spec is one network"
    advice = "write numbers, as in `[[Conv - ReLU]x2 - Pool]x3 - [FC - ReLU]x1 - FC - SM`"
    return Foreign(why, advice, s.span(counts[0], counts[0] + 1))


def _braces(s: BrokenStatement) -> Foreign | None:
    """`{A}x3`."""
    apart = s.text(1) in ("x", "X", "times", "*") and s.kind(2) == "NUMBER"
    if s.kind(0) != "BODY" or not (apart or re.fullmatch(r"x\d+", s.text(1))):
        return None
    text = _repeated(s, 0, 0, s.text(2) if apart else s.text(1)[1:])
    place = s.span(0)._replace(end=s.span(0).start + 1)
    return Foreign("`{` begins no repeat", f"write `{text}`", place, (s.replaced(0, 1 + apart, text),))


def _other_sign(s: BrokenStatement) -> Foreign | None:
    """`[A]*3`, `[A]^3`, `[A] x 3`, `[A]*[3]`."""
    at = s.at
    if s.kind(at) == "RSQB" and s.kinds[at + 1 : at + 3] == ["STAR", "LSQB"] and s.kind(at + 3) == "NUMBER":
        edits = (s.replaced(at, at + 4, f"]x{s.text(at + 3)}"),)
        return Foreign("`*` repeats nothing", f"write `]x{s.text(at + 3)}`", s.span(at + 1, at + 4), edits)
    if s.kind(at) != "RSQB" or s.kind(at + 2) != "NUMBER":
        return None
    if (
        s.kind(at) == "RSQB"
        and s.kind(at + 1) not in ("STAR", "DSTAR")
        and s.text(at + 1) not in ("^", "\u00d7", "X", "x")
    ):
        return None
    text = f"]x{s.text(at + 2)}"
    why = f"`{s.text(at + 1)}` repeats nothing"
    return Foreign(why, f"write `{text}`", s.span(at + 1), (s.replaced(at, at + 2, text),))


def _times_before(s: BrokenStatement) -> Foreign | None:
    """`3x[A]`, `3*[A]`, `3x Conv(64)`, `3: [A]`, `3 times [A]`."""
    at = s.at - 2 * (s.kinds[max(0, s.at - 2) : s.at + 1] == ["NUMBER", "STAR", "LSQB"])
    at -= s.kinds[max(0, at - 1) : at + 2] == ["NUMBER", "COLON", "LSQB"]
    at -= s.text(at) in ("times", "x", "X") and s.kind(at - 1) == "NUMBER" and s.kind(at - 2) in ("", "MINUS", "BAR")
    count = re.fullmatch(r"(\d+)[xX]?", s.text(at))
    if not count or s.kind(at) not in ("NUMBER", "BAD_NUMBER"):
        return None
    if s.kinds[at + 1 : at + 3] == ["COLON", "LSQB"]:
        first = at + 2
    else:
        first = at + 1 + (s.kind(at + 1) == "STAR" or s.text(at + 1) in ("x", "\u00d7", "X", "times"))
        if s.kind(first) == "NAME" and first == at + 1 and s.text(at)[-1] not in "xX":
            return None
    if s.kind(first) == "NAME":
        last = s.closing(first + 1) if s.kind(first + 1) == "LPAR" else first
    elif s.kind(first) in ("LSQB", "LPAR", "LBRACE", "BODY"):
        last = first if s.kind(first) == "BODY" else s.closing(first)
    else:
        return None
    text = _repeated(s, first, last, count[1])
    why = f"`{s.written(at, first - 1)}` cannot precede what it repeats"
    advice = f"the number of repeats comes last: `{text}`"
    return Foreign(why, advice, s.span(at, first - 1), (s.replaced(at, last, text),))


def _glued(s: BrokenStatement) -> Foreign | None:
    """`2Conv(64)`: the number of repeats and the layer in one word."""
    found = re.fullmatch(r"(\d+)x?([A-Z]\w*)", s.text(s.at))
    if s.kind(s.at) != "BAD_NUMBER" or found is None or found[2] not in table().ours:
        return None
    edits: list[Edit] = []
    first_text = ""
    for index in range(s.at, len(s.tokens)):
        each = re.fullmatch(r"(\d+)x?([A-Z]\w*)", s.text(index))
        if s.kind(index) == "BAD_NUMBER" and each and each[2] in table().ours:
            last = s.closing(index + 1) if s.kind(index + 1) == "LPAR" else index
            text = f"[{each[2]}{s.written(index + 1, last)}]x{each[1]}"
            first_text = first_text or text
            edits.append(s.replaced(index, last, text))
    why = f"`{s.text(s.at)}` is no layer: the number of repeats stands behind it"
    return Foreign(why, f"write `{first_text}`", s.span(s.at), tuple(edits))


def _no_count(s: BrokenStatement) -> Foreign | None:
    """`[A]` without a number."""
    if s.kind(s.at) != "RSQB" or "TIMES" not in s.possible:
        return None
    opening = s.opening(s.at)
    near = zip(s.kinds[s.at + 1 : s.at + 3], s.texts[s.at + 1 : s.at + 3], strict=True)
    count = next((text for kind, text in near if kind == "NUMBER"), "3")
    inside = s.written(opening + 1, s.at - 1)
    if s.kind(s.at + 1) in ("PLUS", "SLASH", "STAR") and s.kind(s.at + 2) in ("NAME", "IN", "LPAR"):
        text = f"({inside}) {s.text(s.at + 1)} {s.text(s.at + 2)}"
        edits = (s.replaced(opening, opening, "("), s.replaced(s.at, s.at, ")"))
        return Foreign("a group stands in parentheses", f"write `{text}`", s.span(opening, s.at), edits)
    advice = f"repeats are written `[ … ]x{count}`; a group has parentheses: `({inside})`"
    edits = (s.replaced(opening, opening, "("), s.replaced(s.at, s.at, ")"))
    return Foreign("a bracket is followed by the number of repeats", advice, s.span(s.at), edits)


def _repeated(s: BrokenStatement, first: int, last: int, count: str) -> str:
    """A repeated term or bracket."""
    inside = s.written(first, last)
    if s.kind(first) in ("LSQB", "LPAR", "LBRACE", "BODY"):
        inside = inside[1:-1].strip()
    return f"[{inside}]x{count}"


def _comprehension(s: BrokenStatement) -> Foreign | None:
    """`[Conv(c) for c in widths]`."""
    if s.kind(s.at) != "FOR" or "LSQB" not in s.kinds[: s.at]:
        return None
    opening = max(i for i in range(s.at) if s.kind(i) == "LSQB")
    closing = s.closing(opening)
    text = f"{s.written(s.at, closing - 1)} {{ {s.written(opening + 1, s.at - 1)} }}"
    return Foreign(
        "`for` comes before what it repeats", f"write `{text}`", s.span(s.at), (s.replaced(opening, closing, text),)
    )


IDIOMS = (
    _pattern,
    _counted,
    _in_words,
    _in_parentheses,
    _times_behind,
    _braces,
    _other_sign,
    _times_before,
    _glued,
    _no_count,
    _comprehension,
)
