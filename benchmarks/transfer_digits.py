"""Transfer on real images: LeNet-5 learns the digits 0 to 4, then 5 to 9 from few images of each.

    python -m benchmarks.transfer_digits FOLDER choose [STRATEGY...]   rates, by the mirrored task: from 5-9 to 0-4
    python -m benchmarks.transfer_digits FOLDER [SEED...]              the measurement: from 0-4 to 5-9

Compares each strategy with training from scratch, for 1, 2, 5, 10 and 20 images per class and five seeds, which
determine the images and the initial values of new layers. All runs take about 300 steps. The weights after the last
step are measured on images that no run of the seed has seen: nothing is chosen by images of the target. Writes
FOLDER/results-SEED.csv (existing ones are continued), FOLDER/table.md and FOLDER/chart.svg. Seeds can run in parallel.
"""

from __future__ import annotations

import csv
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from archc.pipeline import Options
from archc.training.data import LabelledImage
from archc.training.engine import finish, train
from archc.training.evaluate import measure
from archc.training.folder import Folder
from archc.training.run import Run
from archc.training.session import Request, begin, ready
from archc.training.settings import Settings
from archc.zoo import find
from benchmarks.digits import write_digits
from benchmarks.transfer_chart import as_table, chart

SPEC = """\
from "lenet.arch" use lenet5_modern

variant source = lenet5_modern {
  replace output: FC(5)
  mean: [0.5]
  std: [0.5]
}

variant target = lenet5_modern {
  # The lecture's form: the convolutions are kept, and a new perceptron reads them. Its layers have new names, so that
  # nothing of the old one is loaded.
  replace f6: (hidden: FC(84))
  replace output: (digit: FC(5))
  mean: [0.5]
  std: [0.5]
}
"""
STRATEGIES = ("features", "last", "all", "gradual", "scratch")
RATE = 3e-3
"""The rate that `choose` found best for all strategies; `features` trains its head at three times that."""
TRIED = (1e-3, 3e-3, 1e-2)
EACH = (1, 2, 5, 10, 20)
SEEDS = range(5)
LOW, HIGH = range(5), range(5, 10)
WATCHED = 2
"""The images per class on which runs report their progress; nothing is chosen by them."""
STEPS, BATCH = 300, 8
SOURCE_EPOCHS = 40


def main(folder: Path, words: Sequence[str]) -> None:
    """Choose the rates, or make the missing runs of these seeds and write the table and the chart of all."""
    bench = Bench(folder)
    if words and words[0] == "choose":
        bench.choose(words[1:] or STRATEGIES)
        return
    for seed in map(int, words or map(str, SEEDS)):
        bench.measure(seed)
    rows = [row for file in sorted(folder.glob("results-*.csv")) for row in read(file)]
    if len(rows) == len(SEEDS) * len(EACH) * len(STRATEGIES):
        (folder / "table.md").write_text(as_table(rows), encoding="utf-8")
        chart(rows, folder / "chart.svg")


