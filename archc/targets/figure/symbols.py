"""Texts for arguments that differ between instances of a block: expressions in the block's vocabulary.

An expression is shown only if it has the right value in every instance. A stride, kernel, dilation, size or number
of groups without one becomes a new name, whose values are in the table below the inset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count

from archc.ir.expr import (
    Apply,
    CannotEvaluate,
    Const,
    Expr,
    Items,
    Var,
    const,
    evaluate,
    python,
    substituted,
    variables,
    weight,
)
from archc.ir.network import LetValue, Network, Statement, taken
from archc.targets.figure.figure import Values
from archc.targets.figure.values import values
from archc.targets.figure.wording import LONGEST_EXPRESSION

INCOMING = "in_.channels"
_WORD = re.compile(r"[A-Za-z_]\w*")
_OWN = ("stride", "kernel", "dilation", "groups", "size")
_SIDES = ("kernel", "size")
"""The arguments of which each axis is told."""
_CALL = re.compile(r"\w\(")

Number = int | float


class BlockSymbols:
    """The names of a block, with their values in some of its instances (`scopes`)."""

    def __init__(self, network: Network, scopes: Sequence[int]) -> None:
        self.network = network
        self.scopes = scopes
        self.functions = {f.name: f for f in network.functions}
        self.used: set[str] = set()
        """The names used in the expressions so far."""

    @cached_property
    def values(self) -> list[dict[str, Number]]:
        """The numeric values of the arguments and names of each instance."""
        return [dict(self._names(scope)) for scope in self.scopes]

    def _names(self, scope: int) -> Iterator[tuple[str, Number]]:
        here = self.network.scopes[scope]
        if len(here.inputs) == 1 and (type := self.network.type_of(here.inputs[0])).is_known:
            yield INCOMING, type.channels
        for name, value in (*((a.name, a.value) for a in here.arguments), *_lets(here.body)):
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield name, value

    @cached_property
    def constants(self) -> Mapping[str, Const]:
        """The names with the same number in all instances, and that number as figures show it."""
        first, *others = self.values
        return {n: _shown(v) for n, v in first.items() if all(other.get(n) == v for other in others)}

    def words(self, nodes: Sequence[int]) -> dict[str, str]:
        """The texts for arguments that differ between nodes at one place of the instances, in order."""
        ops = [self.network.nodes[n].op for n in nodes]
        found = {}
        for argument in self.network.nodes[nodes[0]].arguments:
            values = [getattr(op, argument.name, None) for op in ops]
            if any(value != values[0] for value in values):
                text = self._expression(nodes, argument.name, values) or self._word(argument.name, values)
                if text is not None:
                    found[argument.name] = text
        return found

    def _expression(self, nodes: Sequence[int], name: str, values: Sequence[object]) -> str | None:
        """An argument in the block's vocabulary, if it is right in each instance, short, and without a call."""
        exprs = {self._expr(node, name, scope) for node, scope in zip(nodes, self.scopes, strict=True)}
        expr = exprs.pop()
        if exprs or expr is None or not variables(expr) or weight(expr) > LONGEST_EXPRESSION:
            return None
        axes = expr.items if isinstance(expr, Items) else (expr,)
        for known, value in zip(self.values, values, strict=True):
            wanted = value if isinstance(value, tuple) else (value,)
            if tuple(self._value(axis, known) for axis in axes) * (len(wanted) // len(axes)) != wanted:
                return None
        short = [self._put(axis, self.constants) for axis in axes]
        told = [_pretty(axis) for axis in short]
        if name in _SIDES and isinstance(values[0], tuple):
            told *= len(values[0]) // len(told)
        if max(map(len, told)) > LONGEST_EXPRESSION or any(map(_CALL.search, told)):
            return None
        self.used |= frozenset().union(*map(variables, short))
        return "×".join(told)

    def _word(self, name: str, values: Sequence[object]) -> str | None:
        """A name for these values, one number each: that of the argument, numbered if it is taken."""
        sides = [value if isinstance(value, tuple) else (value,) for value in values]
        numbers = [side[0] for side in sides if {*side} == {side[0]} and isinstance(side[0], int)]
        if name not in _OWN or len(numbers) < len(values):
            return None
        known = list(zip(self.values, numbers, strict=True))
        words = (f"{name}{number}" if number > 1 else name for number in count(1))
        word = next(word for word in words if all(own.get(word, number) == number for own, number in known))
        for own, number in known:
            own[word] = number
        self.used.add(word)
        return "×".join([word] * (len(sides[0]) if name in _SIDES else 1))

    def _value(self, expr: Expr, known: Mapping[str, Number]) -> Number | None:
        """The value of an expression, if it is a number."""
        try:
            got = evaluate(expr, known, self.functions)
        except CannotEvaluate:
            return None
        return got if isinstance(got, int | float) and not isinstance(got, bool) else None

    def _put(self, expr: Expr, names: Mapping[str, Expr]) -> Expr:
        """Substitute expressions for names in an expression."""
        return substituted(expr, names, self.functions)

    def _expr(self, node: int, name: str, scope: int) -> Expr | None:
        """The expression of an argument in the vocabulary of a scope around the node; None if there is none."""
        expr = next((a.expr for a in self.network.nodes[node].arguments if a.name == name), None)
        current: int | None = self.network.nodes[node].scope
        while expr is not None and current is not None and current != scope:
            here = self.network.scopes[current]
            if here.kind == "block":
                if any("." in name for name in variables(expr)):  # the size of a tensor inside that block
                    return None
                expr = self._put(expr, {a.name: a.expr for a in here.arguments})
            current = here.parent
        return expr if current is not None else None

    def told(self, texts: Iterable[str], paths: Sequence[str]) -> Values | None:
        """The table of the names that occur in these texts, over the instances with these paths."""
        seen = {word for text in texts for word in _WORD.findall(text)}
        varied = (name for name in self.values[0] if name in self.used and name not in self.constants)
        names = [name for name in varied if _named(name) in seen]
        numbers = ([known.get(name) for name in names] for known in self.values)
        of_modules = dict(zip(paths, numbers, strict=True))  # the uses of a shared module share a row
        return values([*map(_named, names)], [*of_modules], [*of_modules.values()])


def _lets(body: Iterable[Statement]) -> Iterator[tuple[str, object]]:
    return ((statement.name, statement.value) for statement in taken(body) if isinstance(statement, LetValue))


def _shown(value: Number) -> Const:
    """A number with at most six significant digits."""
    short = float(f"{value:g}")
    return const(int(short) if short.is_integer() else short)


def _named(name: str) -> str:
    """A name in its form for figures."""
    return "c_in" if name == INCOMING else name


def _pretty(e: Expr) -> str:
    """The text of an expression, without the rounding of numbers of channels."""
    whole = e.arguments[0] if isinstance(e, Apply) and e.function == "int" and len(e.arguments) == 1 else e
    text = python(whole, lambda part: _named(part.name) if isinstance(part, Var) else "")
    for old, new in ((" ", ""), ("//", "/"), ("**", "^"), ("*", "·")):
        text = text.replace(old, new)
    return text
