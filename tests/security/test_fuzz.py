"""A short, deterministic fuzzing run; `make fuzz` is the long one."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import texts
from fuzz.guard import fault_of
from fuzz.targets import TARGETS

NAMES = st.sampled_from(("x", "y", "B", "m", "Conv", "ReLU", "BN", "FC", "MPool", "Chunk", "in", "c", "Concat"))
NUMBERS = st.sampled_from(("0", "1", "3", "8", "0.5", "-1", "2 ** 40", "1x3", "3x8x8"))
EXPRESSIONS = st.recursive(
    NUMBERS | NAMES | st.sampled_from(("true", "none", '"a{c}"', "in.channels", "half")),
    lambda e: (
        st.builds("({} {} {})".format, e, st.sampled_from(("+", "//", "**", "==", "and", "in")), e)
        | st.builds("[{}, {}]".format, e, e)
        | st.builds("({} if {} else {})".format, e, e, e)
        | st.builds("max({}, {})".format, e, e)
        | st.builds("{}[{}]".format, NAMES, e)
    ),
    max_leaves=6,
)
TERMS = st.recursive(
    NAMES
    | st.builds("{}({})".format, NAMES, EXPRESSIONS)
    | st.builds("{}({}, stride={})".format, NAMES, *[NUMBERS] * 2),
    lambda t: (
        st.builds("{} - {}".format, t, t)
        | st.builds("({})".format, t)
        | st.builds("[{}]x{}".format, t, st.sampled_from("023"))
        | st.builds("{} {{ {} | {} }}".format, st.sampled_from(("add", "concat", "mul")), t, t)
        | st.builds("{}: ({})".format, NAMES, t)
        | st.builds("({}) if ({})".format, t, EXPRESSIONS)
        | st.builds("for i in {} {{ {} }}".format, EXPRESSIONS, t)
    ),
    max_leaves=8,
)
STATEMENTS = (
    st.builds("{} = {}".format, NAMES, TERMS)
    | st.builds("let c = {}".format, EXPRESSIONS)
    | st.builds("x, y = {}".format, TERMS)
    | st.builds("return {}, {}".format, TERMS, TERMS)
    | st.builds("if {} {{ {} }} else {{ {} }}".format, EXPRESSIONS, TERMS, TERMS)
    | TERMS
)
BODIES = st.lists(STATEMENTS, max_size=3).map("\n  ".join)
SPECS = st.builds(
    "{}{}{}model m(c={}) {{\n  input 3x8x8\n  {}\n}}\n".format,
    st.sampled_from(("", "let c = 4\n", "default Conv(bias=false)\n", "fn f(x) = x * 2\n")),
    st.just("") | st.builds("block B(c=4) {{\n  {}\n}}\n".format, BODIES),
    st.just("") | st.builds("macro x(c=4) = {}\n".format, TERMS),
    EXPRESSIONS,
    BODIES,
)


@pytest.mark.parametrize("name", TARGETS)
@given(SPECS)
@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_texts_of_the_grammar(name: str, text: str) -> None:
    fault = fault_of(TARGETS[name], text)
    if fault is not None:
        raise fault


FOUND = (
    "Conv-Pool-[SM-ReLU]x3-Incept-APool-FC-FC(Conv)",
    "FC(10, Input)",
    'model m {\n  input 3x8x8\n  Conv(8)\n}\nvariant v = m {\n  freeze "b{i}"\n}\n',
    'from "x{1}" use A\n',
    'model m {\n  input 3x8x8\n  let s = "a\nb{1}"\n  Conv(8) if (s == "")\n}\n',
    "model m(c=4) {\n  input 4x8x8\n  let n = c * 2\n  Conv(n) - Conv(n + c)\n}\n",
)
"""Inputs found by fuzzing, whose faults have been corrected."""


@pytest.mark.parametrize("text", FOUND)
def test_what_was_found(text: str) -> None:
    for target in TARGETS.values():
        target(text)


@pytest.mark.parametrize("name", TARGETS)
def test_texts_made_of_numbers(name: str) -> None:
    for seed in range(60):
        if (fault := fault_of(TARGETS[name], texts.text_for(name, seed))) is not None:
            raise AssertionError(f"seed {seed}") from fault
