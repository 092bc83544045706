"""The geometry of the shipped networks' figures, at every level and in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from archc.targets.figure import Direction, Level, figure, lay_out
from archc.targets.figure.lay import A4
from archc.targets.figure.page import Page, PlacedBox, Wire, Words
from tests.support.everything import one_in
from tests.support.shipped import networks

Rectangle = tuple[float, float, float, float]
SLACK = 0.01
DIRECTIONS: tuple[Direction, ...] = ("down", "right")
LEVELS: tuple[Level, ...] = ("stage", "block", "layer")


def overlapping(one: Rectangle, other: Rectangle) -> bool:
    return (
        one[0] < other[2] - SLACK
        and other[0] < one[2] - SLACK
        and one[1] < other[3] - SLACK
        and other[1] < one[3] - SLACK
    )


def inside(one: Rectangle, other: Rectangle) -> bool:
    return (
        one[0] >= other[0] - SLACK
        and one[1] >= other[1] - SLACK
        and one[2] <= other[2] + SLACK
        and one[3] <= other[3] + SLACK
    )


def rectangle(placed: PlacedBox) -> Rectangle:
    return placed.x, placed.y, placed.x + placed.width + placed.cards, placed.y + placed.height + placed.cards


def pairs(rectangles: list[Rectangle]) -> Iterator[tuple[int, int]]:
    """Overlapping pairs, found by a sweep from left to right."""
    order = sorted(range(len(rectangles)), key=lambda i: rectangles[i][0])
    active: list[int] = []
    for i in order:
        active = [j for j in active if rectangles[j][2] > rectangles[i][0]]
        yield from ((j, i) for j in active if overlapping(rectangles[i], rectangles[j]))
        active.append(i)


def faults(page: Page) -> list[str]:
    """Descriptions of all faults in a page's geometry."""
    found = []
    sheet = (0.0, 0.0, page.width, page.height)
    for placed in page.boxes:
        found += [f"{w.text!r} leaves its box" for w in placed.words if not inside(w.rectangle, rectangle(placed))]
        found += [
            f"{a.text!r} over {b.text!r}" for a in placed.words for b in placed.words if a is not b and clash(a, b)
        ]
    for frame in page.frames:
        whole = (frame.x, frame.y, frame.x + frame.width, frame.y + frame.height)
        found += [f"{w.text!r} leaves its frame" for w in frame.words if not inside(w.rectangle, whole)]
    for panel in page.panels:
        whole = (panel.x, panel.y, panel.x + panel.width, panel.y + panel.height)
        found += [f"{w.text!r} leaves its panel" for w in panel.words if not inside(w.rectangle, whole)]
    things: list[tuple[str, Rectangle]] = [(f"box {b.box.path}", rectangle(b)) for b in page.boxes]
    things += [(f"slab {s.slab.path}", s.rectangle) for s in page.slabs]
    loose = [
        *page.heading,
        *page.captions,
        *(w for s in page.slabs for w in s.words),
        *(w for f in page.frames for w in f.words),
    ]
    loose += [w for p in page.panels for w in p.words]
    loose += [w for sample in page.legend for w in sample.words]
    things += [(f"text {w.text!r}", w.rectangle) for w in loose]
    found += [f"{things[i][0]} over {things[j][0]}" for i, j in pairs([r for _, r in things])]
    found += [f"{name} leaves the page" for name, r in things if not inside(r, sheet)]
    found += [f"a line leaves the page: {w.points}" for w in page.wires if not all(on(p, sheet) for p in w.points)]
    found += list(crossed(page))
    found += [f"the end of {w.start}->{w.end} is hidden" for w in page.wires if is_hidden(w, page)]
    return found


def is_hidden(wire: Wire, page: Page) -> bool:
    """Whether the end of a line is hidden by the box that it leads to."""
    if not 0 <= wire.end < len(page.boxes) or len(wire.points) < 2:
        return False
    box, (ax, ay), (bx, by) = page.boxes[wire.end], *wire.points[-2:]
    x, y = bx - 3 * ((bx > ax) - (bx < ax)), by - 3 * ((by > ay) - (by < ay))
    return box.x < x < box.x + box.width and box.y < y < box.y + box.height


