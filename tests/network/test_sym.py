"""Numbers that remember how they were computed: their text means their value."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.network.sym import Sym, SymBool, SymFloat, bracketed, is_symbolic, real, same, text_of
from archc.network.torch_call import changed, function, square

OPERATIONS: tuple[Callable[[int, int], int], ...] = (
    operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod,
)  # fmt: skip
NAMES = {"a": 7, "b": -3, "c": 12, "d": 1, "e": 0}


@st.composite
def numbers(draw: st.DrawFn, depth: int = 4) -> int:
    """Numbers and what comes of them, symbols among them."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from([*NAMES, None]))
        return Sym(NAMES[name], name) if name else draw(st.integers(-3, 3))
    left, right = draw(numbers(depth=depth - 1)), draw(numbers(depth=depth - 1))
    operation = draw(st.sampled_from(OPERATIONS))
    if operation in (operator.floordiv, operator.mod) and right == 0:
        return -left
    made = operation(left, right)
    assert made == operation(int(left), int(right))
    assert isinstance(made, Sym) == (isinstance(left, Sym) or isinstance(right, Sym))
    return made


@settings(derandomize=True, database=None, deadline=None)
@given(numbers())
def test_a_text_means_its_number(number: int) -> None:
    assert eval(text_of(number), dict(NAMES)) == number


X = Sym(6, "x")


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (X + 0, "x"), (0 + X, "x"), (X - 0, "x"), (X * 1, "x"), (1 * X, "x"), (X // 1, "x"), (0 - X, "0 - x"),
        (X % 1, "x % 1"), (1 // X, "1 // x"), (0 * X, "0 * x"), (X * 0, "x * 0"), (X + 1, "x + 1"), (1 + X, "1 + x"),
        (X - 1, "x - 1"), (X // 2, "x // 2"), (7 % X, "7 % x"), (-X, "-x"), (-(X + 1), "-(x + 1)"),
        ((X + 1) * 2, "(x + 1) * 2"), (X - (X - 1), "x - (x - 1)"), (X + Sym(0, "z"), "x + z"),
        (Sym(1, "y") * X, "y * x"), (X * Sym(1, "y"), "x * y"), (X - -1, "x - (-1)"),
    ],
)  # fmt: skip
def test_what_changes_nothing_is_not_written(made: Sym, text: str) -> None:
    """`x + 0` is `x`; a symbol that happens to be 0 is another matter."""
    assert made.text == text and eval(text, {"x": 6, "y": 1, "z": 0}) == made


def test_floats_end_it() -> None:
    assert type(X * 0.5) is float and type(0.5 * X) is float and type(X + 0.5) is float
    text: Any = "a"
    for operation in (operator.add, operator.sub, operator.floordiv):
        with pytest.raises(TypeError):
            operation(X, text)


@pytest.mark.parametrize(
    ("text", "tight"),
    [("x", True), ("12", True), ("f(x)", True), ("x.y", True), ("x[0]", True), ("1.5", True), ("x + 1", False),
     ("-x", False), ("a if b else c", False)],
)  # fmt: skip
def test_brackets_where_they_are_needed(text: str, tight: bool) -> None:
    assert bracketed(text) == (text if tight else f"({text})")


def test_texts_of_values() -> None:
    assert text_of((X, 2)) == "(x, 2)" and text_of((X,)) == "(x,)" and text_of([X, 2]) == "[x, 2]"
    assert text_of("a\u00e9") == '"a\u00e9"' and text_of(True) == "True" and text_of(None) == "None"
    assert text_of(SymBool(True, "bias")) == "bias" and text_of(SymFloat(0.5, "p")) == "p"


def test_same_is_the_same_everywhere() -> None:
    assert same(X, Sym(9, "x")) and not same(X, 6) and not same(6, X) and not same(X, Sym(6, "y"))
    assert same(3, 3) and not same(3, 4) and same((X, 1), (X, 1)) and not same((X, 1), (6, 1))
    assert is_symbolic((1, (2, X))) and not is_symbolic((1, (2, 3))) and is_symbolic(SymBool(False, "f"))


def test_a_flag_is_its_value() -> None:
    on, off = SymBool(True, "a"), SymBool(False, "b")
    assert on and not off and on == True and on == SymBool(True, "c") and on != off and on != 1  # noqa: E712
    assert (hash(on), hash(off), repr(on), repr(off)) == (hash(True), hash(False), "True", "False")


def test_reals() -> None:
    made = real(X)
    assert isinstance(made, SymFloat) and (made, made.text) == (6.0, "float(x)")
    kept = SymFloat(0.5, "p")
    assert real(kept) is kept and type(real(3)) is float and not isinstance(real(3), SymFloat)


def test_arguments_of_a_call() -> None:
    assert changed(a=(1, 1), b=(2, 1), c=(X, 6), d=(X, X)) == {"b": 2, "c": X}
    assert square((3, 3)) == 3 and square((3, 4)) == (3, 4) and square((X, X)) is X and square((X, 6)) == (6, 6)
    made = function("F.f", 3, 4, stride=2)
    assert (made.template, dict(made.values)) == (
        "F.f({0}, {a0}, {a1}, stride={stride})",
        {"a0": 3, "a1": 4, "stride": 2},
    )
    assert function("F.f").template == "F.f({0})"
