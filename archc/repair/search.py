"""The smallest changes that make a network check: candidates from the facts of a problem, each tried by the checker."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archc.diagnostics import Diagnostic, Severity
from archc.elaborate.modules import Load
from archc.pipeline import DEFAULTS, Checked, Options
from archc.problems.facts import ExpectationFailed
from archc.repair.candidate import Candidate, Unknown
from archc.repair.candidates import candidates
from archc.repair.edits import Repair
from archc.repair.trial import Outcome, Trials
from archc.source import Source, Span

MOST = 3
"""Repairs shown for one problem."""
MOST_TRIALS = 40
"""Candidates tried for one problem."""
MOST_WORK = 12_000
"""Steps after which no further candidate is tried: some five trials of a ResNet-152, hundreds of a LeNet."""
MOST_PROBLEMS = 5
"""Problems of one check that repairs are searched for."""
MOST_STEPS = 20_000
"""Steps of one trial. Whoever waits for an error should not wait for its repair; a clock would tell him now this, now
that."""
MOST_NUMBERS = 6
"""Numbers tried for one unknown."""


def with_repairs(
    checked: Checked, source: Source, load: Load, member: str | None = None, options: Options = DEFAULTS
) -> Checked:
    """`checked` with up to three repairs for each of the first errors that a small change mends.

    Requires: it is what checking `source` came to. Ensures: with each repair made alone, the text has fewer errors,
    expectations aside; or, for an expectation, as many and fewer that do not hold.
    """
    limits = replace(options.limits, steps=min(MOST_STEPS, options.limits.steps))
    trials = Trials(source, load, member, replace(options, limits=limits))
    errors = [d for d in checked.diagnostics if d.severity is Severity.ERROR]
    unmet = sum(isinstance(d.problem, ExpectationFailed) for d in errors)
    before = (len(errors) - unmet, unmet)
    told: list[Diagnostic] = []
    searched = 0
    for diagnostic in checked.diagnostics:
        sure = any(edit.safe for edit in diagnostic.edits)
        if diagnostic.severity is Severity.ERROR and not sure and searched < MOST_PROBLEMS:
            searched += 1
            found = _Search(diagnostic, trials, before).found()
            if found:
                diagnostic = replace(diagnostic, repairs=found, edits=found[0])
        told.append(diagnostic)
    return replace(checked, diagnostics=tuple(told))


@dataclass
class _Search:
    """The search for repairs of one problem."""

    diagnostic: Diagnostic
    trials: Trials
    before: tuple[int, int]
    tried: int = 0
    mending: list[tuple[Candidate, Outcome]] = field(default_factory=list)
    points: dict[Unknown, list[tuple[int, int, int]]] = field(default_factory=dict)
    """For each unknown number what was tried: the number, what was counted with it, and what that was to be."""

    def found(self) -> tuple[Repair, ...]:
        """The best repairs: of those that leave the least to mend the cheapest, at different places."""
        stop = self.trials.steps + MOST_WORK
        for candidate in candidates(self.diagnostic, self.trials.source, self.trials.file):
            if self.tried == MOST_TRIALS or self.trials.steps > stop or (self._is_sure() and len(self._best()) == MOST):
                break
            if not self._is_beside_a_better_one(candidate):
                self._try(candidate)
        if self.trials.steps <= stop and not self._is_sure():
            for unknown in list(self.points):
                self._solve(unknown)
        return tuple(self._best())

    def _try(self, candidate: Candidate) -> None:
        self.tried += 1
        errors, unmet = self.before
        expected = isinstance(self.diagnostic.problem, ExpectationFailed)
        outcome = self.trials.outcome(candidate.repair, errors + expected)
        if outcome is None:
            return
        if candidate.unknown is not None and outcome.unmet and outcome.unmet[0].value is not None:
            gap = outcome.unmet[0]
            assert gap.value is not None and gap.wanted is not None
            self.points.setdefault(candidate.unknown, []).append((candidate.number, gap.value, gap.wanted))
        if not expected or outcome.left < self.before:
            self.mending.append((candidate, outcome))

    def _solve(self, unknown: Unknown) -> None:
        """Try the numbers for an unknown with which the count that is wrong would be right, were it linear in them."""
        points = self.points[unknown]
        for _ in range(MOST_NUMBERS):
            if len(points) < 2:
                return
            (n, value, wanted), (m, other, _) = points[-1], points[-2]
            if value == other:
                return
            number = n + round((wanted - value) * (n - m) / (value - other))
            if wanted != points[-2][2] or not 0 < number < 2**20 or any(number == p[0] for p in points):
                return
            known = len(points)
            self._try(unknown.candidate(number))
            if len(points) == known:
                return

    def _is_sure(self) -> bool:
        """Whether something was found with which all expectations hold."""
        return any(not outcome.unmet for _, outcome in self.mending)

    def _is_beside_a_better_one(self, candidate: Candidate) -> bool:
        """Whether there is a better way to write it at the same place."""
        places = {edit.span for edit in candidate.repair}
        return any(
            not outcome.unmet and places <= {edit.span for edit in better.repair} for better, outcome in self.mending
        )

    def _best(self) -> list[Repair]:
        """The repairs to show."""
        least = min((outcome.left for _, outcome in self.mending), default=None)
        found: list[Repair] = []
        mended: set[Span] = set()
        for candidate, outcome in sorted(self.mending, key=lambda m: m[0].cost):
            places = {edit.span for edit in candidate.repair}
            if outcome.left == least and not places <= mended and len(found) < MOST:
                found.append(candidate.repair)
                mended |= places
        return found
