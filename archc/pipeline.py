"""The whole compiler on one screen. It neither prints nor opens files: sources come in, values go out."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from archc.count.budgets import NAMES as EXPECTABLE
from archc.count.budgets import costliest, measured
from archc.count.counts import Counts, Known, count
from archc.diagnostics.core import Diagnostic, Edit, Label, Reporter, Severity
from archc.diagnostics.problems.facts import ExpectationFailed, stated
from archc.diagnostics.problems.limits import TooDeep
from archc.diagnostics.problems.names import UnknownName
from archc.diagnostics.problems.structure import NothingToCompile, NotWhole
from archc.diagnostics.source import Source, Span, Unit
from archc.elaborate.declared import INITIALISERS, Expectation, holds, names_in
from archc.elaborate.library import Compilation
from archc.elaborate.models import Elaborated, buildable, elaborate, families_of
from archc.elaborate.options import Inputs, Options
from archc.ir.expr import BUILTINS
from archc.ir.network import Network
from archc.ir.op import Op
from archc.lint import lint
from archc.ops import lookup, names
from archc.resolve import FileReader, KnownNames, Load, Module, Resolved, Symbols, resolve
from archc.resolve.budget import Budget
from archc.resolve.doubts import doubt
from archc.resolve.words import FACTS
from archc.support.limits import Limits
from archc.support.record import Record, field, replace
from archc.syntax import tree
from archc.syntax.parser import parse
from archc.syntax.walk import by_kind

if TYPE_CHECKING:
    from archc.resolve.document import Document

__all__ = ["DEFAULTS", "Checked", "Inputs", "Options", "check"]

DEFAULTS = Options()
DEEPEST = 6_000
"""The recursion limit of Python. A spec within the limits needs about half of it.

It is set once, when this module is imported, because setting and resetting it around each check would affect other
threads.
"""
sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST))


class Checked(Record):
    """The result of checking a spec: its networks by name, in file order, and the diagnostics.

    `sources` are the texts of the spec and of every spec that it uses, by name, for displaying diagnostics.
    """

    networks: Mapping[str, Network]
    """The networks. Those with errors are partial: they can be inspected and drawn, but nothing else."""
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]
    bases: Mapping[str, Network] = field(default_factory=dict)
    """The networks that networks with edits start from, by the name of the edited one."""
    counts: Mapping[str, Counts] = field(default_factory=dict)
    """The counts of the networks with expectations, by name; see `counted`."""
    symbols: Symbols = field(default_factory=Symbols)
    """The bindings of the spec's names: those that the requested member depends on, or all if none was requested."""

    def counted(self, name: str) -> Counts:
        """The counts of a network, which are known already if it has expectations. Raises `Partial`."""
        return self.counts.get(name) or count(self.networks[name])

    def refused(self, command: str) -> Checked:
        """A copy with the diagnostic that a command needs a whole network, if there is a partial one."""
        partial = next((network for network in self.networks.values() if network.partial), None)
        if partial is None:
            return self
        note = Diagnostic(NotWhole(name=partial.name, command=command), partial.scopes[0].span)
        return replace(self, diagnostics=(*self.diagnostics, note))

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)


def check(source: Source, load: Load, member: str | None = None, options: Options = DEFAULTS) -> Checked:
    """Parse and elaborate a spec: all its members, or one.

    `load` finds the specs that it uses. Never raises: all errors are among the diagnostics.
    """
    library, module = opened(reader_of(load, options.limits), source, member)
    built: dict[str, Built] = {}
    known: Known = {}
    torn = is_torn(library)
    for name in chosen(module, member, library.reporter):
        if (made := build(library, module, name, options, known, torn=torn)) is not None:
            built[made.network.name] = made
    if member is None and not library.reporter.errors:
        _hold_defaults(library, module, options)
    networks = {name: made.network for name, made in built.items()}
    weigh(library, module, networks, options)
    sources = {name: m.source for name, m in library.resolved.modules.items()}
    bases = {name: made.base for name, made in built.items() if made.base is not None}
    counts = {name: made.counts for name, made in built.items() if made.counts is not None}
    return Checked(networks, told(library, options), sources, bases, counts, library.resolved.symbols)


