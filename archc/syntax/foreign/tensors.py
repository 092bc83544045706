"""Which names of a statement are those of tensors."""

from __future__ import annotations

import re

from archc.diagnostics.words.table import table
from archc.syntax.foreign.statement import BrokenStatement

_NEAR = 20_000
"""Letters before a statement that are looked at for the names that it reads."""


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
