"""The checks of arguments agree with the schemas that describe them, at the edge and one beyond."""

from __future__ import annotations

from typing import Any, get_args

import jsonschema
import pytest

from archc.diagnostics.problems.parameters import BadArgument
from archc.ir import arguments
from archc.ir.arguments import LARGEST, ArgumentCheck
from archc.ir.expr import Var
from archc.ir.op import Op
from archc.ir.sym import PathAnswers, Sym

TYPES: dict[str, ArgumentCheck] = {
    name: extra
    for name, hint in vars(arguments).items()
    for extra in getattr(hint, "__metadata__", ())
    if isinstance(extra, ArgumentCheck)
}
NUMBERS = (-2, -1, 0, 1, 2, 3, -0.5, 0.0, 0.5, 1.0, 1.5)
VALUES: tuple[Any, ...] = (
    *NUMBERS,
    True,
    False,
    None,
    "half",
    "row",
    "batch",
    "nearest",
    "bilinear",
    "ReLU",
    "",
    "2x",
    (),
    (0,),
    (1,),
    (0, 0),
    (1, 1),
    (0, 1),
    (1, 0),
    (-1, 1),
    (1, -1),
    (1, 2),
    (1, 2, 3),
    (1.5, 2),
    (1, True),
    ("a",),
    (0.5, 1),
    ((0,),),
    ((1,), (0, 2)),
    ((),),
    ((-1,),),
    (1, (0,)),
    ("half", "half"),
)


def accepted(kind: ArgumentCheck, value: object) -> bool:
    try:
        kind.check(value)
    except ValueError as error:
        assert str(error), "the message says what is wanted"
        return False
    return True


def plain(value: object) -> object:
    return [plain(v) for v in value] if isinstance(value, tuple) else value


def described(kind: ArgumentCheck, value: object) -> bool:
    """Whether the JSON schema accepts a value. 1.0 is an integer in JSON, but not in the language."""
    if isinstance(value, float) and value.is_integer() and '"number"' not in str(kind.schema).replace("'", '"'):
        return False
    return bool(jsonschema.Draft202012Validator(kind.schema).is_valid(plain(value)))


LOOSER = {
    ("Kind", ""), ("Kind", "2x"), ("Numbers", ()), ("Table", ()), ("Table", ((),)),
}  # fmt: skip
"""Where the schema takes what the check does not: it knows no names, and leaves empty lists out."""


@pytest.mark.parametrize("name", TYPES)
def test_a_check_and_its_schema_take_the_same(name: str) -> None:
    kind = TYPES[name]
    for value in VALUES:
        found = accepted(kind, value)
        if (name, value) in LOOSER:
            assert not found and described(kind, value)
        else:
            assert found == described(kind, value), (name, value)


def test_every_type_is_here() -> None:
    assert set(TYPES) == {
        "PositiveInt", "Whole", "Int", "End", "Size", "SizeOrNone", "Stride", "Pad0", "Pad", "PadMode", "Fraction",
        "Number", "Positive", "PositiveOrNone", "NotNegative",
        "Numbers", "Flag", "Sizes", "Table", "Kind", "Interpolation", "Mode", "Over", "Order", "Axis", "Word",
        "Sign", "NumberOrNumbers", "Pad0OrWord", "Approximation", "Margins", "Steps", "TwoNames", "Place",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("PositiveInt", 1),
        ("Whole", 0),
        ("End", 0),
        ("Size", 1),
        ("Stride", 1),
        ("Pad0", 0),
        ("Pad", 0),
        ("Int", -LARGEST),
        ("Margins", -LARGEST),
    ],
)
def test_whole_numbers_have_a_least_and_a_largest(name: str, least: int) -> None:
    """The maximum is that of the counters in PyTorch's kernels."""
    kind = TYPES[name]
    assert [accepted(kind, n) for n in (least - 1, least, LARGEST, LARGEST + 1)] == [False, True, True, False]
    assert LARGEST == 2**31 - 1


