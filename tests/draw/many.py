"""Find errors in figures of many random networks: `python -m tests.draw.many --kind tangled --first 700`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping

import archc
from archc.targets.figure import LEVELS, figure, lay_out
from tests.draw.test_geometry import DIRECTIONS, faults
from tests.draw.truth import untruths_of
from tests.draw.wired import wired_text
from tests.support.random_networks import network_text

KINDS: Mapping[str, Callable[[int], str]] = {"random": network_text, "tangled": wired_text}
"""For each kind of random network the spec of one, by its number."""


def wrong(text: str) -> list[str]:
    """The false statements, overlaps and cut-off parts in the figures of a network, at each level and direction."""
    network = archc.compile_text(text).network
    found = []
    for level in LEVELS:
        drawn = figure(network, level)
        for direction in DIRECTIONS:
            page = lay_out(drawn, direction)
            found += [f"{level}, {direction}: {what}" for what in (*untruths_of(network, page), *faults(page))]
    return found


def wrong_of(kind: str, numbers: range) -> Iterator[tuple[int, list[str]]]:
    """The random networks whose figures are wrong or cannot be drawn."""
    for number in numbers:
        try:
            found = wrong(KINDS[kind](number))
        except Exception as error:  # any exception is a finding
            found = [repr(error)]
        if found:
            yield number, found


def main() -> int:
    """Draw networks, and print the number of correct figures for each hundred."""
    options = argparse.ArgumentParser(prog="python -m tests.draw.many", description=__doc__)
    options.add_argument("--kind", choices=KINDS, action="append", help="of which kind; both unless told")
    options.add_argument("--first", type=int, default=0, help="the number to go on from")
    options.add_argument("--count", type=int, default=2000)
    chosen = options.parse_args()
    end, untrue = chosen.first + chosen.count, 0
    for kind in chosen.kind or KINDS:
        for first in range(chosen.first, end, 100):
            numbers, started, bad = range(first, min(first + 100, end)), time.monotonic(), 0
            for number, found in wrong_of(kind, numbers):
                bad += 1
                print(f"{kind} {number}: {found}", flush=True)
            untrue += bad
            took = time.monotonic() - started
            print(f"{kind} {first}-{numbers[-1]}: {len(numbers) - bad} true, {bad} not, {took:.0f} s", flush=True)
    return min(untrue, 1)


if __name__ == "__main__":
    sys.exit(main())
