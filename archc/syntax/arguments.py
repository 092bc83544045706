"""The text of a call's arguments."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diagnostics.source import Span
from archc.syntax import tree
from archc.syntax.unparse import expression


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


def argument_text(argument: tree.Argument) -> str:
    """An argument as it is written."""
    text = expression(argument.value)
    return f"{argument.name}={text}" if argument.name else text


def call_with(name: str, arguments: Sequence[tree.Argument], missing: Sequence[str]) -> str:
    """A call with its arguments, and the missing ones by name."""
    texts = [*map(argument_text, arguments), *(f"{each}=\u2026" for each in missing)]
    return f"{name}({', '.join(texts)})" if texts else name


def counted(e: tree.CallExpression) -> tree.Name | None:
    """The name whose items a call of `len` counts, if it is one name."""
    match e.arguments:
        case (tree.Argument(name=None, value=tree.Name() as named),) if e.function == "len":
            return named
        case _:
            return None
