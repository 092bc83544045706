"""Fuzz all targets for a while, and print the number of inputs and the findings."""

from __future__ import annotations

import argparse
import gc
import re
import subprocess
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from fuzz.guard import fault_of
from fuzz.targets import TARGETS
from fuzz.texts import text_for

FOUND = Path(__file__).parent / "found"
"""Where inputs are kept that a target fails on (not in the repository: what is found becomes a test)."""


def main() -> int:
    """Use generated texts for half of the time, and bytes for the other half."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=0, help="the first number that a text is made from")
    parser.add_argument("--target", choices=TARGETS, action="append", help="all if none is given")
    given = parser.parse_args()
    targets = tuple(given.target or TARGETS)
    made, faults = of_grammar(targets, given.seconds / 2, given.seed)
    print(f"{sum(made.values()):,} texts made of numbers, {faults} faults", flush=True)
    for target in targets:
        count, fault = of_bytes(target, max(1, given.seconds // 2 // len(targets)), given.seed)
        made[f"{target} (bytes)"] += count
        faults += fault
    for name, count in made.items():
        print(f"{name:16} {count:>10,} inputs")
    print(f"{sum(made.values()):,} inputs, {faults} faults" + (f": see {FOUND}" if faults else ""))
    return 1 if faults else 0


def of_grammar(targets: tuple[str, ...], seconds: float, seed: int) -> tuple[Counter[str], int]:
    """Run generated texts through the targets; return the number for each, and the number of failures."""
    made: Counter[str] = Counter()
    seen: set[str] = set()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        gc.collect()  # else the garbage of all inputs is kept: what `watched` has frozen counts as old
        for name in targets:
            words = text_for(name, seed)
            made[name] += 1
            if (fault := fault_of(TARGETS[name], words)) is not None:
                key = f"{name}-{type(fault).__name__}{_place(fault)}"
                if key not in seen:
                    seen.add(key)
                    FOUND.mkdir(exist_ok=True)
                    (FOUND / f"{key}.arch").write_text(words, encoding="utf-8")
                    print(f"seed {seed}: {key}: {fault}", flush=True)
        seed += 1
    return made, len(seen)


def _place(fault: Exception) -> str:
    """The file and line that raised an exception; "" for one that is only told, such as too much memory."""
    frames = traceback.extract_tb(fault.__traceback__)
    return f"-{Path(frames[-1].filename).stem}-{frames[-1].lineno}" if frames else ""


def of_bytes(target: str, seconds: int, seed: int) -> tuple[int, int]:
    """Run a target under Atheris; return the number of inputs, and whether one failed."""
    FOUND.mkdir(exist_ok=True)
    words = [f"-max_total_time={seconds}", f"-seed={seed + 1}"]
    words += [f"-artifact_prefix={FOUND}/{target}-", "-timeout=60", "-rss_limit_mb=4096"]
    run = subprocess.run(
        [sys.executable, "-m", "fuzz.bytes", target, *words], capture_output=True, text=True, check=False
    )
    counts = re.findall(r"^#(\d+)", run.stderr, re.MULTILINE)
    if run.returncode:
        print(run.stderr[-2000:], flush=True)
    return max(map(int, counts), default=0), int(run.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
