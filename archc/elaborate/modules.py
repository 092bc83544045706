"""Files of specs: their declarations, and the specs that they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from archc.diagnostics import Edit, Label, Problem, Reported, Reporter, Severity
from archc.elaborate.budget import Budget
from archc.elaborate.environment import is_reserved
from archc.elaborate.expressions import BUILTINS, Evaluator, argument_name
from archc.elaborate.values import Bound, Defined, Entry, Env, Kind, Poisoned, Tensors, data_of
from archc.elaborate.vocabulary import in_vocabulary
from archc.network.expr import Expr, Var, const
from archc.network.network import Let
from archc.network.op import Op
from archc.network.types import TensorType
from archc.problems.limits import TooManyImports
from archc.problems.names import SECOND_CHAIN, CyclicImport, DuplicateName, ImportNotFound, ReservedName, UnknownName
from archc.record import Struct, field
from archc.source import Source, Span
from archc.syntax import tree
from archc.words.near import nearest

if TYPE_CHECKING:
    from archc.elaborate.template import Template

Load = Callable[[str, Source], Source | Problem]
"""Finds the spec that `from "path" use …` names, seen from the importing source; reading files is the caller's."""
Parse = Callable[[Source, Reporter], tree.File]

_AT_ONCE = 4
"""Characters of a spec that is used that count as one step."""
PRELUDE = "sketch.arch"
"""The shipped spec whose definitions bare lecture lines may use without naming it."""


class Module(Struct):
    """A file whose declarations are known: its environment, and its models and variants in order."""

    source: Source
    file: tree.File
    env: Env = field(default_factory=Env)
    members: dict[str, Defined] = field(default_factory=dict)
    inits: list[tree.Init] = field(default_factory=list)
    allowed: set[str] = field(default_factory=set)
    """The codes of warnings that it does not want."""
    chain: tree.ChainStatement | None = None
    chains: bool = False
    """Whether there are more of them, which is told once."""
    uses: list[Module] = field(default_factory=list)

    def sources(self) -> dict[str, Source]:
        """This file and all that it uses, by name."""
        found = {self.source.name: self.source}
        for module in self.uses:
            found.update(module.sources())
        return found


