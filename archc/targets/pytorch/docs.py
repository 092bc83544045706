"""Docstrings in Google style: the text of the spec, and the mapping of shapes by a module."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set

from archc.ir.expr import BinaryExpr, Const, Expr, Var, binary, python, variables
from archc.ir.network import Network
from archc.support.columns import fitting, lines_of, width
from archc.targets.pytorch.code import Class, ClassParameter
from archc.targets.pytorch.layout import COLUMNS

_SUMMARY = COLUMNS - 4 - 7
"""The maximum length of the first line of a class's docstring."""
_KNOWN = {
    "in_channels": "Channels of the input.",
    "in_height": "Height of the input.",
    "in_width": "Width of the input.",
    "classes": "Number of classes.",
}


def plain(text: str) -> str:
    """Text made safe for a docstring or comment, and displayed unchanged by editors: no control or bidi characters."""
    shown = "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(shown.replace("\\", "/").replace('"""', "'''").split())


def paper(network: Network) -> str:
    """The paper in the facts of a network; empty without one."""
    found = network.fact("paper")
    return found if isinstance(found, str) else ""


def docstring(
    doc: str,
    paragraphs: Sequence[str],
    arguments: Sequence[ClassParameter],
    positive: frozenset[str] = frozenset(),
    *,
    model: bool,
) -> list[str]:
    """The lines of a class's docstring: its text in the spec, `paragraphs`, and the meanings of its arguments.

    The spec's text may have a section `Args:` with lines `name: meaning`; the lines of arguments that remain are kept.
    For `positive` arguments the docstring states that they must be at least 1.
    """
    text, meanings = _parted(doc)
    if model:
        meanings = {"classes": _KNOWN["classes"], **meanings}
    summary, rest = _sentences(text)
    if summary.startswith('"'):  # a formatter puts a space before it (and D210 forbids one)
        summary = summary.replace('"', "'")
    if own := sorted(positive & {a.name for a in arguments}):
        least = f"{', '.join(own)} > 0."
        longer = f"{summary.rstrip('.')}; {least}"
        summary, rest = (longer, rest) if width(longer) <= _SUMMARY else (summary, f"{rest} Requires {least}".strip())
    lines = lines_of(rest, COLUMNS - 4) if rest else []
    lines += [w for e in paragraphs for w in lines_of(e, COLUMNS - 4, indent="    ")]
    entries = _entries(meanings, arguments)
    if entries:
        wrapped = [lines_of(e, COLUMNS - 4 - 4, indent="    ") for e in entries]
        lines += [*([""] if lines else []), "Args:", *(f"    {w}" for e in wrapped for w in e)]
    if not lines:
        return [f'    """{summary}"""']
    last = [""] if entries else []  # the end of a section (D413)
    return [f'    """{summary}', "", *(f"    {line}".rstrip() for line in lines), *last, '    """']


def _parted(doc: str) -> tuple[str, Mapping[str, str]]:
    """The text of a docstring before its `Args:`, and the meanings by name, or by names separated by commas."""
    before, _, section = "\n".join(line.lstrip(" \t") for line in doc.split("\n")).partition("\nArgs:\n")
    meanings: dict[str, str] = {}
    last = ""
    for line in section.split("\n"):
        names, _, meaning = line.partition(": ")
        if meaning and all(name.isidentifier() for name in names.split(", ")):
            last = names
            meanings[last] = plain(meaning)
        elif line.strip() and last:
            meanings[last] += f" {plain(line)}"
    return before, meanings


def _entries(meanings: Mapping[str, str], arguments: Sequence[ClassParameter]) -> list[str]:
    """The meanings of the arguments, in order; nothing if the spec explains none of them."""
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
    """The summary of a docstring, one sentence on one line, and the rest."""
    text = plain(doc).rstrip()
    if text.endswith('"'):
        text = f"{text}."
    end = next((i for i in _ends(text, ".!?") if _is_whole(text[:i])), len(text))
    head, rest = text[:end], text[end:].lstrip()
    if (most := fitting(head, _SUMMARY)) < len(head):
        cuts = [*_ends(head[: most + 1], ";:")] or [*_ends(head[: most + 1], ",")] or [head.rfind(" ", 0, most)]
        cut = cuts[-1] if cuts[-1] > 0 else most
        head, rest = head[:cut], f"{head[cut:].strip()} {rest}".strip()
    head = head.rstrip(".;:,") + ("" if head.endswith(("!", "?")) else ".")
    return [head[0].upper() + head[1:], rest[:1].upper() + rest[1:]]


_ABBREVIATED = re.compile(r"\b(?:al|app|approx|cf|ch|e\.g|eqs?|figs?|i\.e|no|pp?|secs?|tab|vs)\.$", re.IGNORECASE)
"""Abbreviations that end in a full stop within a sentence."""


def _is_whole(text: str) -> bool:
    """Whether a text up to a mark may be a sentence: no bracket is open, and it does not end in an abbreviation."""
    return text.count("(") <= text.count(")") and not _ABBREVIATED.search(text)


