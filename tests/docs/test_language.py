"""Every example of the language reference is compiled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archc.diagnostics.core import Severity
from tests.support.specs import checked

PAGE = Path(__file__).parents[2] / "docs" / "language.md"
EXAMPLES = re.findall(r"```arch\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.strip().splitlines()[-2][:30] for e in EXAMPLES])
def test_example_checks_without_error(example: str) -> None:
    result = checked(example)
    assert [d.problem.message() for d in result.diagnostics if d.severity is Severity.ERROR] == []
    assert result.networks
