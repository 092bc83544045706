"""Files of other kinds given as specs, recognised by how their lines begin."""

from __future__ import annotations

import re

from archc.diagnostics.problems.syntax import ForeignFile
from archc.diagnostics.source import Source, Span
from archc.syntax.foreign import caffe, rows, settings
from archc.syntax.foreign.flow import flow

_NEW = "`archc new NAME.arch` writes a spec to start from, `archc list` names those that are shipped"
_IMPORT = '`archc import "FILE.py:CLASS" -o FILE.arch` makes a spec of the class behind it'
_PORT = f"write its layers as a chain, `Conv(64) - BN - ReLU`: {_NEW}"

_SUMMARY = (
    r"^\s*(Layer \(type|Model: \"|[=_\u2501\u2500-]{8,}\s*$|[\u250f\u2503\u2521\u2502\u251c\u2514]|\w+-\d+\s+\[-1)"
)
_KERAS = (
    r"^\s*((import|from) (tensorflow|keras)\b|model\.add\(|(\w+ = )?(tf\.keras\.|keras\.)?layers\.\w+\("
    r"|\w+ = (tf\.)?keras\.|\w+ = (models\.)?Sequential\()"
)
_PYTHON = (
    r"^(\s*(\w+ = )?(torch\.)?nn\.\w+\(|\s*(import (torch|numpy)|from torch)\b|class \w+.*:\s*$"
    r"|\s*def \w+\(.*\).*:\s*$|\s+self\.\w+ = )"
)
_KINDS: tuple[tuple[str, str, str], ...] = (
    ("an HTML page", r"^\s*<(!DOCTYPE|html)", "a web page was saved instead of the file: get its raw text"),
    ("XML", r"^\s*<\?xml", _PORT),
    ("a summary of a model", _SUMMARY, f"a summary has no connections: {_IMPORT}; or {_PORT}"),
    ("Keras code", _KERAS, _PORT),
    ("a Python program", _PYTHON, _PORT),
    ("a Darknet .cfg", r"^\[(net|network|convolutional|maxpool|shortcut|route|yolo|connected)\]", _PORT),
    ("TOML", r"^\s*(\[\[?[\w.]+\]?\]\s*$|[\w-]+\s*=\s*(\"|\[|[\d.]+$|true$|false$))", _PORT),
    ("a diagram for Mermaid", r"^\s*((graph|flowchart)\s+(LR|TD|TB|RL|BT)\b|\w+(\[.*?\]|\(.*?\))?\s*--+>)", _PORT),
    ("a Caffe prototxt", r"^\s*((name|type|bottom|top):\s*\"|layers?\s*\{|input_dim:|input:\s*\")", _PORT),
    (
        "a graph of TensorFlow or ONNX",
        r"^\s*((node|graph_def)\s*\{|ir_version|(name|op|op_type|input|output):?\s*\")",
        _PORT,
    ),
    (
        "a configuration of OpenMMLab",
        r"^\s*((model|backbone|neck|head)\s*=\s*dict\(|\w+=dict\(|type='|_base_\s*=)",
        _PORT,
    ),
    ("a list of packages", r"^[\w.-]+(\[[\w,]*\])?\s*(==|>=|~=|<=)\s*\d", _PORT),
    ("LaTeX", r"^\s*(\\(documentclass|usepackage|begin|end)|%)", _PORT),
    ("MATLAB code", r"^\s*(layers\s*=\s*\[|\w+Layer\(|lgraph\s*=|end$)", _PORT),
    ("Julia code", r"^\s*(using \w+|\w+\s*=\s*Chain\(|Chain\()", _PORT),
    ("a C++ program", r"^\s*((public|private):|torch::nn::|struct \w+ : |int main\(|\}\s*;$)", _PORT),
    ("a graph for Graphviz", r"^\s*(strict )?(di)?graph \w*\s*\{", _PORT),
    ("a table of layers", r"^[\w -]*(,[\w .-]*){2,}$|^\s*[\w-]+( ?\([\w]+\))?(\s{2,}[\w,x.()-]+){2,}\s*$", _PORT),
    ("an INI file", r"^\s*(\[[A-Za-z_][\w.]*\]\s*$|[\w-]+\s*=\s*([\w.]+(, ?[\w.]+)+|\d[\dx.]*)\s*$)", _PORT),
    ("a Dockerfile", r"^(FROM|RUN|CMD|COPY|WORKDIR|ENTRYPOINT|ENV) ", _PORT),
    ("a shell script", r"^\s*(#!|pip install |python3? [\w./-]+\.py|conda |export \w+=|source )", _PORT),
    ("JSON", r"^\s*[{\[]\s*(\"|$|\{)", _PORT),
    (
        "a module as PyTorch prints it",
        r"^\w+\($|^\s+\(\w+\): \w+\(",
        f"a printed module has no connections: {_IMPORT}; or {_PORT}",
    ),
    ("YAML", r"^[\w-]+:\s*([\d.\"'\[].*|[\w./-]+)?$|^\s*- (\[|\w+:)|^\s+\w+: [\w.\[\]]+$", _PORT),
)
"""What a file is, how a line of it begins (of the first lines, most), and how to go on."""
_READERS = {"a Caffe prototxt": (caffe.chain, caffe.graph), "a Darknet .cfg": (rows.chain, rows.graph)}
"""How the chain of a file that is no program is found, and the statements if it is more than a chain."""
_SETTINGS = frozenset({"JSON", "TOML", "YAML", "a table of layers"})
_PROGRAMS = frozenset({"Keras code", "a Python program"})
_MODULE = re.compile(r"^class (\w+)\(.*\bModule\):", re.MULTILINE)
_ALWAYS = frozenset({"an HTML page", "XML", "a graph for Graphviz"})
_FIRST = 12
"""Lines that are looked at."""
_CONFLICT = re.compile(r"^<{7} .*\n[\s\S]*?^={7}$[\s\S]*?^>{7} ", re.MULTILINE)


