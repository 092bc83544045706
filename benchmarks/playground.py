"""Time the answers of the built playground in Chromium during typing: `python -m benchmarks.playground`.

At places throughout a shipped spec, a letter is typed and deleted. The times are wall-clock times from the change to
the display of the problems of the text, and of the figure of the member at the cursor.
"""

from __future__ import annotations

import argparse
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from os import getloadavg
from pathlib import Path
from threading import Thread

from playwright.sync_api import Page, sync_playwright

from archc.zoo import find

DIST = Path(__file__).resolve().parents[1] / "playground" / "dist"
SPECS = ("vgg", "resnet", "mobilenet", "densenet", "efficientnet")


class Quiet(SimpleHTTPRequestHandler):
    """A static file server without a log."""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def main() -> None:
    """Print the median, the 95th percentile and the maximum of both times for each spec."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=40, metavar="N", help="places to type at in each spec")
    parser.add_argument("--specs", nargs="*", default=SPECS)
    chosen = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(DIST)))
    Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(120_000)
        for spec in chosen.specs:
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/#spec={spec}")
            page.reload()
            page.wait_for_selector("body[data-settled]")
            first, drawn = typed(page, find(spec).source.text.count("\n"), chosen.places)
            print(f"{spec:<14} first answer {told(first)}   with the figure {told(drawn)}   load {getloadavg()[0]:.1f}")
        browser.close()
    server.shutdown()


def typed(page: Page, lines: int, places: int) -> tuple[list[int], list[int]]:
    """The times for a letter typed at the ends of this many lines."""
    first, drawn = [], []
    page.click("#text .cm-content")
    page.keyboard.press("Control+Home")
    for _ in range(places):
        for _ in range(lines // places):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("End")
        for key in ("x", "Backspace"):
            page.keyboard.press(key)
            page.wait_for_selector("body:not([data-answered])")
            page.wait_for_selector("body[data-answered]")
            if key == "x":
                first.append(int(page.get_attribute("body", "data-told") or 0))
                drawn.append(int(page.get_attribute("body", "data-answered") or 0))
    return first, drawn


def told(some: list[int]) -> str:
    """The statistics of times."""
    some = sorted(some)
    return f"middle {some[len(some) // 2]:>4}  95 % {some[int(0.95 * len(some))]:>4}  slowest {some[-1]:>4} ms"


if __name__ == "__main__":
    main()
