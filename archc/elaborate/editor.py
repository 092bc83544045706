"""Expansion of a model with the edits of a variant applied (see `edits`)."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.core import ErrorSentinel, Label
from archc.diagnostics.problems.edits import LostEdit, NoLevel, NotCuttable
from archc.diagnostics.source import Frame, Span
from archc.elaborate.bodies import BodyOutcome, Expander
from archc.elaborate.calls import incoming_named
from archc.elaborate.draft import ScopeDraft
from archc.elaborate.edits import EditPlan, Edits, PlacedEdit, Structural
from archc.elaborate.layers import Named, PlacedTerm, Refs, WrittenTerm, add_sugar, named
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import DefinitionRef, Env, OpRef
from archc.elaborate.wording import count, read
from archc.ir.network import GroupItem, Item, ItemChain, Ref, ScopeResult, Statement, TensorAssignment
from archc.support.record import replace
from archc.syntax import tree


class Editor(Expander):
    """Expands a model with its edits applied."""

    def __init__(self, state: ExpansionState, edits: Edits, name: str) -> None:
        super().__init__(state)
        self.edits = edits
        self.name = name
        self.cut: Refs | None = None
        """The outputs of the module after which everything is cut off."""
        self.levels: dict[str, Refs] = {}
        """The outputs of the modules that a `return` names, by path."""
        self.merges = 0
        """The number of merges around the term that is being expanded."""
        self.met: set[str] = set()
        self.gone: set[Span] = set()
        """The terms that are removed without a replacement."""
        self._classes: dict[tuple[str, object], str] = {}

    def begin(self, root: ScopeDraft) -> None:
        """Identify the root with that of the unedited model."""
        root.base = ""

    def report_unmet(self) -> None:
        """Report the edits of modules that another edit has removed."""
        for path, plan in self.edits.plans.items():
            if path not in self.met:
                labels = tuple(Label(edit.span, "it is taken away here") for edit in self._takers(path))
                for edit in plan.edits():
                    self.state.reporter.add(LostEdit(path=path), edit.span, labels=labels)

    def _takers(self, path: str) -> Iterator[Structural]:
        """The edits that may have removed a module: those of enclosing modules, and those that cut the network off."""
        for where, plan in self.edits.plans.items():
            if plan.instead is not None and path.startswith(f"{where}."):
                yield plan.instead[0]
                return
        yield from self._cuts()

    def _cuts(self) -> Iterator[tree.Truncate]:
        """The `truncate` edits that have been applied."""
        yield from (plan.cut for where, plan in self.edits.plans.items() if plan.cut is not None and where in self.met)

    # -- terms ------------------------------------------------------------------------------------------------------

    def term(self, term: tree.Term, refs: Refs, site: ExpansionContext, *, first: bool = False) -> PlacedTerm:
        """Expand a term, or its replacement."""
        if self.cut is not None:
            return PlacedTerm((), self.cut)
        coming = None if site.new else self._coming(term, site)
        path = f"{site.scope.base}.{coming}".lstrip(".") if coming else ""
        plan = self.edits.plans.get(path) if path else None
        if plan is None or coming is None:
            return super().term(term, refs, site, first=first)
        self.met.add(path)
        around: ScopeDraft | None = site.scope
        while around is not None:
            around.edited, around = True, around.parent
        if plan.instead is None:
            placed = super().term(term, refs, site, first=first)
        else:
            placed = self._instead(term, plan, path, coming, refs, site)
            if isinstance(plan.instead[0], tree.Remove) and not plan.after:
                self.gone.add(term.span)
        for insert, given in plan.after:
            if self.cut is not None:
                labels = tuple(Label(edit.span, "it is taken away here") for edit in self._cuts())
                self.state.reporter.add(LostEdit(path=path), insert.span, labels=labels)
                break
            after = self._put(insert, insert.chain, f"insert after {path}", given, placed.refs, site, None)
            placed = PlacedTerm((*placed.items, *after.items), after.refs)
        if plan.cut is not None:
            self.cut = placed.refs
        if plan.level is not None:
            self._level(plan.level, path, placed.refs, site)
        return placed

    def _level(self, edit: tree.Levels, path: str, refs: Refs, site: ExpansionContext) -> None:
        """Note the output of a module that a `return` names. Behind the last of these everything is cut off."""
        scope = site.scope
        while scope.spread and scope.parent is not None:
            scope = scope.parent
        inside = f"`{scope.base or scope.path}`" if scope.path else "a branch" if self.merges else ""
        if inside or len(refs) != 1:
            span = next((p.span for p in edit.paths if p.name == path), edit.span)
            self.state.reporter.add(NoLevel(path=path, inside=inside, tensors=len(refs)), span)
        self.levels[path] = refs[:1]
        if len(self.levels) == len(self.edits.levels):
            self.cut = tuple(ref for level in self.edits.levels for ref in self.levels[level])

    def _not_a_level(self, inside: str) -> None:
        """Report that the network cannot be cut off after the last of the modules that a `return` names."""
        path = list(self.levels)[-1]
        edit = self.edits.plans[path].level
        assert edit is not None
        span = next((p.span for p in edit.paths if p.name == path), edit.span)
        self.state.reporter.add(NoLevel(path=path, inside=inside, tensors=1), span)

    def finish(self, root: ScopeDraft) -> None:
        """End the body of a model with the outputs that a `return` names."""
        if self.cut is not None and len(self.levels) == len(self.edits.levels) > 0:
            chains = [
                ItemChain.model_construct(items=(), source=self.levels[p], result=self.levels[p], start=p)
                for p in self.edits.levels
            ]
            returned = ScopeResult.model_construct(is_a="result", chains=tuple(chains), training=False)
            root.body = (*root.body, returned)

    def _coming(self, term: tree.Term, site: ExpansionContext) -> str | None:
        """The name of a term's module in the unedited model; None if a term is expanded in place."""
        kind = self._module_of(term, site)
        label = named(getattr(term, "label", None), site, self.state) if kind else None
        if kind is None or isinstance(label, ErrorSentinel):
            return None
        return site.scope.next_name(kind, label.name if label else None)

    def _instead(
        self, term: tree.Term, plan: EditPlan, path: str, name: str, refs: Refs, site: ExpansionContext
    ) -> PlacedTerm:
        """Skip a term, and expand its replacement."""
        assert plan.instead is not None
        scope = site.scope
        if site.visit is None:  # a shared module has been counted already
            scope.counts = count(self.state, site, term, scope.counts)
        scope.position += 1
        edit, given = plan.instead
        if isinstance(edit, tree.Remove):
            return PlacedTerm((), refs)
        items: tuple[Item, ...] = ()
        if plan.replaced is not None:
            written = WrittenTerm(edit.span, edit.path_span)
            for kind in plan.replaced.around(tuple(map(self.state.draft.type_of, refs))).before:
                added = add_sugar(self.state, site, kind, refs, written)
                items, refs = (*items, *added.items), added.refs
        placed = self._put(edit, edit.chain, f"replace {path}", given, refs, site, name)
        return PlacedTerm((*items, *placed.items), placed.refs)

    def _module_of(self, term: tree.Term, site: ExpansionContext) -> str | None:
        """The kind of module that a term becomes, as a child of the enclosing scope; None if it does not become one."""
        match term:
            case tree.Use():
                entry = self.state.meaning(term, site.env)
                is_macro = isinstance(entry, DefinitionRef) and isinstance(entry.tree, tree.Macro)
                is_module = isinstance(entry, OpRef | DefinitionRef) and not (is_macro and term.label is None)
                return entry.name if is_module and isinstance(entry, OpRef | DefinitionRef) else None
            case tree.Merge() if term.label is not None:
                return term.kind
            case tree.Group() | tree.Repeat() if term.label is not None:
                return type(term).__name__
            case _:
                return None

    def _put(
        self,
        edit: tree.Tree,
        chain: tree.Chain,
        call: str,
        given: PlacedEdit,
        refs: Refs,
        site: ExpansionContext,
        name: str | None,
    ) -> PlacedTerm:
        """Expand the chain of an edit as one new module called `name`, unless it has a label of its own."""
        frame = Frame(call, edit.span, "", site.frame)
        expansion = self.state.draft.expansion(frame, site.expansion, None)
        inner = replace(site.inside(Env(given.variant.home)), frame=frame, expansion=expansion, new=True)
        inner, incoming = incoming_named(inner, refs, site)
        before = len(site.scope.children)
        while len(chain.terms) == 1 and isinstance(one := chain.terms[0], tree.Group) and one.label is None:
            chain = one.chain
        if len(chain.terms) == 1 and self._module_of(chain.terms[0], inner):
            built, out = self.chain(chain, refs, inner)
        else:
            built, out = self._wrapped(chain, refs, inner, edit.span)
        (child,) = (c for c in site.scope.children[before:] if not c.implicit)
        if child.label is None:
            child.name = name or ""
        group = GroupItem.model_construct(is_a="group", chain=built, incoming=incoming, scope=None)
        return PlacedTerm((group,), out)

    def _wrapped(self, chain: tree.Chain, refs: Refs, site: ExpansionContext, span: Span) -> tuple[ItemChain, Refs]:
        """Expand a chain as a group with an unnamed scope of its own."""
        label: Named | None = None
        scope = self.open(site, "group", label, "group", span, site.frame)
        inner = site.inside(scope=scope)
        read(self.state, inner, chain)
        built, out = self.chain(chain, refs, inner)
        self.close(scope, refs, out, built)
        item = GroupItem.model_construct(is_a="group", chain=built, incoming=None, scope=scope.index)
        return PlacedTerm((item,), out).alone(refs), out

    def merge(self, merge: tree.Merge, refs: Refs, site: ExpansionContext) -> PlacedTerm:
        """Expand a merge; the network cannot be cut off inside it."""
        self.merges += 1
        placed = super().merge(merge, refs, site)
        self.merges -= 1
        if self.cut is not None:
            self._not_cuttable("a branch", merge.kind_span, site)
        return placed

    def calculated(self, terms: tuple[tree.Term, ...], refs: Refs, site: ExpansionContext) -> ItemChain:
        """Expand arithmetic; the network cannot be cut off inside it."""
        made = super().calculated(terms, refs, site)
        if self.cut is not None:
            self._not_cuttable("an operand", terms[0].span, site)
        return made

    def _not_cuttable(self, where: str, span: Span, site: ExpansionContext) -> None:
        for path, plan in self.edits.plans.items():
            if plan.cut is not None and path in self.met:
                labels = (Label(span, f"it lies in {where} of this"),)
                self.state.reporter.add(NotCuttable(path=path, where=where), plan.cut.path_span, labels=labels)

    # -- scopes -----------------------------------------------------------------------------------------------------

    def open(
        self, site: ExpansionContext, kind: str, label: Named | None, callee: str, span: Span, frame: Frame | None
    ) -> ScopeDraft:
        """Open a module. One that also exists in the unedited model gets its path there as `base`."""
        scope = super().open(site, kind, label, callee, span, frame)
        if not site.new:
            scope.base = f"{site.scope.base}.{scope.name}".lstrip(".")
            inside = [plan for _, plan in self.edits.below(scope.base)]
            if inside and kind == "group":
                scope.span = next(inside[0].edits()).span  # so that it no longer counts as the text of its siblings
            if kind != "block" and any(plan.level is not None for plan in inside):
                scope.spread, scope.index = True, site.scope.index
                self.state.draft.scopes.pop()
        return scope

    def close(
        self, scope: ScopeDraft | None, inputs: tuple[Ref, ...], outputs: tuple[Ref, ...], chain: ItemChain
    ) -> None:
        """Close a group or repeat; if a result of the network lies in it, its children move to the enclosing scope."""
        if scope is not None and scope.spread:
            scope.spread_out(self.state.reporter)
        else:
            super().close(scope, inputs, outputs, chain)

    def definition(self, defined: DefinitionRef, scope: ScopeDraft) -> str:
        """The class of a block: if there are edits inside, a separate one, shared by blocks with the same edits."""
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
        self, statement: tree.Statement, refs: Refs, site: ExpansionContext, outcome: BodyOutcome, last: bool
    ) -> Statement | None:
        """Expand a statement, unless everything from here on is cut off."""
        if self.cut is not None:
            return None
        return super().statement(statement, refs, site, outcome, last)

    def name_results(
        self, bind: tree.Bind, chain: ItemChain, out: Refs, site: ExpansionContext, outcome: BodyOutcome
    ) -> Statement | None:
        """Name tensors; if the network is cut off in their chain, they are the body's result."""
        if self.cut is None:
            return super().name_results(bind, chain, out, site, outcome)
        outcome.refs, outcome.ended = self.cut, True
        if self.levels:
            return TensorAssignment.model_construct(is_a="bind", names=(), chain=chain)
        return ScopeResult.model_construct(is_a="result", chains=(chain,), training=False)

    def give(
        self,
        chains: tuple[tree.Chain, ...],
        refs: Refs,
        site: ExpansionContext,
        outcome: BodyOutcome,
        *,
        training: bool,
    ) -> ScopeResult | TensorAssignment | None:
        """Expand `return …`; training does not return a head that an edit removed."""
        built = super().give(chains, refs, site, outcome, training=training)
        assert isinstance(built, ScopeResult)
        if self.cut is not None and self.levels:
            outcome.refs = self.cut
            if len(chains) > 1:
                self._not_a_level("one of several results")
            return TensorAssignment.model_construct(is_a="bind", names=(), chain=built.chains[0])
        if self.cut is not None and (training or len(chains) > 1):
            self._not_cuttable("one of several results", chains[0].span, site)
        if training:
            kept = tuple(b for c, b in zip(chains, built.chains, strict=True) if self.gone.isdisjoint(_ends(c)))
            outcome.training = tuple(r for b in kept for r in b.result) if len(kept) > 1 else None
            return ScopeResult.model_construct(is_a="result", chains=kept, training=True) if len(kept) > 1 else None
        return built


def _ends(chain: tree.Chain) -> Iterator[Span]:
    """The terms that a chain may end with."""
    terms = list(chain.terms[-1:])
    while terms:
        match term := terms.pop():
            case tree.Guard():
                terms += [term.then] if term.otherwise is None else [term.then, term.otherwise]
            case tree.Group(label=None):
                terms += term.chain.terms[-1:]
            case _:
                yield term.span
