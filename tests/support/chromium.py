"""One Chromium for all tests of a process: Playwright's synchronous interface can be started once in a thread."""

from __future__ import annotations

import atexit
import shutil
from functools import cache

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright


@cache
def _playwright() -> Playwright:
    started = sync_playwright().start()
    atexit.register(started.stop)
    return started


@cache
def _launched() -> Browser | str:
    """Chromium: that of the machine, or else Playwright's; or the reason why there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        return _playwright().chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
    except Error as error:
        return str(error).splitlines()[0]


def chromium() -> Browser:
    """The browser; a test that needs it is skipped if there is none."""
    found = _launched()
    if isinstance(found, str):
        pytest.skip(f"there is no chromium: {found}")
    return found
