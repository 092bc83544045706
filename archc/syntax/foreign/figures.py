"""Idioms of figures and tables: `Conv@64`, `Conv(6@5x5)`, `Conv3-64`, `Conv(64)/2`, `3x3, 64`, `1000-d fc`."""

from __future__ import annotations

import re

from archc.diagnostics.core import Edit
from archc.diagnostics.words.table import table
from archc.syntax.foreign.definitions import as_shape
from archc.syntax.foreign.statement import BrokenStatement, Foreign
from archc.syntax.foreign.sums import is_named

DENSE = frozenset({"connected", "dense", "linear", "fc", "fullyconnected"})
"""Words for a fully connected layer."""


def _at_sign(s: BrokenStatement) -> Foreign | None:
    """`Conv@64`: the channels behind a sign of figures."""
    found = [
        i for i in range(1, s.last)
        if s.text(i) == "@" and s.kind(i - 1) == "NAME" and s.text(i - 1) in table().ours and s.kind(i + 1) == "NUMBER"
    ]  # fmt: skip
    if not found:
        return None
    at = found[0]
    edits = tuple(s.replaced(i - 1, i + 1, f"{s.text(i - 1)}({s.text(i + 1)})") for i in found)
    why = "`@` is not part of the language: arguments go in parentheses"
    return Foreign(why, f"write `{s.text(at - 1)}({s.text(at + 1)})`", s.span(at), edits)


def _maps(s: BrokenStatement) -> Foreign | None:
    """`Conv(5x5@6)`, `Conv(6@5x5)`: kernel and channels with a sign of figures between them."""
    at = next((i for i in range(1, s.last) if s.text(i) == "@"), 0)
    kinds = s.kind(at - 1), s.kind(at + 1)
    if not at or kinds not in (("SHAPE", "NUMBER"), ("NUMBER", "SHAPE")):
        return None
    if not s.depth(at) and s.kind(at - 2) != "NAME":
        maps, size = (s.text(at + 1), s.text(at - 1)) if kinds[0] == "SHAPE" else (s.text(at - 1), s.text(at + 1))
        why = f"`{s.written(at - 1, at + 1)}` is what comes out, {maps} maps of {size}, and no layer"
        return Foreign(why, f"write the layer that makes them: `Conv({maps}, 5)`", s.span(at - 1, at + 1))
    if not s.depth(at):
        return None
    shape, channels = (s.text(at - 1), s.text(at + 1)) if kinds[0] == "SHAPE" else (s.text(at + 1), s.text(at - 1))
    first, _, last = shape.partition("x")
    text = f"{channels}, {first if first == last else shape}"
    why = f"`{s.written(at - 1, at + 1)}` is no value: channels and kernel are two arguments"
    name = s.text(s.around(at) - 1) or "Conv"
    edits = (s.replaced(at - 1, at + 1, text),)
    return Foreign(why, f"write `{name}({text})`", s.span(at - 1, at + 1), edits)


_LAYERS = {
    r"(\d+)C(\d+)": "Conv({0}, {1}, pad=0)", r"MP(\d+)": "MPool({0})", r"AP(\d+)": "APool({0})",
    r"(\d+)N": "FC({0})", r"(\d+)FC": "FC({0})", r"P(\d+)": "MPool({0})",
}  # fmt: skip
"""Layers as papers of the years before frameworks wrote them, `20C4-MP2-150N`: maps, kernel, pooling, neurons."""


def _short(s: BrokenStatement) -> Foreign | None:
    """`20C4-MP2-40C5-MP3-150N-10N`."""
    texts: dict[int, str] = {}
    for index, text in enumerate(s.texts):
        for pattern, form in _LAYERS.items():
            if s.kind(index) in ("NAME", "BAD_NUMBER") and (found := re.fullmatch(pattern, text)) is not None:
                texts[index] = form.format(*found.groups())
    if s.at not in texts or s.kind(s.at) != "BAD_NUMBER":
        return None
    edits = tuple(s.replaced(i, i, text) for i, text in texts.items())
    whole = s.after(edits)
    return Foreign(f"`{s.text(s.at)}` is not a layer", f"write `{whole}`", s.span(s.at), edits)


