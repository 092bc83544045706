"""The modules of a network that are frozen as a whole."""

from __future__ import annotations

from archc.ir.network import Network
from archc.ir.paths import outer_names


def frozen_modules(network: Network) -> tuple[str, ...]:
    """The paths of the largest modules whose weights are all frozen, in order of execution; `""` is the model.

    A module without weights is frozen only inside a frozen module: dropout in a frozen part is disabled, dropout before
    a new head is not.
    """
    stateful = [n for n in network.nodes if n.path and network.weights(n)]
    trained = {""} if any(not n.frozen for n in stateful) else set[str]()
    for node in stateful:
        if not node.frozen:
            trained.update((*outer_names(node.path), node.path))
    found: dict[str, None] = {}
    for node in stateful:
        if node.frozen:
            found.setdefault(next(p for p in ("", *outer_names(node.path), node.path) if p not in trained))
    return tuple(found)
