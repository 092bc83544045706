"""Edits of a finished model: the modules that a variant's `replace`, `remove`, `insert` and `truncate` refer to.

A model is expanded twice. The first expansion is without edits and gives every module its path. The second one is by an
`Editor`, which knows the path of the module that a term is about to make, and applies the edits to it. So an edited
network is expanded, checked and named like any other, and no finished graph is patched.

Modules that an edit does not touch keep their names, even if names are positions and an earlier module is removed, so
that their weights still fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase

from archc.diagnostics.core import Edit, Label, Reporter
from archc.diagnostics.problems.edits import EditedTwice, PutInByEdit, TouchesOneOfMany
from archc.diagnostics.source import Span
from archc.elaborate.draft import Draft, NodeDraft
from archc.elaborate.values import DefinitionRef
from archc.ir.op import Op
from archc.ir.paths import outer_names
from archc.support.record import Record, Struct, field
from archc.syntax import tree

Structural = tree.Replace | tree.Remove | tree.Insert | tree.Truncate | tree.Levels


class PlacedEdit(Record):
    """An edit with the variant that contains it, whose file resolves the names in its chain."""

    edit: tree.Edit
    variant: DefinitionRef


class EditPlan(Struct):
    """The fate of one module: kept, replaced or removed, and what is inserted after it."""

    instead: tuple[tree.Replace | tree.Remove, PlacedEdit] | None = None
    replaced: Op | None = None
    """The replaced layer, if the language inserts another one before it, which remains."""
    after: list[tuple[tree.Insert, PlacedEdit]] = field(default_factory=list)
    cut: tree.Truncate | None = None
    level: tree.Levels | None = None
    """The edit that makes its output one of the network's."""

    def edits(self) -> Iterator[Structural]:
        """All edits in it."""
        if self.instead:
            yield self.instead[0]
        yield from (insert for insert, _ in self.after)
        if self.cut:
            yield self.cut
        if self.level:
            yield self.level


class Edits(Record):
    """All edits of a model, by the path of the module.

    `levels`: the modules whose outputs are the network's, in order.
    """

    plans: Mapping[str, EditPlan]
    levels: tuple[str, ...] = ()

    def below(self, path: str) -> Iterator[tuple[str, EditPlan]]:
        """The plans for modules inside a module."""
        start = f"{path}."
        return ((p.removeprefix(start), plan) for p, plan in self.plans.items() if p.startswith(start))


# -- the edited modules -----------------------------------------------------------------------------------------------


def given_edits(lineage: tuple[DefinitionRef, ...]) -> tuple[PlacedEdit, ...]:
    """The edits of a variant and of its base variants, in order of application."""
    variants = [d for d in reversed(lineage) if isinstance(d.tree, tree.Variant)]
    return tuple(
        PlacedEdit(m, d)
        for d in variants
        if isinstance(d.tree, tree.Variant)
        for m in d.tree.members
        if isinstance(m, tree.Edit)
    )


def planned(draft: Draft, given: tuple[PlacedEdit, ...], reporter: Reporter, root: Span) -> Edits:
    """Resolve structural edits in the unedited model. Wrong paths are reported."""
    modules = {m.path: m for s in draft.scopes for m in (s, *s.children) if m.path}
    plans: dict[str, EditPlan] = {}
    meant: list[tuple[str, Span, list[str]]] = []
    returned: PlacedEdit | None = None
    levels: list[str] = []
    for one in given:
        if isinstance(one.edit, tree.Freeze):
            continue
        if isinstance(one.edit, tree.Levels):
            if returned is not None and returned.variant is one.variant:
                there = Label(returned.edit.span, "it is changed here first")
                reporter.add(EditedTwice(path="return", returned=True), one.edit.span, labels=(there,))
            for path in levels:  # what the previous variant returned
                plans[path].level = None
            returned, levels = one, []
        for path, span in _paths(one.edit):
            found = matching(path, modules)
            if not found and (putter := _putter(path, plans)) is not None:
                labels = (Label(putter.span, "it is put in here"),)
                reporter.add(PutInByEdit(path=path), span, labels=labels)
            elif not found:
                unknown(path, span, modules, reporter, root)
            meant.append((path, span, found))
            if isinstance(one.edit, tree.Levels):
                if found and {*found} <= {*levels}:
                    reporter.add(EditedTwice(path=path, returned=True), span)
                levels += [module for module in found if module not in levels]
            for module in found:
                _add(plans, module, one, span, reporter)
                layer = modules[module]
                plans[module].replaced = layer.op if isinstance(layer, NodeDraft) else None
    for path, span, found in meant:
        _note_others(path, span, found, plans, draft, reporter)
    return Edits(plans, tuple(levels))


