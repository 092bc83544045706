"""Checking edited texts quickly: unchanged declarations are not parsed again, and no network is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.analysis.repair.edits import applied
from archc.count.budgets import NAMES
from archc.count.counts import count
from archc.count.totals import KnownTotals, Totals, totals, totals_of
from archc.diagnostics.core import Edit, ErrorSentinel, Label, Problem, Reporter, Severity
from archc.diagnostics.source import Frame, Source, Span
from archc.elaborate.declared import Expectation, holds, names_in
from archc.elaborate.library import Compilation
from archc.elaborate.models import elaborate, layers_of
from archc.elaborate.values import DefinitionRef
from archc.pipeline import Options, chosen, opened, reader_of
from archc.resolve import Load, Module
from archc.support.record import Record, Struct, field
from archc.syntax import tree
from archc.syntax.parser import parse


class _Enough(Exception):
    """Raised when there are as many errors as before, so that the edit is not a repair."""


class _Counting(Reporter):
    """A reporter that collects diagnostics until there are `most` errors."""

    most: int = 0

    def add(
        self,
        problem: Problem,
        span: Span,
        *,
        labels: tuple[Label, ...] = (),
        frame: Frame | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> ErrorSentinel:
        """Record a diagnostic; raises `_Enough` when there are `most` errors."""
        known = len(self.diagnostics)
        reported = super().add(problem, span, labels=labels, frame=frame, edits=edits)
        if len(self.diagnostics) > known and self.found() >= self.most:
            raise _Enough
        return reported

    def found(self) -> int:
        """The number of errors."""
        return sum(d.severity is Severity.ERROR for d in self.diagnostics)


class Gap(Record):
    """An `expect` that does not hold: its count, and the number that it wants.

    Both are None if it does not compare one count with one number.
    """

    value: int | None = None
    wanted: int | None = None


class Outcome(Record):
    """The result of checking an edited text: its errors, without expectations, and the expectations that do not hold.

    `incomplete`: the number of members without a network, because something that they need is missing.
    """

    errors: int
    incomplete: int = 0
    unmet: tuple[Gap, ...] = ()

    @property
    def left(self) -> tuple[int, int, int]:
        """The number of remaining problems, in comparable form."""
        return self.errors, self.incomplete, len(self.unmet)


class Trials(Struct):
    """Checks edited versions of one text as `check` would."""

    source: Source
    load: Load
    member: str | None
    options: Options
    _files: dict[Source, tree.File] = field(default_factory=dict)
    _loaded: dict[tuple[str, str], Source | Problem] = field(default_factory=dict)
    _work: KnownTotals = field(default_factory=KnownTotals)
    steps: int = 0
    """The cost of all trials, in the steps of `archc.support.limits`."""

    @property
    def file(self) -> tree.File:
        """The syntax tree of the text before any edit."""
        return self._read(self.source, Reporter())

    @property
    def is_expected(self) -> bool:
        """Whether the file has expectations."""
        variants = (d for d in self.file.declarations if isinstance(d, tree.Variant))
        return any(isinstance(member, tree.Expect) for variant in variants for member in variant.members)

    def outcome(self, edits: Sequence[Edit], most: int) -> Outcome | None:
        """The outcome of the edits; None if the text then has at least `most` errors.

        An `expect` is evaluated for networks without errors, if sums over layers suffice: parameters and operations,
        but not memory or depth.
        """
        edited = Source(self.source.name, applied(self.source.text, edits))
        reporter = _Counting(most=most)
        unmet: list[Gap] = []
        incomplete = 0

        def read(source: Source, reporter: Reporter) -> tree.File:
            return self._reread(edited, edits, reporter) if source is edited else self._read(source, reporter)

        reader = reader_of(self._load, self.options.limits)
        reader.parse, reader.reporter = read, reporter
        try:
            library, module = opened(reader, edited, self.member)
            for name in chosen(module, self.member, reporter):
                gaps = self._look_at(library, module, name)
                incomplete += gaps is None
                unmet += gaps or ()
        except _Enough:
            return None
        finally:
            self.steps += reader.budget.steps
        return Outcome(reporter.found(), incomplete, tuple(unmet))

    def _look_at(self, library: Compilation, module: Module, name: str | None) -> list[Gap] | None:
        """Report the errors of a member. Returns the expectations that do not hold, or None if there is no network.

        The network is built only if its layers alone do not suffice.
        """
        before = library.reporter.errors
        if name is not None and not self.options.inputs and self.options.classes is None:
            defined = DefinitionRef(module.members[name], library.env(module.source.name))
            summed = layers_of(library, module, defined)
            if summed is not None:
                found = totals(summed.inputs[0], summed.output, summed.own, summed.blocks, self._work)
                return _gaps(summed.expectations, found, library) if summed.expectations else []
            if library.reporter.errors > before:
                return None
        made = elaborate(library, module, name, self.options)
        if made is None or made.network.partial:
            return None
        if not made.expectations or self.options.inputs:
            return []
        return _gaps(made.expectations, totals_of(count(made.network)), library)

    def _load(self, path: str, importer: Source) -> Source | Problem:
        key = (path, importer.name)
        if key not in self._loaded:
            self._loaded[key] = self.load(path, importer)
        return self._loaded[key]

    def _read(self, source: Source, reporter: Reporter) -> tree.File:
        """The cached tree of a text. A text with syntax errors is parsed again, to report them."""
        if (known := self._files.get(source)) is not None:
            return known
        before = reporter.errors
        file = parse(source, reporter)
        if reporter.errors == before:
            self._files[source] = file
        return file

    def _reread(self, edited: Source, edits: Sequence[Edit], reporter: Reporter) -> tree.File:
        """The tree of the edited text, of which only the declaration with the edits is parsed.

        The spans after that declaration are not adjusted, which matters only for display.
        """
        if not edits:
            return self._read(edited, reporter)
        file = self.file
        start, end = min(e.span.start for e in edits), max(e.span.end for e in edits)
        for index, declaration in enumerate(file.declarations):
            if declaration.span.start <= start and end <= declaration.span.end and self.source in self._files:
                grown = len(edited.text) - len(self.source.text)
                first = declaration.span.start
                last = max(first, declaration.span.end + grown)  # a deletion may include the line end
                part = Source(edited.name, " " * first + edited.text[first:last])
                read = parse(part, reporter)
                declarations = (*file.declarations[:index], *read.declarations, *file.declarations[index + 1 :])
                return tree.File(file.span, file.doc, declarations, file.lost | read.lost)
        return parse(edited, reporter)


def _gaps(expectations: Sequence[Expectation], found: Totals, library: Compilation) -> list[Gap]:
    """The expectations that do not hold for these totals; those that totals cannot decide are assumed to hold."""
    facts = {name: value for name, value in found._asdict().items() if name in NAMES}
    gaps: list[Gap] = []
    for expectation in expectations:
        used = names_in(expectation.condition)
        if used & set(NAMES) <= facts.keys() and holds(expectation, facts, library) is False:
            gaps.append(_gap(expectation.condition, facts))
    return gaps


def _gap(condition: tree.Expression, facts: Mapping[str, int]) -> Gap:
    match condition:
        case tree.Binary(operator="==", left=tree.Name(name=name), right=tree.Literal_(value=int() as wanted)):
            return Gap(facts.get(name), wanted) if name in facts else Gap()
        case _:
            return Gap()