def _hold_defaults(library: Compilation, module: Module, options: Options) -> None:
    """Report the errors of models with variants when their parameters have their defaults, which no variant may use."""
    apart = Compilation(library.resolved, kinds(), Reporter(), Budget(options.limits))
    for name in families_of(module):
        elaborate(apart, module, name, options)
    errors = [d for d in apart.reporter.diagnostics if d.severity is Severity.ERROR]
    library.reporter.diagnostics += errors
    library.reporter.errors += len(errors)


class Built(Record):
    """A network of a spec, the network that its edits start from, and its counts if it has expectations."""

    network: Network
    base: Network | None = None
    counts: Counts | None = None


def build(
    library: Compilation, module: Module, name: str | None, options: Options, known: Known, *, torn: bool = False
) -> Built | None:
    """The network of a member of a file, or of its bare chain (`name` None); see `elaborate`.

    It is partial if the file is `torn`; the expectations of a whole one are evaluated. `known` caches counts of layers.
    """
    reporter = library.reporter
    known_before = len(reporter.diagnostics)
    elaborated = elaborate(library, module, name, options)
    if len(reporter.diagnostics) > known_before:
        from archc.elaborate.standpoint import seen_from

        reporter.diagnostics[known_before:] = [seen_from(d, module, name) for d in reporter.diagnostics[known_before:]]
    if elaborated is None:
        return None
    network = elaborated.network
    if torn:
        network = network.model_copy({"partial": True})
    counts: Counts | None = None
    # Expectations are about the spec's own input and classes, and about the network without omissions.
    own = not options.inputs and options.classes is None
    if own and elaborated.expectations and not network.partial:
        counts = count(network, known)
        _hold_against_counts(elaborated, counts, library)
    return Built(network, elaborated.base, counts)


def weigh(library: Compilation, module: Module, networks: Mapping[str, Network], options: Options) -> None:
    """Report what is probably unintended in a file and its networks, if it has no errors."""
    reporter = library.reporter
    if reporter.errors:
        return
    parts = [by_kind(declaration) for declaration in module.file.declarations]
    doubt(library.resolved, module, parts, reporter)
    if networks and not reporter.errors:
        lint(module.file, parts, networks.values(), reporter, options.warn)


def told(library: Compilation, options: Options) -> tuple[Diagnostic, ...]:
    """The diagnostics to return, in order."""
    reporter = library.reporter
    endless = {d.problem.name for d in reporter.diagnostics if isinstance(d.problem, TooDeep)}
    return tuple(d for d in reporter.in_order() if _wanted(d, library, options) and not _is_echo(d, endless))


def _is_echo(diagnostic: Diagnostic, endless: Collection[str]) -> bool:
    """Whether a diagnostic is inside a call of a definition that recurs without end, and so follows from that."""
    if isinstance(diagnostic.problem, TooDeep) or diagnostic.frame is None or not endless:
        return False
    calls = [frame.callee for frame in diagnostic.frame.trail()]
    return any(name and calls.count(name) > 1 for name in endless)


def is_torn(library: Compilation) -> bool:
    """Whether an error reported so far makes all networks of the file partial."""
    return any(_is_outside(d, library.resolved) for d in library.reporter.diagnostics)


def _is_outside(diagnostic: Diagnostic, resolved: Resolved) -> bool:
    """Whether an error is in what all networks of a file share: its text, its imports, values and `default`s."""
    if diagnostic.severity is not Severity.ERROR or diagnostic.code.startswith("E00"):
        return diagnostic.severity is Severity.ERROR
    module, at = resolved.modules.get(diagnostic.span.file), diagnostic.span.start
    around = (d for d in module.file.declarations if d.span.start <= at <= d.span.end) if module else ()
    return not any(isinstance(d, tree.Declared) for d in around)


