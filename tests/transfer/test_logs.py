"""`--log`: the measures of each epoch, read from the output of Lightning's loggers."""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from lightning.pytorch import loggers
from tensorboardX.proto.event_pb2 import Event

from tests.transfer.conftest import Archc

QUICK = ("--data", "images", "--epochs", "2", "--batch", "16", "--device", "cpu", "--weights", "base.safetensors")
MEASURES = ("train_loss", "val_loss", "val_accuracy", "val_balanced", "lr")


def logged(archc: Archc, kind: str) -> list[dict[str, float]]:
    """The epochs of a run with a logger, according to the run's own record."""
    made = archc("finetune", "tiny.arch:head", *QUICK, "--log", kind, "-o", "run")
    assert made.exit_code == 0, made.output
    assert archc("prove", "run").exit_code == 0
    found: list[dict[str, float]] = json.loads(Path("run/metrics.json").read_text("utf-8"))
    return found


def test_csv(archc: Archc) -> None:
    history = logged(archc, "csv")
    rows = list(csv.DictReader(Path("run/logs/metrics.csv").read_text("utf-8").splitlines()))
    assert [{m: float(row[m]) for m in MEASURES} for row in rows] == [
        {m: pytest.approx(row[m], rel=1e-6) for m in MEASURES} for row in history
    ]


def test_tensorboard(archc: Archc) -> None:
    history = logged(archc, "tensorboard")
    (file,) = Path("run/logs").glob("events.out.tfevents.*")
    values = [(value.tag, value.simple_value) for event in events(file.read_bytes()) for value in event.summary.value]
    for measure in MEASURES:
        told = [row[measure] for row in history]
        assert [number for tag, number in values if tag == measure] == pytest.approx(told, rel=1e-6), measure


def events(data: bytes) -> list[Any]:
    """The records of a TensorBoard file; each consists of its length, a checksum, the event, a checksum."""
    found = []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        found.append(Event.FromString(data[12 : 12 + length]))
        data = data[16 + length :]
    return found


@pytest.mark.parametrize(("kind", "logger"), [("wandb", "WandbLogger"), ("mlflow", "MLFlowLogger")])
def test_a_library_that_is_not_installed_is_told(
    archc: Archc, monkeypatch: pytest.MonkeyPatch, kind: str, logger: str
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ModuleNotFoundError(f"No module named '{kind}'", name=kind)

    monkeypatch.setattr(loggers, logger, missing)
    made = archc("finetune", "tiny.arch:head", *QUICK, "--log", kind, "-o", "run")
    assert made.exit_code == 2 and not Path("run").exists()
    assert f"error: --log {kind} needs a library that is not installed: pip install {kind}\n" in made.output


def test_a_logger_that_cannot_begin_is_told_and_the_run_goes_on_later(
    archc: Archc, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing(loggers.CSVLogger):
        @property
        def experiment(self) -> Any:
            raise RuntimeError("No API key configured.\nUse a key.")

    with monkeypatch.context() as patch:
        patch.setattr(loggers, "CSVLogger", Refusing)
        made = archc("finetune", "tiny.arch:head", *QUICK, "--log", "csv", "-o", "run")
    assert made.exit_code == 2 and "error: --log csv cannot begin: No API key configured.\n" in made.output
    assert archc("finetune", "--resume", "run").exit_code == 0
