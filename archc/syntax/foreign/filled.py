"""Idioms of values and lists in a body: `width: 64`, and a list of layers that a program fills and then unpacks."""

from __future__ import annotations

import re
from typing import NamedTuple

from archc.diagnostics.core import Edit
from archc.diagnostics.source import Source, Span
from archc.syntax.foreign.ported import CannotPort, expression
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.scan import scan
from archc.syntax.tables import tables

_VALUES = frozenset({"NUMBER", "STRING", "TRUE", "FALSE", "SHAPE", "LSQB"})
_FACTS = frozenset("name paper top1 top5 top1_source like mean std resize interpolation".split())
"""What a variant says of a network."""
_LONGEST = 30
"""Lines behind an empty list that are looked at."""
_FOR = re.compile(r"(for .+ in .+?)\s*[:{]")
_APPENDED = r"{0}\s*\.\s*append\((.+)\)"
_EXTENDED = r"(?:{0}\s*\+=\s*|{0}\s*=\s*{0}\s*\+\s*|{0}\.extend\(\s*)\[(.+)\]\s*\)?"
_UNPACKED = r"(?:return\s+)?(?:\w+\s*=\s*)?(?:\w+\.)*Sequential\(\s*\*\s*{0}\s*\)"


def _value(s: BrokenStatement) -> Foreign | None:
    """`width: 64` in a model or block: a value, or what only a variant says."""
    heads = re.findall(r"(?m)^(variant|model|block)\s+(\w+)", s.source.text[: s.span(0).start])
    if s.kinds[:2] != ["NAME", "COLON"] or s.kind(2) not in _VALUES or s.at < 2 or not heads:
        return None
    kind, owner = heads[-1]
    if kind == "variant" or (s.kind(2) == "LSQB" and s.closing(2) != s.last) or "MINUS" in s.kinds:
        return None
    name, place = s.text(0), s.span(0, s.last)
    if name in _FACTS:
        advice = f"a variant says it: `variant NAME = {owner} {{ {s.written(0, s.last)} }}`"
        return Foreign(f"a {kind} has no facts, and `{name}` is one", advice, place)
    text = f"let {name} = {s.written(2, s.last)}"
    why = f"a {kind} has no settings: `:` names a module"
    advice = f"write `{text}`; a value that can be changed is a parameter, `{name}={s.written(2, s.last)}` in the head"
    return Foreign(why, advice, place, (s.replaced(0, s.last, text),), names=(name,))


def _facts(s: BrokenStatement) -> Foreign | None:
    """`name: "A", paper: "B"`: two facts on a line."""
    if s.kinds[:2] != ["NAME", "COLON"] or s.kind(s.at) != "COMMA" or s.kinds[s.at + 1 : s.at + 3] != ["NAME", "COLON"]:
        return None
    gap = Edit(s.span(s.at)._replace(end=s.span(s.at + 1).start), "\n  ")
    advice = f"write `{s.written(0, s.at - 1)}` and, on the next line, `{s.written(s.at + 1, s.last)}`"
    return Foreign("each fact is a statement of its own", advice, s.span(s.at), (gap,))


class _Filled(NamedTuple):
    """A list of layers that a program fills: where it begins and ends, and the chain that it is."""

    start: int
    end: int
    chain: str


def _list(s: BrokenStatement) -> Foreign | None:
    """`layers = []`, `layers += [A, B]`, `nn.Sequential(*layers)`, of which the first is told for all."""
    start = s.span(0).start
    found = next((f for f in _lists(s.source, start) if f.start <= start < f.end), None)
    if found is None:
        return None
    within = "" if start == found.start else "filled list"
    edit = Edit(Span(s.source.name, found.start, found.end), found.chain)
    why = "a chain is no list that is filled"
    advice = f"write `{found.chain}`: layers are joined where they stand"
    return Foreign(why, advice, s.span(0, s.last), (edit,), opens="filled list", within=within, names=(s.text(0),))


def _lists(source: Source, before: int) -> list[_Filled]:
    """The lists that begin before a place."""
    heads = re.finditer(r"(?m)^[ \t]*((\w+)\s*=\s*\[([^\n]*)\])[ \t]*$", source.text[: before + 200])
    found = (_filled(source, head) for head in heads if head.start(1) <= before)
    return [each for each in found if each is not None]


