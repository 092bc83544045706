"""The search for the smallest change that corrects a problem: candidates from its facts, each tried by the checker."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from archc.analysis.repair.candidate import Candidate, Unknown
from archc.analysis.repair.candidates import candidates
from archc.analysis.repair.edits import Repair
from archc.analysis.repair.trial import Gap, Outcome, Trials
from archc.diagnostics.core import Diagnostic, Severity
from archc.diagnostics.problems.facts import ExpectationFailed
from archc.diagnostics.problems.parameters import LARGEST_GUESS
from archc.diagnostics.problems.shapes import GroupsDoNotDivide, KernelTooLarge, UnevenChunks
from archc.diagnostics.source import Source, Span
from archc.pipeline import DEFAULTS, Checked, Options
from archc.resolve import Load
from archc.support.record import Struct, field, replace

MOST = 3
"""The number of repairs shown for one problem."""
MOST_TRIALS = 60
"""The number of candidates tried for one problem."""
MOST_MORE = 5
"""The number of candidates tried after one with which everything holds."""
MOST_WORK = 10_000
"""The steps after which no further candidate is tried: about four trials of a ResNet-152, hundreds of a LeNet."""
MOST_WORK_ON_COUNTS = 40_000
"""The same if a network has no error but does not meet an expectation."""
MOST_PROBLEMS = 5
"""The number of problems of one check for which repairs are sought."""
MOST_STEPS = 20_000
"""The number of steps of one trial, so that the search does not delay the error. Time would make results vary."""
MOST_NUMBERS = 6
"""The number of values tried for one unknown."""


_ARBITRARY = (KernelTooLarge, GroupsDoNotDivide, UnevenChunks)
"""Problems of a number that many others could replace: without an `expect`, none is more likely than another."""


def with_repairs(
    checked: Checked,
    source: Source,
    load: Load,
    member: str | None = None,
    options: Options = DEFAULTS,
    *,
    only: Collection[tuple[str, Span]] | None = None,
) -> Checked:
    """`checked` with up to three repairs for each of the first errors that a small change corrects.

    `only` restricts the search to errors with these codes and places.

    Requires: `checked` is the result of checking `source`. Ensures: each repair by itself leaves fewer errors, not
    counting expectations; or, for an expectation, as many errors and fewer failed expectations.
    """
    limits = replace(options.limits, steps=min(MOST_STEPS, options.limits.steps))
    trials = Trials(source, load, member, replace(options, limits=limits))
    errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
    failed = [d for d in errors if isinstance(d.problem, ExpectationFailed)]
    before = len(errors) - len(failed), sum(1 + len(d.labels) for d in failed)
    told: list[Diagnostic] = []
    searched = 0
    expected = trials.is_expected
    for diagnostic in checked.diagnostics:
        sure = any(edit.safe for edit in diagnostic.edits) or (diagnostic.problem.knows() and not expected)
        sure = sure or (isinstance(diagnostic.problem, _ARBITRARY) and not expected)
        asked = only is None or (diagnostic.code, diagnostic.span) in only
        if diagnostic.severity is Severity.ERROR and asked and not sure and searched < MOST_PROBLEMS:
            searched += 1
            found = _Search(diagnostic, trials, before).found()
            if found:
                diagnostic = replace(diagnostic, repairs=found, edits=found[0])
        told.append(diagnostic)
    return replace(checked, diagnostics=tuple(told))


class _Search(Struct):
    """The search for repairs of one problem."""

    diagnostic: Diagnostic
    trials: Trials
    before: tuple[int, int]
    tried: int = 0
    mending: list[tuple[Candidate, Outcome]] = field(default_factory=list)
    points: dict[Unknown, list[tuple[int, Gap]]] = field(default_factory=dict)
    """The attempts for each unknown number: the number, and by how much a count missed its target."""

    def found(self) -> tuple[Repair, ...]:
        """The best repairs: the cheapest of those that leave the fewest problems, at different places."""
        stop = self.trials.steps + (MOST_WORK_ON_COUNTS if self._is_about_counts else MOST_WORK)
        last = MOST_TRIALS
        for candidate in candidates(self.diagnostic, self.trials.source, self.trials.file):
            if self._is_sure():
                last = min(last, self.tried + MOST_MORE)
            if self.tried >= last or self.trials.steps > stop or (self._is_sure() and len(self._best()) == MOST):
                break
            if not self._is_beside_a_better_one(candidate):
                self._try(candidate)
                if candidate.unknown is not None:
                    self._solve(candidate.unknown)
        return tuple(self._best())

    @property
    def _is_about_counts(self) -> bool:
        return isinstance(self.diagnostic.problem, ExpectationFailed)

    @cached_property
    def _missed(self) -> Gap | None:
        """The current count, if the problem is a count."""
        now = self.trials.outcome((), self.before[0] + 1) if self._is_about_counts else None
        return now.unmet[0] if now is not None and now.unmet else None

    def _try(self, candidate: Candidate) -> None:
        self.tried += 1
        errors, unmet = self.before
        outcome = self.trials.outcome(candidate.repair, errors + self._is_about_counts)
        if outcome is None:
            return
        if (unknown := candidate.unknown) is not None and outcome.unmet:
            points = self.points.setdefault(unknown, [])
            if not points and unknown.was is not None and self._missed is not None:
                points.append((unknown.was, self._missed))
            points.append((candidate.number, outcome.unmet[0]))
        if candidate.unknown is not None and not (self.trials.is_expected and not outcome.unmet):
            return  # only expectations can tell whether the number is right
        if not self._is_about_counts or len(outcome.unmet) < unmet:
            self.mending.append((candidate, outcome))

    def _solve(self, unknown: Unknown) -> None:
        """Try the numbers for an unknown that would correct the count if it were linear in them."""
        points = self.points.get(unknown, [])
        for _ in range(MOST_NUMBERS):
            if len(points) < 2 or (number := _crossing(*points[-2:])) is None or any(number == n for n, _ in points):
                return
            known = len(points)
            self._try(unknown.candidate(number))
            if len(points) == known:
                return

    def _is_sure(self) -> bool:
        """Whether a repair was found with which all expectations hold."""
        return any(not outcome.unmet and not outcome.incomplete for _, outcome in self.mending)

    def _is_beside_a_better_one(self, candidate: Candidate) -> bool:
        """Whether there is a better repair at the same place."""
        places = {edit.span for edit in candidate.repair}
        return any(
            outcome.left == (outcome.errors, 0, 0) and places <= {edit.span for edit in better.repair}
            for better, outcome in self.mending
        )

    def _best(self) -> list[Repair]:
        """The repairs to show: one for each place, unless too little is known to choose between those at one place."""
        least = min((outcome.left for _, outcome in self.mending), default=None)
        found: list[Repair] = []
        mended: set[Span] = set()
        for candidate, outcome in sorted(self.mending, key=lambda m: m[0].cost):
            places = {edit.span for edit in candidate.repair}
            if outcome.left == least and (outcome.incomplete or not places <= mended) and len(found) < MOST:
                found.append(candidate.repair)
                mended |= places
        return found


def _crossing(one: tuple[int, Gap], other: tuple[int, Gap]) -> int | None:
    """The number at which a count would reach its target, by linear interpolation between two attempts."""
    (n, first), (m, second) = one, other
    if first.value is None or second.value is None or first.wanted is None or first.wanted != second.wanted:
        return None
    if first.value == second.value:
        return None
    number = m + round((first.wanted - second.value) * (n - m) / (first.value - second.value))
    return number if 0 < number < LARGEST_GUESS else None