def _ends(text: str, marks: str) -> Iterator[int]:
    """The offsets after these marks, if a space follows."""
    return (i for i in range(1, len(text)) if text[i - 1] in marks and text[i] == " ")


# -- shapes -----------------------------------------------------------------------------------------------------------


def mapping(made: Class, networks: Sequence[Network]) -> str:
    """One sentence on `forward`: the shapes of inputs and outputs, batch first, if they are short."""
    if networks:
        return _of_models(made, networks)
    said = _letters(made)
    before = [_shape(_incoming(dims, said)) for dims in made.dims]
    after = [_shape(_result(dims, made.dims, said)) for dims in made.outputs]
    if any("?" in text for text in after):
        return "Apply the block."
    text = f"Map {' and '.join(before)} to {' and '.join(after)}."
    return text if len(text) <= COLUMNS - 14 else "Apply the block."


def _of_models(made: Class, models: Sequence[Network]) -> str:
    sources = list(zip(*([m.type_of(ref).dims for ref in m.inputs] for m in models), strict=True))
    results = list(zip(*([m.type_of(ref).dims for ref in m.outputs] for m in models), strict=False))
    what = "images " if all(len(rows[0]) == 3 for rows in sources) else ""
    made_of = "logits " if len(results[0][0]) == 1 else ""
    given = f"Map {what}{' and '.join(_shape(_alike(rows)) for rows in sources)} to "
    free = {a.name for a in made.arguments}
    told = [_shape(_free(_alike(rows), dims, free)) for rows, dims in zip(results, made.outputs, strict=False)]
    text = f"{given}{made_of}{' and '.join(told)}."
    return text if len(text) <= COLUMNS - 14 else f"{given}{len(results)} tensors."


def _free(words: list[str], dims: tuple[Expr, ...], free: Set[str]) -> list[str]:
    """The sizes of a result, as expressions if they depend on a free argument, such as `classes`."""
    if len(words) != len(dims):
        return words
    return [python(e) if variables(e) & free else word for word, e in zip(words, dims, strict=True)]


def _alike(rows: Sequence[tuple[int, ...]]) -> list[str]:
    """The sizes that all rows share, and letters for those that differ."""
    if len({len(r) for r in rows}) > 1:
        return ["..."]
    return [
        str(sizes[0]) if len(set(sizes)) == 1 else f"C{_AXES.get(len(rows[0]), '')}"[axis]
        for axis, sizes in enumerate(zip(*rows, strict=True))
    ]


_AXES = {2: "L", 3: "HW", 4: "DHW"}
"""The names of the axes after the channels: of a signal, an image and a volume."""


def _shape(axes: Sequence[str]) -> str:
    return f"({', '.join(['N', *axes])})"


def _letters(made: Class) -> Callable[[Expr], str]:
    """The name of a size: that of its parameter, or a letter."""
    parameters = {a.name for a in made.arguments}
    channels = [x.name for dims in made.dims for x in dims[:1] if isinstance(x, Var) and x.name not in parameters]
    letters = {n: "C" if len(set(channels)) == 1 else f"C{i + 1}" for i, n in enumerate(dict.fromkeys(channels))}

    def said(e: Expr) -> str:
        assert isinstance(e, Var)
        return letters.get(e.name, e.name)

    return said


def _incoming(dims: tuple[Expr, ...], said: Callable[[Expr], str]) -> list[str]:
    """The names of the axes of an input."""
    return [_letter(e, axis, len(dims), said) for axis, e in enumerate(dims)]


def _letter(e: Expr, axis: int, rank: int, said: Callable[[Expr], str]) -> str:
    if isinstance(e, Const):
        return str(e.value)
    if axis and rank in _AXES:
        return _AXES[rank][axis - 1]
    return python(e, said)


def _result(dims: tuple[Expr, ...], sources: Sequence[tuple[Expr, ...]], said: Callable[[Expr], str]) -> list[str]:
    """The names of the axes of an output; "?" if there is nothing short."""
    words: list[str] = []
    for axis, e in enumerate(dims):
        if isinstance(e, Const):
            words.append(str(e.value))
        elif axis and len(dims) in _AXES:
            words.append(_place(e, axis, len(dims), sources))
        else:
            text = python(e, said)
            words.append(text if len(text) <= _BRIEF and "?" not in text and "~" not in text else "C'")
    return words


_BRIEF = 30
"""The maximum length of a size in a docstring."""


def _place(e: Expr, axis: int, rank: int, sources: Sequence[tuple[Expr, ...]]) -> str:
    """Height, width or length of an output: unchanged, divided by a stride, or another."""
    letter = _AXES[rank][axis - 1]
    for dims in sources:
        if len(dims) != rank:
            continue
        if e == dims[axis]:
            return letter
        match e:  # (h - 1) // s + 1 is h / s, rounded up
            case BinaryExpr(
                operator="+", left=BinaryExpr(operator="//", left=before, right=stride), right=Const(value=1)
            ):
                if before == binary("-", dims[axis], Const(value=1)):
                    return f"{letter} / {python(stride)}"
            case BinaryExpr(operator="//", left=before, right=Const() as stride) if before == dims[axis]:
                return f"{letter} / {stride.value}"
    return f"{letter}'"
