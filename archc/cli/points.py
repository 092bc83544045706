"""The points of a chart: counts of networks, and the accuracy that their specs state."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count as count_from
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple

from archc.count.depth import depth
from archc.count.memory import peak_memory
from archc.targets.chart.points import Point
from archc.targets.chart.profile import Band, Profile, ProfileStep

if TYPE_CHECKING:
    from archc.count.counts import Counts
    from archc.ir.network import Network

BYTES = 4
"""The size of a number in single precision."""
MOST_BANDS = 18
"""The maximum number of modules that are named under a profile."""
FEWEST_BANDS = 4
"""The minimum number of informative bands."""

CANONICAL = (
    "alexnet", "vgg16", "vgg19_bn", "googlenet", "inception_v3", "resnet18", "resnet50", "resnet152", "wide_resnet50_2",
    "resnext50_32x4d", "resnext101_32x8d", "densenet121", "densenet201", "dpn92", "legacy_seresnet50",
    "legacy_senet154", "squeezenet1_1", "mobilenet_v2", "mobilenet_v3_large", "mnasnet1_0", "shufflenet_v2_x1_0",
    "regnet_y_400mf", "regnet_y_8gf", "efficientnet_b0", "efficientnet_b4", "efficientnet_v2_s", "convnext_tiny",
    "convnext_base", "vit_b_16", "swin_t", "swin_b", "maxvit_t",
)  # fmt: skip
"""The networks of the chart of all families."""


def point(network: Network, counts: Counts) -> Point:
    """A network as a point."""
    source = network.fact("top1_source")
    return Point(
        name=network.name,
        family=network.family,
        top1=_number(network.fact("top1")),
        top5=_number(network.fact("top5")),
        params=counts.params,
        macs=counts.macs,
        memory=peak_memory(network).bytes,
        depth=depth(network, counts),
        source=str(source) if source is not None else "",
        title=network.title,
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def of_one_task(points: Iterable[tuple[Point, int]]) -> tuple[list[Point], list[Point]]:
    """The points of the networks with the most frequent number of classes, and the others.

    Accuracies on ten classes and on a thousand do not belong in one chart.
    """
    pairs = list(points)
    sizes = [classes for _, classes in pairs]
    usual = max(set(sizes), key=lambda size: (sizes.count(size), size), default=0)
    return [p for p, size in pairs if size == usual], [p for p, size in pairs if size != usual]


def spec_points(specs: Iterable[str]) -> list[tuple[Point, int]]:
    """The points of specs, each with its number of classes; exits if a spec has errors."""
    from archc.cli.specs import compiled

    return [known.pair for spec in specs for known in _known(compiled(spec, (), None).values())]


def shipped_points() -> list[tuple[Point, int]]:
    """The points of everything shipped, each with its number of classes; those with a reference come first."""
    from archc.cli.processes import processes
    from archc.zoo import families

    with processes() as pool:
        found = [known for family in pool.map(_family, families()) for known in family]
    return [known.pair for known in sorted(found, key=lambda known: not known.referenced)]


class _Known(NamedTuple):
    """A point with its network's number of classes, and whether the network has a reference."""

    pair: tuple[Point, int]
    referenced: bool


def _family(name: str) -> list[_Known]:
    from archc.pipeline import DEFAULTS
    from archc.zoo import find_family

    return _known(find_family(name).checked(DEFAULTS).networks.values())


def _known(networks: Iterable[Network]) -> list[_Known]:
    from archc.count.counts import count

    found = []
    for network in networks:
        counts = count(network)
        found.append(_Known((point(network, counts), counts.output[0]), network.fact("like") is not None))
    return found


def profile(counts: Counts) -> Profile:
    """The costs of inference, layer by layer, in bands of modules."""
    rows = [row for row in counts.layers if not row.implicit]
    steps = tuple(
        ProfileStep(row.params, 0, 0)
        if row.training_only
        else ProfileStep(row.params, row.macs, row.activations * BYTES)
        for row in rows
    )
    return Profile(counts.name, steps, _bands([(row.path, row.scope) for row in rows]))


def _bands(places: list[tuple[str, str]]) -> tuple[Band, ...]:
    """Runs of layers that share the beginning of their paths, as long a beginning as gives at most `MOST_BANDS`.

    If that gives fewer than `FEWEST_BANDS`, as for a long chain, runs of modules one level deeper are combined.
    """
    best: tuple[Band, ...] = (Band("", 0, len(places)),)
    for level in range(1, 5):
        names: list[str] = []
        for path, scope in places:
            parts = (path or scope).split(".")[:level]
            alone = path or len(parts) == level and scope or not names
            names.append(".".join(parts) if alone else names[-1])  # a nameless layer belongs to the one before it
        starts = [i for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
        if len(starts) > MOST_BANDS and len(best) >= FEWEST_BANDS:
            break
        starts = _fewer(starts, names)
        best = tuple(Band(_span(names[a], names[b - 1]), a, b) for a, b in pairwise([*starts, len(names)]))
        if any("…" in band.name for band in best):
            break
    return best


def _fewer(starts: list[int], names: list[str]) -> list[int]:
    """The starts of at most `MOST_BANDS` bands: modules are combined as necessary, within one parent if possible."""
    runs = [list(run) for _, run in groupby(starts, key=lambda start: names[start].rpartition(".")[0])]
    runs = runs if len(runs) <= MOST_BANDS else [starts]
    size = next(n for n in count_from(1) if sum(-(-len(run) // n) for run in runs) <= MOST_BANDS)
    return [start for run in runs for start in run[::size]]


def _span(first: str, last: str) -> str:
    """The name of a band: `conv1`, or `conv1…conv3`, `features.0…2`."""
    around, _, name = last.rpartition(".")
    if first == last:
        return first
    return f"{first}…{name if around == first.rpartition('.')[0] and around else last}"
