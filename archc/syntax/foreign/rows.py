"""Layers as rows of data inside a model: sections of Darknet, rows of YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping

from archc.diagnostics.core import Edit
from archc.diagnostics.words.given import activation_of
from archc.diagnostics.words.meaning import meaning
from archc.syntax.foreign import settings
from archc.syntax.foreign.graphs import GraphLayer, statements
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_SECTIONS = {
    "convolutional": "Conv({filters}, {size}, {stride})", "conv": "Conv({filters}, {size}, {stride})",
    "maxpool": "MPool({size}, {stride})", "avgpool": "GAPool", "connected": "FC({output})",
    "upsample": "Upsample({stride})", "dropout": "Dropout({probability})", "softmax": "SM",
    "deconvolutional": "ConvTranspose({filters}, {size}, {stride})", "shortcut": "", "route": "", "net": "",
    "network": "", "yolo": "", "cost": "",
}  # fmt: skip
"""The sections of Darknet, and their terms; empty for those that are none."""
_MERGING = {
    "shortcut": "`add { x | y }` of two tensors with names",
    "route": "`concat { x | y }` of tensors with names",
}
_PRINTED = (
    ("Darknet's printout", r"\d+ +conv +(?P<width>\d+) +(?P<k>\d+) x +\d+ */ *(?P<s>\d+)", "Conv({width}, {k}, {s})"),
    ("Darknet's printout", r"\d+ +max +(?P<k>\d+) x +\d+ */ *(?P<s>\d+)", "MPool({k}, {s})"),
    ("a summary", r"(?P<kind>[A-Za-z]\w*)-\d+ +\[-1, (?P<width>\d+)", ""),
    ("a summary", r"\w+ \((?P<kind>\w+)\) +[\[(]+(?:None, )(?:\d+, )*(?P<width>\d+)[\])]", ""),
    ("a table", r"Conv */ *s(?P<s>\d) +(?P<k>\d) *[x\u00d7] *\d(?: *[x\u00d7] *\d+)? *[x\u00d7] *(?P<width>\d+)",
     "Conv({width}, {k}, {s})"),
    ("a table", r"Conv dw */ *s(?P<s>\d) +(?P<k>\d) *[x\u00d7]", "DWConv({k}, {s})"),
    ("a table", r"FC */ *s\d +\d+ *[x\u00d7] *(?P<width>\d+)", "FC({width})"),
)  # fmt: skip
"""Rows that programs print and papers have, and their terms; where there is none, that of the kind and its width."""
_WIDE = {"FC": "({width})", "Linear": "({width})", "Conv": "({width}, …)", "ConvTranspose": "({width}, …)"}
"""What a row tells of the arguments of a layer."""
_LONGEST = 600
"""Letters of a chain that is shown."""
_NEAR = 2_000
"""Letters around a setting in which its section is."""
_LISTED = re.compile(r"^[ \t]*(\w+)[ \t]*=[ \t]*([^#\n]+?)[ \t]*$", re.MULTILINE)
"""A setting that may be a list: `layers = -1, 8`."""
_SETTING = re.compile(r"^[ \t]*(\w+)[ \t]*=[ \t]*([\w.,-]+)[ \t]*$", re.MULTILINE)


def _term(name: str, given: Mapping[str, str]) -> str:
    """The term for a section with its settings; empty for one that is none."""
    text = _SECTIONS[name]
    needs = re.findall(r"\{(\w+)\}", text)
    for each in needs:
        text = text.replace(f"{{{each}}}", given.get(each, ""))
    text = re.sub(r"(, )+\)", ")", text).replace("()", "")
    for each in ("dilation", "groups"):
        if name.startswith("conv") and given.get(each, "1") != "1":
            text = f"{text.removesuffix(')')}, {each}={given[each]})"
    if given.get("batch_normalize") == "1":
        text = f"{text.removesuffix(')')}, bias=false) - BN"  # Darknet's biases are those of the normalisation
    activation = activation_of(given.get("activation", "linear"))
    text += f" - {activation}" if text and activation else ""
    return text


def chain(text: str) -> str:
    """The chain that the sections of a Darknet .cfg are; empty where they are more than a chain."""
    found = re.split(r"(?m)^[ \t]*\[(\w+)\][ \t]*$", text)[1:]
    terms = [_term(name, dict(_SETTING.findall(rest))) for name, rest in zip(found[::2], found[1::2], strict=True)]
    names = set(found[::2])
    whole = " - ".join(filter(None, terms))
    return whole if names <= _SECTIONS.keys() and not names & {*_MERGING, "yolo"} and len(whole) <= _LONGEST else ""


def graph(text: str) -> list[str]:
    """The statements that the sections of a Darknet .cfg are; empty if not all are known."""
    found = re.split(r"(?m)^[ \t]*\[(\w+)\][ \t]*$", text)[1:]
    layers: list[GraphLayer] = []
    ends: list[int] = []
    for name, rest in zip(found[::2], found[1::2], strict=True):
        given = {key: " ".join(value.split()) for key, value in _LISTED.findall(rest)}
        last = len(layers) - 1
        if name in ("net", "network"):
            continue
        if name in ("yolo", "region", "cost", "detection"):
            ends += [last] if name != "cost" else []
            layers.append(GraphLayer("", "", "", (last,)))  # sections are counted
            continue
        reads = given.get("layers", given.get("from", ""))
        numbers = [int(n) for n in re.findall(r"-?\d+", reads)]
        inputs = tuple(n if n >= 0 else last + 1 + n for n in numbers)
        if name not in _SECTIONS or "groups" in given or not all(-1 <= i <= last for i in inputs):
            return []
        if name == "route" and len(inputs) == 1:
            layers.append(GraphLayer("", "", "", inputs))
        elif name in _MERGING:
            word = "add" if name == "shortcut" else "concat"
            layers.append(GraphLayer(f"{word}{last + 1}", "", word, (*((last,) if word == "add" else ()), *inputs)))
        else:
            layers.append(GraphLayer(f"x{last + 1}", _term(name, given), "", (last,)))
    return statements(layers, ends)


def _section(s: BrokenStatement) -> Foreign | None:
    """`[convolutional]` and the settings on the lines behind it."""
    name = s.text(1)
    if s.kinds[:1] != ["LSQB"] or s.kind(2) not in ("RSQB", "TIMES") or name not in _SECTIONS:
        return None
    rest = s.source.text[s.span(2).end : s.span(2).end + _NEAR]
    given = dict(_SETTING.findall(rest.partition("[")[0]))
    text = _term(name, given)
    why = f"`[{name}]` is a section of a Darknet .cfg, and begins no statement"
    advice = f"write `{text}`, its settings as arguments, and join it to the others with `-`"
    if not text:
        advice = f"it is {_MERGING[name]}" if name in _MERGING else "leave it out"
    words = tuple(given[each] for each in ("activation",) if each in given)  # which the lines behind it read
    return Foreign(why, advice, s.span(0, 2), once=f"[{name}]", opens="cfg", names=words)


def _setting(s: BrokenStatement) -> Foreign | None:
    """`filters=32` behind a section."""
    before = s.source.text[max(0, s.span(0).start - _NEAR) : s.span(0).start]
    inside = re.search(r"(?m)^[ \t]*\[(\w+)\][ \t]*\n(?:[ \t]*\w+[ \t]*=.*\n)*[ \t]*$", before)
    if s.kinds[:2] != ["NAME", "ASSIGN"] or inside is None or inside[1] not in _SECTIONS:
        return None
    why = f"`{s.text(0)}` is a setting of a Darknet .cfg, and begins no statement"
    return Foreign(why, "settings are the arguments of a layer: `Conv(32, 3, 1)`", s.span(0, s.last), within="cfg")


def _row(s: BrokenStatement) -> Foreign | None:
    """`[-1, 3, Conv, [64, 3, 2]]`: from, number, module and arguments of YOLO's YAML."""
    first = 1 if s.kind(0) == "MINUS" else 0
    if s.kind(first) != "LSQB":
        return None
    parts = s.arguments(first)
    texts = [text for _, text in parts]
    if len(texts) != 4 or not re.fullmatch(r"-?\d+|\[.*\]", texts[0]) or not texts[1].isdigit():
        return None
    if not re.fullmatch(r"[A-Za-z_][\w.]*", texts[2]) or not texts[3].startswith("["):
        return None
    name = texts[2].rpartition(".")[2]
    inside = [a.strip() for a in texts[3].strip("[]").split(",") if a.strip()]
    arguments = tuple((None, a) for a in inside if a not in ("None", "nc", "anchors"))
    meant = meaning(name, arguments)
    known = meant is not None and meant.text
    term = meant.text if meant is not None and meant.text else f"{name}({', '.join(inside)})" if inside else name
    text = term if texts[1] == "1" else f"[{term}]x{texts[1]}"
    more = "" if known or name == "Conv" else f"; `{name}` is a block that is defined first"
    why = "this is a row of YAML, and begins no chain"
    return Foreign(why, f"write `{text}`, and join the rows with `-`{more}", s.span(0, s.last), once="row")


