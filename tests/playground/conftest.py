"""The built playground, and a server for it. If it is not built, or node is missing, tests are skipped by name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.browser.conftest import browser as browser

ROOT = Path(__file__).resolve().parents[2] / "playground"


@pytest.fixture(scope="session")
def dist() -> Path:
    """The folder that `make playground` builds."""
    found = ROOT / "dist"
    if not (found / "main.js").exists():
        pytest.skip("the playground is not built: make playground")
    return found


@pytest.fixture(scope="session")
def node() -> str:
    """The command for node."""
    if (found := shutil.which("node")) is None:
        pytest.skip("there is no node")
    return found


class Quiet(SimpleHTTPRequestHandler):
    """A static file server without a log."""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="session")
def address(dist: Path) -> Iterator[str]:
    """The address of the playground, in a subfolder of the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(dist.parent)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/dist/"
    server.shutdown()
    server.server_close()
