"""What changed between two networks.

    diff(a, b) -> Script      aligns the parts of both (parts.py, align.py), traces differences to the places where the
                              texts differ (differences.py, causes.py), and folds them over instances (folding.py)

No torch, no input, no output. `diff(b, a)` is the inverse of `diff(a, b)`.
"""

from __future__ import annotations

from archc.count.counts import count
from archc.diffing.align import aligned
from archc.diffing.causes import Reasons
from archc.diffing.differences import differences
from archc.diffing.folding import Scriptwriter
from archc.diffing.keys import cost_changes, costs_of, key_map
from archc.diffing.script import CostChange, KeyMap, Script, ScriptEdit, Site
from archc.diffing.wires import Wires
from archc.ir.network import Network

__all__ = [
    "CostChange", "KeyMap", "Script", "ScriptEdit", "Site", "aligned", "diff", "markdown", "members", "page", "picture",
    "sides", "text",
]  # fmt: skip


def diff(before: Network, after: Network, called: tuple[str, str] | None = None) -> Script:
    """The script that leads from one network to another; `called` are their names. Raises `Partial`."""
    counted = count(before), count(after)
    root = aligned(before, after)
    reasons, wires = Reasons(root), Wires(root)
    costs = costs_of(before, counted[0]), costs_of(after, counted[1])
    edits, consequences = Scriptwriter(root, reasons, costs).fold(differences(root, reasons, wires))
    one, other = counted
    total = CostChange("", "", (one.params, other.params), (one.macs, other.macs), (one.activations, other.activations))
    rows = cost_changes(root, *costs)
    names = called or (before.name, after.name)
    return Script(*names, edits, consequences, total, rows, key_map(before, after, wires))
