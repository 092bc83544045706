"""The gallery in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import sideways, violations
from tests.browser.conftest import Opened

PAGES = ("index.html", "squeezenet/squeezenet1_0/index.html", "lenet/lenet5_1998/index.html")


def shown(page: Page) -> list[str]:
    """The names in the table, from top to bottom."""
    return [name.strip() for name in page.locator("#networks tbody tr:visible td:first-child code").all_inner_texts()]


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
        assert images.count() >= 2
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
        page.locator("#networks").get_by_role("link", name="SqueezeNet 1.1").click()
        assert page.get_by_role("heading", level=1).inner_text() == "SqueezeNet 1.1"
        assert page.get_by_text("1,235,496").first.is_visible()
        page.get_by_text("By layer").click()
        assert page.get_by_role("cell", name="features.3.expand3x3", exact=True).is_visible()
        page.get_by_role("link", name="The gallery").click()
        assert page.get_by_role("heading", level=1).inner_text() == "The gallery"
        place = page.locator("#squeezenet-squeezenet1_1")
        expect(place).to_be_in_viewport()
        expect(place.get_by_role("link", name="SqueezeNet 1.1")).to_be_visible()


def test_an_architecture_has_one_card_with_its_variants_behind_it(opened: Opened, gallery: Path) -> None:
    with opened(gallery / "index.html") as page:
        cards = page.locator(".card")
        assert cards.count() == 2, "LeNet-5 and SqueezeNet"
        card = cards.nth(1)
        expect(card.locator("img")).to_have_attribute("alt", re.compile("^The blocks of SqueezeNet 1.1: "))
        assert not card.get_by_role("link", name="SqueezeNet 1.0").is_visible()
        card.get_by_text("2 variants").click()
        assert card.get_by_role("link", name="SqueezeNet 1.0").is_visible()


@pytest.mark.parametrize("file", PAGES)
def test_a_telephone_shows_what_a_desk_shows(opened: Opened, gallery: Path, file: str) -> None:
    """The same texts and images are shown, all within the page or a scrolling element."""
    seen = []
    for width in (390, 1440):
        with opened(gallery / file, width=width) as page:
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            for image in page.locator("img").all():  # images out of sight are loaded when they come into view
                image.scroll_into_view_if_needed()
                image.evaluate("(image) => image.decode()")
            images = page.locator("img:visible").evaluate_all("(all) => all.map((one) => one.getAttribute('src'))")
            seen.append((page.locator("body").inner_text().split(), images))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("file", PAGES[1:])
def test_code_is_whole(opened: Opened, gallery: Path, file: str, width: int) -> None:
    cut = "(all) => all.filter((b) => b.scrollWidth > b.clientWidth || b.scrollHeight > b.clientHeight).length"
    with opened(gallery / file, width=width) as page:
        assert page.locator("pre").count() == 2
        assert page.locator("pre").evaluate_all(cut) == 0


@pytest.mark.parametrize("file", PAGES)
def test_figures_are_dark_in_the_dark(opened: Opened, gallery: Path, file: str) -> None:
    """A dark page shows the dark image, and the chart in dark colours."""
    with opened(gallery / file, scheme="dark") as page:
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        for image in page.locator("img").all():
            image.scroll_into_view_if_needed()
            image.evaluate("(one) => one.decode()")
            assert str(image.evaluate("(one) => one.currentSrc")).endswith("-dark.svg")
        for paper in page.locator("svg #patch_1 path").all():
            assert paper.evaluate("(one) => getComputedStyle(one).fill") == "rgb(21, 23, 28)"
