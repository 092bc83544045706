"""The report of a run in a browser: Korean names, desktop and phone, screen readers."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from archc.cli.main import cli
from tests.browser.accessibility import sideways, violations
from tests.browser.conftest import Opened
from tests.transfer.conftest import SPEC, base_weights, colours

NAMES = {"red": "빨강", "green": "초록", "blue": "파랑 (깊은 바다)"}
SQUEEZED = """() => [...document.querySelectorAll('th, td')].filter((cell) => {
  const words = document.createRange(); words.selectNodeContents(cell);
  return /^[a-z]+$/.test(cell.innerText) && new Set([...words.getClientRects()].map((r) => r.top)).size > 1;
}).length"""
"""Cells of a single word that takes several lines."""


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The report of a run with some misclassified images."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.arch").write_text(SPEC, encoding="utf-8")
    base_weights(Path("base.safetensors"))
    for english, korean in NAMES.items():
        colours(Path("images"), 10, (english,)).joinpath(english).rename(f"images/{korean}")
    words = ("--epochs", "2", "--batch", "8", "--device", "cpu", "--weights", "base.safetensors")
    made = CliRunner().invoke(cli, ["finetune", "tiny.arch:half", "--data", "images", *words, "-o", "run"])
    assert made.exit_code == 0, made.output
    return Path("run/report.html")


def test_a_report_in_korean(opened: Opened, report: Path) -> None:
    with opened(report) as page:
        for name in NAMES.values():
            expect(page.get_by_role("cell", name=name, exact=True).first).to_be_visible()
        assert page.locator("figcaption").count() > 0 and violations(page) == []
        assert page.evaluate(SQUEEZED) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_fits_a_phone(opened: Opened, report: Path, scheme: str) -> None:
    with opened(report, 390, scheme) as page:
        assert not sideways(page) and page.evaluate(SQUEEZED) == 0 and violations(page) == []
