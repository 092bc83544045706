"""A term or statement in a few characters, for showing where it would be."""

from __future__ import annotations

from archc.syntax import tree
from archc.syntax.unparse import expression, tensor_names, term

_MOST = 40
"""Characters of an outline."""


def outline(what: tree.Term | tree.Statement) -> str:
    """How a term or statement begins: `Conv(64, k=3)`, `[…] x n`, `if …`."""
    text = _outline(what)
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


def _outline(what: tree.Term | tree.Statement) -> str:
    match what:
        case tree.Use(index=tree.Tree() as index):
            return f"{what.name}[{expression(index)}]"
        case tree.Use(arguments=None):
            return what.name
        case tree.Use(arguments=arguments):
            given = [(f"{a.name}=" if a.name else "") + expression(a.value) for a in arguments or ()]
            return f"{what.name}({', '.join(given)})"
        case tree.Repeat():
            return f"{'every ' if what.every else ''}[…] x {expression(what.count)}"
        case tree.For():
            return f"{'every ' if what.every else ''}for … in {expression(what.iterable)}"
        case tree.Merge(kind="tuple"):
            return "(…, …)"
        case tree.Merge():
            return f"{what.kind} {{…}}"
        case tree.Absent() | tree.Constant() | tree.Calculation():
            return term(what)
        case tree.Guard():
            return f"{_outline(what.then)} if {expression(what.condition)}"
        case tree.If():
            return f"if {expression(what.condition)}"
        case tree.Bind():
            return f"{tensor_names(what.names, what.rest)} = …"
        case _:
            return "…"
