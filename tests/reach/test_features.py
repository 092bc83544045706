"""Each feature of the language has an executed example, errors, warnings, a true figure, and random networks."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

import archc
from archc.diagnostics.core import Diagnostic, Severity
from archc.targets.figure import figure, render
from tests.draw.many import wrong
from tests.reference.dense import dense_text
from tests.support.random_networks import edited_text, network_text
from tests.support.specs import checked, in_model

FEATURES = {f["name"]: f for f in tomllib.loads(Path(__file__).with_name("features.toml").read_text())["feature"]}
DOCS = Path(__file__).parents[2] / "docs"
SEEDS = 300
"""The random networks of each kind in which features are looked for; `tests/reference` compares as many."""
MISUSES = 3
"""The fewest misuses of a feature."""
OFTEN = 3
"""The fewest random networks with a feature."""

feature = pytest.mark.parametrize("name", FEATURES)


def spec(text: str) -> str:
    """A chain as a whole file."""
    whole = re.search(r"^(model|block) ", text, flags=re.M)
    return text + "\n" if whole else in_model(text, "3x16x16")


def said(text: str) -> list[Diagnostic]:
    """The errors and warnings about a text."""
    return [d for d in checked(text).diagnostics if d.severity is not Severity.NOTE]


@cache
def examples(page: str) -> str:
    """What the tests of a page execute: its blocks, or the terms in the tables of layers."""
    text = (DOCS / page).read_text(encoding="utf-8")
    pattern = r"^\| `(.*?)` \|" if page == "layers.md" else r"(?s)```arch\n(.*?)```"
    found = re.findall(pattern, text, flags=re.M)
    return "\n".join(found)


@cache
def random_networks() -> tuple[str, ...]:
    return tuple(draw(seed) for draw in (network_text, edited_text, dense_text) for seed in range(SEEDS))


@feature
def test_an_executed_example_has_it(name: str) -> None:
    of = FEATURES[name]
    assert re.search(of["example"], examples(of["page"]))


@feature
def test_misuse_is_an_error_with_a_place_and_a_way_out(name: str) -> None:
    misuses = FEATURES[name]["misuse"]
    assert len(misuses) >= MISUSES
    for wrong_, code, at, help_ in misuses:
        text = spec(wrong_)
        errors = [d for d in said(text) if d.severity is Severity.ERROR]
        assert [d.code for d in errors] == [code], (wrong_, [d.problem.message() for d in errors])
        (error,) = errors
        assert text[error.span.start : error.span.end] == at, wrong_
        assert help_ in error.help, (wrong_, error.help)
        assert error.help or error.label, wrong_


@feature
def test_what_can_be_misread_is_warned_of(name: str) -> None:
    for misread, code in FEATURES[name].get("misread", ()):
        assert code in [d.code for d in said(spec(misread))], misread


@feature
def test_its_figure_is_true_and_shows_it(name: str) -> None:
    of = FEATURES[name]
    text = spec(of["spec"])
    assert not [(d.code, d.problem.message()) for d in said(text)]
    assert not wrong(text)
    drawn = render(figure(archc.compile_text(text).network, "layer"), "svg").decode()
    assert all(shown in drawn for shown in of["shows"]), drawn


@feature
def test_random_networks_contain_it(name: str) -> None:
    for pattern in map(re.compile, FEATURES[name]["random"]):
        assert sum(pattern.search(text) is not None for text in random_networks()) >= OFTEN, pattern.pattern
