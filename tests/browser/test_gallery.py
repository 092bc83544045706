"""The gallery in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import sideways, violations
from tests.browser.conftest import Opened

PAGES = ("index.html", "squeezenet/squeezenet1_0/index.html", "lenet/lenet5_1998/index.html")


def shown(page: Page) -> list[str]:
    """The names in the table, from top to bottom."""
    return [name.strip() for name in page.locator("#networks tbody tr:visible td:first-child").all_inner_texts()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("file", PAGES)
def test_nothing_serious_keeps_anybody_out(opened: Opened, gallery: Path, file: str, scheme: str) -> None:
    with opened(gallery / file, scheme=scheme) as page:
        assert violations(page) == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("file", PAGES)
def test_nothing_scrolls_sideways(opened: Opened, gallery: Path, file: str, width: int) -> None:
    with opened(gallery / file, width=width) as page:
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert sideways(page) == 0


@pytest.mark.parametrize("file", PAGES)
def test_every_image_is_there_and_has_a_text(opened: Opened, gallery: Path, file: str) -> None:
    with opened(gallery / file) as page:
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        images = page.locator("img")
        assert images.count() > 2
        for i in range(images.count()):
            images.nth(i).scroll_into_view_if_needed()
            images.nth(i).evaluate("(image) => image.decode()")
            assert images.nth(i).evaluate("(image) => image.naturalWidth") > 0
            assert images.nth(i).get_attribute("alt")


def test_the_table_sorts_both_ways_and_filters(opened: Opened, gallery: Path) -> None:
    with opened(gallery / "index.html") as page:
        names = shown(page)
        assert len(names) == 5
        head = page.get_by_role("columnheader", name="Parameters")
        head.get_by_role("button").click()
        assert shown(page) == ["lenet5_1998", "lenet5_modern", "lenet5", "squeezenet1_1", "squeezenet1_0"]
        assert head.get_attribute("aria-sort") == "ascending"
        head.get_by_role("button").press("Enter")
        assert shown(page) == ["squeezenet1_0", "squeezenet1_1", "lenet5", "lenet5_modern", "lenet5_1998"]
        assert head.get_attribute("aria-sort") == "descending"
        page.get_by_role("columnheader", name="Top-1").get_by_role("button").click()
        assert shown(page)[:3] == ["squeezenet1_0", "squeezenet1_1", "lenet5_1998"], "what is not known comes last"

        page.get_by_label("Filter").fill("torchvision squeezenet1_0")
        assert shown(page) == ["squeezenet1_0"]
        assert page.get_by_role("status").inner_text() == "1 of 5 shown"
        page.get_by_label("Filter").fill("")
        assert len(shown(page)) == 5


def test_from_the_index_to_a_network_and_back(opened: Opened, gallery: Path) -> None:
    with opened(gallery / "index.html") as page:
        page.locator("#networks").get_by_role("link", name="squeezenet1_1").click()
        assert page.get_by_role("heading", level=1).inner_text() == "squeezenet1_1"
        assert page.get_by_text("1,235,496").first.is_visible()
        page.get_by_text("By layer").click()
        assert page.get_by_role("cell", name="features.3.expand3x3", exact=True).is_visible()
        page.get_by_role("link", name="The gallery").click()
        assert page.get_by_role("heading", level=1).inner_text() == "The gallery"
