"""A real browser, for tests that need one. Without a browser, each of these tests is skipped by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page

from archc.cli.main import cli
from tests.support.chromium import chromium

Opened = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def browser() -> Browser:
    """The Chromium of this process."""
    return chromium()


@pytest.fixture
def opened(browser: Browser) -> Opened:
    """Opens a file; any console output or network request of its page fails the test."""

    @contextmanager
    def open_file(file: Path, width: int = 1280, scheme: str = "light") -> Iterator[Page]:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            has_touch=True,
        )
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
        page.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
        page.goto(file.resolve().as_uri())
        yield page
        context.close()
        assert said == []

    return open_file


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of two families."""
    root = tmp_path_factory.mktemp("gallery")
    result = CliRunner().invoke(cli, ["zoo", "lenet", "squeezenet", "-o", str(root), "--no-prove"])
    assert result.exit_code == 0, result.output
    return root