@pytest.mark.parametrize("name", ["Size", "Stride", "Pad0", "Pad", "Margins"])
def test_one_number_is_both(name: str) -> None:
    check = TYPES[name].check
    assert check(3) == (3, 3) and check((1, 7)) == check([1, 7]) == (1, 7)


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("Fraction", (0, 1, 0.0, 1.0), (-1e-9, 1 + 1e-9, float("nan"))),
        ("Positive", (1e-30, 1, 1e30), (0, 0.0, -1e-30, float("inf"), float("nan"))),
        ("Number", (-1e30, 0, 1e30), (float("inf"), -float("inf"), float("nan"))),
        ("Numbers", ((0,), [1, 2.5]), ((1, float("nan")), (True,))),
        ("Sizes", ((1,), [LARGEST]), ((1, 0), (LARGEST + 1,), "12")),
        ("Table", (((0, LARGEST),), None), (((0,), (-1,)), ((0, 1.5),))),
        ("Kind", ("ReLU", None), ("Re LU", 3)),
        ("Flag", (True, False), (0, 1, None, "true")),
        ("Word", ("image", ""), ("2x", "a b", None)),
        ("TwoNames", (("q", "k"), ["w", "b"]), (("q", "q"), ("q",), ("q", "k", "v"), ("q", "2k"), ("if", "q"))),
    ],
)  # fmt: skip
def test_edges(name: str, inside: tuple[Any, ...], outside: tuple[Any, ...]) -> None:
    assert [accepted(TYPES[name], v) for v in (*inside, *outside)] == [True] * len(inside) + [False] * len(outside)


def test_numbers_for_torch_are_floats() -> None:
    for name in ("Fraction", "Number", "Positive"):
        value = TYPES[name].check(1)
        assert type(value) is float and value == 1.0
        given = Sym(Var(name="q", type="float"), PathAnswers({}), "float")
        assert TYPES[name].check(given) is given
    assert TYPES["Numbers"].check([1, 2]) == (1.0, 2.0)


def test_what_carries_an_expression_keeps_it() -> None:
    number = Sym(Var(name="c", type="int"), PathAnswers({}))
    flag = Sym(Var(name="bias", type="bool"), PathAnswers({}), "bool")
    assert TYPES["PositiveInt"].check(number) is number
    assert TYPES["Size"].check(number) == (number, number)
    assert TYPES["Flag"].check(flag) is flag


class Sample(Op):
    """An op with a required and an optional argument."""

    width: arguments.PositiveInt
    p: arguments.Fraction = 0.5


def test_an_op_is_built_whole_or_not_at_all() -> None:
    assert Sample.build({"width": 3}) == Sample(width=3) == Sample(width=3, p=0.5)
    problems = Sample.build({"p": 2})
    assert isinstance(problems, tuple)
    assert [(p.name, p.value, p.wanted) for p in problems if isinstance(p, BadArgument)] == [
        ("width", None, "missing"),
        ("p", 2, "a number from 0 to 1"),
    ]
    with pytest.raises(ValueError, match="width"):
        Sample()  # type: ignore[call-arg]
    assert Sample.positional([1]) == ("width",) and Sample.positional([1, 2, 3]) == ("width", "p")


def test_an_argument_of_another_type_is_refused() -> None:
    class Wrong(Op):
        n: int

    with pytest.raises(AssertionError, match=r"archc\.ir\.arguments"):
        Wrong.build({"n": 1})


def test_types_are_the_annotations() -> None:
    assert get_args(arguments.Size)[0] == tuple[int, ...]


@pytest.mark.parametrize(
    ("name", "words"), [("Mode", '"row" or "batch"'), ("PadMode", '"zeros" or "reflect" or "replicate" or "circular"')]
)
def test_a_choice_of_words_names_them(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        TYPES[name].check("other")
