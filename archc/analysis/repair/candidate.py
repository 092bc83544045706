"""Candidates for repairs of a problem, and the place where the problem was found."""

from __future__ import annotations

from typing import NamedTuple

from archc.analysis.repair.edits import Repair
from archc.analysis.repair.values import Names, Surroundings
from archc.diagnostics.core import Diagnostic, Edit
from archc.diagnostics.source import Source, Span
from archc.support.record import Record
from archc.syntax import tree


class Unknown(NamedTuple):
    """A place, between two texts, for a number that the expectations may determine."""

    span: Span
    before: str = ""
    after: str = ""
    cost: int = 40
    was: int | None = None
    """The present number."""

    def candidate(self, number: int) -> Candidate:
        """The repair that writes `number` there."""
        edit = Edit(self.span, f"{self.before}{number}{self.after}")
        return Candidate(self.cost, (edit,), self, number)


class Candidate(Record):
    """A repair to try, and its cost. For an `unknown`, `number` is the current one."""

    cost: int
    repair: Repair
    unknown: Unknown | None = None
    number: int = 0


class ProblemSite(Record):
    """The place where a problem was found."""

    diagnostic: Diagnostic
    source: Source
    file: tree.File
    around: Surroundings | None

    @property
    def names(self) -> Names:
        """The values of names there."""
        return self.around.names if self.around is not None else {}
