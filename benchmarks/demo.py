"""The fine-tune at the end of `make demo`: what was learned of the digits 0 to 4 helps to learn 5 to 9.

    python -m benchmarks.demo DIR

Writes the images, the specs and two runs of `archc finetune` into DIR, anew each time. It takes about a minute.
"""

from __future__ import annotations

import os
import random
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.digits import write_digits
from benchmarks.transfer_digits import SPEC

COMMON = ("--augment", "affine", "--lr", "0.003", "--device", "cpu")


def main(folder: Path) -> None:
    """Train on five digits, fine-tune to the others."""
    shutil.rmtree(folder, ignore_errors=True)
    write_digits(folder / "images")
    (folder / "digits.arch").write_text(SPEC, encoding="utf-8")
    write_table(folder, "low", range(5), 100)
    write_table(folder, "high", range(5, 10), 10)
    print("\nFine-tuning, on real handwritten digits: the network learns 0 to 4 from 100 images of each,", flush=True)
    archc(folder, "digits.arch:source", "low.csv", "low", "--strategy", "scratch", "--epochs", "20")
    print("\nand then 5 to 9 from 10 images of each, with what it has learned:", flush=True)
    weights = ("--weights", (folder / "low" / "weights.safetensors").as_posix())
    archc(folder, "digits.arch:target", "high.csv", "high", *weights, "--strategy", "all", "--epochs", "40")


def write_table(folder: Path, name: str, digits: range, each: int) -> None:
    """A CSV with `each` images of each digit to learn from, and the others to measure with."""
    lines = ["path,label,split"]
    for digit in digits:
        files = sorted((folder / "images" / str(digit)).iterdir())
        random.Random(digit).shuffle(files)
        parts = ["train"] * each + ["val"] * (len(files) - each)
        lines += [f"images/{digit}/{f.name},{digit},{part}" for f, part in zip(files, parts, strict=True)]
    (folder / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")


def archc(folder: Path, spec: str, data: str, run: str, *more: str) -> None:
    """Show a command and run it."""
    places = ((folder / spec).as_posix(), "--data", (folder / data).as_posix())
    words = ("finetune", *places, *more, *COMMON, "-o", (folder / run).as_posix())
    print(f"$ archc {shlex.join(words)}", flush=True)
    one = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # sums in one order: the same digits each time
    subprocess.run([sys.executable, "-m", "archc", *words], check=True, env=os.environ | one)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
