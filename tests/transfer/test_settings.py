"""The effects of settings: averages, accumulation, the search for a rate, and the end of a run."""

from __future__ import annotations

import json
import math
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from archc.training.errors import TrainingError
from archc.training.folder import Folder
from archc.training.rates import SKIPPED, Search, steepest
from archc.training.run import Run
from archc.training.strategies import Stage
from archc.training.task import Task
from archc.training.trainer import class_weights
from tests.transfer.conftest import Archc, colours
from tests.transfer.support import reopen

PLAIN = ("--data", "images", "--epochs", "3", "--batch", "16", "--lr", "0.02", "--device", "cpu", "--norms", "trained")
QUICK = (*PLAIN, "--weights", "base.safetensors")


def history(folder: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = json.loads(Path(folder, "metrics.json").read_text("utf-8"))
    return found


def checkpoint(folder: str, name: str = "last") -> dict[str, Any]:
    found: dict[str, Any] = torch.load(f"{folder}/checkpoints/{name}.ckpt", weights_only=True)
    return found


# -- averages ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("checkpoints")
def test_averages_are_measured_and_saved_and_leave_what_is_frozen_alone(archc: Archc) -> None:
    first = archc("finetune", "tiny.arch:head", *PLAIN, "--strategy", "scratch", "-o", "first")
    assert first.exit_code == 0, first.output
    made = archc("finetune", "tiny.arch:head", *QUICK, "--strategy", "last", "--ema", "0.9", "-o", "run",
                 "--weights", "first/weights.safetensors")  # fmt: skip
    assert made.exit_code == 0, made.output  # statistics and counters of frozen batch norms are those of `first`
    saved = Folder(Path("run")).tensors("weights.safetensors")
    assert saved["bn1.num_batches_tracked"] > 0
    best, last = checkpoint("run", "best"), checkpoint("run")
    assert all(torch.equal(best["state_dict"][f"model.{key}"], value) for key, value in saved.items())
    averages, weights = last["state_dict"], last["current_model_state"]
    moved = {key for key, value in averages.items() if not torch.equal(value, weights[key])}
    assert moved == {f"model.{k}" for k in ("fc.weight", "fc.bias", "body.0.weight", "body.1.weight", "body.1.bias",
                                            "body.1.running_mean", "body.1.running_var")}  # fmt: skip


def test_an_average_is_the_exponential_one() -> None:
    from archc.training.trainer import Average

    linear = torch.nn.Linear(2, 1, bias=False)
    average = torch.optim.swa_utils.AveragedModel(linear, **Average(0.75)._kwargs, use_buffers=True)
    wanted = torch.zeros(0)
    for step, value in enumerate((1.0, 3.0, -2.0)):
        torch.nn.init.constant_(linear.weight, value)
        average.update_parameters(linear)
        wanted = linear.weight.clone() if step == 0 else 0.75 * wanted + 0.25 * linear.weight
    torch.testing.assert_close(average.module.weight, wanted)


# -- accumulation -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("checkpoints")
def test_accumulated_batches_agree_with_one_of_their_size(archc: Archc) -> None:
    """With frozen batch norms and without dropout, the losses differ only by rounding."""
    spec = Path("tiny.arch").read_text("utf-8").replace("Dropout(0.1)", "ReLU")
    Path("tiny.arch").write_text(spec, encoding="utf-8")
    assert archc("finetune", "tiny.arch:head", *QUICK, "-o", "one").exit_code == 0
    made = archc("finetune", "tiny.arch:head", *QUICK, "--batch", "8", "--accumulate", "2", "-o", "two")
    assert made.exit_code == 0, made.output
    for a, b in zip(history("one"), history("two"), strict=True):
        assert a["val_loss"] == pytest.approx(b["val_loss"], rel=1e-5)
        assert a["lr"] == b["lr"]
    assert checkpoint("two")["global_step"] == 3 * 3


# -- the search for a rate --------------------------------------------------------------------------------------------


def test_a_rate_is_searched_for_once_and_recorded(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    made = archc("finetune", "tiny.arch:half", *QUICK, "--lr", "auto", "-o", "run")
    assert made.exit_code == 0, made.output
    settings = json.loads(Path("run/run.json").read_text("utf-8"))["settings"]
    assert settings["find_lr"] and f"learning rate {settings['lr']:g}, the steepest of" in made.output
    assert "the loss fell by" in made.output
    rows = Path("run/lr.csv").read_text("utf-8").splitlines()
    tried = [float(row.split(",")[0]) for row in rows[1:]]
    assert tried == sorted(tried) and any(settings["lr"] == pytest.approx(rate, rel=0.05) for rate in tried)
    assert Path("run/lr.svg").read_text("utf-8").startswith("<?xml")
    assert "The search for the learning rate" in Path("run/report.html").read_text("utf-8")
    assert not [p for p in Path("run").iterdir() if p.name.startswith(".")]
    given_rate = archc("finetune", "tiny.arch:half", *QUICK, "--lr", str(settings["lr"]), "-o", "same")
    assert given_rate.exit_code == 0
    assert Path("run/weights.safetensors").read_bytes() == Path("same/weights.safetensors").read_bytes()
    reopen("run")
    monkeypatch.setattr("archc.training.session.search", None)  # resuming does not repeat the search
    assert archc("finetune", "--resume", "run").exit_code == 0


def test_what_is_found_is_the_rate_of_the_fastest_stage(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("finetune", "tiny.arch:half", *QUICK, "--epochs", "1", "--lr", "auto")
    assert archc(*words, "-o", "plain").exit_code == 0
    twice = [Stage(stage.paths, 2 * stage.rate) for stage in Run.of(Folder(Path("plain"))).stages()]
    monkeypatch.setattr(Run, "stages", lambda self: twice)
    assert archc(*words, "-o", "fast").exit_code == 0
    found = [json.loads(Path(run, "run.json").read_text("utf-8"))["settings"]["lr"] for run in ("plain", "fast")]
    assert found[0] == pytest.approx(2 * found[1], rel=0.05)
    assert history("plain")[0]["train_loss"] == pytest.approx(history("fast")[0]["train_loss"], rel=0.05)


def test_a_search_that_is_stopped_leaves_no_run(archc: Archc) -> None:
    words = ("finetune", "tiny.arch:half", *QUICK, "--lr", "auto", "-o", "run")

    def stop(self: Task, batch: object, number: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Task, "on_train_batch_start", stop)
        made = archc(*words)
    assert made.exit_code == 130 and "stopped before the run began" in made.stderr
    assert archc(*words).exit_code == 0


def test_a_rate_is_a_number_or_auto(archc: Archc) -> None:
    for rate in ("0", "-1", "nan", "inf", "fast"):
        made = archc("finetune", "tiny.arch:half", *QUICK, "--lr", rate, "-o", "run")
        assert made.exit_code == 2 and "neither a rate above 0 nor auto" in made.output


@given(st.floats(-4.5, -1.5), st.integers(60, 100))
def test_the_steepest_rate_is_found(where: float, steps: int) -> None:
    """The loss falls as a logistic curve with a known midpoint, and then rises without bound."""
    logs = [-6 + 6 * i / (steps - 1) for i in range(steps)]
    losses = [1 / (1 + 10 ** (2 * (log - where))) + 10 ** (4 * (log - where - 1.5)) for log in logs]
    found = steepest([(10**log, loss) for log, loss in zip(logs, losses, strict=True)])
    assert abs(math.log10(found) - where) < 0.3


def test_a_loss_that_hardly_falls_says_little() -> None:
    start = (9.0,) * SKIPPED  # where the smoothing begins
    rates = tuple(10.0**i for i in range(SKIPPED + 4))
    assert Search(rates, (*start, 2.0, 1.0, 1.5, 8.0), 0.1, 0.1).fall == 0.5
    assert Search(rates, (*start, 1.0, 2.0, 3.0, 8.0), 0.1, 0.1).fall == 0


def test_a_search_that_finds_nothing_says_so() -> None:
    with pytest.raises(TrainingError, match="ended after 5 steps"):
        steepest([(10.0**-i, 1.0) for i in range(5)])
    with pytest.raises(TrainingError, match="no learning rate at which the loss falls"):
        steepest([(float(i), float(i)) for i in range(1, 40)])


# -- skewed classes, and when a run ends ------------------------------------------------------------------------------


def test_rare_classes_count_for_more(archc: Archc) -> None:
    colours(Path("skewed"), 20, ("blue", "green"))
    colours(Path("few"), 5, ("red",))
    Path("few/red").rename("skewed/red")
    words = ("finetune", "tiny.arch:half", *QUICK, "--data", "skewed")
    assert archc(*words, "-o", "plain").exit_code == 0
    assert archc(*words, "--balance", "-o", "balanced").exit_code == 0
    assert class_weights(Run.of(Folder(Path("plain")))) is None
    weights = class_weights(Run.of(Folder(Path("balanced"))))
    assert weights is not None  # 16, 16 and 4 images are trained on
    torch.testing.assert_close(weights, torch.tensor([0.5, 0.5, 2.0]))
    assert history("plain")[0]["train_loss"] != history("balanced")[0]["train_loss"]


def test_patience_ends_a_run(archc: Archc) -> None:
    made = archc("finetune", "tiny.arch:half", *QUICK, "--epochs", "9", "--lr", "1e-7", "--patience", "2", "-o", "run")
    assert made.exit_code == 0, made.output
    assert len(history("run")) == 3


def test_a_time_limit_ends_a_run_with_a_result(archc: Archc) -> None:
    made = archc("finetune", "tiny.arch:half", *QUICK, "--epochs", "9", "--time-limit", "0.001", "-o", "run")
    assert made.exit_code == 0, made.output
    assert len(history("run")) == 1


def test_half_precision(archc: Archc) -> None:
    made = archc("finetune", "tiny.arch:half", *QUICK, "--precision", "bf16-mixed", "-o", "run")
    assert made.exit_code == 0, made.output
    assert archc("finetune", "tiny.arch:half", *QUICK, "-o", "full").exit_code == 0
    losses = [[row["train_loss"] for row in history(name)] for name in ("run", "full")]
    assert losses[0] != losses[1] and losses[0] == pytest.approx(losses[1], rel=0.05)
    wrong = archc("finetune", "tiny.arch:half", *QUICK, "--precision", "16-mixed", "-o", "no")
    assert wrong.exit_code == 2 and "the CPU has no 16-mixed" in wrong.output
