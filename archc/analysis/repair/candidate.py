"""What may be tried to mend a problem, and where the problem was found."""

from __future__ import annotations

from typing import NamedTuple

from archc.analysis.repair.edits import Repair
from archc.analysis.repair.values import Names, Surroundings
from archc.diagnostics.core import Diagnostic, Edit
from archc.diagnostics.source import Source, Span
from archc.support.record import Record
from archc.syntax import tree


class Unknown(NamedTuple):
    """A place where a number is to be written, between two texts; which one, the expectations may tell."""

    span: Span
    before: str = ""
    after: str = ""
    cost: int = 40
    was: int | None = None
    """The present number."""

    def candidate(self, number: int) -> Candidate:
        """The number written there."""
        edit = Edit(self.span, f"{self.before}{number}{self.after}")
        return Candidate(self.cost, (edit,), self, number)


class Candidate(Record):
    """A repair to try, and its cost; for an `unknown`, the present `number`."""

    cost: int
    repair: Repair
    unknown: Unknown | None = None
    number: int = 0


class ProblemSite(Record):
    """Where a problem was found."""

    diagnostic: Diagnostic
    source: Source
    file: tree.File
    around: Surroundings | None

    @property
    def names(self) -> Names:
        """What names are worth there."""
        return self.around.names if self.around is not None else {}