def _dashed(s: BrokenStatement) -> Foreign | None:
    """`FC-10`, `conv3-64`: VGG's notation, all of it in the statement at once."""
    if s.kind(s.at) != "NUMBER" or s.kind(s.at - 1) != "MINUS" or s.kind(s.at - 2) != "NAME":
        return None
    if is_named(s, s.text(s.at - 2)):
        return None
    texts = {i: text for i in range(2, len(s.tokens)) if (text := _width_behind(s, i))}
    if s.at not in texts:
        return None
    edits = tuple(s.replaced(i - 2, i, text) for i, text in texts.items())
    whole = s.after(edits) if len(texts) > 1 else texts[s.at]
    why = f"`{s.text(s.at)}` is not a layer"
    return Foreign(why, f"the width is an argument: `{whole}`", s.span(s.at), edits)


def _width_behind(s: BrokenStatement, at: int) -> str:
    """The term of `FC-10` whose number is at `at`; empty where there is none."""
    found = re.fullmatch(r"([A-Za-z]+?)_?(\d)?", s.text(at - 2))
    if (
        s.text(at + 1) in ("x", "X", "*", "times")
        or s.kinds[at - 2 : at + 1] != ["NAME", "MINUS", "NUMBER"]
        or found is None
    ):
        return ""
    name = {"conv": "Conv", "fc": "FC"}.get(found[1].lower(), found[1])
    return f"{name}({s.text(at)}{', ' + found[2] if found[2] else ''})"


_CYCLE = {
    r"c(\d)s(\d)-(\d+)": "Conv({2}, {0}, {1}) - InstanceNorm - ReLU",
    r"d(\d+)": "Conv({0}, 3, 2) - InstanceNorm - ReLU",
    r"R(\d+)": "add {{ Conv({0}) - InstanceNorm - ReLU - Conv({0}) - InstanceNorm | in }}",
    r"u(\d+)": "ConvTranspose({0}, 3, 2, pad=1, output_pad=1) - InstanceNorm - ReLU",
}
"""The units of CycleGAN's generator, `c7s1-64 - d128 - R128 - u64`: kernel, stride and filters, halving, residual,
doubling (arXiv:1703.10593, appendix)."""


def _units(s: BrokenStatement) -> Foreign | None:
    """`c7s1-64 - d128 - R256 - u128`."""
    if s.kind(s.at) != "NUMBER" or not re.fullmatch(r"c\ds\d", s.text(s.at - 2)):
        return None
    edits: list[Edit] = []
    told: dict[str, str] = {}
    """What each kind of unit is, shown for the first of it."""
    index = 0
    while index < len(s.tokens):
        is_first = re.fullmatch(r"c\ds\d", s.text(index)) and s.kinds[index + 1 : index + 3] == ["MINUS", "NUMBER"]
        last = index + 2 if is_first else index
        word = "".join(s.texts[index : last + 1])
        for pattern, form in _CYCLE.items():
            if (found := re.fullmatch(pattern, word)) is not None:
                text = form.format(*found.groups())
                told.setdefault(pattern, f"`{text}` for `{word}`")
                edits.append(s.replaced(index, last, text))
        index = last + 1
    ways = ", ".join(told.values())
    why = f"`{s.text(s.at - 2)}-{s.text(s.at)}` is a unit of several layers, written out here"
    return Foreign(why, f"write {ways}", s.span(s.at - 2, s.at), tuple(edits))


def _sized(s: BrokenStatement) -> Foreign | None:
    """`224x224x3 - Conv(64)`, `3x224x224 -> Conv(64)`: the input as the beginning of a chain."""
    if s.kind(0) != "SHAPE" or s.at or s.kind(1) != "MINUS" or s.text(0).count("x") != 2:
        return None
    statement = f"input {as_shape(s.text(0).split('x'))}"
    if re.search(r"(?m)^\s*input\b", s.source.text):
        advice, instead = "leave it out: the statement `input` says what comes in", ""
    else:
        advice, instead = f"what comes in is a statement, on a line of its own: `{statement}`", f"{statement}\n  "
    last = 2 if s.kind(2) == "GT" else 1
    edits = (Edit(s.span(0)._replace(end=s.span(last + 1).start), instead),)
    return Foreign(f"`{s.text(0)}` begins no chain", advice, s.span(0), edits)


