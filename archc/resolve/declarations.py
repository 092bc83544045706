"""From files to the symbol table: their scopes, and the names in each declaration."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from archc.diagnostics.core import Edit, Label, Reporter
from archc.diagnostics.problems.names import MissingArgument, NotAValue, UnknownName
from archc.diagnostics.source import Span
from archc.diagnostics.words.near import nearest
from archc.diagnostics.words.unknown import unknown_base
from archc.resolve.advice import not_buildable
from archc.resolve.bodies import Assignment, Bodies
from archc.resolve.expressions import is_required
from archc.resolve.files import FileReader, Module
from archc.resolve.names import KnownNames, SymbolTable, seen_of
from archc.resolve.paths import Paths
from archc.resolve.results import BodyResult, Results
from archc.resolve.symbols import Definition, Kind, NameScope, Role, ScopeKind, Symbols
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.arguments import call_with
from archc.syntax.unparse import expression

_KINDS: Mapping[type[tree.Tree], Kind] = {
    tree.Function: "function", tree.Macro: "macro", tree.Block: "block", tree.ModelDef: "model",
    tree.Variant: "variant",
}  # fmt: skip


class Resolved(Record):
    """What resolving came to: the symbol table, what each node with a name stands for, and what nobody reads.

    `modules` are the files and `files` their scopes, by name. `bindings` and `implicit` are as in `names.Table`.
    `apart` binds the names in a variant that stands in none of the files (see `Resolver.apart`). `unread`: tensors that
    nobody reads, with the scopes that they are in.
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
    whole: bool = True
    """Whether all definitions of the spec have been resolved, rather than those that one member leads to."""


