"""The whole compiler on one screen. It neither prints nor opens files: sources come in, values go out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from archc.count.counts import count
from archc.diagnostics import Diagnostic, Reporter, Severity
from archc.elaborate.budget import Budget
from archc.elaborate.models import Elaborated, Options, buildable, elaborate, holds, names_in
from archc.elaborate.modules import Library, Load, Module, Parse
from archc.network.network import Network
from archc.ops import lookup, names
from archc.problems.facts import ExpectationFailed
from archc.problems.names import UnknownName
from archc.problems.structure import NothingToCompile
from archc.source import Source, Span
from archc.syntax.parser import parse

__all__ = ["DEFAULTS", "Checked", "Options", "check"]

DEFAULTS = Options()
DEEPEST = 6_000
"""Python calls inside each other: the most that the limits let a spec ask for is about half of this.

The interpreter's own limit is only ever raised, so that threads do not take it from each other.
"""
EXPECTABLE = ("params", "trainable", "buffers", "macs", "flops", "activations")
"""What an `expect` may speak of: these fields of `count.Counts`."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a spec came to: its networks by name, in file order, and all that there is to say about it.

    `sources` are the spec's text and that of every spec it uses, by name, for showing diagnostics.
    """

    networks: Mapping[str, Network]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)


def check(
    source: Source,
    load: Load,
    member: str | None = None,
    options: Options = DEFAULTS,
    read: Parse = parse,
    reporter: Reporter | None = None,
) -> Checked:
    """Parse and elaborate a spec: all its members, or one.

    `load` finds the specs that it uses, `read` parses a text, `reporter` collects. With `options.quick` there are no
    networks, and no `expect` is looked at. Never raises: whatever is wrong is among the diagnostics.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST))
    reporter = reporter or Reporter()
    kinds = {name: kind for name in names() if (kind := lookup(name))}
    library = Library(load, read, kinds, reporter, budget=Budget(options.limits))
    module = library.read(source)
    networks: dict[str, Network] = {}
    for name in _chosen(module, member, reporter):
        elaborated = elaborate(library, module, name, options)
        if elaborated is not None and not options.quick:
            networks[elaborated.network.name] = elaborated.network
            _hold_against_counts(elaborated, library)
    sources = {name: m.source for name, m in library.modules.items()}
    return Checked(networks, reporter.in_order(), sources)


def _chosen(module: Module, member: str | None, reporter: Reporter) -> tuple[str | None, ...]:
    """The members to build; None stands for the file's bare chain."""
    names: tuple[str | None, ...] = buildable(module)
    if module.chain is not None:
        names = (None, *names)
    everything = Span(module.source.name, 0, 0)
    if member is not None:
        if member in module.members:
            return (member,)
        reporter.add(UnknownName(name=member, what="model or variant here called"), everything)
        return ()
    if not names and not reporter.errors:
        reporter.add(NothingToCompile(), everything)
    return names


def _hold_against_counts(elaborated: Elaborated, library: Library) -> None:
    """Report every `expect` that does not hold."""
    if not elaborated.expectations:
        return
    counts = count(elaborated.network)
    facts = {name: getattr(counts, name) for name in EXPECTABLE}
    for expectation in elaborated.expectations:
        if holds(expectation, facts, library) is False:
            used = names_in(expectation.condition)
            told = tuple((name, value) for name, value in facts.items() if name in used)
            problem = ExpectationFailed(name=elaborated.network.name, facts=told)
            library.reporter.add(problem, expectation.condition.span)
