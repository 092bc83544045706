"""The forms of transfer: what is frozen, which rate each stage learns at, and when it begins to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from archc.network.heads import heads
from archc.network.network import Network, Node

STRATEGIES: Mapping[str, str] = {
    "spec": "as the spec freezes it",
    "features": "fixed features: only the head is trained",
    "last": "the head and the last stage are trained",
    "all": "everything is trained, earlier stages at smaller rates",
    "gradual": "everything is trained, one stage more each epoch, from the head backwards",
    "scratch": "no weights are loaded; everything is trained at one rate",
}
DECAY, LEAST = 0.5, 1 / 16
"""With `all` and `gradual`, a stage's rate is this times that of the stage behind it, but not less than the second
number times the head's: a network of twenty stages would not move at its beginning."""
ALONE = 3.0
"""With `features`, the head's rate is this times the run's: nothing that was learned before can be lost by it. Chosen
on digits, see `docs/transfer.md`."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Modules that are trained alike: their paths, the factor of their rate, and the epoch in which they begin."""

    paths: tuple[str, ...]
    rate: float = 1.0
    begins: int = 0


def head_paths(network: Network) -> tuple[str, ...]:
    """The modules that are the head: what edits put there, else the layers that make the classes."""
    added = tuple(n.path for n in _weighted(network) if n.added)
    return added or tuple(n.path for n in heads(network))


def applied(network: Network, strategy: str) -> Network:
    """The network with what a strategy freezes. `spec` leaves it as it is."""
    if strategy == "spec":
        return network
    trained: Iterable[str] = ("",)
    if strategy in ("features", "last"):
        trained = head_paths(network)
        if strategy == "last":
            trained = (*trained, *(stage_paths(network)[-1:] or [()])[0])
    nodes = tuple(
        n if n.frozen is (frozen := bool(n.path) and not _inside(n.path, trained)) else
        n.model_copy(update={"frozen": frozen})
        for n in network.nodes
    )  # fmt: skip
    return network.model_copy(update={"nodes": nodes})


def stages(network: Network, strategy: str, epochs: int) -> tuple[Stage, ...]:
    """The stages that are trained, from the first to the head."""
    head = head_paths(network)
    trained = [n.path for n in _weighted(network) if not n.frozen]
    body = [p for p in stage_paths(network) if any(_inside(path, p) for path in trained)]
    if strategy not in ("all", "gradual"):
        return (Stage((*(path for p in body for path in p), *head), ALONE if strategy == "features" else 1.0),)
    found = [Stage(head)]
    last = max(0, epochs - 1)
    for distance, paths in enumerate(reversed(body), 1):
        begins = min(distance, last) if strategy == "gradual" else 0
        found.append(Stage(paths, max(LEAST, DECAY**distance), begins))
    return tuple(reversed(found))


def stage_paths(network: Network) -> list[tuple[str, ...]]:
    """The stages before the head: the model's own modules, each norm with what it follows.

    A group that holds most of the layers, or a part of the head, is no stage; the modules in it are: `layer1` of a
    ResNet, `features.denseblock1` of a DenseNet, `classifier.1` of an AlexNet.
    """
    head = head_paths(network)
    layers = [n.path for n in _weighted(network)]
    opened = {
        s.path
        for s in network.scopes
        if s.kind == "group"
        and (2 * sum(_inside(p, (s.path,)) for p in layers) > len(layers) or any(_inside(p, (s.path,)) for p in head))
    }
    found: list[list[str]] = []
    for node in _weighted(network):
        if _inside(node.path, head):
            continue
        path = _stage_of(node.path, opened)
        if any(path in paths for paths in found):
            continue
        if found and path == node.path and type(node.op).look.family == "norm":
            found[-1].append(path)
        else:
            found.append([path])
    return [tuple(paths) for paths in found]


def _stage_of(path: str, opened: Collection[str]) -> str:
    parts = path.split(".")
    outer = (".".join(parts[:end]) for end in range(1, len(parts)))
    return next((stage for stage in outer if stage not in opened), path)


def _weighted(network: Network) -> tuple[Node, ...]:
    """The layers with weights, in order of execution."""
    nodes = (n for n in network.nodes if n.path)
    return tuple(n for n in nodes if n.op.weights(tuple(network.type_of(r) for r in n.inputs)))


def _inside(path: str, modules: Iterable[str]) -> bool:
    return any(not m or path == m or path.startswith(f"{m}.") for m in modules)
