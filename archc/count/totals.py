"""The totals of a network: the same numbers as in `Counts`, but without rows, for counting many networks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archc.count.counts import Counts, Dims, facets
from archc.ir.op import Op
from archc.ir.types import TensorType, Types


class Totals(NamedTuple):
    """The totals of a network, as `Counts` has them."""

    input: Dims
    output: Dims
    params: int
    trainable: int
    buffers: int
    macs: int
    elementwise: int
    flops: int
    activations: int


Layers = tuple[tuple[Op, Types, Types], ...]
"""Ops with the types of their inputs and outputs."""
Sums = tuple[int, int, int, int, int]
"""Parameters, buffers, MACs, element-wise operations, activations."""


class KnownTotals:
    """Known counts of each op on each input, and of each tuple of layers.

    Tuples are compared by identity, and kept alive.
    """

    def __init__(self) -> None:
        self.layers: dict[tuple[type[Op], Op, Types], Sums] = {}
        self.blocks: dict[int, tuple[Sums, Layers]] = {}

    def of_layer(self, op: Op, xs: Types, ys: Types) -> Sums:
        """The costs of a layer."""
        key = (type(op), op, xs)
        if (known := self.layers.get(key)) is None:
            found = facets(op, xs, ys)
            known = found["params"], found["buffers"], found["macs"], found["elementwise"], found["activations"]
            self.layers[key] = known
        return known

    def of_block(self, layers: Layers) -> Sums:
        """The costs of the layers of a block."""
        if (known := self.blocks.get(id(layers))) is None:
            known = self.blocks[id(layers)] = sums(self.of_layer(*layer) for layer in layers), layers
        return known[0]


def sums(each: Iterable[Sums]) -> Sums:
    """The sums of several."""
    params = buffers = macs = elementwise = activations = 0
    for one in each:
        params += one[0]
        buffers += one[1]
        macs += one[2]
        elementwise += one[3]
        activations += one[4]
    return params, buffers, macs, elementwise, activations


def totals(input: TensorType, output: TensorType, own: Layers, blocks: Iterable[Layers], work: KnownTotals) -> Totals:
    """The totals of a network without training-only layers, from its own layers and those of its blocks."""
    parts = [work.of_layer(*layer) for layer in own]
    params, buffers, macs, elementwise, activations = sums([*parts, *map(work.of_block, blocks)])
    return Totals(
        input=input.dims,
        output=output.dims,
        params=params,
        trainable=params,
        buffers=buffers,
        macs=macs,
        elementwise=elementwise,
        flops=2 * macs + elementwise,
        activations=activations,
    )


def totals_of(counts: Counts) -> Totals:
    """The totals in `counts`."""
    return Totals(*(getattr(counts, name) for name in Totals._fields))
