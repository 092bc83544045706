"""Mutate the rooms of the compiler, and check whether their tests notice. The seed determines the sample."""

from __future__ import annotations

import argparse
import ast
import functools
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.mutation.equivalent import EQUIVALENT, Equivalent
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.recording import Recording, key, read, record
from tests.mutation.rooms import ROOMS
from tests.mutation.running import PYTEST, Collected, Outcome, collected, forked, prepare
from tests.mutation.suites import suite_at

ROOT = Path(__file__).parents[2]
OUTCOMES = ("killed", "timed out", "survived", "equivalent")
KNOWN = {(e.path, e.before, e.after): e.reason for e in EQUIVALENT}


def files(room: str) -> list[Path]:
    """The modules of a room."""
    place = ROOT / room
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def shares(rooms: list[str], sample: int) -> dict[str, int]:
    """The number of mutants of each room, proportional to its lines, with the sum `sample`."""
    lines = {room: sum(len(f.read_text(encoding="utf-8").splitlines()) for f in files(room)) for room in rooms}
    exact = {room: sample * n / sum(lines.values()) for room, n in lines.items()}
    counts = {room: int(n) for room, n in exact.items()}
    for room in sorted(rooms, key=lambda r: counts[r] - exact[r])[: sample - sum(counts.values())]:
        counts[room] += 1
    return counts


def stale(entries: tuple[Equivalent, ...] = EQUIVALENT) -> list[Equivalent]:
    """The entries of the table that no longer match a mutant."""
    made: dict[str, set[tuple[str, str]]] = {}
    for path in {e.path for e in entries}:
        whole = ROOT / path
        made[path] = {(m.before, m.after) for m in mutants(whole, ROOT)} if whole.is_file() else set()
    return [e for e in entries if (e.before, e.after) not in made[e.path]]


def sampled(rooms: list[str], sample: int, seed: int) -> list[tuple[str, Mutant]]:
    """The mutants of a seed, with their rooms, in random order, so that any first part of them is a sample, too.

    A change of the code changes only the mutants of the changed lines.
    """
    found: list[tuple[str, Mutant]] = []
    for room, count in shares(rooms, sample).items():
        drawn = sorted((m for path in files(room) for m in mutants(path, ROOT)), key=lambda m: _rank(seed, m))
        found += [(room, m) for m in drawn[:count]]
    return found


def _rank(seed: int, mutant: Mutant) -> str:
    """The random rank of a mutant, which depends only on the seed and the mutant's own lines."""
    return hashlib.sha256("\0".join((str(seed), mutant.path, mutant.before, mutant.after)).encode()).hexdigest()


def tests_of(room: str) -> list[str]:
    """The files of a room's tests, each once, in the order of the table."""
    places = [ROOT / test for test in ROOMS[room]]
    found = [f for place in places for f in ([place] if place.is_file() else sorted(place.rglob("test_*.py")))]
    return list(dict.fromkeys(str(f.relative_to(ROOT)) for f in found))


