"""Accessibility checks of a page with axe-core."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def violations(page: Page) -> list[str]:
    """The serious and critical violations of a page: the rule, and the elements."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {', '.join(node['html'][:120] for node in one['nodes'])}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def sideways(page: Page) -> int:
    """The number of pixels by which the page scrolls sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
