"""The symbol table: both directions, across files, and as a JSON document."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from archc.diagnostics.source import Source, Unit
from archc.pipeline import symbols as document_of
from archc.resolve import Symbols
from archc.resolve.document import Document
from tests.cli.conftest import Archc
from tests.resolve.specs import NAME, symbols
from tests.support.shipped import FAMILIES
from tests.support.specs import SPECS, load

SCHEMA = Path(__file__).parents[2] / "docs" / "symbols.schema.json"
TEXT = '''"""About the file."""
from "lib.arch" use Unit
let wide = 16
block Stage(width, n=2) {
  "About the block."
  let half = width // 2
  x = Unit(half)
  x = x - [Unit(c=width)]xn as k
  x - out: Conv(x.channels)
}
model m {
  input 3x8x8
  "s{1}": Stage(wide)
}
variant v = m { paper: "p" }
'''
LIB = 'block Unit(c) {\n  "About the unit."\n  Conv(c)\n}\n'


def at(text: str, number: int = 0) -> int:
    """The offset of the occurrence of a piece of `TEXT`."""
    offset = -1
    for _ in range(number + 1):
        offset = TEXT.index(text, offset + 1)
    return offset


@pytest.fixture
def found() -> Symbols:
    return symbols(TEXT, lib=LIB)


@pytest.mark.parametrize(
    "offset, kind, name, uses",
    [
        (at("wide"), "let", "wide", 1),
        (at("Stage"), "block", "Stage", 1),
        (at("width"), "parameter", "width", 2),
        (at("xn as k") + 1, "parameter", "n", 1),
        (at("k\n  x - out"), "loop variable", "k", 0),
        (at("half"), "let", "half", 1),
        (at("x = Unit"), "tensor", "x", 4),
        (at("out:"), "module", "out", 0),
        (at("m {"), "model", "m", 1),
        (at("paper"), "fact", "paper", 0),
        (at("Unit"), "block", "Unit", 3),
    ],
)
def test_from_a_place_to_its_definition_and_to_its_uses(
    found: Symbols, offset: int, kind: str, name: str, uses: int
) -> None:
    definition = found.definition_at(NAME, offset)
    assert definition is not None and (definition.kind, definition.name) == (kind, name)
    references = found.references_to(definition)
    assert len(references) == uses
    for reference in references:
        assert found.definition_at(NAME, reference.span.start) is definition


def test_across_files(found: Symbols) -> None:
    unit = found.definition_at(NAME, at("Unit(half"))
    assert unit is not None and unit.span is not None and unit.span.file == "lib.arch"
    assert unit.doc == "About the unit."
    (c,) = found.parameters[unit]
    assert [r.role for r in found.references_to(c)] == ["argument", "value"]
    assert c.owner is unit


def test_what_can_be_seen_from_a_place(found: Symbols) -> None:
    assert {"wide", "Unit", "Stage", "width", "n", "half", "x"} <= found.visible(NAME, at("x - out")).keys()
    assert "k" not in found.visible(NAME, at("x - out"))
    assert "k" in found.visible(NAME, at("c=width"))
    assert "half" not in found.visible(NAME, at("input 3x8x8"))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_document_satisfies_its_schema(name: str) -> None:
    source = Source(f"{name}.arch", (SPECS / f"{name}.arch").read_text(encoding="utf-8"))
    made = document_of(source, load)
    data = json.loads(made.model_dump_json())
    jsonschema.validate(data, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert Document.model_validate_json(made.model_dump_json()) == made
    for reference in made.references:
        assert reference.definition is not None
        assert reference.id in made.definitions[reference.definition].references
    for definition in made.definitions:
        assert made.definitions[definition.id] is definition
        assert all(made.references[number].definition == definition.id for number in definition.references)


def test_the_published_schema_is_the_one_that_holds() -> None:
    schema = json.dumps(Document.model_json_schema(mode="serialization"), indent=2) + "\n"
    wanted = "run `archc graph schema --symbols > docs/symbols.schema.json`"
    assert SCHEMA.read_text(encoding="utf-8") == schema, wanted


@pytest.mark.parametrize("unit, column", [("characters", 18), ("utf-8", 22), ("utf-16", 19)])
def test_columns(unit: Unit, column: int) -> None:
    source = Source(NAME, 'let a = "é😀x" == nope\n')
    made = document_of(source, load, columns=unit)
    (reference,) = made.references
    start = reference.place.start
    assert reference.definition is None and reference.name == "nope" and made.columns == unit
    assert (start.line, start.column) == (1, column)
    assert source.offset(start.line, start.column, unit) == start.offset


@pytest.mark.parametrize("unit", ["characters", "utf-8", "utf-16"])
def test_positions_and_back(unit: Unit) -> None:
    source = Source(NAME, "é😀\nab\r\n\n😀x")
    for offset in [n for n in range(len(source.text) + 1) if n != 6]:  # 6 is between \r and \n
        assert source.offset(*source.position(offset, unit), unit) == offset
    assert source.offset(0, 5, unit) == 0
    assert source.offset(99, 1, unit) == len(source.text)
    assert source.offset(2, 99, unit) == 5
    assert Source(NAME, "a😀b").position(2, "utf-16") == (1, 4)
    assert Source(NAME, "a😀b").position(2, "utf-8") == (1, 6)
    assert Source(NAME, "a😀b").offset(1, 3, "utf-16") == 1


def test_on_the_command_line(archc: Archc) -> None:
    Path("w.arch").write_text("block B(c) { Conv(cc) - Nope }\n", encoding="utf-8")
    result = archc("graph", "w.arch", "--symbols")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert [r["name"] for r in data["references"] if r["definition"] is None] == ["cc", "Nope"]
    assert json.loads(archc("graph", "schema", "--symbols").stdout) == json.loads(SCHEMA.read_text(encoding="utf-8"))
