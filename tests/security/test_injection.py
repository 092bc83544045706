"""Texts of a spec remain text: they become no code, no markup, no formula and no terminal command."""

from __future__ import annotations

import ast
import csv
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from archc.count.counts import count
from archc.count.formulas import as_text as formulas
from archc.count.formulas import derivations
from archc.count.tables import as_csv, summary, table
from archc.diagnostics.render import render
from archc.ir.network import Network
from archc.targets.figure import LEVELS, figure
from archc.targets.figure import render as draw
from archc.targets.outline import outline
from archc.targets.pytorch import emit
from tests.cli.conftest import Archc
from tests.support.specs import checked, network

HOSTILE = (
    'end """\nimport os; os.abort()\n"""',
    '"""',
    '"',
    '""" + __import__("os").abort() + """',
    "'''",
    '""\x00" + __import__("os").abort() + ""\u202e"',
    "\\\x00",
    "back\\slash \\",
    "\\\"\\\"\\\"",
    "two\nlines\r\nand\u2028more\u2029\x85\x0b\x0c",
    "bidi \u202e\u2066 evil \u2069",
    "control \x00\x01\x07\x1b[2J\x1b]0;title\x07\x9b2J\x7f",
    "{__import__('os').abort()} {x} %s %(x)s $x",
    "# comment\n# type: ignore\n# noqa",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]><!-- --> &amp; <![CDATA[",
    "=cmd|' /C calc'!A0",
    "+1+1", "-1+1", "@SUM(1)", "\t=1+1",
    "\ufeff\ufffe",
    "ends with a quote\"",
    " leading\n\n    indented\n\ttab",
    "",
)  # fmt: skip


def quoted(text: str) -> str:
    """A text as a literal of the language."""
    escapes = {'"': '\\"', "\\": "\\\\", "{": "{{", "}": "}}"}
    return '"' + "".join(escapes.get(c) or (c if c.isprintable() else f"\\u{{{ord(c):x}}}") for c in text) + '"'


def spec(text: str) -> str:
    """A spec with `text` wherever arbitrary text is allowed."""
    said = quoted(text)
    return f"""{said.replace("{{", "{").replace("}}", "}")}
let words = {said}
macro Told(w) = Conv(4) if (w != {said[:-1]}{{1 + 1}}")
block Unit(c, w={said}) {{
  {said.replace("{{", "{").replace("}}", "}")}
  add {{ Conv(c) - ReLU if (w == {said}) | Conv(c, 1) }}
}}
model m(w={said}, n=2) {{
  {said.replace("{{", "{").replace("}}", "}")}
  input 3x8x8
  stem: Conv(4) - a: Unit(4, w) - b: Unit(4, {said}) - c: Unit(n, words) - Told({said}) - GAPool - fc: FC(10)
}}
variant v = m({said}) {{
  {said.replace("{{", "{").replace("}}", "}")}
  paper: {said}
  note: {said}
}}
"""


def hostile(text: str) -> Network:
    return network(spec(text), member="v")


def shape_of(source: str) -> str:
    """The syntax tree of the code, without the contents of strings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_code(text: str) -> None:
    """Emitted code has the same statements for any texts, and no character that changes its display."""
    source = emit((hostile(text),), f"archc compile {text}", "0")
    assert shape_of(source) == shape_of(emit((hostile("harmless"),), "archc compile harmless", "0"))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]", source)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup_or_a_formula(text: str) -> None:
    net = hostile(text)
    for level in LEVELS:
        root = ET.fromstring(draw(figure(net, level=level), "svg"))
        for element in root.iter():
            assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "iframe", "image", "a")
            assert not any(name.lower().startswith("on") or "href" in name.lower() for name in element.attrib)
        dot = draw(figure(net, level=level), "dot").decode()
        unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", dot)
        assert not re.search(r"URL|href|image|<|>", unquoted.replace("->", ""))
    counts = count(net)
    for row in csv.reader(io.StringIO(as_csv([counts], "layer"))):
        assert not [cell for cell in row if cell[:1] in tuple("=+-@\t\r")]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_command_of_the_terminal(text: str) -> None:
    """Neither in the display of a network nor in diagnostics."""
    net = hostile(text)
    counts = count(net)
    wrong = checked(spec(text) + "variant bad = m(" + quoted(text) + ", 3) { expect params == 1 }\n", member="bad")
    shown = [outline(net), summary(counts), table(counts, "layer"), formulas(derivations(net))]
    shown += [render(wrong.diagnostics, wrong.sources, format) for format in ("text", "github")]
    assert wrong.failed
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "".join(shown))


@pytest.mark.parametrize(
    "text", [t for t in HOSTILE if set(t) & set("<|\x1b\u202e\n")] + ["a | b", "[x](javascript:y)"]
)
def test_no_text_becomes_markup_in_markdown(archc: Archc, text: str) -> None:
    """Exercise sheets and tables contain no HTML and no link, and a cell stays one cell."""
    label = '"<img/src=x>|[x](y)"'.replace("[x]", "]")
    body = f"input 3x8x8\n  {label.replace(']', '')}: Conv(4) - FC(10)"
    variants = f"variant v = m {{ name: {quoted(text)} }}\nvariant w = m {{ freeze fc1 }}\n"
    Path("told.arch").write_text(f"model m {{\n  {body}\n}}\n{variants}", encoding="utf-8")
    both = ("told.arch:v", "told.arch:w")
    for words in (
        ("exercise", both[0]),
        ("table", *both),
        ("compare", *both, "--markdown"),
        ("count", both[0], "--markdown"),
        ("diff", *both, "--format", "markdown"),
    ):
        page = archc(*words).stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page), words
        plain = re.sub(r"`[^`]*`", "", page).replace("<br>", "")
        assert not re.search(r"(?<!\\)<(?!/?(details|summary)>)", plain), words
        assert "](" not in plain, words
        cells = [len(re.findall(r"(?<!\\)\|", line)) for line in plain.splitlines() if line.startswith("|")]
        heads = plain.count("| --- |") + plain.count("|---|")
        assert cells and len(set(cells)) <= max(1, heads), words


def test_the_name_of_a_file_is_only_a_name(archc: Archc) -> None:
    """In messages, in emitted code and in figures."""
    name = 'a"""\n\x1b[2J<script>\u202e\'.arch'
    text = "model m {\n  input 3x8x8\n  Conv(4)\n}\n"
    Path(name).write_text(text, encoding="utf-8")
    source = archc("compile", name).stdout
    Path("plain.arch").write_text(text, encoding="utf-8")
    plain = archc("compile", "plain.arch").stdout
    assert [type(node) for node in ast.parse(source).body] == [type(node) for node in ast.parse(plain).body]
    for words in (["check", name], ["check", f"{name}x.arch"], ["compile", name, "-o", "tiny.arch"], ["count", name]):
        said = archc(*words).output
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said), words
