"""The layers that read other tensors than their counterparts, without effects of parts that are new, gone or moved."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diffing.pairing import Pairing
from archc.ir.network import Network, Ref

ANY = -1
"""Stands for any output, in place of its number."""
Images = frozenset[Ref] | None
"""The tensors of the second network that may correspond to a tensor; None if any may."""
Read = tuple[Images, bool]
"""What a layer reads, and whether that is optional, because it passes through a part without a counterpart."""


class Wires:
    """The tensors that each layer reads in both networks, in the numbers of the second."""

    def __init__(self, root: Pairing) -> None:
        self.root = root
        self.there: dict[int, int] = {}
        """The number in the second network of each layer of the first that has a counterpart."""
        self.moved: tuple[set[int], set[int]] = set(), set()
        self._follow(root, moved=False)
        self.back = {j: i for i, j in self.there.items()}

    def _follow(self, pair: Pairing, *, moved: bool) -> None:
        moved = moved or pair.moved
        if pair.a.node is not None and pair.b.node is not None:
            self.there[pair.a.node] = pair.b.node
            if moved:
                self.moved[0].add(pair.a.node)
                self.moved[1].add(pair.b.node)
        for inner in pair.pairs:
            self._follow(inner, moved=moved)

    def changed(self) -> list[Pairing]:
        """The layers that read different tensors."""
        return [p for p in self.root.all() if p.a.node is not None and p.b.node is not None and self._differs(p)]

    def _differs(self, pair: Pairing) -> bool:
        if pair.a.node in self.moved[0]:
            return False
        one, other = pair.a.layer, pair.b.layer
        free = one.op.kind() in ("Add", "Mul")
        ours = [self._read(self.root.a.network, ref, ours=True) for ref in one.inputs]
        theirs = [self._read(self.root.b.network, ref, ours=False) for ref in other.inputs]
        return not _agree(ours, theirs, free)

    def returns(self, training: bool) -> bool:
        """Whether the networks return different tensors."""
        one, other = self.root.a.network, self.root.b.network
        before = one.training_outputs if training else one.outputs
        after = other.training_outputs if training else other.outputs
        ours = [self._read(one, ref, ours=True) for ref in before]
        theirs = [self._read(other, ref, ours=False) for ref in after]
        return not _agree(ours, theirs, free=False)

    def returns_the_same(self) -> bool:
        """Whether the networks return exactly the same tensors."""
        ours = [(self.there.get(ref.node), ref.out) for ref in self.root.a.network.outputs]
        return ours == [(ref.node, ref.out) for ref in self.root.b.network.outputs]

    def _read(self, network: Network, ref: Ref, *, ours: bool) -> Read:
        """The tensors that may correspond to a tensor, and whether it passes through a part without a counterpart."""
        images: set[Ref] = set()
        known, moved = (self.there, self.moved[0]) if ours else (self.back, self.moved[1])
        through = False
        while True:
            if ref.node in known:
                images.add(Ref(known[ref.node] if ours else ref.node, ANY if through else ref.out))
                if ref.node not in moved:
                    return frozenset(images), through
            through = True
            inputs = network.nodes[ref.node].inputs
            if len(inputs) != 1:
                return None, True
            (ref,) = inputs


def _agree(ours: Sequence[Read], theirs: Sequence[Read], free: bool) -> bool:
    """Whether two lists of tensors may be the same; if they are `free`, their order does not matter.

    Tensors that pass through a part without a counterpart are optional.
    """
    if free:
        ours, theirs = (sorted(read, key=lambda one: one[1]) for read in (ours, theirs))
        left = list(theirs)
        for images, through in ours:
            place = next((i for i, (others, _) in enumerate(left) if _meet(images, others)), None)
            if place is not None:
                del left[place]
            elif not through:
                return False
        return all(through for _, through in left)
    ends = {0}
    """How many of theirs may be the first of ours so far."""
    for images, through in ours:
        before = sorted(ends)
        ends = set(before) if through else set()
        for end in before:
            for i in range(end, len(theirs)):
                if _meet(images, theirs[i][0]):
                    ends.add(i + 1)
                if not theirs[i][1]:
                    break
    return any(all(through for _, through in theirs[end:]) for end in ends)


def _meet(one: Images, other: Images) -> bool:
    """Whether two tensors may be the same. After a part without a counterpart, several are possible."""
    if one is None or other is None:
        return True
    return any(x.node == y.node and (x.out == y.out or ANY in (x.out, y.out)) for x in one for y in other)
