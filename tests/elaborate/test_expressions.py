"""Expressions of the language agree with Python's; limits at the edge and one beyond."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.diagnostics.core import Severity
from archc.pipeline import Options
from archc.support.limits import Limits
from tests.support.specs import checked, codes, in_model, network

checked("")  # raises the recursion limit, which hypothesis requires to be constant


def value(expression: str, before: str = "", limits: Limits | None = None) -> Any:
    """The value of an expression, or the code of its error and the text at its place."""
    text = f"{before}let v = {expression}\n" + in_model("ReLU if (v == v) else BN")
    result = checked(text, options=Options(limits=limits) if limits else Options())
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    if errors:
        return errors[0].code, text[errors[0].span.start : errors[0].span.end]
    return next(c.value for c in result.networks["m"].constants if c.name == "v")


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """Expressions that Python parses like the language."""
    if depth == 0:
        return draw(
            st.sampled_from(["0", "1", "2", "3", "7", "0.5", "2.5", "true", "false", "[1, 2]", "[]", "(3, [4, 5])"])
        )
    a, b, c = (draw(expressions(depth=depth - 1)) for _ in range(3))
    name = draw(st.sampled_from(["min", "max", "abs", "round", "floor", "ceil", "int", "len", "sum", "range", "zip"]))
    operator = draw(
        st.sampled_from(
            ["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!=", "and", "or", "in", "+", "-", "*"]
        )
    )
    return draw(
        st.sampled_from(
            [f"({a} {operator} {b})", f"(-{a})", f"(not {a})", f"({a} if {b} else {c})", f"[{a}, {b}]", f"{name}({a})",
             f"min({a}, {b})", f"max({a}, {b})", f"({a})[{b}]", f"({a} ** 2)", f"enumerate({a})"]
        )
    )  # fmt: skip


def in_python(expression: str) -> Any:
    """Python's value, with lists as tuples."""

    def tuples(v: Any) -> Any:
        return tuple(tuples(i) for i in v) if isinstance(v, list | tuple | range | zip | enumerate) else v

    names = {"floor": math.floor, "ceil": math.ceil, "true": True, "false": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # for example about a subscripted number
        return tuples(eval(expression, names))


@settings(max_examples=120, derandomize=True, database=None, deadline=None)
@given(expressions())
def test_values_are_python_s(expression: str) -> None:
    """If the language has a value, Python has the same; if Python has none, the language has none."""
    found = value(expression)
    try:
        expected = in_python(expression)
    except (TypeError, ValueError, ZeroDivisionError, IndexError, OverflowError):
        assert isinstance(found, tuple) and found[:1] in (("E0202",), ("E0203",)), expression
        return
    if isinstance(found, tuple) and found and isinstance(found[0], str):
        assert found[0] in ("E0202", "E0203", "E0603"), expression
        return
    assert found == expected and type(found) is type(expected), expression


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3 - 4", 3),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", -4),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("7 % 3", 1),
        ("7 / 2", 3.5),
        ("1 < 2", True),
        ("2 <= 2", True),
        ("2 > 2", False),
        ("2 >= 2", True),
        ("1 == 1.0", True),
        ("1 != 1", False),
        ("not 0", True),
        ("0 or 5", 5),
        ("3 or 5", 3),
        ("0 and 5", 0),
        ("3 and 5", 5),
        ("+3", 3),
        ("-(-3)", 3),
        ("2 in [1, 2]", True),
        ("3 in [1, 2]", False),
        ("[1] + [2]", (1, 2)),
        ("[1, 2] * 2", (1, 2, 1, 2)),
        ("[1, 2] * 0", ()),
        ("[4, 5, 6][0]", 4),
        ("[4, 5, 6][2]", 6),
        ("[4, 5, 6][-1]", 6),
        ("[4, 5, 6][-3]", 4),
        ("3x5", (3, 5)),
        ("min(3, 1, 2)", 1),
        ("max(3, 1, 2)", 3),
        ("sum([1, 2, 3])", 6),
        ("len([1, 2])", 2),
        ("abs(-3)", 3),
        ("int(2.9)", 2),
        ("round(2.5)", 2),
        ("floor(2.9)", 2),
        ("ceil(2.1)", 3),
        ("range(3)", (0, 1, 2)),
        ("range(1, 7, 3)", (1, 4)),
        ("enumerate([5, 6])", ((0, 5), (1, 6))),
        ("zip([1, 2], [3, 4, 5])", ((1, 3), (2, 4))),
        ('"a{1 + 1}b{0.5}"', "a2b0.5"),
        ("1 if [] else 2", 2),
        ("1 if [0] else 2", 1),
        ("none == none", True),
        ('"a" == "a"', True),
    ],
)
def test_what_expressions_come_to(expression: str, expected: Any) -> None:
    found = value(expression)
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    ("expression", "code", "at"),
    [
        ("1 // 0", "E0203", "0"),
        ("1 % (2 - 2)", "E0203", "(2 - 2)"),
        ("1 / 0.0", "E0203", "0.0"),
        ("[1, 2][2]", "E0203", "2"),
        ("[1, 2][-3]", "E0203", "-3"),
        ("[][0]", "E0203", "0"),
        ("(-1) ** 0.5", "E0203", "(-1) ** 0.5"),
        ("1 + [2]", "E0202", "[2]"),
        ("[2] - 1", "E0202", "[2]"),
        ("true + 1", "E0202", "true"),
        ("1 * false", "E0202", "false"),
        ("[1] * 2.0", "E0202", "[1]"),
        ("-true", "E0202", "true"),
        ("-[1]", "E0202", "[1]"),
        ("1 in 2", "E0202", "2"),
        ("3[0]", "E0202", "3"),
        ("[1][true]", "E0202", "true"),
        ("[1][0.5]", "E0202", "0.5"),
        ("Conv and 1", "E0202", "Conv"),
        ("not ReLU", "E0202", "ReLU"),
        ("len(3)", "E0202", "len(3)"),
        ("floor([1])", "E0202", "floor([1])"),
        ("min()", "E0202", "min()"),
        ("min([])", "E0203", "min([])"),
        ("range(1, 2, 0)", "E0203", "range(1, 2, 0)"),
        ("max(a=1)", "E0103", "a"),
        ("nope(1)", "E0101", "nope"),
        ("nope", "E0101", "nope"),
        ("1 + nope", "E0101", "nope"),
        ('"{[1]}"', "E0202", '"{[1]}"'),
        ("f(1, 2)", "E0104", "2"),
        ("f(m=1)", "E0103", "m"),
        ("f(1, n=2)", "E0106", "n=2"),
        ("f()", "E0105", "f()"),
    ],
)
def test_what_has_no_value_says_where(expression: str, code: str, at: str) -> None:
    assert value(expression, "fn f(n) = n\n") == (code, at)


