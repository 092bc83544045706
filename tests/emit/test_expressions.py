"""Simplifying expressions keeps their value."""

from __future__ import annotations

import ast

import pytest
from archc.targets.pytorch.expressions import CannotEvaluate, Simplifier, evaluate, read, write

from archc.targets.pytorch.layout import laid_out, split


@pytest.mark.parametrize(
    ("text", "known", "wanted"),
    [
        ("planes * base // 64 * groups", {"base": 64, "groups": 1}, "planes"),
        ("planes * base // 64 * groups", {"base": 4, "groups": 32}, "planes * 4 // 64 * 32"),
        ("stride != 1 or in_.channels != out", {"stride": 1}, "in_.channels != out"),
        ("stride != 1 or in_.channels != out", {"stride": 2}, "True"),
        ("2 if i > 0 and k == 0 else 1", {"i": 0}, "1"),
        ("2 if i > 0 and k == 0 else 1", {"i": 3}, "2 if k == 0 else 1"),
        ("x != None", {}, "x is not None"),
        ("x + 3 + 4", {}, "x + 7"),
        ('f"layer{i + 1}"', {"i": 2}, '"layer3"'),
    ],
)
def test_simplify(text: str, known: dict[str, int], wanted: str) -> None:
    simplifier = Simplifier(lambda n: ast.Constant(known[n]) if n in known else None, {})
    assert write(simplifier.visit(read(text))) == wanted


@pytest.mark.parametrize("text", ["__import__('os')", "x.y", "1 / 0", "2 ** 10 ** 9", "unknown(3)", "(lambda: 0)()"])
def test_what_cannot_be_evaluated(text: str) -> None:
    with pytest.raises(CannotEvaluate):
        evaluate(read(text), {}, {})


def test_split_minds_brackets_and_strings() -> None:
    assert split('a, f(b, c), "d, e", [g, h]') == ["a", "f(b, c)", '"d, e"', "[g, h]"]


def test_a_long_call_opens_its_last_bracket() -> None:
    text = f"self.layer = nn.Sequential({', '.join(f'nn.Linear({i}, {i})' for i in range(100, 108))})"
    lines = laid_out(text, 8)
    assert lines[0] == "        self.layer = nn.Sequential("
    assert lines[1] == "            nn.Linear(100, 100),"
    assert lines[-1] == "        )"
