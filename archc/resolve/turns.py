"""Problems with names that count the turns of repeats and loops."""

from __future__ import annotations

from archc.diagnostics.problems.names import UnknownName
from archc.syntax import tree
from archc.syntax.unparse import expression


def uncounted(name: str, count: str) -> UnknownName:
    """The problem with a name in a repeat without a variable, which may be meant as the number of the turn."""
    between = "" if count.isdigit() else " "
    advice = f"the turns of a repeat are counted by a name behind it, from 0: `]x{between}{count} as {name}`"
    return UnknownName(name=name, advice=advice)


def over(name: str, loop: tree.Tree | None) -> UnknownName:
    """The problem with a loop variable that is read after the loop."""
    listed = loop.iterable if isinstance(loop, tree.For) else None
    last = listed.items[-1] if isinstance(listed, tree.Sequence) and listed.items else None
    value = f"write the last value itself, `{expression(last)}`" if isinstance(last, tree.Literal_) else "write a value"
    return UnknownName(name=name, advice=f"`{name}` has a value in its loop alone: {value}, or put the layer into it")
