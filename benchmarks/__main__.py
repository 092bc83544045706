"""Time each stage on small, usual and very large networks, and print the medians with what they are next to."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from statistics import median
from subprocess import run
from time import perf_counter, process_time
from types import ModuleType

from archc import __version__
from archc.count.counts import count
from archc.diagnostics import Reporter
from archc.draw import figure, render
from archc.emit import emit
from archc.network.network import Network
from archc.pipeline import Options, check
from archc.runtime.references import import_torchvision
from archc.source import Source
from archc.syntax.parser import parse
from archc.zoo import Files, find

STAGES = ("parse", "check", "count", "emit", "draw")
NETWORKS = ("lenet5", "resnet50", "resnet152")
LONG = 100_000
"""Layers of the long chain."""
Times = dict[str, float | None]


def timed(work: Callable[[], object], times: int) -> float:
    """The median of several runs, in seconds of wall time."""
    found = []
    for _ in range(times):
        start = perf_counter()
        work()
        found.append(perf_counter() - start)
    return median(found)


def stages(source: Source, member: str | None, options: Options, times: int, drawn: bool = True) -> Times:
    """The time of each stage on one network. `check` includes parsing."""

    def checked() -> Network:
        result = check(source, Files().load, member, options)
        assert not result.failed
        return next(iter(result.networks.values()))

    network = checked()
    return {
        "parse": timed(lambda: parse(source, Reporter()), times),
        "check": timed(checked, times),
        "count": timed(lambda: count(network), times),
        "emit": timed(lambda: emit((network,), "archc compile", __version__), times),
        "draw": timed(lambda: render(figure(network, level="block"), "svg"), times) if drawn else None,
    }


def long_chain() -> Source:
    """A spec of 100,000 layers, written as a repeat of a few."""
    chain = "[Conv(8) - BN - ReLU - MPool(3, 1, pad=1) - Conv(8, 1)]"
    return Source("long.arch", f"model long {{\n  input 3x32x32\n  {chain}x{LONG // 5}\n}}\n")


def references(name: str, times: int) -> Times:
    """The time of building a network with torchvision, and of counting it with fvcore once it is built."""
    import torch
    from fvcore.nn import FlopCountAnalysis

    torchvision = import_torchvision()
    assert isinstance(torchvision, ModuleType)
    model = getattr(torchvision.models, name)().eval()
    image = torch.zeros(1, 3, 224, 224)

    def counted() -> object:
        analysis = FlopCountAnalysis(model, image).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        return analysis.total()

    return {
        "build": timed(lambda: getattr(torchvision.models, name)(), times),
        "fvcore": timed(counted, times),
    }


def process(times: int) -> tuple[float, float]:
    """Seconds of wall time of whole processes: `archc count resnet152`, and fvcore's script for the same."""
    ours = [sys.executable, "-m", "archc", "count", "resnet152", "--json"]
    script = (
        "import torch\n"
        "from archc.runtime.references import import_torchvision\n"
        "torchvision = import_torchvision()\n"
        "from fvcore.nn import FlopCountAnalysis\n"
        "model, image = torchvision.models.resnet152().eval(), torch.zeros(1, 3, 224, 224)\n"
        "print(FlopCountAnalysis(model, image).total())\n"
    )
    theirs = [sys.executable, "-c", script]
    one = timed(lambda: run(ours, capture_output=True, check=True), times)
    return one, timed(lambda: run(theirs, capture_output=True, check=True), max(1, times // 2))


def line(name: str, times: Times, columns: tuple[str, ...]) -> str:
    """A row of the table, in milliseconds."""
    cells = (f"{times[c] * 1000:>10,.1f}" if times.get(c) is not None else f"{'-':>10}" for c in columns)  # type: ignore[operator]
    return f"{name:<22}{''.join(cells)}"


def main() -> None:
    """Run all benchmarks and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="runs of which the median is taken")
    parser.add_argument("--no-references", action="store_true", help="leave torchvision and fvcore out")
    arguments = parser.parse_args()
    times, started = arguments.times, process_time()
    print(f"archc {__version__}, Python {platform.python_version()}, {platform.machine()}; medians of {times}, in ms\n")
    print(f"{'':<22}{''.join(f'{stage:>10}' for stage in STAGES)}")
    ours: dict[str, Times] = {}
    for name in NETWORKS:
        spec = find(name)
        ours[name] = stages(spec.source, name, Options(), times)
        print(line(name, ours[name], STAGES), flush=True)
    layers = stages(long_chain(), None, Options(), 1, drawn=False)
    print(line(f"{LONG:,} layers", layers, STAGES), flush=True)
    per_layer = {c: layers[c] / LONG * 1e6 for c in ("check", "count", "emit")}  # type: ignore[operator]
    print(f"{'  a layer, in us':<22}{'':>10}{''.join(f'{t:>10.1f}' for t in per_layer.values())}")
    if not arguments.no_references:
        compare(ours, times)
    print(f"\n{process_time() - started:.0f} s of process time")


def compare(ours: dict[str, Times], times: int) -> None:
    """Print torchvision's and fvcore's times, and how many times as long as ours they are."""
    names = ("torch", "torchvision", "fvcore")
    print(f"\nBeside {', '.join(f'{n} {version(n)}' for n in names)}\n")
    print(f"{'':<22}{'build':>10}{'fvcore':>10}   times archc's check, times archc's check and count")
    for name in NETWORKS[1:]:
        theirs = references(name, times)
        mine, build, counted = ours[name], theirs["build"] or 0, theirs["fvcore"] or 0
        checked = mine["check"] or 1
        whole = checked + (mine["count"] or 0)
        print(f"{line(name, theirs, ('build', 'fvcore'))}   {build / checked:.1f}, {(build + counted) / whole:.1f}")
    one, other = process(times)
    print(f"\ncount resnet152, whole process: {one:.2f} s, fvcore's {other:.2f} s: {other / one:.1f} times as long")


if __name__ == "__main__":
    main()
