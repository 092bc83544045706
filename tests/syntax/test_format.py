"""Properties of the formatter: it keeps the meaning and the comments, and is idempotent."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from archc.diagnostics.core import Reporter
from archc.diagnostics.source import Source
from archc.syntax import tree
from archc.syntax.format.formatter import formatted
from archc.syntax.parser import parse
from archc.syntax.same import same
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from tests.support.specs import SPECS
from tests.support.trees import files, scrambled
from tests.support.written import written

SLOW = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def fmt(text: str) -> str:
    return formatted(Source("x.arch", text))


def read(text: str) -> tree.File:
    reporter = Reporter()
    file = parse(Source("x.arch", text), reporter)
    assert not reporter.diagnostics, [(d.problem.message(), text[d.span.start :][:40]) for d in reporter.diagnostics]
    return file


def comments(text: str) -> list[str]:
    """The comments in order: the text between tokens, without strings."""
    source = Source("x.arch", text)
    position, found = 0, []
    for token in [*scan(source, tables()), None]:
        end = token.span.start if token else len(text)
        found += [line[line.index("#") :].rstrip() for line in text[position:end].split("\n") if "#" in line]
        position = token.span.end if token else end
    return found


@settings(SLOW, max_examples=150)
@given(files)
def test_writing_is_the_inverse_of_parsing(file: tree.File) -> None:
    assert same(read(written(file)), file)


@settings(SLOW, max_examples=150)
@given(files, st.integers(0, 2**32))
def test_formatting_says_the_same_and_leaves_nothing_to_do(file: tree.File, seed: int) -> None:
    text = scrambled(written(file), Random(seed))
    reporter = Reporter()
    assume(same(parse(Source("x.arch", text), reporter), file) and not reporter.diagnostics)
    once = fmt(text)
    assert same(read(once), file)
    assert comments(once) == comments(text)
    assert fmt(once) == once


@pytest.mark.parametrize("spec", sorted(p.stem for p in SPECS.glob("*.arch")))
def test_the_shipped_specs_are_formatted(spec: str) -> None:
    text = (SPECS / f"{spec}.arch").read_text(encoding="utf-8")
    assert fmt(text) == text
    assert same(read(written(read(text))), read(text))
