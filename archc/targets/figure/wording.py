"""The words in a box: the name of a layer, and its numbers or expressions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from archc.ir.op import Op
from archc.ir.types import TensorType
from archc.targets.figure.figure import Badge, Frozen
from archc.targets.figure.labels import SIGNS, label, stride_sign, template

LONGEST_EXPRESSION = 16
"""The maximum length of a list of values; a longer one is shown as a range."""

USES = re.compile(r"\d+ uses|same weights")
"""The notes in boxes about shared modules."""
FROZEN: Mapping[Frozen, str] = {"": "", "partly": "frozen in part", "wholly": "frozen"}
"""The words for frozen weights."""
BADGES: Mapping[Badge, str] = {
    "": "",
    "partly": FROZEN["partly"],
    "wholly": FROZEN["wholly"],
    "new": "new",
    "gone": "gone",
    "changed": "changed",
}
"""The meanings of the marks at corners."""


def clean(text: str) -> str:
    """A text without characters that no format can show: controls, lone surrogates."""
    return "".join(
        c if c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff" else "\ufffd" for c in text
    )


def ending(path: str) -> str:
    """The end of a path, as far as it identifies the module: `denselayer3`, `layer1.0`."""
    names = path.split(".")
    at = len(names) - 1
    while at and names[at].isdigit():
        at -= 1
    return ".".join(names[at:])


def argument(name: str, value: object) -> str:
    """An argument of a block, abbreviated: `kernel 5`; a switch that is on, an op or a block is its name."""
    if isinstance(value, bool):
        return name if value else ""
    if isinstance(value, int | float):
        return f"{name} {value:g}"
    return str(getattr(value, "name", ""))


def dims(type: TensorType) -> str:
    """A shape as figures show it: `64×56×56`, `?` for an unknown one."""
    return "×".join(map(str, type.dims)) or "?"


def sizes(types: Iterable[TensorType]) -> str:
    """The shapes of several tensors, each once; of one shape how many: `2 of 4×16×16`."""
    return counted(map(dims, types))


def counted(shapes: Iterable[str]) -> str:
    """Shapes, each once, and how many there are of each."""
    return ", ".join(f"{count} of {shape}" if count > 1 else shape for shape, count in Counter(shapes).items())


def title(ops: Sequence[Op], instead: Mapping[str, str] | None = None) -> str:
    """The label of ops of one kind with their fields filled in, and the stride, groups and dilation that are unusual.

    A field that varies is shown by `together`; `instead` has texts that replace the values of fields.
    """
    op, given = ops[0], dict(instead or {})
    values = {
        n: given.get(n) or together([_text(getattr(o, n), "," if n in ("order", "shift") else "×") for o in ops])
        for n in type(op).model_fields
    }
    if "scale" in values:
        values["scale"] = _once(values["scale"])
    try:
        told = _counted_heads(template(op).format(**values))
    except (KeyError, IndexError, AttributeError, ValueError):
        told = op.kind()
    extra = [
        (stride_sign(type(op)) if name == "stride" else prefix) + _once(values[name])
        for name, prefix, usual in _EXTRAS
        if any(_says_something(o, name, usual) for o in ops)
    ]
    if all(map(_is_depthwise, ops)):
        extra = ["depthwise" if e.startswith("g=") else e for e in extra]
    return clean(", ".join((told, *extra)))


def _counted_heads(text: str) -> str:
    """A text in which `1 heads` is singular, and an expression that ends in `heads` is not followed by that word."""
    return text.replace(", 1 heads", ", 1 head").replace("heads heads", "heads")


_EXTRAS = (("stride", "/", 1), ("groups", "g=", 1), ("dilation", "d=", 1))


def short(number: int) -> str:
    """A number in three digits: `1.09 G`, `25.6 M`, `640`."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= 0.9995 * size:
            return f"{number / size:.3g} {unit}" if number < 999.5 * size else f"{number / size:,.0f} {unit}"
    return str(number)


def together(texts: Sequence[str]) -> str:
    """Several texts as one: `1 or 2`, `64/128/256`, a range `31–135` for many numbers, otherwise dots."""
    told = list(dict.fromkeys(texts))
    if len(told) > 2 and all(text.isdigit() for text in told):
        told.sort(key=int)
        joined = "/".join(told)
        return joined if len(joined) <= LONGEST_EXPRESSION else f"{told[0]}–{told[-1]}"
    joined = " or ".join(told)
    return joined if len(told) <= 2 else "…"


def _says_something(op: Op, name: str, usual: int) -> bool:
    if name not in type(op).model_fields or "{" + name + "}" in label(type(op)):
        return False
    value = getattr(op, name)
    if isinstance(value, tuple):
        return any(number != usual for number in value)
    return value is not None and value not in (usual, "")


def _is_depthwise(op: Op) -> bool:
    groups = getattr(op, "groups", 1)
    return isinstance(groups, int) and groups > 1 and groups == getattr(op, "channels", None)


def _once(text: str) -> str:
    """`2` for `2×2`: a stride or factor that is the same on all axes is shown once."""
    return " or ".join(part if len(set(sides := part.split("×"))) > 1 else sides[0] for part in text.split(" or "))


def _text(value: object, between: str = "×") -> str:
    """The text of a value: `3×3` for a pair, `(0,1) (2,1)` for pairs, empty for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return SIGNS.get(value, value)
    if isinstance(value, tuple) and any(isinstance(item, tuple) for item in value):
        return " ".join(f"({_text(item, ',')})" for item in value)
    if isinstance(value, tuple):
        return between.join(map(_text, value)) if len(value) <= 4 else "…"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
