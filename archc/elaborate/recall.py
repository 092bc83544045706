"""Expanding only to see whether a network checks: block calls that are alike are looked at once.

A ResNet-152 has fifty bottlenecks of eight kinds. What a call makes depends on the block, its arguments and the types
that come in, so the second call of a kind is taken to make what the first one made.
"""

from __future__ import annotations

from collections.abc import Hashable
from copy import deepcopy
from dataclasses import dataclass

from archc.diagnostics import Reported
from archc.elaborate.bodies import Expander
from archc.elaborate.chains import Refs
from archc.elaborate.draft import NodeDraft
from archc.elaborate.environment import Env
from archc.elaborate.layers import Placed
from archc.elaborate.state import Site, SketchMemory, State
from archc.elaborate.values import Defined, Tensors, Value
from archc.network.network import Ref
from archc.network.op import Op
from archc.network.types import Types
from archc.syntax import tree


@dataclass(frozen=True, slots=True)
class _Made:
    """What a call made: the types, the op that made them, and what the sketch rules remember after it."""

    types: Types
    op: Op
    sketch: dict[str, SketchMemory]


class RecallingExpander(Expander):
    """Expands a network of which nothing but its errors is wanted. The network that it leaves is not one to use."""

    def __init__(self, state: State, seen: dict[Hashable, _Made]) -> None:
        super().__init__(state)
        self.seen = seen

    def block(self, site: Site, use: tree.Use, defined: Defined, refs: Refs) -> Placed:
        """Expand a block call, unless one like it has been expanded."""
        key = self._key(site, use, defined, refs)
        if key is None or refs is None:
            return super().block(site, use, defined, refs)
        if (made := self.seen.get(key)) is not None and use.label is None:
            return self._again(site, use, refs, made)
        told = len(self.state.reporter.diagnostics)
        placed = super().block(site, use, defined, refs)
        if placed.refs is not None and len(self.state.reporter.diagnostics) == told:
            draft = self.state.draft
            types = tuple(draft.type_of(r) for r in placed.refs)
            self.seen[key] = _Made(types, draft.nodes[placed.refs[0].node].op, deepcopy(self.state.sketch))
        return placed

    def _key(self, site: Site, use: tree.Use, defined: Defined, refs: Refs) -> Hashable | None:
        """What a call's result depends on; None where that cannot be told."""
        block = defined.tree
        if not isinstance(block, tree.Block) or refs is None:
            return None
        told = self.state.reporter.errors
        env = Env(defined.home)
        if not block.over:
            env.names["in"] = Tensors(refs, "in_")
        arguments = self.bind(env, defined, block.parameters, use, site)
        if isinstance(arguments, Reported) or self.state.reporter.errors > told:
            return None
        values = tuple((name, _plain(bound.value)) for name, (bound, _) in arguments.items())
        return id(block), values, tuple(self.state.draft.type_of(r).dims for r in refs)

    def _again(self, site: Site, use: tree.Use, refs: tuple[Ref, ...], made: _Made) -> Placed:
        draft = self.state.draft
        node = NodeDraft(
            index=len(draft.nodes),
            op=made.op,
            inputs=refs,
            types=made.types,
            label=None,
            scope=site.scope,
            span=use.span,
            label_span=use.name_span,
            arguments=(),
            implicit=True,
            expansion=site.expansion,
            stateful=False,
        )
        draft.nodes.append(node)
        site.scope.position += 1
        self.state.sketch = deepcopy(made.sketch)
        return Placed((), tuple(Ref(node.index, out) for out in range(len(made.types))))


def _plain(value: Value) -> Hashable:
    """A value to compare by: definitions by identity, and `True` is not 1."""
    if isinstance(value, Defined):
        return "defined", id(value.tree)
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    return type(value).__name__, value
