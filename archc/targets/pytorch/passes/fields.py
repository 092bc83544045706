"""Turn the numbers of `__init__` that `forward` reads into fields of the module: `self.residual = stride == 1`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archc.ir.expr import Const, Expr, Text, UnaryExpr, Var, mapped, unary, variables
from archc.support.record import replace
from archc.targets.pytorch.code import Assign, Class, Compute, Operation, PyFor, PyIf, PyReturn, Register, Statement
from archc.targets.pytorch.names import fresh
from archc.targets.pytorch.walk import walk, with_exprs, with_run

_MODULE = frozenset({"training", "forward", "train", "eval", "type", "half", "float", "double", "to", "apply", "name"})
"""Attributes of `nn.Module` that a field must not shadow."""


def keep_fields(made: Class) -> None:
    """Ensures: `forward` reads only fields, the variables of its loops and what it assigns itself."""
    if made.base == "nn.Module":
        Fields(made).run()


class Fields:
    """Finds the fields of a class. `own`: the numbers that `forward` itself updates."""

    def __init__(self, made: Class) -> None:
        self.made = made
        self.own = _changing(made.init) | _changing(made.forward) | _unlike(made.init, made.forward)
        names = [s.name for s in walk(made.init) if isinstance(s, Register)]
        modules = {str(name.value).partition(".")[0] for name in names if isinstance(name, Const)}
        self.taken = modules | _MODULE
        self.found: dict[Expr, str] = {}

    def run(self) -> None:
        """Add the fields to the class."""
        self.made.forward = self.statements(self.made.forward)
        self.made.fields = tuple((name, e) for e, name in self.found.items())

    def statements(self, statements: Sequence[Statement]) -> tuple[Statement, ...]:
        """Replace numbers in statements by fields."""
        found: list[Statement] = []
        for s in statements:
            match s:
                case Assign() if s.name not in self.own:
                    pass
                case PyIf():
                    then, otherwise = self.statements(s.then), self.statements(s.otherwise)
                    if then or otherwise:
                        condition = self.condition(s.condition, "residual" if _adds(s.then) else "guarded")
                        found.append(PyIf(condition, then, otherwise))
                case PyFor():
                    if body := self.statements(s.body):
                        found.append(replace(s, over=self.number(s.over), body=body))
                case Compute():
                    found.append(with_run(s, self.number))
                case _:
                    found += with_exprs((s,), self.number)
        return tuple(found)

    def condition(self, e: Expr, hint: str) -> Expr:
        """A condition as a field, unless it depends on numbers that `forward` updates."""
        if isinstance(e, Const):
            return e
        if variables(e) & self.own:
            return self.number(e)
        if isinstance(e, UnaryExpr) and e.operator == "not":
            return unary("not", self.condition(e.operand, hint))
        return self.field(e, hint)

    def number(self, e: Expr, name: str = "number") -> Expr:
        """An expression over fields; a compound one becomes a field itself."""
        if len(variables(e)) > 1 and not variables(e) & self.own and not isinstance(e, Text):
            return self.field(e, name)

        def leaf(x: Expr) -> Expr | None:
            if isinstance(x, Var) and x.name not in self.own:
                return self.field(x, x.name.partition("~")[0])
            return None

        return mapped(e, leaf, {})

    def field(self, e: Expr, hint: str) -> Var:
        """The field that stores a number or condition of `__init__`."""
        if e not in self.found:
            name = fresh(e.name.partition("~")[0] if isinstance(e, Var) else hint, self.taken)
            self.found[e] = name
            self.taken = self.taken | {name}
        return Var(name=f"self.{self.found[e]}", type=e.type if isinstance(e, Var) else "bool")


def _changing(statements: Sequence[Statement]) -> frozenset[str]:
    """The numbers whose value changes during `__init__`: a field would store only the last one."""
    times = Counter(s.name for s in walk(statements) if isinstance(s, Assign))
    always = {s.name for s in statements if isinstance(s, Assign) and times[s.name] == 1}
    loops = {n for s in walk(statements) if isinstance(s, PyFor) for n in s.target.names()}
    return frozenset((times.keys() - always) | loops)


def _unlike(init: Sequence[Statement], forward: Sequence[Statement]) -> frozenset[str]:
    """The numbers to which `forward` assigns another value than `__init__`: one of an earlier turn of a loop."""
    last = {s.name: s.value for s in walk(init) if isinstance(s, Assign)}
    return frozenset(s.name for s in walk(forward) if isinstance(s, Assign) and s.value != last.get(s.name, s.value))


def _adds(statements: Sequence[Statement]) -> bool:
    """Whether one side of an `if` is a residual connection."""
    found = list(walk(statements))
    return any(isinstance(s, Compute | PyReturn) for s in statements) and any(
        isinstance(s, Compute) and isinstance(s.value, Operation) and s.value.op.merge == "add" for s in found
    )
