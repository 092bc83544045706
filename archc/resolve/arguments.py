"""Matching the arguments of a call to parameters."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diagnostics.core import Edit, Label, Problem
from archc.diagnostics.problems.names import DuplicateArgument, TooManyArguments
from archc.diagnostics.source import Span
from archc.support.record import Record
from archc.syntax import tree


class ArgumentMismatch(Record):
    """A problem with the arguments of a call, its place, and the edits that correct it."""

    problem: Problem
    span: Span
    labels: tuple[Label, ...] = ()
    edits: tuple[Edit, ...] = ()
    twice: tuple[tree.Argument, tree.Argument] | None = None
    """The two arguments for one parameter, if that is the problem."""


def match_names(
    callee: str, known: tuple[str, ...], arguments: tuple[tree.Argument, ...]
) -> dict[str, tree.Argument] | ArgumentMismatch:
    """The argument of each parameter, or the problem with them."""
    unknown = [a for a in arguments if a.name is not None and a.name not in known]
    if unknown:
        return _unknown(callee, known, arguments, unknown)
    found: dict[str, tree.Argument] = {}
    for position, argument in enumerate(arguments):
        if argument.name is None:
            if position >= len(known):
                return ArgumentMismatch(TooManyArguments(callee=callee, known=known), argument.span)
            name = known[position]
        else:
            name = argument.name
        if name in found:
            first = found[name]
            labels = (Label(first.span, "first given here"),)
            problem = DuplicateArgument(callee=callee, name=name)
            return ArgumentMismatch(problem, argument.span, labels, twice=(first, argument))
        found[name] = argument
    return found


def _unknown(
    callee: str, known: tuple[str, ...], arguments: tuple[tree.Argument, ...], unknown: Sequence[tree.Argument]
) -> ArgumentMismatch:
    """The arguments that a callee does not have, reported together."""
    from archc.diagnostics.words.near import nearest
    from archc.diagnostics.words.table import table
    from archc.diagnostics.words.unknown import unknown_arguments
    from archc.syntax.arguments import leaving_out
    from archc.syntax.unparse import expression as expression_text

    given = [known[i] for i, a in enumerate(arguments) if a.name is None and i < len(known)]
    given += [a.name for a in arguments if a.name in known]
    named = [(str(a.name), expression_text(a.value)) for a in unknown]
    problem = unknown_arguments(callee, named, known, given)
    spans = [argument_name(a) for a in unknown]
    edits: list[Edit] = []
    for argument, span, (_, ours, why) in zip(unknown, spans, problem.ways, strict=True):
        if ours:
            known_for_it = ours in table().arguments.get(str(argument.name), ()) or bool(
                nearest(str(argument.name), [ours])
            )
            edits.append(Edit(span, ours, safe=known_for_it))
        elif why and argument.name not in table().missing:
            edits.append(Edit(leaving_out(arguments, argument), ""))
    whole = tuple(edits) if len(edits) == len(unknown) else ()
    return ArgumentMismatch(problem, spans[0], tuple(Label(span, "nor is this") for span in spans[1:]), whole)


def argument_name(argument: tree.Argument) -> Span:
    """The span of the name of a named argument."""
    return argument.span._replace(end=argument.span.start + len(argument.name or ""))
