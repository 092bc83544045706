"""The smallest changes that make a network check: candidates from the facts of a problem, each tried by the checker."""

from __future__ import annotations

from dataclasses import replace

from archc.diagnostics import Diagnostic, Severity
from archc.elaborate.modules import Load
from archc.pipeline import DEFAULTS, Checked, Options
from archc.problems.facts import ExpectationFailed
from archc.repair.candidates import candidates
from archc.repair.edits import Repair
from archc.repair.trial import Trials
from archc.source import Source, Span

MOST = 3
"""Repairs shown for one problem."""
MOST_TRIALS = 10
"""Candidates tried for one problem."""
MOST_PROBLEMS = 5
"""Problems of one check that repairs are searched for."""
MOST_STEPS = 20_000
"""Steps of one trial. Whoever waits for an error should not wait for its repair; a clock would tell him now this, now
that."""


def with_repairs(
    checked: Checked, source: Source, load: Load, member: str | None = None, options: Options = DEFAULTS
) -> Checked:
    """`checked` with up to three repairs for each of the first errors that a small change mends.

    Requires: it is what checking `source` came to. Ensures: with each repair made alone, the text has fewer errors,
    expectations aside.
    """
    limits = replace(options.limits, steps=min(MOST_STEPS, options.limits.steps))
    trials = Trials(source, load, member, replace(options, limits=limits))
    before = sum(
        d.severity is Severity.ERROR and not isinstance(d.problem, ExpectationFailed) for d in checked.diagnostics
    )
    told: list[Diagnostic] = []
    searched = 0
    for diagnostic in checked.diagnostics:
        sure = any(edit.safe for edit in diagnostic.edits)
        if diagnostic.severity is Severity.ERROR and not sure and searched < MOST_PROBLEMS:
            searched += 1
            diagnostic = _with_repairs(diagnostic, trials, before)
        told.append(diagnostic)
    return replace(checked, diagnostics=tuple(told))


def _with_repairs(diagnostic: Diagnostic, trials: Trials, before: int) -> Diagnostic:
    found: list[Repair] = []
    mended: set[Span] = set()
    for candidate in candidates(diagnostic, trials.source, trials.file)[:MOST_TRIALS]:
        places = {edit.span for edit in candidate.repair}
        if len(found) == MOST or places <= mended:
            continue  # there is a better way to write it there
        if trials.errors(candidate.repair, before) < before:
            found.append(candidate.repair)
            mended |= places
    return replace(diagnostic, repairs=tuple(found), edits=found[0]) if found else diagnostic
