"""Which whole modules of a network are frozen."""

from __future__ import annotations

from archc.ir.network import Network


def frozen_modules(network: Network) -> tuple[str, ...]:
    """The paths of the largest modules whose weights are all frozen, in order of execution; `""` is the model.

    A module without weights is frozen only inside one that is: dropout in a frozen part does nothing, dropout in front
    of a new head does.
    """
    stateful = [n for n in network.nodes if n.path and n.op.weights(network.input_types(n))]
    trained = {""} if any(not n.frozen for n in stateful) else set[str]()
    for node in stateful:
        if not node.frozen:
            trained.update(_around(node.path))
    found: dict[str, None] = {}
    for node in stateful:
        if node.frozen:
            found.setdefault(next(p for p in ("", *_around(node.path)) if p not in trained))
    return tuple(found)


def _around(path: str) -> list[str]:
    """The paths of the enclosing modules, the outermost first, and the module's own."""
    parts = path.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]
