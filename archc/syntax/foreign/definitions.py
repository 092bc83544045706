"""Idioms of definitions: names, parameters, what stands behind them, values that are named without `let`."""

from __future__ import annotations

import re

from archc.diagnostics import Edit
from archc.syntax.foreign.statement import Foreign, Statement

HEADED = {"MODEL": "model", "BLOCK": "block", "VARIANT": "variant"}
"""The words that begin a definition with a body."""


def variant(s: Statement) -> Foreign | None:
    """A variant that is not built on anything."""
    if s.kind(0) != "VARIANT" or s.kind(1) != "NAME" or s.kind(2) == "ASSIGN":
        return None
    name = s.text(1)
    rest = [
        t
        for k, t in zip(s.kinds[2:], s.texts[2:], strict=True)
        if k == "NAME" and t not in ("of", "extends", "is", "from", "do")
    ]
    base = rest[0] if rest else "MODEL"
    return Foreign("a variant is built on a model", f"write `variant {name} = {base} {{ … }}`", s.span(min(2, s.last)))


def name(s: Statement) -> Foreign | None:
    """A definition whose name is none, or whose parameters are not in parentheses or have types."""
    edits: tuple[Edit, ...]
    if s.kind(0) not in (*HEADED, "MACRO", "FN", "LET") or s.kind(0) == "VARIANT":
        return None
    word, at = s.text(0), s.at
    if at == 1 and s.kind(1) in ("STRING", "BODY", "LBRACE", "BAD_NUMBER"):
        plain = re.sub(r"\W+", "_", s.text(1).strip('"')).strip("_").lstrip("0123456789_") or "net"
        edits = (s.replaced(1, 1, plain),) if s.kind(1) in ("STRING", "BAD_NUMBER") else ()
        return Foreign(f"a {word} has a name of letters, digits and `_`", f"write `{word} {plain}`", s.span(1), edits)
    if s.kind(1) != "NAME":
        return None
    if at == 2 and s.kind(2) == "MINUS":
        last = 3
        while s.touch(last) and s.kind(last + 1) in ("MINUS", "NAME", "NUMBER"):
            last += 1
        plain = s.written(1, last).replace("-", "_")
        return Foreign("names have no `-`", f"write `{word} {plain}`", s.span(1, last), (s.replaced(1, last, plain),))
    if at == 2 and s.kind(2) == "NAME" and s.kind(0) in ("MODEL", "BLOCK", "MACRO", "FN"):
        last = 2
        while s.kind(last + 1) in ("NAME", "COMMA"):
            last += 1
        joined, listed = "_".join(t for t in s.texts[1 : last + 1] if t != ","), s.written(2, last)
        if s.kind(0) == "MODEL":
            return Foreign(
                "a name is one word", f"write `model {joined}`", s.span(2, last), (s.replaced(1, last, joined),)
            )
        text = f"{s.text(1)}({', '.join(t for t in s.texts[2 : last + 1] if t != ',')})"
        return Foreign(
            f"parameters stand in parentheses, not `{listed}`",
            f"write `{word} {text}`",
            s.span(2, last),
            (s.replaced(1, last, text),),
        )
    if s.depth(at) and s.kind(at) == "NAME" and s.kind(at - 1) == "NAME":
        types = [i for i in range(2, s.last) if s.kind(i) == s.kind(i + 1) == "NAME" and s.depth(i)]
        edits = tuple(Edit(s.span(i)._replace(end=s.tokens[i + 1].span.start), "") for i in types)
        return Foreign("parameters have no types", f"write `{s.text(at)}` alone", s.span(at - 1), edits)
    if s.depth(at) and s.kind(at) == "COLON" and s.kind(at - 1) == "NAME":
        edits = (s.replaced(at, at + 1, ""),) if s.kind(at + 1) == "NAME" else ()
        return Foreign("parameters have no types", f"write `{s.text(at - 1)}` alone", s.span(at, at + 1), edits)
    return None


