"""Names and their meanings; the values of expressions."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.reference.tree import Arguments, Definition, Expr, Invalid, Parameter

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Tensor:
    """Output `out` of node `node`."""

    node: int
    out: int
    shape: Shape


Tensors = tuple[Tensor, ...]


@dataclass(frozen=True)
class Listed:
    """The tensors of a list, `*xs`."""

    tensors: Tensors

    def __len__(self) -> int:
        return len(self.tensors)

    def __getitem__(self, place: int) -> Tensor:
        return self.tensors[place]


def named(names: tuple[str, ...], rest: bool, tensors: Tensors) -> dict[str, Tensor | Listed]:
    """The tensor of each name; with `rest`, the last name has all remaining ones."""
    single = names[:-1] if rest else names
    if len(tensors) < len(single) or (len(tensors) > len(single) and not rest):
        raise Invalid(f"{len(tensors)} tensors for {len(names)} names")
    found: dict[str, Tensor | Listed] = dict(zip(single, tensors, strict=False))
    return {**found, names[-1]: Listed(tensors[len(single) :])} if rest else found


@dataclass(frozen=True)
class Size:
    """A size such as `1x7` or `3x224x224`."""

    dims: Shape


@dataclass(frozen=True)
class Layer:
    """A layer of the language, as a value."""

    kind: str


@dataclass(frozen=True, eq=False)
class Defined:
    """A `fn`, `macro`, `block` or `model` with the names of its file."""

    definition: Definition
    names: Names


@dataclass
class SharedModule:
    """A shared module: its term, the names at its declaration, and the layers of its first use."""

    term: Any
    names: Names
    first: Any = None
    uses: list[range] = field(default_factory=list)


class Unknown:
    """A value that is known only if its branch is taken."""


@dataclass
class Names:
    """The names of a file, body, macro or loop; `defaults` are arguments of layers."""

    outer: Names | None = None
    values: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)

    def find(self, name: str) -> Any:
        names: Names | None = self
        while names is not None:
            if name in names.values:
                return names.values[name]
            names = names.outer
        raise Invalid(f"{name} is not known")

    def default(self, kind: str) -> dict[str, Any]:
        outer = self.outer.default(kind) if self.outer is not None else {}
        return {**outer, **self.defaults.get(kind, {})}

    def copy(self) -> Names:
        """A copy of the current names."""
        return Names(self.outer, dict(self.values), {kind: dict(given) for kind, given in self.defaults.items()})

    def inner(self, values: Mapping[str, Any]) -> Names:
        return Names(self, dict(values))

    def free(self, name: str) -> str:
        """Check that `name` hides no other name of the same body; it may hide those of the file and layers."""
        names: Names | None = self
        while names is not None and names.outer is not None and names.outer.outer is not None:
            if name in names.values:
                raise Invalid(f"the name {name} is given twice")
            names = names.outer
        return name


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow,
}  # fmt: skip
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "in": lambda a, b: a in b,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil, "int": int, "len": len,
    "sum": sum, "range": lambda *a: list(range(*a)), "enumerate": lambda a: list(enumerate(a)),
    "zip": lambda *a: list(zip(*a, strict=False)),
}  # fmt: skip


def value(expr: Expr, names: Names) -> Any:
    """The value of an expression. Raises `Invalid` if it cannot be computed."""
    try:
        return _value(expr, names)
    except (ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise Invalid(str(error)) from error


def _value(expr: Expr, names: Names) -> Any:
    parts: tuple[Any, ...] = expr.parts
    match expr.kind:
        case "literal":
            return parts[0]
        case "shape":
            return Size(parts)
        case "list":
            return [_value(p, names) for p in parts]
        case "tuple":
            return tuple(_value(p, names) for p in parts)
        case "name":
            return _known(names.find(parts[0]))
        case "unary":
            return _unary(parts[0], _value(parts[1], names))
        case "binary":
            return _binary(parts[0], parts[1], parts[2], names)
        case "comparison":
            return _comparison(parts[0], parts[1], names)
        case "conditional":
            return _value(parts[0] if _value(parts[1], names) else parts[2], names)
        case "index":
            return _value(parts[0], names)[_value(parts[1], names)]
        case "attribute":
            return _attribute(_value(parts[0], names), parts[1])
        case "call":
            return _call(parts[0], parts[1], names)
    raise Invalid(f"no expression: {expr.kind}")


def _known(found: Any) -> Any:
    if isinstance(found, Unknown):
        raise Invalid("this depends on a branch that is not taken")
    return found


def _unary(sign: str, operand: Any) -> Any:
    return not operand if sign == "not" else -operand if sign == "-" else +operand


def _binary(sign: str, left: Expr, right: Expr, names: Names) -> Any:
    if sign == "and":
        return _value(left, names) and _value(right, names)
    if sign == "or":
        return _value(left, names) or _value(right, names)
    return BINARY[sign](_value(left, names), _value(right, names))


def _comparison(first: Expr, rest: tuple[tuple[str, Expr], ...], names: Names) -> bool:
    left = _value(first, names)
    for sign, operand in rest:
        right = _value(operand, names)
        if not COMPARE[sign](left, right):
            return False
        left = right
    return True


def _attribute(of: Any, name: str) -> int:
    if not isinstance(of, Tensor):
        raise Invalid(f"{name} of what is no tensor")
    return dict(zip(("channels", "height", "width"), of.shape, strict=False))[name]


def _call(name: str, arguments: Arguments, names: Names) -> Any:
    try:
        function = names.find(name)
    except Invalid:
        if name not in FUNCTIONS:
            raise
        return FUNCTIONS[name](*(_value(a.value, names) for a in arguments))
    if not isinstance(function, Defined) or not isinstance(function.definition.body, Expr):
        raise Invalid(f"{name} is no function")
    given = bound(function.definition.parameters, arguments, names, function.names)
    return _value(function.definition.body, function.names.inner(given))


def bound(
    parameters: tuple[Parameter, ...], arguments: Arguments, caller: Names, home: Names, lazily: bool = False
) -> dict[str, Any]:
    """The value of each parameter; a default may use the parameters before it."""
    given: dict[str, Any] = {}
    free = [p.name for p in parameters]
    for argument in arguments:
        if argument.name is None and not free:
            raise Invalid("too many arguments")
        name = free[0] if argument.name is None else argument.name
        if name not in free:
            raise Invalid(f"there is no parameter {name} left")
        free.remove(name)
        given[name] = _lazy(argument.value, caller) if lazily else value(argument.value, caller)
    for parameter in parameters:
        if parameter.name in given:
            continue
        if parameter.default is None:
            raise Invalid(f"{parameter.name} is not given")
        names = home.inner(given)
        given[parameter.name] = _lazy(parameter.default, names) if lazily else value(parameter.default, names)
    return given


def _lazy(expr: Expr, names: Names) -> Any:
    try:
        return value(expr, names)
    except Invalid:
        return Unknown()