def test_functions_of_a_spec() -> None:
    before = "let k = 10\nfn f(n, m=n + 1) = n * k + m\nfn even(n) = odd(n - 1) if n > 0 else true\n"
    before += "fn odd(n) = even(n - 1) if n > 0 else false\n"
    assert value("f(1)", before) == 12 and value("f(1, 5)", before) == 15 and value("f(m=5, n=2)", before) == 25
    assert value("even(4)", before) is True and value("even(5)", before) is False
    assert value("[f(1), f(2)]", before) == (12, 23)


# -- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "beyond"),
    [
        ("2 ** 127", "2 ** 128"), ("2 ** 127 * 1", "2 ** 127 * 2"), ("-(2 ** 127)", "-(2 ** 127) * 2"),
        ("3 ** 80", "3 ** 81"), ("(2 ** 127 - 1) + 2 ** 127", "2 ** 127 + 2 ** 127"), ("1 ** 10 ** 6", "2 ** 10 ** 6"),
        ("(-1) ** 10 ** 6", "(-2) ** 10 ** 6"), ("range(20_000)", "range(20_001)"), ("[0] * 20_000", "[0] * 20_001"),
        ("[[0] * 100] * 198", "[[0] * 100] * 199"), ("range(10_000) + range(10_000)", "range(10_000) + range(10_001)"),
    ],
)  # fmt: skip
def test_numbers_and_lists_at_their_limits(inside: str, beyond: str) -> None:
    """128 binary digits; 20,000 items, including those of nested lists."""
    assert not (isinstance(found := value(inside), tuple) and found[0] == "E0603")
    assert value(beyond)[0] == "E0603"


def test_how_deep_lists_go() -> None:
    deep = {n: "[" * n + "1" + "]" * n for n in (60, 61)}
    assert value(deep[60])[0] != "E0603" and value(deep[61])[0] == "E0603"


