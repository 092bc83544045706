"""Candidates for repairs, derived from the facts of a problem: what should be equal, and the numbers that make it so.

Each candidate is small: it changes one number, name or argument, or inserts or removes one term. Candidates are ranked
by cost: replacing a number by a name or by its counterpart costs less than another number that fits, and that costs
less than a new layer.
"""

from __future__ import annotations

from collections.abc import Iterator

from archc.analysis.repair.arguments import Misfit, fitting, guessed
from archc.analysis.repair.brackets import closed
from archc.analysis.repair.candidate import Candidate, ProblemSite
from archc.analysis.repair.declared import as_expected, fewer_names, needless_import
from archc.analysis.repair.edits import Repair
from archc.analysis.repair.meeting import meeting
from archc.analysis.repair.terms import before, blocks_passed, ended, joined, merged, renamed
from archc.analysis.repair.values import surroundings
from archc.diagnostics.core import Diagnostic, Problem
from archc.diagnostics.problems.branches import CannotConcat, MergeMismatch
from archc.diagnostics.problems.facts import ExpectationFailed
from archc.diagnostics.problems.limits import TooDeep, TooLarge
from archc.diagnostics.problems.names import ImportNotFound, NotATerm, UnknownName
from archc.diagnostics.problems.parameters import BadArgument, BadArithmetic, WrongType
from archc.diagnostics.problems.shapes import WantsVector
from archc.diagnostics.problems.structure import MisplacedTensor, TensorCount
from archc.diagnostics.problems.syntax import Unclosed
from archc.diagnostics.source import Source
from archc.syntax import tree


def candidates(diagnostic: Diagnostic, source: Source, file: tree.File) -> list[Candidate]:
    """The repairs worth trying, cheapest first, without duplicates."""
    if diagnostic.span.file != source.name:
        return []
    place = ProblemSite(diagnostic, source, file, surroundings(file, diagnostic.frame, diagnostic.span))
    best: dict[Repair, Candidate] = {}
    if diagnostic.edits and diagnostic.problem.knows():
        best[diagnostic.edits] = Candidate(8, diagnostic.edits)
    for found in _proposed(diagnostic.problem, place):
        if found.repair not in best or found.cost < best[found.repair].cost:
            best[found.repair] = found
    return sorted(best.values(), key=lambda c: c.cost)


def _proposed(problem: Problem, place: ProblemSite) -> Iterator[Candidate]:
    """The candidates for a problem, in any order."""
    match problem:
        case MergeMismatch() | CannotConcat():
            yield from meeting(problem, place)
        case WantsVector():
            yield from before(place, "Flatten - ", 20)
        case TensorCount():
            yield from joined(problem, place)
        case MisplacedTensor():
            yield from merged(problem, place)
        case TooDeep():
            yield from ended(problem, place)
        case UnknownName():
            yield from renamed(problem, place)
        case NotATerm():
            yield from blocks_passed(problem, place)
        case ImportNotFound():
            yield from needless_import(problem, place)
        case ExpectationFailed():
            yield from as_expected(problem, place)
        case BadArgument() | BadArithmetic() | TooLarge() | WrongType():
            yield from fewer_names(place)
            yield from guessed(problem, place)
        case Unclosed():
            yield from closed(problem, place)
        case _ if isinstance(problem, Misfit):
            yield from fitting(problem, place)
        case _:
            pass
