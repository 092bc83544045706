"""Sizes that are formulas: every operation gives the formula of its number, and questions are noted."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.network.polynomial import NotSymbolic, Polynomial, Questions, Size, formula
from archc.network.window import slide, slide_ceil

OPERATIONS: tuple[Callable[[int, int], int], ...] = (operator.add, operator.sub, operator.mul)


@st.composite
def computations(draw: st.DrawFn, depth: int = 3) -> Callable[[int, int], int]:
    """Functions of two sizes, made of what shape rules do."""
    if depth == 0:
        number = draw(st.integers(-9, 9))
        kinds: list[Callable[[int, int], int]] = [lambda h, w: h, lambda h, w: w, lambda h, w: number]
        return draw(st.sampled_from(kinds))
    left = draw(computations(depth=depth - 1))
    match draw(st.integers(0, 4)):
        case 0:
            by = draw(st.integers(1, 7))
            return lambda h, w: left(h, w) // by
        case 1:
            by = draw(st.integers(1, 7))
            return lambda h, w: left(h, w) % by
        case 2:
            reach, stride, pad = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(0, 3))
            return lambda h, w: slide(left(h, w), reach, stride, pad)
        case _:
            right = draw(computations(depth=depth - 1))
            operation = draw(st.sampled_from(OPERATIONS))
            return lambda h, w: operation(left(h, w), right(h, w))


def sizes(h: int, w: int, questions: Questions) -> tuple[Size, Size]:
    return Size(h, Polynomial.unknown("H"), questions), Size(w, Polynomial.unknown("W"), questions)


@given(computations(), st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), min_size=2, max_size=8))
def test_a_formula_gives_the_number_of_every_size(
    compute: Callable[[int, int], int], choices: list[tuple[int, int]]
) -> None:
    made = compute(*sizes(*choices[0], Questions()))
    assert int(made) == compute(*choices[0])
    for h, w in choices:
        expected = compute(h, w)
        assert formula(made).value({"H": h, "W": w}) == expected
        assert eval(formula(made).text, {"H": h, "W": w}) == expected


@given(st.integers(1, 300), st.integers(1, 9), st.integers(1, 4), st.integers(0, 4), st.integers(1, 300))
def test_conditions_say_where_an_answer_stays(size: int, reach: int, stride: int, pad: int, other: int) -> None:
    """`ceil_mode` asks a question; where the conditions hold, the formula is right."""
    questions = Questions()
    h, _ = sizes(size, 1, questions)
    made = slide_ceil(h, reach, stride, pad)
    assert int(made) == slide_ceil(size, reach, stride, pad)
    if all(c.holds({"H": other}) for c in questions.noted):
        assert formula(made).value({"H": other}) == slide_ceil(other, reach, stride, pad)


@given(computations(), computations(), st.integers(1, 99), st.integers(1, 99))
def test_what_is_not_noted_holds_everywhere(
    one: Callable[[int, int], int], two: Callable[[int, int], int], h: int, w: int
) -> None:
    questions = Questions()
    answer = one(*sizes(50, 41, questions)) <= two(*sizes(50, 41, questions))
    if not questions.noted:
        assert answer == (one(h, w) <= two(h, w))


def test_floors_of_floors_become_one() -> None:
    h, _ = sizes(224, 1, Questions())
    size: int = h
    for _ in range(5):
        size = slide(size, 3, 2, 1)
    assert formula(size).text == "((H + 31)//32)"
    assert formula(h * 2 // 2).text == "H"
    assert formula(slide(h, 3, 1, 1)).text == "H"


def test_where_everything_divides_the_floors_are_gone() -> None:
    h, w = sizes(224, 224, Questions())
    area = ((h + 1) // 2) * ((w + 1) // 2) * 3 + 5
    smooth = formula(area).smooth()
    assert smooth is not None and {k: str(v) for k, v in smooth.items()} == {("H", "W"): "3/4", (): "5"}


def test_what_has_no_formula_is_refused() -> None:
    h, w = sizes(224, 224, Questions())
    for wrong in (lambda: h / 2, lambda: 8 // h, lambda: h // w, lambda: h * 0.5, lambda: float(h), lambda: round(h)):
        with pytest.raises(NotSymbolic):
            wrong()
