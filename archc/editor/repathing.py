"""The paths of renamed modules in edits: `freeze cell1.0`, `replace "cell*.conv": …`.

A path that consists of labels is bound to them. A pattern, or a path that names a module by its block, is judged by the
modules that it matches: those of the unedited model, or for `freeze` those of the edited one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archc.analysis.repair.edits import applied
from archc.diagnostics.core import Edit
from archc.diagnostics.source import Span
from archc.editor.analysis import Analysis
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.elaborate.edits import matching
from archc.ir.network import Network
from archc.support.record import Record
from archc.syntax import tree

_MOST_NAMED = 8
"""The maximum number of modules that are named one by one instead of by a pattern."""
_PLAIN = re.compile(r"[A-Za-z_*][\w*\[\]-]*(\.([A-Za-z_*\[][\w*\[\]-]*|\d+|\*))*")
"""A path that needs no quotes."""
_SEEN = re.compile(r"\S")
_Kinds = tuple[type[tree.Tree], ...]
_STRUCTURAL: _Kinds = (tree.Replace, tree.Insert, tree.Truncate, tree.Remove, tree.Levels)


class EditedPath(Record):
    """A path in an edit, its real place, and whether it may be one of several."""

    span: Span
    path: str
    listed: bool


Modules = dict[str, str]
"""The names of modules before and after, the outermost first."""


def repathed(
    space: Workspace, views: Sequence[View], edits: tuple[Edit, ...], swap: tuple[str, str]
) -> tuple[Edit, ...]:
    """Edits that rename modules, with those that adapt paths. A path for which nothing fits is not changed.

    `swap` is the changed part of the names of modules, before and after.
    """
    for about, without in ((_STRUCTURAL, (*_STRUCTURAL, tree.Freeze)), ((tree.Freeze,), (tree.Freeze,))):
        before, after = _Plain(space, without), _Plain(changed(space, edits), without)
        meant: dict[EditedPath, list[Modules]] = {}
        for view in views:
            for member, paths in _paths(view, about):
                modules = _modules(before.network(view.name, member), after.network(view.name, member))
                for path in paths if modules else ():
                    meant.setdefault(path, []).append(modules)
        for path, found in meant.items():
            edits = _put(edits, path, found, swap)
    return edits


def changed(space: Workspace, edits: Sequence[Edit]) -> Workspace:
    """A copy of a workspace with edits made."""
    copy = Workspace(space.limits, space.folders, dict(space.open))
    for file in {edit.span.file for edit in edits}:
        copy.put(file, applied(space.words(file), [e for e in edits if e.span.file == file]))
    return copy


def _paths(view: View, about: _Kinds) -> Iterator[tuple[str, list[EditedPath]]]:
    """Each member, with the paths in its edits."""
    files = view.analysis.library.resolved.modules.values()
    variants = [d for each in files for d in each.file.declarations if isinstance(d, tree.Variant)]
    for member in view.analysis.members:
        if member is not None:
            edits = [m for d in variants if view.leads(member, d) for m in d.members if isinstance(m, about)]
            paths = [path for edit in edits for path in _written(view, edit)]
            if paths:
                yield member, paths


def _written(view: View, edit: tree.Tree) -> Iterator[EditedPath]:
    match edit:
        case tree.Replace() | tree.Insert() | tree.Truncate():
            found = [(edit.path, edit.path_span)]
        case tree.Remove() | tree.Levels() | tree.Freeze():
            found = [(path.name, path.span) for path in edit.paths]
        case _:
            found = []
    for path, span in found:
        if (real := view.outside(span)) is not None:
            yield EditedPath(real, path, isinstance(edit, tree.Remove | tree.Levels | tree.Freeze))


class _Plain:
    """Specs without some kinds of edits, and their networks."""

    def __init__(self, space: Workspace, without: _Kinds) -> None:
        self._space, self._without = space, (*without, tree.Expect)
        self._known: dict[str, Analysis] = {}

    def network(self, file: str, member: str) -> Network | None:
        """The network of a member of a file; None if it has errors."""
        if file not in self._known:
            self._known[file] = self._analysed(file)
        analysis = self._known[file]
        network = analysis.check(member).network if member in analysis.members else None
        return network if network is not None and not network.partial else None

    def _analysed(self, file: str) -> Analysis:
        blank = Workspace(self._space.limits, self._space.folders, dict(self._space.open))
        as_it_is = self._space.analysis(file)
        for name, module in as_it_is.library.resolved.modules.items():
            text = self._space.words(name)
            variants = [d for d in module.file.declarations if isinstance(d, tree.Variant)]
            for left_out in (m for d in variants for m in d.members if isinstance(m, self._without)):
                if (span := as_it_is.outside(left_out.span)) is not None:
                    text = text[: span.start] + _SEEN.sub(" ", text[span.start : span.end]) + text[span.end :]
            blank.put(name, text)
        return blank.analysis(file)


def _modules(before: Network | None, after: Network | None) -> Modules:
    """The names of the modules before and after; empty if the networks differ in more than names."""
    if before is None or after is None:
        return {}
    old, new = ([*(s.path for s in n.scopes), *(node.path for node in n.nodes)] for n in (before, after))
    return {one: other for one, other in zip(old, new, strict=True) if one} if len(old) == len(new) else {}


def _put(edits: tuple[Edit, ...], path: EditedPath, found: list[Modules], swap: tuple[str, str]) -> tuple[Edit, ...]:
    """Add the new form of a path to the edits; it must fit in all members."""
    inside = [e for e in edits if e.span.file == path.span.file and path.span.start <= e.span.start < path.span.end]
    others = tuple(e for e in edits if e not in inside)
    quote = (path.span.end - path.span.start - len(path.path)) // 2
    offset = path.span.start + quote
    moved = [Edit(Span(e.span.file, e.span.start - offset, e.span.end - offset), e.text) for e in inside]
    now = applied(path.path, moved)
    for paths in _candidates(now, path, found, swap):
        if all(_fits(paths, path.path, modules) for modules in found):
            text = ", ".join(f'"{each}"' if quote or not _PLAIN.fullmatch(each) else each for each in paths)
            return edits if paths == [now] else tuple(sorted((*others, Edit(path.span, text)), key=lambda e: e.span))
    return edits


def _fits(paths: list[str], path: str, modules: Modules) -> bool:
    """Whether new paths match exactly the modules that the old path matches, and each path at least one."""
    after = dict.fromkeys(modules.values())
    means = [matching(each, after) for each in paths]
    wanted = {modules[module] for module in matching(path, modules)}
    return bool(paths) and all(means) and {module for some in means for module in some} == wanted


def _candidates(now: str, path: EditedPath, found: list[Modules], swap: tuple[str, str]) -> Iterator[list[str]]:
    """Candidates to replace a path, simplest first."""
    yield [now]
    yield [re.sub(rf"{re.escape(swap[0])}(?=[\W\d_]|$)", lambda _: swap[1], path.path)]
    meant = dict.fromkeys(modules[each] for modules in found for each in matching(path.path, modules))
    if len(meant) == 1:
        yield list(meant)
    if path.listed and len(meant) <= _MOST_NAMED:
        kept = {each for modules in found for each in matching(now, dict.fromkeys(modules.values()))}
        yield [now, *(each for each in meant if each not in kept)]
        yield list(meant)