class Bench:
    """The runs, each in its own folder; finished runs are not repeated."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images = folder / "images"
        self.spec = folder / "digits.arch"
        if not self.images.is_dir():
            write_digits(self.images)
        self.spec.write_text(SPEC, encoding="utf-8")

    def choose(self, strategies: Sequence[str]) -> None:
        """Print the mean accuracy on the mirrored task by strategy and rate: 2 and 10 images per class, two seeds."""
        source = self.source(HIGH)
        for strategy in strategies:
            for lr in TRIED:
                accuracies = [
                    self.accuracy(source, LOW, each, seed, strategy, lr) for each in (2, 10) for seed in range(2)
                ]
                print(f"{strategy:8} {lr:<5g} {100 * statistics.mean(accuracies):.2f} %", flush=True)

    def measure(self, seed: int) -> None:
        """Measure all strategies and numbers of images with one seed."""
        source, file = self.source(LOW), self.folder / f"results-{seed}.csv"
        rows = read(file) if file.exists() else []
        for each in EACH:
            for strategy in STRATEGIES:
                if [str(each), str(seed), strategy] not in [row[:3] for row in rows]:
                    accuracy = self.accuracy(source, HIGH, each, seed, strategy, RATE)
                    rows.append([str(each), str(seed), strategy, repr(accuracy)])
                    with file.open("w", newline="") as stream:
                        csv.writer(stream).writerows(rows)
                    print(*rows[-1], flush=True)

    def source(self, digits: range) -> Run:
        """The source network, trained on all images of five digits but a fifth, which chooses the epoch."""
        name = f"source-{digits[0]}"
        lines = []
        for digit in digits:
            files = shuffled(self.images / str(digit), 0)
            lines += [(f, digit, "val" if 5 * number < len(files) else "train") for number, f in enumerate(files)]
        settings = Settings(epochs=SOURCE_EPOCHS, patience=SOURCE_EPOCHS, lr=3e-3, augment="affine", strategy="scratch")
        return self.trained("source", self.table(name, lines), name, None, settings)

    def accuracy(self, source: Run, digits: range, each: int, seed: int, strategy: str, lr: float) -> float:
        """The accuracy of a strategy on the images that no run of the seed has read."""
        lines, rest = self.parts(digits, each, seed)
        table = self.table(f"target-{digits[0]}-{each}-{seed}", lines)
        weights = None if strategy == "scratch" else str(source.folder.path / "weights.safetensors")
        epochs = STEPS // -(-len(digits) * each // BATCH)
        settings = Settings(
            epochs=epochs, patience=epochs, batch=BATCH, lr=lr, augment="affine", strategy=strategy, seed=seed
        )
        run = self.trained("target", table, f"run-{digits[0]}-{each}-{seed}-{strategy}-{lr:g}", weights, settings)
        state = torch.load(run.folder.last, weights_only=True)["state_dict"]
        model = run.model()
        model.load_state_dict({k.removeprefix("model."): v for k, v in state.items() if k.startswith("model.")})
        return measure(model, self.folder, rest, run.preprocess, 64).accuracy

    def parts(self, digits: range, each: int, seed: int) -> tuple[list[tuple[Path, int, str]], list[LabelledImage]]:
        """The images that a run reads, with their digit and set, and those that it is measured on."""
        lines, rest = [], []
        for label, digit in enumerate(digits):
            files = shuffled(self.images / str(digit), seed)
            lines += [(f, digit, "train") for f in files[:each]]
            lines += [(f, digit, "val") for f in files[max(EACH) : max(EACH) + WATCHED]]
            rest += [LabelledImage(path=f"images/{digit}/{f.name}", label=label) for f in files[max(EACH) + WATCHED :]]
        return lines, rest

    def trained(self, member: str, data: Path, name: str, weights: str | None, settings: Settings) -> Run:
        """The folder of a finished and proved run."""
        path, options = self.folder / name, Options()
        if not (path / "run.json").exists():
            checked = find(f"{self.spec}:{member}").checked(options)
            begin(ready(Request(checked, self.spec.as_posix(), options, data, weights, settings, strict=True), path))
        run = Run.of(Folder(path))
        if not (path / "result.json").exists():
            assert finish(run, train(run)).proof.holds, path
        return run

    def table(self, name: str, lines: Sequence[tuple[Path, int, str]]) -> Path:
        """Write a CSV of images for `archc finetune --data`."""
        file = self.folder / f"{name}.csv"
        rows = [f"{path.relative_to(self.folder).as_posix()},{digit},{part}" for path, digit, part in lines]
        file.write_text("\n".join(["path,label,split", *rows, ""]), encoding="utf-8")
        return file


def read(file: Path) -> list[list[str]]:
    """The rows of a CSV."""
    return list(csv.reader(file.read_text(encoding="utf-8").splitlines()))


def shuffled(folder: Path, seed: int) -> list[Path]:
    """The images of a digit in an order that the seed determines, so that larger sets contain the smaller ones."""
    files = sorted(folder.iterdir())
    random.Random(f"{seed} {folder.name}").shuffle(files)
    return files


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
