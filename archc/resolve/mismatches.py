"""Arguments that do not fit what is called, in the words of the language."""

from __future__ import annotations

from collections.abc import Collection

from archc.diagnostics.core import Edit, Problem
from archc.diagnostics.problems.names import DuplicateArgument, TooManyArguments, UnknownArgument
from archc.diagnostics.words.meaning import ACTIVATIONS, meaning, rewritten
from archc.diagnostics.words.table import table
from archc.resolve.advice import as_written, called_span, gathered
from archc.resolve.arguments import ArgumentMismatch
from archc.support.record import replace
from archc.syntax import tree
from archc.syntax.arguments import call_with


def in_our_words(mismatch: ArgumentMismatch, use: tree.Use, kinds: Collection[str]) -> tuple[Problem, tuple[Edit, ...]]:
    """The problem of arguments that do not fit, in archc's words if they are another library's, and its correction."""
    problem, edits = mismatch.problem, mismatch.edits
    meant = meaning(use.name, as_written(use)) if use.name in kinds else None
    if isinstance(problem, UnknownArgument):
        ways = {name: ours for name, ours, _ in problem.ways}
        sure = all(ours or why or name in ACTIVATIONS for name, ours, why in problem.ways)
        sure = sure and not any(name in table().missing for name in ways)
        text = meant.text if meant else rewritten(use.name, as_written(use), ways) if sure and use.name in kinds else ""
        problem = replace(problem, instead=text)
        if text and not all(edit.safe for edit in edits or (Edit(mismatch.span, ""),)):
            edits = (Edit(called_span(use), text),)
    elif isinstance(problem, TooManyArguments) and meant is not None:
        problem = replace(problem, instead=meant.text, advice=meant.advice)
        edits = (Edit(called_span(use), meant.text),) if meant.text else edits
    elif isinstance(problem, DuplicateArgument) and meant is not None and meant.text:
        problem = replace(problem, advice=f"write `{meant.text}`")  # other libraries order arguments differently
        edits = (Edit(called_span(use), meant.text),)
    elif isinstance(problem, TooManyArguments) and (call := gathered(use)):
        problem = replace(problem, advice=f"`{problem.known[0]}` is one list: write `{call}`")
        edits = (Edit(called_span(use), call),)
    elif isinstance(problem, TooManyArguments) and problem.known:
        given, count = use.arguments or (), len(problem.known)
        first, last = (call_with(use.name, rest, ()) for rest in (given[len(given) - count :], given[:count]))
        calls = ", or ".join(dict.fromkeys((f"`{last}`", f"`{first}`")))
        fewer = f"leave {'one' if len(given) == count + 1 else 'some'} out: {calls}"
        more = f"; or give it more parameters where it is defined, behind `{problem.known[-1]}`"
        more = "" if use.name in kinds else more
        problem = replace(problem, advice=f"{fewer}{more}")
    elif isinstance(problem, DuplicateArgument) and mismatch.twice is not None:
        problem = replace(problem, advice=_once(use, *mismatch.twice))
    return problem, edits


def _once(use: tree.Use, first: tree.Argument, second: tree.Argument) -> str:
    """The calls that give one of two values for a parameter: in the place of the first argument, without the second."""
    if second.name is None:  # a value without a name, which has its place before those with one
        call = call_with(use.name, sorted(use.arguments or (), key=lambda a: a.name is not None), ())
        return f"arguments with names come last: `{call}`"
    rest = [a for a in use.arguments or () if a is not second]
    changed = [replace(a, value=second.value) if a is first else a for a in rest]
    calls = dict.fromkeys(f"`{call_with(use.name, given, ())}`" for given in (rest, changed))
    return f"give it once: {', or '.join(calls)}"