def _stride(s: BrokenStatement) -> Foreign | None:
    """`Conv(64, 3x3, /2)`, `Conv(64, 7)/2`: the stride as figures have it."""
    if s.kind(s.at) == "SLASH" and s.kind(s.at - 1) == "RPAR" and s.kind(s.at + 1) == "NUMBER" and not s.depth(s.at):
        first = s.term(s.at - 1)
        text = f"{s.written(first, s.at - 2)}, stride={s.text(s.at + 1)})"
        edits = (s.replaced(first, s.at + 1, text),)
        return Foreign("`/` divides numbers", f"a stride is an argument: `{text}`", s.span(s.at, s.at + 1), edits)
    if s.kind(s.at) == "SLASH" and s.kind(s.at - 1) in ("COMMA", "LPAR") and s.kind(s.at + 1) == "NUMBER":
        text = f"stride={s.text(s.at + 1)}"
        return Foreign(
            f"`/{s.text(s.at + 1)}` is no value",
            f"write `{text}`",
            s.span(s.at, s.at + 1),
            (s.replaced(s.at, s.at + 1, text),),
        )
    return None


def _dimensional(s: BrokenStatement) -> Foreign | None:
    """`1000-d fc`: a fully connected layer behind its width, as papers have it."""
    first = next(
        (
            i
            for i in range(s.last - 1)
            if s.kinds[i : i + 2] == ["NUMBER", "MINUS"] and s.text(i + 2) in ("d", "D", "dim")
        ),
        -1,
    )
    if first < 0 or s.text(first + 3).lower() not in DENSE or s.kind(first - 1) not in ("", "MINUS", "COMMA"):
        return None
    text = f"FC({s.text(first)})"
    why = f"`{s.written(first, first + 3)}` is not a layer"
    return Foreign(why, f"write `{text}`", s.span(first, first + 3), (s.replaced(first, first + 3, text),))


def row(s: BrokenStatement) -> Foreign | None:
    """`7x7, 64, stride 2`, `1x1, 64; 3x3, 64`: rows of a paper's table."""
    begins = ("", "MINUS", "BAR", "LSQB", "LBRACE")
    start = next(
        (i for i in range(len(s.tokens)) if s.kind(i - 1) in begins and s.kind(i - 2) != "NAME" and _row_at(s, i)), None
    )
    if start is None:
        return None
    found: list[str] = []
    last, after = start - 2, _row_at(s, start)
    while after is not None:
        text, last = after
        found.append(text)
        after = _row_at(s, last + 2) if s.text(last + 1) in (";", ",", "|") else None
    text = " - ".join(found)
    edits = (s.replaced(start, last, text),)
    return Foreign(f"`{s.written(start, last)}` names no layer", f"write `{text}`", s.span(start, last), edits)


def _row_at(s: BrokenStatement, start: int) -> tuple[str, int] | None:
    """The convolution of the row that begins at a token, and its last token; None where none begins."""
    crossed = s.kind(start) == "NUMBER" and s.text(start + 1) == "\u00d7" and s.kind(start + 2) == "NUMBER"
    last = start + 2 * crossed
    kernel = f"{s.text(start)}x{s.text(last)}" if crossed else s.text(start)
    if (each := re.fullmatch(r"d(\d)x\1", s.text(start))) and s.kinds[start + 1 : start + 3] == ["COMMA", "NUMBER"]:
        return f"DWConv({each[1]})", start + 2
    if not re.fullmatch(r"\dx\d", kernel) or s.kinds[last + 1 : last + 3] != ["COMMA", "NUMBER"]:
        return None
    channels, last = s.text(last + 2), last + 2
    stride: list[str] = []
    if s.kind(last + 1) == "COMMA" and s.text(last + 2) in ("stride", "s", "/") and s.kind(last + 3) == "NUMBER":
        stride, last = [s.text(last + 3)], last + 3
    return call("Conv", [kernel, channels, *stride]), last


def call(name: str, arguments: list[str]) -> str:
    """A call; of a kernel before the channels as figures have it, `3x3, 64`, the channels come first."""
    if len(arguments) > 1 and re.fullmatch(r"\dx\d", arguments[0]) and arguments[1].isdigit():
        kernel = arguments[0][0] if arguments[0][0] == arguments[0][2] else arguments[0]
        arguments = [arguments[1], kernel, *arguments[2:]]
    return f"{name}({', '.join(arguments)})"


IDIOMS = (_short, _dimensional, _at_sign, _maps, _sized, _units, _dashed, _stride)
