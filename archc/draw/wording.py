"""The words in a box: what a layer is called, and with which numbers or expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from archc.draw.figure import Frozen
from archc.network.network import Network, Node
from archc.network.op import Op
from archc.network.types import TensorType

LONGEST_EXPRESSION = 16
"""Characters; in the place of a longer expression stands from which number to which it goes."""

FROZEN: Mapping[Frozen, str] = {"": "", "partly": "frozen in part", "wholly": "frozen"}
"""What is said of weights that are not trained."""

_WORD = re.compile(r"[A-Za-z_]\w*(?:\.\w+)?")
_ROUNDED = re.compile(r"int\(([^()]*)\)")
"""That a number of channels is whole need not be said."""


def clean(text: str) -> str:
    """A text without characters that no format can show: controls, lone surrogates."""
    return "".join(
        c if c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff" else "\ufffd" for c in text
    )


def dims(type: TensorType) -> str:
    """A shape as figures show it: `64×56×56`."""
    return "×".join(map(str, type.dims))


def title(op: Op, instead: Mapping[str, str] | None = None) -> str:
    """The op's label with its fields filled in, and stride, groups and dilation where they say something.

    `instead`: texts for fields in place of their values.
    """
    given = dict(instead or {})
    values = {name: given.get(name, _text(getattr(op, name))) for name in type(op).model_fields}
    try:
        label = op.look.label.format(**values)
    except (KeyError, IndexError, AttributeError, ValueError):
        label = op.kind()
    extra = [prefix + _once(values[name]) for name, prefix, usual in _EXTRAS if _says_something(op, name, usual)]
    if _is_depthwise(op):
        extra = ["depthwise" if e.startswith("g=") else e for e in extra]
    return clean(", ".join((label, *extra)))


_EXTRAS = (("stride", "/", 1), ("groups", "g=", 1), ("dilation", "d=", 1))


def _says_something(op: Op, name: str, usual: int) -> bool:
    if name not in type(op).model_fields or "{" + name + "}" in op.look.label:
        return False
    value = getattr(op, name)
    return value is not None and value not in (usual, (usual, usual), "")


def _is_depthwise(op: Op) -> bool:
    groups = getattr(op, "groups", 1)
    return isinstance(groups, int) and groups > 1 and groups == getattr(op, "channels", None)


def _once(text: str) -> str:
    """`2` for `2×2`: a stride is said once where it is the same both ways."""
    first, _, second = text.partition("×")
    return first if first == second else text


def _text(value: object) -> str:
    """A value as a figure shows it: `3×3` for a pair, nothing for what is left open."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "×".join(map(_text, value)) if len(value) <= 4 else "…"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def expressions(network: Network, node: Node, scope: int, known: Mapping[str, str]) -> Mapping[str, str]:
    """The texts of a node's arguments in the words of a scope around it, where they are not plain numbers.

    `known`: what stands in the place of some of these words.
    """
    found = {}
    for argument in node.arguments:
        text = _told(network, argument.text, node.scope, scope, known)
        if text is not None and _WORD.search(text) and len(text) <= LONGEST_EXPRESSION:
            found[argument.name] = text
    return found


def _told(network: Network, text: str, at: int, scope: int, known: Mapping[str, str]) -> str | None:
    """An expression over the names of scope `at`, in those of `scope`; None where it cannot be said."""
    current: int | None = at
    while current is not None and current != scope:
        here = network.scopes[current]
        if here.kind == "block":
            names = {a.name: a.text for a in here.arguments}
            if any(word.startswith("in_") for word in _WORD.findall(text)):
                return None
            text = _replaced(text, names)
        current = here.parent
    return _pretty(_replaced(text, known)) if current is not None else None


def _replaced(text: str, names: Mapping[str, str]) -> str:
    """An expression with other expressions in the place of names."""
    return _WORD.sub(lambda found: _bracketed(names.get(found[0], found[0]), text), text)


def _bracketed(text: str, around: str) -> str:
    simple = re.fullmatch(r"[\w.]+", text) or re.fullmatch(r"[\w.]+", around)
    return text if simple else f"({text})"


def _pretty(text: str) -> str:
    for old, new in ((" ", ""), ("//", "/"), ("*", "·"), ("in_.channels", "c"), ("in_2.channels", "c")):
        text = text.replace(old, new)
    whole = _ROUNDED.fullmatch(text)
    return whole[1] if whole else text
