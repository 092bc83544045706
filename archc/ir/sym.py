"""Symbolic values, on which an op's own rules run, so that there is no second set of rules.

`planes * 4` goes in, and `nn.BatchNorm2d(planes * 4)` comes out. If a rule branches on a symbolic value, both answers
are followed in turn (`PathAnswers`). An answer that ends in a problem cannot occur in a network that has been checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

from archc.ir.expr import Apply, Const, Expr, Type, binary, index, lift, unary
from archc.ir.value import Value

T = TypeVar("T")
_MOST = 200
"""The maximum number of paths that are followed through one rule."""


class NeedsValue(Exception):
    """A rule cannot continue without the value of an expression."""

    def __init__(self, expr: Expr) -> None:
        super().__init__("an op needs the value of an argument")
        self.expr = expr


class PathAnswers:
    """The answers along one path through a rule. `known` holds the conditions that are decided from the start."""

    def __init__(self, known: Mapping[Expr, bool], script: tuple[bool, ...] = ()) -> None:
        self.known = known
        self.script = script
        self.taken: dict[Expr, bool] = {}

    def decide(self, condition: Expr) -> bool:
        """The answer to a question on this path."""
        if isinstance(condition, Const):
            return bool(condition.value)
        for answers in (self.known, self.taken):
            if condition in answers:
                return answers[condition]
        number = len(self.taken)
        answer = self.script[number] if number < len(self.script) else False
        self.taken[condition] = answer
        return answer


def follow(known: Mapping[Expr, bool], rule: Callable[[PathAnswers], T]) -> Iterator[tuple[Mapping[Expr, bool], T]]:
    """The result of a rule on each path through it, with the answers that lead there."""
    waiting: list[tuple[bool, ...]] = [()]
    for _ in range(_MOST):
        if not waiting:
            return
        script = waiting.pop()
        paths = PathAnswers(known, script)
        result = rule(paths)
        answers = list(paths.taken.values())
        waiting += [(*answers[:i], not answers[i]) for i in range(len(script), len(answers))]
        yield paths.taken, result
    raise NeedsValue(next(iter(paths.taken)))


class Sym:
    """A value with an expression instead of a number. It supports arithmetic and comparisons."""

    __slots__ = ("expr", "paths", "type")

    def __init__(self, expr: Expr, paths: PathAnswers, type: Type = "int") -> None:
        self.expr = expr
        self.paths = paths
        self.type = type

    def _with(self, sign: str, left: object, right: object) -> Any:
        if not all(isinstance(v, Sym | int | float) for v in (left, right)):
            return NotImplemented
        kinds = {v.type if isinstance(v, Sym) else type(v).__name__ for v in (left, right)}
        kind: Literal["int", "float"] = "float" if "float" in kinds or sign == "/" else "int"
        return known_or(binary(sign, expr_of(left), expr_of(right)), self.paths, kind)

    def _asked(self, sign: str, other: object) -> bool:
        if not isinstance(other, Sym | int | float):
            return sign == "!="
        if other is self and sign in ("==", "!="):
            return sign == "=="
        return self.paths.decide(binary(sign, self.expr, expr_of(other)))

    def __add__(self, other: object) -> Any:
        return self._with("+", self, other)

    def __radd__(self, other: object) -> Any:
        return self._with("+", other, self)

    def __sub__(self, other: object) -> Any:
        return self._with("-", self, other)

    def __rsub__(self, other: object) -> Any:
        return self._with("-", other, self)

    def __mul__(self, other: object) -> Any:
        return self._with("*", self, other)

    def __rmul__(self, other: object) -> Any:
        return self._with("*", other, self)

    def __truediv__(self, other: object) -> Any:
        return self._with("/", self, other)

    def __rtruediv__(self, other: object) -> Any:
        return self._with("/", other, self)

    def __floordiv__(self, other: object) -> Any:
        return self._with("//", self, other)

    def __rfloordiv__(self, other: object) -> Any:
        return self._with("//", other, self)

    def __mod__(self, other: object) -> Any:
        return self._with("%", self, other)

    def __rmod__(self, other: object) -> Any:
        return self._with("%", other, self)

    def __neg__(self) -> Any:
        return known_or(unary("-", self.expr), self.paths, self.type)

    def __getitem__(self, at: int) -> Any:
        if self.type != "tuple":
            raise TypeError("this is no list")
        return known_or(index(self.expr, lift(at)), self.paths, "int")

    def __eq__(self, other: object) -> bool:
        return self._asked("==", other)

    def __ne__(self, other: object) -> bool:
        return self._asked("!=", other)

    def __lt__(self, other: object) -> bool:
        return self._asked("<", other)

    def __le__(self, other: object) -> bool:
        return self._asked("<=", other)

    def __gt__(self, other: object) -> bool:
        return self._asked(">", other)

    def __ge__(self, other: object) -> bool:
        return self._asked(">=", other)

    def __bool__(self) -> bool:
        if self.type == "bool":
            return self.paths.decide(self.expr)
        return self._asked("!=", 0)

    def __hash__(self) -> int:
        return hash(self.expr)

    def __index__(self) -> int:
        raise NeedsValue(self.expr)

    def __float__(self) -> float:
        raise NeedsValue(self.expr)

    def __repr__(self) -> str:
        return f"Sym({self.expr!r})"


def known_or(expr: Expr, paths: PathAnswers, type: Type) -> Any:
    """The value of an expression if it is known, else a `Sym`."""
    return expr.value if isinstance(expr, Const) else Sym(expr, paths, type)


def expr_of(value: object) -> Expr:
    """The expression of a value, including lists of symbolic values."""
    if isinstance(value, Sym):
        return value.expr
    if isinstance(value, tuple | list):
        return lift(tuple(map(expr_of, value)))
    assert not isinstance(value, Value)
    return lift(value)


def is_symbolic(value: object) -> bool:
    """Whether a value, or any item of a tuple, is symbolic."""
    return isinstance(value, Sym) or (isinstance(value, tuple) and any(is_symbolic(v) for v in value))


def same(left: object, right: object) -> bool:
    """Whether two values are equal for all numbers: `k` and `k`, but not `k` and 3."""
    if is_symbolic(left) or is_symbolic(right):
        return expr_of(left) == expr_of(right)
    return left == right


def floating(value: float) -> Any:
    """The number as a float, where torch infers the type of a tensor from it: `float(v)` of an unknown whole number."""
    if isinstance(value, Sym):
        made = Apply(function="float", arguments=(value.expr,))
        return value if value.type == "float" else Sym(made, value.paths, "float")
    return float(value)


def real(value: float) -> float:
    """The number as a float, for torch code that must not contain an int."""
    return value if isinstance(value, Sym) else float(value)
