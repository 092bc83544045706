"""Expressions: simplified trees have the values of plain ones, and what is printed is read back as the same value."""

from __future__ import annotations

import random
from typing import Any

import pytest

from archc.ir import expr
from archc.ir.expr import (
    BinaryExpr,
    CannotEvaluate,
    ConditionalExpr,
    Const,
    Expr,
    UnaryExpr,
    Var,
    const,
    evaluate,
    python,
)
from archc.targets.pytorch.layout import laid_out, split

NAMES = ("a", "b", "c")


def grown(draw: random.Random, depth: int) -> Expr:
    """A random tree of whole numbers, as it is written, not simplified."""
    if depth == 0 or draw.random() < 0.2:
        return const(draw.randint(-3, 9)) if draw.random() < 0.4 else Var(name=draw.choice(NAMES), type="int")
    if draw.random() < 0.15:
        condition = BinaryExpr(
            operator=draw.choice(("==", "!=", "<", ">=")), left=grown(draw, depth - 1), right=grown(draw, depth - 1)
        )
        return ConditionalExpr(then=grown(draw, depth - 1), condition=condition, otherwise=grown(draw, depth - 1))
    if draw.random() < 0.1:
        return UnaryExpr(operator="-", operand=grown(draw, depth - 1))
    sign = draw.choice(("+", "-", "*", "//", "%", "+", "-"))
    return BinaryExpr(operator=sign, left=grown(draw, depth - 1), right=grown(draw, depth - 1))


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
            names = {n: draw.randint(-5, 12) for n in NAMES}
            wanted = value(tree, names)
            if wanted is not None:
                assert value(short, names) == wanted, (seed, number, python(tree), python(short), names)


def test_printed_expressions_mean_the_same_to_python() -> None:
    seed = random.randrange(10**6)
    draw = random.Random(seed)
    for number in range(500):
        tree = grown(draw, 4)
        names = {n: draw.randint(-5, 12) for n in NAMES}
        wanted = value(tree, names)
        if wanted is not None:
            assert eval(python(tree), {"__builtins__": {}}, names) == wanted, (seed, number, python(tree))


def test_the_simplifier_says_what_a_person_would() -> None:
    a, b = Var(name="a", type="int"), Var(name="b", type="int")
    half = expr.binary("//", a, const(2))
    assert python(expr.binary("+", expr.binary("+", a, a), a)) == "3 * a"
    assert python(expr.binary("-", expr.binary("+", a, b), b)) == "a"
    assert python(expr.binary("//", expr.binary("*", a, const(64)), const(64))) == "a"
    assert python(expr.with_divisors(expr.binary("+", half, half), lambda e, n: True)) == "a"
    changed = expr.binary("!=", a, b)
    assert expr.conditional(b, changed, a) == b
    assert expr.conditional(a, expr.binary("==", a, b), b) == b


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0, False), ((1,), (True,))])
def test_constants_of_different_kinds_are_different(one: Any, other: Any) -> None:
    assert Const(value=one) != Const(value=other)


def test_a_statement_that_fits_stays_on_its_line() -> None:
    assert laid_out("x = f(a, b)", 4) == ["    x = f(a, b)"]
    long = f"self.layer = Block({', '.join(f'argument_{i}' for i in range(12))})"
    lines = laid_out(long, 8)
    assert len(lines) > 1 and all(len(line) <= 100 for line in lines)
    assert split("a, f(b, c), 'd, e'") == ["a", "f(b, c)", "'d, e'"]
