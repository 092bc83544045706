"""The page of VS Code's preview, in Chromium, with answers of the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from archc.editor.preview import preview
from archc.editor.view import View
from archc.editor.workspace import Workspace

PAGE = Path(__file__).resolve().parents[2] / "editors" / "vscode" / "preview.html"
TEXT = """block Unit(c) {
  add { Conv(c) - BN - ReLU - Conv(c) - BN | in } - ReLU
}

model tiny {
  input 3x32x32
  stem: Conv(16) - ReLU - body: Unit(16) - GAPool - fc: FC(10) - SM
}
"""


def answer(offset: int) -> dict[str, object]:
    texts = Workspace()
    texts.put("tiny.arch", TEXT)
    analysis = texts.analysis("tiny.arch")
    for member in list(analysis.waiting()):
        analysis.add(analysis.check(member))
    found = preview(View(analysis), offset)
    assert found is not None
    words = {path: TEXT[span.start : span.end] for path, span in found.places.items()}
    problems: list[object] = []
    return {
        "svg": found.svg, "counts": found.counts, "member": found.member, "at": list(found.at), "stale": False,
        "problems": problems, "words": words,
    }  # fmt: skip


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 600, "height": 700})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.add_init_script(
        "window.posted = []; window.acquireVsCodeApi = () => ({ postMessage: said => window.posted.push(said) });"
    )
    opened.goto(PAGE.as_uri())
    yield opened
    context.close()
    assert said == []


def tell(page: Page, message: dict[str, object]) -> None:
    page.evaluate(f"window.postMessage({json.dumps(message)})")


def test_the_box_at_the_cursor_is_marked_and_a_click_selects_its_term(page: Page) -> None:
    message = answer(TEXT.index("Conv(16)") + 2)
    assert message["at"] == ["stem"]
    words = message["words"]
    assert isinstance(words, dict) and words["body"] == "body: Unit(16)" and words["stem"] == "stem: Conv(16)"
    tell(page, message)
    expect(page.locator("#counts")).to_contain_text("MACs")
    expect(page.locator("#paper .here")).to_have_attribute("id", "stem")
    page.locator("#paper [id=fc]").click()
    page.wait_for_function("window.posted.some(said => said.select === 'fc')")
    tell(page, answer(TEXT.index("GAPool - fc: FC") + len("GAPool - fc: F")))
    expect(page.locator("#paper .here")).to_have_attribute("id", "fc")


def test_in_a_block_the_box_of_its_call_is_marked(page: Page) -> None:
    message = answer(TEXT.index("Conv(c) - BN |"))
    at = message["at"]
    assert isinstance(at, list) and at[0] == "body.conv2"
    tell(page, answer(TEXT.index("Unit(16)") + 1))
    expect(page.locator("#paper .here")).to_have_attribute("id", "body")


def test_problems_are_text_and_the_old_figure_stays(page: Page) -> None:
    tell(page, answer(0))
    wrong = {"severity": "error", "text": "3: <img src=x onerror=alert(1)>"}
    tell(page, {"member": "", "counts": "", "at": [], "stale": True, "problems": [wrong]})
    expect(page.locator("#problems")).to_contain_text("onerror")
    expect(page.locator("#figure")).to_have_class("stale")
    expect(page.locator("#paper svg")).to_be_visible()
    assert page.locator("#problems img").count() == 0
