"""From text to trees: exact spans, recovery at statements, and the origin of the tables."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.diagnostics.core import Reporter
from archc.diagnostics.source import Source
from archc.support.resources import resource
from archc.syntax import tree
from archc.syntax.parser import parse
from archc.syntax.same import same
from archc.syntax.tables import load_tables
from archc.syntax.walk import walk
from tests.support.specs import SPECS

GRAMMAR = resource("grammar", "archc.lark").read_text(encoding="utf-8")


def parsed(text: str) -> tuple[tree.File, list[str]]:
    reporter = Reporter()
    return parse(Source("t.arch", text), reporter), [d.code for d in reporter.diagnostics]


def texts(source: str, kind: type[tree.Tree]) -> list[str]:
    """The texts of the nodes of a kind, in order."""
    file, codes = parsed(source)
    assert codes == []
    return [source[n.span.start : n.span.end] for n, _ in walk(file) if type(n) is kind]


# -- spans --------------------


def test_each_node_spans_what_was_written() -> None:
    text = 'model m {\n  input 3x8x8\n  a: Conv(2 * (n + 1), stride=2) - [ ReLU ] x 3 as k - "b{k+1}": FC(10)\n}\n'
    assert texts(text, tree.Use) == ["a: Conv(2 * (n + 1), stride=2)", "ReLU", '"b{k+1}": FC(10)']
    assert texts(text, tree.Argument) == ["2 * (n + 1)", "stride=2", "10"]
    assert texts(text, tree.Binary) == ["2 * (n + 1)", "(n + 1)", "k+1"]
    assert texts(text, tree.Repeat) == ["[ ReLU ] x 3 as k"]
    assert texts(text, tree.InputStatement) == ["input 3x8x8"]


@pytest.mark.parametrize(
    ("text", "parts"), [('"{0}}}"', (0, "}")), ('"{{{0}"', ("{", 0)), ('"a{0}}}{1}{{"', ("a", 0, "}", 1, "{"))]
)
def test_a_doubled_brace_stands_beside_a_value(text: str, parts: tuple[object, ...]) -> None:
    file, codes = parsed(f"let a = {text}\n")
    (let,) = file.declarations
    assert codes == [] and isinstance(let, tree.Let) and isinstance(let.value, tree.Template)
    assert tuple(p.value if isinstance(p, tree.Literal_) else p for p in let.value.parts) == parts


def test_merges_guards_and_loops_span_their_brackets() -> None:
    chain = "add { Conv(4) | in } if (n > 1) else ReLU - for (i, c) in rows { Conv(c) }"
    text = f"model m {{\n  input 3x8x8\n  {chain}\n}}\n"
    assert texts(text, tree.Merge) == ["add { Conv(4) | in }"]
    assert texts(text, tree.Guard) == ["add { Conv(4) | in } if (n > 1) else ReLU"]
    assert texts(text, tree.For) == ["for (i, c) in rows { Conv(c) }"]


@pytest.mark.parametrize("name", sorted(p.name for p in SPECS.glob("*.arch")))
def test_spans_nest_and_stay_in_the_file(name: str) -> None:
    text = (SPECS / name).read_text(encoding="utf-8")
    file, codes = parsed(text)
    assert codes == []
    waiting: list[tree.Tree] = [file]
    while waiting:
        node = waiting.pop()
        assert 0 <= node.span.start <= node.span.end <= len(text)
        for below, depth in walk(node):
            if depth == 1:
                assert node.span.start <= below.span.start and below.span.end <= node.span.end, (node, below)
                waiting.append(below)


# -- statements and their ends --------------------


def test_lines_that_start_with_a_sign_and_brackets_continue_a_statement() -> None:
    one = "model m {\n  input 3x8x8\n  Conv(4) - ReLU - add { Conv(4) | in } - FC(10)\n}\n"
    many = (
        "model m {\n  input 3x8x8\n\n  Conv(\n    4,\n  )\n  - ReLU  # why\n\n  - add {\n      Conv(4)\n    | in\n  }\n"
        "  -\n  FC(10)\n}"
    )
    assert same(parsed(one)[0], parsed(many)[0])


def test_three_mistakes_in_three_statements_are_three_errors() -> None:
    body = "  Conv(4 - ReLU\n  b = Conv(4) - - ReLU\n  FC(10)\n"
    text = f"let a = = 1\nmodel m {{\n  input 3x8x8\n{body}}}\nmodel n {{ input 3x }}\n"
    file, codes = parsed(text)
    assert len(codes) == 4
    assert [type(d).__name__ for d in file.declarations] == ["ModelDef", "ModelDef"]


@pytest.mark.parametrize("cut", range(3))
def test_a_mistake_hides_nothing_in_other_statements(cut: int) -> None:
    statements = ["let a = 1", "block B {\n  ReLU\n}", "model m {\n  input 3x8x8\n  B\n}"]
    statements[cut] = statements[cut].replace("=", "= )").replace("ReLU", "ReLU )").replace("  B\n", "  B )\n")
    file, codes = parsed("\n".join(statements))
    assert codes == ["E0006"] or len(codes) == 1
    assert len(file.declarations) == (2 if cut == 0 else 3)


@given(st.text(alphabet='model block{}()[]|-:=,."#\n x3abConv1', max_size=60))
def test_any_text_gives_a_file(text: str) -> None:
    file, codes = parsed(text)
    assert isinstance(file, tree.File)
    assert all(code[0] == "E" for code in codes)


@pytest.mark.parametrize("sign", ["(", "[", "{", "-", "add {", '"', "Conv(", "not ", "1+"])
def test_no_depth_is_too_deep(sign: str) -> None:
    for text in (sign * 100_000, f"model m {{\n  input 3x8x8\n  {sign * 100_000}\n}}\n"):
        assert len(parsed(text)[1]) >= 1


# -- the tables --------------------


def works(file: Path) -> bool:
    return set(load_tables(GRAMMAR, file).words) >= {"model", "add", "for"}


def test_tables_are_made_once_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "tables.json"
    assert works(file)
    before = file.stat().st_mtime_ns
    assert works(file)
    assert file.stat().st_mtime_ns == before
    assert os.listdir(tmp_path) == [file.name], "no temporary file stays"


def test_tables_that_are_shipped_need_no_lark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "tables.json"
    assert works(file)
    monkeypatch.setitem(sys.modules, "archc.syntax.grammar", None)
    assert works(file)
    with pytest.raises(ImportError):
        load_tables(GRAMMAR + "\n// changed\n", file)


@pytest.mark.parametrize("damage", [b"", b"{", b"\x80\x04N.", b"\xff" * 100, b"[]", b'{"made_of": 1}'])
def test_damaged_tables_are_made_anew(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "tables.json"
    file.write_bytes(damage)
    assert works(file)
    assert json.loads(file.read_bytes()).keys() > {"actions", "rules"}


def test_tables_that_lack_a_part_are_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "tables.json"
    works(file)
    plain = json.loads(file.read_bytes())
    del plain["rules"]
    file.write_text(json.dumps(plain))
    assert works(file)
    assert "rules" in json.loads(file.read_bytes())


def test_tables_that_cannot_be_written_are_no_error(tmp_path: Path) -> None:
    assert works(tmp_path / "nowhere" / "tables.json")
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert works(locked / "tables.json")


def test_a_changed_grammar_has_tables_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "tables.json"
    load_tables(GRAMMAR, file)
    changed = GRAMMAR.replace('"model"', '"network"')
    assert "network" in load_tables(changed, file).words
    assert json.loads(file.read_bytes())["made_of"][1] == changed
