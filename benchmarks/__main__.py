"""Time archc and others in one run, and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from os import cpu_count, getloadavg
from pathlib import Path
from time import process_time
from types import ModuleType

from archc import __version__
from archc.count.counts import count
from archc.diagnostics.core import Reporter
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import Options, check
from archc.runtime.references import import_torchvision
from archc.syntax.parser import parse
from archc.targets.figure import figure, render
from archc.targets.pytorch import emit
from archc.zoo import Files, find
from benchmarks import counting

STAGES = ("parse", "check", "count", "emit", "draw")
NETWORKS = ("lenet5", "resnet50", "resnet152")
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
Times = dict[str, float | None]


def timed(work: Callable[[], object], times: int) -> float:
    """The minimum of several runs, in seconds of processor time: other load on the machine only adds to it."""
    found = []
    for _ in range(times):
        start = process_time()
        work()
        found.append(process_time() - start)
    return min(found)


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


def references(name: str, times: int) -> Times:
    """The time to build a network with torchvision, and to count it with fvcore when it is built."""
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


def main() -> None:
    """Run all benchmarks, print them and write docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="rounds")
    parser.add_argument("-o", "--output", type=Path, default=PAGE, help="the page to write")
    arguments = parser.parse_args()
    lines: list[str] = []
    for line in _page(arguments.times):
        print(line, flush=True)
        lines.append(f"{line}\n")
    arguments.output.write_text("".join(lines), encoding="utf-8")


def _page(times: int) -> Iterator[str]:
    """The lines of the page."""
    started = process_time()
    tools = ("torch", "torchvision", "fvcore", "thop", "torchinfo", "ptflops", "calflops")
    yield from [
        "# How fast",
        "",
        "Written by `make bench`. All numbers are from one run, in which whatever is compared takes turns.",
        "",
    ]
    yield f"archc {__version__}, Python {platform.python_version()}, {cpu_count()} processors ({platform.machine()});"
    yield f"{', '.join(f'{tool} {version(tool)}' for tool in tools)}."
    yield f"{getloadavg()[0]:.1f} other tasks were running on average."
    yield "Times are processor times (user and system) in milliseconds: minimum, median and maximum."
    yield "Other work on the machine increases the median and the maximum, so compare the minima."
    yield from ["", "## Whole processes", "", f"{max(2, times // 2)} rounds.", ""]
    yield from _table("", "minimum", "median", "maximum", "ratio to the first (minimum)", "(median)")
    yield from counting.processes(max(2, times // 2))
    yield from ["", "## Counting ResNet-152 in a warm process", "", f"{times} rounds; the model is built.", ""]
    yield from _table("", "minimum", "median", "maximum", "ratio to the first (minimum)", "(median)")
    yield from counting.counters(times)
    yield from ["", "## Size", "", "Microseconds per layer of a chain.", ""]
    yield from _table("layers", "check", "count", "emit", "check and count, s", "memory, MB")
    yield from counting.linear()
    yield from ["", "## A search's inner loop", ""]
    yield from _table("ResNets, checked and counted", "per second of processor time")
    yield from counting.swept(10_000)
    yield from [
        "",
        "## Stages",
        "",
        f"The minimum of {times} rounds, in milliseconds of processor time; `emit` includes validation.",
        "",
    ]
    yield from _stages(times)
    yield from ["", f"All of it took {process_time() - started:.0f} s of processor time."]


def _table(*titles: str) -> tuple[str, str]:
    return f"| {' | '.join(titles)} |", f"|{'|'.join(['---', *['---:'] * (len(titles) - 1)])}|"


def _stages(times: int) -> Iterator[str]:
    yield from _table("", *STAGES, "torchvision builds", "fvcore counts", "build / check", "both / ours")
    for name in NETWORKS:
        mine = stages(find(name).source, name, Options(), times)
        cells = [f"{mine[stage] * 1000:,.1f}" for stage in STAGES]  # type: ignore[operator]
        if name != "lenet5":
            theirs, checked = references(name, times), mine["check"] or 1
            build, counted = theirs["build"] or 0, theirs["fvcore"] or 0
            ratios = build / checked, (build + counted) / (checked + (mine["count"] or 0))
            cells += [f"{build * 1000:,.1f}", f"{counted * 1000:,.1f}", *(f"{ratio:.1f}" for ratio in ratios)]
        yield f"| {' | '.join([name, *cells, *['-'] * (9 - len(cells))])} |"


if __name__ == "__main__":
    main()
