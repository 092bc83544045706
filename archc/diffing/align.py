"""Matching the parts of two networks: their trees are aligned module by module.

Labels found on both sides are anchors. Between them, parts are aligned in order at the least cost, measured in layers:
a part without a counterpart costs its size, a changed part less. Equal subtrees are aligned once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from archc.diffing.pairing import Pairing
from archc.diffing.parts import LookTable, TreePart, parts_of
from archc.diffing.wires import Wires
from archc.ir.network import Network
from archc.support.record import Record

Pair = tuple[int, int]
"""Positions in two sequences."""
RENAMED = 0.3
"""The cost of a different label, or of a different name of a block."""
REPLACED, FAMILY, LABELLED = 0.95, 0.6, 0.5
"""The cost of replacing a part, relative to both sizes: by another kind; within a family; under the same label."""
ALIKE = 0.5
"""The share of both sizes that may differ between modules of two names that count as a renaming."""
TRIALS = 200
"""The most other pairs that are tried for layers that read something else."""
LARGEST = 250_000
"""The most pairs that are compared one by one; longer sequences are aligned only by equal parts."""


class Matched(Record):
    """The alignment of two sequences: pairs of positions in order, pairs that moved, and its cost."""

    pairs: tuple[Pair, ...]
    moved: tuple[Pair, ...]
    cost: float


class Aligner:
    """Aligns parts that are numbered by a common table."""

    def __init__(self) -> None:
        self._costs: dict[tuple[int, int], float] = {}
        self._matches: dict[tuple[int, int], Matched] = {}

    def align(self, a: TreePart, b: TreePart) -> Pairing:
        """The pairing of two parts that certainly correspond."""
        return self._pairing(a, b, None)

    def _pairing(self, a: TreePart, b: TreePart, parent: Pairing | None) -> Pairing:
        pairing = Pairing(a, b, parent)
        if a.look == b.look:
            pairing.pairs = [self._pairing(x, y, pairing) for x, y in zip(a.children, b.children, strict=True)]
            return pairing
        pairing.replaced = parent is not None and not self._same(a, b)
        if pairing.replaced or a.node is not None:
            return pairing
        found = self._matched(a, b)
        moved = set(found.moved)
        for i, j in sorted((*found.pairs, *moved)):
            inner = self._pairing(a.children[i], b.children[j], pairing)
            inner.moved = (i, j) in moved
            pairing.pairs.append(inner)
        here, there = {i for i, _ in (*found.pairs, *moved)}, {j for _, j in (*found.pairs, *moved)}
        pairing.gone = [child for i, child in enumerate(a.children) if i not in here]
        pairing.new = [child for j, child in enumerate(b.children) if j not in there]
        self._wrap(pairing, pairing.gone, pairing.new, pairing.wrapped, flipped=False)
        self._wrap(pairing, pairing.new, pairing.gone, pairing.unwrapped, flipped=True)
        return pairing

    def _wrap(
        self, pairing: Pairing, bare: list[TreePart], around: list[TreePart], wrapped: list[TreePart], *, flipped: bool
    ) -> None:
        """Find modules of one side whose contents are unwrapped on the other, and pair these contents."""
        for module in list(around):
            if module.node is not None or not module.children or not bare:
                continue
            found = self._sequence(bare, module.children)
            same = sum(bare[i].size for i, j in found.pairs if self._same(bare[i], module.children[j]))
            alone = len(found.pairs) == 1 and len(module.children) == 1 and same == module.size
            if 2 * same < module.size or (len(found.pairs) < 2 and not alone):
                continue
            for i, j in found.pairs:
                x, y = (module.children[j], bare[i]) if flipped else (bare[i], module.children[j])
                pairing.pairs.append(self._pairing(x, y, pairing))
            around.remove(module)
            wrapped.append(module)
            inside = {j for _, j in found.pairs}
            around += [child for j, child in enumerate(module.children) if j not in inside]
            taken = {i for i, _ in found.pairs}
            bare[:] = [part for i, part in enumerate(bare) if i not in taken]

    # -- costs --------------------------------------------------------------------------------------------------------

    def _same(self, a: TreePart, b: TreePart) -> bool:
        """Whether one may be a changed version of the other."""
        if a.node is not None or b.node is not None:
            return a.kind == b.kind and a.node is not None and b.node is not None
        if a.kind == b.kind and _one_label(a, b):
            return True
        return self._inner(a, b) <= ALIKE * (a.size + b.size)

    def _inner(self, a: TreePart, b: TreePart) -> float:
        return self._matched(a, b).cost + RENAMED * (a.kind != b.kind)

    def cost(self, a: TreePart, b: TreePart) -> float:
        """The cost of changing one into the other."""
        if a.look == b.look:
            return 0.0
        key = a.look, b.look
        if key not in self._costs:
            self._costs[key] = self._cost(a, b) + RENAMED * (a.name != b.name and (a.labelled or b.labelled))
        return self._costs[key]

    def _cost(self, a: TreePart, b: TreePart) -> float:
        both = a.size + b.size
        if a.implicit != b.implicit:  # an implicit layer corresponds to nothing in the text
            return both + 1.0
        if not self._same(a, b):
            family = a.node is not None and b.node is not None and a.layer.op.family == b.layer.op.family
            return (LABELLED if _one_label(a, b) else FAMILY if family else REPLACED) * both
        if a.node is None:
            return min(self._inner(a, b), REPLACED * both)
        one, other = a.layer, b.layer
        names = one.op.model_fields
        differs: int = sum(getattr(one.op, name) != getattr(other.op, name) for name in names)
        return (0.2 + 0.4 * differs / max(len(names), 1) if differs else 0.0) + 0.1 * (one.frozen != other.frozen)

    # -- sequences ----------------------------------------------------------------------------------------------------

    def _matched(self, a: TreePart, b: TreePart) -> Matched:
        """The alignment of the contents of two modules."""
        key = a.look, b.look
        if key not in self._matches:
            self._matches[key] = self._sequence(a.children, b.children)
        return self._matches[key]

    def _sequence(self, xs: Sequence[TreePart], ys: Sequence[TreePart]) -> Matched:
        anchors, moved = _anchors(xs, ys)
        apart_x, apart_y = {i for i, _ in moved}, {j for _, j in moved}
        pairs: list[Pair] = []
        start = 0, 0
        for i, j in (*anchors, (len(xs), len(ys))):
            left = [k for k in range(start[0], i) if k not in apart_x]
            right = [k for k in range(start[1], j) if k not in apart_y]
            pairs += self._gap(xs, ys, left, right)
            if i < len(xs):
                pairs.append((i, j))
            start = i + 1, j + 1
        moved += _moves(xs, ys, pairs, moved)
        both = (*pairs, *moved)
        cost = sum(self.cost(xs[i], ys[j]) for i, j in both) + len(moved)
        cost += sum(part.size for part in xs) - sum(xs[i].size for i, _ in both)
        cost += sum(part.size for part in ys) - sum(ys[j].size for _, j in both)
        return Matched(tuple(pairs), tuple(moved), cost)

    def _gap(self, xs: Sequence[TreePart], ys: Sequence[TreePart], left: list[int], right: list[int]) -> list[Pair]:
        """The cheapest in-order alignment of the parts at these positions; equal ones at both ends are paired first."""
        pairs: list[Pair] = []
        head = 0
        while head < min(len(left), len(right)) and xs[left[head]].look == ys[right[head]].look:
            pairs.append((left[head], right[head]))
            head += 1
        left, right = left[head:], right[head:]
        tail: list[Pair] = []
        while left and right and xs[left[-1]].look == ys[right[-1]].look:
            tail.append((left.pop(), right.pop()))
        if len(left) * len(right) > LARGEST:
            return [*pairs, *_by_looks(xs, ys, left, right), *reversed(tail)]
        n, m = len(left), len(right)
        best = [[0.0] * (m + 1) for _ in range(n + 1)]
        for i in range(n - 1, -1, -1):
            best[i][m] = best[i + 1][m] + xs[left[i]].size
        for j in range(m - 1, -1, -1):
            best[n][j] = best[n][j + 1] + ys[right[j]].size
        for i in range(n - 1, -1, -1):
            x = xs[left[i]]
            row, below = best[i], best[i + 1]
            for j in range(m - 1, -1, -1):
                y = ys[right[j]]
                row[j] = min(self.cost(x, y) + below[j + 1], below[j] + x.size, row[j + 1] + y.size)
        i = j = 0
        while i < n and j < m:
            x, y = xs[left[i]], ys[right[j]]
            if best[i][j] >= self.cost(x, y) + best[i + 1][j + 1] - 1e-9:
                pairs.append((left[i], right[j]))
                i, j = i + 1, j + 1
            elif best[i][j] >= best[i + 1][j] + x.size - 1e-9:
                i += 1
            else:
                j += 1
        return [*pairs, *reversed(tail)]


def aligned(before: Network, after: Network) -> Pairing:
    """Align two networks part by part. Their order does not matter: it is determined by their contents."""
    flipped = _rank(after) < _rank(before)
    first, second = (after, before) if flipped else (before, after)
    table = LookTable()
    found = Aligner().align(parts_of(first, table), parts_of(second, table))
    _settle(found)
    return found.flipped() if flipped else found


def _settle(root: Pairing) -> None:
    """Pair equal layers by what they read: if the order allows several ways, the one with the fewest other wires."""
    changed = Wires(root).changed()
    fewest, trials = len(changed), 0
    for pair in changed:
        home = pair.parent
        for side, others in (("b", home.new), ("a", home.gone)) if home is not None else ():
            for i, other in enumerate(others):
                own = getattr(pair, side)
                if other.look != own.look or trials == TRIALS:
                    continue
                trials += 1
                setattr(pair, side, other)
                others[i] = own
                found = len(Wires(root).changed()) if home is not None and _in_order(home) else fewest
                if found < fewest:
                    fewest = found
                    break
                setattr(pair, side, own)
                others[i] = other


def _in_order(home: Pairing) -> bool:
    """Whether the parts of a module that have not moved are in the same order on both sides."""
    here, there = ({id(part): i for i, part in enumerate(side.children)} for side in (home.a, home.b))
    kept = sorted((here.get(id(p.a), 0), there.get(id(p.b), 0)) for p in home.pairs if not p.moved)
    return all(one[1] < other[1] for one, other in zip(kept, kept[1:], strict=False))


def _rank(network: Network) -> tuple[int, list[tuple[str, str, str]]]:
    return len(network.nodes), [(node.op.kind(), node.path, repr(node.op)) for node in network.nodes]


def _one_label(a: TreePart, b: TreePart) -> bool:
    return a.labelled and b.labelled and a.name == b.name


def _anchors(xs: Sequence[TreePart], ys: Sequence[TreePart]) -> tuple[list[Pair], list[Pair]]:
    """The pairs with equal labels that are in the same order, as many as possible, and the others."""
    here, there = _labels(xs), _labels(ys)
    both = sorted((i, there[name]) for name, i in here.items() if name in there)
    kept = _rising(both)
    known = set(kept)
    return kept, [pair for pair in both if pair not in known]


def _rising(both: list[Pair]) -> list[Pair]:
    """The longest subsequence whose second numbers increase."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for k, (_, j) in enumerate(both):
        at = bisect_left(ends, j)
        ends[at:] = [j] if at == len(ends) else [j, *ends[at + 1 :]]
        last[at:] = [k] if at == len(last) else [k, *last[at + 1 :]]
        before.append(last[at - 1] if at else -1)
    found: list[Pair] = []
    k = last[-1] if last else -1
    while k >= 0:
        found.append(both[k])
        k = before[k]
    return found[::-1]


