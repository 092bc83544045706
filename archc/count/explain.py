"""`archc count X --explain layer3.0.conv2`: the origin of every number of a layer, down to the lines of the spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import dedent

from archc.count.formulas import TITLES, formulas_of
from archc.count.table import shape
from archc.diagnostics.source import Span
from archc.ir.data import Data
from archc.ir.expr import Const, Expr, Var, leaves, python
from archc.ir.network import ArgumentValue, LetValue, Loop, Network, Node, Scope, Statement, taken
from archc.support.record import Record

Where = Callable[[Span], str]
"""Formats the place of a span: `resnet.arch:24:9`."""

SYMBOLS = {
    "D_K": "rows and columns of the kernel",
    "K_H": "rows of the kernel",
    "K_W": "columns of the kernel",
    "M": "channels that come in",
    "M/G": "channels that come in, in each group",
    "N": "channels that go out",
    "D_F": "rows and columns of the feature map",
    "H": "rows of the feature map",
    "W": "columns of the feature map",
    "T": "channels that the connection table reads, over all its rows",
    "K_1": "the kernel's size on the first axis",
    "K_2": "the kernel's size on the second axis",
    "K_3": "the kernel's size on the third axis",
    "L_1": "places on the first further axis",
    "L_2": "places on the second further axis",
    "L_3": "places on the third further axis",
    "W_1": "places read, over all windows of the first axis",
    "W_2": "places read, over all windows of the second axis",
    "W_3": "places read, over all windows of the third axis",
    "W_H": "rows read, over all windows",
    "W_W": "columns read, over all windows",
}
"""The lecture's symbols."""


def explain(network: Network, index: int, where: Where) -> str:
    """The derivation of a layer's numbers. `index`: its node; `where` formats the place of a span."""
    return "\n".join(_Explainer(network, where).lines(network.nodes[index])) + "\n"


def origin(network: Network, index: int, name: str, where: Where) -> str:
    """The value of an argument, and the origin of its names."""
    explainer, node = _Explainer(network, where), network.nodes[index]
    given = {a.name: a for a in node.arguments}
    return dedent("\n".join(explainer.argument(node, name, given.get(name))))


def explainable(network: Network) -> dict[str, int]:
    """The layers that have a path, by it."""
    return {n.path: i for i, n in enumerate(network.nodes) if n.path and n.inputs and n.shared is None}


class _Origin(Record):
    """The meaning of a name: its expression, value, place, and the scope whose names it uses."""

    expr: Expr
    value: Data
    what: str
    scope: int | None


