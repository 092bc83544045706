"""Published networks written from the documentation alone, which docs/emitted.md compares with library code."""

from __future__ import annotations

from pathlib import Path

import pytest

import archc
from tests.reference.compare import compare

SPECS = Path(__file__).parent / "strangers"
NETWORKS = {  # parameters as stated by torchvision, timm or the paper; lines and classes as stated in the page
    "regnet:regnet_y_400mf": (4_344_144, 97, 4),
    "efficientnet:b0": (5_288_548, 142, 3),
    "inception_v4:inception_v4": (42_679_816, 207, 9),
    "unet:unet": (31_037_698, 60, 2),
    "ghostnet:ghostnet": (None, 150, 4),
}

SMALLER = {
    "3x224x224": "3x64x64", "3x256x256": "3x64x64", "3x299x299": "3x96x96",
    "Dropout(0.2)": "Dropout(0)", "dropout=0.2": "dropout=0", "0.2 * i / 7": "0",
}  # fmt: skip
"""Smaller images, and nothing left to chance."""


@pytest.mark.parametrize("name", NETWORKS)
def test_they_are_as_long_as_the_page_says(name: str) -> None:
    params, lines, classes = NETWORKS[name]
    spec, _, member = name.partition(":")
    model = archc.load(f"{SPECS / spec}.arch:{member}")
    assert params is None or model.count().params == params
    told = [s for s in model.source().splitlines() if not s.startswith(("import ", "from ", "#", "__all__"))]
    assert (len(told), sum(s.startswith("class ") for s in told)) == (lines, classes)
    page = Path(__file__).parents[2].joinpath("docs", "emitted.md").read_text(encoding="utf-8")
    assert f"| {lines}, {classes} classes |" in page


@pytest.mark.parametrize("name", NETWORKS)
def test_they_are_what_an_independent_reference_makes_of_them(name: str) -> None:
    """Names, shapes, results and gradients in double precision, both modes."""
    spec, _, member = name.partition(":")
    text = (SPECS / f"{spec}.arch").read_text(encoding="utf-8")
    for before, after in SMALLER.items():
        text = text.replace(before, after)
    assert compare(text, member) is None
