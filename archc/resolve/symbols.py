"""The symbol table: the meaning of every name in a spec, and its uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias, dataclass_transform

from archc.diagnostics.source import Span
from archc.support.record import Record, field
from archc.syntax import tree

Kind: TypeAlias = Literal[
    "layer", "builtin", "function", "macro", "block", "model", "variant",
    "parameter", "let", "loop variable", "tensor", "incoming", "module", "fact", "lost",
]  # fmt: skip
"""The kind of a definition. `layer` and `builtin` belong to the language.

`incoming` is the meaning of `in`. `module` is a label. `lost` is a name that an unreadable statement or a failed import
may define: nothing is reported about it.
"""
Role: TypeAlias = Literal["call", "value", "read", "write", "argument", "import", "path"]
"""The role of a use. `call`: a term or function call. `value`: in an expression. `read`: a tensor starts a chain.

`write`: a tensor is assigned again. `argument`: the name of an argument. `import`: in `from … use`. `path`: in the path
of an edit.
"""
ScopeKind: TypeAlias = Literal["file", "function", "macro", "block", "model", "variant", "loop", "merge", "edit"]
TENSORS = ("tensor", "incoming")
CALLABLE = ("layer", "macro", "block")


@dataclass_transform(frozen_default=True, eq_default=False)
class _Own(Record):
    """A record compared by identity."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Definition(_Own):
    """The meaning of a name.

    `span` is the place of the name in its definition; None for definitions of the language. `node` is the declaration,
    statement, parameter or term that defines it.
    """

    kind: Kind
    name: str
    span: Span | None
    node: tree.Tree | None = None
    doc: str = ""
    owner: Definition | None = None
    """The enclosing declaration, for a parameter its own."""
    alias: Definition | None = None
    """The definition that a `let` renames, as in `let act = ReLU`."""


class NameScope(_Own):
    """A part of a spec that defines names. They are visible there and in nested scopes."""

    kind: ScopeKind
    span: Span
    parent: NameScope | None
    owner: Definition | None = None
    names: dict[str, Definition] = field(default_factory=dict)

    def find(self, name: str) -> Definition | None:
        """The meaning of `name` here."""
        scope: NameScope | None = self
        while scope is not None:
            if (found := scope.names.get(name)) is not None:
                return found
            scope = scope.parent
        return None

    def outwards(self) -> Iterator[NameScope]:
        """This scope and the enclosing ones."""
        scope: NameScope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


class Reference(NamedTuple):
    """A use of a name. `definition` is None if the name is unknown, which has been reported."""

    span: Span
    definition: Definition | None
    role: Role


class Symbols(Record):
    """The definitions, references and scopes of a spec and of the specs that it uses.

    `references` has every use of a name in a resolved definition, in the order in which they were found. `parameters`
    holds the parameters of each macro, block, model and function by its definition.
    """

    definitions: tuple[Definition, ...] = ()
    references: tuple[Reference, ...] = ()
    scopes: tuple[NameScope, ...] = ()
    parameters: Mapping[Definition, tuple[Definition, ...]] = field(default_factory=dict)

    @cached_property
    def _uses(self) -> Mapping[Definition | None, tuple[Reference, ...]]:
        found: dict[Definition | None, list[Reference]] = {}
        for reference in self.references:
            found.setdefault(reference.definition, []).append(reference)
        return {definition: tuple(uses) for definition, uses in found.items()}

    def references_to(self, definition: Definition) -> tuple[Reference, ...]:
        """The uses of a definition."""
        return self._uses.get(definition, ())

    @property
    def unresolved(self) -> tuple[Reference, ...]:
        """The uses of unknown names."""
        return self._uses.get(None, ())

    def definition_at(self, file: str, offset: int) -> Definition | None:
        """The definition of the name at an offset of a file, whether it is used or defined there."""
        for reference in self.references:
            if reference.span.file == file and reference.span.start <= offset < reference.span.end:
                return reference.definition
        for definition in self.definitions:
            span = definition.span
            if span is not None and span.file == file and span.start <= offset < span.end:
                return definition
        return None

    def scope_at(self, file: str, offset: int) -> NameScope | None:
        """The innermost scope around an offset of a file."""
        around = [s for s in self.scopes if s.span.file == file and s.span.start <= offset <= s.span.end]
        return min(around, key=lambda scope: scope.span.end - scope.span.start, default=None)

    def visible(self, file: str, offset: int) -> Mapping[str, Definition]:
        """The names visible at an offset of a file, for completion. The innermost definition takes precedence."""
        scope = self.scope_at(file, offset)
        seen: dict[str, Definition] = {}
        for here in reversed(list(scope.outwards())) if scope is not None else ():
            seen |= here.names
        return {name: d for name, d in seen.items() if d.kind != "lost"}
