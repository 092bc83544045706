"""Notebooks: `%%arch` cells, the display of models, and the examples, executed."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient

import archc
from archc.notebook import Cells

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("*.ipynb"))
MODEL = "model tiny {\n  input 3x8x8\n  conv: Conv(4) - ReLU - fc: FC(10)\n}\n"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_run(file: Path, tmp_path: Path) -> None:
    """They run unchanged, in order, in an empty folder; each shows a network as HTML."""
    notebook = nbformat.read(file, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "examples are kept without outputs"
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert any("PyTorch" in output.get("data", {}).get("text/html", "") for output in shown)
    said = "".join(output.get("text", "") for output in shown)
    assert ("cannot add 32x32x32 and 16x32x32" in said) is (file.stem == "2-your-own-resnet")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.fixture
def shell() -> InteractiveShell:
    made = InteractiveShell()
    made.run_line_magic("load_ext", "archc")
    return made


def test_a_cell_defines_its_models_for_the_next(shell: InteractiveShell) -> None:
    shown = shell.run_cell_magic("arch", "", MODEL)
    assert shell.user_ns["tiny"] is shown and shown.count().params == 2682


def test_counts_are_shown_as_a_table(shell: InteractiveShell) -> None:
    shell.run_cell_magic("arch", "", MODEL)
    formatter = shell.display_formatter
    assert formatter is not None
    shown, _ = formatter.format(shell.user_ns["tiny"].count())
    assert shown["text/html"].startswith("<table>") and "2,682" in shown["text/html"]


def test_a_cell_uses_those_that_have_a_name(shell: InteractiveShell) -> None:
    assert shell.run_cell_magic("arch", "parts", "block Unit(c) { Conv(c) - ReLU }\n") is None
    shell.run_cell_magic("arch", "", 'from "parts.arch" use Unit\nmodel m {\n  input 3x8x8\n  Unit(4) - FC(2)\n}\n')
    assert shell.user_ns["m"].count().params == 3 * 9 * 4 + 4 + 256 * 2 + 2


def test_problems_are_shown_as_on_a_terminal_without_a_traceback(shell: InteractiveShell) -> None:
    with capture_output() as said:
        result = shell.run_cell("%%arch\n" + MODEL.replace("Conv(4)", "Conv(nothing)"))
    assert isinstance(result.error_in_exec, archc.CompileError) and "tiny" not in shell.user_ns
    assert "E0101" in said.stdout and "\x1b[1;31m" in said.stdout and "Traceback" not in said.stdout
    with capture_output() as said:
        shell.run_cell("import archc\narchc.load('nothing')")
    assert "SpecError" in said.stdout


@pytest.mark.parametrize("name", ["a b", "../x", "1", "x.py"])
def test_a_cell_has_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="not a name for a cell"):
        Cells().define(name, MODEL)


def test_a_cell_with_errors_replaces_no_cell() -> None:
    cells = Cells()
    cells.define("parts", MODEL)
    with pytest.raises(archc.CompileError):
        cells.define("parts", MODEL.replace("Conv(4)", "Conv(nothing)"))
    assert cells.named == {"parts.arch": MODEL}


class Tags(HTMLParser):
    """The ids and the tags of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.open: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in ("input", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_model_is_html_with_ids_of_its_own_and_without_scripts() -> None:
    model = archc.compile_text(MODEL)
    tags = Tags()
    tags.feed(model._repr_html_() + model._repr_html_())
    assert not tags.open and len(tags.ids) == len(set(tags.ids)) == 12 and "script" not in tags.tags
    assert "http" not in re.sub(r"base64,[^\"]*", "", model._repr_html_())
    assert ElementTree.parse(io.BytesIO(model.draw().to("svg"))).getroot().tag.endswith("svg")


def test_counts_are_a_data_frame() -> None:
    counts = archc.load("googlenet").count()
    assert counts.frame().params.sum() == counts.params and list(counts.frame().path) == [r.path for r in counts.layers]
    assert counts.frame("scope").macs.iloc[0] == counts.macs
