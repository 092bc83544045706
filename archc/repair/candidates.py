"""Changes that may mend a problem, from its facts: what was to be equal, and the numbers that make it so.

Each candidate is small: one number or argument changed, or one term inserted. What it costs ranks it: a number that
becomes a name, or its counterpart's, before one that is merely right, and that before a new layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import TypeVar

from archc.diagnostics import Diagnostic, Edit, Problem
from archc.ops import lookup
from archc.problems.shapes import (
    CannotConcat,
    GroupsDoNotDivide,
    KernelTooLarge,
    MergeMismatch,
    UnevenChunks,
    WantsVector,
)
from archc.problems.structure import TensorCount
from archc.repair.edits import Repair
from archc.repair.values import (
    Names,
    Surroundings,
    named_arguments,
    spellings,
    surroundings,
    use_at,
    value,
    with_number_changed,
)
from archc.source import Source, Span
from archc.syntax import tree
from archc.syntax.walk import walk

T = TypeVar("T", bound=tree.Tree)

MOST_TERMS = 12
"""How many terms of a branch, from its end, are looked at."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A repair to try, and what it costs."""

    cost: int
    repair: Repair


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem was found."""

    diagnostic: Diagnostic
    source: Source
    file: tree.File
    around: Surroundings | None

    @property
    def names(self) -> Names:
        """What names are worth there."""
        return self.around.names if self.around is not None else {}


def candidates(diagnostic: Diagnostic, source: Source, file: tree.File) -> list[Candidate]:
    """The repairs worth trying, the cheapest first, each once."""
    if diagnostic.span.file != source.name:
        return []
    place = Place(diagnostic, source, file, surroundings(file, diagnostic.frame, diagnostic.span))
    best: dict[Repair, Candidate] = {}
    for found in proposed(diagnostic.problem, place):
        if found.repair not in best or found.cost < best[found.repair].cost:
            best[found.repair] = found
    return sorted(best.values(), key=lambda c: c.cost)


@singledispatch
def proposed(problem: Problem, place: Place) -> Iterator[Candidate]:
    """What may mend a problem."""
    yield from ()


# -- one argument -----------------------------------------------------------------------------------------------------


@proposed.register
def _(problem: GroupsDoNotDivide, place: Place) -> Iterator[Candidate]:
    divisors = [g for g in range(1, problem.channels + 1) if problem.channels % g == 0]
    nearest = sorted(divisors, key=lambda g: (abs(g - problem.groups), g))[:3]
    for cost, groups in enumerate(nearest):
        yield from _at(place, place.diagnostic.span, groups, 10 + cost)
    below = problem.channels // problem.groups * problem.groups
    for channels in (below + problem.groups, below):
        if channels:
            yield from _made_here(place, problem.channels, channels, 20)


@proposed.register
def _(problem: KernelTooLarge, place: Place) -> Iterator[Candidate]:
    yield from _at(place, place.diagnostic.span, min(problem.padded), 10)


@proposed.register
def _(problem: UnevenChunks, place: Place) -> Iterator[Candidate]:
    parts = sorted(range(2, problem.channels + 1), key=lambda n: abs(n - problem.parts))
    fitting = [n for n in parts[:16] if problem.channels % n == 0]
    for cost, count in enumerate(fitting[:2]):
        yield from _at(place, place.diagnostic.span, count, 10 + cost)


@proposed.register
def _(problem: WantsVector, place: Place) -> Iterator[Candidate]:
    yield from _before(place, "Flatten - ", 20)


@proposed.register
def _(problem: TensorCount, place: Place) -> Iterator[Candidate]:
    if problem.given > 1 and lookup(problem.name) is not None:
        yield from _before(place, "Concat - ", 20)


def _at(place: Place, span: Span, number: int, cost: int) -> Iterator[Candidate]:
    """The value at `span` changed to a number, or one number in it."""
    expression = _expression_at(place.file, span)
    if expression is None:
        return
    for part, text in with_number_changed(expression, number, place.names):
        yield Candidate(cost, (Edit(part, text),))
    for extra, text in enumerate(spellings(number, place.names)):
        yield Candidate(cost + extra, (Edit(span, text),))


def _before(place: Place, text: str, cost: int) -> Iterator[Candidate]:
    """A term put before the one at fault."""
    for node in _inside(place, tree.Use):
        if node.name_span == place.diagnostic.span:
            yield Candidate(cost, (Edit(Span(node.span.file, node.span.start, node.span.start), text),))


def _made_here(place: Place, have: int, want: int, cost: int) -> Iterator[Candidate]:
    """The channels made where the diagnostic says so, changed from `have` to `want`."""
    for label in place.diagnostic.labels:
        use = use_at(place.file, label.span)
        if use is not None:
            yield from _arguments_worth(place, use, have, want, cost)


# -- branches that do not meet ----------------------------------------------------------------------------------------


@proposed.register(MergeMismatch)
@proposed.register(CannotConcat)
def _(problem: MergeMismatch | CannotConcat, place: Place) -> Iterator[Candidate]:
    merge = _merge(place)
    if merge is None or len(problem.first) != 3 or len(problem.other) != 3:
        return
    shapes = {0: problem.first}
    index = getattr(problem.at, "index", 1)
    shapes[index] = problem.other
    channels = isinstance(problem, MergeMismatch) and problem.first[0] != problem.other[0]
    for this, that in ((0, index), (index, 0)):
        if this >= len(merge.branches) or that >= len(merge.branches):
            continue
        have, want = shapes[this], shapes[that]
        branch = Branch(place, merge.branches[this], have, want)
        if have[1:] == want[1:]:
            yield from branch.with_channels()
        elif not channels:
            yield from branch.with_size()
        yield from branch.projected(channels)


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a merge, with the shape that it makes and the one that it should make."""

    place: Place
    chain: tree.Chain
    have: tuple[int, ...]
    want: tuple[int, ...]

    @property
    def is_identity(self) -> bool:
        """Whether the branch passes on what comes in."""
        terms = self.chain.terms
        return not terms or (len(terms) == 1 and isinstance(terms[0], tree.Use) and terms[0].name == "in")

    def uses(self) -> list[tree.Use]:
        """Its terms by name, the last first."""
        found = [n for n, _ in walk(self.chain) if isinstance(n, tree.Use)]
        return found[: -MOST_TERMS - 1 : -1]

    def with_channels(self) -> Iterator[Candidate]:
        """Another number of channels where they are made."""
        for cost, use in enumerate(self.uses()):
            yield from _arguments_worth(self.place, use, self.have[0], self.want[0], 10 + cost)

    def with_size(self) -> Iterator[Candidate]:
        """Another stride or padding."""
        larger = self.have[1] > self.want[1]
        ratio = round(max(self.have[1], self.want[1]) / max(1, min(self.have[1], self.want[1])))
        for cost, use in enumerate(self.uses()):
            names = _parameters(self.place.file, use)
            given = named_arguments(use, names)
            if "stride" in names and ratio > 1:
                yield from self._stride(use, given.get("stride"), ratio if larger else 1, 10 + cost)
            if "pad" in names:
                yield from self._pad(use, given, 12 + cost)

    def _stride(self, use: tree.Use, given: tree.Argument | None, stride: int, cost: int) -> Iterator[Candidate]:
        names = {n: v for n, v in self.place.names.items() if "stride" in n}
        texts = [*(n for n, v in names.items() if v == stride), str(stride)]
        for extra, text in enumerate(texts):
            if given is not None:
                if value(given.value, self.place.names) != stride:
                    yield Candidate(cost + extra, (Edit(given.value.span, text),))
            elif stride != 1:
                yield Candidate(cost + extra + 1, (_added(self.place.source, use, f"stride={text}"),))

    def _pad(self, use: tree.Use, given: dict[str, tree.Argument], cost: int) -> Iterator[Candidate]:
        pad, kernel = given.get("pad"), given.get("kernel")
        size = value(kernel.value, self.place.names) if kernel else 3 if use.name in ("Conv", "DWConv") else 2
        if pad is not None:
            yield Candidate(cost, (_removed(use, pad),))
            if size is not None and value(pad.value, self.place.names) != size // 2:
                yield Candidate(cost + 1, (Edit(pad.value.span, str(size // 2)),))
        elif size is not None and size > 1 and lookup(use.name) is not None:
            yield Candidate(cost + 1, (_added(self.place.source, use, f"pad={size // 2}"),))

    def projected(self, channels: bool) -> Iterator[Candidate]:
        """A 1x1 convolution at the end, which makes the channels and halves the image where that is what is wrong."""
        if self.have[1] < self.want[1]:
            return
        texts = list(spellings(self.want[0], self.place.names))[:2]
        if self.is_identity and texts[0].isidentifier() and self.place.around is not None:
            yield Candidate(13, (self._term_instead(self._where_needed(texts[0])),))
        forms = [(text, stride) for text in texts for stride in self._strides()]
        for extra, (text, stride) in enumerate(forms):
            term = _projection(text, stride)
            if self.is_identity:
                yield Candidate(14 + extra, (self._term_instead(term),))
            else:
                end = self.chain.span.end
                yield Candidate(24 + extra, (Edit(Span(self.chain.span.file, end, end), f" - {term}"),))

    def _term_instead(self, term: str) -> Edit:
        """A term in place of the identity."""
        return Edit(self.chain.span, term if self.chain.terms else f" {term} ")

    def _where_needed(self, channels: str) -> str:
        """A projection, with its normalisation, of those calls that change the shape."""
        names = (p.name for p in self.place.around.definition.parameters) if self.place.around is not None else ()
        stride = next((name for name in names if "stride" in name), "")
        changes = f"{stride} != 1 or in.channels != {channels}" if stride else f"in.channels != {channels}"
        return f"({_projection(channels, stride)} - BN) if ({changes})"

    def _strides(self) -> list[str]:
        """How to write the stride that is missing: first a name, since other calls may want another; empty for 1."""
        ratio = -(-self.have[1] // self.want[1])
        named = [n for n, v in self.place.names.items() if "stride" in n and v == ratio]
        return [*named, "" if ratio == 1 else str(ratio)]


def _projection(channels: str, stride: str) -> str:
    return f"Conv({channels}, 1, {stride})" if stride else f"Conv({channels}, 1)"


def _arguments_worth(place: Place, use: tree.Use, have: int, want: int, cost: int) -> Iterator[Candidate]:
    """The arguments of a term that are worth `have` made worth `want`, there or in the call that passed them."""
    for argument in use.arguments or ():
        expression = argument.value
        if value(expression, place.names) != have:
            continue
        for part, text in with_number_changed(expression, want, place.names):
            yield Candidate(cost + 1, (Edit(part, text),))
        for extra, text in enumerate(spellings(want, place.names)):
            yield Candidate(cost + extra, (Edit(expression.span, text),))
        if isinstance(expression, tree.Name):
            yield from _where_born(place, expression.name, want, cost + 3)


def _where_born(place: Place, name: str, want: int, cost: int) -> Iterator[Candidate]:
    """The number behind a name changed: in its `let`, or in the call that passed it."""
    around = place.around
    if around is None:
        return
    for let in _inside(place, tree.Let):
        if let.name == name:
            for part, text in with_number_changed(let.value, want, place.names):
                yield Candidate(cost, (Edit(part, text),))
            yield Candidate(cost + 1, (Edit(let.value.span, next(spellings(want, {}))),))
            return
    if around.frame is None or (use := use_at(place.file, around.frame.span)) is None:
        return
    argument = named_arguments(use, tuple(p.name for p in around.definition.parameters)).get(name)
    outer = surroundings(place.file, around.frame.parent, around.frame.span)
    if argument is None:
        return
    outside = outer.names if outer is not None else {}
    for part, text in with_number_changed(argument.value, want, outside):
        yield Candidate(cost, (Edit(part, text),))
    for extra, text in enumerate(spellings(want, outside)):
        yield Candidate(cost + extra, (Edit(argument.value.span, text),))


# -- finding parts ----------------------------------------------------------------------------------------------------


def _inside(place: Place, kind: type[T]) -> Iterator[T]:
    """The nodes of a kind in the definition around a problem."""
    span = place.diagnostic.span
    for declaration in place.file.declarations:
        if declaration.span.start <= span.start and span.end <= declaration.span.end:
            for node, _ in walk(declaration):
                if isinstance(node, kind):
                    yield node


def _merge(place: Place) -> tree.Merge | None:
    """The innermost merge around a problem."""
    span = place.diagnostic.span
    around = [m for m in _inside(place, tree.Merge) if m.span.start <= span.start and span.end <= m.span.end]
    return around[-1] if around else None


def _expression_at(file: tree.File, span: Span) -> tree.Expression | None:
    for declaration in file.declarations:
        if declaration.span.start <= span.start and span.end <= declaration.span.end:
            for node, _ in walk(declaration):
                if node.span == span and isinstance(node, tree.Expression):
                    return node
    return None


def _parameters(file: tree.File, use: tree.Use) -> tuple[str, ...]:
    """The names of the parameters of what a term names: a layer, or a macro or block of the file."""
    if (kind := lookup(use.name)) is not None:
        return tuple(kind.model_fields)
    for declaration in file.declarations:
        if isinstance(declaration, tree.Macro | tree.Block) and declaration.name.name == use.name:
            return tuple(p.name for p in declaration.parameters)
    return ()


def _removed(use: tree.Use, argument: tree.Argument) -> Edit:
    """An argument left out, with a comma beside it."""
    arguments = use.arguments or ()
    at = next(i for i, a in enumerate(arguments) if a is argument)
    if at > 0:
        return Edit(Span(argument.span.file, arguments[at - 1].span.end, argument.span.end), "")
    if len(arguments) > 1:
        return Edit(Span(argument.span.file, argument.span.start, arguments[1].span.start), "")
    return Edit(Span(argument.span.file, use.name_span.end, use.span.end), "")


def _added(source: Source, use: tree.Use, argument: str) -> Edit:
    """An argument put behind the others of a term."""
    if use.arguments:
        end = use.arguments[-1].span.end
        return Edit(Span(use.span.file, end, end), f", {argument}")
    return Edit(Span(use.span.file, use.name_span.end, use.span.end), f"({argument})")