def _filled(source: Source, head: re.Match[str]) -> _Filled | None:
    """The list that begins with a line, if all that fills it is a chain."""
    name, parts = re.escape(head[2]), [head[3]] if head[3].strip() else []
    loop: list[str] = []
    margin, at = -1, head.end()
    for line in source.text[head.end() + 1 :].split("\n")[:_LONGEST]:
        text, at = line.strip(), at + len(line) + 1
        indent = len(line) - len(line.lstrip())
        if margin >= 0 and (text == "}" or indent <= margin):
            parts += _turns(source, loop)
            loop, margin = [], -1
            if text == "}":
                continue
        if re.fullmatch(_UNPACKED.format(name), text):
            chain = _chain(source, parts)
            return _Filled(head.start(1), at, chain) if chain else None
        if (turn := _FOR.match(text)) is not None and margin < 0:
            inside = text[turn.end() :].strip().removesuffix("}").strip()
            loop, margin = [turn[1]], indent
            put = [_put(name, inside)] if inside else []
            loop += [each for each in put if each]
            if inside:
                parts += _turns(source, loop)
                loop, margin = [], -1
        elif put_in := _put(name, text):
            (loop if margin >= 0 else parts).append(put_in)
        elif text:
            return None
    return None


def _put(name: str, text: str) -> str:
    """The layers that a line puts into a list; empty where it puts none."""
    found = re.fullmatch(_APPENDED.format(name), text) or re.fullmatch(_EXTENDED.format(name), text)
    return found[1] if found is not None else ""


def _turns(source: Source, loop: list[str]) -> list[str]:
    """A loop with the layers of a turn, as one part that is ported already."""
    chain = _chain(source, loop[1:])
    return [f"\0{loop[0]} {{ {chain} }}"] if chain else ["\0"]


def _chain(source: Source, parts: list[str]) -> str:
    """The chain of parts of a list, each of several items; empty where one cannot be written."""
    terms: list[str] = []
    for part in parts:
        if part.startswith("\0"):
            terms.append(part[1:])
            continue
        items = _items(source, part)
        if not items:
            return ""
        terms += items
    return " - ".join(terms) if all(terms) else ""


def _indexed(s: BrokenStatement) -> Foreign | None:
    """`x = layers[0](x)`: a layer of a list, called on a tensor."""
    at = next((i for i in range(2, s.last) if s.kinds[i : i + 4] == ["LSQB", "NUMBER", "RSQB", "LPAR"]), 0)
    if not at or s.kind(at - 1) != "NAME" or s.kinds[:2] != ["NAME", "ASSIGN"] or s.closing(at + 3) != s.last:
        return None
    head = re.search(rf"(?m)^[ \t]*{re.escape(s.text(at - 1))}\s*=\s*\[([^\n]*)\][ \t]*$", s.source.text)
    items = _items(s.source, head[1]) if head is not None else []
    if int(s.text(at + 1)) >= len(items):
        return None
    try:
        inside = expression(s, at + 4, s.last - 1)
    except CannotPort:
        return None
    chain = " - ".join(filter(None, (inside.text(), items[int(s.text(at + 1))])))
    if not re.search(rf"(?m)^[ \t]*{re.escape(inside.start)}[ \t]*=", s.source.text[: s.span(0).start]):
        chain = items[int(s.text(at + 1))]
    text = f"{s.text(0)} = {chain}"
    why = f"`{s.written(at - 1, at + 2)}` is no layer: a chain has no list of layers"
    return Foreign(why, f"write `{text}`", s.span(at - 1, at + 2), (s.replaced(0, s.last, text),), names=(s.text(0),))


def _items(source: Source, text: str) -> list[str]:
    """The items of a list of layers, each as it is here."""
    statement = Source(source.name, f"({text})")
    tokens = [t for t in scan(statement, tables()) if t.type != "NEWLINE"]
    s = BrokenStatement(statement, tokens, 0, frozenset())
    try:
        return [expression(s, first, last).text() for _, first, last in s.parts(0, s.last)]
    except CannotPort:
        return []


IDIOMS = (_list, _indexed, _facts)
SETTINGS = (_value,)
"""Tried last: other statements with a colon are more special."""
