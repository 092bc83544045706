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

expect.set_options(timeout=30_000)
SPEC = "model tiny(width=16) {\n  input 3x32x32\n  Conv(width) - ReLU - Conv(32) - GAPool - fc: FC(10) - SM\n}\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.arch"
    file.write_text(SPEC, encoding="utf-8")
    return file


@pytest.fixture
def page(browser: Browser, spec: Path) -> Iterator[Page]:
    """The page as the command serves it; console output fails the test."""
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


def test_a_figure_that_fits_fits_beside_problems(page: Page, spec: Path) -> None:
    expect(page.locator("#paper svg")).to_contain_text("Conv 3×3, 16")
    spec.write_text(SPEC.replace("Conv(width)", "Conv(wdth)"), encoding="utf-8")
    expect(page.locator("#problems")).to_contain_text("there is no name `wdth`")
    page.wait_for_function("""() => {
        const paper = document.querySelector('#paper svg').getBoundingClientRect();
        const room = document.querySelector('#figure').getBoundingClientRect();
        return paper.right <= room.right + 1 && paper.bottom <= room.bottom + 1;
    }""")


@pytest.mark.parametrize("width", [1200, 390])
def test_what_is_marked_in_a_long_line_is_seen(page: Page, spec: Path, width: int) -> None:
    """Nothing has to be scrolled sideways, also after the window has become narrow."""
    page.set_viewport_size({"width": width, "height": 800})
    spec.write_text(SPEC.replace("Conv(width)", f"{'Conv(8) - ' * 20}Conv(wdth)"), encoding="utf-8")
    expect(page.locator("#problems")).to_contain_text("^^^^")
    page.wait_for_function("""() => [...document.querySelectorAll('#problems pre')].every(
        text => text.textContent.includes('^^^^') && text.scrollWidth <= text.clientWidth)""")


def test_what_a_spec_says_is_text_in_the_page(page: Page, spec: Path) -> None:
    spec.write_text(SPEC.replace("Conv(width)", "Conv(<img src=x onerror=alert(1)>)"), encoding="utf-8")
    expect(page.locator("#problems")).to_contain_text("onerror")
    assert page.locator("#problems img").count() == 0


PARTS = "block Unit(c) {\n  Conv(c) - ReLU\n}\n"
USER = 'from "parts.arch" use Unit\n\nmodel tiny {\n  input 3x32x32\n  Unit(16) - GAPool - fc: FC(10)\n}\n'


def saved_as_vim_does(file: Path, text: str) -> None:
    """A new file replaces the old one."""
    beside = file.with_name(f"{file.name}~new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, file)


def test_files_that_use_each_other_are_followed_when_they_go_and_come_back(page: Page, spec: Path) -> None:
    figure, problems = page.locator("#paper svg"), page.locator("#problems")
    saved_as_vim_does(spec, USER)
    expect(problems).to_contain_text("parts.arch")
    parts = spec.with_name("parts.arch")
    parts.write_text(PARTS, encoding="utf-8")
    expect(problems).to_be_hidden()
    expect(figure).to_contain_text("16")
    saved_as_vim_does(parts, PARTS.replace("Conv(c)", "Conv(2 * c)"))
    expect(figure).to_contain_text("32")
    parts.unlink()
    expect(problems).to_be_visible()
    expect(figure).to_contain_text("32")
    parts.write_text(PARTS.replace("Conv(c)", "Conv(3 * c)"), encoding="utf-8")
    expect(figure).to_contain_text("48")
    spec.unlink()
    expect(problems).to_contain_text("tiny.arch")
    expect(page.locator("#stale")).to_be_visible()
    saved_as_vim_does(spec, SPEC)
    expect(problems).to_be_hidden()
    expect(figure).to_contain_text("Conv 3×3, 32")


def test_a_file_of_twenty_variants_shows_the_one_that_is_chosen(page: Page, spec: Path) -> None:
    variants = "".join(f"variant v{n} = tiny(width={n}) {{}}\n" for n in range(1, 21))
    spec.write_text(SPEC + variants, encoding="utf-8")
    choice = page.get_by_label("network")
    expect(choice.locator("option")).to_have_count(20)
    choice.select_option("v17")
    expect(page.locator("#paper svg")).to_contain_text("Conv 3×3, 17")
    spec.write_text(SPEC.replace("Conv(32)", "Conv(33)") + variants, encoding="utf-8")
    expect(page.locator("#paper svg")).to_contain_text("Conv 3×3, 33")
    expect(page.locator("#paper svg")).to_contain_text("Conv 3×3, 17")
