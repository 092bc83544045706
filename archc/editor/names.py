"""Where names are defined and used, and giving them others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from archc.analysis.repair.edits import applied
from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.editor.data import NameUse, NotPossible
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.elaborate.expressions import BUILTINS
from archc.ops import lookup
from archc.resolve import Definition, Symbols
from archc.resolve.naming import can_be_label, is_reserved
from archc.support.record import Record
from archc.syntax import tree
from archc.zoo import SHIPPED, SpecError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FIXED = {"layer": "a layer of the language", "builtin": "a function of the language", "incoming": "a keyword",
          "fact": "what archc reads", "lost": "not defined"}  # fmt: skip


def definition(view: View, offset: int) -> Span | None:
    """Where the name at an offset is defined, or the file that an import names begins."""
    found = view.named(offset)
    if found is not None:
        where = found[1].span
        return view.outside(where) if where is not None else None
    for node in view.around(offset):
        if isinstance(node, tree.Import):
            target = view.analysis.module.imports.get(node)
            if target is not None and node.path.span.start <= view.inside(offset) <= node.path.span.end:
                return Span(target.source.name, 0, 0)
    return None


def highlights(view: View, offset: int) -> tuple[NameUse, ...]:
    """Where in its file the name at an offset is defined and used."""
    found = view.named(offset)
    if found is None:
        return ()
    marks = {}
    for span, writes in _places(view.symbols, _same(view.symbols, found[1])):
        real = view.outside(span) if span.file == view.name else None
        if real is not None:
            marks[real] = writes
    return tuple(NameUse(span, writes) for span, writes in sorted(marks.items()))


def references(views: Sequence[View], view: View, offset: int, *, defining: bool = True) -> tuple[Span, ...]:
    """Where the name at an offset is used, in all files of the views; with `defining` where it is defined too."""
    found = view.named(offset)
    if found is None:
        return ()
    spans = dict.fromkeys(_everywhere(views, view, found[1], defining=defining))
    return tuple(sorted(spans))


def _everywhere(views: Iterable[View], view: View, wanted: Definition, *, defining: bool = True) -> Iterator[Span]:
    for each in {id(v): v for v in (view, *views)}.values():
        for definition_ in _found_again(each.symbols, wanted):
            for span, _ in _places(each.symbols, (definition_,), defining=defining):
                if (real := each.outside(span)) is not None:
                    yield real


def _found_again(symbols: Symbols, wanted: Definition) -> list[Definition]:
    """The same definition in another table: that of its place, or the language's own of its name."""
    if wanted.span is None:
        return [d for d in symbols.definitions if d.span is None and (d.kind, d.name) == (wanted.kind, wanted.name)]
    return [d for d in symbols.definitions if d.span == wanted.span and d.kind == wanted.kind]


def _same(symbols: Symbols, wanted: Definition) -> tuple[Definition, ...]:
    """A definition, and for a label those that the same paths may mean."""
    if wanted.kind != "module":
        return (wanted,)
    found, waiting = {wanted: None}, [wanted]
    spans: dict[Span, list[Definition]] = {}
    for reference in symbols.references:
        if reference.role == "path" and reference.definition is not None:
            spans.setdefault(reference.span, []).append(reference.definition)
    while waiting:
        for use in symbols.references_to(waiting.pop()):
            for other in spans.get(use.span, ()):
                if other not in found:
                    found[other] = None
                    waiting.append(other)
    return tuple(found)


def _places(symbols: Symbols, wanted: Iterable[Definition], *, defining: bool = True) -> Iterator[tuple[Span, bool]]:
    for each in wanted:
        if each.span is not None and defining:
            yield each.span, True
        for use in symbols.references_to(each):
            yield use.span, use.role == "write"


# -- renaming ---------------------------------------------------------------------------------------------------------


class Renaming(Record):
    """The edits that give a name another, and for a label what weights that fit before call the modules: old, new."""

    edits: tuple[Edit, ...]
    keys: tuple[tuple[str, str], ...] = ()


def renamable(view: View, offset: int) -> Span:
    """The place of the name at an offset that can get another. Raises `NotPossible`."""
    span, _ = _to_rename(view, offset)
    return span