def main() -> int:
    """Run the sample; the exit status depends on the number of survivors."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=300, help="how many mutants (300)")
    parser.add_argument("--seed", type=int, default=1, help="what the sample is drawn from (1)")
    parser.add_argument("--room", choices=ROOMS, action="append", help="all if none is given")
    parser.add_argument("--only", default="", help="only mutants whose file:line contains this")
    parser.add_argument("--seconds", type=float, default=60, help="processor time of the tests a mutant gets (60)")
    parser.add_argument("--kept", action="store_true", help="do not record anew what tests run where code has changed")
    parser.add_argument("--list", action="store_true", help="print the sample, run nothing")
    given = parser.parse_args()
    rooms = given.room or list(ROOMS)
    print(f"seed {given.seed}, {given.sample} mutants of {', '.join(rooms)}", flush=True)
    for entry in stale():
        print(f"no mutant any more: {entry.path}: {entry.before} -> {entry.after}", flush=True)
    sample = [(r, m) for r, m in sampled(rooms, given.sample, given.seed) if given.only in f"{m.path}:{m.line}"]
    rooms = [room for room in rooms if any(r == room for r, _ in sample)]
    if given.list:
        print("\n".join(f"{m.path}:{m.line}: {m.kind}: {m.before} -> {m.after}" for _, m in sample))
        return 0
    prepare()
    tests = list(dict.fromkeys(test for room in rooms for test in tests_of(room)))
    judge = Judge(recordings(tests, given.kept), given.seconds, rooms)
    status = collected(tests, lambda found: judge.all(found, sample))
    return status or judge.told()


def recordings(tests: list[str], kept: bool) -> dict[str, Recording]:
    """The recording of each test file, made again if the code has changed; with `kept`, only if there is none."""
    missing = [t for t in tests if (r := read(ROOT, t)) is None or (not kept and r.key != key(ROOT, t))]
    if missing:
        print(f"recording what the tests of {len(missing)} files run", flush=True)
        done = forked(lambda: record(ROOT, missing, PYTEST), 4 * 3600)
        if done.what != "survived":
            sys.exit(f"the tests fail without a mutant:\n{done.said}")
        print(f"recorded in {done.took:.0f} s", flush=True)
    return {t: r for t in tests if (r := read(ROOT, t)) is not None}


@functools.cache
def _key(room: str, noticed: str) -> str:
    """A digest of the dependencies of an outcome."""
    return key(ROOT, *([noticed.partition("::")[0]] if noticed else tests_of(room)))


class Known:
    """Outcomes, stored in `build/`.

    An outcome is valid while the code and the tests are unchanged: the file of the test that noticed, or, for a
    survivor, all files of the room, with no larger time limit.
    """

    def __init__(self, seconds: float) -> None:
        self.file = ROOT / "build" / "mutation" / "outcomes.json"
        self.seconds = seconds
        text = self.file.read_text(encoding="utf-8") if self.file.is_file() else "{}"
        self.kept: dict[str, Any] = json.loads(text)

    def of(self, room: str, mutant: Mutant, judge: Callable[[str], Outcome]) -> Outcome:
        """The stored outcome of a mutant, or else that of `judge`, which gets the test that last noticed it."""
        name = _rank(0, mutant)
        at, seconds, what, said, noticed = self.kept.get(name, ("", 0, "", "", ""))
        if at == _key(room, noticed) and (noticed or seconds >= self.seconds):
            return Outcome(what, 0, said)
        done = judge(noticed)
        self.kept[name] = _key(room, done.noticed), self.seconds, done.what, done.said, done.noticed
        self.file.write_text(json.dumps(self.kept), encoding="utf-8")
        return done


class Judge:
    """Runs mutants, prints survivors immediately, and counts outcomes."""

    def __init__(self, recordings: dict[str, Recording], seconds: float, rooms: list[str]) -> None:
        self.recordings, self.seconds = recordings, seconds
        self.known = Known(seconds)
        self.ran = {name: one for r in recordings.values() for name, one in r.tests.items()}
        self.first = {suite for r in recordings.values() for suite in r.first}
        self.table = {room: Counter[str]() for room in rooms}

    def all(self, found: Collected, sample: list[tuple[str, Mutant]]) -> None:
        """Run a sample. New tests, without a recording, must pass without a mutant."""
        if new := [t for t in found.items if t not in self.ran]:
            done = forked(lambda: found.run(new), 600)
            if done.what != "survived":
                sys.exit(f"the new tests fail without a mutant:\n{done.said}")
        for number, (room, mutant) in enumerate(sample, 1):
            known = (mutant.path, mutant.before, mutant.after) in KNOWN
            judge = functools.partial(self.outcome, found, room, mutant)
            done = Outcome("equivalent", 0) if known else self.known.of(room, mutant, judge)
            self.table[room][done.what] += 1
            print(f"{number} of {len(sample)}: {done.what}, {done.took:.1f} s", file=sys.stderr, flush=True)
            if done.what not in ("killed", "equivalent"):
                print(f"{done.what} ({done.took:.0f} s): {mutant.path}:{mutant.line}: {mutant.kind}: {done.said}")
                print(mutant.diff((ROOT / mutant.path).read_text(encoding="utf-8")), flush=True)

    def outcome(self, found: Collected, room: str, mutant: Mutant, noticed: str) -> Outcome:
        """Run the tests of a room on a mutant: the one that last noticed it, then those that run its suite."""
        name = suite_at(ast.parse((ROOT / mutant.path).read_text(encoding="utf-8")), mutant.line)
        suite = None if name is None else (mutant.path, name)
        anew = suite is None or suite in self.first
        files = tests_of(room)
        tests = [t for t in found.items if t.partition("::")[0] in files]
        new = [t for t in tests if t not in self.ran]
        old = [t for t in tests if t in self.ran]
        runs = [t for t in old if suite in self.ran[t].suites]
        if not runs and anew:
            runs = [t for t in old if any(path == mutant.path for path, _ in self.ran[t].suites)] or old
        if not runs and not new:
            return Outcome("survived", 0, "no test runs it")
        near = {t.partition("::")[0] for t in runs}
        others = [t for t in old if t.partition("::")[0] in near and t not in set(runs)]
        chosen, total = list[str](), 0.0
        first = [noticed] if noticed in tests else []
        for test in dict.fromkeys([*first, *new, *sorted(runs, key=self.took), *sorted(others, key=self.took)]):
            total += self.took(test)
            if total > self.seconds and chosen:
                break
            chosen.append(test)
        return found.outcome(ROOT, mutant, chosen, anew, 10 + 4 * total)

    def took(self, test: str) -> float:
        """The processor time of a test in seconds; 0 for a new one."""
        return self.ran[test].seconds if test in self.ran else 0

    def told(self) -> int:
        """Print the table. Returns 1 if more than a tenth survives."""
        total = sum(self.table.values(), Counter[str]())
        print(f"{'room':<24}{'sampled':>8}{''.join(f'{name:>12}' for name in OUTCOMES)}")
        for room, counts in [*self.table.items(), ("all", total)]:
            print(f"{room:<24}{counts.total():>8}{''.join(f'{counts[name]:>12}' for name in OUTCOMES)}")
        return int(10 * total["survived"] > total.total())


if __name__ == "__main__":
    sys.exit(main())
