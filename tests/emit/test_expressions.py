"""Expressions: simplified trees have the values of the originals, and printed ones evaluate to the same."""

from __future__ import annotations

import random
from typing import Any

import pytest

from archc.ir import expr
from archc.ir.expr import (
    TRUE,
    Apply,
    BinaryExpr,
    CannotEvaluate,
    ConditionalExpr,
    Const,
    Expr,
    IndexExpr,
    Items,
    Lambda,
    Text,
    UnaryExpr,
    Var,
    binary,
    certainly_whole,
    conditional,
    const,
    evaluate,
    python,
    type_of,
)
from archc.targets.pytorch.layout import laid_out, split

NAMES = ("a", "b", "c")
CALLED = {f.__name__: f for f in (len, range, int, max, min)}
A, B, N = (Var(name=name, type="int") for name in ("a", "b", "n"))
RANGE = Apply(function="range", arguments=(N,), type="tuple")


def grown(draw: random.Random, depth: int) -> Expr:
    """A random, unsimplified tree of integers."""
    if depth <= 0 or draw.random() < 0.2:
        return const(draw.randint(-3, 9)) if draw.random() < 0.4 else Var(name=draw.choice(NAMES), type="int")
    if draw.random() < 0.15:
        then, condition, otherwise = grown(draw, depth - 1), judged(draw, depth - 1), grown(draw, depth - 1)
        return ConditionalExpr(then=then, condition=condition, otherwise=otherwise)
    if draw.random() < 0.1:
        return UnaryExpr(operator="-", operand=grown(draw, depth - 1))
    if draw.random() < 0.25:
        return taken(draw, depth - 1)
    sign = draw.choice(("+", "-", "*", "//", "%", "+", "-"))
    return BinaryExpr(operator=sign, left=grown(draw, depth - 1), right=grown(draw, depth - 1))


def judged(draw: random.Random, depth: int) -> Expr:
    """A random condition; `and` and `or` take conditions or numbers, as in Python."""
    match draw.choice(("compared", "compared", "not", "joined", "alike") if depth > 0 else ("compared",)):
        case "not":
            return UnaryExpr(operator="not", operand=judged(draw, depth - 1))
        case "joined":
            operands = [draw.choice((judged, grown))(draw, depth - 1) for _ in range(2)]
            return BinaryExpr(operator=draw.choice(("and", "or")), left=operands[0], right=operands[1])
        case "alike":
            sign = draw.choice(("==", "!="))
            return BinaryExpr(operator=sign, left=judged(draw, depth - 1), right=judged(draw, depth - 1))
        case _:
            sign = draw.choice(("==", "!=", "<", ">="))
            return BinaryExpr(operator=sign, left=grown(draw, depth - 1), right=grown(draw, depth - 1))


def listed(draw: random.Random, depth: int) -> Expr:
    """A random, non-empty list of integers: a literal, or a range."""
    if draw.random() < 0.6:
        return Items(items=tuple(grown(draw, depth) for _ in range(draw.randint(1, 3))))
    return Apply(function="range", arguments=(Var(name="n", type="int"),), type="tuple")


def taken(draw: random.Random, depth: int) -> Expr:
    """A number computed from a list, or from several numbers."""
    match draw.choice(("len", "index", "index", "int", "max", "min")):
        case "len":
            return Apply(function="len", arguments=(listed(draw, depth),), type="int")
        case "index":
            return IndexExpr(of=listed(draw, depth), index=const(draw.choice((-1, 0, 1))))
        case "int":
            return Apply(function="int", arguments=(grown(draw, depth),), type="int")
        case function:
            return Apply(function=function, arguments=(grown(draw, depth), grown(draw, depth)), type="int")


def drawn(draw: random.Random) -> dict[str, Any]:
    return {"n": draw.randint(1, 5), **{name: draw.randint(-5, 12) for name in NAMES}}


def value(e: Expr, names: dict[str, Any]) -> object:
    try:
        return evaluate(e, names, {})
    except CannotEvaluate:
        return None


def test_simplified_expressions_have_the_same_values() -> None:
    seed = random.randrange(10**6)
    draw = random.Random(seed)
    for number in range(1500):
        tree = grown(draw, 4)
        short = expr.mapped(tree, lambda _: None, {})
        for _ in range(3):
            names = drawn(draw)
            wanted = value(tree, names)
            if wanted is not None:
                assert value(short, names) == wanted, (seed, number, python(tree), python(short), names)


