"""Problems, hover, rename, call hierarchy and the figure beside the text in the installed extension.

`make test-editors` installs code-server and packages the extension; where either is missing, the tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser.conftest import browser as browser

ROOT = Path(__file__).resolve().parents[2]
SERVER = Path(os.environ.get("CODE_SERVER", ROOT / "build" / "code-server"))
VSIX = ROOT / "editors" / "vscode" / "archc.vsix"
RECORD = os.environ.get("RECORD")
SERVED = ["tests.vscode.record", RECORD] if RECORD else ["archc", "lsp"]
"""With RECORD=FILE, the messages of the editor are written there."""
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
TEXT = """block Unit(c) { Conv(c) - ReLU }

model tiny(classes=10) {
  input 3x8x8
  stem: Conv(4) - body: Unit(4) - GAPool - fc: FC(classes)
}
"""


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of code-server with the extension."""
    entry = SERVER / "node_modules" / "code-server" / "out" / "node" / "entry.js"
    node = shutil.which("node")
    if node is None or not entry.exists() or not VSIX.exists():
        pytest.skip("code-server or the extension is not there: make test-editors")
    home = tmp_path_factory.mktemp("code")
    user = home / "data" / "User"
    user.mkdir(parents=True)
    settings = {
        "archc.command": [sys.executable, "-m", *SERVED], "security.workspace.trust.enabled": False,
        "workbench.startupEditor": "none", "editor.hover.delay": 50, "files.autoSave": "off",
        "editor.quickSuggestions": False, "editor.suggestOnTriggerCharacters": False,
    }  # fmt: skip
    (user / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (home / "config.yaml").write_text("", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--config", str(home / "config.yaml"), "--user-data-dir", str(home / "data")]
    base = [node, str(entry), *where, "--extensions-dir", str(home / "extensions")]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*base, "--install-extension", str(VSIX)], check=True, capture_output=True, timeout=120, env=env)
    quiet = ["--auth", "none", "--bind-addr", f"127.0.0.1:{port}", "--disable-telemetry", "--disable-update-check"]
    running = subprocess.Popen([*base, *quiet], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    address = f"http://127.0.0.1:{port}"
    try:
        wait(address)
        yield address
    finally:
        running.terminate()
        running.wait(30)


def wait(address: str) -> None:
    end = monotonic() + PATIENCE / 1000
    while monotonic() < end:
        try:
            with urlopen(f"{address}/healthz", timeout=2):  # on this machine
                return
        except OSError:
            sleep(0.2)
    pytest.fail("code-server does not start")


@pytest.fixture
def page(code: str, tmp_path: Path, browser: Browser) -> Iterator[Page]:
    """The open spec, after the server has answered: counts are shown above it."""
    (tmp_path / "tiny.arch").write_text(TEXT, encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{code}/?folder={tmp_path}")
    page.get_by_role("treeitem", name="tiny.arch").dblclick()
    expect(page.locator(".codelens-decoration").first).to_contain_text("MACs")
    yield page
    context.close()


def word(page: Page, text: str, nth: int = 0) -> None:
    """Put the cursor into a word of the text."""
    page.locator(".view-line span span", has_text=text).nth(nth).click()


def lines(page: Page) -> str:
    """The visible text, without hints."""
    found: str = page.evaluate(
        """() => [...document.querySelectorAll('.editor-group-container .view-line')]
            .sort((a, b) => parseInt(a.style.top) - parseInt(b.style.top)).map(line => line.innerText).join('\\n')"""
    )
    return found.replace("\xa0", " ")


def test_a_mistake_is_underlined_and_mended(page: Page) -> None:
    expect(page.locator(".view-lines").first).to_contain_text("→ 4x8x8")
    word(page, "GAPool")
    page.keyboard.press("End")
    page.keyboard.type(" - Rleu")
    expect(page.locator(".squiggly-error")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".lightBulbWidget")).to_be_visible()
    page.keyboard.press("Control+.")
    expect(page.get_by_role("option", name="write `ReLU` for `Rleu`")).to_be_visible()
    page.keyboard.press("Enter")  # selects the preferred fix
    expect(page.locator(".squiggly-error")).to_have_count(0)
    expect(page.locator(".view-lines").first).to_contain_text("- ReLU")


def test_a_hover_tells_shapes(page: Page) -> None:
    page.locator(".view-line span span", has_text="GAPool").first.hover()
    hover = page.locator(".monaco-hover:visible")
    expect(hover.first).to_contain_text("In tiny: 4x8x8 → 4x1x1")


def test_a_label_is_renamed_and_the_map_of_keys_is_written(page: Page) -> None:
    word(page, "stem")
    page.keyboard.press("F2")
    page.locator(".rename-input").fill("first")
    page.keyboard.press("Enter")
    expect(page.locator(".view-lines").first).to_contain_text("first: Conv(4)")
    note = page.locator(".notification-toast", has_text="stem → first")
    note.get_by_role("button", name="Write tiny.keys.json").click()
    expect(page.get_by_role("treeitem", name="tiny.keys.json")).to_be_visible()
    expect(page.locator(".tab", has_text="tiny.keys.json")).to_be_visible()


def test_who_calls_whom(page: Page) -> None:
    word(page, "Unit")
    page.keyboard.press("F1")
    page.keyboard.type("Peek Call Hierarchy")
    page.keyboard.press("Enter")
    expect(page.locator(".peekview-widget .monaco-list-row", has_text="tiny")).to_have_count(1)


def test_the_figure_follows_and_a_click_selects(page: Page) -> None:
    page.get_by_role("button", name="Show Figure to the Side").click()
    figure = preview(page)
    expect(figure.locator("#counts")).to_contain_text("MACs")
    expect(figure.locator("#paper svg")).to_be_visible()
    word(page, "stem")
    expect(figure.locator("#paper .here")).to_have_attribute("id", "stem")
    figure.locator("#paper [id=fc]").click()
    expect(page.locator(".statusbar-item", has_text="selected")).to_contain_text("Ln 5")
    word(page, "GAPool")
    page.keyboard.press("End")
    page.keyboard.type(" - Cnov")
    expect(figure.locator("#problems .error")).to_contain_text("Cnov")
    expect(figure.locator("#paper svg")).to_be_visible()


def preview(page: Page) -> FrameLocator:
    return page.frame_locator("iframe.webview").frame_locator("iframe#active-frame")
