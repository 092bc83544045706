"""Nested forks with a branch and a line past it, as in U-Net, drawn as a U.

Each fork is a level below the enclosing one. Parts before the inner fork are on the left of the level, the merge and
parts after it are on the right, and the line past the branch runs straight between them. If there is a gate before the
merge, that line ends in it, and the branch leads into both. Parts before and after the U are on the highest level if
they fit there without making it wider.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archc.support.record import Record, Struct, field
from archc.targets.figure.laid import FAN, GAP, LANE, Laid, Point, Way, moved
from archc.targets.figure.split import Element, Fork, MainWay, Tangle

ROOM = 15.0
"""The distance between two levels, for the lines that lead to them."""
TURN = 8.0
"""The length of a line before its turn."""


class Level(Struct):
    """The elements on the left and on the right of a level; the lowest has no right side.

    `gated`: the first on the right is a gate, and the line from below leads into the second, too.
    """

    left: list[Element] = field(default_factory=list)
    right: list[Element] = field(default_factory=list)
    gated: bool = False


class Bent(Record):
    """A U, and the parts before and after it that are placed on its highest level."""

    fork: Fork
    before: tuple[int, ...]
    after: tuple[int, ...]


def gathered(way: MainWay, long: Callable[[int], float]) -> list[Element | Bent]:
    """A main path, each U combined with the parts that fit beside it. `long`: the length of a slab; 0 for others."""
    found: list[Element | Bent] = []
    waiting = list(way.main)
    while waiting:
        element = waiting.pop(0)
        if waiting and (gated := _gated(element, waiting[0])) and gated.merge not in way.sides and levels(gated):
            element = gated
            waiting.pop(0)
        u = levels(element) if isinstance(element, Fork) and element.merge not in way.sides else []
        if not isinstance(element, Fork) or not u:
            found.append(element)
            continue
        left, right = (
            max(sum(long(e) + GAP for e in side if isinstance(e, int)) for side in sides)
            for sides in ([level.left for level in u[:-1]], [level.right for level in u[1:]])
        )
        before, after = list[int](), list[int]()
        while found and isinstance(e := found[-1], int) and e not in way.sides and 0 < long(e) + GAP <= left:
            before.insert(0, e)
            found.pop()
            left -= long(e) + GAP
        right -= sum(long(e) + GAP for e in u[0].right if isinstance(e, int))
        while waiting and isinstance(e := waiting[0], int) and e not in way.sides and 0 < long(e) + GAP <= right:
            after.append(e)
            waiting.pop(0)
            right -= long(e) + GAP
        found.append(Bent(element, tuple(before), tuple(after)) if before or after else element)
    return found


def levels(fork: Fork) -> list[Level]:
    """The levels of a U from the top; empty if a fork is no U, which needs two nested forks and a bottom."""
    found: list[Level] = [Level(right=_merge(fork), gated=fork.gate is not None)]
    branch = _branch(fork)
    while inner := [e for e in branch if isinstance(e, Fork) and _branch(e)]:
        at = branch.index(inner[0])
        if len(inner) > 1 or not at:
            return []
        found.append(Level(branch[:at], [*_merge(inner[0]), *branch[at + 1 :]], inner[0].gate is not None))
        branch = _branch(inner[0])
    if not branch or len(found) < 2:
        return []
    return [*found, Level(branch)]


def _branch(fork: Fork) -> list[Element]:
    """The branch that the direct line bypasses, in which tangles with a gate are forks."""
    found: list[Element] = []
    for element in fork.branches[0] if fork.direct and len(fork.branches) == 1 and fork.merge is not None else ():
        gated = _gated(found[-1], element) if found else None
        found = [*found[:-1], gated] if gated else [*found, element]
    return found


def _gated(element: Element, after: Element) -> Fork | None:
    """A tangle and the merge after it as a fork with a gate, if they are one."""
    gated = element.gated if isinstance(element, Tangle) else None
    return gated if gated is not None and gated.merge == after else None


def _merge(fork: Fork) -> list[Element]:
    return [part for part in (fork.gate, fork.merge) if part is not None]


def laid_out(found: Sequence[Level], row: Callable[[Sequence[Element], Sequence[Element]], Laid]) -> Laid:
    """A U, with each side of a level laid out by `row`, called with the side and with the whole level."""
    lefts = [row(level.left, [*level.left, *level.right]) if level.left else None for level in found]
    rights = [row(level.right, [*level.left, *level.right]) if level.right else None for level in found]
    for here, one in zip(found, rights, strict=True):
        if here.gated and one is not None:
            one.right += LANE
    start = FAN + max(one.length for one in lefts[:-1] if one is not None) + GAP + TURN
    across = _across(lefts, rights)
    laid = Laid()
    for level, t in enumerate(across):
        for one, s in ((lefts[level], FAN), (rights[level], start)):
            if one is not None:
                laid.put(one, s, t)
    laid.length += 2 * TURN
    _open(laid, lefts[0], rights[0], start)
    for level in range(1, len(found)):
        left, gap = lefts[level], _gap(lefts[level], rights[level], across[level])
        assert left is not None
        into = [Way(moved(w.points, FAN, across[level]), w.box) for w in left.entries]
        if level == 1 and lefts[0] is None:
            laid.entries += [Way([(0.0, 0.0), (FAN / 2, 0.0), (FAN / 2, across[1]), *w.points], w.box) for w in into]
        else:
            down = [(FAN / 2, gap), (FAN / 2, across[level])]
            _join(laid, _ends(lefts[level - 1], FAN, across[level - 1], gap), into, down)
        merge = rights[level - 1]
        assert merge is not None
        line = across[level - 1]
        back = [Way([(start - TURN, line), *moved(w.points, start, line)], w.box) for w in merge.entries]
        if found[level - 1].gated:
            back += _past(merge, start, line)
        right = rights[level]
        if right is None:  # the lowest level
            if FAN + left.length > start - TURN:
                _join(laid, _ends(left, FAN, across[level], gap), back, [(start - TURN, gap)])
                continue
            outs = [Way(moved(w.points, FAN, across[level]), w.box) for w in left.exits]
            _join(laid, outs, back, [(start - TURN, across[level])])
        else:
            _join(laid, _ends(right, start, across[level], gap), back, [(start - TURN, gap)])
            skip = [Way(moved(w.points, FAN, across[level]), w.box) for w in left.exits]
            _join(laid, skip, [Way(moved(w.points, start, across[level]), w.box) for w in right.entries], [])
    return laid


def _open(laid: Laid, left: Laid | None, right: Laid | None, start: float) -> None:
    """Draw the lines into and out of the highest level, and between its sides."""
    assert right is not None
    if left is None:
        laid.entries = [Way([(0.0, 0.0), *moved(w.points, start, 0)], w.box) for w in right.entries]
    else:
        laid.entries = [Way([(0.0, 0.0), *moved(w.points, FAN, 0)], w.box) for w in left.entries]
        ends = [Way(moved(w.points, FAN, 0), w.box) for w in left.exits]
        _join(laid, ends, [Way(moved(w.points, start, 0), w.box) for w in right.entries], [])
    laid.exits = [Way([*moved(w.points, start, 0), (laid.length, 0.0)], w.box) for w in right.exits]


def _past(row: Laid, s: float, t: float) -> list[Way]:
    """The lines past the gate at the start of a row to the part after it."""
    merge, at, _ = row.children[1]
    lane, turn = t + row.right - LANE / 2, s + at - GAP / 2
    corners = [(s - TURN, lane), (turn, lane), (turn, t)]
    return [Way([*corners, *moved(w.points, s + at, t)], w.box) for w in merge.entries]


def _across(lefts: Sequence[Laid | None], rights: Sequence[Laid | None]) -> list[float]:
    """The position of each level across the flow."""
    found = [0.0]
    for level in range(1, len(lefts)):
        above = max(one.right for one in (lefts[level - 1], rights[level - 1]) if one is not None)
        own = max(one.left for one in (lefts[level], rights[level]) if one is not None)
        found.append(found[-1] + above + ROOM + own)
    return found


def _gap(left: Laid | None, right: Laid | None, line: float) -> float:
    """The middle of the space above a level."""
    return line - max(one.left for one in (left, right) if one is not None) - ROOM / 2


def _ends(one: Laid | None, s: float, t: float, gap: float) -> list[Way]:
    """The lines that leave something and turn into the space at `gap`."""
    assert one is not None
    end = s + one.length + TURN
    return [Way([*moved(w.points, s, t), (end, t), (end, gap)], w.box) for w in one.exits]


def _join(laid: Laid, outs: Sequence[Way], ins: Sequence[Way], between: Sequence[Point]) -> None:
    laid.wires += [([*a.points, *between, *b.points], a.box, b.box) for a in outs for b in ins]
