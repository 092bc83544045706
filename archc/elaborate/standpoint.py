"""Errors inside an imported spec, seen from the importing one."""

from __future__ import annotations

from archc.diagnostics.core import Diagnostic, Edit, Label, Problem, Severity
from archc.diagnostics.problems.branches import CannotConcat, MergeMismatch
from archc.diagnostics.problems.names import NotATerm
from archc.diagnostics.problems.parameters import BadArgument, WrongType
from archc.resolve import Module
from archc.support.record import replace
from archc.syntax import tree
from archc.syntax.unparse import expression
from archc.syntax.walk import walk


def seen_from(diagnostic: Diagnostic, module: Module, name: str | None) -> Diagnostic:
    """A diagnostic of the member called `name` whose first place is in the file of `module`.

    Its new place is an argument for the other spec, an edit of what it defines, or the line that uses it.
    """
    here = module.source.name
    if diagnostic.severity is not Severity.ERROR:
        return diagnostic
    if diagnostic.span.file == here:
        member = module.members[name] if name is not None else None
        return _exchanged(diagnostic, member) if isinstance(member, tree.Variant) else diagnostic
    labels = [label for label in diagnostic.labels if label.span.file == here]
    frames = [frame.span for frame in diagnostic.frame.trail() if frame.span.file == here] if diagnostic.frame else []
    what = module.members[name] if name is not None else None
    members = what.members if isinstance(what, tree.Variant) else ()
    edits = [m.path_span for m in members if isinstance(m, tree.Replace | tree.Insert)]
    if labels:
        first = labels[0]
    elif edits:
        first = Label(edits[0], "this edit is part of it")
        diagnostic = _of_edit(diagnostic)
        labels = [Label(span, "so is this") for span in edits[1:]]
    elif frames:
        first = Label(frames[-1], "this is expanded")
    elif isinstance(what, tree.Variant):
        passed = _passed(diagnostic.problem, what)
        first = Label(passed.span, "this is passed for it") if passed else Label(what.base.span, "it is built on this")
    else:
        return diagnostic
    there = Label(diagnostic.span, diagnostic.problem.label() or "it goes wrong here")
    others = tuple(label for label in (*labels, *diagnostic.labels) if label is not first)
    moved = replace(diagnostic, span=first.span, said=first.text, labels=(there, *dict.fromkeys(others)))
    if not isinstance(what, tree.Variant):
        return moved
    return _exchanged(_without_quotes(_with_brackets(moved, what), what), what)


def _without_quotes(diagnostic: Diagnostic, variant: tree.Variant) -> Diagnostic:
    """If a block or number was passed as a text, the value without its quotes."""
    problem = diagnostic.problem
    values = (n for argument in variant.arguments or () for n, _ in walk(argument.value))
    value = next((n for n in values if n.span == diagnostic.span and isinstance(n, tree.Literal_)), None)
    if not isinstance(problem, NotATerm | WrongType) or value is None or not isinstance(value.value, str):
        return diagnostic
    plain = value.value
    if isinstance(problem, NotATerm) and plain.isidentifier():
        advice = f"a block is passed by its name, without quotes: `{plain}`"
    elif isinstance(problem, WrongType) and plain.isdecimal():
        advice = f"a number has no quotes: `{plain}`"
    else:
        return diagnostic
    return replace(diagnostic, problem=replace(problem, advice=advice), edits=(Edit(value.span, plain),))


def _exchanged(diagnostic: Diagnostic, variant: tree.Variant) -> Diagnostic:
    """If a list was passed for a block and a block for the list, the two exchanged."""
    problem, arguments = diagnostic.problem, variant.arguments or ()
    if not isinstance(problem, WrongType | NotATerm) or problem.knows() or len(arguments) < 2:
        return diagnostic
    first, second = (a.value for a in arguments[:2])
    is_value = isinstance(first, tree.Sequence | tree.Literal_)
    if not is_value or not isinstance(second, tree.Name) or not second.name[0].isupper() or arguments[0].name:
        return diagnostic
    text = f"{expression(second)}, {expression(first)}"
    whole = first.span.to(second.span)
    advised = replace(problem, advice=f"the block comes first: `{text}`")
    there = (Label(diagnostic.span, "it goes wrong here"),) if diagnostic.span.file == whole.file else ()
    labels = (*there, *(label for label in diagnostic.labels if label.span != whole))
    said = "these two are in the wrong order"
    return replace(diagnostic, problem=advised, span=whole, said=said, labels=labels, edits=(Edit(whole, text),))


def _passed(problem: Problem, variant: tree.Variant) -> tree.Literal_ | None:
    """The only value among a variant's arguments that a problem can be about."""
    if not isinstance(problem, WrongType | BadArgument):
        return None
    said = problem.message()
    values = (
        n for argument in variant.arguments or () for n, _ in walk(argument.value) if isinstance(n, tree.Literal_)
    )
    found = [value for value in values if isinstance(value.value, str) and f'the string "{value.value}"' in said]
    return found[0] if len(found) == 1 else None


def _of_edit(diagnostic: Diagnostic) -> Diagnostic:
    """If tensors no longer fit after an edit: the repair is in what it inserts."""
    problem = diagnostic.problem
    if not isinstance(problem, MergeMismatch | CannotConcat) or problem.knows():
        return diagnostic
    advice = "what a `replace` puts in has only the stride and channels that it says: give it those of what was there"
    return replace(diagnostic, problem=replace(problem, advice=advice))


def _with_brackets(diagnostic: Diagnostic, variant: tree.Variant) -> Diagnostic:
    """If numbers were passed instead of a list, the list of them."""
    problem = diagnostic.problem
    arguments = variant.arguments or ()
    at = next((i for i, a in enumerate(arguments) if a.value.span == diagnostic.span), None)
    if not isinstance(problem, WrongType) or problem.wanted != "a list" or at is None:
        return diagnostic
    last = at
    while last + 1 < len(arguments) and _is_number(arguments[last + 1]):
        last += 1
    text = f"[{', '.join(expression(a.value) for a in arguments[at : last + 1])}]"
    edits = (Edit(arguments[at].value.span.to(arguments[last].value.span), text),)
    return replace(diagnostic, problem=replace(problem, advice=f"a list has brackets: `{text}`"), edits=edits)


def _is_number(argument: tree.Argument) -> bool:
    return argument.name is None and isinstance(argument.value, tree.Literal_) and type(argument.value.value) is int
