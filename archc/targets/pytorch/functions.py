"""The Python types of a spec's functions, inferred from their bodies and from all calls in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from archc.ir.data import Callee
from archc.ir.expr import (
    Apply,
    BinaryExpr,
    ConditionalExpr,
    Const,
    Expr,
    Functions,
    IndexExpr,
    Lambda,
    Var,
    certainly_whole,
    items_of,
    leaves,
    passed,
    truth_valued,
    type_of,
)
from archc.support.record import Record
from archc.targets.pytorch.code import ClassParameter
from archc.targets.pytorch.translate import list_type


class FunctionSignature(Record):
    """The annotations of a function: of each parameter and of its result, and whether mypy can infer the result."""

    parameters: tuple[str, ...]
    result: str
    clear: bool


_LAYER = "type[nn.Module]"
ClassCall = tuple[Apply, Sequence[ClassParameter]]
"""A call in a class, with the parameters of the class."""


def signatures(used: Sequence[str], calls: Iterable[ClassCall], functions: Functions) -> dict[str, FunctionSignature]:
    """The signatures of the functions of a file, inferred from the calls in its classes."""
    found = _Passed({n: functions[n] for n in used}, tuple(calls), functions)
    return {n: found.signature(functions[n]) for n in used}


def called_in(e: Expr, functions: Functions) -> Iterator[Apply]:
    """The calls of functions in an expression."""
    return (leaf for leaf in leaves(e) if isinstance(leaf, Apply) and leaf.function in functions)


def _is_none(e: Expr) -> bool:
    return isinstance(e, Const) and e.value is None


class _Passed:
    """The arguments that each parameter receives."""

    def __init__(self, used: Mapping[str, Lambda], calls: Sequence[ClassCall], functions: Functions) -> None:
        self.functions = functions
        self.given: dict[tuple[str, str], list[tuple[str, Expr]]] = {}
        self.lists: dict[tuple[str, str], set[str]] = {}
        """The types of class parameters that are passed on unchanged."""
        for call, parameters in calls:
            self._note("", call, {p.name: p.type for p in parameters if p.type.startswith("tuple[")})
        for f in used.values():
            for e in (f.body, *(default for _, default in f.parameters if default is not None)):
                for call in called_in(e, functions):
                    self._note(f.name, call, {})
        self.whole = {(f.name, n) for f in used.values() for n, _ in f.parameters} - set(self.lists)
        while refuted := {key for key in self.whole if not all(self._is_whole(*g) for g in self.given.get(key, ()))}:
            self.whole -= refuted

    def _note(self, caller: str, call: Apply, lists: Mapping[str, str]) -> None:
        called = self.functions[call.function]
        values = passed(called, call)
        for name, default in called.parameters:
            key, value = (called.name, name), values.get(name)
            if isinstance(value, Var) and value.name in lists:
                self.lists.setdefault(key, set()).add(lists[value.name])
            elif value is not None and (caller, value) != (called.name, Var(name=name)):  # not a recursive call
                self.given.setdefault(key, []).append((caller, value))
            elif value is None and default is not None:
                self.given.setdefault(key, []).append((called.name, default))

    def _names(self, function: str) -> frozenset[str]:
        return frozenset(n for f, n in self.whole if f == function)

    def _is_whole(self, caller: str, e: Expr) -> bool:
        return certainly_whole(e, self._names(caller), self.functions)

    def signature(self, f: Lambda) -> FunctionSignature:
        """The annotations of a function."""
        parameters = tuple(self._parameter(f.name, n) for n, _ in f.parameters)
        result = self._result(f.name, f.body)
        powers = any(
            isinstance(e, BinaryExpr) and e.operator == "**" and not isinstance(e.right, Const) for e in leaves(f.body)
        )
        return FunctionSignature(parameters, result, not powers)

    def _parameter(self, function: str, name: str) -> str:
        if (function, name) in self.whole:
            return "int"
        values = [e for _, e in self.given.get((function, name), ())]
        lists = self.lists.get((function, name), set())
        if lists:
            return next(iter(lists)) if len(lists) == 1 and not values else "Any"
        if all(isinstance(e, Const) and isinstance(e.value, tuple) for e in values):
            return list_type([e.value for e in values if isinstance(e, Const)]) or "Any"
        kinds = {type_of(e) for e in values if not isinstance(e, Var) or e.type != "any"}
        if "kind" in kinds and all(type_of(e) == "kind" or _is_none(e) for e in values):
            return f"{_LAYER} | None" if any(map(_is_none, values)) else _LAYER
        return kinds.pop() if kinds in ({"bool"}, {"str"}) else "float" if kinds <= {"int", "float"} else "Any"

    def _result(self, function: str, body: Expr) -> str:
        if certainly_whole(body, self._names(function), self.functions):
            return "int"
        if isinstance(body, Const) and isinstance(body.value, Callee | None):
            return "None" if body.value is None else _LAYER
        if isinstance(body, Var):
            return self._parameter(function, body.name)
        if truth_valued(body):
            return "bool"
        if (items := items_of(body)) is not None:
            return f"tuple[{', '.join(self._result(function, i) for i in items) or '()'}]"
        if isinstance(body, ConditionalExpr):
            sides = {self._result(function, side) for side in (body.then, body.otherwise)}
            if _LAYER in sides and sides <= {_LAYER, "None", f"{_LAYER} | None"}:
                return _LAYER if sides == {_LAYER} else f"{_LAYER} | None"
            return sides.pop() if len(sides) == 1 else "float" if sides == {"int", "float"} else "Any"
        if isinstance(body, IndexExpr):
            return "Any"
        return "str" if type_of(body) == "str" else "float"
