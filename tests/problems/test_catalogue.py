"""The catalogue of problems: unique codes, words, and examples that are executed."""

from __future__ import annotations

import re

import pytest

from archc.diagnostics import Problem, Severity
from archc.problems.catalogue import catalogue
from tests.support.specs import checked

KINDS = tuple(catalogue().values())
LETTERS = {Severity.ERROR: "E", Severity.WARNING: "W", Severity.NOTE: "N"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.code)
def test_code_and_words(kind: type[Problem]) -> None:
    assert re.fullmatch(r"[EWN]\d{4}", kind.code)
    assert kind.code[0] == LETTERS[kind.severity]
    assert kind.__doc__ and kind.__doc__ != Problem.__doc__


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.code)
def test_examples(kind: type[Problem]) -> None:
    """The wrong example gives this code and no other error; the right one is clean."""
    if not kind.wrong:
        assert NEEDS_MORE_THAN_TEXT.get(kind.code), f"{kind.code} has no example"
        return
    said = {d.code for d in checked(kind.wrong).diagnostics if d.severity is kind.severity}
    assert said == {kind.code}
    right = {d.code for d in checked(kind.right).diagnostics}
    assert kind.code not in right
    assert not [d for d in checked(kind.right).diagnostics if d.severity is Severity.ERROR]


NEEDS_MORE_THAN_TEXT = {
    "E0111": "a cycle of imports needs a second file",
    "E0605": "it is about time, which no test should depend on",
    "E0606": "it needs hundreds of files",
    "E0701": "it is about a reference given on the command line",
    "E0702": "it is about a library that is not installed",
    "E0703": "it is about a reference given on the command line",
    "E0704": "it is about a reference that fails",
}
"""Codes without examples, and why a spec's text alone cannot show them."""