def definition(s: Statement) -> Foreign | None:
    """A macro or `fn` with braces, a block with `=`, a `let` of a function."""
    edits: tuple[Edit, ...]
    kind, found = s.kind(0), s.kind(s.at)
    if kind == "LET" and s.at == 2 and found in ("EQ", "COLON"):
        last = 3 if found == "COLON" and s.kind(3) == "ASSIGN" else 2
        why = f"a value is named with `=`, not with `{s.written(2, last)}`"
        edits = (Edit(s.span(2, last)._replace(start=s.tokens[1].span.end), " =", safe=True),)
        return Foreign(why, "write `=`", s.span(2, last), edits)
    if kind == "LET" and found in ("BODY", "LBRACE"):
        place = s.span(s.at)
        why = "values are numbers, texts and lists: braces hold none"
        return Foreign(why, "a list of pairs is `[(64, 3), (128, 5)]`", place._replace(end=place.start + 1))
    if (
        kind in ("MACRO", "FN")
        and not s.depth(s.at)
        and (found == "COLON" or (found == "NAME" and s.kind(s.at - 1) == "RPAR"))
    ):
        rest = s.at + 1 if found == "COLON" else s.at
        rest += s.text(rest) == "return"
        text = f"{s.written(0, s.at - 1)} = {s.written(rest, s.last)}"
        what = "a macro's chain" if kind == "MACRO" else "the value of a `fn`"
        return Foreign(f"{what} stands behind `=`", f"write `{text}`", s.span(s.at), (s.replaced(0, s.last, text),))
    if kind in ("MACRO", "FN") and found in ("BODY", "LBRACE"):
        header = s.written(0, s.at - 1)
        inside = s.source.snippet(s.span(s.at)).strip("{} \n")
        body = " ".join(inside.split()) if "\n" not in inside.strip() else "…"
        other = "; with braces it is a `block`" if kind == "MACRO" else ""
        what = "a macro is a chain" if kind == "MACRO" else "a `fn` is an expression"
        edits = (s.replaced(s.at, s.at, f"= {body}"),) if body != "…" else ()
        place = s.span(s.at)
        return Foreign(
            f"{what} behind `=`", f"write `{header} = {body}`{other}", place._replace(end=place.start + 1), edits
        )
    if kind == "BLOCK" and found == "ASSIGN":
        header = s.written(1, s.at - 1)
        return Foreign(
            "a block's body stands in braces", f"write `block {header} {{ … }}`; with `=` it is a `macro`", s.span(s.at)
        )
    if "lambda" in s.texts and kind == "LET":
        at = s.texts.index("lambda")
        colon = next((i for i in range(at, len(s.kinds)) if s.kinds[i] == "COLON"), at)
        text = f"fn {s.text(1)}({s.written(at + 1, colon - 1)}) = {s.written(colon + 1, s.last)}"
        return Foreign("there is no `lambda`", f"write `{text}`", s.span(at), (s.replaced(0, s.last, text),))
    return None


def value(s: Statement) -> Foreign | None:
    """`width = 64`: a value that is named without `let`."""
    is_list = s.kind(2) == "LSQB" and s.kind(3) in ("NUMBER", "STRING", "LPAR", "LSQB", "MINUS")
    if s.kind(0) == "NAME" and s.kind(1) == "ASSIGN" and (s.kind(2) in ("NUMBER", "STRING", "SHAPE") or is_list):
        text = s.written(0, s.last)
        why = f"`=` gives names to tensors, and `{s.written(2, s.last)}` is a value"
        if s.text(0) in ("input", "input_shape", "shape", "input_size") and s.kind(2) == "SHAPE":
            return Foreign(why, f"write `input {s.text(2)}`", s.span(2))
        return Foreign(why, f"a value is named with `let`: `let {text}`", s.span(2, s.last), (s.inserted(0, "let "),))
    if s.text(s.at - 1) == "let" and s.at > 1:
        return Foreign(
            "`let` cannot stand inside a `for` or a chain",
            "put the value where it is used, such as `Conv(64 * 2**i)`",
            s.span(s.at - 1),
        )
    return None
