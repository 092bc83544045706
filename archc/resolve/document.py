"""The symbol table as a document for tools, which is written as JSON; docs/symbols.schema.json describes it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import starmap
from typing import Literal

from archc.diagnostics.source import Source, Span, Unit
from archc.ir.value import Value
from archc.resolve.declarations import Resolved
from archc.resolve.symbols import Definition, Kind, NameScope, Reference, Role, ScopeKind


class Position(Value):
    """A place in a text. Lines and columns are counted from 1, the offset in characters from 0."""

    offset: int
    line: int
    column: int


class Place(Value):
    """A range of a file, from `start` up to, but not including, `end`."""

    file: str
    start: Position
    end: Position


class FileSymbols(Value):
    """A file, its docstring, and the scope of its definitions."""

    name: str
    doc: str
    scope: int


class DefinitionSymbol(Value):
    """A definition of a name.

    `place` is that of the name, `whole` that of the whole definition; both are null for definitions of the language.
    `owner` is the enclosing definition, `alias` the definition that a `let` renames.
    """

    id: int
    kind: Kind
    name: str
    place: Place | None
    whole: Place | None
    owner: int | None
    alias: int | None
    parameters: tuple[int, ...]
    references: tuple[int, ...]
    doc: str


class ReferenceSymbol(Value):
    """A use of a name, as written; `definition` is null if the name is unknown."""

    id: int
    name: str
    place: Place
    role: Role
    definition: int | None


class ScopeSymbol(Value):
    """A part of a spec in which names are defined. They are visible there and in nested scopes."""

    id: int
    kind: ScopeKind
    place: Place
    parent: int | None
    owner: int | None
    names: Mapping[str, int]


class Document(Value):
    """The definitions in a spec and in those that it uses, and their references.

    An id is an index of the respective list.
    """

    version: Literal[1]
    columns: Unit
    files: tuple[FileSymbols, ...]
    definitions: tuple[DefinitionSymbol, ...]
    references: tuple[ReferenceSymbol, ...]
    scopes: tuple[ScopeSymbol, ...]


def document(resolved: Resolved, columns: Unit = "characters") -> Document:
    """The symbol table as a document, without internal information."""
    return _Writer(resolved, columns).document()


class _Writer:
    def __init__(self, resolved: Resolved, columns: Unit) -> None:
        symbols = resolved.symbols
        self.symbols, self.files, self.columns = symbols, resolved.modules, columns
        self.definitions = [d for d in symbols.definitions if d.kind not in ("lost", "incoming")]
        self.ids = {definition: number for number, definition in enumerate(self.definitions)}
        self.scope_ids = {scope: number for number, scope in enumerate(symbols.scopes)}
        self.references = [r for r in symbols.references if r.definition is None or r.definition in self.ids]
        self.uses: dict[Definition | None, list[int]] = {}
        for number, reference in enumerate(self.references):
            self.uses.setdefault(reference.definition, []).append(number)

    def document(self) -> Document:
        """The whole document."""
        return Document(
            version=1,
            columns=self.columns,
            files=tuple(self._file(s) for s in self.symbols.scopes if s.kind == "file"),
            definitions=tuple(map(self._definition, self.definitions)),
            references=tuple(starmap(self._reference, enumerate(self.references))),
            scopes=tuple(map(self._scope, self.symbols.scopes)),
        )

    def _file(self, scope: NameScope) -> FileSymbols:
        doc = self.files[scope.span.file].file.doc
        return FileSymbols(
            name=scope.span.file, doc=str(doc.value) if doc is not None else "", scope=self.scope_ids[scope]
        )

    def _definition(self, d: Definition) -> DefinitionSymbol:
        return DefinitionSymbol(
            id=self.ids[d],
            kind=d.kind,
            name=d.name,
            place=self._at(d.span) if d.span is not None else None,
            whole=self._at(d.node.span) if d.node is not None and d.span is not None else None,
            owner=self._id(d.owner),
            alias=self._id(d.alias),
            parameters=tuple(self.ids[p] for p in self.symbols.parameters.get(d, ())),
            references=tuple(self.uses.get(d, ())),
            doc=d.doc,
        )

    def _reference(self, number: int, r: Reference) -> ReferenceSymbol:
        return ReferenceSymbol(
            id=number,
            name=self.files[r.span.file].source.snippet(r.span),
            place=self._at(r.span),
            role=r.role,
            definition=self._id(r.definition),
        )

    def _scope(self, s: NameScope) -> ScopeSymbol:
        return ScopeSymbol(
            id=self.scope_ids[s],
            kind=s.kind,
            place=self._at(s.span),
            parent=self.scope_ids[s.parent] if s.parent is not None else None,
            owner=self._id(s.owner),
            names={name: self.ids[d] for name, d in s.names.items() if d in self.ids},
        )

    def _id(self, definition: Definition | None) -> int | None:
        return self.ids.get(definition) if definition is not None else None

    def _at(self, span: Span) -> Place:
        source = self.files[span.file].source
        return Place(file=span.file, start=self._position(source, span.start), end=self._position(source, span.end))

    def _position(self, source: Source, offset: int) -> Position:
        line, column = source.position(offset, self.columns)
        return Position(offset=offset, line=line, column=column)
