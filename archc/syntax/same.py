"""Comparing syntax trees by content, regardless of position."""

from __future__ import annotations

from archc.syntax.tree import Tree
from archc.syntax.walk import field_names


def same(left: object, right: object) -> bool:
    """Whether two trees (or tuples of trees, or leaves) have the same content; spans do not count."""
    waiting = [(left, right)]
    while waiting:
        a, b = waiting.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, Tree) and isinstance(b, Tree):
            waiting.extend(
                (getattr(a, name), getattr(b, name)) for name in field_names(type(a)) if not name.endswith("_span")
            )
        elif isinstance(a, tuple) and isinstance(b, tuple):
            if len(a) != len(b):
                return False
            waiting.extend(zip(a, b, strict=True))
        elif a != b:
            return False
    return True
