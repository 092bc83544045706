"""Repairs of declarations: imports, loop variables, the arguments and expectations of variants."""

from __future__ import annotations

from collections.abc import Iterator

from archc.analysis.repair.candidate import Candidate, ProblemSite, Unknown
from archc.analysis.repair.missing import Habits
from archc.analysis.repair.parts import declared_around, innermost, lies_in
from archc.diagnostics.core import Edit
from archc.diagnostics.problems.facts import ExpectationFailed
from archc.diagnostics.problems.names import ImportNotFound
from archc.diagnostics.source import Span
from archc.syntax import tree
from archc.syntax.walk import walk


def needless_import(problem: ImportNotFound, place: ProblemSite) -> Iterator[Candidate]:
    """Remove an unused import, or correct its path to a similar one."""
    what = declared_around(place.file, place.diagnostic.span)
    if not isinstance(what, tree.Import):
        return
    for edit in place.diagnostic.edits:
        yield Candidate(10, (edit,))
    others = [d for d in place.file.declarations if d is not what]
    mentioned = {n.name for d in others for n, _ in walk(d) if isinstance(n, tree.Name | tree.Use)}
    if not mentioned & {name.name for name in what.names}:
        yield Candidate(12, (Edit(what.span, ""),))


def fewer_names(place: ProblemSite) -> Iterator[Candidate]:
    """Remove a loop variable if a row has fewer values."""
    loop = innermost(place.file, place.diagnostic.span, tree.For)
    if loop is None or not lies_in(place.diagnostic.span, loop.target.span):
        return
    used = {n.name for n, _ in walk(loop.chain) if isinstance(n, tree.Name | tree.Use)}
    for target, _ in walk(loop.target):
        if not isinstance(target, tree.Target) or isinstance(target.names, str) or len(target.names) < 2:
            continue
        for index, name in enumerate(target.names):
            start, end = name.span.start, name.span.end
            if index:
                start = target.names[index - 1].span.end
            else:
                end = target.names[1].span.start
            is_used = not isinstance(name.names, str) or name.names in used
            yield Candidate(10 + 5 * is_used + index, (Edit(Span(place.source.name, start, end), ""),))


def as_expected(problem: ExpectationFailed, place: ProblemSite) -> Iterator[Candidate]:
    """Change an expectation that fails, or a number of the variant, so that it holds.

    If several expectations fail and none holds, the network is more likely to be wrong.
    """
    variant = declared_around(place.file, place.diagnostic.span)
    if not isinstance(variant, tree.Variant):
        return
    expected = sum(isinstance(member, tree.Expect) for member in variant.members)
    all_fail = 1 < expected == 1 + len(place.diagnostic.labels)
    if place.diagnostic.edits:
        yield Candidate(50 if all_fail else 10, place.diagnostic.edits)
    numbers = [n for a in variant.arguments or () for n, _ in walk(a.value) if _is_number(n)]
    for number in numbers:
        assert isinstance(number, tree.Literal_) and isinstance(number.value, int)
        yield Unknown(number.span, cost=20, was=number.value).candidate(number.value + 1)
    for argument in variant.arguments or ():
        if isinstance(argument.value, tree.Sequence) and argument.value.items:
            yield from _longer_or_shorter(argument.value)
    habits = Habits(place.source, place.file)
    for chain in (node for node, _ in walk(place.file) if isinstance(node, tree.Chain)):
        yield from habits.insertions(chain, 8)


def _longer_or_shorter(items: tree.Sequence) -> Iterator[Candidate]:
    """Add an entry to a list, or remove one."""
    file = items.span.file
    for index, item in enumerate(items.items):
        start = items.items[index - 1].span.end if index else item.span.start
        end = item.span.end if index or len(items.items) == 1 else items.items[1].span.start
        yield Candidate(26, (Edit(Span(file, start, end), ""),))
    for item in items.items:
        if _is_number(item):
            before = Span(file, item.span.start, item.span.start)
            for number in (1, 2):
                yield Unknown(before, "", ", ", 28).candidate(number)
    end = items.items[-1].span.end
    for number in (1, 2):
        yield Unknown(Span(file, end, end), ", ", "", 28).candidate(number)


def _is_number(node: tree.Tree) -> bool:
    return isinstance(node, tree.Literal_) and isinstance(node.value, int) and not isinstance(node.value, bool)
