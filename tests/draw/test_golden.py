"""The golden figures are current, and no file is left over."""

from __future__ import annotations

import pytest

from tests.draw.goldens import FIGURES, FOLDER, drawn


@pytest.mark.parametrize("name", FIGURES)
def test_golden_figure(name: str) -> None:
    assert drawn(name) == (FOLDER / name).read_bytes(), "see tests/draw/goldens.py"


def test_no_golden_figure_is_an_orphan() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(FIGURES)
