"""Quick fixes: the suggestions of diagnostics, and repairs found by search."""

from __future__ import annotations

from collections.abc import Iterator

from archc.analysis.repair.edits import with_lines
from archc.analysis.repair.search import with_repairs
from archc.diagnostics.core import Diagnostic, Edit, Severity
from archc.diagnostics.problems.catalogue import catalogue
from archc.diagnostics.source import Source, Span
from archc.editor.data import Action
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.pipeline import check
from archc.support.record import replace
from archc.syntax import tree


def fixes(workspace: Workspace, view: View, first: int, last: int, *, search: bool = True) -> tuple[Action, ...]:
    """The quick fixes of the diagnostics between two offsets.

    `search` tries small changes for the errors, which takes a few tenths of a second.
    """
    found: dict[tuple[Edit, ...], Action] = {}
    here = [
        d for d in view.analysis.diagnostics(workspace.earlier(view.name))
        if d.span.file == view.name and d.span.start <= last and first <= d.span.end
    ]  # fmt: skip
    for diagnostic in here:
        for action in _suggested(view, diagnostic):
            found.setdefault(action.edits, action)
    errors = [d for d in here if d.severity is Severity.ERROR]
    if search and errors:
        repairs = tuple(_searched(workspace, view, errors))
        mended = {(action.code, action.span) for action in repairs}  # these take the place of a guess, as in `check`
        found = {edits: action for edits, action in found.items() if (action.code, action.span) not in mended}
        for action in repairs:
            found.setdefault(action.edits, action)
    for diagnostic in here:
        if catalogue()[diagnostic.code].severity is not Severity.ERROR:
            allowed = _allow(view, diagnostic)
            found.setdefault(allowed.edits, allowed)
    return tuple(found.values())


def _suggested(view: View, diagnostic: Diagnostic) -> Iterator[Action]:
    if diagnostic.edits:
        sure = all(edit.safe for edit in diagnostic.edits)
        edits = _literal(view, diagnostic.edits)
        yield Action(titled(view.source, diagnostic.edits), edits, diagnostic.code, diagnostic.span, sure)


def _searched(workspace: Workspace, view: View, errors: list[Diagnostic]) -> Iterator[Action]:
    """Repairs of errors, searched for in the member that reports them."""
    source = view.source
    member = view.member_at(errors[0].span.start)
    checked = check(source, workspace.load, member)
    wanted = {(d.code, d.span) for d in errors}
    told = with_repairs(checked, source, workspace.load, member, only=wanted)
    for diagnostic in told.diagnostics:
        if (diagnostic.code, diagnostic.span) in wanted:
            for repair in diagnostic.repairs:
                if all(edit.span.file == view.name for edit in repair):
                    yield Action(titled(source, repair), _literal(view, repair), diagnostic.code, diagnostic.span)


def _literal(view: View, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Edits for an editor, which also remove lines that a deletion empties."""
    made = []
    for edit in edits:
        text = view.analysis.texts[edit.span.file].real.text
        made.append(replace(edit, span=Span(edit.span.file, *with_lines(text, edit))))
    return tuple(made)


def titled(source: Source, edits: tuple[Edit, ...]) -> str:
    """A short description of edits."""
    first = edits[0]
    old, new = (_short(text) for text in (source.snippet(first.span), first.text))
    more = f" and {len(edits) - 1} more" if len(edits) > 1 else ""
    if not old:
        return f"insert `{new}`{more}"
    return f"write `{new}` for `{old}`{more}" if new else f"remove `{old}`{more}"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 40 else f"{words[:39]}…"


def _allow(view: View, diagnostic: Diagnostic) -> Action:
    """The action that adds `allow CODE` before the first declaration, or to the codes that are allowed there."""
    declarations = view.analysis.module.file.declarations
    for each in declarations:
        if isinstance(each, tree.Allow) and each.span.file == view.name:
            end = view.outside(each.span)
            if end is not None:
                edit = Edit(Span(view.name, end.end, end.end), f", {diagnostic.code}")
                return Action(f"allow {diagnostic.code} in this file", (edit,), diagnostic.code, diagnostic.span)
    first = view.outside(declarations[0].span) if declarations else None
    at = first.start if first is not None else 0
    edit = Edit(Span(view.name, at, at), f"allow {diagnostic.code}\n\n")
    return Action(f"allow {diagnostic.code} in this file", (edit,), diagnostic.code, diagnostic.span)
