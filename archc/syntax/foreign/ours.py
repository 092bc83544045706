"""Near misses of the language's own forms: labels without quotes, `every`, `none`, loops, sizes, lists of tensors."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.sums import is_named

_BEFORE = frozenset({"MINUS", "BAR", "LPAR", "LSQB", "LBRACE", ""})
"""What can precede the label of a term."""
_TERMS = frozenset({"NAME", "LPAR", "LSQB", "FOR", "ADD", "CONCAT", "MUL"})
"""What a term begins with."""
_SIGNS = frozenset({"STAR", "PLUS", "SLASH"})
_SIZES = frozenset({"channels", "height", "width", "depth", "length"})


def _unquoted(s: BrokenStatement) -> Foreign | None:
    """`0: Conv(8)`, `block1-0: A`, `convs.0: A`: a label that is no word."""
    colon = next((i for i in range(s.at, min(s.at + 7, len(s.kinds))) if s.kind(i) == "COLON"), 0)
    if not colon or s.kind(colon + 1) not in _TERMS or s.kind(0) == "INPUT":
        return None
    first = colon - 1
    while first and s.touch(first - 1) and s.kind(first - 1) not in _BEFORE - {"MINUS"}:
        first -= 1
    name = s.written(first, colon - 1)
    if not re.fullmatch(r"\w[\w.-]*\w|\d", name) or not re.search(r"\d", name) or s.kind(first - 1) not in _BEFORE:
        return None
    if re.fullmatch(r"[A-Za-z_]\w*", name):
        return None
    edits = (s.replaced(first, colon - 1, f'"{name}"'),)
    why = f"`{name}` is no word, and a label that is none stands in quotes"
    text = f'"{name}": {s.written(colon + 1, _term(s, colon + 1))}'
    return Foreign(why, f"write `{text}`", s.span(first, colon - 1), edits)


def _term(s: BrokenStatement, first: int) -> int:
    """The last token of the term that begins with a token."""
    opening = first + (s.kind(first) == "NAME" and s.kind(first + 1) == "LPAR" and s.touch(first))
    return s.closing(opening) if s.kind(opening) in ("LPAR", "LSQB") else first


def _every(s: BrokenStatement) -> Foreign | None:
    """`every Conv(8)`, `every a: [ … ]x3`: what keeps the results of all turns of a repeat."""
    at = next((i for i in (s.at - 1, s.at - 2, s.at) if s.text(i) == "every" and s.kind(i + 1) in _TERMS), -1)
    if at < 0:
        return None
    why = "`every` stands before a repeat or a `for`"
    if s.kind(at + 1) == "NAME" and s.kind(at + 2) == "COLON":
        text = f"{s.text(at + 1)}: every"
        return Foreign(why, f"write `{text} …`", s.span(at), (s.replaced(at, at + 2, text),))
    return Foreign(why, f"write `every [{s.written(at + 1, _term(s, at + 1))}] x n`", s.span(at))


def _no_term(s: BrokenStatement) -> Foreign | None:
    """`none if (c) else A`, `add { none | A }`, `A - none`: a term that is not there."""
    if s.kind(s.at) != "NONE" or s.kind(s.at - 1) not in (*_BEFORE, "RETURN", "ASSIGN"):
        return None
    why = "`none` is no term: it only stands behind `else`"
    if s.kind(s.at + 1) == "IF" and s.kind(s.at + 2) == "LPAR" and s.kind(end := s.closing(s.at + 2) + 1) == "ELSE":
        last = _term(s, end + 1)
        text = f"{s.written(end + 1, last)} if (not {s.written(s.at + 2, end - 1)}) else none"
        return Foreign(why, f"write `{text}`", s.span(s.at), (s.replaced(s.at, last, text),))
    if s.kind(s.at - 1) in ("BAR", "LBRACE"):
        return Foreign(why, "leave the branch out; one that depends on a value is `A if (c) else none`", s.span(s.at))
    return Foreign(why, "leave it out; what comes in is `in`, and `Identity` passes it on", s.span(s.at))


def _comprehension(s: BrokenStatement) -> Foreign | None:
    """`concat { Conv(8) for i in range(2) }`: the loop behind what it repeats."""
    if s.kind(s.at) != "FOR" or s.kind(s.at - 1) not in ("RPAR", "NAME", "RSQB", "TIMES"):
        return None
    first = s.at - 1
    level = s.depth(s.at)
    while first and not (s.depth(first) == level and s.kind(first - 1) in ("BAR", "LBRACE", "LSQB", "LPAR", "ASSIGN")):
        first -= 1
    last = s.at
    while last < s.last and not (s.depth(last + 1) == level and s.kind(last + 1) in ("BAR", "RBRACE", "RSQB", "RPAR")):
        last += 1
    if "IN" not in s.kinds[s.at : last]:
        return None
    text = f"{s.written(s.at, last)} {{ {s.written(first, s.at - 1)} }}"
    if s.kind(first - 1) == "LSQB":
        first, last, text = first - 1, last + 1, f"({text},)"
    return Foreign("a `for` comes first", f"write `{text}`", s.span(s.at, last), (s.replaced(first, last, text),))


def _starred(s: BrokenStatement) -> Foreign | None:
    """`*xs - Concat`, `add { *xs | in }`: a list of tensors, unpacked where a chain begins."""
    at = s.at if s.kind(s.at) == "STAR" else s.at - 2
    if s.kinds[at : at + 2] != ["STAR", "NAME"] or s.kind(at - 1) not in _BEFORE - {"MINUS"}:
        return None
    if at != s.at and s.kind(s.at) != "MINUS":
        return None
    name = s.text(at + 1)
    why = "a star stands where a list of tensors gets its name"
    star = s.span(at)
    return Foreign(why, f"a chain begins with all of them by name: `{name} - …`", star, (Edit(star, ""),))


def _named_branch(s: BrokenStatement) -> Foreign | None:
    """`concat { a = Conv(8) | … }`: a tensor that gets its name in a branch."""
    opening = s.around(s.at)
    if s.kind(s.at) != "ASSIGN" or s.kind(opening) != "LBRACE" or s.text(opening - 1) not in ("add", "concat", "mul"):
        return None
    name = s.text(s.at - 1)
    advice = f"name the tensor before, `{name} = …`, or its last module, `{name}: {s.text(s.at + 1)}`"
    return Foreign("a tensor gets its name in a statement of its own", advice, s.span(s.at - 1, s.at))


def _dashed(s: BrokenStatement) -> Foreign | None:
    """`skip-1 = A`, and `skip-1` where it is read: a name with a dash."""
    defined = re.findall(r"(?m)^[ \t]*([A-Za-z_]\w*(?:-\w+)+)[ \t]*=(?!=)", s.source.text)
    here = [name for name in defined if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", s.written(0, s.last))]
    if not here:
        return None
    name = here[0]
    plain = name.replace("-", "_")
    is_first = s.written(0, s.at + 2).replace(" ", "").startswith(f"{name}=")
    places = re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", s.source.text) if is_first else ()
    edits = tuple(Edit(Span(s.source.name, *each.span()), plain) for each in places)
    why = f"`{name}` is not a name: names cannot contain `-`"
    within = "" if is_first else "dashed name"
    return Foreign(why, f"write `{plain}`", s.span(0, s.at), edits, opens="dashed name", within=within, names=(plain,))


def _assigned(s: BrokenStatement) -> Foreign | None:
    """`x := A`: a tensor that gets its name by two signs."""
    if s.kinds[:3] != ["NAME", "COLON", "ASSIGN"] or not s.touch(1) or s.at > 2:
        return None
    text = f"{s.text(0)} = {s.written(3, s.last)}"
    edits = (s.replaced(1, 2, "=" if not s.touch(0) else " ="),)
    return Foreign("a tensor gets its name by `=` alone", f"write `{text}`", s.span(1, 2), edits, names=(s.text(0),))


_COMPARED = (
    (r"(?:is )?(?:greater|larger|bigger|more) than or equal to|(?:is )?at least", ">="),
    (r"(?:is )?(?:less|smaller|fewer) than or equal to|(?:is )?at most", "<="),
    (r"(?:is )?(?:greater|larger|bigger|more|above) than|(?:is )?above", ">"),
    (r"(?:is )?(?:less|smaller|fewer|below) than|(?:is )?below", "<"),
    (r"(?:is )?(?:not|un)equal to|is not", "!="), (r"(?:is )?equals?(?: to)?", "=="),
)  # fmt: skip
"""Comparisons in words, and their signs."""


def _compared(s: BrokenStatement) -> Foreign | None:
    """`n is greater than 2`: a comparison in words."""
    for first in (s.at, s.at - 1) if s.kind(0) != "EXPECT" else ():
        for words, sign in _COMPARED:
            found = re.match(rf"(?:{words})\b", s.written(first, s.last)) if first > 0 else None
            if found is None or s.kind(first - 1) not in ("NAME", "NUMBER", "RPAR") or " " not in found[0]:
                continue
            last = first + found[0].count(" ")
            text = f"{s.text(first - 1)} {sign} {s.text(last + 1)}"
            edits = (s.replaced(first, last, sign),)
            return Foreign(f"`{found[0]}` is not an operator", f"write `{text}`", s.span(first, last), edits)
    return None


def _size(s: BrokenStatement) -> Foreign | None:
    """`x * x.channels`: a size beside a tensor."""
    dot = next((i for i in (s.at, s.at - 1) if s.kind(i) == "DOT"), 0)
    if not dot or s.text(dot + 1) not in _SIZES or s.kind(dot - 2) not in (*_SIGNS, "MINUS"):
        return None
    size = s.written(dot - 1, dot + 1)
    text = f"{s.written(s.term(dot - 3), dot - 2)} n"
    why = "a number beside a tensor is written out, or has a name"
    return Foreign(why, f"write `let n = {size}`, then `{text}`", s.span(dot - 1, dot + 1))


def _divided(s: BrokenStatement) -> Foreign | None:
    """`x // 2`: a tensor is divided, and not rounded."""
    at = s.at
    if s.kind(at) != "DSLASH" or s.kind(at + 1) != "NUMBER" or at + 1 != s.last or s.kind(at - 1) not in ("NAME", "IN"):
        return None
    if s.kind(at - 1) != "IN" and not is_named(s, s.text(at - 1)):
        return None
    text = f"{s.text(at - 1)} / {s.text(at + 1)}"
    why = f"`//` works on numbers, and `{s.text(at - 1)}` is a tensor"
    return Foreign(why, f"write `{text}`", s.span(at), (s.replaced(at, at, "/"),))


def _numbers(s: BrokenStatement) -> Foreign | None:
    """`x * (1, 2, 3)`: a list of numbers beside a tensor."""
    if s.kinds[s.at - 2 : s.at + 1] != ["LPAR", "NUMBER", "COMMA"] or s.kind(s.at - 3) not in _SIGNS:
        return None
    last = s.closing(s.at - 2)
    text = f"let numbers = [{s.written(s.at - 1, last - 1)}]"
    why = "a list of numbers beside a tensor has a name"
    return Foreign(why, f"write `{text}`, then `{s.text(s.at - 3)} numbers`", s.span(s.at - 2, last))


IDIOMS = (
    _assigned,
    _compared,
    _dashed,
    _every,
    _unquoted,
    _no_term,
    _comprehension,
    _starred,
    _named_branch,
    _size,
    _numbers,
    _divided,
)