def test_printed_expressions_mean_the_same_to_python() -> None:
    seed = random.randrange(10**6)
    draw = random.Random(seed)
    for number in range(500):
        tree = grown(draw, 4)
        names = drawn(draw)
        wanted = value(tree, names)
        if wanted is not None:
            assert eval(python(tree), {"__builtins__": CALLED}, names) == wanted, (seed, number, python(tree))


def test_the_simplifier_says_what_a_person_would() -> None:
    a, b = A, B
    half = expr.binary("//", a, const(2))
    assert python(expr.binary("+", expr.binary("+", a, a), a)) == "3 * a"
    assert python(expr.binary("-", expr.binary("+", a, b), b)) == "a"
    assert python(expr.binary("//", expr.binary("*", a, const(64)), const(64))) == "a"
    assert python(expr.with_divisors(expr.binary("+", half, half), lambda e, n: True)) == "a"
    assert python(expr.binary("*", const(2), expr.binary("*", const(3), a))) == "6 * a"
    assert python(expr.binary("*", const(2), expr.binary("+", a, b))) == "2 * (a + b)"
    changed = expr.binary("!=", a, b)
    assert expr.conditional(b, changed, a) == b
    assert expr.conditional(a, expr.binary("==", a, b), b) == b


def made(function: str, *arguments: Expr) -> Expr:
    return expr.apply(function, arguments, (), {})


@pytest.mark.parametrize(("sign", "neutral"), [("and", TRUE), ("or", const(False))])
def test_a_truth_is_left_out_only_beside_what_is_one(sign: str, neutral: Expr) -> None:
    less = BinaryExpr(operator="<", left=A, right=B)
    for true in (less, BinaryExpr(operator="or", left=less, right=less), Var(name="t", type="bool")):
        assert expr.binary(sign, true, neutral) == true
    for number in (A, BinaryExpr(operator="or", left=A, right=less), BinaryExpr(operator="and", left=less, right=B)):
        assert expr.binary(sign, number, neutral) == BinaryExpr(operator=sign, left=number, right=neutral)


def test_calls_that_miss_an_argument_or_are_nested_too_deep_have_no_value() -> None:
    """Calls may be nested 200 deep."""
    functions = {
        f"f{i}": Lambda(
            name=f"f{i}",
            parameters=(("a", None), ("b", A)),
            body=Apply(function=f"f{i + 1}", arguments=(Var(name="b"),)) if i < 202 else A,
        )
        for i in range(203)
    }
    assert evaluate(Apply(function="f2", arguments=(const(7),)), {}, functions) == 7
    for missing in (Apply(function="f1", arguments=(const(7),)), Apply(function="f202", arguments=(), names=())):
        with pytest.raises(CannotEvaluate):
            evaluate(missing, {}, functions)


def test_what_a_function_makes_of_whole_numbers_is_one_only_where_it_surely_is() -> None:
    x, half = Var(name="x"), BinaryExpr(operator="/", left=Var(name="x"), right=const(2))
    again = Apply(function="again", arguments=(BinaryExpr(operator="+", left=x, right=const(1)),))
    functions = {
        name: Lambda(name=name, parameters=(("x", None),), body=body)
        for name, body in (("same", x), ("half", half), ("again", again))
    }

    def called(function: str, argument: Expr) -> bool:
        return certainly_whole(Apply(function=function, arguments=(argument,)), frozenset(), functions)

    assert called("same", N) and called("again", N), "nothing but itself speaks against it"
    assert not called("half", N) and not called("same", Var(name="r", type="float"))
    assert called("same", Apply(function="same", arguments=(N,)))
    assert not called("same", Apply(function="half", arguments=(N,)))
    kept = expr.apply("half", (N,), ("x",), functions)
    assert python(kept) == "half(x=n)"


def test_lists_are_taken_apart_where_they_are_known() -> None:
    assert made("len", RANGE) == made("len", made("enumerate", RANGE)) == N
    assert python(expr.index(RANGE, const(-1))) == "n - 1"
    assert python(expr.index(made("enumerate", RANGE), const(-1))) == "(n - 1, n - 1)"
    pair = Items(items=(A, B))
    assert expr.index(pair, const(1)) == B and expr.index(pair, const(-2)) == A
    assert expr.index(pair, const(2)) == IndexExpr(of=pair, index=const(2))
    assert made("len", pair) == const(2) and made("int", A) == A and made("max", A, A) == A
    assert python(made("enumerate", pair)) == "((0, a), (1, b))"
    assert python(made("zip", pair, Items(items=(const(1), N)))) == "((a, 1), (b, n))"


