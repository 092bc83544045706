"""Docstrings: what the spec says, in Google's style, and what a module makes of a tensor's shape."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence

from archc.emit.classes import Argument, Class
from archc.emit.layout import COLUMNS
from archc.emit.vocabulary import UNKNOWN
from archc.network.network import Network

_SUMMARY = COLUMNS - 4 - 7
"""What a docstring's first line can hold in a class."""
_KNOWN = {
    "in_channels": "Channels of the input.",
    "in_height": "Height of the input.",
    "in_width": "Width of the input.",
    "classes": "Number of classes.",
}


def plain(text: str) -> str:
    """Text that is safe in a docstring or comment, and that an editor shows as it is: no controls, no bidi marks."""
    shown = "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(shown.replace("\\", "/").replace('"""', "'''").split())


def paper(network: Network) -> str:
    """The paper of a network, as its facts say; empty without one."""
    found = network.fact("paper")
    return found if isinstance(found, str) else ""


def docstring(doc: str, paragraphs: Sequence[str], arguments: Sequence[Argument], *, model: bool) -> list[str]:
    """The lines of a class's docstring: its text in the spec, what `paragraphs` add, and what its arguments mean.

    The spec's text may have a section `Args:` with lines `name: meaning`; what is left of the arguments is kept of it.
    """
    text, meanings = _parted(doc)
    if model:
        meanings = {"classes": _KNOWN["classes"], **meanings}
    summary, rest = _sentences(text)
    lines = textwrap.wrap(rest, COLUMNS - 4) if rest else []
    lines += [w for e in paragraphs for w in textwrap.wrap(e, COLUMNS - 4, subsequent_indent="    ")]
    entries = _entries(meanings, arguments)
    if entries:
        wrapped = [textwrap.wrap(e, COLUMNS - 4 - 4, subsequent_indent="    ") for e in entries]
        lines += [*([""] if lines else []), "Args:", *(f"    {w}" for e in wrapped for w in e)]
    if not lines:
        return [f'    """{summary}"""']
    last = [""] if entries else []  # as a section ends (D413)
    return [f'    """{summary}', "", *(f"    {line}".rstrip() for line in lines), *last, '    """']


def _parted(doc: str) -> tuple[str, Mapping[str, str]]:
    """The text of a docstring before its `Args:`, and the meanings by name (or by names with commas between)."""
    before, _, section = re.sub(r"^[ \t]+", "", doc, flags=re.MULTILINE).partition("\nArgs:\n")
    meanings: dict[str, str] = {}
    last = ""
    for line in section.split("\n"):
        if found := re.match(r"(\w+(?:, \w+)*): (.+)", line):
            last = found[1]
            meanings[last] = plain(found[2])
        elif line.strip() and last:
            meanings[last] += f" {plain(line)}"
    return before, meanings


def _entries(meanings: Mapping[str, str], arguments: Sequence[Argument]) -> list[str]:
    """What the arguments mean, in their order; nothing if the spec is silent about all of them."""
    by_name: dict[str, tuple[str, str]] = {}
    for names, meaning in meanings.items():
        for name in names.split(", "):
            by_name[name] = (names, meaning)
    if not any(a.spec in by_name for a in arguments):
        return []
    entries: dict[str, tuple[list[str], str]] = {}
    for argument in arguments:
        names, meaning = by_name.get(argument.spec, (argument.name, _KNOWN.get(argument.name, "")))
        if meaning:
            entries.setdefault(names, ([], meaning))[0].append(argument.name)
    return [f"{', '.join(names)}: {meaning}" for names, meaning in entries.values()]


def _sentences(doc: str) -> list[str]:
    """The summary of a docstring, a sentence of one line, and the rest."""
    text = plain(doc).rstrip()
    if text.endswith('"'):
        text = f"{text}."
    parts = re.split(r"(?<=[.!?])\s+", text, maxsplit=1)
    rest = parts[1] if len(parts) > 1 else ""
    head = parts[0]
    if len(head) > _SUMMARY:
        cuts = [m.end() for m in re.finditer(r"[;:](?= )", head) if m.end() <= _SUMMARY] or [
            m.end() for m in re.finditer(r",(?= )", head) if m.end() <= _SUMMARY
        ]
        cut = cuts[-1] if cuts else head.rfind(" ", 0, _SUMMARY)
        head, rest = head[:cut], f"{head[cut:].strip()} {rest}".strip()
    head = head.rstrip(".;:,") + ("" if head.endswith(("!", "?")) else ".")
    return [head[0].upper() + head[1:], rest[:1].upper() + rest[1:]]