class Library(Struct):
    """Reads files once and knows what they declare.

    `constants` are the file-level `let`s of all files read, as expressions call them; `templates` the blocks that
    networks of this library have expanded.
    """

    load: Load
    parse: Parse
    kinds: Mapping[str, type[Op]]
    reporter: Reporter
    modules: dict[str, Module] = field(default_factory=dict)
    constants: dict[str, Let] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    templates: dict[object, Template | None] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _prelude: Module | None = None

    def read(self, source: Source) -> Module:
        """The module of a source; its declarations and imports are worked out, its models are not expanded."""
        if (known := self.modules.get(source.name)) is not None:
            return known
        module = Module(source, self.parse(source, self.reporter))
        self.modules[source.name] = module
        self._open.append(source.name)
        for declaration in module.file.declarations:
            self._declare(module, declaration)
        for name in module.file.lost - self.kinds.keys():
            module.env.names.setdefault(name, Poisoned())
        self._open.pop()
        return module

    def prelude(self, name: str) -> Defined | None:
        """A block or macro of the shipped prelude."""
        entry = self.prelude_module().env.own(name)
        if isinstance(entry, Defined) and isinstance(entry.tree, tree.Block | tree.Macro):
            return Defined(entry.tree, entry.home, prelude=True)
        return None

    def prelude_module(self) -> Module:
        """The shipped prelude, empty where it is missing."""
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
                for use in declaration.layers:
                    self._default(module, use)
            case tree.Init():
                module.inits.append(declaration)
            case tree.Let():
                self._let(module, declaration)
            case tree.ChainStatement():
                if module.chain is None:
                    module.chain = declaration
                elif not module.chains:
                    module.chains = True
                    problem = ReservedName(name=SECOND_CHAIN, reason="a file has at most one")
                    labels = (Label(module.chain.span, "this is the first"),)
                    self.reporter.add(problem, declaration.span, labels=labels)
            case _:
                self._define(module, declaration)

    def _define(
        self, module: Module, what: tree.Function | tree.Macro | tree.Block | tree.Model | tree.Variant
    ) -> None:
        defined = Defined(what, module.env)
        if not self._name(module, what.name.name, what.name.span, defined):
            return
        if isinstance(what, tree.Model | tree.Variant):
            module.members[defined.name] = defined
        if isinstance(what, tree.Function | tree.Macro | tree.Block | tree.Model):
            self._check_parameters(what.parameters)
        if isinstance(what, tree.Block):
            self._check_inputs(what)
        if isinstance(what, tree.Block | tree.Model):
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

    def _check_inputs(self, block: tree.Block) -> None:
        for name in block.over:
            if is_reserved(name.name):
                problem = ReservedName(name=name.name, reason="Python keeps this name for itself")
                self.reporter.add(problem, name.span)

    def _check_lets(self, what: tree.Block | tree.Model) -> None:
        """Report a `let` that takes a parameter's name, whether or not the body is ever expanded."""
        taken = {parameter.name: parameter for parameter in what.parameters}
        for let in what.body.statements:
            if isinstance(let, tree.Let) and (parameter := taken.get(let.name)) is not None:
                there = Label(parameter.span, "it is a parameter here")
                self.reporter.add(DuplicateName(name=let.name), let.name_span, labels=(there,))

    def _let(self, module: Module, let: tree.Let) -> None:
        evaluator = Evaluator(module.env, self.reporter, self.budget, None, _no_type, self._kind)
        value = evaluator.value(let.value)
        if isinstance(value, Reported):
            module.env.names[let.name] = Poisoned()
            return
        expr: Expr = Var(name=let.name)
        constant = Let(name=let.name, expr=in_vocabulary(let.value, module.env), value=data_of(value))
        if self.constants.setdefault(let.name, constant).value != constant.value:
            expr = const(constant.value)  # another file has one of this name
        self._name(module, let.name, let.name_span, Bound(value, expr, let.value.span))

    def _allow(self, module: Module, allow: tree.Allow) -> None:
        from archc.problems.catalogue import catalogue  # most files allow nothing, and need not read it all

        quietable = [code for code, kind in catalogue().items() if kind.severity is not Severity.ERROR]
        for code in allow.codes:
            if code.name in quietable:
                module.allowed.add(code.name)
            else:
                near = nearest(code.name, quietable)
                self.reporter.add(UnknownName(name=code.name, what="warning", nearest=near), code.span)

    def _kind(self, name: str) -> Kind | None:
        op = self.kinds.get(name)
        return Kind(op.kind()) if op else None

    def _default(self, module: Module, use: tree.Use) -> None:
        kind = self.kinds.get(use.name)
        if kind is None:
            from archc.words.unknown import unknown_kind

            self.reporter.add(unknown_kind(use.name, self.kinds), use.name_span)
            return
        for argument in use.arguments or ():
            if argument.name not in kind.model_fields:
                names = tuple(kind.model_fields)
                near = nearest(argument.name or "", names)
                problem = UnknownName(name=argument.name or "", what=f"argument of {kind.kind()}", nearest=near)
                self.reporter.add(problem, argument_name(argument))
                return
        module.env.add_default(kind.kind(), use)

    def _name(self, module: Module, name: str, span: Span, entry: Entry) -> bool:
        reason = ""
        if name in self.kinds:
            reason = "it is a layer's name"
        elif name in BUILTINS:
            reason = "it is a function of the language"
        elif is_reserved(name):
            reason = "Python keeps this name for itself"
        if reason:
            self.reporter.add(ReservedName(name=name, reason=reason), span)
            return False
        if (other := module.env.own(name)) is not None and not isinstance(other, Poisoned):
            there = _place_of(other)
            labels = (Label(there, "first given here"),) if there else ()
            self.reporter.add(DuplicateName(name=name), span, labels=labels)
            return False
        module.env.names[name] = entry
        return True

    # -- imports ----------------------------------------------------------------------------------------------------

    def _import(self, module: Module, what: tree.Import) -> None:
        path = str(what.path.value)
        source = self.load(path, module.source)
        if isinstance(source, Problem):
            self.reporter.add(source, what.path.span)
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
            self._import_names(module, what, self.read(source))
            return
        for name in what.names:
            module.env.names.setdefault(name.name, Poisoned())

    def _import_names(self, module: Module, what: tree.Import, used: Module) -> None:
        module.uses.append(used)
        for name in what.names:
            entry = used.env.own(name.name)
            if entry is None:
                near = nearest(name.name, used.env.names)
                problem = UnknownName(name=name.name, what=f"definition in `{what.path.value}` called", nearest=near)
                self.reporter.add(problem, name.span)
                for poisoned in filter(None, (name.name, near)):  # what was meant is used under its right name
                    module.env.names.setdefault(poisoned, Poisoned())
            else:
                self._name(module, name.name, name.span, entry)


def missing(path: str, reason: str) -> ImportNotFound:
    """The problem that a `Load` gives for a spec that it cannot read."""
    return ImportNotFound(path=path, reason=reason)


def _place_of(entry: Entry) -> Span | None:
    match entry:
        case Bound(span=span):
            return span
        case Defined(tree=definition):
            return definition.name.span
        case _:
            return None


def _no_type(tensors: Tensors) -> TensorType | None:
    return None


_NO_FILE = tree.File(Span("", 0, 0), None, ())
