"""Idioms of bodies that are not in braces, and of what else opens and closes them elsewhere."""

from __future__ import annotations

import re

from archc.syntax.foreign.definitions import HEADED
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.variants import variant

ELSE_IF = frozenset({"elif", "elsif", "elseif"})


def _of_definition(s: BrokenStatement) -> Foreign | None:
    """`model m:`, `block B(c) do`."""
    kind, found = s.kind(0), s.kind(s.at)
    is_open = found in ("COLON", "") or s.text(s.at) in ("do", "begin", "is", "then")
    if kind not in HEADED or s.kind(1) != "NAME" or not is_open:
        return None
    if kind == "VARIANT":
        return variant(s)
    header = s.written(0, min(s.at, len(s.tokens)) - 1)
    place = s.span(min(s.at, s.last))
    why = f"a {HEADED[kind]}'s body goes in braces" + (f", not after `{s.text(s.at)}`" if found else "")
    return Foreign(why, f"write `{header} {{` and close it with `}}`", place)


def _colon(s: BrokenStatement) -> Foreign | None:
    """`if s > 1: ReLU`, `for i in x: Conv(i)`."""
    if s.kind(0) not in ("IF", "FOR") or s.kind(s.at) != "COLON" or s.depth(s.at):
        return None
    if s.kind(0) == "FOR" and s.kind(s.at - 1) == "NUMBER" and s.touch(s.at) and s.kind(s.at + 1) == "NUMBER":
        return _counted(s)
    end = next((i - 1 for i in range(s.at + 1, len(s.tokens)) if s.begins_line(i)), s.last)
    inside = re.sub(r"^\w+\.append\((.*)\)$", r"\1", s.written(s.at + 1, end)) or "…"
    text = f"{s.written(0, s.at - 1)} {{ {inside} }}"
    edits = (s.replaced(0, end, text),) if inside != "…" else ()
    return Foreign("`:` begins no body", f"put the body in braces: `{text}`", s.span(s.at), edits, opens="body")


def _counted(s: BrokenStatement) -> Foreign | None:
    """`for i in 0..3 {`, `for i = 0 to 3 {`."""
    is_count = (
        s.kind(s.at) == "DOT"
        or (s.kind(s.at) == "COLON" and s.kind(s.at - 1) == "NUMBER" and not s.depth(s.at))
        or s.kind(2) == "ASSIGN"
        or s.text(s.at) in ("to", "downto")
    )
    if s.kind(0) != "FOR" or "LBRACE" in s.kinds[: s.at] or not is_count:
        return None
    numbers = [t for k, t in zip(s.kinds, s.texts, strict=True) if k == "NUMBER"][:2] or ["3"]
    if s.kinds[3:6] == ["NUMBER", "COLON", "NUMBER"] and s.text(5).isdigit():
        numbers[1] = str(int(s.text(5)) + 1)  # which MATLAB includes
    inside = ", ".join(n for n in numbers if len(numbers) == 1 or n != "0" or numbers.index(n))
    advice = f"write `for {s.text(1)} in range({inside}) {{ … }}`"
    plain = s.kind(3) == "NUMBER" and s.kinds[2:6] == ["IN", "NUMBER", "COLON", "NUMBER"] and s.kind(6) == "LBRACE"
    edits = (s.replaced(3, 5, f"range({inside})"),) if plain else ()
    return Foreign("a `for` goes through a list", advice, s.span(s.at), edits)


def _repeated(s: BrokenStatement) -> Foreign | None:
    """`for i in range(3) Conv(64)`."""
    if s.kind(0) != "FOR" or s.kind(s.at) != "NAME" or "LBRACE" not in s.possible:
        return None
    end = next((i - 1 for i in range(s.at, len(s.tokens)) if s.begins_line(i)), s.last)
    text = f"{s.written(0, s.at - 1)} {{ {s.written(s.at, end)} }}"
    return Foreign("the repeated part goes in braces", f"write `{text}`", s.span(s.at), (s.replaced(0, end, text),))


def _in_three_parts(s: BrokenStatement) -> Foreign | None:
    """`for (i = 0; i < 3; i++) {`."""
    if s.kind(0) != "FOR" or s.kind(1) != "LPAR" or not {"ASSIGN", "STRAY"} & set(s.kinds):
        return None
    number = next((t for k, t in zip(s.kinds, s.texts, strict=True) if k == "NUMBER" and t != "0"), "3")
    return Foreign("a `for` goes through a list", f"write `for i in range({number}) {{ … }}`", s.span(2))


def _then(s: BrokenStatement) -> Foreign | None:
    """`if s > 1 then {`."""
    if s.kind(0) != "IF" or s.text(s.at) != "then":
        return None
    return Foreign("`then` begins no body", "leave `then` out", s.span(s.at), (s.replaced(s.at, s.at, ""),))


def _conditional(s: BrokenStatement) -> Foreign | None:
    """`if (s > 1) ReLU`, `if s > 1 ReLU else SiLU`."""
    is_bare = {"LBRACE", "BODY"} & s.possible and "BODY" not in s.kinds[s.at :]
    if s.kind(0) != "IF" or s.kind(s.at) != "NAME" or s.text(s.at) in ("is", "isnt") or not is_bare:
        return None
    condition, rest = s.written(1, s.at - 1), s.written(s.at, s.last)
    if s.kind(1) == "LPAR" and s.closing(1) == s.at - 1:
        condition = s.written(2, s.at - 2)
    if "ELSE" in s.kinds:
        at = s.kinds.index("ELSE")
        text = f"{s.written(s.at, at - 1)} if ({condition}) else {s.written(at + 1, s.last)}"
        edits = (s.replaced(0, s.last, text),)
        return Foreign("the condition of a term follows it", f"write `{text}`", s.span(0), edits)
    advice = f"write `if {condition} {{ {rest} }}`, or for a term `{rest} if ({condition})`"
    return Foreign("expected `{` after the condition", advice, s.span(s.at))


def else_if(s: BrokenStatement) -> Foreign | None:
    """`} elif s == 2 {`."""
    if s.kind(0) == "IF" and (word := s.text(s.at)).lower() in ELSE_IF:
        edits = (s.replaced(s.at, s.at, "else if"),)
        return Foreign(f"there is no `{word}`", "write `else if`", s.span(s.at), edits)
    return None


def end(s: BrokenStatement) -> Foreign | None:
    """`end`, and what else closes a body elsewhere."""
    if len(s.tokens) == 1 and s.text(0).lower() in ("end", "endif", "endfor", "done", "fi"):
        return Foreign(f"`{s.text(0)}` ends nothing", "a body ends with `}`", s.span(0))
    return None


BODIES = (_of_definition, _colon, _counted, _repeated, _in_three_parts, _then, _conditional)
"""How a body is opened elsewhere."""
