"""Processor time of the search for repairs on ResNet-152, per fault, and of the formatter on long chains."""

from __future__ import annotations

from statistics import median
from time import process_time

from archc.analysis.repair.search import with_repairs
from archc.diagnostics.source import Source
from archc.pipeline import check
from archc.support.limits import Limits
from archc.syntax.format.formatter import formatted
from archc.zoo import Files
from tests.repair.broken import CASES

TIMES = 5


def main() -> None:
    """Print the medians."""
    load = Files().load
    print(f"{'repairs of resnet152':<32}{'check':>9}{'search':>9}  found")
    for name, case in CASES.items():
        if case.spec != "resnet":
            continue
        source, checks, searches, found = case.source(), [], [], 0
        for _ in range(TIMES):
            start = process_time()
            checked = check(source, load, "resnet152")
            between = process_time()
            told = with_repairs(checked, source, load, "resnet152")
            searches.append(process_time() - between)
            checks.append(between - start)
            found = sum(len(d.repairs) for d in told.diagnostics)
        print(f"{name:<32}{median(checks) * 1e3:>6.0f} ms{median(searches) * 1e3:>6.0f} ms  {found}")
    for length in (1_000, 10_000, 100_000):
        source = Source("long.arch", "-".join(["Conv(64)"] * length))
        start = process_time()
        formatted(source, Limits(words=1_000_000))
        print(f"formatting {length:,} terms: {process_time() - start:.2f} s")


if __name__ == "__main__":
    main()
