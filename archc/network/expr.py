"""Expressions: the one kind of tree that a compile-time computation is, from the spec to the emitted file.

An expression speaks of the names of the definition that it stands in (`Var`) and of the sizes of its tensors (`Size`).
`binary`, `conditional` and their like build simplified trees; `evaluate` gives a value; `python` prints one. Whole
numbers are exact; floating-point arithmetic is never rearranged.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from archc.network.data import Callee, Data, OneOf
from archc.network.value import Value

Type = Literal["int", "float", "bool", "str", "tuple", "kind", "any"]


class _Tree(Value):
    """A node of an expression. Parts are shared, so each node works out its hash once."""

    def __hash__(self) -> int:
        found: int | None = self.__dict__.get("_hash")
        if found is None:
            found = self.__dict__["_hash"] = hash((type(self), *self._values()))
        return found

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(other) is type(self) and hash(self) == hash(other) and self._values() == other._values()
        )


class Const(_Tree):
    """A value that is known. 1, 1.0 and true are three values."""

    is_a: Literal["const"] = "const"
    value: Data

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Const)
            and type(other.value) is type(self.value)
            and (self.value is other.value or repr(self.value) == repr(other.value))
        )


class Var(_Tree):
    """A name: a parameter, a `let`, a loop variable, or a variable that a translation makes; `type` where known."""

    is_a: Literal["var"] = "var"
    name: str
    type: Type = "any"


class Size(_Tree):
    """A size of a tensor: `axis` 0 is the channels, 1 the height, 2 the width. `tensor` numbers it in its body."""

    is_a: Literal["size"] = "size"
    tensor: int
    axis: int


class Items(_Tree):
    """A list, written out."""

    is_a: Literal["items"] = "items"
    items: tuple[Expr, ...]


class Unary(_Tree):
    """`-x`, `not x`."""

    is_a: Literal["unary"] = "unary"
    operator: Literal["-", "not"]
    operand: Expr


class Binary(_Tree):
    """`a + b`, `a < b`, `a and b`; `is` and `is not` compare with `None` and layers."""

    is_a: Literal["binary"] = "binary"
    operator: str
    left: Expr
    right: Expr


class Conditional(_Tree):
    """`then if condition else otherwise`."""

    is_a: Literal["conditional"] = "conditional"
    then: Expr
    condition: Expr
    otherwise: Expr


class Index(_Tree):
    """`of[index]`."""

    is_a: Literal["index"] = "index"
    of: Expr
    index: Expr


class Apply(_Tree):
    """A call of a built-in function or of a `fn`; `names` holds the name of each argument, "" for one by position.

    `type`: of the result, where the function tells.
    """

    is_a: Literal["apply"] = "apply"
    function: str
    arguments: tuple[Expr, ...]
    names: tuple[str, ...] = ()
    type: Type = "any"


class Text(_Tree):
    """A string made of parts: `f"layer{i + 1}"`."""

    is_a: Literal["text"] = "text"
    parts: tuple[Expr, ...]


Expr: TypeAlias = Annotated[
    Const | Var | Size | Items | Unary | Binary | Conditional | Index | Apply | Text, OneOf("is_a")
]
Bound = Mapping[str, "Expr"]

NONE, TRUE, FALSE = Const(value=None), Const(value=True), Const(value=False)


class CannotEvaluate(Exception):
    """An expression has no value where it stands: a name is unknown, an index is outside, a number is divided by 0."""


class Lambda(Value):
    """A `fn`: its parameters with their defaults, and its body."""

    name: str
    parameters: tuple[tuple[str, Expr | None], ...]
    body: Expr


Functions = Mapping[str, Lambda]


# -- values -----------------------------------------------------------------------------------------------------------


def _enumerate(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(enumerate(values))


def _zip(*values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(zip(*values, strict=False))


def _range(*ends: int) -> tuple[int, ...]:
    return tuple(range(*ends))


BUILTINS: Mapping[str, Callable[..., Any]] = {
    "min": min, "max": max, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil, "int": int,
    "float": float, "len": len, "sum": sum, "range": _range, "enumerate": _enumerate, "zip": _zip,
}  # fmt: skip
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne, "is": operator.eq, "is not": operator.ne,
}  # fmt: skip
_DEPTH = 200


def evaluate(e: Expr, names: Mapping[str, Any], functions: Functions, depth: int = 0) -> Any:
    """The value of an expression. Raises `CannotEvaluate`.

    `names` holds the values of the variables; a list is a tuple.
    """
    match e:
        case Const():
            return e.value
        case Var():
            if e.name not in names:
                raise CannotEvaluate(e.name)
            return names[e.name]
        case Items():
            return tuple(evaluate(i, names, functions, depth) for i in e.items)
        case Conditional():
            chosen = e.then if evaluate(e.condition, names, functions, depth) else e.otherwise
            return evaluate(chosen, names, functions, depth)
        case Binary(operator="and" | "or"):
            left = evaluate(e.left, names, functions, depth)
            return left if bool(left) == (e.operator == "or") else evaluate(e.right, names, functions, depth)
        case Text():
            return "".join(str(evaluate(p, names, functions, depth)) for p in e.parts)
        case Size():
            raise CannotEvaluate("a size")
        case _:
            return _computed(e, names, functions, depth)


def _computed(e: Unary | Binary | Index | Apply, names: Mapping[str, Any], functions: Functions, depth: int) -> Any:
    try:
        match e:
            case Unary():
                value = evaluate(e.operand, names, functions, depth)
                return -value if e.operator == "-" else not value
            case Binary():
                left, right = (evaluate(s, names, functions, depth) for s in (e.left, e.right))
                if e.operator == "in":
                    return left in right
                if e.operator == "**" and type(left) is type(right) is int and abs(left) > 1 and right > 4096:
                    raise CannotEvaluate("a power")
                return _OPERATORS[e.operator](left, right)
            case Index():
                return evaluate(e.of, names, functions, depth)[evaluate(e.index, names, functions, depth)]
            case Apply():
                return _applied(e, names, functions, depth)
    except (ArithmeticError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CannotEvaluate(str(error)) from None


def _applied(e: Apply, names: Mapping[str, Any], functions: Functions, depth: int) -> Any:
    values = [evaluate(a, names, functions, depth) for a in e.arguments]
    if e.function not in functions:
        return BUILTINS[e.function](*values)
    if depth > _DEPTH:
        raise CannotEvaluate("calls are nested too deep")
    called = functions[e.function]
    given: dict[str, Any] = {}
    labels = e.names or ("",) * len(values)
    for (name, _), (label, value) in zip(called.parameters, zip(labels, values, strict=True), strict=False):
        given[label or name] = value
    for name, default in called.parameters:
        if name not in given:
            if default is None:
                raise CannotEvaluate(name)
            given[name] = evaluate(default, given, functions, depth + 1)
    return evaluate(called.body, given, functions, depth + 1)


# -- building ---------------------------------------------------------------------------------------------------------


def const(value: Data) -> Const:
    """A known value."""
    return Const(value=value)


def lift(value: object) -> Expr:
    """A value, or a tuple of values and expressions, as an expression."""
    if isinstance(value, Value) and not isinstance(value, Callee):
        return value  # type: ignore[return-value]  # all other values that come by are expressions
    if isinstance(value, tuple | list):
        parts = tuple(map(lift, value))
        if all(isinstance(p, Const) for p in parts):
            return const(tuple(p.value for p in parts if isinstance(p, Const)))
        return Items(items=parts)
    return const(value)  # type: ignore[arg-type]


def whole(e: Expr) -> bool:
    """Whether an expression is surely a whole number."""
    match e:
        case Const():
            return type(e.value) is int
        case Var():
            return e.type == "int"
        case Size():
            return True
        case Unary(operator="-"):
            return whole(e.operand)
        case Binary():
            return e.operator in ("+", "-", "*", "//", "%", "**") and whole(e.left) and whole(e.right)
        case Conditional():
            return whole(e.then) and whole(e.otherwise)
        case Apply():
            known = e.type == "int" or e.function in ("int", "len", "floor", "ceil", "round")
            return known or (e.function in ("max", "min", "abs") and all(map(whole, e.arguments)))
        case _:
            return False


def unary(sign: Literal["-", "not"], operand: Expr) -> Expr:
    """`-x` or `not x`, simplified."""
    if isinstance(operand, Const):
        return _folded(Unary(operator=sign, operand=operand))
    if sign == "not":
        match operand:
            case Unary(operator="not", operand=inner) if truth_valued(inner):
                return inner
            case Binary(operator=op) if op in _OPPOSITE:
                return Binary(operator=_OPPOSITE[op], left=operand.left, right=operand.right)
    elif whole(operand):
        return binary("-", const(0), operand)
    return Unary(operator=sign, operand=operand)


_OPPOSITE = {"==": "!=", "!=": "==", "is": "is not", "is not": "is"}
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in"})


def truth_valued(e: Expr) -> bool:
    """Whether an expression is surely true or false, and nothing else."""
    match e:
        case Const():
            return isinstance(e.value, bool)
        case Var():
            return e.type == "bool"
        case Unary():
            return e.operator == "not"
        case Binary():
            return e.operator in _COMPARISONS or (
                e.operator in ("and", "or") and truth_valued(e.left) and truth_valued(e.right)
            )
        case _:
            return False


def binary(sign: str, left: Expr, right: Expr) -> Expr:
    """Two expressions joined by an operator, simplified."""
    plain = Binary(operator=sign, left=left, right=right)
    if isinstance(left, Const) and isinstance(right, Const):
        return _folded(plain)
    if sign in ("and", "or"):
        return _joined(plain)
    if sign in _COMPARISONS and isinstance(left, Conditional) and isinstance(right, Const):
        sides = [binary(sign, side, right) for side in (left.then, left.otherwise)]
        if all(isinstance(side, Const) for side in sides) and truth_valued(left.condition):
            return conditional(sides[0], left.condition, sides[1])
    if sign in ("==", "!=", "is", "is not", "<=", ">=") and left == right and _calm(left):
        return const(sign in ("==", "is", "<=", ">="))
    if sign in ("+", "-", "*") and whole(left) and whole(right):
        return _linear(plain)
    if (
        sign in ("//", "%")
        and isinstance(right, Const)
        and type(right.value) is int
        and right.value > 0
        and whole(left)
    ):
        return _divided(sign, left, right.value)
    if sign in ("//", "%") and left == right and whole(left):
        return const(1 if sign == "//" else 0)
    return plain


def _calm(e: Expr) -> bool:
    """Whether equal expressions of this form have equal values: floating-point numbers may be no numbers."""
    return not isinstance(e, Var) or e.type != "float"


def _folded(e: Expr) -> Expr:
    try:
        value = evaluate(e, {}, {})
    except CannotEvaluate:
        return e
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        return e
    return const(value)


def _joined(e: Binary) -> Expr:
    """`and` and `or` with what is known taken out."""
    keeps = e.operator == "and"  # what leaves the other side as it is
    if isinstance(e.left, Const):
        return e.right if bool(e.left.value) == keeps else e.left
    if isinstance(e.right, Const) and truth_valued(e.left):
        if bool(e.right.value) == keeps and isinstance(e.right.value, bool):
            return e.left
        if isinstance(e.right.value, bool):
            return e.right
    return e.left if e.left == e.right else e


def _divided(sign: str, left: Expr, by: int) -> Expr:
    if by == 1:
        return left if sign == "//" else const(0)
    terms, rest = _terms(left)
    if all(c % by == 0 for c in terms.values()):
        if sign == "%":
            return const(rest % by)
        return _sum({a: c // by for a, c in terms.items()}, rest // by)
    return Binary(operator=sign, left=left, right=const(by))


def _linear(e: Binary) -> Expr:
    """A sum of whole numbers in which each part stands once, in the order of its first appearance."""
    if e.operator == "*":
        for one, other in ((e.left, e.right), (e.right, e.left)):
            if isinstance(one, Const) and type(one.value) is int:
                if one.value in (0, 1):
                    return other if one.value else const(0)
                terms, rest = _terms(other)
                if len(terms) == 1 and not rest or isinstance(other, Const):
                    return _sum({a: c * one.value for a, c in terms.items()}, rest * one.value, order=one is e.right)
        return e
    terms, rest = _terms(e)
    return _sum(terms, rest, first=_starts_with_number(e))


def _starts_with_number(e: Expr) -> bool:
    while isinstance(e, Binary) and e.operator in ("+", "-"):
        e = e.left
    return isinstance(e, Const)


def _terms(e: Expr) -> tuple[dict[Expr, int], int]:
    """A sum as the number of times that each part is in it, and the number that remains."""
    match e:
        case Const(value=int() as number) if type(number) is int:
            return {}, number
        case Binary(operator="+" | "-"):
            terms, rest = _terms(e.left)
            terms = dict(terms)
            more, other = _terms(e.right)
            sign = 1 if e.operator == "+" else -1
            for part, times in more.items():
                terms[part] = terms.get(part, 0) + sign * times
            return {p: n for p, n in terms.items() if n}, rest + sign * other
        case Binary(operator="*", left=Const(value=int() as number), right=part) if type(number) is int:
            return ({part: number}, 0) if number else ({}, 0)
        case Binary(operator="*", left=part, right=Const(value=int() as number)) if type(number) is int:
            return ({part: number}, 0) if number else ({}, 0)
        case _:
            return {e: 1}, 0


def _sum(terms: Mapping[Expr, int], rest: int, *, first: bool = False, order: bool = False) -> Expr:
    """The sum of parts, each so many times, and a number, which comes `first` or last."""
    ordered = [(p, n) for p, n in terms.items() if n > 0] + [(p, n) for p, n in terms.items() if n < 0]
    made: Expr | None = const(rest) if rest and (first or not any(n > 0 for _, n in ordered)) else None
    used = made is not None
    for part, times in ordered:
        one: Expr = part
        if abs(times) != 1:
            number = const(abs(times))
            one = (
                Binary(operator="*", left=part, right=number)
                if order
                else Binary(operator="*", left=number, right=part)
            )
        if made is None:
            made = one if times > 0 else Unary(operator="-", operand=one)
        else:
            made = Binary(operator="+" if times > 0 else "-", left=made, right=one)
    if made is None:
        return const(rest)
    if rest and not used:
        made = Binary(operator="+" if rest > 0 else "-", left=made, right=const(abs(rest)))
    return made


def with_divisors(e: Expr, divides: Callable[[Expr, int], bool]) -> Expr:
    """A sum in which `n * (x // n)` is `x`, where `divides` says that x is a multiple of n."""
    if not whole(e):
        return e
    terms, rest = _terms(e)
    found: dict[Expr, int] = {}
    changed = False
    for part, times in terms.items():
        match part:
            case Binary(operator="//", left=of, right=Const(value=int() as by)) if times % by == 0 and divides(of, by):
                inner, number = _terms(of)
                rest += number * (times // by)
                for p, n in inner.items():
                    found[p] = found.get(p, 0) + n * (times // by)
                changed = True
            case _:
                found[part] = found.get(part, 0) + times
    return _sum({p: n for p, n in found.items() if n}, rest) if changed else e


def conditional(then: Expr, condition: Expr, otherwise: Expr) -> Expr:
    """`then if condition else otherwise`, simplified under what the condition tells."""
    if isinstance(condition, Const):
        return then if condition.value else otherwise
    if then == otherwise:
        return then
    if isinstance(condition, Unary) and condition.operator == "not":
        return conditional(otherwise, condition.operand, then)
    if isinstance(otherwise, Conditional) and otherwise.then == then and truth_valued(condition):
        return conditional(then, binary("or", condition, otherwise.condition), otherwise.otherwise)
    if truth_valued(condition) and isinstance(then, Const) and isinstance(otherwise, Const):
        if then.value is True and otherwise.value is False:
            return condition
        if then.value is False and otherwise.value is True:
            return unary("not", condition)
    for one, other in _equal_if(condition, False):
        if _same_where(then, otherwise, one, other):
            return then
    for one, other in _equal_if(condition, True):
        if _same_where(then, otherwise, one, other):
            return otherwise
    return Conditional(then=then, condition=condition, otherwise=otherwise)


def _equal_if(condition: Expr, value: bool) -> Iterator[tuple[Expr, Expr]]:
    """What is equal where a condition is true, or false."""
    match condition:
        case Binary(operator="or") if not value:
            yield from _equal_if(condition.left, False)
            yield from _equal_if(condition.right, False)
        case Binary(operator="and") if value:
            yield from _equal_if(condition.left, True)
            yield from _equal_if(condition.right, True)
        case Binary(operator="==") if value:
            yield condition.left, condition.right
        case Binary(operator="!=") if not value:
            yield condition.left, condition.right


def _same_where(then: Expr, otherwise: Expr, one: Expr, other: Expr) -> bool:
    """Whether two expressions are the same where two others are equal."""
    return any(_exchanged(then, a, b) == _exchanged(otherwise, a, b) for a, b in ((one, other), (other, one)))


def _exchanged(e: Expr, one: Expr, other: Expr) -> Expr:
    """An expression with another one for all that it has of one."""
    if e == one:
        return other
    return mapped(e, lambda leaf: other if leaf == one else None, {}) if isinstance(one, Var | Size) else e


def index(of: Expr, at: Expr) -> Expr:
    """`of[at]`, simplified."""
    if isinstance(of, Apply) and at == const(-1):
        match of:
            case Apply(function="range", arguments=(count,)) if whole(count):
                return binary("-", count, const(1))
            case Apply(function="enumerate", arguments=(inner,)):
                length = apply("len", (inner,), (), {})
                return lift((binary("-", length, const(1)), index(inner, at)))
    if isinstance(at, Const) and type(at.value) is int:
        if isinstance(of, Items) and -len(of.items) <= at.value < len(of.items):
            return of.items[at.value]
        if isinstance(of, Const):
            made = _folded(Index(of=of, index=at))
            if isinstance(made, Const):
                return made
    return Index(of=of, index=at)


def apply(
    function: str, arguments: tuple[Expr, ...], names: tuple[str, ...], functions: Functions, type: Type = "any"
) -> Expr:
    """A call, worked out where its arguments are known."""
    made = Apply(function=function, arguments=arguments, names=names if any(names) else (), type=type)
    if all(isinstance(a, Const) for a in arguments):
        try:
            return const(evaluate(made, {}, functions))
        except CannotEvaluate:
            return made
    if function == "len" and len(arguments) == 1:
        match arguments[0]:
            case Items(items=items):
                return const(len(items))
            case Apply(function="range", arguments=(count,)) if whole(count):
                return count
            case Apply(function="enumerate", arguments=(inner,)):
                return apply("len", (inner,), (), functions)
    if function == "int" and len(arguments) == 1 and whole(arguments[0]):
        return arguments[0]
    if function in ("max", "min") and len(arguments) > 1:
        distinct = tuple(dict.fromkeys(arguments))
        return distinct[0] if len(distinct) == 1 else Apply(function=function, arguments=distinct)
    if function in ("enumerate", "zip") and all(_listed(a) is not None for a in arguments):
        rows = [_listed(a) or () for a in arguments]
        if function == "enumerate":
            return lift(tuple((const(i), x) for i, x in enumerate(rows[0])))
        return lift(tuple(zip(*rows, strict=False)))
    return made


def _listed(e: Expr) -> tuple[Expr, ...] | None:
    """The items of a list whose length is known."""
    if isinstance(e, Items):
        return e.items
    if isinstance(e, Const) and isinstance(e.value, tuple):
        return tuple(map(const, e.value))
    return None


items_of = _listed


def text(parts: Sequence[Expr]) -> Expr:
    """A string made of parts, in which what is known is one."""
    made: list[Expr] = []
    for part in parts:
        if isinstance(part, Const) and made and isinstance(made[-1], Const):
            made[-1] = const(f"{made[-1].value}{part.value}")
        elif isinstance(part, Const):
            made.append(const(str(part.value)))
        else:
            made.append(part)
    if not made:
        return const("")
    return made[0] if len(made) == 1 and isinstance(made[0], Const) else Text(parts=tuple(made))


# -- walking ----------------------------------------------------------------------------------------------------------


def mapped(
    e: Expr, leaf: Callable[[Expr], Expr | None], functions: Functions, known: dict[int, Any] | None = None
) -> Expr:
    """The tree with other leaves (`leaf` gives None to keep one), built anew and so simplified."""
    known = {} if known is None else known
    if id(e) in known:
        found: Expr = known[id(e)][1]
        return found
    made = _mapped(e, leaf, functions, known)
    known[id(e)] = e, made
    return made


def _mapped(e: Expr, leaf: Callable[[Expr], Expr | None], functions: Functions, known: dict[int, Any]) -> Expr:
    def go(part: Expr) -> Expr:
        return mapped(part, leaf, functions, known)

    match e:
        case Const() | Var() | Size():
            found = leaf(e)
            return e if found is None else found
        case Items():
            return lift(tuple(map(go, e.items)))
        case Unary():
            return unary(e.operator, go(e.operand))
        case Binary():
            return binary(e.operator, go(e.left), go(e.right))
        case Conditional():
            condition = go(e.condition)
            if isinstance(condition, Const):
                return go(e.then if condition.value else e.otherwise)
            return conditional(go(e.then), condition, go(e.otherwise))
        case Index():
            return index(go(e.of), go(e.index))
        case Apply():
            return apply(e.function, tuple(map(go, e.arguments)), e.names, functions, e.type)
        case Text():
            return text(tuple(map(go, e.parts)))


def parts(e: Expr) -> tuple[Expr, ...]:
    """The expressions that an expression is made of."""
    match e:
        case Items():
            return e.items
        case Unary():
            return (e.operand,)
        case Binary():
            return e.left, e.right
        case Conditional():
            return e.then, e.condition, e.otherwise
        case Index():
            return e.of, e.index
        case Apply():
            return e.arguments
        case Text():
            return e.parts
        case _:
            return ()


def leaves(e: Expr) -> Iterator[Expr]:
    """All parts of an expression, itself included, each shared one once."""
    seen: set[int] = set()
    stack = [e]
    while stack:
        here = stack.pop()
        if id(here) not in seen:
            seen.add(id(here))
            yield here
            stack.extend(parts(here))


def variables(e: Expr) -> frozenset[str]:
    """The names that an expression reads."""
    return frozenset(x.name for x in leaves(e) if isinstance(x, Var))


def weight(e: Expr, most: int = 1000) -> int:
    """How many names and numbers an expression says; at least `most` for a larger one."""
    count, stack = 0, [e]
    while stack and count < most:
        here = stack.pop()
        inner = parts(here)
        count += not inner
        stack.extend(inner)
    return count


# -- printing ---------------------------------------------------------------------------------------------------------

_LEVEL = {
    "or": 1, "and": 2, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "is": 4, "is not": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "**": 8,
}  # fmt: skip
_NOT, _UNARY, ATOM = 3, 7, 9


def literal(value: Data) -> str:
    """A value as Python writes it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)
    if isinstance(value, Callee):
        return value.name
    if isinstance(value, tuple):
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)