def test_how_long_texts_get() -> None:
    few = Limits(items=10)
    assert value('"{1234567890}"', limits=few) == "1234567890"
    assert value('"{1234567890}a"', limits=few) == ("E0603", '"{1234567890}a"')
    assert value("[1, 2, 3, 4, 5, 6, 7, 8, 9, 0]", limits=few) == (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)
    assert value("[1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]", limits=few)[0] == "E0603"
    assert value("[[1, 2, 3], [4, 5, 6], 7, 8]", limits=few) == ((1, 2, 3), (4, 5, 6), 7, 8)
    assert value("[[1, 2, 3], [4, 5, 6], 7, 8, 9]", limits=few)[0] == "E0603"


@pytest.mark.parametrize(("calls", "code"), [(59, None), (60, "E0602")])
def test_how_deep_functions_call(calls: int, code: str | None) -> None:
    found = value(f"f({calls})", "fn f(n) = f(n - 1) if n > 0 else 5\n")
    assert (found == 5) if code is None else (found[0] == code)


def steps_of(text: str) -> int:
    """The minimum number of steps for checking a spec."""
    low, high = 0, 4_000
    while low < high:
        middle = (low + high) // 2
        if "E0604" in codes(text, Options(limits=Limits(steps=middle))):
            low = middle + 1
        else:
            high = middle
    return low


B = "block B { ReLU - BN - ReLU }\nmacro M = ReLU - BN - ReLU\n"


@pytest.mark.parametrize(
    ("chain", "more", "steps"),
    [
        ("ReLU", "ReLU - ReLU", None),
        ("[ReLU]x2", "[ReLU]x3", None),
        ("B", "B - B", None),
        ("B - B", "B - B - B", None),
        ("M", "M - M", None),
        ("for i in [1] { ReLU }", "for i in [1, 2] { ReLU }", None),
    ],
)
def test_more_terms_are_more_steps(chain: str, more: str, steps: None) -> None:
    """A second block costs as much as the first, although it is copied."""
    one, two = steps_of(B + in_model(chain)), steps_of(B + in_model(more))
    term = steps_of(in_model("ReLU - ReLU")) - steps_of(in_model("ReLU"))
    assert term == 3, "a layer counts as one, and so does each tensor that it reads or makes"
    added = two - one
    if chain == "ReLU":
        assert added == term
    elif chain.startswith(("[", "for")):
        assert added == 6 + term, "a turn counts as six"
    else:
        read = chain == "M"  # a macro's text is read a second time, for its names
        assert added == 10 + 1 + 3 * term + read, "a call counts as ten, its own term, and those inside"


@pytest.mark.parametrize("body", ["ReLU - BN - ReLU", "[ReLU]x3", "B", "B - M", "add { ReLU | BN }"])
def test_layers_at_their_limit(body: str) -> None:
    """The maximum number of layers, including the input, is valid; one more is an error."""
    layers = len(network(B + in_model(body)).nodes)
    assert codes(B + in_model(body), Options(limits=Limits(layers=layers))) == []
    assert "E0601" in codes(B + in_model(body), Options(limits=Limits(layers=layers - 1)))


@pytest.mark.parametrize(
    ("body", "depth"), [("(((ReLU)))", 3), ("[[ReLU]x1]x1", 2), ("B - (B)", 2), ("add { add { ReLU | in } | in }", 2)]
)
def test_depth_at_its_limit(body: str, depth: int) -> None:
    found = [n for n in range(1, 9) if codes(B + in_model(body), Options(limits=Limits(depth=n))) == []]
    assert found and found == list(range(found[0], 9)) and found[0] >= depth
    assert set(codes(B + in_model(body), Options(limits=Limits(depth=found[0] - 1)))) == {"E0602"}


def test_a_bomb_is_seen_before_it_goes_off() -> None:
    """A lower bound for the layers of a repeat is computed first; beyond the limit, expansion does not begin."""
    for chain, layers in (
        ("[ReLU]x9", 9),
        ("[[ReLU]x3]x3", 9),
        ("[add { ReLU | ReLU }]x3", 9),
        ("[(ReLU - ReLU)]x4", 8),
        ("[[ReLU] x n]x3", 6),
    ):
        text = "model m {\n  input 3x8x8\n  let n = 2\n  " + chain + "\n}\n"
        assert codes(text, Options(limits=Limits(layers=layers + 1))) == [], chain
        assert codes(text, Options(limits=Limits(layers=layers))) == ["E0601"], chain
    slow = Options(limits=Limits(layers=100, steps=300))
    assert codes(in_model("[[ReLU]x99]x99"), slow) == ["E0601"]
