"""The first ten minutes of a new user in the playground, in Chromium, with the widths of a desktop and a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import archc

PATIENCE = 60_000
"""Milliseconds; a busy machine may need them to start."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, address: str, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 800}, has_touch=True)
    yield from opened(context, address)


def opened(context: BrowserContext, address: str) -> Iterator[Page]:
    """A page that has answered. Console output, or a request to another machine, fails the test."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request",
        lambda request: said.append(request.url) if not request.url.startswith((address, "data:", "blob:")) else None,
    )
    page.goto(address)
    page.wait_for_selector("body[data-answered]", timeout=PATIENCE)
    yield page
    context.close()
    assert said == []


def show(page: Page, tab: str) -> None:
    if page.locator(f"#tab-{tab}").is_visible():
        page.click(f"#tab-{tab}")


def write(page: Page, words: str) -> None:
    show(page, "text")
    page.click(".cm-content >> nth=0")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(words)


def line(page: Page, number: int) -> str:
    """A line of the text, without the hints in it."""
    script = """line => [line].map(function words(node) {
        if (node.classList?.contains('cm-archc-hint')) return '';
        return node.childNodes.length ? [...node.childNodes].map(words).join('') : node.textContent;
    })[0]"""
    found: str = page.locator(f"#text .cm-line >> nth={number}").evaluate(script)
    return found


def test_ten_minutes(page: Page) -> None:
    expect(page.locator("#counts")).to_contain_text("8.76 M parameters")

    # The lecture's line, and what archc chose.
    write(page, LECTURE.replace("Poool", "Pool"))
    expect(page.locator(".problem.note")).to_have_count(5)
    expect(page.locator(".problem.note").first).to_contain_text("channels of Conv is taken to be 64")
    page.click(".problem.note .code >> nth=0")
    expect(page.locator("dialog")).to_contain_text("N0401")
    expect(page.locator("dialog em")).to_have_text("note")
    expect(page.locator("dialog")).not_to_contain_text("All problems")
    page.keyboard.press("Escape")

    # A mistake, and the way out of it.
    write(page, LECTURE)
    expect(page.locator(".problem").first).to_contain_text("there is no layer, block or tensor Poool")
    page.click(".problem.error .fix >> nth=0")
    expect(page.locator(".problem.error")).to_have_count(0)
    assert line(page, 2) == "  Conv-Pool-Conv- Pool-Conv-FC-FC(SM)"

    # The figure: a click on a box selects its term.
    show(page, "figure")
    page.locator("#paper g[id]", has_text="FC 512").first.click()
    show(page, "text")
    expect(page.locator("#name")).to_have_text("lenet")
    expect(page.locator("#text .cm-selectionBackground")).to_have_count(1)
    show(page, "counts")
    right = archc.compile_text(LECTURE.replace("Poool", "Pool")).count()
    expect(page.locator("#counts-pane tr").last).to_contain_text(f"{right.params:,}")
    show(page, "code")
    expect(page.locator("#code")).to_contain_text("class Lenet(nn.Sequential)")


LECTURE = "model lenet {\n  input 1x32x32\n  Conv-Pool-Conv- Poool-Conv-FC-FC(SM)\n}\n"
TINY = "model tiny {\n  input 3x32x32\n  stem: Conv(16, stride=2) - ReLU - GAPool - fc: FC(10) - SM\n}\n"


def test_a_bare_line_has_an_input(page: Page) -> None:
    write(page, "Conv-Pool-Conv- Pool-Conv-FC-FC(SM)")
    expect(page.locator("#counts")).to_contain_text("412 M parameters")
    page.fill("#input", "1 x 32 x 32")
    page.press("#input", "Enter")
    expect(page.locator("#counts")).to_contain_text("8.76 M parameters")
    page.wait_for_url("**input=1x32x32")


def test_figure_and_code_are_those_of_the_command(page: Page) -> None:
    write(page, TINY)
    expect(page.locator("#name")).to_have_text("tiny")
    model = archc.compile_text(TINY, name="net.arch")
    show(page, "figure")
    expect(page.locator("#paper")).to_contain_text("FC 10")
    with page.expect_download() as saved:
        page.click("#save")
    assert saved.value.path().read_bytes() == model.draw().to("svg")
    show(page, "code")
    expect(page.locator("#code")).to_contain_text("class Tiny")
    with page.expect_download() as saved:
        page.click("#save-code")
    assert saved.value.path().read_text(encoding="utf-8") == model.source()


def test_a_quiz_is_checked(page: Page) -> None:
    write(page, TINY)
    expect(page.locator("#name")).to_have_text("tiny")
    show(page, "quiz")
    output, params = page.get_by_label("output of 1", exact=True), page.get_by_label("parameters of 1", exact=True)
    output.fill("16x16x15")
    output.press("Enter")
    expect(output).to_have_class("wrong")
    output.fill("16 × 16 × 16")
    output.press("Enter")
    expect(output).to_have_class("right")
    params.fill("448")
    params.press("Enter")
    expect(params).to_have_class("right")
    expect(page.locator("#quiz-pane tbody tr").first).to_contain_text("3·3·3·16 + 16 = 448")
    page.get_by_label("show the answers of 4").click()
    expect(page.get_by_label("parameters of 4", exact=True)).to_have_value("170")


def test_the_lecture_is_stepped_through(page: Page) -> None:
    show(page, "figure")
    page.click("#lecture")
    seen = []
    for number in range(11):
        expect(page.locator("#lesson-number")).to_have_text(f"{number + 1} of 11")
        expect(page.locator("#counts")).to_contain_text("MACs")
        seen.append(page.inner_text("#lesson-title"))
        if number < 10:
            page.click("#next")
    assert seen[0] == "LeNet" and seen[4] == "ResNet" and seen[10] == "ShuffleNet"
    assert page.locator("#next").is_disabled()
    page.click("#published")
    expect(page.locator("#name")).to_have_text("shufflenet_v1_g1")


def test_a_link_brings_the_text(page: Page, address: str) -> None:
    write(page, TINY.replace("tiny", "größer"))
    expect(page.locator(".problem.error").first).to_be_visible()
    page.wait_for_url("**#text=*")
    before = page.url
    write(page, TINY + "# 끝 🙂\n")
    page.wait_for_url(lambda url: url != before)
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator("#name")).to_have_text("tiny")
    assert line(page, 4) == "# 끝 🙂"
    page.goto(f"{address}#spec=vgg")
    expect(page.locator("#name")).to_have_text("vgg11")


def test_hover_completion_and_format(page: Page) -> None:
    write(page, "# 🙂\nmodel tiny {\n  input 3x32x32\n  Conv(16)-ReLU-GAPool-FC(10)\n}\n")
    expect(page.locator("#name")).to_have_text("tiny")
    page.locator("#text .cm-line >> nth=3").get_by_text("GAPool").hover()
    expect(page.locator(".cm-tooltip")).to_contain_text("In tiny: 16x32x32 → 16x1x1")
    page.click("#format")
    page.wait_for_timeout(300)
    assert line(page, 3) == "  Conv(16) - ReLU - GAPool - FC(10)"
    page.click(".cm-content >> nth=0")
    page.keyboard.press("Control+End")
    page.keyboard.type("block B { Conv(8, str")
    page.keyboard.press("Control+Space")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("stride")
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    expect(page.locator("#text .cm-line >> nth=5")).to_contain_text("stride=")
