"""The page of `archc watch --open`, in Chromium, while its file is edited."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

SPEC = "model tiny(width=16) {\n  input 3x32x32\n  Conv(width) - ReLU - Conv(32) - GAPool - fc: FC(10) - SM\n}\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.arch"
    file.write_text(SPEC, encoding="utf-8")
    return file


@pytest.fixture
def page(browser: Browser, spec: Path) -> Iterator[Page]:
    """The page as the command serves it; what it writes to the console fails the test."""
    running = subprocess.Popen(
        [sys.executable, "-m", "archc", "watch", spec.name, "--open"],
        cwd=spec.parent, env={**os.environ, "BROWSER": "/bin/true"}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    said: list[str] = []
    with running:
        assert running.stdout is not None
        address = next(line.strip() for line in iter(running.stdout.readline, "") if line.startswith("http"))
        context = browser.new_context(viewport={"width": 1200, "height": 800})
        opened = context.new_page()
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.on("request", lambda r: None if r.url.startswith(address) else said.append(r.url))
        opened.goto(address)
        yield opened
        context.close()
        running.send_signal(signal.SIGINT)
    assert said == []


def test_it_follows_the_file_keeps_its_zoom_and_the_last_good_figure(page: Page, spec: Path) -> None:
    figure, problems = page.locator("#paper svg"), page.locator("#problems")
    expect(figure).to_contain_text("Conv 3×3, 16")
    expect(problems).to_be_hidden()
    page.get_by_label("larger").click()
    page.keyboard.press("Tab")
    before = page.locator("#paper").get_attribute("style")

    spec.write_text(SPEC.replace("Conv(width)", "Conv(wdth)"), encoding="utf-8")
    expect(problems).to_contain_text("there is no name `wdth`")
    expect(figure).to_contain_text("Conv 3×3, 16")
    expect(page.locator("#stale")).to_contain_text("there are errors now")

    spec.write_text(SPEC.replace("Conv(width)", "Conv(3 * width)"), encoding="utf-8")
    expect(figure).to_contain_text("Conv 3×3, 48")
    expect(problems).to_be_hidden()
    expect(page.locator("#stale")).to_be_hidden()
    assert page.locator("#paper").get_attribute("style") == before
    assert "parameters" in page.locator("#counts").inner_text()

    page.get_by_label("level").select_option("layer")
    expect(figure).to_contain_text("GAPool")


def test_what_a_spec_says_is_text_in_the_page(page: Page, spec: Path) -> None:
    spec.write_text(SPEC.replace("Conv(width)", "Conv(<img src=x onerror=alert(1)>)"), encoding="utf-8")
    expect(page.locator("#problems")).to_contain_text("onerror")
    assert page.locator("#problems img").count() == 0
