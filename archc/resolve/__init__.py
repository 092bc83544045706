"""Resolving names: each use of a name, in every definition, is bound to what it stands for, or reported."""

from archc.resolve.declarations import Resolved, resolve
from archc.resolve.names import File, Vocabulary
from archc.resolve.symbols import Definition, Reference, Scope, Symbols

__all__ = ["Definition", "File", "Reference", "Resolved", "Scope", "Symbols", "Vocabulary", "resolve"]