def python(e: Expr, name: Callable[[Expr], str] | None = None) -> str:
    """The Python text of an expression; `name` says how names and sizes are written."""
    return printed(e, name or _spoken)[0]


def _spoken(e: Expr) -> str:
    return (
        e.name
        if isinstance(e, Var)
        else f"in_.{('channels', 'height', 'width')[e.axis]}"
        if isinstance(e, Size)
        else ""
    )


def printed(e: Expr, name: Callable[[Expr], str]) -> tuple[str, int]:
    """The Python text of an expression, and how strongly it binds."""

    def operand(part: Expr, least: int) -> str:
        inside, level = printed(part, name)
        return inside if level >= least else f"({inside})"

    match e:
        case Const():
            said = literal(e.value)
            return said, _UNARY if said.startswith("-") else ATOM
        case Var() | Size():
            said = name(e)
            return said, ATOM
        case Binary():
            level = _LEVEL[e.operator]
            tight = e.operator == "**"
            left = operand(e.left, level + 1 if tight or level == 4 else level)
            right = operand(e.right, level if tight else level + 1)
            simple = tight and left.isalnum() and right.replace("_", "").isalnum()
            return f"{left}{e.operator}{right}" if simple else f"{left} {e.operator} {right}", level
        case Unary():
            level = _NOT if e.operator == "not" else _UNARY
            return f"{'not ' if e.operator == 'not' else e.operator}{operand(e.operand, level)}", level
        case Conditional():
            then, condition = operand(e.then, 1), operand(e.condition, 1)
            return f"{then} if {condition} else {printed(e.otherwise, name)[0]}", 0
        case Items():
            inside = ", ".join(printed(i, name)[0] for i in e.items)
            return f"({inside},)" if len(e.items) == 1 else f"({inside})", ATOM
        case Index():
            return f"{operand(e.of, ATOM)}[{printed(e.index, name)[0]}]", ATOM
        case Apply():
            labels = e.names or ("",) * len(e.arguments)
            given = ", ".join(
                (f"{label}=" if label else "") + printed(a, name)[0]
                for label, a in zip(labels, e.arguments, strict=True)
            )
            strict = ", strict=False" if e.function == "zip" else ""  # as the language means it
            return f"{e.function}({given}{strict})", ATOM
        case Text():
            return f'f"{"".join(_in_text(p, name) for p in e.parts)}"', ATOM


def _in_text(part: Expr, name: Callable[[Expr], str]) -> str:
    if isinstance(part, Const):
        return "".join(
            2 * c if c in "{}" else '\\"' if c == '"' else c if c.isprintable() and c != "\\" else repr(c)[1:-1]
            for c in str(part.value)
        )
    return f"{{{printed(part, name)[0]}}}"
