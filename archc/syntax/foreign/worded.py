"""Layers in words, arguments behind their calls, lists of YAML."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.meaning import Written, meaning, rewritten
from archc.diagnostics.words.table import folded, table
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


_ARROWS = frozenset("\u2192\u279c\u27f6\u21d2>")
_MOST = 400
"""Tokens of a line that is translated."""
_COUNTED = frozenset("filters filter channels maps units neurons kernels outputs feature classes".split())
_NAMED = {"stride": "stride", "strides": "stride", "s": "stride", "pad": "pad", "padding": "pad", "p": "pad"}


def _line(s: BrokenStatement) -> Foreign | None:
    """`Conv 3x3, 64 filters \u2192 ReLU \u2192 MaxPool 2x2 \u2192 FC 10`: a line of a figure, each layer in words."""
    if not 0 < len(s.tokens) <= _MOST or set(s.kinds) & {
        "ASSIGN",
        "COLON",
        "LBRACE",
        "BODY",
        "BAR",
        "STAR",
        "PLUS",
        "LSQB",
        "TIMES",
    }:
        return None
    parts: list[tuple[int, int]] = []
    first = 0
    for index in range(len(s.tokens) + 1):
        is_joint = index == len(s.tokens) or s.kind(index) == "MINUS" or s.text(index) in _ARROWS
        if is_joint and not s.depth(index):
            if index > first:
                parts.append((first, index - 1))
            first = index + 1
    terms = [_in_a_line(s, *part) for part in parts]
    bare = [i for i, (a, b) in enumerate(parts) if a < b and "LPAR" not in s.kinds[a : b + 1]]
    if len(terms) < 2 or not all(terms) or not bare:
        return None
    text = " - ".join(terms)
    edits = (s.replaced(0, s.last, text),)
    at = next((part for part in parts if part[0] <= s.at <= part[1]), parts[bare[0]])
    return Foreign("a layer is a word with its arguments in parentheses", f"write `{text}`", s.span(*at), edits)


def _in_a_line(s: BrokenStatement, first: int, last: int) -> str:
    """The term for a layer in words, `3x3 conv, 64, stride 2`; empty where there is none."""
    if s.kind(first + 1) == "LPAR" and s.closing(first + 1) == last and s.text(first) in table().ours:
        return s.written(first, last)
    words: list[str] = []
    kernel = width = ""
    named: list[tuple[str | None, str]] = []
    index = first
    while index <= last:
        kind, text, after = s.kind(index), s.text(index), s.text(index + 1)
        if kind == "SHAPE" and not kernel:
            sides = text.split("x")
            kernel = sides[0] if len(set(sides[:2])) == 1 else "x".join(sides[:2])
            width = sides[2] if len(sides) == 3 else width
        elif kind == "NUMBER" and not width:
            width = text
        elif kind == "NAME" and text.lower() in _NAMED and s.kind(index + 1) == "NUMBER":
            named.append((_NAMED[text.lower()], after))
            index += 1
        elif kind == "SLASH" and s.kind(index + 1) == "NUMBER":
            named.append(("stride", after))
            index += 1
        elif kind == "NAME" and text.lower() not in _COUNTED:
            words.append(text)
        elif kind not in ("NAME", "COMMA"):
            return ""
        index += 1
    return _called(words, kernel, width, tuple(named))


def _called(words: list[str], kernel: str, width: str, named: Written) -> str:
    """The term for the words of a layer, with its kernel, width and other arguments."""
    name = "".join(words)
    base = meaning(name, ()) or (meaning(f"{name}2d", ()) if name else None)
    ours = next((each for each in table().ours if folded(each) == folded(name)), "")
    kind = ours or (base.text.partition("(")[0] if base is not None else "")
    if not kind or " - " in kind or kind not in table().ours:
        return ""
    order = table().ours[kind]
    given: list[tuple[str | None, str]] = []
    if kernel and width and order[:2] == ("channels", "kernel"):
        given = [(None, width), (None, kernel)]
    elif kernel and order[:1] == ("kernel",):
        given = [(None, kernel)]
    elif width and order[:1] in (("channels",), ("width",), ("p",), ("kernel",)):
        given = [(None, width), *([("kernel", kernel)] if kernel else [])]
    elif kernel or width:
        return ""
    return rewritten(kind, (*given, *named), {label: label for label, _ in named if label is not None})


IDIOMS = (_line, _in_words, _behind)
