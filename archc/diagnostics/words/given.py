"""The values of arguments, as they are written here."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archc.diagnostics.words.table import folded, table

_PAIR = re.compile(r"[(\[]\s*(\d+)\s*,\s*(\d+)\s*,?\s*[)\]]")
_SIDES = re.compile(
    r"[([]\s*(?:\d+\s*,\s*){3}(?:\d+\s*,\s*\d+\s*,\s*)?\d+\s*[)\]]"
    r"|(?P<nested>[([]\s*[([]\s*\d+\s*,\s*\d+\s*[)\]](?:\s*,\s*[([]\s*\d+\s*,\s*\d+\s*[)\]]){1,3}\s*[)\]])"
)
"""The numbers of a padding: four or six in a row, or two to four pairs."""
_QUOTED = re.compile(r"""(['"])(.*)\1""")
_SAMPLES = re.compile(r"[(\[]\s*1\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*1\s*[)\]]")
"""TensorFlow's sizes: those of the batch and of the channels, which are 1, stand around those of the image."""
_BEGINS_AND_ENDS = re.compile(r"\[(\d+), *(\d+), *(\d+), *(\d+)\]")
"""ONNX's paddings: of the rows and the columns at the beginning, then at the end."""
_SIZES = frozenset({"kernel", "stride", "dilation"})
_LISTS = frozenset({"sizes", "shape", "order"})
_PADDINGS = {"same": "", "valid": "0"}
_PLAIN = {"True": "true", "False": "false", "None": "none"}


def value(text: str) -> str:
    """An argument's value as archc writes it; empty where it says what holds anyway."""
    text = text.strip()
    if (pair := _PAIR.fullmatch(text)) is not None:
        return pair[1] if pair[1] == pair[2] else f"{pair[1]}x{pair[2]}"
    quoted = _QUOTED.fullmatch(text)
    if (said := _PADDINGS.get((quoted[2] if quoted else text).lower())) is not None:
        return said
    return f'"{quoted[2]}"' if quoted else _PLAIN.get(text, text)


def argument(name: str, text: str, theirs: str = "") -> str:
    """The value of the parameter `name` of a layer here, which tells what its numbers are; `theirs`: its name there."""
    if theirs == "pads" and (found := _BEGINS_AND_ENDS.fullmatch(text.strip())) is not None:
        text = f"(({found[1]}, {found[3]}), ({found[2]}, {found[4]}))"
    if name in _SIZES and (found := _SAMPLES.fullmatch(text.strip())) is not None:
        text = f"({found[1]}, {found[2]})"
    if name == "pad":
        text = sides_of(text)
    if name in _LISTS:
        return re.sub(r"^\((.*?),?\s*\)$", r"[\1]", text.strip())
    if name == "act":
        return activation_of(text)
    if name in ("shared", "bias", "affine") and text.isdigit():
        return "true" if text == "1" else "false"  # one slope or one for each channel; a flag as a number
    return value(text)


def sides_of(text: str) -> str:
    """A padding as archc writes it: torch's `(left, right, top, bottom)`, Keras' `((0, 1), (0, 1))`."""
    found = _SIDES.fullmatch(text.strip())
    if found is None:
        return text
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    pairs = [numbers[i : i + 2] for i in range(0, len(numbers), 2)]
    pairs = pairs if found["nested"] else pairs[::-1]
    if len(pairs) == 4 and pairs[0] == [0, 0] in (pairs[1], pairs[3]):  # those of the batch and of the channels
        pairs = pairs[2:] if pairs[1] == [0, 0] else pairs[1:3]
    if len({n for pair in pairs for n in pair}) == 1:
        return str(pairs[0][0])
    return str(pairs[:1] if all(pair == pairs[0] for pair in pairs) else pairs)


def activation_of(text: str) -> str:
    """The layer of an activation that is named as a text or function: `ReLU` of `'relu'`, `nn.ReLU()`."""
    word = re.sub(r"\(.*\)$", "", text.strip().strip("'\"")).rpartition(".")[2]
    if word == "leaky":
        return "LeakyReLU(0.1)"  # Darknet's
    return table().activations.get(folded(word), word if word.isidentifier() and word not in _PLAIN else "")


_APART = {"kernel": "kernel_size"}
"""What Caffe calls an argument whose rows and columns it has apart."""


def with_sides(arguments: Sequence[tuple[str | None, str]]) -> tuple[tuple[str | None, str], ...]:
    """Arguments whose rows and columns stand apart, `kernel_h=1, kernel_w=7`, each with both."""
    given = dict(arguments)
    found: list[tuple[str | None, str]] = []
    for label, text in arguments:
        stem = label[:-2] if label is not None and label[-2:] in ("_h", "_w") else ""
        if not stem or f"{stem}_h" not in given or f"{stem}_w" not in given:
            found.append((label, text))
        elif label == f"{stem}_h":
            found.append((_APART.get(stem, stem), f"({text}, {given[f'{stem}_w']})"))
    return tuple(found)
