"""Labels for the tensors of a thing that makes several, in the boxes that read them.

The outputs of a layer are numbered; those of a block have the names of its results, if it names them. A thing that
reads all of them in order needs no label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archc.ir.network import Network, Ref
from archc.ir.results import result_names
from archc.support.record import Record
from archc.targets.figure.figure import Box, Slab
from archc.targets.figure.marks import first_use


class Given(Record):
    """The tensors that a thing makes, as keys in order, and their names."""

    keys: tuple[tuple[int, int], ...]
    names: tuple[str, ...]

    def of(self, keys: Sequence[tuple[int, int]]) -> str:
        """The label for some of them: `part 2`, `parts 2, 1`, `x`."""
        names = [self.names[self.keys.index(key)] for key in keys]
        numbers = all(name.isdigit() for name in names)
        return ("" if not numbers else "part " if len(names) == 1 else "parts ") + ", ".join(names)


class Parts:
    """Finds which of the tensors of a thing are read in a graph. `owner`: the number of each node's thing."""

    def __init__(self, network: Network, things: Sequence[Box | Slab], owner: Mapping[int, int]) -> None:
        self.network, self.things, self.owner = network, things, owner
        read: dict[int, dict[Ref, None]] = {}
        for thing in things:
            for start, ref in self._read(thing):
                read.setdefault(start, {})[ref] = None
        self.several = {start: one for start, refs in read.items() if (one := self._given(start, refs)) is not None}

    def read(self, thing: Box | Slab) -> dict[int, tuple[str, Ref]]:
        """By the number of each thing that makes several tensors: a label of those that `thing` reads, and one of them.

        The label is empty if `thing` reads all of them in order.
        """
        found: dict[int, dict[tuple[int, int], Ref]] = {}
        for start, ref in self._read(thing) if self.several else ():
            if start in self.several:
                found.setdefault(start, {}).setdefault(self._key(start, ref), ref)
        return {
            start: (
                "" if tuple(refs) == self.several[start].keys else self.several[start].of([*refs]),
                [*refs.values()][0],
            )
            for start, refs in found.items()
        }

    def called(self, ref: Ref) -> str:
        """The name of a tensor among those that its thing makes; empty if it is the only one."""
        start = self.owner.get(ref.node, -1)
        return self.several[start].of([self._key(start, ref)]) if start in self.several else ""

    def _read(self, thing: Box | Slab) -> Iterator[tuple[int, Ref]]:
        """The tensors that a thing reads, each with the number of its maker; for a block, in the order of its call."""
        inside = {*thing.nodes}
        if isinstance(thing, Box) and thing.source is not None and thing.source.node in self.owner:
            yield self.owner[thing.source.node], thing.source
        read = {ref: None for n in sorted(inside) for ref in self.network.nodes[n].inputs if ref.node not in inside}
        given = self.network.scopes[thing.scope].inputs if isinstance(thing, Box) and thing.scope is not None else ()
        for ref in (*(ref for ref in dict.fromkeys(given) if ref in read), *(ref for ref in read if ref not in given)):
            if ref.node in self.owner:
                yield self.owner[ref.node], ref

    def _given(self, start: int, refs: Mapping[Ref, None]) -> Given | None:
        """The tensors that a thing makes, or None if it makes only one; `refs` are those that are read."""
        made = [self._several(start, ref) for ref in refs]
        keys = {self._key(start, ref) for ref in refs}
        names = next((names for names in made if names), ())
        if names and {key[0] for key in keys} == {0}:
            return Given(tuple((0, i) for i in range(len(names))), names)
        if len(keys) < 2:
            return None
        return Given(tuple(sorted(keys)), tuple(str(i + 1) for i in range(len(keys))))

    def _key(self, start: int, ref: Ref) -> tuple[int, int]:
        """The key that orders a tensor among those that a thing makes; equal for all nodes that one represents."""
        thing, results = self.things[start], self._results(start, ref)
        if results:
            return 0, [*results].index(ref)
        if isinstance(thing, Slab) and len(thing.nodes) > 1:
            # the last layer first, as in the list of their sizes
            return 1 + len(self.network.nodes) - first_use(self.network, ref.node), ref.out
        return 0, ref.out

    def _several(self, start: int, ref: Ref) -> tuple[str, ...]:
        """The names of the tensors that are made together with this one."""
        results = self._results(start, ref)
        if not results:
            return tuple(str(i + 1) for i in range(len(self.network.nodes[ref.node].types)) if self._many(ref))
        names = tuple(results.values())
        return names if len({*filter(None, names)}) == len(names) else tuple(str(i + 1) for i in range(len(names)))

    def _many(self, ref: Ref) -> bool:
        return len(self.network.nodes[ref.node].types) > 1

    def _results(self, start: int, ref: Ref) -> dict[Ref, str]:
        """The results, with their names, of the outermost module in a thing that returns this tensor and others."""
        thing, found = self.things[start], dict[Ref, str]()
        if len(thing.nodes) == 1 or (isinstance(thing, Box) and thing.scope is None):
            return found
        nodes, block = {*thing.nodes}, thing.scope if isinstance(thing, Box) else None
        scope: int | None = self.network.nodes[ref.node].scope
        while scope:
            here = self.network.scopes[scope]
            own = {one for one in here.outputs if one.node in nodes}
            if len(own) > 1 and ref in own:
                names = (*result_names(here.body), *[""] * len(here.outputs))
                found = {one: name for one, name in zip(here.outputs, names, strict=False) if one in own}
            last = block is not None and here.definition == self.network.scopes[block].definition
            scope = None if last else here.parent
        return found
