"""Rules on symbolic numbers: every path through a rule is followed, and its result is right on that path."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.ir.expr import Var, binary, const, evaluate
from archc.ir.sym import NeedsValue, PathAnswers, Sym, expr_of, follow, is_symbolic, same

A, B = Var(name="a", type="int"), Var(name="b", type="int")
NUMBERS = st.integers(-6, 6)


def rule(a: Any, b: Any) -> Any:
    """A rule like that of an op: arithmetic, comparisons, and more arithmetic."""
    if a % 2:
        return a * 3 + b
    if b > a:
        return (b - a) // 2
    return -a if a == b else a + b - 1


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(NUMBERS, NUMBERS)
def test_a_rule_on_symbols_is_the_rule_on_numbers(a: int, b: int) -> None:
    values = {"a": a, "b": b}
    fitting = [
        expr_of(made)
        for answers, made in follow({}, lambda paths: rule(Sym(A, paths), Sym(B, paths)))
        if all(bool(evaluate(q, values, {})) == answer for q, answer in answers.items())
    ]
    assert [evaluate(e, values, {}) for e in fitting] == [rule(a, b)]


def test_what_is_known_is_not_asked() -> None:
    assert [made for _, made in follow({}, lambda paths: bool(Sym(const(4), paths) % 2))] == [False]
    sure = [made for _, made in follow({}, lambda paths: (Sym(const(4), paths) > 3, Sym(const(4), paths) == 3))]
    assert sure == [(True, False)]
    question = binary("!=", binary("%", A, const(2)), const(0))
    ways = list(follow({question: True}, lambda paths: bool(Sym(A, paths) % 2)))
    assert ways == [({}, True)]


def test_a_rule_that_wants_a_number_says_which() -> None:
    with pytest.raises(NeedsValue) as caught:
        list(follow({}, lambda paths: (0,) * Sym(A, paths)))
    assert caught.value.expr == A


def test_symbols_are_the_same_where_their_expressions_are() -> None:
    paths = PathAnswers({})
    a, b = Sym(A, paths), Sym(B, paths)
    assert same(a + 0, a) and same((a, 1), (a, 1)) and not same(a, b) and not same(a, 3)
    assert is_symbolic((1, a)) and not is_symbolic((1, 2))
    assert expr_of(a * 0 + 5) == const(5)
