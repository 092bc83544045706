"""Looking up names, and reporting unknown ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from archc.diagnostics.core import Edit, Label, Problem, Reporter
from archc.diagnostics.problems.names import DuplicateName, ReservedName
from archc.diagnostics.problems.structure import NoIncoming
from archc.diagnostics.source import Span
from archc.diagnostics.words.unknown import unknown_kind
from archc.ir.op import Op
from archc.resolve.naming import is_reserved
from archc.resolve.symbols import CALLABLE, TENSORS, Definition, Kind, NameScope, Reference, Role, ScopeKind
from archc.support.record import Record, Struct, field
from archc.syntax import tree

Path = tuple[tuple[int, bool], ...]
"""The branches around a statement or term: each choice, and its side."""


class KnownNames(Record):
    """The names that belong to the language rather than to a spec.

    `kinds`: the ops by name and alias. `builtins`: the functions. `initialisers`: the functions that an `init` may
    name. `countable`: the counts that an `expect` may compare. `facts`: the facts of a variant that archc reads.
    """

    kinds: Mapping[str, type[Op]]
    builtins: Collection[str] = ()
    initialisers: Collection[str] = ()
    countable: Collection[str] = ()
    facts: Collection[str] = ()


class SymbolTable(Struct):
    """The symbol table under construction."""

    definitions: list[Definition] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    scopes: list[NameScope] = field(default_factory=list)
    parameters: dict[Definition, tuple[Definition, ...]] = field(default_factory=dict)
    bindings: dict[tree.Tree, Definition] = field(default_factory=dict)
    """The binding of each term, name in an expression and function call; unknown names are absent."""
    implicit: set[tree.Tree] = field(default_factory=set)
    """The terms that are bound to the prelude without being imported."""


class NameResolver:
    """The lookups of one resolution, and its symbol table."""

    def __init__(self, words: KnownNames, reporter: Reporter) -> None:
        self.words = words
        self.reporter = reporter
        self.table = SymbolTable()
        self.path: Path = ()
        """The branches around the current node."""
        self.behind: Path = ()
        """The sides that are left of the choices before it: the other side of each has returned."""
        self.current: Definition | None = None
        """The declaration that is being resolved."""
        self._own: dict[str, Definition] = {}

    def report(
        self, problem: Problem, span: Span, labels: tuple[Label, ...] = (), edits: tuple[Edit, ...] = ()
    ) -> None:
        """Report a problem."""
        self.reporter.add(problem, span, labels=labels, edits=edits)

    # -- the table --------------------------------------------------------------------------------------------------

    def scope(
        self, kind: ScopeKind, span: Span, parent: NameScope | None, owner: Definition | None = None
    ) -> NameScope:
        """A new scope."""
        made = NameScope(kind, span, parent, owner, {})
        self.table.scopes.append(made)
        return made

    def define(
        self,
        scope: NameScope,
        kind: Kind,
        name: str,
        span: Span | None,
        node: tree.Tree | None = None,
        doc: str = "",
        alias: Definition | None = None,
    ) -> Definition:
        """Define a name in a scope, replacing an earlier definition."""
        made = self.made(kind, name, span, node, doc, alias)
        scope.names[name] = made
        return made

    def made(
        self,
        kind: Kind,
        name: str,
        span: Span | None,
        node: tree.Tree | None = None,
        doc: str = "",
        alias: Definition | None = None,
        owner: Definition | None = None,
    ) -> Definition:
        """A definition outside all scopes."""
        made = Definition(kind, name, span, node, doc, owner or self.current, alias)
        self.table.definitions.append(made)
        return made

    def refer(self, span: Span, definition: Definition | None, role: Role, use: tree.Tree | None = None) -> None:
        """Record a use of a name; `use` is the node if elaboration needs its binding."""
        self.table.references.append(Reference(span, definition, role))
        if use is not None and definition is not None:
            self.table.bindings[use] = definition

    def layer(self, name: str) -> Definition | None:
        """The layer called `name`, by its own name or an alias."""
        op = self.words.kinds.get(name)
        return self.given("layer", op.kind(), op.__doc__ or "") if op is not None else None

    def builtin(self, name: str) -> Definition | None:
        """The function of the language called `name`."""
        return self.given("builtin", name) if name in self.words.builtins else None

    def given(self, kind: Kind, name: str, doc: str = "") -> Definition:
        """A definition of the language itself."""
        known = self._own.get(name)
        if known is None:
            known = self._own[name] = Definition(kind, name, None, None, doc.partition("\n")[0])
            self.table.definitions.append(known)
        return known

    # -- unknown names -----------------------------------------------------------------------------------------------

    def unknown(self, problem: Problem, span: Span, edits: tuple[Edit, ...] = ()) -> None:
        """Report an unknown name."""
        self.refer(span, None, "value")
        self.report(problem, span, edits=edits)

    def unknown_layer(self, name: str, span: Span, *, is_defined: bool = False) -> None:
        """Report a name that is not a layer, where only layers are allowed."""
        self.unknown(unknown_kind(name, self.words.kinds, is_defined=is_defined), span)

    def no_incoming(self, span: Span, scope: NameScope) -> None:
        """Report an `in` if there is not exactly one incoming tensor."""
        self.refer(span, None, "read")
        self.report(NoIncoming(names=tuple(tensors(scope))), span)

    # -- forbidden names -----------------------------------------------------------------------------------------------

    def may_name(self, name: str, span: Span) -> bool:
        """Whether a value may have this name. Names that Python reserves are reported."""
        if is_reserved(name):
            self.report(ReservedName(name=name, reason="Python keeps this name for itself"), span)
            return False
        return True

    def given_twice(self, name: str, span: Span, first: Definition) -> None:
        """Report a name that is already defined."""
        labels = (Label(first.span, "it has this meaning here"),) if first.span is not None else ()
        self.report(DuplicateName(name=name), span, labels)


def seen(scope: NameScope) -> Iterable[str]:
    """The names visible from a scope."""
    return (name for here in scope.outwards() for name in here.names)


def tensors(scope: NameScope) -> Iterable[str]:
    """The names of tensors visible from a scope, except `in`."""
    return (name for here in scope.outwards() for name, d in here.names.items() if d.kind == "tensor")


def seen_of(scope: NameScope, *kinds: Kind) -> list[str]:
    """The names of definitions of these kinds visible from a scope."""
    return [name for here in scope.outwards() for name, d in here.names.items() if d.kind in kinds]


def meets(first: Path, second: Path) -> bool:
    """Whether one path of branches implies the other, in either direction."""
    return {*first} <= {*second} or {*second} <= {*first}


def excludes(first: Path, second: Path) -> bool:
    """Whether two paths of branches exclude each other."""
    sides = dict(first)
    return any(sides.get(choice, side) != side for choice, side in second)


def callee_of(definition: Definition) -> Definition | None:
    """The layer, block or macro that a name certainly refers to; None if that depends on the call."""
    while definition.kind == "let" and definition.alias is not None:
        definition = definition.alias
    return definition if definition.kind in CALLABLE else None


def is_tensor(definition: Definition) -> bool:
    """Whether a name refers to a tensor, or to a list of them."""
    return definition.kind in TENSORS


def is_list(definition: Definition) -> bool:
    """Whether a name refers to a list of tensors, `*xs`."""
    match definition.node:
        case tree.Bind(names=names, rest=True) | tree.Block(over=names, rest=True):
            return definition.kind == "tensor" and names[-1].name == definition.name
        case _:
            return False
