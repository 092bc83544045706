"""The effect of each command."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from archc.ir.network import Network
from archc.ops import registry
from tests.cli.conftest import TINY, Archc

LECTURE = "Conv-Pool-Conv- Pool-Conv-FC-FC(SM)"


def test_check_is_silent_about_nothing(archc: Archc) -> None:
    assert archc("check", "tiny.arch").stdout == "1 network, no problems\n"
    broken = archc("check", "broken.arch")
    assert broken.exit_code == 1
    assert broken.stdout.startswith(
        "error[E0301]: cannot add 16x8x8 and 8x8x8: the channels differ\n --> broken.arch:3:"
    )


def test_check_of_the_same_file_twice_tells_once(archc: Archc) -> None:
    once, twice = archc("check", "broken.arch"), archc("check", "broken.arch", "broken.arch")
    assert once.stdout == twice.stdout


@pytest.mark.parametrize("format", ["json", "sarif", "github"])
def test_check_for_tools_is_one_document(archc: Archc, format: str) -> None:
    result = archc("check", "broken.arch", "tiny.arch", "--format", format)
    assert result.exit_code == 1
    if format == "github":
        assert result.stdout.startswith("::error file=broken.arch,line=3,")
    else:
        assert "E0301" in json.dumps(json.loads(result.stdout))
    clean = archc("check", "tiny.arch", "--format", format)
    assert (clean.exit_code, "E0" in clean.stdout) == (0, False)


def test_count_json_has_the_stated_fields(archc: Archc) -> None:
    read = json.loads(archc("count", "tiny.arch", "--json").stdout)
    assert {"name", "input", "output", "params", "trainable", "buffers", "macs", "flops", "layers"} <= read.keys()
    assert all({"path", "op", "output", "params", "macs"} <= layer.keys() for layer in read["layers"])
    assert (read["name"], read["input"], read["output"]) == ("tiny", [3, 8, 8], [10])
    assert read["params"] == 3 * 9 * 4 + 4 + 256 * 10 + 10
    assert read["macs"] == 3 * 9 * 4 * 64 + 2560
    several = json.loads(archc("count", "tiny.arch", "tiny.arch", "--json").stdout)
    assert several == [read, read]


def test_count_in_its_other_forms(archc: Archc) -> None:
    assert "parameters        2,682" in archc("count", "tiny.arch").stdout
    assert "D_K·D_K·M·N·D_F·D_F = 3·3·3·4·8·8 = 6,912" in archc("count", "tiny.arch", "--formulas").stdout
    records = list(csv.DictReader(io.StringIO(archc("count", "tiny.arch", "--csv").stdout)))
    assert [r["op"] for r in records] == ["Conv", "ReLU", "Flatten", "FC"]
    assert archc("count", "tiny.arch", "--by", "scope").stdout.splitlines()[-1].split()[:2] == ["total", "tiny"]


def test_a_chain_of_the_lecture_as_typed(archc: Archc) -> None:
    """The values that archc chooses are notes on standard error."""
    result = archc("count", LECTURE, "--input", "1x32x32", "--classes", "26", "--json")
    read = json.loads(result.stdout)
    assert (read["input"], read["output"]) == ([1, 32, 32], [26])
    assert result.stderr.count("note[N") == 1 and result.stderr.count(" = ") >= 5


def test_standard_input(archc: Archc) -> None:
    assert "2,682" in archc("count", "-", input=TINY).stdout
    wrong = archc("check", "-", input=b"\xff")
    assert (wrong.exit_code, wrong.stderr) == (2, "error: standard input is not UTF-8 text: byte 0xff in line 1\n")


def test_outline(archc: Archc) -> None:
    assert archc("outline", LECTURE, "--input", "1x32x32").stdout == "Conv-MPool-Conv-MPool-Conv-FC-FC(SM)\n"


def test_graph_reads_back_equal(archc: Archc) -> None:
    text = archc("graph", "tiny.arch", "--json").stdout
    network = Network.model_validate_json(text, context={"ops": registry()})
    assert text == network.model_dump_json(indent=2) + "\n"
    assert archc("graph", "tiny.arch").exit_code == 2


def test_graph_satisfies_its_schema(archc: Archc) -> None:
    import jsonschema

    schema = json.loads(archc("graph", "schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(archc("graph", "tiny.arch", "--json").stdout), schema)


def test_compile_writes_and_checks(archc: Archc) -> None:
    to_stdout = archc("compile", "tiny.arch").stdout
    assert archc("compile", "tiny.arch", "-o", "out/tiny.py").exit_code == 0
    written = Path("out/tiny.py")
    assert "nn.Module" in written.read_text(encoding="utf-8")
    source, seal = written.read_text(encoding="utf-8").rsplit("\n\n\n", 1)
    assert source + "\n" == to_stdout and seal.startswith("# Written by archc")
    assert [p.name for p in Path("out").iterdir()] == ["tiny.py"]
    current = archc("compile", "tiny.arch", "-o", "out/tiny.py", "--check")
    assert (current.exit_code, current.output) == (0, "")
    written.write_text(to_stdout.replace("class", "klass", 1), encoding="utf-8")
    stale = archc("compile", "tiny.arch", "-o", "out/tiny.py", "--check")
    assert stale.exit_code == 1
    assert "-klass" in stale.stdout and "+class" in stale.stdout
    missing = archc("compile", "tiny.arch", "-o", "none.py", "--check")
    assert missing.exit_code == 1 and not Path("none.py").exists()


def test_compile_of_several_members_is_one_module(archc: Archc) -> None:
    text = "model M(n) {\n  input 3x8x8\n  Conv(n) - FC(2)\n}\nvariant small = M(4)\nvariant large = M(8)\n"
    Path("pair.arch").write_text(text, encoding="utf-8")
    both = archc("compile", "pair.arch").stdout
    assert "small" in both and "large" in both
    assert "large" not in archc("compile", "pair.arch:small").stdout


def test_explain(archc: Archc) -> None:
    page = archc("explain", "e0301").stdout
    assert page.startswith("error E0301: branches of different shapes\n") and "Wrong:" in page and "Right:" in page
    assert archc("explain", "E9301").exit_code == 2
    assert "E0301  " in archc("explain").stdout


def test_new_writes_a_spec_that_is_right(archc: Archc) -> None:
    assert archc("new", "mine").exit_code == 0
    assert archc("check", "mine.arch").stdout == "1 network, no problems\n"
    assert archc("new", "mine.arch").exit_code == 2
    assert archc("new", "mine.arch", "--force").exit_code == 0
    assert archc("new", "no-name.arch").exit_code == 2
    assert archc("new", "mine.txt").exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["count"], ["count", "--explain", "conv1"], ["count", "--sweep", "input=32"], ["compile", "-o", "x.py"],
        ["draw", "-o", "x.svg"], ["outline"], ["graph", "--json"], ["table"], ["weights"],
        ["compare", "tiny.arch"], ["finetune", "--data", ".", "-o", "run"],
    ],
)  # fmt: skip
def test_what_needs_a_whole_network_refuses_a_partial_one(archc: Archc, words: list[str]) -> None:
    command, *rest = words
    result = archc(command, "broken.arch", *rest)
    assert result.exit_code == 1
    assert "error[E0301]" in result.stderr
    assert f"note[N0402]: `archc {command}` needs a whole network, but `broken` has errors" in result.stderr
    assert "archc draw SPEC -o FILE --partial" in result.stderr
    assert not result.stdout and not Path("x.py").exists() and not Path("x.svg").exists() and not Path("run").exists()


def test_a_partial_network_is_drawn_where_that_is_asked_for(archc: Archc) -> None:
    result = archc("draw", "broken.arch", "-o", "x.svg", "--partial")
    assert result.exit_code == 1 and "error[E0301]" in result.stderr and "N0402" not in result.stderr
    assert "mistake" in Path("x.svg").read_text(encoding="utf-8")
    assert archc("draw", "tiny.arch", "-o", "y.svg", "--partial").exit_code == 0
    for refused in (["--level", "stage"], ["--heat", "macs"]):
        result = archc("draw", "broken.arch", "-o", "z.svg", "--partial", *refused)
        assert result.exit_code == 2 and "broken has errors" in result.stderr and not Path("z.svg").exists()
    assert archc("draw", "broken.arch", "-o", "z.html", "--partial").exit_code == 2
    Path("none.arch").write_text("variant v = nope\n", encoding="utf-8")
    assert archc("draw", "none.arch", "-o", "z.svg", "--partial").exit_code == 2