class _Explainer(Record):
    network: Network
    where: Where

    def lines(self, node: Node) -> Iterator[str]:
        network = self.network
        sizes = " and ".join(shape(x.dims) for x in network.input_types(node))
        yield f"{node.path}: {node.op.kind()}, {sizes} -> {', '.join(shape(y.dims) for y in node.types)}"
        yield from self.trail(node)
        yield ""
        for ref in node.inputs:
            maker = network.nodes[ref.node]
            who = maker.path or (f"{maker.op.kind()} at {self.where(maker.span)}" if maker.inputs else "the input")
            yield f"  reads {shape(network.type_of(ref).dims)} from {who}"
        yield from self.arguments(node)
        yield from self.formulas(node)

    def trail(self, node: Node) -> Iterator[str]:
        """Where the layer is written, and the calls that it was expanded through, innermost first."""
        yield f"  written at {self.where(node.span)}"
        step = node.expansion
        while step is not None:
            expansion = self.network.expansions[step]
            opened = f", as {expansion.path}" if expansion.path else ""
            yield f"  in {expansion.call}, expanded at {self.where(expansion.span)}{opened}"
            step = expansion.parent

    def arguments(self, node: Node) -> Iterator[str]:
        """Each argument: as written, its value, and the origin of its names; then the defaults."""
        given = {a.name: a for a in node.arguments}
        for name in type(node.op).model_fields:
            yield from self.argument(node, name, given.get(name))

    def argument(self, node: Node, name: str, given: ArgumentValue | None) -> Iterator[str]:
        """One argument, and the origin of its names."""
        value = getattr(node.op, name)
        if given is None:
            yield f"  {name} = {_shown(value)}, the default of {node.op.kind()}"
            return
        by = "" if given.given else ", by a default statement"
        yield f"  {name} = {_valued(name, given.expr, value)}, at {self.where(given.span)}{by}"
        yield from self.names(given.expr, node.scope, node, 2, set())

    def names(
        self, expr: Expr, scope: int | None, node: Node, level: int, told: set[tuple[str, _Origin]]
    ) -> Iterator[str]:
        """Where the names in an expression come from, and the names in theirs."""
        for name in _names(expr):
            origin = self.origin(name, scope, node)
            if origin is None or (name, origin) in told:
                continue
            told.add((name, origin))
            yield f"{'  ' * level}{name} = {_valued(name, origin.expr, origin.value)}, {origin.what}"
            yield from self.names(origin.expr, origin.scope, node, level + 1, told)

    def origin(self, name: str, scope: int | None, node: Node) -> _Origin | None:
        """The meaning of a name in a scope: a `let` or parameter of the enclosing definition, or a loop variable."""
        network = self.network
        while scope is not None:
            here = network.scopes[scope]
            argument = next((a for a in here.arguments if a.name == name), None)
            if argument is not None:
                return self.passed(here, argument)
            for let in _lets(here.body):
                if let.name == name:
                    return _Origin(let.expr, let.value, f"a let of {here.definition or here.name}", scope)
            turn = self.turn(here, name, node)
            if turn is not None:
                return _Origin(Var(name=name), turn[1], f"in a turn of the loop over {turn[0]}", None)
            scope = here.parent
        constant = next((c for c in network.constants if c.name == name), None)
        return None if constant is None else _Origin(constant.expr, constant.value, "a let of the file", None)

    def passed(self, scope: Scope, argument: ArgumentValue) -> _Origin:
        """The argument for a parameter, and its caller."""
        if not argument.given:
            return _Origin(argument.expr, argument.value, f"the default of {scope.definition}", None)
        what = f"passed to {scope.definition} at {self.where(argument.span)}"
        return _Origin(argument.expr, argument.value, what, scope.parent)

    def turn(self, scope: Scope, name: str, node: Node) -> tuple[str, Data] | None:
        """The loop of a scope with the variable `name`, and its value in the turn that contains the node."""
        for loop in loops(scope.body):
            if name not in loop.names:
                continue
            for turn in loop.iterations:
                if self.holds(turn, node):
                    return python(loop.over), turn.values[loop.names.index(name)]
        return None

    def holds(self, turn: object, node: Node) -> bool:
        """Whether a turn of a loop contains a node, directly or in a nested module."""
        index = next(i for i, n in enumerate(self.network.nodes) if n is node)
        inside = {node.scope}
        scope = self.network.scopes[node.scope].parent
        while scope is not None:
            inside.add(scope)
            scope = self.network.scopes[scope].parent
        return any(
            getattr(item, "node", None) == index or (getattr(item, "scope", None) in inside) for item in _items(turn)
        )

    def formulas(self, node: Node) -> Iterator[str]:
        """Each number with its formula, and the meaning of the symbols."""
        meant: dict[str, int] = {}
        yield ""
        for quantity, formula in formulas_of(self.network, node).items():
            if formula.value:
                yield f"  {TITLES[quantity]:<12}  {formula}"
                meant |= {symbol: number for term in formula.terms for symbol, number in term}
        told = [(s, n) for s, n in meant.items() if s in SYMBOLS]
        if told:
            yield ""
        for symbol, number in told:
            yield f"  {symbol:<4} {number:>6,}  {SYMBOLS[symbol]}"


def _valued(name: str, expr: Expr, value: object) -> str:
    """`width * 4 = 256`; the value alone if the expression adds nothing."""
    shown = _shown(value)
    text = python(expr)
    return shown if isinstance(expr, Const) or text in (name, shown) else f"{text} = {shown}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, int) for v in value):
        return shape(value)
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else str(value)


def _names(expr: Expr) -> list[str]:
    """The names in an expression, in order of appearance, each once."""
    return list(dict.fromkeys(e.name for e in leaves(expr) if isinstance(e, Var)))


def _lets(body: tuple[Statement, ...]) -> Iterator[LetValue]:
    return (statement for statement in taken(body) if isinstance(statement, LetValue))


def loops(thing: object) -> Iterator[Loop]:
    """The loops that are written in a body, without those of nested modules."""
    for item in _items(thing):
        if isinstance(item, Loop):
            yield item


def _items(thing: object) -> Iterator[object]:
    """All items of statements, chains and turns, including nested ones, in the order in which they are written."""
    if isinstance(thing, tuple):
        for part in thing:
            yield from _items(part)
        return
    for name in ("body", "chains", "chain", "iterations", "branches", "items"):
        inside = getattr(thing, name, None)
        for part in inside if isinstance(inside, tuple) else (inside,):
            if part is not None:
                if name == "items":
                    yield part
                yield from _items(part)
