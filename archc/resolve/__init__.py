"""Resolving names: each use of a name, in every definition, is bound to what it stands for, or reported."""

from archc.resolve.declarations import Resolved, resolve
from archc.resolve.files import Load, Module, Parse, Reader
from archc.resolve.names import Vocabulary
from archc.resolve.symbols import Definition, Reference, Scope, Symbols

__all__ = [
    "Definition", "Load", "Module", "Parse", "Reader", "Reference", "Resolved", "Scope", "Symbols", "Vocabulary",
    "resolve",
]  # fmt: skip