def left_over(source: Source) -> tuple[ForeignFile, Span] | None:
    """What a tool has left in a spec: an unresolved merge, the fence of Markdown, line ends of old computers."""
    text = source.text
    if (found := _CONFLICT.search(text)) is not None:
        advice = "keep one of the two parts, and leave out the lines `<<<<<<<`, `=======`, `>>>>>>>`"
        return ForeignFile(what="an unresolved merge", advice=advice), Span(
            source.name, found.start(), found.start() + 7
        )
    if text.lstrip().startswith("```"):
        start = text.index("```")
        problem = ForeignFile(what="Markdown, which begins with ```", advice="leave out the lines that begin with ```")
        return problem, Span(source.name, start, start + 3)
    if "\r" in text and "\n" not in text.strip():
        advice = "write it with line ends as editors do today, LF or CR LF"
        return ForeignFile(what="one line, in which CR alone ends lines", advice=advice), Span(
            source.name, 0, text.index("\r")
        )
    return None


def recognised(source: Source) -> tuple[ForeignFile, Span] | None:
    """What a text is that holds no definition of a spec, and its first line."""
    lines = [line for line in source.text.splitlines() if line.strip() and not line.lstrip().startswith("#")][:_FIRST]
    for what, pattern, advice in _KINDS:
        fits = [bool(re.match(pattern, line)) for line in lines]
        enough = fits[:1] == [True] and (sum(fits) >= 2 or len(lines) < 3 or what in _ALWAYS or what == "JSON")
        if enough or sum(fits) >= 3:
            start = source.text.find(lines[0])
            if what in _PROGRAMS:
                advice = _ported(source) or advice
            if what in _READERS:
                advice = _read(what, source) or advice
            if what in _SETTINGS and (chain := settings.chain(what, source.text)):
                advice = f"write it as a chain: `{chain}`, in a spec that `archc new NAME.arch` begins"
            return ForeignFile(what=what, advice=advice), Span(source.name, start, start + len(lines[0]))
    return None


def _read(what: str, source: Source) -> str:
    """The chain or the statements that a file is; empty if they are not known."""
    chain, graph = _READERS[what]
    if text := chain(source.text):
        return f"write it as a chain: `{text}`, in a spec that `archc new NAME.arch` begins"
    lines = graph(source.text)
    listed = ", ".join(f"`{line}`" for line in lines)
    more = ", each on its line" if len(lines) > 1 else ""
    return f"write {listed}{more}, in a spec that `archc new NAME.arch` begins" if lines else ""


def _ported(source: Source) -> str:
    """The chain that a program computes, and how it is made a spec as a whole; empty where neither is known."""
    chain = flow(source)
    module = _MODULE.search(source.text)
    ways = [f"write it as a chain: `{chain}`, in a spec that `archc new NAME.arch` begins"] if chain else []
    if module is not None:
        ways.append(f'`archc import "FILE.py:{module[1]}" -o FILE.arch` makes a spec of the class')
    return "; ".join(ways)
