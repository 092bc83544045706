"""Things in a figure whose colour is not that of what they compute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.ir.network import Node
from archc.targets.figure.figure import Box, Slab

_PLAIN = frozenset({"input", "shape", "merge", "norm", "activation", "regularization", "head"})
"""The families that do no work of their own beside a convolution, a pooling or a fully connected layer."""


def miscoloured(nodes: Sequence[Node], thing: Box | Slab) -> Iterator[str]:
    """A kind that is not that of a layer in a thing, or that hides what its layers compute."""
    families = {"attention" if "heads" in type(n.op).model_fields else n.op.family for n in nodes if not n.implicit}
    if thing.kind == "block" or not families:
        return
    if thing.kind not in families:
        yield f"{thing.path} is drawn as {thing.kind}, but has only {sorted(families)}"
    hidden = families - (_PLAIN if isinstance(thing, Slab) else {"shape"})
    if thing.kind in (_PLAIN if isinstance(thing, Slab) else {"shape"}) and hidden:
        yield f"{thing.path} is drawn as {thing.kind}, but has {sorted(hidden)}"
