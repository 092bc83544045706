"""Reporting names and arguments that a term does not have, with what it is called here."""

from __future__ import annotations

from archc.diagnostics import Edit, Reported
from archc.elaborate.expressions import Mismatch
from archc.elaborate.state import Site, State
from archc.problems.names import TooManyArguments, UnknownArgument
from archc.record import replace
from archc.source import Span
from archc.syntax import tree
from archc.syntax.write import expression
from archc.words.meaning import ACTIVATIONS, Written, meaning, rewritten
from archc.words.unknown import unknown_term


def as_written(use: tree.Use) -> Written:
    """The arguments of a term as they are written."""
    return tuple((argument.name, expression(argument.value)) for argument in use.arguments or ())


def report_unknown_term(state: State, use: tree.Use, site: Site) -> Reported:
    """Report a term whose name stands for nothing."""
    problem = unknown_term(use.name, as_written(use), [*site.env.term_names(), *state.kinds])
    edits = (Edit(_called(use), problem.instead),) if problem.instead else ()
    return state.reporter.add(problem, use.name_span, frame=site.frame, edits=edits)


def report_mismatch(state: State, site: Site, mismatch: Mismatch, use: tree.Use) -> Reported:
    """Report the arguments of a term that do not fit; another library's with the term in archc's words."""
    problem, edits = mismatch.problem, mismatch.edits
    meant = meaning(use.name, as_written(use)) if use.name in state.kinds else None
    if isinstance(problem, UnknownArgument):
        ways = {name: ours for name, ours, _ in problem.ways}
        sure = all(ours or why or name in ACTIVATIONS for name, ours, why in problem.ways)
        text = (
            meant.text
            if meant
            else rewritten(use.name, as_written(use), ways)
            if sure and use.name in state.kinds
            else ""
        )
        problem = replace(problem, instead=text)
        if text and not all(edit.safe for edit in edits or (Edit(mismatch.span, ""),)):
            edits = (Edit(_called(use), text),)
    elif isinstance(problem, TooManyArguments) and meant is not None:
        problem = replace(problem, instead=meant.text, advice=meant.advice)
        edits = (Edit(_called(use), meant.text),) if meant.text else edits
    return state.reporter.add(problem, mismatch.span, labels=mismatch.labels, frame=site.frame, edits=edits)


def _called(use: tree.Use) -> Span:
    """Where a term stands, without its label."""
    return Span(use.span.file, use.name_span.start, use.span.end)