def _labels(parts: Sequence[TreePart]) -> dict[str, int]:
    """The positions of parts with a unique label."""
    counts = Counter(part.name for part in parts if part.labelled)
    return {part.name: i for i, part in enumerate(parts) if part.labelled and counts[part.name] == 1}


def _moves(xs: Sequence[TreePart], ys: Sequence[TreePart], pairs: Sequence[Pair], moved: Sequence[Pair]) -> list[Pair]:
    """Parts without a counterpart in order that have an equal one elsewhere."""
    here, there = {i for i, _ in (*pairs, *moved)}, {j for _, j in (*pairs, *moved)}
    left = [i for i in range(len(xs)) if i not in here]
    right = [j for j in range(len(ys)) if j not in there]
    found: list[Pair] = []
    for key in ("look", "shape"):
        for i in list(left):
            j = next((j for j in right if getattr(ys[j], key) == getattr(xs[i], key)), None)
            if j is not None and (key == "look" or not (xs[i].labelled or ys[j].labelled)):
                left.remove(i)
                right.remove(j)
                found.append((i, j))
    return found


def _by_looks(xs: Sequence[TreePart], ys: Sequence[TreePart], left: list[int], right: list[int]) -> list[Pair]:
    """The pairs of equal parts that difflib finds."""
    from difflib import SequenceMatcher

    blocks = SequenceMatcher(None, [xs[i].look for i in left], [ys[j].look for j in right], autojunk=False)
    return [
        (left[block.a + k], right[block.b + k]) for block in blocks.get_matching_blocks() for k in range(block.size)
    ]
