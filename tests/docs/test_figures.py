"""The figures of the documentation are what is drawn now, are all shown, and are small."""

from __future__ import annotations

import pytest

from tests.docs.figures import FIGURES, FOLDER, drawn

PAGE = FOLDER.with_suffix(".md")


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_up_to_date(name: str) -> None:
    assert drawn(name) == (FOLDER / f"{name}.svg").read_bytes(), "see tests/docs/figures.py"


def test_every_figure_is_shown_and_none_is_left_over() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert {file.name for file in FOLDER.iterdir()} == {f"{name}.svg" for name in FIGURES}
    assert all(f"](figures/{name}.svg)" in text for name in FIGURES)
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 1_500_000
