"""Every command in the README and in `docs/` prints what the page shows."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCUMENTS, PAGES, ROOT, rewritten


@pytest.mark.parametrize("page", PAGES, ids=[p.stem for p in PAGES])
def test_commands_print_what_the_page_shows(page: Path) -> None:
    """To renew: `python -m tests.docs.pages`."""
    assert rewritten(page) == page.read_text(encoding="utf-8")


def test_the_readme_has_commands() -> None:
    assert ROOT / "README.md" in PAGES


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda p: p.stem)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`(?!\])", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    "page", [p for p in DOCUMENTS if ">>> " in p.read_text(encoding="utf-8")], ids=lambda p: p.stem
)
def test_python_examples_give_what_the_page_shows(page: Path) -> None:
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert tried and not failed
