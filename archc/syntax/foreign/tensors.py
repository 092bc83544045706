"""Which names of a statement are those of tensors."""

from __future__ import annotations

import re

from archc.diagnostics.words.table import table
from archc.syntax.foreign.statement import BrokenStatement

_NEAR = 20_000
"""Letters before a statement that are looked at for the names that it reads."""

_LISTS = frozenset("Tokens Attention LayerNorm LN MultiheadAttention".split())
_NO_LISTS = frozenset(
    "Flatten GAPool GMPool Slice Conv Conv2d AdaptiveAvgPool1d AdaptiveMaxPool1d AdaptiveAvgPool2d FromTokens "
    "GlobalMaxPooling1D GlobalMaxPool1D GlobalAveragePooling1D GlobalAvgPool1D GlobalAveragePooling2D".split()
)
"""Layers before which, and behind which, a tensor is a list of tokens; and those that end one."""


def is_tensor(s: BrokenStatement, name: str) -> bool:
    """Whether a name is given to a tensor before the statement, or is what programs call one."""
    return name in ("in", *table().tensors) or is_target(s, name) or is_named(s, name)


def is_target(s: BrokenStatement, name: str) -> bool:
    """Whether the statement gives its result the name that it reads: `net = conv2d(net, 32)`."""
    return s.kinds[:2] == ["NAME", "ASSIGN"] and s.text(0) == name


def is_named(s: BrokenStatement, name: str) -> bool:
    """Whether a name is given to a tensor before the statement."""
    end = s.tokens[0].span.start
    before = s.source.text[max(0, end - _NEAR) : end]
    begins = r"(?m)^[ \t]*(?!let\b|[^\n]*\bInput\()"
    named = rf"{begins}(?:input[ \t]+{name}[ \t]*:|(?:[\w*]+[ \t]*,[ \t]*)*{name}\b[ \t,\w*]*=(?!=))"
    over = rf"\bover[ \t]*\([^)]*\b{name}\b"
    return re.search(f"{named}|{over}", before) is not None


def on_lists(s: BrokenStatement, first: int) -> bool:
    """Whether the tensor before a term in its statement is a list of tokens."""
    words = [text for text in s.texts[max(0, first - 200) : first] if text in _LISTS or text in _NO_LISTS]
    if words:
        return words[-1] in _LISTS
    return re.search(r"\b(Tokens|Attention)\b|\binput \d+x\d+[ \t]*\n", s.source.text) is not None
