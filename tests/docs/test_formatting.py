"""docs/formatting.md and docs/repairs.md show the actual results."""

from __future__ import annotations

import re
from pathlib import Path

from archc.analysis.repair.search import with_repairs
from archc.diagnostics.render import render
from archc.pipeline import check
from tests.repair.broken import CASES
from tests.support.specs import load
from tests.syntax.test_format import fmt

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = re.findall(r"```arch\n(.*?)```", (DOCS / "formatting.md").read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_examples_of_the_style() -> None:
    before, after, table = EXAMPLES
    assert fmt(before) == after
    assert fmt(after) == after
    assert fmt(table) == table


def test_the_repairs_of_the_wrong_name() -> None:
    case = CASES["the wrong name"]
    source = case.source()
    checked = with_repairs(check(source, load, case.member), source, load, case.member)
    text = render(checked.diagnostics, checked.sources)
    page = (DOCS / "repairs.md").read_text(encoding="utf-8")
    shown = [line for line in page.splitlines() if line.startswith(("error[", "   = "))]
    assert len(shown) == 3
    said = [_anywhere(line) for line in text.splitlines()]
    assert all(_anywhere(line) in said for line in shown)


def _anywhere(line: str) -> str:
    """A line without the places in the spec, which move."""
    return re.sub(r"\d+:\d+", "…", line)
