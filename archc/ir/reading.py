"""Validating the texts in a network's JSON: names are identifiers, operators and functions are known ones.

The emitted source is made of these texts, so anything else would be executed.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

from archc.ir.expr import BUILTINS, Apply
from archc.ir.value import Value
from archc.support.record import Record

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_]\w*(?:\.(?:channels|height|width))?", re.ASCII)
_PART = r"(?!__)[^\s.*?\[\]{}\"\\`\x00-\x20\x7f-\U0010ffff]+"
_PATH = re.compile(rf"(?:{_PART}(?:\.{_PART})*)?")
_PLACE = re.compile(r"(?<=[A-Za-z_0-9])\[[0-9]+\]$")
"""The index of `xs[0]`."""
_WORDS = re.compile(r"[A-Za-z_][\w ]*", re.ASCII)
_OPERATORS = frozenset("+ - * / // % ** == != < <= > >= in is and or not".split() + ["is not"])
_DIGEST = re.compile(r"[0-9a-f]*")
_PLAIN = frozenset({"tensors", "doc", "value", "values", "arguments", "span"})
"""Fields whose text is displayed or written as a string, never as code."""
_ONE_LINE = frozenset({"family", "source", "Expansion.callee"})
"""The same, on one line."""
_SEVERAL = frozenset({"called", "type", "variable", "block"})
"""Fields that may contain several words."""
_OPTIONAL = frozenset({"over", "names", "name"})
"""Names that may be empty."""
_OTHERWISE = {
    "Scope.name": "path",
    "Size.tensor": "span",
    "TensorAssignment.names": "place",
    "ItemChain.start": "place",
    "Initialisation.arguments": "names",
    "Expansion.callee": "Expansion.callee",
    "Var.name": "Var.name",
}
"""Fields that differ from others of the same name. All fields not listed in one of these tables are names."""


def strange(network: Value) -> str | None:
    """The first text of a network that is invalid for its field, or None."""
    return next(_strange(network, ""), None)


def unknown_functions(definitions: Iterable[Value], functions: Iterable[str]) -> Iterator[str]:
    """The functions called in definitions that are neither built in nor among the `functions` of the network."""
    known = {*BUILTINS, *functions}
    yield from (f"function {call.function!r}" for call in _calls(tuple(definitions)) if call.function not in known)


def _calls(value: object) -> Iterator[Apply]:
    """The calls of functions in a value."""
    if isinstance(value, Apply):
        yield value
    if isinstance(value, Value):
        for field in value.model_fields:
            yield from _calls(getattr(value, field))
    elif isinstance(value, tuple):
        for item in value:
            yield from _calls(item)


def _strange(value: object, name: str) -> Iterator[str]:
    """The invalid texts in a field called `name`."""
    if isinstance(value, Value | Record):
        for field in value.model_fields:
            yield from _strange(getattr(value, field), _OTHERWISE.get(f"{type(value).__name__}.{field}", field))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _strange(item, name)
    elif isinstance(value, str) and not _fits(value, name):
        yield f"{name} {value[:40]!r}"


def _fits(text: str, name: str) -> bool:
    if name in _PLAIN:
        return True
    if name in _ONE_LINE:
        return text.isprintable()
    if name == "operator":
        return text in _OPERATORS
    if name in _SEVERAL:
        return bool(_WORDS.fullmatch(text))
    if name == "place":
        return bool(_PATH.fullmatch(_PLACE.sub("", text)))
    if name == "path":
        return bool(_PATH.fullmatch(text))
    if name == "digest":
        return bool(_DIGEST.fullmatch(text))
    if not text:
        return name in _OPTIONAL
    named = (_VARIABLE if name == "Var.name" else _NAME).fullmatch(text) and not text.startswith("__")
    return bool(named) and (not keyword.iskeyword(text) or name in ("is_a", "form", "kind"))
