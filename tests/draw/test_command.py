"""`archc draw` and its options."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archc.cli.main import cli


def draw(*words: str) -> Result:
    return CliRunner().invoke(cli, ["draw", *words], catch_exceptions=False)


@pytest.mark.parametrize("ending", ("svg", "png", "pdf", "dot", "mmd"))
def test_the_ending_is_the_format(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"lenet5.{ending}"
    assert draw("lenet5", "-o", str(file)).exit_code == 0
    heads = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"//", "mmd": b"---\ntitle"}
    assert file.read_bytes().startswith(heads[ending])


def test_every_option_changes_the_figure(tmp_path: Path) -> None:
    options = (
        ("--level", "stage"),
        ("--direction", "right"),
        ("--theme", "dark"),
        ("--title", "T"),
        ("--only", "layer1"),
        ("--expand", "layer1.0"),
        ("--highlight", "layer1"),
        ("--heat", "params"),
        ("--heat", "macs"),
        ("--heat", "activations"),
        ("--no-legend",),
    )
    seen = set()
    for i, words in enumerate(((), *options)):
        file = tmp_path / f"{i}.svg"
        result = draw("resnet18", "-o", str(file), *words)
        assert result.exit_code == 0, result.output
        seen.add(file.read_bytes())
    assert len(seen) == len(options) + 1


@pytest.mark.parametrize(
    ("words", "said"),
    (
        (("-o", "a.gif"), "has no known extension; use .svg, .png, .pdf"),
        (("-o", "a.svg", "--only", "layr2"), "did you mean 'layer2'"),
        (("-o", "a.svg", "--expand", "conv1"), "conv1 is a layer and has no inside"),
    ),
)
def test_a_wrong_option_is_an_error_in_a_line(words: tuple[str, ...], said: str) -> None:
    result = draw("resnet18", *words)
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1
    assert not Path("a.svg").exists()