def report_lost(
    draft: Draft, given: tuple[PlacedEdit, ...], lost: Collection[Span], reporter: Reporter, root: Span
) -> None:
    """Report the paths that cannot be modules of a model with errors, to which edits are not applied."""
    modules = {m.path: m for s in draft.scopes for m in (s, *s.children) if m.path}
    for one in given:
        for path, span in _paths(one.edit):
            if span in lost:
                unknown(path, span, modules, reporter, root)


def _paths(edit: tree.Edit) -> tuple[tuple[str, Span], ...]:
    if isinstance(edit, tree.Remove | tree.Levels | tree.Freeze):
        return tuple((p.name, p.span) for p in edit.paths)
    return ((edit.path, edit.path_span),)


def matching(pattern: str, modules: Mapping[str, object]) -> list[str]:
    """The modules that a path or pattern matches, without those inside other matches."""
    if pattern in modules:
        return [pattern]
    hits = [m for m in modules if fnmatchcase(m, pattern)]
    found = set(hits)
    return [h for h in hits if not any(h[:i] in found for i, c in enumerate(h) if c == ".")]


def _putter(path: str, plans: Mapping[str, EditPlan]) -> tree.Replace | tree.Insert | None:
    """The edit that inserts a module, recognised by its label or by the path of the replaced module."""
    for where, plan in plans.items():
        around = where.rpartition(".")[0]
        for edit in plan.edits():
            if not isinstance(edit, tree.Replace | tree.Insert):
                continue
            labels = [getattr(term, "label", None) for term in edit.chain.terms[:1]]
            texts = [label.text for label in labels if label is not None]
            names = [f"{around}.{t.value}".lstrip(".") for t in texts if isinstance(t, tree.Literal_)]
            inside = [where] if isinstance(edit, tree.Replace) else []
            if path in names or any(path.startswith(f"{name}.") for name in (*names, *inside)):
                return edit
    return None


def unknown(
    path: str, span: Span, modules: Mapping[str, object], reporter: Reporter, root: Span, *, several: bool = False
) -> None:
    """Report a path without a module; `several`: a pattern is allowed."""
    labels = (Label(root, "the modules are those of this model"),)
    from archc.diagnostics.words.modules import unknown_module

    problem = unknown_module(path, tuple(modules), several=several)
    edits = (Edit(span, problem.instead),) if problem.instead else ()
    reporter.add(problem, span, labels=labels, edits=edits)


def _add(plans: dict[str, EditPlan], path: str, one: PlacedEdit, span: Span, reporter: Reporter) -> None:
    plan = plans.setdefault(path, EditPlan())
    match one.edit:
        case tree.Replace() | tree.Remove():
            if plan.instead and plan.instead[1].variant is one.variant:
                there = Label(plan.instead[0].span, "it is changed here first")
                reporter.add(EditedTwice(path=path), span, labels=(there,))
            # Edits of earlier variants inside it have no effect, unless the network ends there.
            for other in [p for p in plans if p.startswith(f"{path}.")]:
                ends = plans[other].cut is not None or plans[other].level is not None
                if not ends and all(g.variant is not one.variant for g in _givens(plans[other])):
                    del plans[other]
            plan.instead = (one.edit, one)
        case tree.Insert():
            plan.after.append((one.edit, one))
        case tree.Truncate():
            plan.cut = one.edit
        case tree.Levels():
            plan.level = one.edit
        case _:
            pass


def _givens(plan: EditPlan) -> list[PlacedEdit]:
    return [*([plan.instead[1]] if plan.instead else []), *(g for _, g in plan.after)]


def _note_others(
    path: str, span: Span, found: list[str], plans: Mapping[str, EditPlan], draft: Draft, reporter: Reporter
) -> None:
    """Note if the edits together change only some of the modules that come from one text of the spec."""
    scopes = {s.path: s for s in draft.scopes}
    for module in found:
        around = outer_names(module)
        scope = next((scopes[path] for path in reversed(("", *around)) if path in scopes), None)
        while scope is not None and scope.kind != "block":
            scope = scope.parent
        if scope is None:
            continue
        alike = [s for s in draft.scopes if s.definition == scope.definition and s.shared is None]
        inside = module.removeprefix(scope.path)
        touched = [s for s in alike if f"{s.path}{inside}" in plans]
        if len(touched) < len(alike):
            names = ", ".join(s.path for s in touched[:3]) + (", …" if len(touched) > 3 else "")
            problem = TouchesOneOfMany(
                path=path, block=str(scope.definition), touched=names, some=len(touched), all=len(alike)
            )
            reporter.add(problem, span, labels=(Label(scope.span, f"`{scope.definition}` is called here"),))
            return
