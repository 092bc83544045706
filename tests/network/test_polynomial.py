"""Sizes as formulas: every operation gives the right formula, and comparisons are recorded."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archc.ir.polynomial import NotSymbolic, Polynomial, Questions, SymbolicSize, formula
from archc.ir.window import slide, slide_ceil

OPERATIONS: tuple[Callable[[int, int], int], ...] = (operator.add, operator.sub, operator.mul)


@st.composite
def computations(draw: st.DrawFn, depth: int = 3) -> Callable[[int, int], int]:
    """Functions of two sizes, made of the operations of shape rules."""
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


STEADY = settings(derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The same inputs each time, however slow the machine."""


def sizes(h: int, w: int, questions: Questions) -> tuple[SymbolicSize, SymbolicSize]:
    return SymbolicSize(h, Polynomial.unknown("H"), questions), SymbolicSize(w, Polynomial.unknown("W"), questions)


@STEADY
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
    """`ceil_mode` makes a comparison; where the conditions hold, the formula is right."""
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


def test_texts_of_formulas() -> None:
    """Long products first, then by name; a number last."""
    h, w = sizes(224, 100, Questions())
    made: list[tuple[int, str]] = [
        (h + 0, "H"), (-h, "-H"), (h - w, "H - W"), (w - h, "-H + W"), (2 * h, "2*H"), (1 - h, "-H + 1"),
        (h * w - 3, "H*W - 3"), (w * h + h - 1, "H*W + H - 1"), (h * h, "H*H"), (h // 2, "(H//2)"),
        ((h + 1) // 2 * 3, "3*((H + 1)//2)"), (5 - h // 2, "-(H//2) + 5"), ((3 * h + 7) // 3, "H + 2"),
        ((5 * h) // 3, "H + (2*H//3)"), (h % 2, "-2*(H//2) + H"),
    ]  # fmt: skip
    for size, text in made:
        values = {"H": 224, "W": 100}
        assert eval(formula(size).text, values) == int(size)
        assert formula(size).value({"H": 9, "W": 4}) == eval(text, {"H": 9, "W": 4})
    assert formula(h - h).text == "0" and formula(h * w - 3).text == "H*W - 3" and formula(1 - h).text == "-H + 1"
    assert formula(h - w).text == "H - W" and formula(2 * h).text == "2*H" and formula(-h).text == "-H"
    assert not isinstance(h - h, SymbolicSize) and not isinstance(h * 0, SymbolicSize)


@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">="])
def test_a_question_is_answered_by_the_number_and_noted(sign: str) -> None:
    """The recorded condition holds for exactly the sizes with the same answer."""
    compare = {
        "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    }[sign]  # fmt: skip
    for size in (6, 7, 8):
        questions = Questions()
        h, _ = sizes(size, 1, questions)
        answer = compare(h, 7)
        assert answer == compare(size, 7)
        (noted,) = questions.noted
        for other in range(4, 11):
            assert noted.holds({"H": other}) == (compare(other, 7) == answer)
            assert eval(noted.text, {"H": other}) == noted.holds({"H": other})


def test_what_is_certain_is_not_noted() -> None:
    questions = Questions()
    h, w = sizes(9, 5, questions)
    assert (h == h) is True and (h != h) is False and (h + 1 > h) is True and (h - 1 >= h) is False
    assert (h // 2 * 2 <= h) is True and (h // 2 * 2 > h) is False and (h // 2 * 2 + 1 >= h) is True
    assert (h % 4 < 4) is True and (h % 4 >= 0) is True and (h % 4 == 5) is False and (h == "9") is False
    assert (h != "9") is True
    assert not questions.noted
    asked: tuple[Callable[[], bool], ...] = (
        lambda: h // 2 * 2 == h,
        lambda: h % 4 < 3,
        lambda: h % 4 > 0,
        lambda: h < w,
        lambda: bool(h),
    )
    for ask in asked:
        before = len(questions.noted)
        ask()
        assert len(questions.noted) == before + 1
    assert [c.text for c in questions.noted][-2:] == ["H >= W", "H != 0"]


@pytest.mark.parametrize("answer", [True, False])
def test_an_equality_that_cannot_be_told_may_be_supposed(answer: bool) -> None:
    questions = Questions(equal=answer)
    h, w = sizes(9, 9, questions)
    assert (h == w) is answer and (h != w) is not answer and questions.forced and not questions.noted
    assert (h >= w) is True and len(questions.noted) == 1
    questions = Questions(equal=answer)
    h, w = sizes(9, 9, questions)
    assert (h == h) is True and not questions.forced


def test_unknowns_and_floors_are_found_inside() -> None:
    h, w = sizes(224, 224, Questions())
    made = formula(((h * w + 1) // 3 + w) // 5 * h)
    assert made.unknowns == {"H", "W"} and formula((h * h) // 3 * ((w * w + 1) // 4)).floors == {3, 4}
    assert formula(h * 0 + 3).unknowns == frozenset() and formula(5).constant == 5 and formula(h).constant is None
    assert formula(0).constant == 0 and formula(0).text == "0"


@STEADY
@given(computations(), st.integers(1, 9), st.integers(1, 9))
def test_without_floors_it_is_right_where_all_divides(compute: Callable[[int, int], int], a: int, b: int) -> None:
    made = formula(compute(*sizes(224, 100, Questions())))
    smooth = made.smooth()
    if smooth is None:
        return
    multiple = 1
    for by in made.floors:
        multiple *= by
    values = {"H": a * multiple, "W": b * multiple}
    total = sum(share * math.prod(values[n] for n in names) for names, share in smooth.items())
    assert total == made.value(values)
    assert all(smooth.values())


def test_where_floors_cannot_go_it_is_told() -> None:
    h, w = sizes(224, 224, Questions())
    assert formula((h * w) // 3).smooth() is None and formula(((h + 1) // 2 + w) // 3).smooth() is None
