"""Chains and their terms. Loops are in `turns`, merges in `merges`, block calls in `bodies`, which build on this."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter

from archc.diagnostics.core import ErrorSentinel, Label
from archc.diagnostics.problems.limits import TooDeep
from archc.diagnostics.problems.names import NotATerm
from archc.diagnostics.problems.sharing import SharedDiffers
from archc.diagnostics.problems.structure import MisplacedAbsence, MisplacedArithmetic, MisplacedTensor
from archc.diagnostics.source import Frame, Span
from archc.elaborate import starts
from archc.elaborate.arithmetic import Calculations, leading
from archc.elaborate.calls import bind, given_values, incoming, incoming_named
from archc.elaborate.draft import ScopeDraft
from archc.elaborate.layers import Named, PlacedTerm, Refs, WrittenTerm, birth, hole, layer, named
from archc.elaborate.state import ExpansionContext, ExpansionState, Visit
from archc.elaborate.values import (
    Binding,
    DefinitionRef,
    Env,
    OpRef,
    Poisoned,
    SharedModule,
    Tensors,
    Unresolved,
    describe,
)
from archc.elaborate.wording import count_beside, read
from archc.ir.network import Choice, GroupItem, Item, ItemChain, Ref, ScopeResult
from archc.resolve.naming import can_be_label
from archc.support.record import replace
from archc.syntax import tree
from archc.syntax.outline import outline
from archc.syntax.walk import walk

_CALL = 10
"""The steps for a call of a block or macro: its traces are as large as this many layers."""


class Chains(Calculations):
    """Expands the chains of one network."""

    def __init__(self, state: ExpansionState) -> None:
        self.state = state

    @abstractmethod
    def block(self, site: ExpansionContext, use: tree.Use, defined: DefinitionRef, refs: Refs) -> PlacedTerm | None:
        """Expand a block call."""

    @abstractmethod
    def merge(self, merge: tree.Merge, refs: Refs, site: ExpansionContext) -> PlacedTerm:
        """Expand `add { A | B }` and other merges."""

    @abstractmethod
    def repeat(self, repeat: tree.Repeat, refs: Refs, site: ExpansionContext) -> PlacedTerm | None:
        """Expand `[ … ] x n as k`."""

    @abstractmethod
    def loop(self, loop: tree.For, refs: Refs, site: ExpansionContext) -> PlacedTerm | None:
        """Expand `for targets in iterable { … }`."""

    # -- a chain ----------------------------------------------------------------------------------------------------

    def chain(self, chain: tree.Chain, refs: Refs, site: ExpansionContext) -> tuple[ItemChain, Refs]:
        """Expand a chain that reads `refs`. A term that cannot be expanded becomes a hole."""
        items: list[Item] = []
        start: str | None = None
        source = refs
        if count := leading(self.state, chain, site):
            made = self.calculated(chain.terms[:count], refs, site)
            items, start, source, refs = list(made.items), made.start, made.source, made.result
        for position, term in enumerate(chain.terms[count:], count):
            if position == 0 and (tensors := starts.tensors(term, site.env)) is not None:
                assert isinstance(term, tree.Use)
                named = starts.chosen(self.state, term, tensors, site)
                if isinstance(named, Tensors):
                    start, source = named.called, named.refs
                    refs = source
                    continue
                placed = self.unknown(term, refs, site)
            else:
                placed = self.term(term, refs, site, first=position == 0)
            items.extend(placed.items)
            refs = placed.refs
        if start is not None and source != incoming(site):
            site.scope.pure = False
        return ItemChain.model_construct(items=tuple(items), source=source, result=refs, start=start), refs

    def term(self, term: tree.Term, refs: Refs, site: ExpansionContext, *, first: bool = False) -> PlacedTerm:
        """Expand one term, the `first` of its chain or a later one, and mark the node at which an error is reported."""
        errors, nodes = self.state.reporter.errors, len(self.state.draft.nodes)
        placed = self._expanded(term, refs, site, first) or self.hole(term, refs, site)
        if self.state.reporter.errors > errors:
            self.mark(nodes)
        return placed

    def mark(self, start: int) -> None:
        """Mark the last of the nodes from number `start` on as wrong, unless one of them is marked."""
        made = self.state.draft.nodes[start:]
        if made and not any(node.wrong for node in made):
            made[-1].wrong = True

    def unknown(self, what: tree.Term | tree.Statement, refs: Refs, site: ExpansionContext) -> PlacedTerm:
        """The hole for a term or statement in which an error has been reported."""
        nodes = len(self.state.draft.nodes)
        placed = self.hole(what, refs, site)
        self.mark(nodes)
        return placed

    def hole(self, what: tree.Term | tree.Statement, refs: Refs, site: ExpansionContext) -> PlacedTerm:
        """The hole for a term or statement that could not be expanded, under the name that it would have."""
        span, name = what.span, type(what).__name__
        if isinstance(what, tree.Use):
            span, kind = what.name_span, self.state.kind(what.name)
            name = kind.name if kind is not None else what.name
        elif isinstance(what, tree.Merge):
            name = what.kind
        written = WrittenTerm(what.span, span, _written_out(getattr(what, "label", None)))
        return hole(self.state, site, name, outline(what), refs, written)

    def _expanded(self, term: tree.Term, refs: Refs, site: ExpansionContext, first: bool) -> PlacedTerm | None:
        """Expand a term; None if that is impossible."""
        self.state.deepest = max(self.state.deepest, site.depth)
        self.state.spend(term.span, site)
        if site.depth > self.state.budget.limits.depth:
            self._report_depth(term, site)
            return None
        if starts.is_poisoned(term, site.env):
            return None
        if (tensor := starts.misplaced(term, site.env, first=first)) is not None:
            if isinstance(tensor, tree.Use):
                loop = first and any(isinstance(n, tree.For) for n, _ in walk(term))
                self.state.report(MisplacedTensor(name=tensor.name, loop=loop), tensor.name_span, site)
            else:
                self.state.report(MisplacedArithmetic(text=outline(tensor)), tensor.span, site)
            return None
        match term:
            case tree.Use():
                return self.use(term, refs, site)
            case tree.Group():
                return self.group(term, refs, site)
            case tree.Repeat():
                return self.repeat(term, refs, site)
            case tree.For():
                return self.loop(term, refs, site)
            case tree.Merge():
                return self.merge(term, refs, site)
            case tree.Guard():
                return self.guard(term, refs, site)
            case tree.Absent():
                self.state.report(MisplacedAbsence(), term.span, site)
                return None
            case tree.Constant() | tree.Calculation():
                made = self.calculated((term,), refs, site)
                return PlacedTerm(made.items, made.result)

    def _report_depth(self, term: tree.Term, site: ExpansionContext) -> None:
        again = _repeated(site.frame)
        self.state.deep = True
        problem = TooDeep(limit=self.state.budget.limits.depth, name=again.callee if again else "")
        self.state.report(problem, again.span if again else term.span, site)

    # -- names ------------------------------------------------------------------------------------------------------

    def use(self, use: tree.Use, refs: Refs, site: ExpansionContext) -> PlacedTerm | None:
        """Expand a term by name: a layer, block or macro, or a value that stands for one."""
        entry = self.state.meaning(use, site.env)
        match entry:
            case OpRef(name=name):
                return layer(self.state, site, self.state.kinds[name], use, refs)
            case DefinitionRef(tree=tree.Block()):
                self.state.spend(use.span, site, _CALL)
                return self.block(site, use, entry, refs)
            case DefinitionRef(tree=tree.Macro() as macro):
                self.state.spend(use.span, site, _CALL)
                return self.macro(site, use, entry, macro, refs)
            case None:  # assigned in a branch that is not taken
                from archc.elaborate.unknown import report_unset

                report_unset(self.state, use, site)
            case SharedModule():
                return self.visit(use, entry, refs, site)
            case Tensors():
                self.state.report(MisplacedTensor(name=use.name), use.name_span, site)
            case Unresolved():
                self.state.reporter.again()
            case Poisoned():
                pass
            case _:
                bound = self.state.library.meaning(use, use.name, site.env)
                found = describe(entry.value if isinstance(entry, Binding) else entry)
                passed = (Label(birth(bound).span, "this is passed for it"),) if isinstance(bound, Binding) else ()
                problem = NotATerm(name=use.name, found=found)
                self.state.reporter.add(problem, use.name_span, labels=passed, frame=site.frame)
        return None

    def visit(self, use: tree.Use, shared: SharedModule, refs: Refs, site: ExpansionContext) -> PlacedTerm | None:
        """Expand a use of a shared module: the first makes it, and each later one must agree with it."""
        if shared.failed:
            return None  # one report is enough
        draft, errors = self.state.draft, self.state.reporter.errors
        nodes, scopes = len(draft.nodes), len(draft.scopes)
        visit: Visit = "later" if shared.nodes is not None else "first"
        inner = replace(site, env=Env(shared.env), merges=shared.merges, visit=visit)
        placed = self.term(shared.term, refs, inner)
        made, opened = range(nodes, len(draft.nodes)), range(scopes, len(draft.scopes))
        shared.failed = self.state.reporter.errors > errors
        if shared.nodes is None:
            shared.nodes, shared.scopes = made, opened
        elif not shared.failed and self.state.sums is None:
            unlike = draft.share(shared.nodes, shared.scopes, made, opened)
            if unlike:
                shared.failed = True
                self.state.report(SharedDiffers(name=use.name, what=unlike), use.name_span, site)
        return placed

    def macro(
        self, site: ExpansionContext, use: tree.Use, defined: DefinitionRef, macro: tree.Macro, refs: Refs
    ) -> PlacedTerm | None:
        """Expand a macro in place or, with a label, in a scope of its own."""
        label = self.named(use.label, site)
        env = Env(defined.home)
        arguments = bind(self.state, env, defined, macro.parameters, use, site, in_place=True)
        if isinstance(arguments, ErrorSentinel):
            return None
        frame = Frame(defined.name, use.span, "", site.frame, given_values(arguments))
        scope = self.open(site, "group", label, macro.name.name, use.span, frame) if label else None
        expansion = self.state.draft.expansion(frame, site.expansion, scope)
        inner = replace(site.inside(env, scope), frame=frame, expansion=expansion)
        inner, incoming = incoming_named(inner, refs, site)
        if scope:
            read(self.state, inner, macro.chain)
        chain, out = self.chain(macro.chain, refs, inner)
        self.close(scope, refs, out, chain)
        group = GroupItem.model_construct(
            is_a="group",
            chain=chain,
            incoming=incoming,
            scope=scope.module if scope else None,
        )
        return PlacedTerm((group,), out)

    # -- brackets ---------------------------------------------------------------------------------------------------

    def named(self, label: tree.ModuleLabel | None, site: ExpansionContext) -> Named | None:
        """The name that a label gives; None also if it is invalid, which is reported."""
        found = named(label, site, self.state)
        return None if isinstance(found, ErrorSentinel) else found

    def group(self, group: tree.Group, refs: Refs, site: ExpansionContext) -> PlacedTerm:
        """Expand `( … )`."""
        label = self.named(group.label, site)
        if label is None:
            chain, out = self.chain(group.chain, refs, site.inside())
            item = GroupItem.model_construct(is_a="group", chain=chain, incoming=None, scope=None)
            return PlacedTerm((item,), out)
        scope = self.open(site, "group", label, "group", group.span, site.frame)
        inner = site.inside(scope=scope)
        read(self.state, inner, group.chain)
        chain, out = self.chain(group.chain, refs, inner)
        self.close(scope, refs, out, chain)
        item = GroupItem.model_construct(is_a="group", chain=chain, incoming=None, scope=scope.module)
        return PlacedTerm((item,), out)

    def guard(self, guard: tree.Guard, refs: Refs, site: ExpansionContext) -> PlacedTerm | None:
        """Expand `term if (cond) else term`."""
        value = self.state.value(guard.condition, site)
        if isinstance(value, ErrorSentinel):
            return None
        taken, left_out = (guard.then, guard.otherwise) if value else (guard.otherwise, guard.then)
        before = dict(site.scope.counts)
        chain, refs = self._side(taken, refs, site)
        count_beside(self.state, site, before, left_out)
        choice = Choice.model_construct(
            is_a="choice",
            value=bool(value),
            otherwise=guard.otherwise is not None,
            chain=chain,
        )
        return PlacedTerm((choice,), refs)

    def _side(self, term: tree.Term | None, refs: Refs, site: ExpansionContext) -> tuple[ItemChain, Refs]:
        """Expand a side of a guard. The name of a tensor is allowed if it is allowed in place of the guard."""
        if term is None:
            return ItemChain.model_construct(items=(), source=refs, result=refs, start=None), refs
        return self.chain(tree.Chain(term.span, (term,)), refs, site.inside())

    # -- loops ------------------------------------------------------------------------------------------------------

    # -- scopes -----------------------------------------------------------------------------------------------------

    def open(
        self, site: ExpansionContext, kind: str, label: Named | None, callee: str, span: Span, frame: Frame | None
    ) -> ScopeDraft:
        """Open a module inside the scope of `site`."""
        draft = self.state.draft
        scope = ScopeDraft(
            index=len(draft.scopes),
            kind=kind,  # type: ignore[arg-type]  # one of the four words; mypy sees a str
            label=label.name if label else None,
            callee=callee,
            parent=site.scope,
            path=site.scope.next_path(label.name if label else None),
            span=span,
            label_span=label.span if label else span,
            expansion=site.expansion,
        )
        draft.scopes.append(scope)
        site.add(scope)
        return scope

    def close(
        self, scope: ScopeDraft | None, inputs: tuple[Ref, ...], outputs: tuple[Ref, ...], chain: ItemChain
    ) -> None:
        """Close the scope of a group or repeat with its items."""
        if scope is None:
            return
        scope.pass_tensors(inputs, outputs)
        scope.body = (ScopeResult.model_construct(is_a="result", chains=(chain,), training=False),)


def _written_out(label: tree.ModuleLabel | None) -> Named | None:
    """A label that is a literal and a valid module name."""
    name = label.text.value if label is not None and isinstance(label.text, tree.Literal_) else None
    return Named(name, label.span) if label and isinstance(name, str) and can_be_label(name) else None


def _repeated(frame: Frame | None) -> Frame | None:
    """The innermost call of a definition that occurs twice in the trail: the recursive call."""
    steps = frame.trail() if frame else ()
    names = Counter(step.callee for step in steps)
    return next((step for step in steps if names[step.callee] > 1), None)
