"""What a network's JSON may say, beyond its form: its names are names and its expressions compute, and nothing else.

The emitted source is made of these texts, so that one which holds more than that would be run.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator

from archc.network.value import Value
from archc.record import Record

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PATH = re.compile(r"(?:(?!__)\w+(?:\.(?!__)\w+)*)?", re.ASCII)
_WORDS = re.compile(r"[A-Za-z_][\w ]*", re.ASCII)
_OPERATORS = frozenset("+ - * / // % ** == != < <= > >= in is and or not".split() + ["is not"])
_DIGEST = re.compile(r"[0-9a-f]*")
_PLAIN = frozenset({"tensors", "doc", "family", "source", "value", "values", "arguments", "call"})
"""Fields whose text is shown or written as a text, never as code. Line ends count in `_one_line`."""
_ONE_LINE = frozenset({"family", "source", "call"})
_NAMED = frozenset({"name", "names", "over", "definition", "base", "kind", "weight", "function", "is_a", "form"})
_OTHERWISE = {"Loop.over": "text", "Scope.name": "path", "Size.tensor": "span", "Apply.names": "names"}
"""Fields that are not what others of their name are. All that is not listed here is an expression."""
_NODES = (
    ast.Expression, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp,
    ast.Subscript, ast.Tuple, ast.List, ast.JoinedStr, ast.FormattedValue, ast.operator, ast.unaryop, ast.boolop,
    ast.cmpop, ast.Call, ast.Attribute,
)  # fmt: skip
_FORBIDDEN = frozenset("eval exec compile open getattr setattr delattr vars globals locals input breakpoint".split())


def strange(network: Value) -> str | None:
    """The first text of a network that is not what its field is for; None where all are."""
    return next(_strange(network, ""), None)


def _strange(value: object, name: str) -> Iterator[str]:
    """The strange texts in a field called `name`."""
    if isinstance(value, Value | Record):
        for field in value.model_fields:
            where = f"{type(value).__name__}.{field}"
            yield from _strange(getattr(value, field), _OTHERWISE.get(where, field))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _strange(item, name)
    elif isinstance(value, str) and not _fits(value, name):
        yield f"{name} {value[:40]!r}"


def _fits(text: str, name: str) -> bool:
    if name in _ONE_LINE:
        return text.isprintable()
    if name in _PLAIN or name == "span":
        return True
    if name == "operator":
        return text in _OPERATORS
    if name in ("called", "type", "variable", "block"):
        return bool(_WORDS.fullmatch(text))
    if name in ("over", "names", "name") and not text:
        return True
    if name == "path":
        return bool(_PATH.fullmatch(text))
    if name == "digest":
        return bool(_DIGEST.fullmatch(text))
    if name in _NAMED:
        return (
            bool(_NAME.fullmatch(text))
            and not text.startswith("__")
            and (not keyword.iskeyword(text) or name in ("is_a", "form", "kind"))
        )
    return _computes(text)


def _computes(text: str) -> bool:
    """Whether a text is an expression over names and numbers that calls nothing but functions by name."""
    if not text:
        return True
    try:
        parsed = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    for node in ast.walk(parsed):
        if not isinstance(node, _NODES):
            return False
        if isinstance(node, ast.Name) and (node.id.startswith("__") or node.id in _FORBIDDEN):
            return False
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
            return False
        if isinstance(node, ast.Attribute) and node.attr not in ("channels", "height", "width"):
            return False
    return True