def _wanted(diagnostic: Diagnostic, library: Compilation, options: Options) -> bool:
    """Whether to return a diagnostic: errors always, others unless they are allowed, or opt-in and not requested."""
    code = diagnostic.code
    if diagnostic.severity is Severity.ERROR:
        return True
    if diagnostic.problem.on_request and code not in options.warn:
        return False
    module = library.resolved.modules.get(diagnostic.span.file)
    return code not in options.allow and not (module and code in module.allowed)


def opened(reader: FileReader, source: Source, member: str | None = None) -> tuple[Compilation, Module]:
    """Read a spec and all that it uses, and resolve its names: those that a member depends on, or all.

    A name that has been reported is not reported again during expansion.
    """
    module = reader.read(source)
    resolved = resolve(KnownNames(kinds(), BUILTINS, INITIALISERS, EXPECTABLE, FACTS), reader, source.name, member)
    reader.reporter.settle()
    library = Compilation(resolved, kinds(), reader.reporter, reader.budget)
    for each in reader.in_order:
        library.env(each.source.name)  # evaluate its values, whether or not they are used
    return library, module


def symbols(source: Source, load: Load, limits: Limits = DEFAULTS.limits, columns: Unit = "characters") -> Document:
    """The symbol table of a spec and of all that it uses, even if it has errors. Nothing is expanded."""
    from archc.resolve.document import document

    library, _ = opened(reader_of(load, limits), source)
    return document(library.resolved, columns)


@cache
def kinds() -> Mapping[str, type[Op]]:
    """All ops by name and alias."""
    return {name: kind for name in names() if (kind := lookup(name))}


def reader_of(load: Load, limits: Limits = DEFAULTS.limits) -> FileReader:
    """A reader without cached files."""
    return FileReader(load, partial(parse, limits=limits), kinds(), BUILTINS, Reporter(), Budget(limits))


def chosen(module: Module, member: str | None, reporter: Reporter) -> tuple[str | None, ...]:
    """The members of a file to build; None stands for its bare chain. An unknown member is reported."""
    names: tuple[str | None, ...] = buildable(module)
    if module.chain is not None:
        names = (None, *names)
    everything = Span(module.source.name, 0, 0)
    if member is not None:
        if member in module.members:
            return (member,)
        reporter.add(UnknownName(name=member, what="model or variant here called"), everything)
        return ()
    if not names and not module.file.declarations and not reporter.errors:  # otherwise it is a library
        reporter.add(NothingToCompile(), everything)
    return names


def _as_counted(expectation: Expectation, facts: Mapping[str, int]) -> tuple[Edit, ...]:
    """The edit that corrects `params == 5`, if the expectation compares a count with a number."""
    match expectation.condition:
        case tree.Binary(operator="==", left=tree.Name(name=name), right=tree.Literal_(span=span)) if name in facts:
            return (Edit(span, f"{facts[name]:_}"),)
        case _:
            return ()


def _hold_against_counts(elaborated: Elaborated, counts: Counts, library: Compilation) -> None:
    """Report the `expect`s of a network that do not hold, as one error, since they are about the same layers."""
    network = elaborated.network
    failed: list[tuple[Expectation, tuple[tuple[str, int], ...]]] = []
    edits: list[Edit] = []
    for expectation in elaborated.expectations:
        used = names_in(expectation.condition)
        facts = {name: measured(name, network, counts) if name in used else 0 for name in EXPECTABLE}
        if holds(expectation, facts, library) is False:
            failed.append((expectation, tuple((name, value) for name, value in facts.items() if name in used)))
            edits += _as_counted(expectation, facts)
    if failed:
        (first, told), *others = failed
        most = tuple((name, layers) for name, _ in told if (layers := costliest(name, network, counts)))
        problem = ExpectationFailed(name=network.name, facts=told, costliest=most)
        labels = tuple(Label(e.condition.span, f"nor does this: {stated(facts)}") for e, facts in others)
        library.reporter.add(problem, first.condition.span, labels=labels, edits=tuple(edits))
