"""The reasons why a definition has no class yet, or none at all."""

from __future__ import annotations

from archc.ir.expr import (
    Expr,
)


class NotSequence(Exception):
    """A scope is not a plain sequence of modules."""


class MustBeKnown(Exception):
    """A class can be translated only if some of its parameters are constants."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


class NotOptional(Exception):
    """No `nn.Identity` may stand for these modules where they are missing."""

    def __init__(self, names: set[Expr]) -> None:
        super().__init__("a module must be missing")
        self.names = names


class Monomorphic(Exception):
    """A definition has no class that is correct for all arguments: each instance needs its own."""

    def __init__(self, definition: str, reason: str) -> None:
        super().__init__(reason)
        self.definition = definition
        self.reason = reason
