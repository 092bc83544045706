"""The same change in several members of a family is reported once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli.main import cli

SPEC = """
block Unit(c) { conv: Conv(c) - bn: BN - ReLU }
block Other(c) { conv: Conv(c) - ReLU }
model Net(Block, n) {
  input 3x16x16
  [Block(8)] x n - GAPool - fc: FC(10)
}
variant one = Net(Unit, 1)
variant two = Net(Unit, 2)
variant three = Net(Unit, 3)
variant four = Net(Unit, 4)
variant five = Net(Other, 2)
"""


def told(folder: Path, after: str, *words: str, before: str = SPEC) -> str:
    (folder / "old.arch").write_text(before)
    (folder / "new.arch").write_text(after)
    made = CliRunner().invoke(cli, ["diff", f"{folder}/old.arch", f"{folder}/new.arch", *words])
    assert made.exit_code == 1, made.output
    return made.output


@pytest.mark.parametrize("words", [(), ("--format", "markdown")])
def test_one_script_for_members_with_other_numbers_of_instances(tmp_path: Path, words: tuple[str, ...]) -> None:
    text = told(tmp_path, SPEC.replace("bn: BN - ReLU", "bn: BN - SiLU"), *words)
    assert "in one, two and 2 more" in text and text.count("ReLU replaced by SiLU") == 1
    assert "in all Units" in text and "1 network equal" in text
    assert text.count("tensors:") == (not words)
    for name in ("one", "two", "three", "four"):
        assert f"| {name} |" in text if words else f"  {name} " in text


def test_numbers_that_agree_are_told(tmp_path: Path) -> None:
    before = SPEC.replace("Net(Unit, 4)", "Net(Unit, 3)").replace("Net(Unit, 1)", "Net(Other, 1)").replace("2)", "3)")
    text = told(tmp_path, before.replace("bn: BN - ReLU", "bn: BN - SiLU"), before=before)
    assert "in two, three and four: 1 edit" in text and "in all 3 Units" in text


def test_other_changes_are_apart(tmp_path: Path) -> None:
    text = told(
        tmp_path, SPEC.replace("bn: BN - ReLU", "bn: BN - SiLU").replace("conv: Conv(c) - ReLU", "conv: Conv(c)")
    )
    assert "in one, two and 2 more: 1 edit" in text and "new.arch:five: 1 edit" in text and "equal" not in text


def test_names_that_change_are_told_for_each(tmp_path: Path) -> None:
    text = told(tmp_path, SPEC.replace("fc: FC", "head: FC"))
    assert "in one, two and 3 more: 1 edit" in text and "four: tensors: 30 kept (2 renamed)" in text
