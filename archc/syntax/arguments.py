"""The text of a call's arguments."""

from __future__ import annotations

from archc.diagnostics.source import Span
from archc.syntax import tree


def taking_out(use: tree.Use, argument: tree.Argument) -> Span:
    """The span to delete to remove an argument from a term, including a comma or the parentheses."""
    arguments = use.arguments or ()
    at = next(i for i, a in enumerate(arguments) if a is argument)
    if at > 0:
        return Span(argument.span.file, arguments[at - 1].span.end, argument.span.end)
    if len(arguments) > 1:
        return Span(argument.span.file, argument.span.start, arguments[1].span.start)
    return Span(argument.span.file, use.name_span.end, use.span.end)


def leaving_out(arguments: tuple[tree.Argument, ...], argument: tree.Argument) -> Span:
    """The span to delete to remove one of several arguments, including a comma."""
    at = next(i for i, a in enumerate(arguments) if a is argument)
    if at > 0:
        return Span(argument.span.file, arguments[at - 1].span.end, argument.span.end)
    end = arguments[1].span.start if len(arguments) > 1 else argument.span.end
    return Span(argument.span.file, argument.span.start, end)
