"""`archc count` in all its forms."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import jsonschema
import pytest

from archc.cli.commands.count import _TOOLS
from archc.count.conventions import names
from tests.cli.conftest import Archc

SPEC = """
block Pair(n) { conv: Conv(n, bias=false) - bn: BN - ReLU }
model net { input 3x16x16
  stem: Pair(8) - [Pair(16) - MPool]x2 - GAPool - fc: FC(10) - SM }
"""


@pytest.fixture
def net(archc: Archc) -> Archc:
    Path("net.arch").write_text(SPEC, encoding="utf-8")
    return archc


def test_every_part_in_every_form(net: Archc) -> None:
    """The text, Markdown, JSON and CSV of a table agree."""
    for part in ("fields", "memory", "traffic", "training", "formulas"):
        text = net("count", "net.arch", f"--{part}").stdout
        assert text.startswith("net")
        assert "|---|" in net("count", "net.arch", f"--{part}", "--markdown").stdout
        read = json.loads(net("count", "net.arch", f"--{part}", "--json").stdout)
        assert read[part]
        records = list(csv.DictReader(io.StringIO(net("count", "net.arch", f"--{part}", "--csv").stdout)))
        assert records and {record["network"] for record in records} == {"net"}


def test_json_has_what_was_asked_for_and_satisfies_the_schema(net: Archc) -> None:
    schema = json.loads(net("count", "schema").stdout)
    for words in ((), ("--memory", "--batch", "4", "--dtype", "float16"), ("--convention", "all", "--formulas")):
        read = json.loads(net("count", "net.arch", "--json", *words).stdout)
        jsonschema.validate(read, schema, cls=jsonschema.Draft202012Validator)
        assert ("memory" in read, "conventions" in read) == ("--memory" in words, "--convention" in words)
    assert len(json.loads(net("count", "net.arch", "net.arch", "--json").stdout)) == 2


def test_lines(net: Archc) -> None:
    by_kind = net("count", "net.arch", "--by", "kind").stdout
    assert re.search(r"^Conv +3 ", by_kind, re.MULTILINE)
    modules = net("count", "net.arch", "--depth", "1").stdout
    assert re.search(r"^stem +Pair +3 ", modules, re.MULTILINE)
    top = net("count", "net.arch", "--top", "1").stdout.splitlines()
    assert top[-3].split()[:2] == ["pair2.conv", "Conv"]
    records = csv.DictReader(io.StringIO(net("count", "net.arch", "--top", "2", "--csv").stdout))
    assert [record["layer"] for record in records] == ["pair2.conv", "pair3.conv"]


def test_units_and_no_bars_in_a_pipe(net: Archc) -> None:
    text = net("count", "net.arch", "--unit", "auto").stdout
    assert re.search(r"MACs +\d+ K ", text) and "%" not in text
    assert " MiB" in net("count", "net.arch", "--memory", "--unit", "M").stdout


def test_one_tool_and_all(net: Archc) -> None:
    one = net("count", "net.arch", "--convention", "thop").stdout
    assert "thop 0.1.1" in one and "2*in + 2*affine" in one
    every = net("count", "net.arch", "--convention", "all").stdout
    assert all(f"{name}: " in every for name in names())
    assert set(_TOOLS) == set(names())


def test_explain(net: Archc) -> None:
    text = net("count", "net.arch", "--explain", "pair2.conv").stdout
    assert text.startswith("pair2.conv: Conv, 8x16x16 -> 16x16x16\n")
    assert "  channels = n = 16, at net.arch:2:28\n    n = 16, passed to Pair at net.arch:4:25\n" in text
    wrong = net("count", "net.arch", "--explain", "pair2.con")
    assert (wrong.exit_code, wrong.stderr) == (2, "error: net has no layer pair2.con; did you mean pair2.conv?\n")


def test_latex_is_of_formulas(net: Archc) -> None:
    assert net("count", "net.arch", "--formulas", "--latex").stdout.startswith("\\begin{longtable}")
    assert net("count", "net.arch", "--latex").exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--markdown"),
        ("--csv", "--memory", "--training"),
        ("--depth", "2", "--by", "kind"),
        ("--explain", "stem.conv", "--json"),
        ("--top", "0"),
        ("--convention", "deepspeed"),
        ("--dtype", "int8"),
    ],
    ids=" ".join,
)
def test_options_that_speak_against_each_other(net: Archc, words: tuple[str, ...]) -> None:
    result = net("count", "net.arch", *words)
    assert result.exit_code == 2 and result.stdout == ""
