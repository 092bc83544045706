"""A network in the notation of the lecture: `Conv-MPool-[Conv-Conv-Conv]x3-[Conv-Conv-Conv]x8-…-GAPool-FC`.

It omits what a lecture omits: batch normalisation, activations, dropout, reshaping, and the shortcut of a residual
module, whose longest branch is shown. Iterations of a repeat or `for` that look alike are folded. A module that
concatenates several branches, or scales its input, is shown by its name (`Inception`, `SE`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from archc.ir.network import (
    CallItem,
    Choice,
    GroupItem,
    Item,
    ItemChain,
    LayerItem,
    Loop,
    MergeItem,
    Network,
    Node,
    Ref,
    Scope,
    ScopeResult,
    TensorAssignment,
    taken,
)
from archc.ir.types import Types
from archc.support.record import Struct, field

_SHOWN = frozenset({"conv", "linear", "pool", "head"})

Words = tuple[str, ...]
"""The terms of an outline, from left to right."""


def outline(network: Network) -> str:
    """The outline of a network, a single line; linear in the network's size."""
    return "-".join(_Outline(network).scope(network.scopes[0]) or ())


class _Body(Struct):
    """The body of a definition: the names of its tensors, and the outlines of the paths to them so far.

    A name may be given several times, so the paths are by tensor.
    """

    names: set[str] = field(default_factory=set)
    paths: dict[Ref, Words | None] = field(default_factory=dict)


class _Outline:
    """Outlines a network part by part. None stands for a part without a single path, which is shown by its name."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def scope(self, scope: Scope) -> Words | None:
        statements = tuple(taken(scope.body))
        results = [s for s in statements if isinstance(s, ScopeResult) and not s.training]
        if len(results) != 1 or len(results[0].chains) != 1:
            return None
        body = _Body()
        for s in statements:
            if isinstance(s, TensorAssignment):
                body.paths.update(dict.fromkeys(s.chain.result, self.chain(s.chain, body)))
                body.names.update(s.names)
        return self.chain(results[0].chains[0], body)

    def chain(self, chain: ItemChain, body: _Body) -> Words | None:
        """A chain, preceded by the path to the tensor that it starts from if it names one of the body."""
        before: Words | None = ()
        if chain.start in body.names:
            before = body.paths.get(chain.source[0], ())
        return None if before is None else self.items(chain.items, body, before)

    def items(self, items: Iterable[Item], body: _Body, before: Words = ()) -> Words | None:
        words = list(before)
        for item in items:
            said = self.item(item, body)
            if said is None:
                return None
            if isinstance(item, LayerItem) and said and self._belongs_to_the_one_before(item) and words:
                words[-1] = f"{words[-1]}({said[0]})"
            else:
                words.extend(said)
        return tuple(words)

    def item(self, item: Item, body: _Body) -> Words | None:
        match item:
            case LayerItem():
                return self.layer(self.network.nodes[item.node])
            case CallItem():
                scope = self.network.scopes[item.scope]
                said = self.scope(scope)
                return (scope.definition or scope.name,) if said is None else said
            case GroupItem() | Choice():
                return self.chain(item.chain, body)
            case Loop():
                return self.loop(item, body)
            case MergeItem():
                return self.merge(item, body)

    def layer(self, node: Node) -> Words:
        """The kind of a layer, if a lecture would mention it: of normalisations, only those without state."""
        family = node.op.family
        if family in _SHOWN or (family == "norm" and not node.op.weights(self._types(node))):
            return (node.op.kind(),)
        return ()

    def loop(self, loop: Loop, body: _Body) -> Words | None:
        """Fold a repeat or `for` whose iterations look alike."""
        turns = [self.chain(i.chain, body) for i in loop.iterations]
        whole = [t for t in turns if t is not None]
        if len(whole) < len(turns):
            return None
        return tuple(word for turn, same in groupby(whole) for word in _folded(turn, len(list(same))))

    def merge(self, merge: MergeItem, body: _Body) -> Words | None:
        """An `add` is represented by its longest branch; any other merge only if all branches but one are empty."""
        kind = self.network.nodes[merge.node].op.merge if merge.node is not None else "concat"
        branches = [self.chain(b, body) for b in merge.branches]
        said = [b for b in branches if b is not None]
        if len(said) < len(branches) or kind == "mul":
            return None
        longest = max(said, key=len, default=())
        others = sum(bool(b) for b in said) - bool(longest)
        return longest if kind == "add" or not others else None

    def _belongs_to_the_one_before(self, layer: LayerItem) -> bool:
        """Whether the layer was written as an argument of the one before it: `FC(SM)`."""
        return self.network.nodes[layer.node].implicit

    def _types(self, node: Node) -> Types:
        return self.network.input_types(node)


def _folded(turn: Words, times: int) -> Words:
    """`[Conv-Conv]x3`; a single iteration is not bracketed."""
    if times == 1 or not turn:
        return turn
    return (f"[{'-'.join(turn)}]x{times}",)
