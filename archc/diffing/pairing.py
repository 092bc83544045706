"""Pairs of corresponding parts of two networks."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diffing.parts import TreePart
from archc.support.record import Struct, field


class Pairing(Struct):
    """A pair of corresponding parts of the two networks, and the pairing of their contents.

    `replaced`: one part replaces the other, so that their contents are not paired. `moved`: the order has changed.
    `gone` and `new` have no counterpart. `wrapped`: modules that were added around parts (`new`) or removed from around
    them (`gone`), with those parts.
    """

    a: TreePart
    b: TreePart
    parent: Pairing | None = None
    replaced: bool = False
    moved: bool = False
    pairs: list[Pairing] = field(default_factory=list)
    gone: list[TreePart] = field(default_factory=list)
    new: list[TreePart] = field(default_factory=list)
    wrapped: list[TreePart] = field(default_factory=list)
    unwrapped: list[TreePart] = field(default_factory=list)

    def all(self) -> Iterator[Pairing]:
        """It and all pairings in it, the outer ones first."""
        yield self
        for pair in self.pairs:
            yield from pair.all()

    def follows(self, other: Pairing) -> bool:
        """Whether both have moved, one directly behind the other on both sides."""
        return self.moved and other.moved and _next(other.a) is self.a and _next(other.b) is self.b

    def flipped(self, parent: Pairing | None = None) -> Pairing:
        """The same pairing with the two networks exchanged."""
        other = Pairing(self.b, self.a, parent, self.replaced, self.moved)
        other.pairs = [pair.flipped(other) for pair in self.pairs]
        other.gone, other.new = self.new, self.gone
        other.wrapped, other.unwrapped = self.unwrapped, self.wrapped
        return other


def _next(part: TreePart) -> TreePart | None:
    """What stands directly behind a part in its module."""
    around = part.parent.children if part.parent is not None else []
    place = next((i for i, one in enumerate(around) if one is part), len(around))
    return around[place + 1] if place + 1 < len(around) else None
