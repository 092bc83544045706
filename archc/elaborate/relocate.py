"""Copying parts of a network, with renumbered nodes and scopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archc.diagnostics.source import Frame
from archc.elaborate.draft import NodeDraft, ScopeDraft
from archc.ir.network import (
    CallItem,
    Choice,
    GroupItem,
    Item,
    ItemChain,
    LayerItem,
    LetValue,
    Loop,
    MergeItem,
    Ref,
    ScopeResult,
    Statement,
    TakenBranch,
    TensorAssignment,
)


class _Tensors(dict[Ref, Ref]):
    """Maps tensors to their copies. Unless given initially, a copy is offset by `by` nodes."""

    def __init__(self, known: Mapping[Ref, Ref], by: int) -> None:
        super().__init__(known)
        self.by = by

    def __missing__(self, ref: Ref) -> Ref:
        moved = self[ref] = Ref(ref.node + self.by, ref.out)
        return moved


class Move:
    """Copies nodes, scopes and steps of the trail, renumbered by `nodes`, `scopes` and `expansions`.

    `incoming` maps tensors from outside; `drafts` (by `id`) has scopes that already exist. Scopes are copied first,
    then nodes; then each scope is filled.
    """

    def __init__(
        self, incoming: Mapping[Ref, Ref], nodes: int, scopes: int, expansions: int, drafts: dict[int, Any]
    ) -> None:
        self.refs = _Tensors(incoming, nodes)
        self.nodes = nodes
        self.scopes = scopes
        self.expansions = expansions
        self.drafts = drafts

    def tensors(self, refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
        """The copies of tensors."""
        return tuple(map(self.refs.__getitem__, refs))

    # -- drafts

    def node(self, n: NodeDraft) -> NodeDraft:
        """Copy a node into the copy of its scope."""
        made = self.drafts[id(n)] = NodeDraft(
            n.index + self.nodes,
            n.op,
            self.tensors(n.inputs),
            n.types,
            n.label,
            self.drafts[id(n.scope)],
            n.span,
            n.label_span,
            n.arguments,
            n.implicit,
            n.expansion if n.expansion is None else n.expansion + self.expansions,
            n.stateful,
        )
        made.name = n.name
        made.shared = None if n.shared is None else n.shared + self.nodes
        return made

    def scope(self, s: ScopeDraft) -> ScopeDraft:
        """Copy a scope without its contents. Requires: the enclosing scope has been copied."""
        made = self.drafts[id(s)] = ScopeDraft(
            s.index + self.scopes,
            s.kind,
            s.label,
            s.callee,
            self.drafts[id(s.parent)],
            "",
            s.span,
            s.label_span,
            s.expansion if s.expansion is None else s.expansion + self.expansions,
        )
        made.name, made.definition, made.arguments = s.name, s.definition, s.arguments
        made.shared = None if s.shared is None else s.shared + self.scopes
        made.inputs, made.outputs = self.tensors(s.inputs), self.tensors(s.outputs)
        return made

    def fill(self, scope: ScopeDraft) -> None:
        """Fill the copy of a scope with copies of its contents."""
        made = self.drafts[id(scope)]
        made.pure, made.positional, made.position = scope.pure, scope.positional, scope.position
        made.children = [self.drafts[id(child)] for child in scope.children]
        made.body = tuple(map(self.statement, scope.body))

    def expansion(
        self, step: tuple[Frame, int | None, ScopeDraft | None]
    ) -> tuple[Frame, int | None, ScopeDraft | None]:
        """Copy a step of the trail. The frame keeps the call and its place: nothing is reported through it again."""
        frame, parent, scope = step
        call = Frame(frame.callee, frame.span, "", None, frame.arguments)
        return call, parent if parent is None else parent + self.expansions, self.drafts[id(scope)] if scope else None

    # -- structure

    def statement(self, statement: Statement) -> Statement:
        """Copy a statement of a body."""
        match statement:
            case LetValue():
                return statement
            case TensorAssignment():
                return statement.model_copy({"chain": self.chain(statement.chain)})
            case TakenBranch():
                return statement.model_copy({"body": tuple(map(self.statement, statement.body))})
            case ScopeResult():
                return statement.model_copy({"chains": tuple(map(self.chain, statement.chains))})

    def chain(self, chain: ItemChain) -> ItemChain:
        """Copy a chain with its items."""
        items = tuple([_ITEMS[type(item)](self, item) for item in chain.items])
        source, result = self.tensors(chain.source), self.tensors(chain.result)
        return ItemChain.model_construct(items=items, source=source, result=result, start=chain.start)

    def _layer(self, item: LayerItem) -> LayerItem:
        return item.model_copy({"node": item.node + self.nodes})

    def _call(self, item: CallItem) -> CallItem:
        return item.model_copy({"scope": item.scope + self.scopes})

    def _group(self, item: GroupItem) -> GroupItem:
        scope = item.scope if item.scope is None else item.scope + self.scopes
        return item.model_copy({"chain": self.chain(item.chain), "scope": scope})

    def _loop(self, item: Loop) -> Loop:
        scope = item.scope if item.scope is None else item.scope + self.scopes
        turns = tuple([turn.model_copy({"chain": self.chain(turn.chain)}) for turn in item.iterations])
        return item.model_copy({"iterations": turns, "scope": scope})

    def _with_chain(self, item: Choice) -> Choice:
        return item.model_copy({"chain": self.chain(item.chain)})

    def _merge(self, item: MergeItem) -> MergeItem:
        branches = tuple(map(self.chain, item.branches))
        node = item.node if item.node is None else item.node + self.nodes
        return item.model_copy({"node": node, "branches": branches})


_ITEMS: dict[type[Item], Callable[[Move, Any], Item]] = {
    LayerItem: Move._layer,
    CallItem: Move._call,
    GroupItem: Move._group,
    Loop: Move._loop,
    Choice: Move._with_chain,
    MergeItem: Move._merge,
}
