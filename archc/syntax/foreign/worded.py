"""Layers in words, arguments behind their calls, lists of YAML."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.meaning import Written, meaning
from archc.diagnostics.words.table import table
from archc.syntax.foreign.statement import BrokenStatement, Foreign


def _in_words(s: BrokenStatement) -> Foreign | None:
    """`global average pool`, `batch norm`: a layer in words."""
    first = next((i for i in range(s.at) if s.kind(i) == s.kind(i + 1) == "NAME" and not s.begins_line(i + 1)), -1)
    if first < 0 or s.kind(0) not in ("NAME", "LSQB", "LPAR", "MINUS") or s.kind(first - 1) not in ("", "MINUS", "BAR"):
        return None
    last = first + 2
    while s.kind(last) == "NAME" and not s.begins_line(last):
        last += 1
    for end in range(last - 1, first, -1):
        closing = s.closing(end + 1) if s.kind(end + 1) == "LPAR" else end + (s.kind(end + 1) == "NUMBER")
        arguments: Written = s.arguments(end + 1) if s.kind(end + 1) == "LPAR" else ()
        if s.kind(end + 1) == "NUMBER":
            arguments = ((None, s.text(end + 1)),)
        whole = "".join(s.texts[first : end + 1])
        meant = meaning(whole, arguments) or meaning(f"{whole}2d", arguments)
        if meant is not None and meant.text:
            edits = (s.replaced(first, closing, meant.text),)
            why = f"`{s.written(first, end)}` is no layer: the name of one is one word"
            return Foreign(why, f"write `{meant.text}`", s.span(first, end), edits)
    return None


def _behind(s: BrokenStatement) -> Foreign | None:
    """`Conv(64, 3) s=2`, `Conv(64), stride=2`: an argument behind its call."""
    comma = s.kind(s.at) == "COMMA"
    at = s.at + comma
    if s.kinds[at : at + 2] != ["NAME", "ASSIGN"] or s.kind(s.at - 1) != "RPAR" or s.depth(at):
        return None
    last = s.closing(at + 2) if s.kind(at + 2) == "LPAR" else at + 2
    name = next(iter(table().arguments.get(s.text(at), ())), s.text(at))
    first = s.term(s.at - 1)
    call = s.written(first, s.at - 2)
    text = f"{call}{'' if call.endswith('(') else ', '}{name}={s.written(at + 2, last)})"
    edits = (s.replaced(first, last, text),)
    why = f"`{s.written(at, last)}` is an argument, which goes in the parentheses"
    return Foreign(why, f"write `{text}`", s.span(at, last), edits)


def yaml(s: BrokenStatement) -> Foreign | None:
    """`- Conv: [64, 3]`, `- FC: 10`: the layers of a list of YAML."""
    begins = [
        i for i in range(1, s.last)
        if s.kind(i) == "COLON" and s.kind(i + 1) in ("LSQB", "NUMBER", "BODY", "LBRACE") and s.kind(i - 1) == "NAME"
        and s.kind(i - 2) == "MINUS" and (s.text(i - 1) in table().ours or meaning(s.text(i - 1), ()) is not None)
    ]  # fmt: skip
    if not begins or s.kind(begins[0] + 1) == "LSQB" and s.kind(s.closing(begins[0] + 1) + 1) == "TIMES":
        return None
    edits: list[Edit] = []
    first = ""
    for at in begins:
        closing = s.closing(at + 1) if s.kind(at + 1) in ("LSQB", "LBRACE") else at + 1
        inside = s.written(at + 2, closing - 1) if closing > at + 1 else s.text(at + 1)
        text = f"{s.text(at - 1)}({inside})"
        if s.kind(at + 1) in ("BODY", "LBRACE"):
            pairs = re.findall(r"(\w+)\s*:\s*([^,{}]+)", s.source.snippet(s.span(at + 1, closing)))
            meant = meaning(s.text(at - 1), tuple((label, value.strip()) for label, value in pairs))
            text = meant.text if meant is not None and meant.text else text
        first = first or text
        edits.append(s.replaced(at - 1, closing, text))
    if s.kind(0) in ("INPUT", "MINUS"):
        start = next(i for i in range(len(s.tokens)) if s.kind(i) == "MINUS")
        edits.append(Edit(s.span(start)._replace(end=s.span(start + 1).start), ""))
    why = f"`{s.text(begins[0] - 1)}:` begins no list: arguments go in parentheses"
    return Foreign(why, f"write `{first}`, the first layer without `-`", s.span(begins[0] - 1, begins[0]), tuple(edits))


IDIOMS = (_in_words, _behind)