class Resolver(Bodies):
    """Resolves declarations, each of them once."""

    def __init__(
        self,
        words: KnownNames,
        reader: FileReader,
    ) -> None:
        super().__init__(words, reader.reporter)
        self.reader = reader
        self.live, self.paths, self.labels, self.defaults, self.assigned = {}, {}, {}, {}, []
        self.unfit, self.blamed = set(), set()
        self.homes: dict[Definition, NameScope] = {}
        """The scope of the file that each declaration stands in."""
        self.waiting: list[Definition] = []
        """Declarations that have been met and not been resolved."""
        self._met: dict[Definition, None] = {}
        self.scopes: dict[str, NameScope] = {}
        self._declared: dict[int, Definition] = {}
        self._file_defaults: dict[str, Mapping[str, set[str]]] = {}
        self._countable: dict[str, Definition] = {}

    # -- files ------------------------------------------------------------------------------------------------------

    def file(self, name: str) -> NameScope:
        """The scope of a file: what it defines and imports. What a name may mean is the business of who reads it."""
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
                    refused = declaration in module.refused  # the name means what it did before
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
        else:  # given twice, which has been reported: the first one has the name
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
            if there is not None:  # what was meant is used under its right name
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
        """Record a use of a name, and what it stands for as to be resolved."""
        super().refer(span, definition, role, use)
        if definition in self.homes:
            self.meet(definition)

    def resolve_file(self, name: str) -> None:
        """Resolve all that a file holds."""
        scope = self.file(name)
        for declaration in self.reader.modules[name].file.declarations:
            if (made := self._declared.get(id(declaration))) is not None:
                self.meet(made)
            elif isinstance(declaration, tree.ChainStatement):
                self.bare_chain(declaration, scope)
        self.resolve_settings(name)
        self.run()

    def meet(self, definition: Definition) -> None:
        """Have a declaration resolved."""
        if definition not in self._met:
            self._met[definition] = None
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
        """Resolve what has been met, and what is met on the way."""
        while self.waiting:
            self.declaration(self.waiting.pop())
        self.current = None

    def apart(self, variant: tree.Variant, file: str, reporter: Reporter) -> Mapping[tree.Tree, Definition]:
        """The bindings of the names in a variant that might stand in a file; the symbol table stays as it is."""
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
        """Bind the names in a declaration."""
        home = self.homes.get(definition)
        if home is None:
            return  # its text could not be read
        self.current = definition
        self.defaults = self._file_defaults.get(home.span.file, {})
        match definition.node:
            case tree.Let() as let:
                self.expression(let.value, home)
            case tree.Function() as function:
                self.expression(function.value, self._signature("function", definition, home, function))
            case tree.Macro() as macro:
                self._macro(macro, definition, home)
            case tree.Block() as block:
                self._block(block, definition, home)
            case tree.ModelDef() as model:
                scope = self._signature("model", definition, home, model)
                self.define(scope, "incoming", "in", None)
                self.body(model.body, scope, model.name, is_model=True)
            case tree.Variant() as variant:
                self._variant(variant, definition, home)
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
        """The scope of a declaration with its parameters; a default sees those before it."""
        scope = self.scope(kind, what.span, home, definition)
        if isinstance(what, tree.Block) and not what.over:
            self.define(scope, "incoming", "in", None)
        for parameter in self.table.parameters[definition]:
            if isinstance(parameter.node, tree.Parameter) and parameter.node.default is not None:
                self.expression(parameter.node.default, scope)
            scope.names[parameter.name] = parameter
        return scope

    def _macro(self, macro: tree.Macro, definition: Definition, home: NameScope) -> None:
        scope = self._signature("macro", definition, home, macro)
        self.define(scope, "incoming", "in", None)
        around, self.labels = self.labels, {}
        self.chain(macro.chain, scope)
        self.labels = around

    def _block(self, block: tree.Block, definition: Definition, home: NameScope) -> None:
        scope = self._signature("block", definition, home, block)
        for name in block.over:
            self.define(scope, "tensor", name.name, name.span, block)
        self.body(block.body, scope, block.name, is_model=False)

    def bare_chain(self, statement: tree.ChainStatement, home: NameScope) -> None:
        """Bind the names in the bare chain of a file."""
        scope = self.scope("model", statement.span, home)
        self.define(scope, "incoming", "in", None)
        around, self.labels = self.labels, {}
        self.chain(statement.chain, scope)
        self.labels = around

    # -- variants ---------------------------------------------------------------------------------------------------

    def _variant(self, variant: tree.Variant, definition: Definition, home: NameScope) -> None:
        scope = self.scope("variant", variant.span, home, definition)
        self._base(variant, definition, home)
        self.values(variant.arguments or (), scope)
        facts: dict[str, Definition] = {}
        for member in variant.members:
            match member:
                case tree.Fact():
                    self._fact(member, facts, scope)
                case tree.Expect():
                    self._expect(member, scope)
                case tree.InputStatement():
                    self.expression(member.shape, scope)
                case tree.Replace() | tree.Insert():
                    self._put(member, home)
                case _:
                    pass

    def _fact(self, fact: tree.Fact, facts: dict[str, Definition], scope: NameScope) -> None:
        call = fact.value
        if isinstance(call, tree.CallExpression) and call.function in self.words.kinds:
            problem = NotAValue(name=call.function, call=expression(call), fact=fact.name.name)
            place = Span(fact.span.file, fact.span.start, fact.span.start)
            self.report(problem, fact.span, (), (Edit(place, "replace "),))
        else:
            self.expression(call, scope)
        made = self.made("fact", fact.name.name, fact.name.span, fact)
        if (first := facts.setdefault(made.name, made)) is not made:
            self.given_twice(made.name, fact.name.span, first)

    def _expect(self, expect: tree.Expect, scope: NameScope) -> None:
        if not self._countable:
            self._countable = {name: self.given("builtin", name) for name in self.words.countable}
        self.expression(expect.condition, NameScope("variant", expect.span, scope, None, self._countable))

    def _put(self, edit: tree.Replace | tree.Insert, home: NameScope) -> None:
        scope = self.scope("edit", edit.span, home)
        self.define(scope, "incoming", "in", None)
        around, self.labels = self.labels, {}
        self.chain(edit.chain, scope)
        self.labels = around

    def edits(self, paths: Paths, root: str) -> None:
        """Bind the paths of the edits that have been met to the labels that they mean.

        A path that means none is reported when the variant is expanded, with the modules that there are; here only in
        the files that are used, whose variants are not.
        """
        for definition in list(self._met):
            if not isinstance(variant := definition.node, tree.Variant):
                continue
            line = self._lineage(definition)
            if line is None or line[-1] not in paths.scopes:
                continue
            for path, span, structural in _paths(variant.members):
                found, may_be = paths.follow(path, span, line[-1])
                self.table.references.extend(found)
                if not may_be and structural and span.file != root:
                    self.report(UnknownName(name=path, what="module"), span)

    def _base(self, variant: tree.Variant, definition: Definition, home: NameScope) -> None:
        """Bind the name of the model or variant that a variant builds on, and hold its arguments against the model."""
        base = home.find(variant.base.name)
        if base is None:
            known = seen_of(home, "model", "variant")
            self.unknown(unknown_base(variant.base.name, known), variant.base.span)
            return
        if base.kind == "lost":
            return
        self.refer(variant.base.span, base, "value", variant.base)
        line = self._lineage(definition)
        if base.kind not in ("model", "variant"):
            if isinstance(base.node, tree.Function | tree.Macro | tree.Block):
                self.report(not_buildable(variant.base.name, base.node, is_itself=False), variant.base.span)
        elif line is None:
            if base is definition:
                self.report(not_buildable(variant.base.name, variant, is_itself=True), variant.base.span)
        else:
            self._arguments(variant, line)

    def _lineage(self, definition: Definition) -> list[Definition] | None:
        """A variant, those that it builds on and the model at the end; None where there is none."""
        line = [definition]
        while isinstance(here := line[-1].node, tree.Variant):
            base = self.homes[line[-1]].find(here.base.name)
            if base is None or base in line or base not in self.homes or base.kind not in ("model", "variant"):
                return None
            line.append(base)
        return line

    def _arguments(self, variant: tree.Variant, line: Sequence[Definition]) -> None:
        """Hold the arguments of a variant, and of those that it builds on, against the parameters of the model."""
        parameters, name = self.table.parameters[line[-1]], line[-1].name
        known = [p.name for p in parameters]
        matched = self.match(name, known, variant.arguments or (), self.homes[line[0]])
        if matched is None:
            return
        given = set(matched)
        for level in line[1:-1]:
            if isinstance(level.node, tree.Variant):
                given |= _named(known, level.node.arguments or ())
        for parameter in parameters:
            if is_required(parameter) and parameter.name not in given and parameter.node is not None:
                missing = [p.name for p in parameters if is_required(p) and p.name not in given]
                call = call_with(name, variant.arguments or (), missing)
                problem = MissingArgument(callee=name, name=parameter.name, call=call)
                self.report(problem, variant.base.span, (Label(parameter.node.span, "it is asked for here"),))
                return


