"""Compares archc with the reference on many random networks and edits: `python -m tests.reference --seed 1`."""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

import torch

from tests.reference.compare import compare
from tests.reference.dense import dense_text
from tests.support.random_networks import edited_text, network_text

MOST_BYTES = 6 * 2**30
"""The memory limit of a process: several hundred times the need of one of these networks."""
KINDS: dict[str, tuple[Callable[[int], str], str | None]] = {
    "network": (network_text, None),
    "edit": (edited_text, "v"),
    "dense": (dense_text, "m"),
}


def tried(kind: str, seed: int) -> tuple[str, int, str | None, str]:
    """The findings for one seed."""
    draw, name = KINDS[kind]
    text = draw(seed)
    try:
        found = compare(text, name)
    except Exception as error:  # an exception of the reference is a finding, too
        return kind, seed, "fault of the reference", repr(error)
    return kind, seed, found.kind if found else None, found.said if found else ""


def quietly(kind: str, seeds: range) -> list[tuple[str, int, str | None, str]]:
    torch.set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))  # exceeding it is a finding
    return [tried(kind, seed) for seed in seeds]


def all_tried(kind: str, seeds: range, processes: int) -> Iterator[tuple[str, int, str | None, str]]:
    parts = [seeds[i : i + 100] for i in range(0, len(seeds), 100)]
    if processes == 1:
        for part in parts:
            yield from quietly(kind, part)
        return
    with ProcessPoolExecutor(processes) as pool:
        for found in pool.map(quietly, [kind] * len(parts), parts):
            yield from found


def main() -> int:
    """Try all seeds, and print the findings by kind, with the first seeds of each."""
    options = argparse.ArgumentParser(prog="python -m tests.reference", description=__doc__)
    options.add_argument("--networks", type=int, default=300)
    options.add_argument("--edits", type=int, default=100)
    options.add_argument("--dense", type=int, default=300, help="small networks of forms put together blindly")
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options.add_argument("--processes", type=int, default=1)
    options.add_argument("--show", help="print the text of a seed, network:7, edit:7 or dense:7, and what is found")
    chosen = options.parse_args()
    if chosen.show:
        kind, seed = chosen.show.split(":")
        draw, name = KINDS[kind]
        print(draw(int(seed)), compare(draw(int(seed)), name), sep="\n")
        return 0
    print(f"seed {chosen.seed}", flush=True)
    findings: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for kind, many in (("network", chosen.networks), ("edit", chosen.edits), ("dense", chosen.dense)):
        for _, seed, found, said in all_tried(kind, range(chosen.seed, chosen.seed + many), chosen.processes):
            if found is not None:
                print(f"{kind}:{seed} {found}", file=sys.stderr, flush=True)
                findings[kind, found].append((seed, said))
    for (kind, found), seeds in sorted(findings.items(), key=lambda item: -len(item[1])):
        print(f"{len(seeds):6} {kind}s: {found}; --show {kind}:{seeds[0][0]}, then {[s for s, _ in seeds[1:6]]}")
        print(f"       {' '.join(seeds[0][1].split())[:200]}")
    wrong = sum(map(len, findings.values()))
    print(f"{wrong} of {chosen.networks} networks, {chosen.edits} edits and {chosen.dense} dense networks differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
