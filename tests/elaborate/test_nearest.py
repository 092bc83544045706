"""Suggestions for mistyped names."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.diagnostics.words.near import nearest, nearest_argument, slips
from archc.resolve.naming import is_reserved


@cache
def distance(a: str, b: str) -> int:
    """The optimal string alignment distance by its recursive definition (Damerau 1964)."""
    if not a or not b:
        return len(a) + len(b)
    ways = [distance(a[:-1], b) + 1, distance(a, b[:-1]) + 1, distance(a[:-1], b[:-1]) + (a[-1] != b[-1])]
    if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
        ways.append(distance(a[:-2], b[:-2]) + 1)
    return min(ways)


WORDS = st.text("abc", max_size=6)


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(WORDS, WORDS)
def test_slips_are_those_of_the_definition(a: str, b: str) -> None:
    assert slips(a, b) == distance(a, b) == slips(b, a)


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("Convv", ("Conv", "DWConv", "BN"), "Conv"),
        ("conv", ("Conv", "BN"), "Conv"),
        ("Relu", ("ReLU", "GELU"), "ReLU"),
        ("widht", ("width", "weight"), "width"),
        ("ab", ("ba", "cd"), ""),  # no suggestions for a word of two letters
        ("stirde", ("stride", "string"), "stride"),
        ("zzz", ("Conv", "BN"), ""),
        ("", ("Conv",), ""),
        ("Conv", (), ""),
        ("GAPol", ("GAPool", "APool"), "GAPool"),
        ("bat", ("cat", "hat"), ""),  # two are equally near
        ("hats", ("hat", "cat"), "hat"),
    ],
)
def test_the_nearest_name(name: str, known: tuple[str, ...], expected: str) -> None:
    assert nearest(name, known) == expected == nearest(name, tuple(reversed(known)))


def test_a_tie_suggests_nothing() -> None:
    """Of two equally near names, neither is suggested; nor is one that differs only in digits."""
    for a, b in (("stagea", "stageb"), ("blocka", "blockb")):
        name = a[:-1] + "c"
        assert nearest(name, (a, b)) == "" and nearest(name, (a,)) == a and nearest(name, (b,)) == b
    assert nearest("unitc", ("unit1",)) == nearest("unit3", ("unit1",)) == ""


def test_how_long_a_name_may_be_to_be_compared() -> None:
    assert nearest("a" * 100, ("a" * 99 + "b",)) == "a" * 99 + "b" and nearest("a" * 101, ("a" * 100,)) == ""
    assert nearest("a" * 100, ("a" * 101,)) == "" and nearest("a" * 99, ("a" * 100,)) == "a" * 100


@pytest.mark.parametrize(
    ("name", "reserved"),
    [
        ("in_", True),
        ("in_2", True),
        ("in_x", False),
        ("in_2x", False),
        ("inner", False),
        ("__x", True),
        ("_x", False),
        ("class", True),
        ("None", True),
        ("F", True),
        ("f", False),
        ("self", True),
        ("selfish", False),
        ("range", True),
        ("in", True),
    ],
)
def test_names_that_emitted_code_needs(name: str, reserved: bool) -> None:
    assert is_reserved(name) is reserved


@pytest.mark.parametrize(
    ("name", "known", "wanted"),
    [
        ("pd", ("kernel", "stride", "pad"), "pad"),
        ("ps", ("pad", "kernel"), ""),
        ("pd", ("pad", "pod"), ""),
        ("strid", ("kernel", "stride", "pad"), "stride"),
    ],
)
def test_an_argument_of_two_letters_may_lack_one(name: str, known: tuple[str, ...], wanted: str) -> None:
    assert nearest_argument(name, known) == wanted
