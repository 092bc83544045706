"""Edits of a finished model: what a variant's `replace`, `remove`, `insert` and `truncate` mean.

A model is expanded twice. The first time as it is, which gives every module its path. The second time by an `Editor`,
which knows the path of the module that a term is about to make and does something else where an edit says so. So an
edited network is expanded, checked and named like any other, and nothing patches a finished graph.

What an edit does not touch keeps its name, even where names are positions and one before it is gone: its weights still
fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from archc.diagnostics import Edit, Label, Reporter
from archc.elaborate.bodies import Expander, Outcome
from archc.elaborate.calls import Refs, incoming_named
from archc.elaborate.draft import Draft, NodeDraft, ScopeDraft
from archc.elaborate.environment import Env
from archc.elaborate.layers import FAILED, Named, Placed
from archc.elaborate.state import Site, State
from archc.elaborate.values import Bound, Defined, Kind
from archc.network.network import Bind, Chain, Group, Result, Statement
from archc.problems.edits import EditedTwice, LostEdit, NotCuttable, PutInByEdit, TouchesOneOfMany
from archc.record import Record, Struct, field, replace
from archc.source import Frame, Span
from archc.syntax import tree

Structural = tree.Replace | tree.Remove | tree.Insert | tree.Truncate


class Given(Record):
    """An edit with the place of the names in its chain, and the variant that it stands in."""

    edit: tree.Edit
    variant: Defined


class Plan(Struct):
    """What becomes of one module: itself, something else or nothing, and what comes after it."""

    instead: tuple[tree.Replace | tree.Remove, Given] | None = None
    after: list[tuple[tree.Insert, Given]] = field(default_factory=list)
    cut: tree.Truncate | None = None

    def edits(self) -> Iterator[Structural]:
        """All edits in it."""
        if self.instead:
            yield self.instead[0]
        yield from (insert for insert, _ in self.after)
        if self.cut:
            yield self.cut


class Edits(Record):
    """All that is to be done to a model.

    `names`: the names of the children of each of its scopes, by the scope's path. `plans`: by the path of a module.
    """

    names: Mapping[str, tuple[str, ...]]
    plans: Mapping[str, Plan]

    def below(self, path: str) -> Iterator[tuple[str, Plan]]:
        """The plans for what lies inside a module."""
        start = f"{path}."
        return ((p.removeprefix(start), plan) for p, plan in self.plans.items() if p.startswith(start))


# -- which modules are meant ------------------------------------------------------------------------------------------


def given_edits(lineage: tuple[Defined, ...]) -> tuple[Given, ...]:
    """The edits of a variant and of those it builds on, in the order in which they happen."""
    variants = [d for d in reversed(lineage) if isinstance(d.tree, tree.Variant)]
    return tuple(
        Given(m, d)
        for d in variants
        if isinstance(d.tree, tree.Variant)
        for m in d.tree.members
        if isinstance(m, tree.Edit)
    )


def planned(draft: Draft, given: tuple[Given, ...], reporter: Reporter, root: Span) -> Edits:
    """The edits of structure, resolved against the model as it is without them. Wrong paths are reported."""
    modules = {m.path: m for s in draft.scopes for m in (s, *s.children) if m.path}
    names = {s.path: tuple(_name(s, c) for c in s.children if not _is_implicit(c)) for s in draft.scopes}
    plans: dict[str, Plan] = {}
    meant: list[tuple[str, Span, list[str]]] = []
    for one in given:
        if isinstance(one.edit, tree.Freeze):
            continue
        for path, span in _paths(one.edit):
            found = matching(path, modules)
            if not found and (putter := _putter(path, plans)) is not None:
                labels = (Label(putter.span, "it is put in here"),)
                reporter.add(PutInByEdit(path=path), span, labels=labels)
            elif not found:
                unknown(path, span, modules, reporter, root)
            meant.append((path, span, found))
            for module in found:
                _add(plans, module, one, span, reporter)
    for path, span, found in meant:
        _note_others(path, span, found, plans, draft, reporter)
    return Edits(names, plans)


def _paths(edit: Structural) -> tuple[tuple[str, Span], ...]:
    if isinstance(edit, tree.Remove):
        return tuple((p.name, p.span) for p in edit.paths)
    return ((edit.path, edit.path_span),)


def matching(pattern: str, modules: Mapping[str, object]) -> list[str]:
    """The paths that a path or pattern means, without those inside others that it means."""
    if pattern in modules:
        return [pattern]
    hits = [m for m in modules if fnmatchcase(m, pattern)]
    found = set(hits)
    return [h for h in hits if not any(h[:i] in found for i, c in enumerate(h) if c == ".")]


def _putter(path: str, plans: Mapping[str, Plan]) -> tree.Replace | tree.Insert | None:
    """The edit that puts a module in, as far as its label or what it replaces says so."""
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


def unknown(path: str, span: Span, modules: Mapping[str, object], reporter: Reporter, root: Span) -> None:
    """Report a path that means no module."""
    labels = (Label(root, "the modules are those of this model"),)
    from archc.words.unknown import unknown_module

    problem = unknown_module(path, modules)
    edits = (Edit(span, problem.instead),) if problem.instead else ()
    reporter.add(problem, span, labels=labels, edits=edits)


def _add(plans: dict[str, Plan], path: str, one: Given, span: Span, reporter: Reporter) -> None:
    plan = plans.setdefault(path, Plan())
    match one.edit:
        case tree.Replace() | tree.Remove():
            if plan.instead and plan.instead[1].variant is one.variant:
                there = Label(plan.instead[0].span, "it is changed here first")
                reporter.add(EditedTwice(path=path), span, labels=(there,))
            inside = [p for p in plans if p.startswith(f"{path}.")]
            for other in inside:  # what an earlier variant did in there is gone with it
                if all(g.variant is not one.variant for g in _givens(plans[other])):
                    del plans[other]
            plan.instead = (one.edit, one)
        case tree.Insert():
            plan.after.append((one.edit, one))
        case tree.Truncate():
            plan.cut = one.edit
        case _:
            pass


def _givens(plan: Plan) -> list[Given]:
    return [*([plan.instead[1]] if plan.instead else []), *(g for _, g in plan.after)]


def _note_others(
    path: str, span: Span, found: list[str], plans: Mapping[str, Plan], draft: Draft, reporter: Reporter
) -> None:
    """Say so where only some of the modules that one text of the spec makes are changed, by all edits together."""
    scopes = {s.path: s for s in draft.scopes}
    for module in found:
        scope = scopes.get(module.rpartition(".")[0])
        while scope is not None and scope.kind != "block":
            scope = scope.parent
        if scope is None:
            continue
        alike = [s for s in draft.scopes if s.definition == scope.definition]
        inside = module.removeprefix(scope.path)
        touched = [s for s in alike if f"{s.path}{inside}" in plans]
        if len(touched) < len(alike):
            names = ", ".join(s.path for s in touched[:3]) + (", …" if len(touched) > 3 else "")
            problem = TouchesOneOfMany(
                path=path, block=str(scope.definition), touched=names, some=len(touched), all=len(alike)
            )
            reporter.add(problem, span, labels=(Label(scope.span, f"`{scope.definition}` is called here"),))
            return


def _name(scope: ScopeDraft, child: ScopeDraft | NodeDraft) -> str:
    return child.path.removeprefix(f"{scope.path}.") if scope.path else child.path


def _is_implicit(child: ScopeDraft | NodeDraft) -> bool:
    return isinstance(child, NodeDraft) and child.implicit


# -- doing it ---------------------------------------------------------------------------------------------------------


class Editor(Expander):
    """Expands a model as its edits want it."""

    def __init__(self, state: State, edits: Edits, name: str) -> None:
        super().__init__(state)
        self.edits = edits
        self.name = name
        self.cut: Refs = None
        """What came out of the module after which nothing is kept."""
        self.met: set[str] = set()
        self._classes: dict[tuple[str, object], str] = {}

    def begin(self, root: ScopeDraft) -> None:
        """Take the root for that of the model as it is without edits."""
        root.base, root.names = "", self.edits.names[""]

    def report_unmet(self) -> None:
        """Report the edits of modules that another edit took away."""
        for path, plan in self.edits.plans.items():
            if path not in self.met:
                labels = tuple(Label(edit.span, "it is taken away here") for edit in self._takers(path))
                for edit in plan.edits():
                    self.state.reporter.add(LostEdit(path=path), edit.span, labels=labels)

    def _takers(self, path: str) -> Iterator[Structural]:
        """The edit that took a module away: what it lies in, or all that comes after another one."""
        for where, plan in self.edits.plans.items():
            if plan.instead is not None and path.startswith(f"{where}."):
                yield plan.instead[0]
                return
        yield from (plan.cut for where, plan in self.edits.plans.items() if plan.cut is not None and where in self.met)

    # -- terms ------------------------------------------------------------------------------------------------------

    def term(self, term: tree.Term, refs: Refs, site: Site) -> Placed:
        """Expand a term, or what an edit puts in its place."""
        if self.cut is not None:
            return Placed((), self.cut)
        coming = None if site.new or not self._makes_module(term, site) else site.scope.coming
        path = f"{site.scope.base}.{coming}".lstrip(".") if coming else ""
        plan = self.edits.plans.get(path) if path else None
        if plan is None or coming is None:
            return super().term(term, refs, site)
        self.met.add(path)
        if plan.instead is None:
            placed = super().term(term, refs, site)
        else:
            site.scope.met += 1
            edit, given = plan.instead
            placed = Placed((), refs)
            if isinstance(edit, tree.Replace):
                placed = self._put(edit, edit.chain, f"replace {path}", given, refs, site, coming)
        for insert, given in plan.after:
            after = self._put(insert, insert.chain, f"insert after {path}", given, placed.refs, site, None)
            placed = Placed((*placed.items, *after.items), after.refs)
        if plan.cut is not None:
            self.cut = placed.refs
        return placed

    def _makes_module(self, term: tree.Term, site: Site) -> bool:
        """Whether a term becomes one child of the scope around it; others splice what they hold."""
        match term:
            case tree.Use():
                known = site.env.find(term.name)
                entry = known.value if isinstance(known, Bound) else known
                if entry is None:
                    entry = self.state.kind(term.name) or self.state.prelude(term.name)
                is_block = isinstance(entry, Defined) and isinstance(entry.tree, tree.Block)
                return isinstance(entry, Kind) or is_block or (isinstance(entry, Defined) and term.label is not None)
            case tree.Group() | tree.Repeat() | tree.Merge():
                return term.label is not None
            case _:
                return False

    def _put(
        self, edit: tree.Tree, chain: tree.Chain, call: str, given: Given, refs: Refs, site: Site, name: str | None
    ) -> Placed:
        """Expand the chain of an edit as one new module called `name`, unless it has a label of its own."""
        frame = Frame(call, edit.span, "", site.frame)
        expansion = self.state.draft.expansion(frame, site.expansion, None)
        inner = replace(site.inside(Env(given.variant.home)), frame=frame, expansion=expansion, new=True)
        inner, incoming = incoming_named(inner, refs, site)
        before = len(site.scope.children)
        while len(chain.terms) == 1 and isinstance(one := chain.terms[0], tree.Group) and one.label is None:
            chain = one.chain
        if len(chain.terms) == 1 and self._makes_module(chain.terms[0], inner):
            built, out = self.chain(chain, refs, inner)
        else:
            built, out = self._wrapped(chain, refs, inner, edit.span)
        if built is None or out is None:
            return FAILED
        (child,) = (c for c in site.scope.children[before:] if not _is_implicit(c))
        if child.label is None:
            child.kept = name
        group = Group.model_construct(is_a="group", chain=built, incoming=incoming, scope=None, label=None)
        return Placed((group,), out)

    def _wrapped(self, chain: tree.Chain, refs: Refs, site: Site, span: Span) -> tuple[Chain | None, Refs]:
        """A chain as a group with a scope of its own, which nothing names."""
        label: Named | None = None
        scope = self.open(site, "group", label, "group", span, site.frame)
        built, out = self.chain(chain, refs, site.inside(scope=scope))
        if built is None or out is None or refs is None:
            return None, None
        self.close(scope, refs, out, built)
        item = Group.model_construct(is_a="group", chain=built, incoming=None, scope=scope.index, label=None)
        return Chain.model_construct(items=(item,), source=refs, result=out, start=None), out

    def merge(self, merge: tree.Merge, refs: Refs, site: Site) -> Placed:
        """Expand a merge; nothing in it can be the last of a network."""
        placed = super().merge(merge, refs, site)
        if self.cut is not None:
            self._not_cuttable("a branch", merge.kind_span, site)
        return placed

    def _not_cuttable(self, where: str, span: Span, site: Site) -> None:
        for path, plan in self.edits.plans.items():
            if plan.cut is not None and path in self.met:
                labels = (Label(span, f"it lies in {where} of this"),)
                self.state.reporter.add(NotCuttable(path=path, where=where), plan.cut.path_span, labels=labels)

    # -- scopes -----------------------------------------------------------------------------------------------------

    def open(
        self, site: Site, kind: str, label: Named | None, callee: str, span: Span, frame: Frame | None
    ) -> ScopeDraft:
        """Open a module; one that the model has without edits too knows its path there."""
        scope = super().open(site, kind, label, callee, span, frame)
        if not site.new and scope.kept is not None:
            scope.base = f"{site.scope.base}.{scope.kept}".lstrip(".")
            scope.names = self.edits.names.get(scope.base)
            inside = next((e for _, plan in self.edits.below(scope.base) for e in plan.edits()), None)
            if inside is not None and kind == "group":
                scope.span = inside.span  # so that it is no longer taken for one with those of the same text
        return scope

    def definition(self, defined: Defined, scope: ScopeDraft) -> str:
        """The class of a block: one of its own where edits lie inside, shared by those with the same edits."""
        if scope.base is None:
            return super().definition(defined, scope)
        inside = tuple(sorted((p, tuple(map(id, plan.edits()))) for p, plan in self.edits.below(scope.base)))
        if not inside:
            return super().definition(defined, scope)
        name = self._classes.get((defined.name, inside))
        if name is None:
            stem = "".join(p[0].upper() + p[1:] for p in self.name.split("_") if p) + defined.name
            name, number = stem, 1
            while name in self.state.definitions:
                number += 1
                name = f"{stem}{number}"
            self._classes[defined.name, inside] = name
            self.state.definitions[name] = defined
        return name

    # -- statements after a cut -------------------------------------------------------------------------------------

    def statement(
        self, statement: tree.Statement, refs: Refs, site: Site, outcome: Outcome, last: bool
    ) -> Statement | None:
        """Expand a statement, unless nothing is kept any more."""
        if self.cut is not None:
            return None
        return super().statement(statement, refs, site, outcome, last)

    def name_tensors(self, bind: tree.Bind, refs: Refs, site: Site, outcome: Outcome) -> Statement | None:
        """`a = chain`; the body's result if it is cut in there."""
        built = super().name_tensors(bind, refs, site, outcome)
        if self.cut is None or not isinstance(built, Bind):
            return built
        outcome.refs, outcome.ended = self.cut, True
        return Result.model_construct(is_a="result", chains=(built.chain,), training=False)

    def give(
        self, chains: tuple[tree.Chain, ...], refs: Refs, site: Site, outcome: Outcome, *, training: bool
    ) -> Result | None:
        """`return …`; training returns nothing for a head that an edit took off."""
        built = super().give(chains, refs, site, outcome, training=training)
        if self.cut is not None and (training or len(chains) > 1):
            self._not_cuttable("one of several results", chains[0].span, site)
        if training and built is not None:
            kept = tuple(b for c, b in zip(chains, built.chains, strict=True) if b.items or len(c.terms) == 1)
            outcome.training = tuple(r for b in kept for r in b.result) if len(kept) > 1 else None
            return Result.model_construct(is_a="result", chains=kept, training=True) if len(kept) > 1 else None
        return built
