"""Training and predicting from Python: like the commands, with values and exceptions."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

import archc
from archc.training.task import Task
from tests.transfer.conftest import Archc

WEIGHTS = "base.safetensors"
SETTINGS = archc.Settings(epochs=3, batch=16, lr=0.02, device="cpu")
QUICK = ("--data", "images", "--epochs", "3", "--batch", "16", "--lr", "0.02", "--device", "cpu", "--weights", WEIGHTS)

pytestmark = pytest.mark.usefixtures("archc")
"""The fixture makes the folder with images and specs."""


def test_it_is_what_the_command_does(archc: Archc) -> None:
    import archc as python

    said: list[str] = []
    torch.manual_seed(5)
    state = torch.get_rng_state()
    result = python.finetune("tiny.arch:half", "images", "run", weights=WEIGHTS, settings=SETTINGS, told=said.append)
    assert torch.equal(torch.get_rng_state(), state)
    assert said[0].startswith("3 classes, 48 images to train on, 12 to validate with\n  classes: blue, green, red")
    assert [line.split()[:2] for line in said[2:]] == [["epoch", f"{n}/3"] for n in (1, 2, 3)]
    assert archc("finetune", "tiny.arch:half", *QUICK, "-o", "command").exit_code == 0
    for name in ("weights.safetensors", "result.json", "run.json"):
        assert Path("run", name).read_bytes() == Path("command", name).read_bytes()
    again = python.resume("run")  # proved again from its files
    assert result.proof.holds and again.proof.holds and len(again.proof.checks) > len(result.proof.checks)
    assert again.model_copy(update={"proof": result.proof}) == result
    (one,) = python.predict("run", "images/red/000.png")
    assert one.file == "images/red/000.png" and len(one.classes) == 1
    several = python.predict("run", [Path("images/red"), "nothing.png"], top=2)
    assert len(several) == 21 and len(several[0].classes) == 2 and several[-1].error


def test_weights_are_loaded_or_refused() -> None:
    archc.finetune("tiny.arch:half", "images", "first", weights=WEIGHTS, settings=SETTINGS)
    start = "first/weights.safetensors"
    result = archc.finetune("tiny.arch:head", "images", "run", weights=start, settings=SETTINGS)
    assert result.untrained > 0
    torch.save({"stem.weight": torch.zeros(1)}, "wrong.pth")
    with pytest.raises(archc.WeightsError, match=r"wrong.pth does not fit head: stem.weight \(wrong shape\)"):
        archc.finetune("tiny.arch:head", "images", "no", weights="wrong.pth", settings=SETTINGS)
    assert not Path("no").exists()


def test_what_goes_wrong_is_raised() -> None:
    Path("wrong.arch").write_text("model m {\n  input 3x8x8\n  Cnv(3)\n}\n", encoding="utf-8")
    with pytest.raises(archc.CompileError):
        archc.finetune("wrong.arch", "images", "run")
    with pytest.raises(archc.SpecError):
        archc.finetune("nowhere.arch", "images", "run")
    with pytest.raises(ValueError, match="several networks"):
        archc.finetune("tiny.arch", "images", "run")
    with pytest.raises(archc.TrainingError, match="nowhere is neither a folder"):
        archc.finetune("tiny.arch:head", "nowhere", "run")
    with pytest.raises(ValueError, match="archc finetune --processes N"):
        archc.finetune("tiny.arch:head", "images", "run", settings=archc.Settings(processes=2))
    with pytest.raises(archc.TrainingError, match="not the folder of a run"):
        archc.resume("images")
    with pytest.raises(archc.TrainingError, match="not the folder of a run"):
        archc.predict("images", "images")
    with pytest.raises(ValidationError):
        archc.Settings(epochs=0)


def test_a_run_that_is_not_proved_is_raised_with_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Task, "waiting", lambda self: [])
    gradual = SETTINGS.model_copy(update={"strategy": "gradual"})
    with pytest.raises(archc.NotProved, match="stages wait for their epoch: 6 moved early") as caught:
        archc.finetune("tiny.arch:head", "images", "run", settings=gradual)
    assert not caught.value.result.proof.holds


def test_control_c_stops_a_run_that_can_go_on() -> None:
    started = threading.Event()
    honest = Task.on_validation_epoch_end

    def stop(self: Task) -> None:
        honest(self)
        if self.current_epoch == 1 and not started.is_set():
            started.set()
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Task, "on_validation_epoch_end", stop)
        archc.finetune("tiny.arch:half", "images", "run", weights=WEIGHTS, settings=SETTINGS)
    assert archc.resume("run") == archc.finetune(
        "tiny.arch:half", "images", "whole", weights=WEIGHTS, settings=SETTINGS
    )


def test_in_a_thread_of_its_own() -> None:
    found: list[float] = []
    settings = SETTINGS.model_copy(update={"epochs": 1})
    thread = threading.Thread(
        target=lambda: found.append(
            archc.finetune("tiny.arch:half", "images", "run", weights=WEIGHTS, settings=settings).accuracy
        )
    )
    thread.start()
    thread.join()
    assert found
