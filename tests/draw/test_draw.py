"""Figures: geometry, folding, escaping and equal bytes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import archc
from archc.draw import render
from archc.draw.figure import LEVELS, Box, Edge, Figure, Level, figure
from archc.draw.layout import PAD, lay_out, measure

NETS = ("lenet5", "resnet18", "resnet152", "googlenet")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", NETS)
def test_text_stays_inside_and_boxes_stay_apart(name: str, level: Level) -> None:
    page = lay_out(figure(archc.load(name).network, level))
    for box in page.boxes:
        assert all(measure(line) <= box.width - PAD for line in box.lines)
        assert box.x + box.width <= page.width
        assert box.y + box.height <= page.height
    straight = [r for r in page.routes if len(r.points) == 2]
    texts = max(r.points[0][0] + 5 + measure(r.edge.shape) for r in straight)
    assert texts < page.width
    assert all(texts < r.points[1][0] < page.width for r in page.routes if len(r.points) == 4)
    for above, below in zip(page.boxes, page.boxes[1:], strict=False):
        assert above.y + above.height < below.y


@pytest.mark.parametrize("format", ("svg", "png", "pdf", "dot"))
def test_equal_bytes(format: str) -> None:
    drawn = figure(archc.load("lenet5").network)
    assert render(drawn, format) == render(drawn, format)


def test_resnet152_folds_to_its_published_blocks() -> None:
    boxes = figure(archc.load("resnet152").network, "block").boxes
    assert [b.repeat for b in boxes if b.family == "block"] == [1, 2, 1, 7, 1, 35, 1, 2]


def test_hostile_labels_are_only_text() -> None:
    evil = '"]; evil [label="<script>alert(1)</script>&'
    drawn = Figure(evil, (Box(evil, (evil,), "conv", ""), Box("b", ("$x$",), "conv", "")), (Edge(0, 1, evil),))
    root = ElementTree.fromstring(render(drawn, "svg"))
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert evil in [e.text for e in root.iter()]
    assert b'"]; evil' not in render(drawn, "dot").replace(b'\\"', b"'")
    assert render(drawn, "png").startswith(b"\x89PNG")


def test_works_with_an_empty_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    drawn = figure(archc.load("lenet5").network)
    assert all(render(drawn, f) for f in ("svg", "png", "pdf", "dot"))
