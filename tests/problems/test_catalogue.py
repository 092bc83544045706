"""The catalogue of problems: unique codes, words, examples that are executed, and a page for each."""

from __future__ import annotations

import re

import pytest

from archc.diagnostics.core import Problem, Severity
from archc.diagnostics.problems.catalogue import catalogue
from tests.problems.examples import checked, run
from tests.problems.pages import FOLDER, pages

KINDS = tuple(catalogue().values())
LETTERS = {Severity.ERROR: "E", Severity.WARNING: "W", Severity.NOTE: "N"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.code)
def test_code_and_words(kind: type[Problem]) -> None:
    assert re.fullmatch(r"[EWN]\d{4}", kind.code)
    assert kind.code[0] == LETTERS[kind.severity]
    assert kind.__doc__ and kind.__doc__ != Problem.__doc__
    assert kind.title and len(kind.title) <= 50 and not kind.title.endswith(".")


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.code)
def test_examples(kind: type[Problem]) -> None:
    """The wrong example gives this code once and no other error; the right one has no diagnostics."""
    if kind.setting is not None:
        status, said = run(kind.setting, kind.setting.wrong)
        word = kind.severity.value  # a note comes beside the error that it is about
        assert status and set(re.findall(rf"{word}\[(\w+)\]", said)) == {kind.code}, said
        status, said = run(kind.setting, kind.setting.right)
        assert not status and "error" not in said, said
        return
    assert kind.wrong and kind.right, f"{kind.code} has no example"
    wrong = checked(kind, kind.wrong).diagnostics
    assert {d.code for d in wrong if d.severity is kind.severity} == {kind.code}
    assert kind.severity is Severity.ERROR or not [d for d in wrong if d.severity is Severity.ERROR]
    right = checked(kind, kind.right).diagnostics
    assert kind.code not in {d.code for d in right}
    assert not [d for d in right if d.severity is Severity.ERROR]


def test_pages() -> None:
    """Each problem has an up-to-date page, and there are no other pages."""
    found = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}
    stale = "run `python -m tests.problems.pages` and review the diff"
    assert sorted(found) == sorted(pages()), stale
    for name, text in pages().items():
        assert found[name] == text, f"{name}: {stale}"