def _to_rename(view: View, offset: int) -> tuple[Span, Definition]:
    found = view.named(offset)
    if found is None:
        raise NotPossible("there is no name here")
    span, meant, _ = found
    real = view.outside(span)
    if meant.kind in _FIXED or meant.span is None or real is None:
        raise NotPossible(f"`{meant.name}` is {_FIXED.get(meant.kind, 'not defined in a spec')}")
    if meant.span.file.startswith(f"{SHIPPED}/") and not view.name.startswith(f"{SHIPPED}/"):
        raise NotPossible(f"`{meant.name}` is defined in a shipped spec, {meant.span.file}")
    if meant.kind == "module" and "{" in meant.name:
        raise NotPossible("this label is made of values: change the text in it")
    return real, meant


def rename(workspace: Workspace, views: Sequence[View], view: View, offset: int, new: str) -> Renaming:
    """The name at an offset called `new`, in all files of the views. Raises `NotPossible`, also where meanings change.

    Requires: `views` are those of all specs that may use the file.
    """
    _, meant = _to_rename(view, offset)
    _may_be_called(meant, new)
    spans: dict[Span, None] = {}
    labels = [
        each
        for one in {id(v): v for v in (view, *views)}.values()
        for again in _found_again(one.symbols, meant)
        for each in _same(one.symbols, again)
    ]
    for each in dict.fromkeys(labels):
        spans |= dict.fromkeys(_everywhere(views, view, each))
    edits = tuple(Edit(span, _written(workspace, span, new)) for span in sorted(spans))
    _keep_meanings(workspace, (view, *views), edits)
    keys = dict.fromkeys(_keys(views if view in views else (view, *views), labels, new))
    return Renaming(edits, tuple(keys))


def _may_be_called(meant: Definition, new: str) -> None:
    if meant.kind == "module":
        if not can_be_label(new):
            raise NotPossible(f"`{new}` cannot be a label")
    elif not _NAME.fullmatch(new):
        raise NotPossible(f"`{new}` is not a name: use letters, digits and _, with no digit first")
    elif is_reserved(new) or new == "in":
        raise NotPossible(f"`{new}` is a name that Python or the language keeps for itself")
    elif lookup(new) is not None or new in BUILTINS:
        raise NotPossible(f"`{new}` is what the language calls a layer or function")


def _written(workspace: Workspace, span: Span, new: str) -> str:
    """The new name as it is written at a place: in quotes where the old one was, or where a label is no word."""
    text = workspace.words(span.file)
    labels = text[span.end : span.end + 1] == ":"
    return f'"{new}"' if text[span.start] == '"' or (labels and not new.isidentifier()) else new


def _keep_meanings(workspace: Workspace, views: Sequence[View], edits: Sequence[Edit]) -> None:
    """Make the edits in a copy: nothing more may be wrong, and every name has as many uses as before."""
    files = {edit.span.file for edit in edits}
    copy = Workspace(workspace.limits, workspace.folders, dict(workspace.open))
    for file in files:
        copy.put(file, applied(workspace.words(file), [e for e in edits if e.span.file == file]))
    for view in {id(v): v for v in views}.values():
        if files.isdisjoint(view.analysis.texts):
            continue
        try:
            after = copy.analysis(view.name)
        except SpecError as error:
            raise NotPossible(str(error)) from None
        before = view.analysis
        if after.library.reporter.errors > before.library.reporter.errors or _uses(after.symbols) != _uses(
            before.symbols
        ):
            raise NotPossible("other names would not mean what they do: there is one of this name already")


def _uses(symbols: Symbols) -> list[tuple[str, int]]:
    """How often each definition is used, in order."""
    return [(d.kind, len(symbols.references_to(d))) for d in symbols.definitions if d.span is not None]


def _keys(views: Iterable[View], labels: Sequence[Definition], new: str) -> Iterator[tuple[str, str]]:
    """What the modules of labels are called before and after."""
    spans = {each.node.span for each in labels if each.kind == "module" and each.node is not None}
    for view in views:
        for member in view.analysis.members:
            shown = view.shown(member)
            built = shown.result.built if shown is not None else None
            for network in (built.base, built.network) if built is not None else ():
                if network is None:
                    continue
                paths = [node.path for node in network.nodes if node.span in spans]
                paths += [scope.path for scope in network.scopes if scope.span in spans]
                for path in filter(None, paths):
                    outer, dot, _ = path.rpartition(".")
                    yield path, f"{outer}{dot}{new}"
