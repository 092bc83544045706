"""Why a definition has no class yet, or none at all."""

from __future__ import annotations

from archc.ir.expr import (
    Expr,
)


class NotSequence(Exception):
    """A scope is more than one module after the other."""


class MustBeKnown(Exception):
    """A class can only be written for one value of some of its parameters."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


class SharedName(Exception):
    """Two modules of a class have one name, since they are never there together."""

    def __init__(self, names: set[Expr]) -> None:
        super().__init__("two modules have one name")
        self.names = names


class Monomorphic(Exception):
    """A definition has no class that is right for all arguments: one is needed for each instance."""

    def __init__(self, definition: str, reason: str) -> None:
        super().__init__(reason)
        self.definition = definition
        self.reason = reason
