"""An error inside a spec that another one uses, as whoever wrote that one sees it."""

from __future__ import annotations

from archc.diagnostics import Diagnostic, Edit, Label, Severity
from archc.problems.parameters import WrongType
from archc.record import replace
from archc.resolve.files import Module
from archc.syntax import tree
from archc.syntax.write import expression


def seen_from(diagnostic: Diagnostic, module: Module, name: str | None) -> Diagnostic:
    """A diagnostic of the member called `name` with its first place in the file of `module`.

    That is what was passed to the other spec, an edit of what it defines, or the line that uses it.
    """
    here = module.source.name
    if diagnostic.span.file == here or diagnostic.severity is not Severity.ERROR:
        return diagnostic
    labels = [label for label in diagnostic.labels if label.span.file == here]
    frames = [frame.span for frame in diagnostic.frame.trail() if frame.span.file == here] if diagnostic.frame else []
    what = module.members[name] if name is not None else None
    members = what.members if isinstance(what, tree.Variant) else ()
    edits = [m.path_span for m in members if isinstance(m, tree.Replace | tree.Insert)]
    if labels:
        first = labels[0]
    elif edits:
        first = Label(edits[0], "this edit is part of it")
        labels = [Label(span, "so is this") for span in edits[1:]]
    elif frames:
        first = Label(frames[-1], "this is expanded")
    elif isinstance(what, tree.Variant):
        first = Label(what.base.span, "it is built on this")
    else:
        return diagnostic
    there = Label(diagnostic.span, diagnostic.problem.label() or "it goes wrong here")
    others = tuple(label for label in (*labels, *diagnostic.labels) if label is not first)
    moved = replace(diagnostic, span=first.span, said=first.text, labels=(there, *dict.fromkeys(others)))
    return _with_brackets(moved, what) if isinstance(what, tree.Variant) else moved


def _with_brackets(diagnostic: Diagnostic, variant: tree.Variant) -> Diagnostic:
    """Where numbers were passed for a list, with the list that they are."""
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
