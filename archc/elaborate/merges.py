"""Merges: several chains that read the same tensors, and the use of their results."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.core import ErrorSentinel
from archc.diagnostics.problems.structure import TensorCount
from archc.elaborate import starts
from archc.elaborate.calls import incoming_named
from archc.elaborate.layers import PlacedTerm, Refs, WrittenTerm, build, place
from archc.elaborate.loops import assign
from archc.elaborate.state import ExpansionContext
from archc.elaborate.turns import TURN, Turns
from archc.elaborate.values import Env
from archc.elaborate.wording import count_beside, read
from archc.ir.data import Data
from archc.ir.network import GroupItem, Item, ItemChain, Iteration, MergeItem
from archc.support.record import replace
from archc.syntax import tree
from archc.syntax.operands import optional
from archc.syntax.walk import says_several, spliced


class Merges(Turns):
    """Expands `add { A | B }` and other merges, and `(A, B)`."""

    def merge(self, merge: tree.Merge, refs: Refs, site: ExpansionContext) -> PlacedTerm:
        """Expand a merge: each branch reads the input, and the op of the merge, if any, merges the results."""
        label = self.named(merge.label, site)
        scope = self.open(site, "group", label, merge.kind, merge.span, site.frame) if label else None
        here = replace(site, scope=scope) if scope else site
        if scope:
            read(self.state, here, replace(merge, label=None))
        inner, incoming = incoming_named(here.inside(), refs, site)
        found = [each for branch in merge.branches for each in self._branch(branch, merge, refs, inner)]
        chains = tuple(chain for chain, _ in found)
        self.state.spend(merge.span, site, sum(len(chain.result) for chain in chains))
        placed = PlacedTerm((), tuple(ref for chain in chains for ref in chain.result))
        node: int | None = None
        item: Item
        if len(placed.refs) == 1 and any(map(optional, merge.branches)):
            left = next(chain for chain in chains if chain.result)
            item = GroupItem.model_construct(is_a="group", chain=left, incoming=incoming, scope=None)
        else:
            here.scope.pure = False
            if merge.kind != "tuple":
                placed = self._merged(merge, placed.refs, here, known=all(known for _, known in found))
                node = placed.refs[0].node
            item = MergeItem.model_construct(is_a="merge", node=node, incoming=incoming, branches=chains)
        merged = PlacedTerm((item,), placed.refs)
        if scope is None:
            return merged
        chain = merged.alone(refs)
        self.close(scope, refs, merged.refs, chain)
        group = GroupItem.model_construct(is_a="group", chain=chain, incoming=None, scope=scope.index)
        return PlacedTerm((group,), merged.refs)

    def _branch(
        self, branch: tree.Chain, merge: tree.Merge, refs: Refs, site: ExpansionContext
    ) -> Iterator[tuple[ItemChain, bool]]:
        """Expand a branch, or one for each turn if it is a `for`; yields each with whether its results fit."""
        if self.is_absent(optional(branch), site):
            return
        loop = spliced(branch)
        if loop is None:
            chain, out = self.chain(branch, refs, site.inside(depth=0))
            yield chain, self._fits(out, branch, merge, site)
            return
        rows = self.rows(loop, site)
        for row in rows if rows is not None else (None,):
            self.state.spend(loop.chain.span, site, TURN)
            inner = site.inside(Env(site.env), depth=0)
            values: list[Data] = []
            if rows is None or not assign(self.state, inner.env, loop.target, row, values, site):
                yield self.unknown(loop, refs, inner).alone(refs), False
                return
            for chain, fits in self._branch(loop.chain, merge, refs, inner):
                turn = Iteration.model_construct(values=tuple(values), chain=chain)
                item = self.loop_item(loop, (turn,), site)
                yield PlacedTerm((item,), chain.result).alone(refs), fits

    def is_absent(self, guard: tree.Term | None, site: ExpansionContext) -> bool:
        """Whether an optional branch is absent. Its terms are counted for names nevertheless."""
        if not isinstance(guard, tree.Guard):
            return isinstance(guard, tree.Absent)
        if self.state.value(guard.condition, site) or not self.is_absent(guard.otherwise, site):
            return False
        count_beside(self.state, site, dict(site.scope.counts), guard.then)
        return True

    def _fits(self, refs: Refs, branch: tree.Chain, merge: tree.Merge, site: ExpansionContext) -> bool:
        """Whether a branch gives one tensor, or several explicitly. Otherwise this is reported."""
        if merge.kind == "tuple" or says_several(branch, lambda name: starts.is_list(name, site.env)):
            return True
        if self.state.spread(refs, 1) is not None:
            return True
        branch_name = f"a branch of `{merge.kind}`"
        problem = TensorCount(name=branch_name, wanted="1 tensor", given=len(refs), names=site.env.names_of(refs))
        self.state.report(problem, branch.span if branch.terms else merge.kind_span, site)
        return False

    def _merged(self, merge: tree.Merge, inputs: Refs, site: ExpansionContext, *, known: bool) -> PlacedTerm:
        kind = self.state.merging(merge.kind)
        written = WrittenTerm(merge.span, merge.kind_span)
        if not inputs:
            problem = TensorCount(name=f"`{merge.kind}`", wanted="1 or more tensors", given=0)
            self.state.report(problem, merge.kind_span, site)
            known = False
        op = build(self.state, site, kind, {}, written)
        assert not isinstance(op, ErrorSentinel), "merges take no arguments"
        return place(self.state, site, op, inputs, written, known=known)
