"""Two branches of a merge made to meet."""

from __future__ import annotations

from collections.abc import Iterator

from archc.analysis.repair.arguments import arguments_worth
from archc.analysis.repair.branches import MergeBranch
from archc.analysis.repair.candidate import Candidate, ProblemSite
from archc.analysis.repair.levels import cropped, level, padded, same_inputs
from archc.analysis.repair.parts import innermost
from archc.analysis.repair.values import use_at
from archc.diagnostics.problems.branches import CannotConcat, MergeMismatch
from archc.syntax import tree


def meeting(problem: MergeMismatch | CannotConcat, place: ProblemSite) -> Iterator[Candidate]:
    """Changes of the two branches that do not meet."""
    merge = innermost(place.file, place.diagnostic.span, tree.Merge)
    if merge is None:
        yield from _edited(problem, place)
    if merge is None or len(problem.first) != 3 or len(problem.other) != 3:
        return
    shapes = {0: problem.first}
    index = getattr(problem.at, "index", 1)
    shapes[index] = problem.other
    channels = isinstance(problem, MergeMismatch) and problem.first[0] != problem.other[0]
    if problem.is_about_size:
        yield from same_inputs(place)
        yield from padded(place, merge)
    for this, that in ((0, index), (index, 0)):
        if this >= len(merge.branches) or that >= len(merge.branches):
            continue
        have, want = shapes[this], shapes[that]
        if isinstance(problem, MergeMismatch) and problem.scales:  # one number a channel is spread over the image
            want = want[0], *have[1:]
        branch = MergeBranch(place, merge.branches[this], have, want)
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


def _edited(problem: MergeMismatch | CannotConcat, place: ProblemSite) -> Iterator[Candidate]:
    """Give a layer that an edit inserts into a shipped network the channels of its neighbour."""
    use = use_at(place.file, place.diagnostic.span)
    for have, want in ((problem.first, problem.other), (problem.other, problem.first)):
        if use is not None and have[0] != want[0]:
            yield from arguments_worth(place, use, have[0], want[0], 10)
