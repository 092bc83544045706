"""Repairs that give two branches of a merge matching shapes."""

from __future__ import annotations

from collections.abc import Iterator

from archc.analysis.repair.arguments import arguments_worth
from archc.analysis.repair.branches import MergeBranch
from archc.analysis.repair.candidate import Candidate, ProblemSite
from archc.analysis.repair.levels import concatenated, cropped, gate, level, padded, same_inputs
from archc.analysis.repair.parts import chain_around, innermost
from archc.analysis.repair.values import use_at
from archc.diagnostics.core import Edit
from archc.diagnostics.problems.branches import CannotConcat, MergeMismatch
from archc.diagnostics.source import Source, Span
from archc.ops import lookup
from archc.syntax import tree
from archc.syntax.walk import walk


def meeting(problem: MergeMismatch | CannotConcat, place: ProblemSite) -> Iterator[Candidate]:
    """Change one of two branches whose shapes do not match."""
    merge = innermost(place.file, place.diagnostic.span, tree.Merge)
    if merge is None:
        yield from _edited(problem, place)
        yield from _layers(problem, place)
        yield from _operands(problem, place)
    if merge is None or len(problem.first) != 3 or len(problem.other) != 3:
        return
    shapes = {0: problem.first}
    index = getattr(problem.at, "index", 1)
    shapes[index] = problem.other
    channels = isinstance(problem, MergeMismatch) and problem.first[0] != problem.other[0]
    if channels:
        yield from concatenated(place, merge)
    if problem.is_about_size:
        yield from same_inputs(place)
        yield from padded(place, merge)
    for this, that in ((0, index), (index, 0)):
        if this >= len(merge.branches) or that >= len(merge.branches):
            continue
        have, want = shapes[this], shapes[that]
        if isinstance(problem, MergeMismatch) and problem.scales:  # one number per channel applies to the whole image
            want = want[0], *have[1:]
        branch = MergeBranch(place, merge.branches[this], have, want, merge.branches[that])
        if isinstance(problem, MergeMismatch) and problem.scales and shapes[this][1:] == (1, 1):
            yield from gate(branch)
        yield from branch.with_swapped()
        yield from branch.guarded(channels)
        yield from branch.enlarged(9 if isinstance(problem, CannotConcat) and branch.is_named else 26)
        if problem.is_about_size:
            yield from level(branch, merge)
            yield from cropped(branch, 10 if isinstance(problem, CannotConcat) and branch.is_named else 25)
        if have[1:] == want[1:]:
            yield from branch.with_channels()
        elif not channels:
            yield from branch.with_size()
        yield from branch.projected(channels)
        yield from branch.with_more(channels)


def _operands(problem: MergeMismatch | CannotConcat, place: ProblemSite) -> Iterator[Candidate]:
    """Project `in` where it is added to what a wider or a strided chain makes: `y + in`."""
    sums = innermost(place.file, place.diagnostic.span, tree.Calculation)
    in_block = place.around is not None and isinstance(place.around.definition, tree.Block)
    if sums is None or sums.operator != "+" or len(sums.operands) != 2 or not in_block:
        return  # in a model `in` is the image, which is hardly meant
    if not isinstance(problem, MergeMismatch) or not len(problem.first) == len(problem.other) == 3:
        return
    (left, right), first, other = sums.operands, problem.first, problem.other
    for chain, have, want, beside in ((left, first, other, right), (right, other, first, left)):
        branch = MergeBranch(place, chain, have, want, beside, is_operand=True)
        if branch.is_identity:
            yield from branch.projected(have[0] != want[0])


def _edited(problem: MergeMismatch | CannotConcat, place: ProblemSite) -> Iterator[Candidate]:
    """Give a layer that an edit inserts into a shipped network the channels of its neighbour."""
    use = use_at(place.file, place.diagnostic.span)
    for have, want in ((problem.first, problem.other), (problem.other, problem.first)):
        if use is not None and have[0] != want[0]:
            yield from arguments_worth(place, use, have[0], want[0], 10)


def _layers(problem: MergeMismatch | CannotConcat, place: ProblemSite) -> Iterator[Candidate]:
    """Make the names of tensors labels of the layers that they name: `conv1: Conv(8) - relu: ReLU`."""
    found = chain_around(place.file, place.diagnostic.span)
    around = place.around
    if found is None or around is None or not isinstance(problem, MergeMismatch) or problem.verb != "subtract":
        return
    binds = {node.names[0].name: node for node, _ in walk(around.definition) if isinstance(node, tree.Bind)}
    edits: list[Edit] = []
    for term in found[0].terms:
        if not isinstance(term, tree.Use) or term.arguments is not None or term.name not in binds:
            continue
        made = binds[term.name]
        first = made.chain.terms[0]
        if isinstance(first, tree.Use) and lookup(first.name) is None:
            return
        text = place.source.snippet(made.chain.span)
        named = f"{term.name}: {text if len(made.chain.terms) == 1 else f'({text})'}"
        edits += [Edit(_line(place.source, made.span), ""), Edit(term.span, named)]
    if len(edits) > 2:
        yield Candidate(6, tuple(edits))


def _line(source: Source, span: Span) -> Span:
    """The span of a statement, extended to its line if there is nothing else on it."""
    start = source.text.rfind("\n", 0, span.start) + 1
    end = source.text.find("\n", span.end) + 1
    alone = not source.text[start : span.start].strip() and end and not source.text[span.end : end].strip()
    return Span(span.file, start, end) if alone else span
