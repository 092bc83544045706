"""Chains and their terms. Blocks are left to `bodies`, which builds on this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter

from archc.diagnostics import Edit, Label, Reported
from archc.elaborate import starts
from archc.elaborate.calls import Refs, bind, given_values, incoming, incoming_named
from archc.elaborate.draft import ScopeDraft
from archc.elaborate.layers import FAILED, Named, Placed, Written, birth, build, layer, named, place
from archc.elaborate.loops import assign, flat, least_layers, targets_are_free
from archc.elaborate.state import Site, State
from archc.elaborate.values import (
    Bound,
    Defined,
    Env,
    Kind,
    Poisoned,
    Tensors,
    Value,
    describe,
)
from archc.elaborate.vocabulary import in_vocabulary
from archc.elaborate.wording import count_beside, read
from archc.network.data import Data
from archc.network.expr import Apply
from archc.network.network import Chain, Choice, Group, Item, Iteration, Loop, Merge, Ref, Result
from archc.problems.limits import TooDeep
from archc.problems.names import NotATerm
from archc.problems.parameters import WrongType
from archc.problems.structure import MisplacedTensor, NoIncoming, TensorCount
from archc.record import replace
from archc.source import Frame, Span
from archc.syntax import tree

_TURN = 6
"""Steps that a turn of a loop counts as."""
_CALL = 10
"""Steps that a call of a block or macro counts as: what it leaves behind is as large as that many layers."""


class Chains(ABC):
    """Expands chains of one network."""

    def __init__(self, state: State) -> None:
        self.state = state

    @abstractmethod
    def block(self, site: Site, use: tree.Use, defined: Defined, refs: Refs) -> Placed:
        """Expand a block call."""

    # -- a chain ----------------------------------------------------------------------------------------------------

    def chain(self, chain: tree.Chain, refs: Refs, site: Site) -> tuple[Chain | None, Refs]:
        """Expand a chain that reads `refs`. The structure is None where a part of it is missing."""
        items: list[Item] = []
        start: str | None = None
        source, complete = refs, True
        for position, term in enumerate(chain.terms):
            if position == 0 and (tensors := starts.tensors(term, site.env)) is not None:
                start, source = tensors.called, tensors.refs
                refs = source
                continue
            if starts.is_poisoned(term, site.env):
                refs, complete = None, False
                continue
            if (tensor := starts.misplaced(term, site.env, first=position == 0)) is not None:
                self.state.report(MisplacedTensor(name=tensor.name), tensor.name_span, site)
                refs, complete = None, False
                continue
            placed = self.term(term, refs, site)
            items.extend(placed.items)
            refs = placed.refs
            complete = complete and refs is not None
        if start is not None and source != incoming(site):
            site.scope.pure = False
        if not complete or refs is None or source is None:
            return None, refs
        built = Chain.model_construct(items=tuple(items), source=source, result=refs, start=start)
        return built, refs

    def term(self, term: tree.Term, refs: Refs, site: Site) -> Placed:
        """Expand one term."""
        self.state.deepest = max(self.state.deepest, site.depth)
        if not self.state.may_go_on(term.span, site):
            return FAILED
        most = self.state.budget.limits.depth
        if site.depth > most:
            again = _repeated(site.frame)
            self.state.deep = True
            problem = TooDeep(limit=most, name=again.callee if again else "")
            self.state.report(problem, again.span if again else term.span, site)
            return FAILED
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

    # -- names ------------------------------------------------------------------------------------------------------

    def use(self, use: tree.Use, refs: Refs, site: Site) -> Placed:
        """Expand a term by name: a layer, a block, a macro, or a value that stands for one."""
        entry = self.state.meaning(use.name, site.env)
        match entry:
            case Kind(name=name):
                return layer(self.state, site, self.state.kinds[name], use, refs)
            case Defined(tree=tree.Block() | tree.Macro()) if not self.state.may_go_on(use.span, site, _CALL):
                return FAILED
            case Defined(tree=tree.Block()):
                return self.block(site, use, entry, refs)
            case Defined(tree=tree.Macro() as macro):
                return self.macro(site, use, entry, macro, refs)
            case None:
                self.unknown(use, site)
            case Tensors():
                self.state.report(MisplacedTensor(name=use.name), use.name_span, site)
            case Poisoned():
                pass
            case _:
                bound = site.env.find(use.name)
                found = describe(entry.value if isinstance(entry, Bound) else entry)
                if isinstance(entry, Defined) and not isinstance(bound, Bound):
                    found = {tree.Function: "a function", tree.Model: "a model"}.get(type(entry.tree), "a variant")
                    from archc.elaborate.unknown import report_not_a_term

                    report_not_a_term(self.state, use, entry, found, site)
                    return FAILED
                passed = (Label(birth(bound).span, "this is passed for it"),) if isinstance(bound, Bound) else ()
                problem = NotATerm(name=use.name, found=found)
                self.state.reporter.add(problem, use.name_span, labels=passed, frame=site.frame)
        return FAILED

    def unknown(self, use: tree.Use, site: Site) -> None:
        """Report a term whose name stands for nothing."""
        if use.name == "in":
            self.state.report(NoIncoming(names=tuple(site.env.tensor_names())), use.name_span, site)
            return
        from archc.elaborate.unknown import report_unknown_term

        report_unknown_term(self.state, use, site)

    def macro(self, site: Site, use: tree.Use, defined: Defined, macro: tree.Macro, refs: Refs) -> Placed:
        """Splice a macro; with a label, in a scope of its own."""
        label = named(use.label, site, self.state)
        env = Env(defined.home)
        arguments = bind(self.state, env, defined, macro.parameters, use, site, in_place=True)
        if isinstance(arguments, Reported) or isinstance(label, Reported):
            return FAILED
        frame = Frame(defined.name, use.span, "", site.frame, given_values(arguments))
        scope = self.open(site, "group", label, macro.name.name, use.span, frame) if label else None
        expansion = self.state.draft.expansion(frame, site.expansion, scope)
        inner = replace(site.inside(env, scope), frame=frame, expansion=expansion)
        inner, incoming = incoming_named(inner, refs, site)
        if scope:
            read(self.state, inner, macro.chain)
        chain, out = self.chain(macro.chain, refs, inner)
        if chain is None or refs is None or out is None:
            return FAILED
        self.close(scope, refs, out, chain)
        group = Group.model_construct(
            is_a="group",
            chain=chain,
            incoming=incoming,
            scope=scope.index if scope else None,
        )
        return Placed((group,), out)

    # -- brackets ---------------------------------------------------------------------------------------------------

    def group(self, group: tree.Group, refs: Refs, site: Site) -> Placed:
        """Expand `( … )`."""
        label = named(group.label, site, self.state)
        if isinstance(label, Reported):
            return FAILED
        if group.label is None:
            chain, out = self.chain(group.chain, refs, site.inside())
            if chain is None or out is None:
                return FAILED
            return Placed(
                (Group.model_construct(is_a="group", chain=chain, incoming=None, scope=None),),
                out,
            )
        scope = self.open(site, "group", label, "group", group.span, site.frame)
        inner = site.inside(scope=scope)
        read(self.state, inner, group.chain)
        chain, out = self.chain(group.chain, refs, inner)
        if chain is None or refs is None or out is None:
            return FAILED
        self.close(scope, refs, out, chain)
        item = Group.model_construct(is_a="group", chain=chain, incoming=None, scope=scope.index)
        return Placed((item,), out)

    def guard(self, guard: tree.Guard, refs: Refs, site: Site) -> Placed:
        """Expand `term if (cond) else term`."""
        value = self.state.value(guard.condition, site)
        if isinstance(value, Reported):
            return FAILED
        taken, left_out = (guard.then, guard.otherwise) if value else (guard.otherwise, guard.then)
        before = dict(site.scope.counts)
        chain, refs = self._side(taken, refs, site)
        count_beside(self.state, site, before, left_out)
        if chain is None:
            return FAILED
        choice = Choice.model_construct(
            is_a="choice",
            value=bool(value),
            otherwise=guard.otherwise is not None,
            chain=chain,
        )
        return Placed((choice,), refs)

    def _side(self, term: tree.Term | None, refs: Refs, site: Site) -> tuple[Chain | None, Refs]:
        """Expand a side of a guard; a tensor's name is allowed where the guard may stand."""
        if term is None:
            return Chain.model_construct(items=(), source=refs or (), result=refs or (), start=None), refs
        return self.chain(tree.Chain(term.span, (term,)), refs, site.inside())

    def merge(self, merge: tree.Merge, refs: Refs, site: Site) -> Placed:
        """Expand `add { A | B }`: each branch reads what comes in, and the op of that name merges the results."""
        label = named(merge.label, site, self.state)
        if isinstance(label, Reported):
            return FAILED
        scope = self.open(site, "group", label, merge.kind, merge.span, site.frame) if label else None
        here = replace(site, scope=scope) if scope else site
        here.scope.pure = False
        if scope:
            read(self.state, here, replace(merge, label=None))
        inner, incoming = incoming_named(here.inside(), refs, site)
        chains, results = [], list[Refs]()
        for branch in merge.branches:
            chain, out = self.chain(branch, refs, inner)
            chains.append(chain)
            results.append(self._single(out, branch, merge, site))
        if refs is None or any(r is None for r in results) or any(c is None for c in chains):
            return FAILED
        inputs = tuple(r[0] for r in results if r)
        placed = self._merged(merge, inputs, here)
        if placed.refs is None:
            return FAILED
        built = Merge.model_construct(
            is_a="merge",
            node=placed.refs[0].node,
            incoming=incoming or "in_",
            branches=tuple(c for c in chains if c),
        )
        if scope is None:
            return Placed((built,), placed.refs)
        chain = Chain.model_construct(items=(built,), source=refs, result=placed.refs, start=None)
        self.close(scope, refs, placed.refs, chain)
        group = Group.model_construct(is_a="group", chain=chain, incoming=None, scope=scope.index)
        return Placed((group,), placed.refs)

    def _merged(self, merge: tree.Merge, inputs: tuple[Ref, ...], site: Site) -> Placed:
        kind = self.state.merging(merge.kind)
        written = Written(merge.span, merge.kind_span)
        op = build(self.state, site, kind, {}, written)
        if isinstance(op, Reported):
            return FAILED
        return place(self.state, site, op, inputs, written)

    def _single(self, refs: Refs, branch: tree.Chain, merge: tree.Merge, site: Site) -> Refs:
        if refs is None or len(refs) == 1:
            return refs
        problem = TensorCount(name=f"a branch of `{merge.kind}`", wanted="1 tensor", given=len(refs))
        self.state.report(problem, branch.span if branch.terms else merge.kind_span, site)
        return None

    # -- loops ------------------------------------------------------------------------------------------------------

    def repeat(self, repeat: tree.Repeat, refs: Refs, site: Site) -> Placed:
        """Expand `[ … ] x n as k`."""
        label = named(repeat.label, site, self.state)
        turns = self.state.value(repeat.count, site)
        if isinstance(turns, Reported) or isinstance(label, Reported):
            return FAILED
        if isinstance(turns, bool) or not isinstance(turns, int) or turns < 0:
            self.state.report(WrongType(what="a repeat", found=describe(turns)), repeat.count.span, site)
            return FAILED
        limits = self.state.budget.limits
        if turns * least_layers(repeat.chain, site.env) > limits.layers or turns > limits.steps:
            self.state.too_many(repeat.span, site)
            return FAILED
        scope = self.open(site, "repeat", label, "repeat", repeat.span, site.frame) if label else None
        target = tree.Target(repeat.span, repeat.variable) if repeat.variable else None
        inner = site.inside(scope=scope)
        if scope:
            read(self.state, inner, replace(repeat, label=None))
        iterations, out = self._turns(repeat.chain, target, tuple(range(turns)), refs, inner)
        if iterations is None or refs is None or out is None:
            return FAILED
        loop = Loop.model_construct(
            is_a="loop",
            form="repeat",
            names=(repeat.variable,) if repeat.variable else (),
            over=Apply(function="range", arguments=(in_vocabulary(repeat.count, site.env),)),
            iterations=iterations,
            scope=scope.index if scope else None,
        )
        self.close(scope, refs, out, Chain.model_construct(items=(loop,), source=refs, result=out, start=None))
        return Placed((loop,), out)

    def loop(self, loop: tree.For, refs: Refs, site: Site) -> Placed:
        """Expand `for targets in iterable { … }`."""
        rows = self.state.value(loop.iterable, site)
        if isinstance(rows, Reported):
            return FAILED
        if not isinstance(rows, tuple):
            advice = f"`range({rows})` counts from 0" if type(rows) is int else ""
            problem = WrongType(what="`for`", found=describe(rows), wanted="a list", advice=advice)
            edits = (Edit(loop.iterable.span, f"range({rows})"),) if advice else ()
            self.state.reporter.add(problem, loop.iterable.span, frame=site.frame, edits=edits)
            return FAILED
        iterations, out = self._turns(loop.chain, loop.target, rows, refs, site.inside())
        if iterations is None or out is None:
            return FAILED
        built = Loop.model_construct(
            is_a="loop",
            form="for",
            names=tuple(t.names for t in flat(loop.target) if isinstance(t.names, str)),
            over=in_vocabulary(loop.iterable, site.env),
            iterations=iterations,
            scope=None,
        )
        return Placed((built,), out)

    def _turns(
        self, chain: tree.Chain, target: tree.Target | None, rows: tuple[Value, ...], refs: Refs, site: Site
    ) -> tuple[tuple[Iteration, ...] | None, Refs]:
        if target is not None and not targets_are_free(self.state, target, site):
            return None, None
        turns: list[Iteration] = []
        complete = True
        for row in rows:
            if not self.state.may_go_on(chain.span, site, _TURN):
                return None, None
            inner = site.inside(Env(site.env), depth=0)
            values: list[Data] = []
            if target is not None and not assign(self.state, inner.env, target, row, values, site):
                return None, None
            built, refs = self.chain(chain, refs, inner)
            if built is None:  # what is wrong with the other turns is of interest all the same
                complete = False
            else:
                turns.append(Iteration.model_construct(values=tuple(values), chain=built))
        return tuple(turns) if complete else None, refs

    # -- scopes -----------------------------------------------------------------------------------------------------

    def open(
        self, site: Site, kind: str, label: Named | None, callee: str, span: Span, frame: Frame | None
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
        site.scope.add(scope, apart=site.apart)
        return scope

    def close(self, scope: ScopeDraft | None, inputs: tuple[Ref, ...], outputs: tuple[Ref, ...], chain: Chain) -> None:
        """Close a group's or repeat's scope with what it expanded to."""
        if scope is None:
            return
        scope.pass_tensors(inputs, outputs)
        scope.body = (Result.model_construct(is_a="result", chains=(chain,), training=False),)


def _repeated(frame: Frame | None) -> Frame | None:
    """The innermost call in the trail of a definition that stands there twice: the call that leads back to itself."""
    steps = frame.trail() if frame else ()
    names = Counter(step.callee for step in steps)
    again = (step for step in steps if names[step.callee] > 1)
    return min(again, key=lambda step: step.span, default=None)
