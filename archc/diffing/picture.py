"""One figure of two networks: the second, with new, removed and changed parts marked."""

from __future__ import annotations

from archc.diffing.align import aligned
from archc.diffing.union import union
from archc.ir.network import Network
from archc.targets.figure import Figure, Level, Look, Wanted, figure, render


def drawn(before: Network, after: Network, level: Level = "block") -> Figure:
    """The figure: a plus marks new parts, a minus and dashes removed ones, a triangle changed ones."""
    network, fates = union(aligned(before, after))
    title = before.title if before.title == after.title else f"{before.title} → {after.title}"
    return figure(network, level, Wanted(title=title, changes=fates))


def picture(before: Network, after: Network, level: Level, format: str) -> bytes:
    """The figure as a file of a format."""
    return render(drawn(before, after, level), format, Look())