def test_a_list_of_one_and_a_text_are_printed_as_python_has_them() -> None:
    assert python(Items(items=(A,))) == "(a,)" and python(const((1,))) == "(1,)"
    said = Text(parts=(const('a"{\\\n'), A, const("}")))
    assert eval(python(said), {}, {"a": 3}) == 'a"{\\\n3}'


def test_only_brackets_that_python_needs_are_printed() -> None:
    less = BinaryExpr(operator="<", left=A, right=B)
    assert python(BinaryExpr(operator="==", left=less, right=less)) == "(a < b) == (a < b)"
    assert python(BinaryExpr(operator="-", left=BinaryExpr(operator="-", left=A, right=B), right=N)) == "a - b - n"
    assert python(BinaryExpr(operator="-", left=A, right=BinaryExpr(operator="-", left=B, right=N))) == "a - (b - n)"
    power = BinaryExpr(operator="**", left=A, right=B)
    assert python(BinaryExpr(operator="**", left=power, right=N)) == "(a**b) ** n"
    assert value(UnaryExpr(operator="not", operand=less), {"a": 1, "b": 2}) is False


def test_what_has_no_finite_value_is_not_computed() -> None:
    for e in (("**", const(-2), const(0.5)), ("*", const(1e308), const(10.0)), ("//", const(1), const(0))):
        assert isinstance(expr.binary(*e), BinaryExpr)


def test_what_is_halved_and_doubled_is_left_alone_unless_it_is_even() -> None:
    half = expr.binary("//", A, const(2))
    twice = expr.binary("*", const(2), half)
    assert expr.with_divisors(twice, lambda e, n: False) == twice
    assert expr.with_divisors(twice, lambda e, n: (e, n) == (A, 2)) == A
    shifted = expr.binary("//", expr.binary("+", A, const(4)), const(2))
    assert python(expr.with_divisors(expr.binary("*", const(4), shifted), lambda e, n: True)) == "2 * a + 8"
    real = Var(name="r", type="float")
    assert expr.with_divisors(real, lambda e, n: True) == real


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0, False), ((1,), (True,))])
def test_constants_of_different_kinds_are_different(one: Any, other: Any) -> None:
    assert Const(value=one) != Const(value=other)


def test_a_statement_that_fits_stays_on_its_line() -> None:
    assert laid_out("x = f(a, b)", 4) == ["    x = f(a, b)"]
    long = f"self.layer = Block({', '.join(f'argument_{i}' for i in range(12))})"
    lines = laid_out(long, 8)
    assert len(lines) > 1 and all(len(line) <= 100 for line in lines)
    assert split("a, f(b, c), 'd, e'") == ["a", "f(b, c)", "'d, e'"]


def test_the_kind_of_a_value_that_a_parameter_takes() -> None:
    less, r = BinaryExpr(operator="<", left=A, right=B), Var(name="r", type="float")

    def either(one: Expr, other: Expr) -> Expr:
        return ConditionalExpr(then=one, condition=less, otherwise=other)

    def both(one: Expr, other: Expr) -> Expr:
        return BinaryExpr(operator="and", left=one, right=other)

    kinds = {
        both(less, less): "bool", both(A, B): "int", both(A, less): "any", either(A, N): "int", either(A, r): "float",
        either(less, less): "bool", either(A, less): "any", BinaryExpr(operator="/", left=A, right=B): "float",
    }  # fmt: skip
    assert {e: type_of(e) for e in kinds} == kinds


def test_nested_conditionals_are_simplified_in_time() -> None:
    """Each is compared with its sides under its condition, and these are not simplified again at every level."""
    size: Expr = Var(name="h", type="int")
    for i in range(13):
        c = Var(name=f"c{i}", type="int")
        size = conditional(binary("//", binary("+", size, c), const(2)), binary("!=", c, const(8)), size)
    assert evaluate(size, {"h": 5, **{f"c{i}": 8 for i in range(13)}}, {}) == 5
