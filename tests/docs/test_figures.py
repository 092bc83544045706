"""The figures of the documentation are current, all shown, and small."""

from __future__ import annotations

from tests.docs.figures import FOLDER, everything

PAGE = FOLDER.with_suffix(".md")


def test_figures_are_up_to_date_are_shown_and_are_small() -> None:
    text = PAGE.read_text(encoding="utf-8")
    files = dict(everything())
    assert {file.name for file in FOLDER.iterdir()} == files.keys()
    for name, data in files.items():
        assert data == (FOLDER / name).read_bytes(), f"{name}: see tests/docs/figures.py"
        assert f"](figures/{name})" in text or f'src="figures/{name}"' in text, name
    assert sum(map(len, files.values())) < 2_500_000
