"""Name resolution: every use of a name, in every definition, is bound to its definition or reported.

Takes the files of a spec (`FileReader`) and gives `Resolved`: symbols, scopes and bindings.
"""

from archc.resolve.declarations import Resolved, resolve
from archc.resolve.files import FileReader, Load, Module, Parse
from archc.resolve.names import KnownNames
from archc.resolve.symbols import Definition, NameScope, Reference, Symbols

__all__ = [
    "Definition", "FileReader", "KnownNames", "Load", "Module", "NameScope", "Parse", "Reference", "Resolved",
    "Symbols", "advice", "arguments", "arithmetic", "bodies", "budget", "called", "document", "doubts",
    "mismatches", "naming", "resolve", "words",
]  # fmt: skip
