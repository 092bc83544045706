"""Checking a text while it is typed: unchanged members are not checked again.

A text is parsed and resolved immediately. Its members are checked one by one in idle time, the one at the cursor
first. The result of a member is cached by everything that it depends on: the declarations that it leads to, in all
files, the settings of those files, and the unknown names in them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property

from archc.count.counts import Counts, Dims, Known, count
from archc.count.memory import peak_memory
from archc.diagnostics.core import Diagnostic, Reporter
from archc.diagnostics.source import Span
from archc.editor.pieces import ReadText, relocated
from archc.elaborate.library import Compilation
from archc.elaborate.values import Env
from archc.ir.network import Network
from archc.pipeline import DEFAULTS, Built, Options, build, chosen, is_torn, opened, reader_of, told, weigh
from archc.resolve import Load, Module, Symbols
from archc.resolve.budget import Budget
from archc.support.clock import thread_time
from archc.support.record import Record, Struct, field, replace
from archc.syntax import tree

MOST_KEPT = 500
"""The number of results kept: those of a dozen families."""
_DECLARED = ("function", "macro", "block", "model", "variant", "let")
Key = tuple[object, ...]
"""What a member depends on."""


class Dropped(Exception):
    """Raised when a result is no longer needed."""


class MemberResult(Record):
    """The result of checking a member: its network, None if it has an error, and its diagnostics."""

    name: str | None
    key: Key
    reporter: Reporter
    built: Built | None
    counted: Counts | None
    peak: int
    """Bytes: the peak of activations in inference."""
    names: frozenset[tuple[str, str]]
    """The names that the files define, which diagnostics may mention."""
    figures: dict[str, str] = field(default_factory=dict)
    """The figures drawn of it so far, by level."""

    @property
    def network(self) -> Network | None:
        """The network."""
        return self.built.network if self.built is not None else None


class KeptTexts(Struct):
    """The state that is kept from one version of a text to the next, for all texts."""

    results: dict[Key, MemberResult] = field(default_factory=dict)
    layers: Known = field(default_factory=dict)

    def put(self, result: MemberResult) -> None:
        """Keep a result; if there are too many, drop the oldest."""
        self.results[result.key] = result
        while len(self.results) > MOST_KEPT:
            del self.results[next(iter(self.results))]

    def find(self, key: Key) -> MemberResult | None:
        """The result of this key, which becomes the most recently used."""
        if (found := self.results.pop(key, None)) is not None:
            self.results[key] = found
        return found


class Analysis(Struct):
    """What is known about one version of a text, and about the texts that it uses.

    `texts` are the texts by name; `reporter` has the diagnostics of parsing and resolving. All places are lasting ones.
    """

    text: ReadText
    texts: Mapping[str, ReadText]
    library: Compilation
    module: Module
    members: tuple[str | None, ...]
    kept: KeptTexts
    input: Dims | None = None
    """The shape of the input of a bare chain, if it is not the default."""
    results: dict[str | None, MemberResult] = field(default_factory=dict)
    weighed: Reporter | None = None
    """The warnings about names, once all members are checked."""

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.text.real.name

    @property
    def symbols(self) -> Symbols:
        """The symbols of the files."""
        return self.library.resolved.symbols

    @property
    def env(self) -> Env:
        """The values of the file."""
        return self.library.env(self.name)

    @cached_property
    def places(self) -> Places:
        """The dependencies between declarations."""
        return Places(self.symbols, {name: module.file for name, module in self.library.resolved.modules.items()})

    @cached_property
    def names(self) -> frozenset[tuple[str, str]]:
        """The names that the files define."""
        return frozenset(
            (file, name) for file, module in self.library.resolved.modules.items() for name in module.names
        )

    def key_of(self, member: str | None) -> Key:
        """Everything that a member depends on."""
        start = self.module.chain if member is None else self.module.members[member]
        assert start is not None
        used = self.places.closure(start)
        files = {node.span.file for node in used}
        settings = [d for file in sorted(files) for d in self.places.settings(file)]
        given = self.options(member)
        return (member, given.inputs, is_torn(self.library), frozenset(used), tuple(settings), self.places.open(used))

    def options(self, member: str | None) -> Options:
        """The options set from outside for a member: the input of a bare chain."""
        return Options(inputs=(("", self.input),)) if member is None and self.input is not None else DEFAULTS

    def waiting(self) -> Iterator[str | None]:
        """The members that remain to be checked."""
        return (member for member in self.members if member not in self.results)

    def check(self, member: str | None, is_dropped: Callable[[], bool] = bool) -> MemberResult:
        """Check a member. The result must be passed to `add`.

        Raises `Dropped` as soon as `is_dropped` returns true.
        """
        key = self.key_of(member)
        reporter = Reporter(settled=set(self.library.reporter.settled))

        def clock() -> float:
            if is_dropped():
                raise Dropped
            return thread_time()

        library = replace(self.library, reporter=reporter, budget=Budget(self.library.budget.limits, clock))
        torn = is_torn(self.library)
        built = build(library, self.module, member, self.options(member), self.kept.layers, torn=torn)
        whole = built is not None and not built.network.partial
        counted = (built.counts or count(built.network, self.kept.layers)) if built is not None and whole else None
        peak = peak_memory(built.network).bytes if built is not None and whole else 0
        return MemberResult(member, key, reporter, built, counted, peak, self.names)

    def add(self, result: MemberResult) -> None:
        """Add a result."""
        self.kept.put(result)
        self.results[result.name] = result

    def weigh(self) -> Reporter:
        """Run the lints. Requires: all members are checked."""
        reporter = Reporter(errors=self._all(self._in_order()).errors)
        library = replace(self.library, reporter=reporter)
        networks = {result.network.name: result.network for result in self._in_order() if result.network is not None}
        weigh(library, self.module, networks, DEFAULTS)
        return reporter

    def diagnostics(self, earlier: Analysis | None = None) -> tuple[Diagnostic, ...]:
        """The diagnostics known so far, in real places.

        For members not yet checked, and for warnings about names, they are those of an `earlier` version whose places
        still exist.
        """
        results = {**(earlier.results if earlier is not None else {}), **self.results}
        reporter = self._all(results[member] for member in self.members if member in results)
        weighed = self.weighed
        if weighed is None and earlier is not None and not self.library.reporter.errors:
            weighed = earlier.weighed
        if weighed is not None:
            reporter.take_over(weighed)
        placed = map(self.placed, told(replace(self.library, reporter=reporter), DEFAULTS))
        return tuple(sorted((d for d in placed if d is not None), key=lambda d: (d.span, d.code)))

    def placed(self, diagnostic: Diagnostic) -> Diagnostic | None:
        """A diagnostic in real places; None if one of them no longer exists."""
        try:
            return relocated(diagnostic, self._outside)
        except LookupError:
            return None

    def outside(self, span: Span) -> Span | None:
        """The real place of a span, None if it no longer exists."""
        text = self.texts.get(span.file)
        return text.span_outside(span) if text is not None else span

    def _outside(self, span: Span) -> Span:
        if (found := self.outside(span)) is None:
            raise LookupError(span)
        return found

    def _in_order(self) -> Iterator[MemberResult]:
        return (self.results[member] for member in self.members if member in self.results)

    def _all(self, results: Iterator[MemberResult]) -> Reporter:
        reporter = Reporter()
        reporter.take_over(self.library.reporter)
        for result in results:
            reporter.take_over(result.reporter)
        return reporter


class Places:
    """The declaration around each name, and the declarations that each leads to."""

    def __init__(self, symbols: Symbols, files: Mapping[str, tree.File]) -> None:
        self._declarations = {
            name: sorted((d for d in file.declarations), key=lambda d: d.span.start) for name, file in files.items()
        }
        self._starts = {name: [d.span.start for d in found] for name, found in self._declarations.items()}
        self._files = files
        self._next: dict[tree.Tree, dict[tree.Tree, None]] = {}
        self._open: dict[tree.Tree, list[tuple[Span, str]]] = {}
        self._closures: dict[tree.Tree, frozenset[tree.Tree]] = {}
        for span, definition, _ in symbols.references:
            if (here := self.declaration(span)) is None:
                continue
            if definition is None or definition.kind == "lost":
                self._open.setdefault(here, []).append((span, definition.kind if definition is not None else ""))
            elif definition.kind in _DECLARED and definition.span is not None:
                there = self.declaration(definition.span)
                if there is not None and there is not here:
                    self._next.setdefault(here, {})[there] = None

    def declaration(self, span: Span) -> tree.Tree | None:
        """The declaration that a span is in."""
        at = bisect_right(self._starts.get(span.file, ()), span.start) - 1
        if at < 0:
            return None
        found: tree.Tree = self._declarations[span.file][at]
        return found if span.start <= found.span.end else None

    def closure(self, start: tree.Tree) -> frozenset[tree.Tree]:
        """A declaration and everything that it depends on."""
        if start not in self._closures:
            found = {start: None}
            waiting = [start]
            while waiting:
                for there in self._next.get(waiting.pop(), ()):
                    if there not in found:
                        found[there] = None
                        waiting.append(there)
            self._closures[start] = frozenset(found)
        return self._closures[start]

    def settings(self, file: str) -> tuple[tree.Tree, ...]:
        """The settings of a file that apply to all of its declarations."""
        return tuple(d for d in self._files[file].declarations if isinstance(d, tree.Default | tree.Init))

    def open(self, used: Collection[tree.Tree]) -> frozenset[tuple[Span, str]]:
        """The unknown names in declarations."""
        return frozenset(each for node in used for each in self._open.get(node, ()))


def analysed(
    text: ReadText, texts: dict[str, ReadText], load: Load, kept: KeptTexts, input: Dims | None = None
) -> Analysis:
    """A text parsed and resolved, with the results of members that are already known.

    `load` adds what it reads to `texts`, as lasting sources; `text` is already there.
    """

    def read(source: object, reporter: Reporter) -> tree.File:
        known = texts[getattr(source, "name", "")]
        for d in known.diagnostics:
            reporter.add(d.problem, d.span, labels=d.labels, frame=d.frame, edits=d.edits)
        return known.file

    library, module = opened(replace(reader_of(load), parse=read), text.lasting)
    members = chosen(module, None, library.reporter)
    found = Analysis(text, texts, library, module, members, kept, input)
    for member in members:
        result = kept.find(found.key_of(member))
        if result is not None and (not result.reporter.diagnostics or result.names == found.names):
            found.results[member] = result
    return found