def _paths(members: Sequence[tree.Tree]) -> Iterator[tuple[str, Span, bool]]:
    """The paths in edits, and whether each speaks of the model as it is without edits."""
    for member in members:
        match member:
            case tree.Replace() | tree.Insert() | tree.Truncate():
                yield member.path, member.path_span, True
            case tree.Remove():
                yield from ((path.name, path.span, True) for path in member.paths)
            case tree.Freeze():
                yield from ((path.name, path.span, False) for path in member.paths)
            case _:
                pass


def _named(known: Sequence[str], arguments: Iterable[tree.Argument]) -> set[str]:
    """The names of the parameters that arguments are for."""
    found = set()
    for position, argument in enumerate(arguments):
        if argument.name is not None:
            found.add(argument.name)
        elif position < len(known):
            found.add(known[position])
    return found


def _name_of(parameter: tree.Parameter) -> Span:
    return parameter.span._replace(end=parameter.span.start + len(parameter.name))


def _doc_of(what: tree.Declared) -> str:
    doc = what.doc if isinstance(what, tree.Variant) else getattr(getattr(what, "body", None), "doc", None)
    return str(doc.value) if doc is not None else ""


def resolve(words: KnownNames, reader: FileReader, root: str, member: str | None = None) -> Resolved:
    """Bind the names in all definitions of the files read, or in a member of the file `root` and all that it leads to.

    What is wrong with the declarations of a file as such, imports and names given twice, is not looked at here.
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
    resolver.edits(Paths(scopes, table.definitions), root)
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
        chosen is None,
    )
