"""The arguments of bound layers, by name."""

from __future__ import annotations

from collections.abc import Iterable

from archc.ir import definition as bound
from archc.ir.data import Callee
from archc.ir.expr import Const
from archc.ir.op import Op


class Unbound(Exception):
    """A name has no meaning where it is used: the definition cannot be bound."""


def by_name(kind: type[Op], arguments: Iterable[bound.BoundArgument]) -> list[bound.BoundArgument]:
    """The arguments of a layer with positional ones named: `FC(SM)` is `FC(act=SM)`. Raises `Unbound`."""
    given = list(arguments)
    positional = [g for g in given if not g.name]
    values = [
        g.value.value.name if isinstance(g.value, Const) and isinstance(g.value.value, Callee) else 0
        for g in positional
    ]
    names = kind.positional(values)
    if len(names) < len(positional):
        raise Unbound(kind.kind())
    named = iter(names)
    found = [g if g.name else bound.BoundArgument(name=next(named), value=g.value) for g in given]
    if len({g.name for g in found}) < len(found) or any(g.name not in kind.model_fields for g in found):
        raise Unbound(kind.kind())
    return found
