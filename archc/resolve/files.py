"""The files of a spec: what each declares, and what it imports."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from archc.diagnostics.core import Edit, Label, Problem, Reporter, Severity
from archc.diagnostics.problems.inputs import SecondInput
from archc.diagnostics.problems.limits import TooManyImports
from archc.diagnostics.problems.names import (
    SECOND_CHAIN,
    CyclicImport,
    DuplicateName,
    ImportNotFound,
    ReservedName,
    UnknownName,
)
from archc.diagnostics.source import Source, Span
from archc.diagnostics.words.near import nearest
from archc.diagnostics.words.unknown import unknown_code
from archc.resolve.budget import Budget
from archc.resolve.naming import is_reserved
from archc.support.record import Struct, field, replace
from archc.syntax import tree

Load = Callable[[str, Source], Source | Problem]
"""Finds the spec that `from "path" use …` in a source names. Reading files is up to the caller."""
Parse = Callable[[Source, Reporter], tree.File]

_AT_ONCE = 4
"""The number of characters of an imported spec per step."""
PRELUDE = "sketch.arch"
"""The shipped spec whose definitions bare lecture lines may use without an import."""


class Module(Struct):
    """A file and its declarations.

    `names`: the span of each name that it declares or imports, None for one in an unreadable statement.
    `imports`: the file of each import, None if there is none. `refused`: declarations of names that are not allowed.
    `members`: its models and variants, in order. `allowed`: the codes of warnings that it silences.
    """

    source: Source
    file: tree.File
    names: dict[str, Span | None] = field(default_factory=dict)
    imports: dict[tree.Import, Module | None] = field(default_factory=dict)
    refused: set[tree.Declaration] = field(default_factory=set)
    members: dict[str, tree.ModelDef | tree.Variant] = field(default_factory=dict)
    inits: list[tree.Init] = field(default_factory=list)
    allowed: set[str] = field(default_factory=set)
    chain: tree.ChainStatement | None = None
    chains: bool = False
    """Whether the number of imported files exceeds the limit, which is reported once."""

    def used(self) -> Iterator[Module]:
        """The files that it imports directly."""
        return (module for module in self.imports.values() if module is not None)

    def sources(self) -> dict[str, Source]:
        """This file and all files that it uses, by name."""
        found = {self.source.name: self.source}
        for module in self.used():
            found.update(module.sources())
        return found


class FileReader(Struct):
    """Reads files once and records what they declare.

    `kinds` are the names of layers, `builtins` those of functions. `budget` counts the work of reading.
    """

    load: Load
    parse: Parse
    kinds: Collection[str]
    builtins: Collection[str]
    reporter: Reporter
    budget: Budget
    modules: dict[str, Module] = field(default_factory=dict)
    in_order: list[Module] = field(default_factory=list)
    """All files read so far, each after those that it imports."""
    _open: list[str] = field(default_factory=list)
    _prelude: Module | None = None

    def read(self, source: Source) -> Module:
        """The file of a source, with its declarations and imports."""
        if (known := self.modules.get(source.name)) is not None:
            return known
        module = Module(source, self.parse(source, self.reporter))
        self.modules[source.name] = module
        self._open.append(source.name)
        for declaration in module.file.declarations:
            self._declare(module, declaration)
        for name in module.file.lost.difference(self.kinds):
            module.names.setdefault(name, None)
        self._open.pop()
        self.in_order.append(module)
        return module

    def prelude(self) -> Module:
        """The shipped prelude, empty if it is missing."""
        if self._prelude is None:
            source = self.load(PRELUDE, Source("", ""))
            self._prelude = self.read(source) if isinstance(source, Source) else Module(Source("", ""), _NO_FILE)
        return self._prelude

    # -- declarations -----------------------------------------------------------------------------------------------

    def _declare(self, module: Module, declaration: tree.Declaration) -> None:
        match declaration:
            case tree.Import():
                self._import(module, declaration)
            case tree.Allow():
                self._allow(module, declaration)
            case tree.Default():
                pass
            case tree.Init():
                module.inits.append(declaration)
            case tree.Let():
                if not self._name(module, declaration.name, declaration.name_span):
                    module.refused.add(declaration)
            case tree.ChainStatement():
                self._chain(module, declaration)
            case _:
                self._define(module, declaration)

    def _chain(self, module: Module, chain: tree.ChainStatement) -> None:
        if module.chain is None:
            module.chain = chain
        elif not module.chains:
            module.chains = True
            problem = ReservedName(name=SECOND_CHAIN, reason="a file has at most one")
            self.reporter.add(problem, chain.span, labels=(Label(module.chain.span, "this is the first"),))

    def _define(self, module: Module, what: tree.Declared) -> None:
        if not self._name(module, what.name.name, what.name.span):
            return
        if isinstance(what, tree.ModelDef | tree.Variant):
            module.members[what.name.name] = what
        if isinstance(what, tree.Function | tree.Macro | tree.Block | tree.ModelDef):
            self._check_parameters(what.parameters)
        if isinstance(what, tree.Block | tree.ModelDef):
            self._check_inputs(what)
            self._check_lets(what)

    def _check_parameters(self, parameters: tuple[tree.Parameter, ...]) -> None:
        seen: dict[str, tree.Parameter] = {}
        for parameter in parameters:
            if is_reserved(parameter.name):
                problem = ReservedName(name=parameter.name, reason="Python keeps this name for itself")
                self.reporter.add(problem, parameter.span)
            if parameter.name in seen:
                there = Label(seen[parameter.name].span, "first given here")
                self.reporter.add(DuplicateName(name=parameter.name), parameter.span, labels=(there,))
            seen[parameter.name] = parameter

    def _check_inputs(self, what: tree.Block | tree.ModelDef) -> None:
        """Report invalid names of inputs."""
        taken = {p.name: Span(p.span.file, p.span.start, p.span.start + len(p.name)) for p in what.parameters}
        for name in what.over:
            if is_reserved(name.name):
                problem = ReservedName(name=name.name, reason="Python keeps this name for itself")
                self.reporter.add(problem, name.span)
            elif (first := taken.setdefault(name.name, name.span)) != name.span:
                there = Label(first, "first given here")
                self.reporter.add(DuplicateName(name=name.name), name.span, labels=(there,))
        inputs = what.inputs if isinstance(what, tree.ModelDef) else ()
        for second in inputs[1:]:
            if second.name is None or inputs[0].name is None:
                there = Label(inputs[0].span, "it is stated here first")
                problem_ = SecondInput(name=what.name.name, named=second.name is not None)
                self.reporter.add(problem_, second.span, labels=(there,))

    def _check_lets(self, what: tree.Block | tree.ModelDef) -> None:
        """Report a `let` that redefines a parameter."""
        taken = {parameter.name: parameter for parameter in what.parameters}
        for let in what.body.statements:
            if isinstance(let, tree.Let) and (parameter := taken.get(let.name)) is not None:
                there = Label(parameter.span, "it is a parameter here")
                self.reporter.add(DuplicateName(name=let.name), let.name_span, labels=(there,))

    def _allow(self, module: Module, allow: tree.Allow) -> None:
        from archc.diagnostics.problems.catalogue import catalogue  # imported only for files that allow warnings

        quietable = [code for code, kind in catalogue().items() if kind.severity is not Severity.ERROR]
        for code in allow.codes:
            if code.name in quietable:
                module.allowed.add(code.name)
            else:
                self.reporter.add(unknown_code(code.name, quietable), code.span)

    def _name(self, module: Module, name: str, span: Span, first: Span | None = None) -> bool:
        """Declare a name in a file; `first` is the definition of an imported one.

        False if it is refused, which is reported.
        """
        reason = ""
        if name in self.kinds:
            reason = "it is a layer's name"
        elif name in self.builtins:
            reason = "it is a function of the language"
        elif is_reserved(name):
            reason = "Python keeps this name for itself"
        if reason:
            self.reporter.add(ReservedName(name=name, reason=reason), span)
            return False
        if (there := module.names.get(name)) is not None:
            self.reporter.add(DuplicateName(name=name), span, labels=(Label(there, "first given here"),))
            return False
        module.names[name] = first or span
        return True

    # -- imports ----------------------------------------------------------------------------------------------------

    def _import(self, module: Module, what: tree.Import) -> None:
        path = str(what.path.value)
        source = self.load(path, module.source)
        module.imports[what] = None
        if isinstance(source, Problem):
            self.reporter.add(_with_way(source), what.path.span)
        elif source.name in self._open:
            itself = source.name == module.source.name
            edits = (Edit(what.span, ""),) if itself else ()
            self.reporter.add(CyclicImport(path=path), what.path.span, edits=edits)
        elif source.name not in self.modules and len(self.modules) > self.budget.limits.imports:
            self.reporter.add(TooManyImports(limit=self.budget.limits.imports), what.path.span)
        elif (passed := self.budget.spend(len(source.text) // _AT_ONCE)) is not None:
            if isinstance(passed, Problem):
                self.reporter.add(passed, what.path.span)
        else:
            module.imports[what] = used = self.read(source)
            self._import_names(module, what, used.names)
            return
        for name in what.names:
            module.names.setdefault(name.name, None)

    def _import_names(self, module: Module, what: tree.Import, there: Mapping[str, Span | None]) -> None:
        for name in what.names:
            if name.name not in there:
                near = nearest(name.name, there)
                problem = UnknownName(
                    name=name.name,
                    what=f"definition in `{what.path.value}` called",
                    nearest=near,
                    advice="" if near else _elsewhere(name) or _alike(name, there),
                )
                self.reporter.add(problem, name.span)
                for lost in filter(None, (name.name, near)):  # the intended name is used later
                    module.names.setdefault(lost, None)
            elif (first := there[name.name]) is None:
                module.names.setdefault(name.name, None)
            else:
                self._name(module, name.name, name.span, first)


def _with_way(problem: Problem) -> Problem:
    """A problem with an import, naming the shipped spec at the end of its path, or else all shipped specs."""
    if not isinstance(problem, ImportNotFound) or problem.nearest:
        return problem
    from archc.diagnostics.words.table import table

    shipped = sorted({file for _, file in table().shipped.values()})
    last = re.split(r"[/\\]", problem.path)[-1].lower()
    near = next((file for file in shipped if last in (file, file.removesuffix(".arch"))), "") or nearest(last, shipped)
    listed = ", ".join(f"`{file}`" for file in shipped)
    return replace(problem, nearest=near, advice=f"a path begins in this file's folder; shipped are {listed}")


def _elsewhere(name: tree.Name) -> str:
    """The advice on the shipped spec that defines a name; empty if none does."""
    from archc.diagnostics.words.table import table

    found = table().shipped.get(name.name)
    return f'`{name.name}` is in another spec: `from "{found[1]}" use {name.name}`' if found is not None else ""


def _alike(name: tree.Name, there: Collection[str]) -> str:
    """The definitions of a spec that start like a name, or all of them if the list is short."""
    start = name.name[:4].lower()
    names = [each for each in there if each[:4].lower() == start] or list(there)
    more = ", \u2026" if len(names) > _MOST_ALIKE else ""
    return f"it defines {', '.join(f'`{each}`' for each in names[:_MOST_ALIKE])}{more}"


_MOST_ALIKE = 8
"""The maximum number of names to list for an unknown one."""


def missing(path: str, reason: str) -> ImportNotFound:
    """The problem that a `Load` returns for a spec that it cannot read."""
    return ImportNotFound(path=path, reason=reason)


_NO_FILE = tree.File(Span("", 0, 0), None, ())