def clash(one: Words, other: Words) -> bool:
    return overlapping(one.rectangle, other.rectangle)


def on(point: tuple[float, float], sheet: Rectangle) -> bool:
    return sheet[0] <= point[0] <= sheet[2] and sheet[1] <= point[1] <= sheet[3]


def crossed(page: Page) -> Iterator[str]:
    """Lines through boxes other than their ends, found by their straight sections."""
    boxes = sorted(((*rectangle(b), i) for i, b in enumerate(page.boxes)), key=lambda r: r[0])
    parts = [
        (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]), w.start, w.end)
        for w in page.wires
        for a, b in zip(w.points, w.points[1:], strict=False)
    ]
    parts.sort(key=lambda p: p[0])
    at, active = 0, list[tuple[float, float, float, float, int]]()
    for part in parts:
        while at < len(boxes) and boxes[at][0] < part[2] + 1:
            active.append(boxes[at])
            at += 1
        active = [b for b in active if b[2] > part[0] - 1]
        for left, top, right, bottom, i in active:
            across = part[2] > left + 0.5 and part[0] < right - 0.5
            if across and part[3] > top + 0.5 and part[1] < bottom - 0.5 and i not in part[4:]:
                yield f"a line runs through {page.boxes[i].box.path}"


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("level", LEVELS)
def test_nothing_overlaps_in_any_shipped_network(level: Level, direction: Direction) -> None:
    assert len(networks()) > 140
    for name, network in one_in(3, networks().items()):
        assert not faults(lay_out(figure(network, level), direction)), name


def test_what_must_be_printed_can_be_read() -> None:
    """ResNet-152 by block fits A4 landscape with text at full size; GoogLeNet's stages fit a 16:9 slide."""
    page = lay_out(figure(networks()["resnet152"], "block"))
    assert min(A4[1] / page.width, A4[0] / page.height) >= 1
    slide = lay_out(figure(networks()["googlenet"], "stage"))
    assert min(960 / slide.width, 540 / slide.height) >= 1


# -- that the test can fail -------------------------------------------------------------------------------------------


def spoilt(number: int, **changes: Any) -> list[str]:
    """The faults of ResNet-18's page with one box changed."""
    page = lay_out(figure(networks()["resnet18"]), "down")
    assert not faults(page)
    boxes = list(page.boxes)
    boxes[number] = replace(boxes[number], **changes)
    return faults(replace(page, boxes=tuple(boxes)))


def test_a_narrow_box_is_found() -> None:
    assert "'Conv 7×7, 64, /2' leaves its box" in spoilt(1, width=60.0)


def test_a_box_over_another_is_found() -> None:
    page = lay_out(figure(networks()["resnet18"]), "down")
    assert "box conv1 over box input-0" in spoilt(1, y=page.boxes[0].y + 10)


def test_a_box_on_a_line_of_others_is_found() -> None:
    found = spoilt(0, y=1.0, height=400.0)
    assert any(f.startswith("a line runs through input") for f in found)


def test_a_text_over_another_is_found() -> None:
    page = lay_out(figure(networks()["resnet18"]), "down")
    first = page.captions[0]
    moved = replace(page, captions=(first, replace(first, x=first.x + 3), *page.captions[1:]))
    assert any(f.startswith("text") for f in faults(moved))


def test_a_label_outside_the_page_is_found() -> None:
    page = lay_out(figure(networks()["resnet18"], "stage"), "right")
    assert any(f.endswith("leaves the page") for f in faults(replace(page, width=page.width / 2)))


def test_the_end_of_a_line_behind_its_box_is_found() -> None:
    page = lay_out(figure(networks()["resnet18"]), "down")
    wire = page.wires[0]
    (x, y), end = wire.points[-1], page.boxes[wire.end]
    longer = replace(wire, points=(*wire.points[:-1], (x, y + end.height / 2)))
    found = faults(replace(page, wires=(longer, *page.wires[1:])))
    assert found == [f"the end of {wire.start}->{wire.end} is hidden"]
