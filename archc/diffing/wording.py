"""Parts and expressions as a spec would write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archc.diagnostics.source import value_text
from archc.diffing.parts import TreePart
from archc.ir.data import Callee
from archc.ir.expr import Const, Expr, python, variables
from archc.ir.network import ArgumentValue

LONGEST = 60
"""The maximum length of a term; the arguments of a longer one are left out."""
MOST = 6
"""The maximum number of terms of a chain that are written out."""
_WORDS = {"True": "true", "False": "false", "None": "none"}


def spoken(e: Expr | None) -> str:
    """An expression as a spec writes it; "" for None."""
    if e is None:
        return ""
    if isinstance(e, Const):
        return value_text(e.value) if not isinstance(e.value, tuple) else sizes(e.value)
    text = python(e).replace("in_.", "in.")
    return re.sub(r"\b(True|False|None)\b", lambda m: _WORDS[m[0]], text)


def sizes(value: tuple[object, ...]) -> str:
    """A list; equal sizes of an image are written as one number."""
    if len(value) in (2, 3) and all(type(v) is int and v == value[0] for v in value):
        return str(value[0])
    return value_text(value)


def named(part: TreePart) -> str:
    """The name of a part: its label, or else its kind."""
    return part.name if part.labelled or (part.name and part.node is None) else keyword(part)


def keyword(part: TreePart) -> str:
    """The keyword that makes a part: `Conv`, `add`."""
    if part.node is not None:
        return part.layer.op.merge or part.kind
    return part.module.kind if part.kind == "group" and part.scope is not None else part.kind


def term(parts: Sequence[TreePart], label: bool = True) -> str:
    """The text for parts that have the same place in several instances: `se: SE`, `bn1: BN(eps=0.001)`."""
    first = parts[0]
    text = keyword(first)
    given = [(name, [part.arguments.get(name) for part in parts]) for name in first.arguments]
    told = [_argument(first, name, of) for name, of in given if of[0] is not None and of[0].given]
    inside = ", ".join(told)
    if inside and len(text) + len(inside) <= LONGEST and not (first.node is not None and first.layer.op.merge):
        text = f"{text}({inside})"
    return f"{first.name}: {text}" if label and first.labelled else text


def _argument(part: TreePart, name: str, of: Sequence[ArgumentValue | None]) -> str:
    first = of[0]
    assert first is not None
    values = {repr(one.value) for one in of if one is not None}
    text = spoken(first.expr) if len(values) > 1 and variables(first.expr) else _value(first.value)
    names = list(part.layer.op.model_fields) if part.node is not None else list(part.arguments)
    return text if names and name == names[0] else f"{name}={text}"


def _value(value: object) -> str:
    return value.name if isinstance(value, Callee) else sizes(value) if isinstance(value, tuple) else value_text(value)


def chain(runs: Sequence[Sequence[TreePart]]) -> str:
    """Runs of parts, one for each instance, as one chain: `se: SE`, `[Bottleneck]x28`."""
    terms = [term(column) for column in zip(*runs, strict=True)]
    plain = {term([part], label=False).partition("(")[0] for part in runs[0]}
    if len(terms) > 1 and len(plain) == 1 and len(set(terms)) > MOST // 2:
        return f"[{plain.pop()}]x{len(terms)}"
    folded: list[tuple[str, int]] = []
    for one in terms:
        last, count = folded[-1] if folded else ("", 0)
        folded[-1:] = [(last, count + 1)] if one == last else [*folded[-1:], (one, 1)]
    told = [one if count == 1 else f"[{one}]x{count}" for one, count in folded]
    if len(told) > MOST:
        told = [*told[: MOST - 1], "…", told[-1]]
    return " - ".join(told)
