"""From files to the symbol table: scopes of files, and the names in each declaration."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from archc.diagnostics.core import Reporter
from archc.diagnostics.source import Span
from archc.diagnostics.words.near import nearest
from archc.resolve.bodies import Assignment
from archc.resolve.files import FileReader, Module
from archc.resolve.names import KnownNames, SymbolTable
from archc.resolve.paths import Paths
from archc.resolve.results import BodyResult, Results
from archc.resolve.symbols import Definition, Kind, NameScope, Role, ScopeKind, Symbols
from archc.resolve.variants import Variants
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.walk import walk

_KINDS: Mapping[type[tree.Tree], Kind] = {
    tree.Function: "function", tree.Macro: "macro", tree.Block: "block", tree.ModelDef: "model",
    tree.Variant: "variant",
}  # fmt: skip


class Resolved(Record):
    """The result of name resolution: the symbol table, the binding of each node with a name, and unread tensors.

    `modules` are the files and `files` their scopes, by name. `bindings` and `implicit` are as in `names.SymbolTable`.
    `apart` binds the names in a variant outside of all files (see `Resolver.apart`). `unread`: unread tensors, with
    their scopes.
    """

    symbols: Symbols
    modules: Mapping[str, Module]
    files: Mapping[str, NameScope]
    bindings: dict[tree.Tree, Definition]
    implicit: Collection[tree.Tree]
    apart: Callable[[tree.Variant, str, Reporter], Mapping[tree.Tree, Definition]]
    unread: tuple[tuple[Assignment, NameScope], ...] = ()
    uneven: tuple[tuple[Definition, BodyResult, BodyResult], ...] = ()
    """Results of one declaration that differ in number."""
    lost_paths: Collection[Span] = ()
    """The spans of paths in edits that cannot be modules for any arguments."""
    lonely: tuple[tuple[Definition, int], ...] = ()
    """Shared modules that are used less than twice, and the number of their uses."""
    whole: bool = True
    """Whether all definitions of the spec have been resolved, rather than those that one member uses."""


class Resolver(Variants):
    """Resolves declarations, each once."""

    def __init__(self, words: KnownNames, reader: FileReader) -> None:
        super().__init__(words, reader.reporter)
        self.reader = reader
        self.live, self.paths, self.labels, self.defaults, self.assigned = {}, {}, {}, {}, []
        self.unfit, self.blamed = set(), set()
        self.shared, self.alone, self.turns, self.repeats, self.indexed = {}, "", 0, [], set()
        self.homes, self.met = {}, {}
        self.waiting: list[Definition] = []
        """Declarations that are used and not resolved yet."""
        self.scopes: dict[str, NameScope] = {}
        self._declared: dict[int, Definition] = {}
        self._file_defaults: dict[str, Mapping[str, set[str]]] = {}

    def bound(self, name: str, at: Span) -> tuple[bool, bool] | None:
        """Whether a tensor or module of this name is defined in the same declaration, after `at`; whether it is shared.

        None if no body of the file defines it. A shared module counts where it is declared after `at`.
        """
        module = self.reader.modules.get(at.file)
        found: list[tuple[bool, bool]] = []
        for declaration in module.file.declarations if module is not None else ():
            here = declaration.span.start <= at.start < declaration.span.end
            nodes = [node for node, _ in walk(declaration)]
            named = [(n.span, False) for b in nodes if isinstance(b, tree.Bind) for n in b.names if n.name == name]
            shared = [node.name for node in nodes if isinstance(node, tree.Shared)]
            named += [(n.span, True) for n in shared if n is not None and n.name == name and n.span.start > at.start]
            found += [(here, of) for span, of in named if not here or span.start > at.start]
        return max(found) if found else None

    # -- files ------------------------------------------------------------------------------------------------------

    def file(self, name: str) -> NameScope:
        """The scope of a file: its definitions and imports. Whether a name may be defined is checked by the reader."""
        if (known := self.scopes.get(name)) is not None:
            return known
        module = self.reader.modules[name]
        scope = self.scopes[name] = self.scope("file", module.file.span, None)
        for lost in module.file.lost - self.words.kinds.keys():
            self._lose(scope, lost)
        defaults: dict[str, set[str]] = {}
        for declaration in module.file.declarations:
            match declaration:
                case tree.Import():
                    self._import(declaration, module.imports.get(declaration), scope)
                case tree.Let():
                    first = scope.names.get(declaration.name)
                    refused = declaration in module.refused  # else the name keeps its meaning
                    if not refused and (first is None or first.kind == "lost"):
                        made = self.let(declaration, scope)
                        self._declared[id(declaration)], self.homes[made] = made, scope
                case tree.Default():
                    for use in declaration.layers:
                        self.add_default(use, defaults)
                case tree.Function() | tree.Macro() | tree.Block() | tree.ModelDef() | tree.Variant():
                    self._declare(declaration, scope)
                case _:
                    pass
        self._file_defaults[name] = defaults
        return scope

    def _lose(self, scope: NameScope, name: str) -> None:
        if name not in scope.names:
            self.define(scope, "lost", name, None)

    def _declare(self, what: tree.Declared, scope: NameScope) -> None:
        name, doc = what.name, _doc_of(what)
        first = scope.names.get(name.name)
        if first is None or first.kind == "lost":
            made = self.define(scope, _KINDS[type(what)], name.name, name.span, what, doc)
        else:  # a duplicate, which has been reported: the first one counts
            made = self.made(_KINDS[type(what)], name.name, name.span, what, doc)
        self._declared[id(what)], self.homes[made] = made, scope
        if isinstance(what, tree.Variant):
            return
        self.table.parameters[made] = tuple(
            self.made("parameter", p.name, _name_of(p), p, owner=made) for p in what.parameters
        )

    def _import(self, what: tree.Import, target: Module | None, scope: NameScope) -> None:
        there = self.file(target.source.name) if target is not None else None
        for name in what.names:
            found = there.names.get(name.name) if there is not None else None
            if found is not None:
                scope.names.setdefault(name.name, found)
                self.refer(name.span, found, "import")
                continue
            self._lose(scope, name.name)
            if there is not None:  # the intended name is used later
                self.refer(name.span, None, "import")
                near = nearest(name.name, there.names)
                if near:
                    self._lose(scope, near)

    def prelude(self, name: str) -> Definition | None:
        """A block or macro of the shipped prelude."""
        module = self.reader.prelude()
        found = self.file(module.source.name).names.get(name) if module.names else None
        return found if found is not None and found.kind in ("block", "macro") else None

    # -- what is to be resolved -------------------------------------------------------------------------------------

    def refer(self, span: Span, definition: Definition | None, role: Role, use: tree.Tree | None = None) -> None:
        """Record a use of a name, and queue its definition to be resolved."""
        super().refer(span, definition, role, use)
        if definition in self.homes:
            self.meet(definition)

    def resolve_file(self, name: str) -> None:
        """Resolve everything in a file."""
        scope = self.file(name)
        for declaration in self.reader.modules[name].file.declarations:
            if (made := self._declared.get(id(declaration))) is not None:
                self.meet(made)
            elif isinstance(declaration, tree.ChainStatement):
                self.bare_chain(declaration, scope)
        self.resolve_settings(name)
        self.run()

    def meet(self, definition: Definition) -> None:
        """Queue a declaration to be resolved."""
        if definition not in self.met:
            self.met[definition] = None
            self.waiting.append(definition)

    def resolve_settings(self, name: str) -> None:
        """Resolve the `default`s, `init`s and `let`s of a file."""
        scope = self.file(name)
        for declaration in self.reader.modules[name].file.declarations:
            match declaration:
                case tree.Let() if (made := self._declared.get(id(declaration))) is not None:
                    self.meet(made)
                case tree.Default():
                    for use in declaration.layers:
                        self.default(use, scope)
                case tree.Init():
                    self.init(declaration, scope)
                case _:
                    pass

    def run(self) -> None:
        """Resolve the queue, including definitions added on the way."""
        while self.waiting:
            self.declaration(self.waiting.pop())
        self.current = None

    def apart(self, variant: tree.Variant, file: str, reporter: Reporter) -> Mapping[tree.Tree, Definition]:
        """The bindings of the names in a variant as if it were in a file; the symbol table does not change."""
        table, told = self.table, self.reporter
        self.table, self.reporter = SymbolTable(parameters=table.parameters), reporter
        made = self.made("variant", variant.name.name, variant.name.span, variant)
        self.homes[made] = self.file(file)
        self.declaration(made)
        del self.homes[made]
        bindings, self.table, self.reporter = self.table.bindings, table, told
        self.run()
        return bindings

    def declaration(self, definition: Definition) -> None:
        """Resolve the names in a declaration."""
        home = self.homes.get(definition)
        if home is None:
            return  # its text could not be read
        self.current = definition
        self.defaults = self._file_defaults.get(home.span.file, {})
        match definition.node:
            case tree.Let() as let:
                before = self.reporter.errors
                self.value_of(let, home)
                if self.reporter.errors > before:
                    self.blamed.add(definition)
            case tree.Function() as function:
                self.expression(function.value, self._signature("function", definition, home, function))
            case tree.Macro() as macro:
                self._macro(macro, definition, home)
            case tree.Block() as block:
                self._block(block, definition, home)
            case tree.ModelDef() as model:
                scope = self._signature("model", definition, home, model)
                self.body(model.body, scope, model.name, is_model=True)
            case tree.Variant() as variant:
                self.variant(variant, definition, home)
            case _:
                pass

    # -- declarations -----------------------------------------------------------------------------------------------

    def _signature(
        self,
        kind: ScopeKind,
        definition: Definition,
        home: NameScope,
        what: tree.Function | tree.Macro | tree.Block | tree.ModelDef,
    ) -> NameScope:
        """The scope of a declaration with its parameters; a default sees the parameters before it."""
        scope = self.scope(kind, what.span, home, definition)
        over = what.over if isinstance(what, tree.Block | tree.ModelDef) else None
        if over == ():
            self.define(scope, "incoming", "in", None)
        for parameter in self.table.parameters[definition]:
            if isinstance(parameter.node, tree.Parameter) and parameter.node.default is not None:
                self.expression(parameter.node.default, scope)
            scope.names[parameter.name] = parameter
        for name in over or ():
            self.define(scope, "tensor", name.name, name.span, what)
        return scope

    def _macro(self, macro: tree.Macro, definition: Definition, home: NameScope) -> None:
        scope = self._signature("macro", definition, home, macro)
        self.define(scope, "incoming", "in", None)
        around, self.labels = self.labels, {}
        self.chain(macro.chain, scope)
        self.labels = around

    def _block(self, block: tree.Block, definition: Definition, home: NameScope) -> None:
        scope = self._signature("block", definition, home, block)
        self.body(block.body, scope, block.name, is_model=False)

    def bare_chain(self, statement: tree.ChainStatement, home: NameScope) -> None:
        """Resolve the names in the bare chain of a file."""
        scope = self.scope("model", statement.span, home)
        self.define(scope, "incoming", "in", None)
        around, self.labels = self.labels, {}
        self.chain(statement.chain, scope)
        self.labels = around


_SHARED = 2
"""The minimum number of uses of a shared module."""


def _name_of(parameter: tree.Parameter) -> Span:
    return parameter.span._replace(end=parameter.span.start + len(parameter.name))


def _doc_of(what: tree.Declared) -> str:
    doc = what.doc if isinstance(what, tree.Variant) else getattr(getattr(what, "body", None), "doc", None)
    return str(doc.value) if doc is not None else ""


def resolve(words: KnownNames, reader: FileReader, root: str, member: str | None = None) -> Resolved:
    """Resolve the names in all definitions of the files read, or in a member of `root` and its dependencies.

    Problems with imports and duplicate names are reported when files are read.
    """
    resolver, reporter = Resolver(words, reader), reader.reporter
    chosen = resolver.file(root).names.get(member) if member is not None else None
    if chosen is None:
        for name in list(reader.modules):
            resolver.resolve_file(name)
    else:
        for name in list(reader.modules):
            resolver.resolve_settings(name)
        resolver.meet(chosen)
        resolver.run()
    table = resolver.table
    own = ("block", "macro", "model")
    scopes = {s.owner: s for s in table.scopes if s.owner is not None and s.kind in own}
    results = Results(scopes, words.kinds)
    results.check(reporter)
    lost_paths = frozenset(resolver.edits(Paths(scopes, table.definitions, words.kinds), root))
    symbols = Symbols(tuple(table.definitions), tuple(table.references), tuple(table.scopes), table.parameters)
    unread = tuple((assignment, scope) for assignment, scope in resolver.assigned if not assignment.is_read)
    return Resolved(
        symbols,
        reader.modules,
        resolver.scopes,
        table.bindings,
        table.implicit,
        resolver.apart,
        unread,
        tuple(results.uneven()),
        lost_paths,
        tuple((made, uses.number) for made, uses in resolver.shared.items() if uses.number < _SHARED),
        chosen is None,
    )