# -- shapes -----------------------------------------------------------------------------------------------------------


def mapping(made: Class) -> str:
    """One sentence on `forward`: the shapes that come in and go out, batch first."""
    instances = made.instances
    if made.key[0] == "model":
        return _of_models(made, [i.network for i in instances])
    sources = [[i.network.type_of(i.scope.inputs[n]).dims for i in instances] for n in range(len(made.inputs))]
    results = [[i.network.type_of(r).dims for i in instances for r in i.scope.outputs[n : n + 1]]
               for n in range(len(made.outputs))]  # fmt: skip
    before = [_shape([_axis(made, n, a, rows) for a in range(len(rows[0]))]) for n, rows in enumerate(sources)]
    after = [_shape(_result(made, n, rows, sources[0])) for n, rows in enumerate(results)]
    text = f"Map {' and '.join(before)} to {' and '.join(after)}."
    return text if len(text) <= COLUMNS - 14 else "Apply the block."


def _of_models(made: Class, models: Sequence[Network]) -> str:
    sources = [m.type_of(m.inputs[0]).dims for m in models]
    results = [m.type_of(m.outputs[0]).dims for m in models]
    counted = _alike(results)
    named = any(a.name == "classes" for a in made.arguments)
    if named and all(r == (m.classes,) for r, m in zip(results, models, strict=True)):
        counted = ["classes"]
    what = "images " if len(sources[0]) == 3 else ""
    made_of = "logits " if len(results[0]) == 1 else ""
    return f"Map {what}{_shape(_alike(sources))} to {made_of}{_shape(counted)}."


def _alike(rows: Sequence[tuple[int, ...]]) -> list[str]:
    """The sizes that all rows have, letters for those that differ."""
    return [
        str(sizes[0]) if len(set(sizes)) == 1 else "CHW"[axis] for axis, sizes in enumerate(zip(*rows, strict=True))
    ]


def _shape(axes: Sequence[str]) -> str:
    return f"({', '.join(['N', *axes])})"


def _axis(made: Class, number: int, axis: int, rows: Sequence[tuple[int, ...]]) -> str:
    """How an axis of an input is called."""
    if len(rows[0]) == 3 and axis:
        return "HW"[axis - 1]
    named = [a.name for a in made.arguments if not a.spec and a.input == number and a.axis == axis]
    sizes = {r[axis] for r in rows}
    return named[0] if named else str(sizes.pop()) if len(sizes) == 1 else "C"


def _result(made: Class, number: int, rows: Sequence[tuple[int, ...]], source: Sequence[tuple[int, ...]]) -> list[str]:
    """How the axes of an output are called."""
    words: list[str] = []
    for axis in range(len(rows[0])):
        sizes = {r[axis] for r in rows}
        if len(rows[0]) == 3 and axis:
            words.append(_image(made, "HW"[axis - 1], [r[axis] for r in rows], [r[axis] for r in source]))
            continue
        text = made.outputs[number][axis] if axis < len(made.outputs[number]) else ""
        if text and UNKNOWN not in text and len(text) <= 30 and " if " not in text:
            words.append(text)
        else:
            words.append(str(sizes.pop()) if len(sizes) == 1 else "C'")
    return words


def _image(made: Class, letter: str, after: Sequence[int], before: Sequence[int]) -> str:
    """Height or width of an output: as it was, divided by a stride, one, or another."""
    if all(a == b for a, b in zip(after, before, strict=True)):
        return letter
    if all(a == 1 for a in after):
        return "1"
    strides = {"2": [2] * len(after)} | {
        a.name: [i.values.get(a.spec) for i in made.instances] for a in made.arguments if a.spec and a.type == "int"
    }
    for name, steps in strides.items():
        if all(isinstance(s, int) and s and -(-b // s) == a for s, a, b in zip(steps, after, before, strict=True)):
            return f"{letter} / {name}"
    return f"{letter}'"
