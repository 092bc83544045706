"""Data sets of the Hugging Face hub, read by its library from folders that the test makes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pytest

from archc.training.errors import TrainingError
from archc.training.hub import fetched
from tests.transfer.conftest import Archc
from tests.transfer.support import reopen

QUICK = ("--epochs", "2", "--batch", "16", "--lr", "0.02", "--device", "cpu", "--weights", "base.safetensors")
NAMES = ("blue", "green", "red")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


def parquet(folder: str, **splits: dict[str, list[Any]]) -> None:
    """A data set in the hub's format: a parquet file for each split, containing the bytes of the images."""
    for split, columns in splits.items():
        kinds = {"image": datasets.Image(), "kind": datasets.ClassLabel(names=NAMES), "label": datasets.Value("string")}
        features = datasets.Features({name: kinds.get(name, datasets.Value("int64")) for name in columns})
        made = datasets.Dataset.from_dict(columns, features=features)
        made.to_parquet(f"{folder}/data/{split}-00000-of-00001.parquet")


def images(each: int, start: int = 0) -> dict[str, list[Any]]:
    """A number of images of each class, with their class numbers."""
    numbered = [(str(file), NAMES.index(name)) for name in NAMES
                for file in sorted(Path("images", name).iterdir())[start : start + each]]  # fmt: skip
    return {"image": [file for file, _ in numbered], "kind": [number for _, number in numbered]}


def test_a_data_set_is_trained_on(archc: Archc) -> None:
    parquet("set", train=images(12), validation=images(4, 12), test=images(2, 16))
    made = archc("finetune", "tiny.arch:half", "--data", "hf:./set", *QUICK, "-o", "run")
    assert made.exit_code == 0, made.output
    lines = made.output.splitlines()
    assert lines[0] == "3 classes, 36 images to train on, 12 to validate with"
    assert {"  the images are the column 'image', their classes 'kind'", "  not used: test"} <= set(lines)
    split = json.loads(Path("run/split.json").read_text("utf-8"))
    assert split["classes"] == list(NAMES)
    first = Path(split["root"], split["train"][0]["path"])
    assert first.read_bytes() == Path("images/blue/000.png").read_bytes()
    reopen("run")
    assert archc("finetune", "--resume", "run").exit_code == 0


def test_without_a_validation_some_are_held_out_and_nothing_is_written_twice(archc: Archc) -> None:
    parquet("set", train=images(10))
    made = archc("finetune", "tiny.arch:half", "--data", "hf:./set", *QUICK, "--dry-run")
    assert made.exit_code == 0 and "24 images to train on, 6 to validate with" in made.output, made.output
    table, notes = fetched("./set")
    time = table.stat().st_mtime_ns
    assert fetched("./set") == (table, notes) and table.stat().st_mtime_ns == time
    assert [p.name for p in table.parent.parent.iterdir()] == [table.parent.name]


def test_classes_may_be_words(archc: Archc) -> None:
    rows = images(3)
    parquet("set", train={"image": rows["image"], "label": [f"a/{NAMES[k]}" for k in rows["kind"]]})
    table, _ = fetched("./set")
    assert table.read_text("utf-8").splitlines()[1] == "train/0000000.png,a/blue,train"


@pytest.mark.usefixtures("archc")
@pytest.mark.parametrize(
    ("split", "columns", "said"),
    [
        ("train", {"number": [1, 2]}, r"not have a column of images and one of classes, but number \(Value\)"),
        ("train", {"image": ["images/red/000.png"], "kind": [-1]}, "images without a class"),
        ("test", {"image": ["images/red/000.png"], "kind": [1]}, "has no train, but test"),
    ],
)
def test_what_is_no_set_of_labelled_images(split: str, columns: dict[str, list[Any]], said: str) -> None:
    parquet("set", **{split: columns})
    with pytest.raises(TrainingError, match=said) as caught:
        fetched("./set")
    assert "\n" not in str(caught.value)
    assert not list(Path("cache").rglob(".set*"))


def test_without_a_network_there_is_one_line(archc: Archc) -> None:
    made = archc("finetune", "tiny.arch:half", "--data", "hf:nobody/nothing", *QUICK, "-o", "run")
    assert made.exit_code == 2
    (line,) = made.stderr.splitlines()
    assert line.startswith("error: cannot get the data set nobody/nothing: ") and "give a folder of images" in line


def test_without_the_library_there_is_one_line(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    made = archc("finetune", "tiny.arch:half", "--data", "hf:mnist", *QUICK, "-o", "run")
    assert made.output == "error: hf:mnist needs the library datasets: pip install datasets\n"


def test_in_a_pipe_there_are_no_bars(archc: Archc, tmp_path: Path) -> None:
    parquet("set", train=images(4))
    words = ("finetune", "tiny.arch:half", "--data", "hf:./set", *QUICK, "--lr", "auto", "-o", "run")
    script = (
        "import sys, datasets\nfrom archc.cli.main import run\n"
        f"datasets.config.HF_DATASETS_CACHE = {str(tmp_path / 'other')!r}\nsys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\r" not in done.stdout and "%|" not in done.stdout
