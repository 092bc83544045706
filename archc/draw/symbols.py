"""What stands for an argument that is not the same in all instances of a block: its expression in the block's words.

An expression is only shown if it has the right value in every instance.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from archc.draw.wording import LONGEST_EXPRESSION
from archc.network.network import Branch, Let, Network, Statement

INCOMING = "in_.channels"
MOST_VALUES = 6
_WORD = re.compile(r"[A-Za-z_]\w*(?:\.\w+)?")
_ROUNDED = re.compile(r"int\(([^()]*)\)")
"""That a number of channels is whole need not be said."""

Number = int | float


class Symbols:
    """The words of a block, with their values in some of its instances (`scopes`)."""

    def __init__(self, network: Network, scopes: Sequence[int]) -> None:
        self.network = network
        self.scopes = scopes

    @cached_property
    def values(self) -> list[Mapping[str, Number]]:
        """For each instance what its arguments and names are, as far as they are numbers."""
        return [dict(self._names(scope)) for scope in self.scopes]

    def _names(self, scope: int) -> Iterator[tuple[str, Number]]:
        here = self.network.scopes[scope]
        if len(here.inputs) == 1:
            yield INCOMING, self.network.type_of(here.inputs[0]).channels
        for name, value in (*((a.name, a.value) for a in here.arguments), *_lets(here.body)):
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield name, value

    @cached_property
    def constants(self) -> Mapping[str, str]:
        """The words that are the same number in all instances."""
        first, *others = self.values
        return {n: f"{v:g}" for n, v in first.items() if all(other.get(n) == v for other in others)}

    def words(self, nodes: Sequence[int]) -> dict[str, str]:
        """What stands for those arguments that differ between nodes that have one place in the instances, in order."""
        ops = [self.network.nodes[n].op for n in nodes]
        found = {}
        for argument in self.network.nodes[nodes[0]].arguments:
            values = [getattr(op, argument.name, None) for op in ops]
            if any(value != values[0] for value in values):
                text = self._expression(nodes, argument.name, values)
                if text is not None:
                    found[argument.name] = text
        return found

    def _expression(self, nodes: Sequence[int], name: str, values: Sequence[object]) -> str | None:
        """An argument in the words of the block, if it has these values in the instances and is short."""
        texts = {self._text(node, name, scope) for node, scope in zip(nodes, self.scopes, strict=True)}
        text = texts.pop()
        if texts or text is None or not _WORD.search(text):
            return None
        for known, value in zip(self.values, values, strict=True):
            got = evaluated(text, known)
            if got is None or value not in (got, (got, got)):
                return None
        told = _pretty(_replaced(text, self.constants))
        if len(told) > LONGEST_EXPRESSION:
            return None
        return f"{told}×{told}" if isinstance(values[0], tuple) and name == "kernel" else told

    def _text(self, node: int, name: str, scope: int) -> str | None:
        """The expression of an argument in the words of a scope around the node; None where it cannot be said."""
        text = next((a.text for a in self.network.nodes[node].arguments if a.name == name), None)
        current: int | None = self.network.nodes[node].scope
        while text is not None and current is not None and current != scope:
            here = self.network.scopes[current]
            if here.kind == "block":
                if any(word.startswith("in_") for word in _WORD.findall(text)):
                    return None
                text = _replaced(text, {a.name: a.text for a in here.arguments})
            current = here.parent
        return text if current is not None else None

    def told(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Lines that say what the words in these texts stand for: `width: 64, 128, 256, 512`."""
        used = {word for text in texts for word in _WORD.findall(text.replace("·", "*"))}
        lines = []
        for name in self.values[0]:
            shown = _pretty(name)
            values = list(dict.fromkeys(known[name] for known in self.values if name in known))
            if shown in used and len(values) > 1:
                many = len(values) > MOST_VALUES
                numbers = f"{min(values):g}–{max(values):g}" if many else ", ".join(f"{v:g}" for v in values)
                lines.append(f"{shown}: {numbers}")
        return tuple(lines)


def _lets(body: Iterable[Statement]) -> Iterator[tuple[str, object]]:
    for statement in body:
        if isinstance(statement, Let):
            yield statement.name, statement.value
        elif isinstance(statement, Branch):
            yield from _lets(statement.body)


_OPERATORS: Mapping[type, Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_FUNCTIONS: Mapping[str, Callable[..., Number]] = {"int": int, "round": round, "min": min, "max": max}


def evaluated(text: str, known: Mapping[str, Number]) -> Number | None:
    """The value of an arithmetic expression over known words; None for anything else."""
    try:
        return _value(ast.parse(text, mode="eval").body, known)
    except (KeyError, SyntaxError, TypeError, ValueError, ArithmeticError):
        return None


def _value(node: ast.expr, known: Mapping[str, Number]) -> Number:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name() | ast.Attribute():
            return known[ast.unparse(node)]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, known)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, known), _value(right, known))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _FUNCTIONS[name](*(_value(a, known) for a in args))
        case _:
            raise ValueError(ast.unparse(node))


def _replaced(text: str, names: Mapping[str, str]) -> str:
    """An expression with other expressions in the place of names."""
    return _WORD.sub(lambda found: _bracketed(names.get(found[0], found[0]), text), text)


def _bracketed(text: str, around: str) -> str:
    simple = re.fullmatch(r"[\w.]+", text) or re.fullmatch(r"[\w.]+", around)
    return text if simple else f"({text})"


def _pretty(text: str) -> str:
    for old, new in ((" ", ""), ("//", "/"), ("*", "·"), (INCOMING, "c_in")):
        text = text.replace(old, new)
    whole = _ROUNDED.fullmatch(text)
    return whole[1] if whole else text
