"""Time and peak memory of emitted modules relative to torchvision's and timm's: `python -m benchmarks.emitted`.

Both modules have the same weights and take turns in every round, so that other load on the machine affects both. Times
are processor time of this process on one thread. A ratio is that of our median to theirs over all rounds; its spread
is the smallest and largest ratio over the quarters of the rounds. Memory is the exact peak that one pass allocates,
from the profiler.
"""

from __future__ import annotations

import argparse
import gc
import platform
from collections.abc import Callable
from importlib.metadata import version
from statistics import median
from time import process_time

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from archc.diagnostics.core import Problem
from archc.pipeline import DEFAULTS
from archc.runtime.live import live_class
from archc.runtime.references import find_reference
from archc.targets.pytorch import emit
from archc.zoo import find

NETWORKS = (
    "alexnet", "vgg11", "googlenet", "inception_v3", "resnet50", "resnext50_32x4d", "densenet121", "dpn68",
    "mobilenet_v2", "mobilenet_v3_large", "mnasnet1_0", "shufflenet_v2_x1_0", "squeezenet1_1", "seresnet50",
)  # fmt: skip
LIMIT = 1.03
Pass = Callable[[nn.Module], object]


def forward(model: nn.Module, x: Tensor) -> None:
    """A forward pass in evaluation mode."""
    with torch.no_grad():
        model.eval()(x)


def backward(model: nn.Module, x: Tensor) -> None:
    """A forward and a backward pass in training mode."""
    model.train().zero_grad()
    outputs = model(x)
    tensors = [outputs] if isinstance(outputs, Tensor) else [y for y in outputs if y is not None]
    torch.stack([y.square().mean() for y in tensors]).sum().backward()  # type: ignore[no-untyped-call]


def pair(name: str) -> tuple[nn.Module, nn.Module]:
    """The emitted module and the reference, with the same weights."""
    network = find(name).checked(DEFAULTS).networks[name]
    reference = find_reference(str(network.fact("like")))
    assert not isinstance(reference, Problem), reference.message()
    theirs = reference.build()
    assert not isinstance(theirs, Problem), theirs.message()
    ours = live_class(emit((network,), f"archc compile {name}", "0"))()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def times(ours: nn.Module, theirs: nn.Module, work: Pass, rounds: int) -> list[tuple[float, float]]:
    """The processor time of both in each round; which one begins alternates."""
    found: list[tuple[float, float]] = []
    for number in range(-1, rounds):
        row: dict[int, float] = {}
        for which in (0, 1) if number % 2 else (1, 0):
            gc.collect()
            start = process_time()
            work((ours, theirs)[which])
            row[which] = process_time() - start
        if number >= 0:  # round -1 warms up
            found.append((row[0], row[1]))
    return found


def ratio(rows: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Our time divided by theirs: for the medians, and the smallest and largest over the quarters of the rounds."""
    parts = [rows[i::4] for i in range(4)]
    found = [median(a for a, _ in part) / median(b for _, b in part) for part in (rows, *parts) if part]
    return found[0], min(found), max(found)


def peak(model: nn.Module, work: Pass) -> int:
    """The peak of the bytes that one pass allocates."""
    model.zero_grad()
    gc.collect()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        work(model)
    results = profiler.profiler.kineto_results
    changes = sorted((e.start_ns(), e.nbytes()) for e in results.events() if e.name() == "[memory]")
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def measured(name: str, rounds: int, batch: int, side: int) -> bool:
    """Measure one network and print its row; return whether all ratios are within the limit."""
    ours, theirs = pair(name)
    side = 299 if name == "inception_v3" else side  # the minimum for its auxiliary classifier
    x = torch.randn(batch, 3, side, side)
    cells: list[str] = []
    good = True
    for function in (forward, backward):

        def work(model: nn.Module, function: Callable[[nn.Module, Tensor], None] = function) -> None:
            function(model, x)

        value, least, most = ratio(times(ours, theirs, work, rounds))
        if value > LIMIT:  # the machine may be shared: try again with twice the rounds
            value, least, most = ratio(times(ours, theirs, work, 2 * rounds))
        mine, other = peak(ours, work), peak(theirs, work)
        cells += [f"{value:.3f} ({least:.2f} to {most:.2f})", f"{mine / other:.3f} ({mine / 2**20:.0f} MiB)"]
        good = good and value <= LIMIT and mine <= LIMIT * other
    print(f"| {name} | {' | '.join(cells)} |{'' if good else ' over the limit'}", flush=True)
    return good


def main() -> None:
    """Print a table; exit with status 1 if a ratio exceeds the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=NETWORKS, metavar="NETWORK")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--side", type=int, default=64)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(
        f"torch {torch.__version__}, torchvision {version('torchvision')}, timm {version('timm')}, "
        f"Python {platform.python_version()}, {platform.machine()}; batch {given.batch}, {given.side}x{given.side}, "
        f"{given.rounds} rounds\n"
    )
    print("| network | forward, time | forward, memory | forward and backward, time | the same, memory |")
    print("|---|---|---|---|---|", flush=True)
    rows = [measured(name, given.rounds, given.batch, given.side) for name in given.networks]
    raise SystemExit(not all(rows))


if __name__ == "__main__":
    main()
