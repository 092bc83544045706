"""Transfer on real images: LeNet-5 learns the digits 0 to 4, then 5 to 9 from few images of each.

    python -m benchmarks.transfer_digits FOLDER [SEED...]

Each strategy, against training from scratch, with 5, 10 and 20 images a class and five seeds. The epoch is chosen on
20 images a class that are not tested on; the accuracy is that of all the rest. Writes FOLDER/results-SEED.csv (which
are gone on with if they are there), FOLDER/table.md and FOLDER/chart.svg. It takes about three minutes of one core;
seeds can be run side by side.
"""

from __future__ import annotations

import csv
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from archc.pipeline import Options
from archc.runtime.training.data import Item
from archc.runtime.training.engine import finish, train
from archc.runtime.training.evaluate import measure
from archc.runtime.training.folder import Folder
from archc.runtime.training.run import Run
from archc.runtime.training.session import Request, begin, ready
from archc.runtime.training.settings import Settings
from archc.zoo import find
from benchmarks.digits import write_digits

SPEC = """\
from "lenet.arch" use lenet5_modern

variant digits = lenet5_modern {
  replace output: FC(5)
  mean: [0.5]
  std: [0.5]
}
"""
STRATEGIES = ("features", "last", "all", "gradual", "scratch")
EACH = (5, 10, 20)
SEEDS = range(5)
FOR_CHOICE = 20
COLOURS = {"features": "#0b6e99", "last": "#e69f00", "all": "#009e73", "gradual": "#cc79a7", "scratch": "#4a5568"}
"""After Okabe and Ito, which colour-blind readers can tell apart."""


def main(folder: Path, seeds: Sequence[int]) -> None:
    """Run what has not been run of these seeds; when all have been, write the table and the chart."""
    images, spec = folder / "images", folder / "digits.arch"
    if not images.is_dir():
        write_digits(images)
    spec.write_text(SPEC, encoding="utf-8")
    first = write_table(images, folder / "source.csv", range(5), 100, 0)
    source = trained(spec, first, folder / "source", None, 30, "scratch", 0)
    for seed in seeds:
        results = folder / f"results-{seed}.csv"
        rows = list(csv.reader(results.open())) if results.exists() else []
        done = {(row[0], row[2]) for row in rows}
        for each in EACH:
            table = write_table(images, folder / f"target-{each}-{seed}.csv", range(5, 10), each, seed)
            for strategy in STRATEGIES:
                if (str(each), strategy) in done:
                    continue
                weights = None if strategy == "scratch" else str(source.folder.path / "weights.safetensors")
                run = trained(spec, table, folder / f"run-{each}-{seed}-{strategy}", weights, 20, strategy, seed)
                rows.append([str(each), str(seed), strategy, repr(tested(run, images, table))])
                with results.open("w", newline="") as stream:
                    csv.writer(stream).writerows(rows)
                print(*rows[-1], flush=True)
    rows = [row for file in sorted(folder.glob("results-*.csv")) for row in csv.reader(file.open())]
    if len(rows) == len(SEEDS) * len(EACH) * len(STRATEGIES):
        (folder / "table.md").write_text(as_table(rows), encoding="utf-8")
        chart(rows, folder / "chart.svg")


def write_table(images: Path, file: Path, digits: range, each: int, seed: int) -> Path:
    """A CSV that gives each digit `each` images to train on and some to choose the epoch by."""
    lines = ["path,label,split"]
    for digit in digits:
        files = sorted((images / str(digit)).iterdir())
        random.Random(f"{seed} {digit}").shuffle(files)
        for number, path in enumerate(files[: each + FOR_CHOICE]):
            lines.append(f"images/{digit}/{path.name},{digit},{'train' if number < each else 'val'}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def trained(spec: Path, data: Path, folder: Path, weights: str | None, epochs: int, strategy: str, seed: int) -> Run:
    """A finished and proved run."""
    options = Options()
    checked = find(str(spec)).checked(options)
    settings = Settings(epochs=epochs, patience=epochs, batch=8, lr=5e-3, strategy=strategy, seed=seed)
    if not (folder / "run.json").exists():
        begin(ready(Request(checked, spec.as_posix(), options, data, weights, (), settings, True), folder))
    run = Run.of(Folder(folder))
    if not (folder / "result.json").exists():
        assert finish(run, train(run)).proof.holds, folder
    return run


def tested(run: Run, images: Path, table: Path) -> float:
    """The accuracy on all images of the classes that the run has not seen."""
    seen = {row["path"] for row in csv.DictReader(table.open())}
    items = [
        Item(path=f"images/{name}/{f.name}", label=label)
        for label, name in enumerate(run.plan.classes)
        for f in sorted((images / name).iterdir())
        if f"images/{name}/{f.name}" not in seen
    ]
    model = run.model()
    model.load_state_dict(run.folder.tensors("weights.safetensors"))
    return measure(model, images.parent, items, run.preprocess, 64).accuracy


def cells(rows: list[list[str]]) -> dict[tuple[str, int], tuple[float, float]]:
    """Mean and standard deviation over the seeds, in per cent, by strategy and images a class."""
    found: dict[tuple[str, int], list[float]] = {}
    for each, _, strategy, accuracy in rows:
        found.setdefault((strategy, int(each)), []).append(100 * float(accuracy))
    return {key: (statistics.mean(values), statistics.stdev(values)) for key, values in found.items()}


def as_table(rows: list[list[str]]) -> str:
    """The means and standard deviations as Markdown."""
    found = cells(rows)
    lines = ["| strategy | " + " | ".join(f"{n} images a class" for n in EACH) + " |", "|---" * (len(EACH) + 1) + "|"]
    for strategy in STRATEGIES:
        values = " | ".join("{:.1f} ± {:.1f}".format(*found[strategy, each]) for each in EACH)
        lines.append(f"| `{strategy}` | {values} |")
    return "\n".join(lines) + "\n"


def chart(rows: list[list[str]], file: Path) -> None:
    """Accuracy against the number of images, a line for each strategy, with a bar of one standard deviation."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams["svg.hashsalt"] = "archc"
    figure = Figure((6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    found = cells(rows)
    for offset, strategy in enumerate(STRATEGIES):
        xs = [i + 0.06 * (offset - 2) for i in range(len(EACH))]
        means, spreads = zip(*(found[strategy, each] for each in EACH), strict=True)
        style = "--" if strategy == "scratch" else "-"
        axes.errorbar(
            xs, means, spreads, color=COLOURS[strategy], ls=style, marker="o", ms=4, capsize=3, label=strategy
        )
    axes.set_xticks(range(len(EACH)), [str(n) for n in EACH])
    axes.set_xlabel("images of each digit to train on")
    axes.set_ylabel("accuracy on all other images, %")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#cbd2d9", lw=0.5)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(seed) for seed in sys.argv[2:]] or SEEDS)
