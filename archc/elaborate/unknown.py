"""Reports of names and arguments that only an expansion can judge."""

from __future__ import annotations

from archc.diagnostics.core import REPORTED, ErrorSentinel
from archc.diagnostics.problems.names import TooManyArguments
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Poisoned, Tensors
from archc.resolve.advice import unknown_use
from archc.resolve.arguments import ArgumentMismatch
from archc.resolve.called import called_on
from archc.resolve.mismatches import in_our_words
from archc.syntax import tree


def report_unset(state: ExpansionState, use: tree.Use, site: ExpansionContext) -> ErrorSentinel:
    """Report a term whose name is assigned in a branch that is not taken, or in a text that could not be read."""
    if use.name in state.library.resolved.modules[use.span.file].file.lost:
        return REPORTED
    problem, edits = unknown_use(use, [*site.env.tensor_names(), *state.kinds])
    return state.reporter.add(problem, use.name_span, frame=site.frame, edits=edits)


def report_called_on(state: ExpansionState, use: tree.Use, site: ExpansionContext) -> ErrorSentinel | None:
    """Report a term that is called on a tensor, `ReLU(x)`; None for others."""
    found = called_on(use, lambda name: isinstance(site.env.find(name), Tensors))
    if found is None:
        return None
    problem, span, edits = found
    return state.reporter.add(problem, span, frame=site.frame, edits=edits)


def report_mismatch(
    state: ExpansionState, site: ExpansionContext, mismatch: ArgumentMismatch, use: tree.Use
) -> ErrorSentinel:
    """Report arguments that do not fit their callee."""
    if isinstance(mismatch.problem, TooManyArguments) and _is_poisoned(mismatch, use, site):
        return ErrorSentinel()
    problem, edits = in_our_words(mismatch, use, state.kinds)
    return state.reporter.add(problem, mismatch.span, labels=mismatch.labels, frame=site.frame, edits=edits)


def _is_poisoned(mismatch: ArgumentMismatch, use: tree.Use, site: ExpansionContext) -> bool:
    """Whether the argument at fault is an unknown name that has been reported."""
    values = [a.value for a in use.arguments or () if a.span == mismatch.span]
    return any(isinstance(v, tree.Name) and isinstance(site.env.find(v.name), Poisoned) for v in values)
