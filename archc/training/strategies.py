"""The strategies of transfer: what is frozen, the learning rate of each stage, and the epoch in which it begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import log2, prod
from typing import Literal

from archc.ir.heads import heads
from archc.ir.network import Network, Node
from archc.ir.paths import lies_in
from archc.support.record import Record

STRATEGIES: Mapping[str, str] = {
    "spec": "as the spec freezes it",
    "features": "fixed features: only the head is trained",
    "last": "the head and the last stage are trained",
    "head-then-all": "the head alone for a fifth of the epochs, then everything, the rest at a small rate",
    "all": "everything is trained from the start, earlier stages at smaller rates",
    "gradual": "everything is trained, one stage more each epoch, from the head backwards",
    "scratch": "no weights are loaded; everything is trained at one rate",
}
Norms = Literal["auto", "frozen", "trained"]
HEAD, BODY = 3.0, 0.3
"""The rates of a new head and of pretrained layers, relative to the rate of the run.

Pretrained layers have something to forget; a new head does not. With frozen features, the head learns at the rate of
the run. Measured in `docs/transfer.md`.
"""
ENOUGH = 100
"""The number of training images from which these rates apply.

With fewer, they approach those of fixed features, 1 and 0, with the fourth power of that number, since a handful of
images carries less information than the loaded weights.
"""
DECAY, LEAST = 0.7, 0.2
"""With `all` and `gradual`: the rate of a stage relative to the next one, and the least relative to the last one."""
ALONE = 0.2
"""The share of the epochs in which `head-then-all` trains the head alone."""


class Stage(Record):
    """Modules that are trained alike: their paths, the factor of their rate, and the epoch in which they begin.

    `name` is the size of the stage's feature maps relative to the input, such as `1/8`, or `head`.
    """

    paths: tuple[str, ...]
    rate: float = 1.0
    begins: int = 0
    name: str = ""


class Recipe(Record):
    """What determines the stages: the strategy, the number of epochs, and the relative rate of the body, if given.

    `fresh`: the layers that the weights lack, if the spec itself is not an edit; they belong to the head. `images`: the
    number of training images.
    """

    strategy: str
    epochs: int
    norms: Norms
    body: float | None = None
    fresh: tuple[str, ...] = ()
    images: int = ENOUGH

    def rates(self) -> tuple[float, float]:
        """The rates of the head and of the last stage before it, relative to the rate of the run."""
        share = min(1.0, self.images / ENOUGH) ** 4
        if self.strategy in ("spec", "scratch"):
            head, body = 1.0, 1.0
        elif self.strategy == "features":
            head, body = 1.0, 0.0
        else:
            head, body = 1.0 + share * (HEAD - 1.0), share * BODY
        return head, body if self.body is None else self.body


def head_paths(network: Network, fresh: Iterable[str] = ()) -> tuple[str, ...]:
    """The layers of the head: those that edits added and those in `fresh`, or else those that compute the classes."""
    added = tuple(n.path for n in _weighted(network) if n.added or n.path in set(fresh))
    return added or tuple(n.path for n in heads(network))


def entrance(network: Network, fresh: Iterable[str] = ()) -> str:
    """The first layer of the head on the path to the output of inference. Its input is the features."""
    needed = _needed(network)
    places = {n.path: number for number, n in enumerate(network.nodes) if n.path and number in needed}
    return min((p for p in head_paths(network, fresh) if p in places), key=lambda path: places[path])


def applied(network: Network, recipe: Recipe) -> Network:
    """The network with what a recipe freezes. The strategy `spec` changes only the norms."""
    head = head_paths(network, recipe.fresh)
    frozen = {n.path for n in network.nodes if n.frozen}
    if recipe.strategy != "spec":
        trained: tuple[str, ...] = ("",)
        if recipe.strategy in ("features", "last"):
            trained = head
            if recipe.strategy == "last":
                trained = (*trained, *(path for stage in stage_paths(network, head)[-1:] for path in stage[1]))
        frozen = {n.path for n in network.nodes if n.path and not _inside(n.path, trained)}
    if recipe.norms == "frozen":
        frozen |= {path for path in batch_norms(network) if not _inside(path, head)}
    nodes = tuple(
        n if n.frozen is (n.path in frozen) else n.model_copy(update={"frozen": n.path in frozen})
        for n in network.nodes
    )  # fmt: skip
    return network.model_copy(update={"nodes": nodes})


def batch_norms(network: Network) -> tuple[str, ...]:
    """The layers that keep running statistics."""
    return tuple(n.path for n in _weighted(network) if "running_mean" in _weights(network, n))


def stages(network: Network, recipe: Recipe) -> tuple[Stage, ...]:
    """The trained stages, from the first to the head. Requires: `network` is the result of `applied`."""
    head = head_paths(network, recipe.fresh)
    trained = [n.path for n in _weighted(network) if not n.frozen]
    found = ((name, tuple(p for p in paths if any(_inside(t, (p,)) for t in trained))) for name, paths
             in stage_paths(network, head))  # fmt: skip
    body = [(name, paths) for name, paths in found if paths]
    aside = _aside(network, head)
    beside = tuple(p for p in head + aside if p in trained)
    last = max(0, recipe.epochs - 1)
    of = recipe.strategy
    top, bottom = recipe.rates()
    rows = [Stage(beside, top, 0, "head")] if beside else []
    for distance, (name, paths) in enumerate(reversed(body), 1):
        begins = {"gradual": min(distance, last), "head-then-all": min(max(1, int(ALONE * recipe.epochs)), last)}
        factor = max(LEAST, DECAY ** (distance - 1)) if of in ("all", "gradual") else 1.0
        rows.append(Stage(paths, bottom * factor, begins.get(of, 0), name))
    return tuple(reversed(rows))


def stage_paths(network: Network, head: tuple[str, ...] | None = None) -> list[tuple[str, tuple[str, ...]]]:
    """The stages before the head: the name of each, and the modules that make its feature maps.

    A stage is a resolution: consecutive modules whose maps are a half, a quarter, an eighth, … of the size of the
    input. Hidden layers after the last map (the fully connected layers of VGG) belong to the last stage. A module that
    contains most of the layers (`features`) or a part of the head is split. Branches of auxiliary heads belong to no
    stage.
    """
    head = head_paths(network) if head is None else head
    aside = _aside(network, head)
    layers = [n for n in _weighted(network) if not _inside(n.path, head) and n.path not in aside]
    opened = _opened(network, head)
    units: dict[str, Node] = {}
    for node in layers:  # the last layer of a unit determines its output size
        units[_unit(node.path, opened)] = node
    side = max(network.type_of(network.inputs[0]).dims[1:], default=1)
    found: list[tuple[int, list[str]]] = []
    for path, node in units.items():
        maps = node.types[0].dims[1:] if node.types[0].is_image else ()
        before = found[-1][0] if found else 0
        level = max(before, round(log2(side / max(maps)))) if prod(maps) > 1 else before
        if found and found[-1][0] == level:
            found[-1][1].append(path)
        else:
            found.append((level, [path]))
    return [(f"1/{2**level}", tuple(paths)) for level, paths in found]


def _opened(network: Network, head: tuple[str, ...]) -> frozenset[str]:
    """The modules that are split: those with a part of the head, and groups with most of the layers."""
    layers = [n.path for n in _weighted(network)]
    return frozenset(
        s.path
        for s in network.scopes
        if any(_inside(path, (s.path,)) for path in head)
        or (s.kind in ("group", "repeat") and 2 * sum(_inside(p, (s.path,)) for p in layers) > len(layers))
    )


def _aside(network: Network, head: tuple[str, ...]) -> tuple[str, ...]:
    """The layers of auxiliary branches, without their heads: the output of inference does not depend on them."""
    needed = _needed(network)
    beside = {node.path for number, node in enumerate(network.nodes) if number not in needed}
    return tuple(n.path for n in _weighted(network) if n.path in beside and not _inside(n.path, head))


def _needed(network: Network) -> set[int]:
    """The nodes that the output of inference depends on, by number."""
    needed, waiting = set[int](), [ref.node for ref in network.outputs]
    while waiting:
        number = waiting.pop()
        if number not in needed:
            needed.add(number)
            waiting += [ref.node for ref in network.nodes[number].inputs]
    return needed


def _unit(path: str, opened: frozenset[str]) -> str:
    parts = path.split(".")
    outer = (".".join(parts[:end]) for end in range(1, len(parts)))
    return next((unit for unit in outer if unit not in opened), path)


def _weights(network: Network, node: Node) -> Mapping[str, object]:
    return network.weights(node)


def _weighted(network: Network) -> tuple[Node, ...]:
    """The layers with weights, in order of execution."""
    return tuple(n for n in network.nodes if n.path and _weights(network, n))


def _inside(path: str, modules: Iterable[str]) -> bool:
    return any(lies_in(path, m) for m in modules)
