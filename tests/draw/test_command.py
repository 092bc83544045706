"""`archc draw` and its options."""

from __future__ import annotations

import re
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
        ("--expand", "*"),
        ("--highlight", "layer1"),
        ("--name", "layer1=conv2_x"),
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
        (("-o", "a.svg", "--name", "layr1=conv2_x"), "did you mean 'layer1'"),
        (("-o", "a.svg", "--name", "layer1"), "write a path and a name"),
        (("-o", "a.svg", "--expand", "conv1"), "conv1 is a layer and has no inside"),
    ),
)
def test_a_wrong_option_is_an_error_in_a_line(words: tuple[str, ...], said: str) -> None:
    result = draw("resnet18", *words)
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1
    assert not Path("a.svg").exists()


def compare(*words: str) -> Result:
    return CliRunner().invoke(cli, ["compare", "resnet18", "resnet34", *words])


def test_networks_are_drawn_beside_each_other(tmp_path: Path) -> None:
    seen = set()
    for i, words in enumerate(((), ("--expand",), ("--level", "stage"), ("--theme", "dark"))):
        file = tmp_path / f"{i}.svg"
        result = compare("--figure", str(file), *words)
        assert result.exit_code == 0, result.output
        text = file.read_text(encoding="utf-8")
        assert "drawn by" in text and text.count(">input<") == 2
        seen.add(text)
    assert len(seen) == 4
    result = compare("--figure", str(tmp_path / "page.svg"), "--level", "stage", "--width", "page")
    ((text, height),) = re.findall(r"text is (.+?) pt: for 7 pt it needs .+in by (.+)in", result.output)
    assert float(text) < 7 and float(height) * float(text) / 7 == pytest.approx(9, abs=0.1)  # a page is 9 in high
    assert float(re.findall(r'height="([\d.]+)pt"', (tmp_path / "page.svg").read_text("utf-8"))[0]) <= 648
    result = compare("--figure", str(tmp_path / "x.dot"))
    assert result.exit_code == 2 and ".dot has no places" in result.output and not (tmp_path / "x.dot").exists()


def test_the_scale_of_stages_is_an_option(tmp_path: Path) -> None:
    for scale in ("log", "linear"):
        assert draw("vgg16", "--level", "stage", "--slabs", scale, "-o", str(tmp_path / f"{scale}.svg")).exit_code == 0
    one, other = ((tmp_path / f"{scale}.svg").read_text(encoding="utf-8") for scale in ("log", "linear"))
    assert "channels, logarithmic" in one and "channels, linear" in other


def test_a_caption_is_printed(tmp_path: Path) -> None:
    result = draw("densenet121", "--level", "stage", "--caption", "-o", str(tmp_path / "a.svg"))
    caption, _, description = result.output.partition("\n\n")
    assert ": its stages. Height: resolution, width: channels, logarithmic." in caption
    assert "An arc passes the layers of each block: several are concatenated." in caption
    assert "DenseLayer ×6" in description


def test_the_alternative_text_tells_costs(tmp_path: Path) -> None:
    """Two bottlenecks of 56×56 need 2 · 56² · (256·64 + 9·64² + 64·256) multiplications."""
    for level, told in (("block", "Bottleneck A ×2, 437 M in all"), ("stage", "FC 1000, 2.05 M")):
        result = draw("resnet50", "--level", level, "--heat", "macs", "--caption", "-o", str(tmp_path / "a.svg"))
        assert told in result.output.partition("\n\n")[2]


def test_modules_have_the_names_of_the_paper(tmp_path: Path) -> None:
    names = [word for i in range(1, 5) for word in ("--name", f"layer{i}=conv{i + 1}_x")]
    assert draw("resnet50", *names, "-o", str(tmp_path / "a.svg")).exit_code == 0
    told = re.findall(r">([^<>]*)</text>", (tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert {"conv2_x", "conv5_x", "conv2_x.1 and 11 more"} <= set(told)
    assert not [text for text in told if "layer" in text]
    assert 'id="layer1.0"' in (tmp_path / "a.svg").read_text(encoding="utf-8")
