"""The lecture's LeNet-5, with sigmoids and trainable pooling, on a held-out third of real digits.

    python -m benchmarks.lenet_digits FOLDER [SEED...]

A fixed third of each digit (599 of 1,797 images) is written to FOLDER/third and never used in training, the rest to
FOLDER/rest. Five runs of `archc finetune`, with the seeds 0 to 4, train on four fifths of the rest and choose the epoch
by the last fifth; `archc predict` then classifies the third. The settings were chosen without the third: see
docs/transfer.md. A seed takes about two minutes on one core; seeds can run in parallel.
"""

from __future__ import annotations

import csv
import io
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from archc.training.data import find_data
from benchmarks.digits import write_digits

RECIPE = {
    "--strategy": "scratch",
    "--augment": "affine",
    "--lr": "0.008",
    "--device": "cpu",
}
EPOCHS = 60
SEEDS = range(5)


def main(folder: Path, seeds: Sequence[int]) -> None:
    """Train and measure for each seed; print the accuracies."""
    if not folder.is_dir():
        write_parts(folder)
    accuracies = []
    for seed in seeds:
        run = folder / f"run-{seed}"
        shutil.rmtree(run, ignore_errors=True)
        length = ("--epochs", str(EPOCHS), "--patience", str(EPOCHS), "--seed", str(seed))
        words = (word for option in RECIPE.items() for word in option)
        archc("finetune", "lenet5", "--data", str(folder / "rest"), *words, *length, "-o", str(run))
        named = csv.DictReader(io.StringIO(archc("predict", str(run), str(folder / "third"), "--csv")))
        right = [Path(row["file"]).parent.name == row["class"] for row in named]
        accuracies.append(100 * statistics.mean(right))
        print(f"seed {seed}: {sum(right)} of {len(right)} right, {accuracies[-1]:.2f} %", flush=True)
    print(f"mean {statistics.mean(accuracies):.2f} %, least {min(accuracies):.2f} %")


def write_parts(folder: Path) -> None:
    """Write a third of each digit to one folder, the rest to another."""
    images = folder / "images"
    write_digits(images)
    split = find_data(images, 0, 1 / 3, strict=True)
    for name, items in (("rest", split.train), ("third", split.val)):
        for item in items:
            (folder / name / item.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(images / item.path, folder / name / item.path)


def archc(*words: str) -> str:
    """The output of a command. Raises if it fails."""
    command = [sys.executable, "-m", "archc", *words]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(word) for word in sys.argv[2:]] or SEEDS)
