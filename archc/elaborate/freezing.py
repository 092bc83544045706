"""The meaning of `freeze` and `unfreeze`: the layers of a named network whose weights are fixed."""

from __future__ import annotations

from archc.diagnostics.core import Label, Reporter
from archc.diagnostics.problems.edits import NothingToFreeze
from archc.diagnostics.problems.names import UnknownName
from archc.diagnostics.source import Span
from archc.diagnostics.words.near import nearest
from archc.elaborate.draft import Draft, NodeDraft
from archc.elaborate.edits import PlacedEdit, matching, unknown
from archc.ir.paths import lies_in, outer_names
from archc.syntax import tree


def freeze(draft: Draft, given: tuple[PlacedEdit, ...], reporter: Reporter, root: Span) -> None:
    """Mark the frozen layers. Edits apply in order, so that those of the variant itself take precedence.

    Requires: the modules are named, and structural edits have been applied. Ensures: every path without a match is
    reported.
    """
    modules = {m.path: m for s in draft.scopes for m in (s, *s.children) if m.path}
    for within, module in tuple(modules.items()):  # a group that `return` writes inline names its modules
        for around in outer_names(within):
            modules.setdefault(around, module)
    stateful = [n for n in draft.nodes if n.stateful]
    for one in given:
        edit = one.edit
        if not isinstance(edit, tree.Freeze):
            continue
        if edit.kind is not None:
            _of_kind(edit.kind, stateful, reporter, root, frozen=not edit.thaws)
            continue
        named: set[str] = set()
        for path in edit.paths:
            found = matching(path.name, modules)
            if not found:
                unknown(path.name, path.span, modules, reporter, root, several=True)
            elif not any(_inside(n.path, found) for n in stateful):
                labels = (Label(modules[found[0]].span, "it is made here"),)
                reporter.add(NothingToFreeze(path=path.name), path.span, labels=labels)
            named.update(found)
        for node in stateful:
            if _inside(node.path, named) is not edit.all:
                node.frozen = not edit.thaws


def _of_kind(kind: tree.Name, stateful: list[NodeDraft], reporter: Reporter, root: Span, *, frozen: bool) -> None:
    """Mark all layers of a kind; a kind that does not occur is reported."""
    names = {name: type(n.op) for n in stateful for name in (n.op.kind(), *n.op.aliases)}
    if kind.name not in names:
        labels = (Label(root, "the layers are those of this model"),)
        what = "layer with weights in it called"
        reporter.add(
            UnknownName(name=kind.name, what=what, nearest=nearest(kind.name, names)), kind.span, labels=labels
        )
    for node in stateful:
        if type(node.op) is names.get(kind.name):
            node.frozen = frozen


def _inside(path: str, modules: set[str] | list[str]) -> bool:
    """Whether a path is that of one of the modules, or inside one."""
    return any(lies_in(path, m) for m in modules)
