"""A block after expansion, kept for reuse."""

from __future__ import annotations

from archc.diagnostics.source import Frame
from archc.elaborate.draft import NodeDraft, ScopeDraft
from archc.elaborate.values import DefinitionRef
from archc.ir.network import Ref
from archc.ir.op import Op
from archc.ir.types import Types
from archc.support.record import Record

Refs = tuple[Ref, ...]
Layers = tuple[tuple[Op, Types, Types], ...]
"""What the cost of a template depends on: its ops, and the types of their inputs and outputs."""


class BlockTemplate(Record):
    """What expanding a block's body added to a network, with numbers that start from 0.

    `scope` and expansion 0 are those of the block itself, which the caller makes each time; inputs are the tensors of
    the nodes -1, -2, … `definitions` are the blocks inside, `last` the nodes that the sketch rules can ask for. `steps`
    and `depth` are counted against the limits.
    """

    scope: ScopeDraft
    nodes: tuple[NodeDraft, ...]
    scopes: tuple[ScopeDraft, ...]
    expansions: tuple[tuple[Frame, int | None, ScopeDraft | None], ...]
    outputs: Refs
    definitions: tuple[DefinitionRef, ...]
    last: tuple[NodeDraft, ...]
    steps: int
    depth: int
    shares: bool
    """Whether a module in it is used more than once."""
    layers: Layers