def _printed(s: BrokenStatement) -> Foreign | None:
    """`Conv2d-1 [-1, 64, 32, 32] 1,792`: a row that a program prints, or that a paper's table has."""
    start = s.span(0).start
    line = s.source.text[start:].partition("\n")[0]
    for what, pattern, form in _PRINTED:
        if (found := re.match(pattern, line)) is None:
            continue
        text, given = form.format(**found.groupdict()), found.groupdict()
        if not form:
            meant = meaning(given["kind"], ())
            text = re.split(r"\W", meant.text, maxsplit=1)[0] if meant is not None and meant.text else given["kind"]
            text += _WIDE.get(text, "").format(**given)
        more = ", with its kernel and stride for `…`" if "…" in text else ""
        advice = f"write `{text}`{more}, and join the layers of all rows with `-`"
        return Foreign(f"this is a row of {what}, and begins no chain", advice, s.span(0, s.last), once="printed row")
    return None


def _mapping(s: BrokenStatement) -> Foreign | None:
    """`- {name: conv1, type: Conv, args: [32, 3]}`: layers of YAML, one on each line."""
    at = s.at
    if s.kind(at) != "MINUS" or s.kind(at + 1) not in ("LBRACE", "BODY") or (at and not s.begins_line(at)):
        return None
    start = s.source.text.rfind("\n", 0, s.span(at).start) + 1
    block = re.match(r"(?:[ \t]*-[ \t]*\{.*\}[ \t]*(?:\n|$))+", s.source.text[start:])
    terms: list[str] = []
    for line in re.findall(r"\{(.*)\}", block[0] if block is not None else ""):
        pairs = dict(re.findall(r"(\w+):[ \t]*(\[[^\]]*\]|[^,\[\]]+)", line))
        kind = next((pairs.pop(key) for key in ("type", "module", "op", "layer") if key in pairs), "").strip("\"' ")
        name = pairs.pop("name", "").strip("\"' ")
        listed = pairs.pop("args", "").strip("[] ")
        given = [(None, each.strip()) for each in listed.split(",") if each.strip()]
        text = settings.term(kind, (*given, *((key, value.strip()) for key, value in pairs.items())))
        terms.append(f"{name}: {text}" if name and text else text)
    if block is None or not all(terms):
        return None
    whole = " - ".join(terms)
    edits = (Edit(s.span(at)._replace(start=start, end=start + len(block[0])), f"  {whole}\n"),)
    return Foreign("a list of YAML holds no layers", f"write `{whole}`", s.span(at), edits)


def _table(s: BrokenStatement) -> Foreign | None:
    """Rows of Markdown: `| Conv | 64 | 3 |` below the names of the columns."""
    start = s.source.text.rfind("\n", 0, s.span(s.at).start) + 1
    block = re.match(r"(?:[ \t]*\|[^\n]*\|[ \t]*(?:\n|$)){3,}", s.source.text[start:])
    if s.kind(s.at) != "BAR" or block is None:
        return None
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block[0].strip().split("\n")]
    if not all(re.fullmatch(r":?-+:?", cell) for cell in rows[1]):
        return None
    heads = [head.lower() for head in rows[0]]
    terms: list[str] = []
    for row in rows[2:]:
        given = [(head, cell) for head, cell in zip(heads[1:], row[1:], strict=False) if re.fullmatch(r"[\dx]+", cell)]
        terms.append(settings.term(row[0], tuple(given)))
    if not terms or not all(terms):
        return None
    text = " - ".join(terms)
    place = s.span(s.at)._replace(start=start, end=start + len(block[0]))
    edits = (Edit(place, f"  {text}\n"),)
    return Foreign("a table holds no layers", f"write `{text}`", s.span(s.at), edits, once="table")


IDIOMS = (_table, _mapping, _printed, _section, _setting, _row)
