"""The four measurements of speed. Whatever is compared takes turns.

Times are processor time (user), including child processes, since the machine may be shared: the minimum is the cost of
the work itself, the median the usual time.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from time import process_time
from typing import Any

import torch

from archc.analysis.sweeps import Values, sweep
from archc.count.counts import count
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import Options, check
from archc.runtime.references import import_torchvision
from archc.support.limits import Limits
from archc.targets.pytorch import emit
from archc.zoo import Files, families, find
from tests.count.counters import TOOLS, Tool, quiet

Times = Mapping[str, list[float]]
FVCORE = """
import torch
from archc.runtime.references import import_torchvision
torchvision = import_torchvision()
from fvcore.nn import FlopCountAnalysis
model, image = torchvision.models.resnet152().eval(), torch.zeros(1, 3, 224, 224)
print(FlopCountAnalysis(model, image).total())
"""


def in_turns(works: Mapping[str, Callable[[], object]], times: int, clock: Callable[[], float] = process_time) -> Times:
    """The seconds that each takes, in several rounds."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(times):
        for name, work in works.items():
            start = clock()
            work()
            found[name].append(clock() - start)
    return found


def row(name: str, seconds: list[float], other: list[float] | None = None) -> str:
    """A line of a table: the minimum, median and maximum in milliseconds, and the ratio to `other`."""
    cells = [name, *(f"{t * 1000:,.1f}" for t in (min(seconds), median(seconds), max(seconds)))]
    if other is not None:
        cells.append(f"{min(seconds) / min(other):,.1f}")
        cells.append(f"{median(seconds) / median(other):,.1f}")
    return f"| {' | '.join(cells)} |"


def _children() -> float:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def _runs(words: list[str]) -> Callable[[], object]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"OMP_NUM_THREADS": "1"}
    return lambda: subprocess.run(words, capture_output=True, check=True, env=environment)


def processes(times: int) -> list[str]:
    """Measurement 1: whole processes."""
    archc = [sys.executable, "-m", "archc"]
    works: dict[str, Callable[[], object]] = {
        "archc count resnet152 --json": _runs([*archc, "count", "resnet152", "--json"]),
        "fvcore's script": _runs([sys.executable, "-c", FVCORE]),
        "archc --help": _runs([*archc, "--help"]),
        "archc check of all shipped specs": _runs([*archc, "check", *families()]),
        "python -c pass": _runs([sys.executable, "-c", "pass"]),
    }
    for work in works.values():
        work()  # Python's bytecode is cached
    found = in_turns(works, times, _children)
    ours = found["archc count resnet152 --json"]
    return [row(name, seconds, ours) for name, seconds in found.items()]


def counters(times: int) -> list[str]:
    """Measurement 2: archc from text and from a checked network, and five counters on a model that is built."""
    spec = find("resnet152")
    network = spec.checked(Options()).networks["resnet152"]

    def from_text() -> object:
        return spec.checked(Options()).counted("resnet152")

    works: dict[str, Callable[[], object]] = {"archc, from text": from_text}
    works |= {"archc, checked network": lambda: count(network)} | _five()
    for work in works.values():
        work()
    found = in_turns(works, times)
    return [row(name, seconds, found["archc, from text"]) for name, seconds in found.items()]


def _five() -> dict[str, Callable[[], object]]:
    """The five counters on a built model."""
    torchvision: Any = import_torchvision()
    torch.set_num_threads(1)  # waiting threads are not work of the counter
    model, image = torchvision.models.resnet152().eval(), torch.zeros(1, 3, 224, 224)

    def counted(tool: Tool) -> object:
        with quiet():
            return tool(model, image)

    return {name: partial(counted, tool) for name, tool in TOOLS.items() if name != "torch"}


def linear() -> list[str]:
    """Measurement 3: chains of 1,000, 10,000 and 100,000 layers: microseconds per layer, and peak memory."""
    lines = []
    many = Options(limits=Limits(layers=200_000, steps=2_000_000, seconds=600))
    for layers in (1_000, 10_000, 100_000):
        chain = f"[Conv(8) - BN - ReLU - MPool(3, 1, pad=1) - Conv(8, 1)]x{layers // 5}"
        source = Source("long.arch", f"model long {{\n  input 3x32x32\n  {chain}\n}}\n")
        known: list[Network] = []

        def checked(source: Source = source, known: list[Network] = known) -> None:
            known[:] = check(source, Files().load, None, many).networks.values()

        works: dict[str, Callable[[], object]] = {
            "check": checked,
            "count": lambda known=known: count(known[0]),  # type: ignore[misc]  # bound now
            "emit": lambda known=known: emit(tuple(known), "archc compile", "0"),  # type: ignore[misc]
        }
        found = in_turns(works, 1 if layers > 10_000 else 3)
        each = (f"{min(found[name]) / layers * 1e6:.1f}" for name in works)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        total = min(found["check"]) + min(found["count"])
        lines.append(f"| {layers:,} | {' | '.join(each)} | {total:.2f} | {memory:,.0f} |")
    return lines


def swept(number: int) -> list[str]:
    """Measurement 4: variants of ResNet with other numbers of blocks, widths and classes, in one process."""
    draw = random.Random(0)
    points: list[Values] = [
        {
            "layers": f"[{draw.randint(1, 8)}, {draw.randint(1, 8)}, {draw.randint(1, 12)}, {draw.randint(1, 6)}]",
            "base": str(draw.choice([32, 64, 96, 128])),
            "classes": str(draw.choice([10, 100, 1000])),
        }
        for _ in range(number)
    ]
    spec = find("resnet50")
    start = process_time()
    found = list(sweep(spec.source, spec.files.load, "resnet50", points))
    alone = process_time() - start
    assert all(point.totals for point in found)
    axes = ["layers=[1,2,3,4],[2,2,2,2],[3,4,6,3],[3,4,23,3],[3,8,36,3]", "base=16..128:16", "classes=1..2000:8"]
    before = _children()
    _runs([sys.executable, "-m", "archc", "count", "resnet50", "--sweep", *axes, "--csv"])()
    spent = _children() - before
    return [
        f"| from Python, {number:,} variants drawn at random | {number / alone:,.0f} |",
        f"| from the command line, 10,000 variants on all processors | {10_000 / spent:,.0f} |",
    ]
