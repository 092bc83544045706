"""Mutate the rooms of the compiler and see whether their tests notice. Reproducible: the sample is that of the seed."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from random import Random

from tests.mutation.equivalent import EQUIVALENT, Equivalent
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.rooms import ROOMS
from tests.mutation.running import outcome, prepare

ROOT = Path(__file__).parents[2]
OUTCOMES = ("killed", "timed out", "survived", "equivalent")
KNOWN = {(e.path, e.before, e.after): e.reason for e in EQUIVALENT}


def files(room: str) -> list[Path]:
    """The modules of a room."""
    place = ROOT / room
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def shares(rooms: list[str], sample: int) -> dict[str, int]:
    """How many mutants each room gets, by its lines: whole numbers with the sum `sample`."""
    lines = {room: sum(len(f.read_text(encoding="utf-8").splitlines()) for f in files(room)) for room in rooms}
    exact = {room: sample * n / sum(lines.values()) for room, n in lines.items()}
    counts = {room: int(n) for room, n in exact.items()}
    for room in sorted(rooms, key=lambda r: counts[r] - exact[r])[: sample - sum(counts.values())]:
        counts[room] += 1
    return counts


def stale(entries: tuple[Equivalent, ...] = EQUIVALENT) -> list[Equivalent]:
    """The entries of the table that are no mutant any more."""
    made: dict[str, set[tuple[str, str]]] = {}
    for path in {e.path for e in entries}:
        whole = ROOT / path
        made[path] = {(m.before, m.after) for m in mutants(whole, ROOT)} if whole.is_file() else set()
    return [e for e in entries if (e.before, e.after) not in made[e.path]]


def sampled(rooms: list[str], sample: int, seed: int) -> list[tuple[str, Mutant]]:
    """The mutants of a seed, with their rooms; in the order of the draw, so that the first of them are a sample too."""
    found: list[tuple[str, Mutant]] = []
    for room, count in shares(rooms, sample).items():
        all_ = [m for path in files(room) for m in mutants(path, ROOT)]
        chosen = Random(f"{seed} {room}").sample(all_, min(count, len(all_)))
        found += [(room, m) for m in chosen]
    return found


def run(room: str, mutant: Mutant | None, seconds: float) -> tuple[str, float, str]:
    """What the tests of a room make of a mutant, or of the code as it is."""
    path, source = (mutant.path, mutant.source) if mutant else ("", None)
    return outcome(ROOT, path, source, tests_of(room), seconds)


def tests_of(room: str) -> list[str]:
    """The files of a room's tests, each once, in the order of the table."""
    places = [ROOT / test for test in ROOMS[room]]
    found = [f for place in places for f in ([place] if place.is_file() else sorted(place.rglob("test_*.py")))]
    return list(dict.fromkeys(str(f.relative_to(ROOT)) for f in found))


def main() -> int:
    """Run the sample; the number of survivors decides."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=300, help="how many mutants (300)")
    parser.add_argument("--seed", type=int, default=1, help="what the sample is drawn from (1)")
    parser.add_argument("--room", choices=ROOMS, action="append", help="all if none is given")
    parser.add_argument("--only", default="", help="only mutants whose file:line contains this")
    parser.add_argument("--list", action="store_true", help="print the sample, run nothing")
    given = parser.parse_args()
    rooms = given.room or list(ROOMS)
    print(f"seed {given.seed}, {given.sample} mutants of {', '.join(rooms)}", flush=True)
    for entry in stale():
        print(f"no mutant any more: {entry.path}: {entry.before} -> {entry.after}", flush=True)
    sample = [(r, m) for r, m in sampled(rooms, given.sample, given.seed) if given.only in f"{m.path}:{m.line}"]
    if given.list:
        print("\n".join(f"{m.path}:{m.line}: {m.kind}: {m.before} -> {m.after}" for _, m in sample))
        return 0
    return judged(rooms, sample)


def judged(rooms: list[str], sample: list[tuple[str, Mutant]]) -> int:
    """Run the mutants, print survivors as they come and the table at the end. 1 if more than a tenth survives."""
    prepare([test for room in rooms for test in tests_of(room)])
    limits: dict[str, float] = {}
    table = {room: Counter[str]() for room in rooms}
    for room, mutant in sample:
        if (mutant.path, mutant.before, mutant.after) in KNOWN:
            table[room]["equivalent"] += 1
            continue
        if room not in limits:
            what, took, said = run(room, None, 600)
            if what != "survived":
                sys.exit(f"the tests of {room} fail without a mutant:\n{said}")
            print(f"{room}: the tests pass in {took:.0f} s", flush=True)
            limits[room] = 30 + 4 * took
        what, took, _ = run(room, mutant, limits[room])
        table[room][what] += 1
        print(f"{sum(c.total() for c in table.values())} of {len(sample)}", file=sys.stderr, flush=True)
        if what != "killed":
            print(f"{what} ({took:.0f} s): {mutant.path}:{mutant.line}: {mutant.kind}", flush=True)
            print(mutant.diff((ROOT / mutant.path).read_text(encoding="utf-8")), flush=True)
    total = sum(table.values(), Counter[str]())
    print(f"{'room':<20}{'sampled':>10}{''.join(f'{name:>12}' for name in OUTCOMES)}")
    for room, counts in [*table.items(), ("all", total)]:
        print(f"{room:<20}{counts.total():>10}{''.join(f'{counts[name]:>12}' for name in OUTCOMES)}")
    return int(10 * total["survived"] > total.total())


if __name__ == "__main__":
    sys.exit(main())
