"""Forks in forks whose one branch is passed by a line, as in U-Net: drawn as a U.

Each fork is a level below the one around it. What comes before the inner fork stands on the left of the level, what
merges it and comes after on the right, and the line that passes the branch runs straight between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archc.support.record import Struct, field
from archc.targets.figure.laid import FAN, GAP, Laid, Point, Way, moved
from archc.targets.figure.split import Element, Fork

ROOM = 18.0
"""Between two levels, where lines go back and forth."""
TURN = 8.0
"""How far a line goes on before it turns."""


class Level(Struct):
    """What stands on the left and on the right of a level; the lowest has no right side."""

    left: list[Element] = field(default_factory=list)
    right: list[Element] = field(default_factory=list)


def levels(fork: Fork) -> list[Level]:
    """The levels of a U, the upper first; nothing if a fork is none, which takes two forks and a bottom."""
    found: list[Level] = [Level(right=_merge(fork))]
    branch: Sequence[Element] = _branch(fork)
    while inner := [e for e in branch if isinstance(e, Fork) and _branch(e)]:
        at = list(branch).index(inner[0])
        if len(inner) > 1 or not at:
            return []
        found.append(Level(list(branch[:at]), [*_merge(inner[0]), *branch[at + 1 :]]))
        branch = _branch(inner[0])
    if not branch or len(found) < 2:
        return []
    return [*found, Level(list(branch))]


def _branch(fork: Fork) -> Sequence[Element]:
    return fork.branches[0] if fork.direct and len(fork.branches) == 1 and fork.merge is not None else ()


def _merge(fork: Fork) -> list[Element]:
    return [fork.merge] if fork.merge is not None else []


def laid_out(found: Sequence[Level], row: Callable[[Sequence[Element]], Laid]) -> Laid:
    """A U whose levels are laid out by `row`."""
    lefts = [row(level.left) if level.left else None for level in found]
    rights = [row(level.right) if level.right else None for level in found]
    start = FAN + max(one.length for one in lefts if one is not None) + GAP + TURN
    across = _across(lefts, rights)
    laid = Laid()
    for level, t in enumerate(across):
        for one, s in ((lefts[level], FAN), (rights[level], start)):
            if one is not None:
                laid.put(one, s, t)
    laid.length += 2 * TURN
    top = rights[0]
    assert top is not None
    laid.entries = [Way([(0.0, 0.0), *moved(w.points, start, 0)], w.box) for w in top.entries]
    laid.exits = [Way([*moved(w.points, start, 0), (laid.length, 0.0)], w.box) for w in top.exits]
    for level in range(1, len(found)):
        left, gap = lefts[level], _gap(lefts[level], rights[level], across[level])
        assert left is not None
        into = [Way(moved(w.points, FAN, across[level]), w.box) for w in left.entries]
        if level == 1:
            laid.entries += [Way([(0.0, 0.0), (FAN / 2, 0.0), (FAN / 2, across[1]), *w.points], w.box) for w in into]
        else:
            down = [(FAN / 2, gap), (FAN / 2, across[level])]
            _join(laid, _ends(lefts[level - 1], FAN, across[level - 1], gap), into, down)
        merge = rights[level - 1]
        assert merge is not None
        back = [Way(moved(w.points, start, across[level - 1]), w.box) for w in merge.entries]
        up = [(start - TURN, across[level - 1])]
        right = rights[level]
        if right is None:  # the lowest level
            outs = [Way(moved(w.points, FAN, across[level]), w.box) for w in left.exits]
            _join(laid, outs, back, [(start - TURN, across[level]), *up])
        else:
            _join(laid, _ends(right, start, across[level], gap), back, [(start - TURN, gap), *up])
            skip = [Way(moved(w.points, FAN, across[level]), w.box) for w in left.exits]
            _join(laid, skip, [Way(moved(w.points, start, across[level]), w.box) for w in right.entries], [])
    return laid


def _across(lefts: Sequence[Laid | None], rights: Sequence[Laid | None]) -> list[float]:
    """The line of each level."""
    found = [0.0]
    for level in range(1, len(lefts)):
        above = max(one.right for one in (lefts[level - 1], rights[level - 1]) if one is not None)
        own = max(one.left for one in (lefts[level], rights[level]) if one is not None)
        found.append(found[-1] + above + ROOM + own)
    return found


def _gap(left: Laid | None, right: Laid | None, line: float) -> float:
    """The middle of the room above a level."""
    return line - max(one.left for one in (left, right) if one is not None) - ROOM / 2


def _ends(one: Laid | None, s: float, t: float, gap: float) -> list[Way]:
    """The lines that leave something and turn to the room beside its level."""
    assert one is not None
    end = s + one.length + TURN
    return [Way([*moved(w.points, s, t), (end, t), (end, gap)], w.box) for w in one.exits]


def _join(laid: Laid, outs: Sequence[Way], ins: Sequence[Way], between: Sequence[Point]) -> None:
    laid.wires += [([*a.points, *between, *b.points], a.box, b.box) for a in outs for b in ins]
