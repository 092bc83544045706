"""The seal: any change of a finished or an unfinished run, or of its pictures, is detected."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from archc.training.run import Run
from tests.transfer.conftest import Archc
from tests.transfer.support import reopen

WORDS = ("finetune", "tiny.arch:half", "--data", "images", "--epochs", "2", "--batch", "16", "--lr", "0.02",
         "--device", "cpu", "--weights", "base.safetensors")  # fmt: skip


def a_bit_of(name: str) -> Callable[[Path], None]:
    """Flip one bit near the end of a file."""

    def flip(run: Path) -> None:
        data = bytearray((run / name).read_bytes())
        data[-9] ^= 1
        (run / name).write_bytes(bytes(data))

    return flip


def the_mean(run: Path) -> None:
    steps = json.loads((run / "preprocess.json").read_text("utf-8"))
    steps["mean"][0] += 0.01
    (run / "preprocess.json").write_text(json.dumps(steps), encoding="utf-8")


def the_split(run: Path) -> None:
    split = json.loads((run / "split.json").read_text("utf-8"))
    split["train"].append(split["val"].pop())
    (run / "split.json").write_text(json.dumps(split), encoding="utf-8")


def the_spec(run: Path) -> None:
    text = (run / "run.json").read_text("utf-8")
    (run / "run.json").write_text(text.replace("Dropout(0.1)", "Dropout(0.2)"), encoding="utf-8")


def a_picture(run: Path) -> None:
    data = bytearray(Path("images/red/003.png").read_bytes())
    data[-20] ^= 1
    Path("images/red/003.png").write_bytes(bytes(data))


TAMPERING: dict[str, Callable[[Path], None]] = {
    "a mean": the_mean,
    "the split": the_split,
    "the spec": the_spec,
    "a picture": a_picture,
}
"""What somebody might change by hand; a bit of each file is changed as well."""


@pytest.fixture
def run(archc: Archc) -> Path:
    made = archc(*WORDS, "-o", "run")
    assert made.exit_code == 0, made.output
    return Path("run")


def test_a_run_is_proved_again_from_what_lies_there(archc: Archc, run: Path) -> None:
    made = archc("prove", "run")
    assert made.exit_code == 0 and made.output.endswith("\nproved\n"), made.output
    assert "60 pictures have their original SHA-256" in made.output
    checks = json.loads(archc("prove", "run", "--json").stdout)
    assert len(checks) >= 9 and all(check["holds"] for check in checks)
    assert archc("finetune", "--resume", "run").exit_code == 0
    assert archc("prove", "images").exit_code == 2


def refused(archc: Archc, what: str) -> None:
    """Check that `prove` and `--resume` reject the run, and `predict` and `export` before they do anything."""
    proved = archc("prove", "run")
    said = ("NOT PROVED", "was changed", "seal.json is missing")
    assert proved.exit_code and any(words in proved.output for words in said), (what, proved.output)
    assert archc("finetune", "--resume", "run").exit_code, what
    for words in (("predict", "run", "images/blue/000.png"), ("export", "run", "-o", "x.safetensors")):
        made = archc(*words)
        assert made.exit_code == 2 and ("changed" in made.output or "seal.json" in made.output), (what, made.output)
    assert not Path("x.safetensors").exists()


@pytest.mark.usefixtures("run")
def test_tampering_is_caught(archc: Archc) -> None:
    shutil.copytree("run", "kept", copy_function=shutil.copy2)
    shutil.copytree("images", "pictures", copy_function=shutil.copy2)
    for what, change in TAMPERING.items():
        change(Path("run"))
        refused(archc, what)
        shutil.rmtree("run")
        shutil.copytree("kept", "run", copy_function=shutil.copy2)
        shutil.copy2("pictures/red/003.png", "images/red/003.png")
    assert archc("prove", "run").exit_code == 0


def test_a_bit_of_any_file_is_caught(archc: Archc, run: Path) -> None:
    files = [file.relative_to(run).as_posix() for file in run.rglob("*") if file.is_file()]
    assert len(files) >= 18
    for name in sorted(files):
        whole = (run / name).read_bytes()
        a_bit_of(name)(run)
        refused(archc, name)
        (run / name).unlink()
        refused(archc, f"{name} is gone")
        (run / name).write_bytes(whole)
    assert archc("prove", "run").exit_code == 0


@pytest.mark.usefixtures("checkpoints")
def test_a_bit_of_a_checkpoint_is_caught(archc: Archc) -> None:
    made = archc(*WORDS, "-o", "run")
    assert made.exit_code == 0, made.output
    reopen("run")
    data = bytearray(Path("run/checkpoints/last.ckpt").read_bytes())
    state = torch.load("run/checkpoints/last.ckpt", weights_only=True)["state_dict"]
    data[data.index(state["model.fc.weight"].numpy().tobytes())] ^= 1
    Path("run/checkpoints/last.ckpt").write_bytes(bytes(data))
    made = archc("finetune", "--resume", "run")
    assert made.exit_code == 2 and "last.ckpt was changed" in made.output, made.output


def test_a_result_that_is_made_up_is_caught(archc: Archc, run: Path) -> None:
    made_up = json.loads((run / "result.json").read_text("utf-8"))
    made_up["accuracy"] = 0.999
    (run / "result.json").write_text(json.dumps(made_up), encoding="utf-8")
    made = archc("prove", "run")
    assert made.exit_code == 1 and "FAILS  the saved weights reproduce the result" in made.output
    assert "1 changed or gone: result.json" in made.output


def test_a_run_that_was_sent_elsewhere_predicts_without_its_pictures(archc: Archc, run: Path) -> None:
    shutil.move("images", "elsewhere")
    assert archc("predict", "run", "elsewhere/red/000.png").exit_code == 0
    made = archc("prove", "run")
    assert made.exit_code == 1 and "60 changed or gone" in made.output


@pytest.mark.parametrize("change", [a_picture, the_split, the_mean, a_bit_of("start.safetensors")])
def test_an_interrupted_run_does_not_go_on_with_something_else(archc: Archc, change: Callable[[Path], None]) -> None:
    def stop(self: object, *_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archc.training.session.train", stop)
        assert archc(*WORDS, "-o", "run").exit_code != 0
    change(Path("run"))
    made = archc("finetune", "--resume", "run")
    assert made.exit_code == 2 and "run cannot go on" in made.output


def test_norms_that_are_woken_for_a_moment_fail_the_run(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    """They use the statistics of each batch within the forward pass, without a trace afterwards."""
    honest = Run.model

    def model(self: Run) -> nn.Module:
        made = honest(self)
        norms = [m for m in made.modules() if isinstance(m, nn.BatchNorm2d) and not m.weight.requires_grad]
        forward = made.forward

        def woken(x: Tensor) -> Tensor:
            kept = [[buffer.clone() for buffer in m.buffers()] for m in norms]
            for module in norms:
                module.training = made.training
            y: Tensor = forward(x)
            for module, buffers in zip(norms, kept, strict=True):
                module.training = False
                for buffer, value in zip(module.buffers(), buffers, strict=True):
                    buffer.data.copy_(value)
            return y

        made.forward = woken
        return made

    monkeypatch.setattr(Run, "model", model)
    made = archc(*WORDS, "--augment", "flip", "-o", "run")
    assert made.exit_code == 1, made.output
    (line,) = (line.split() for line in made.output.splitlines() if "statistics of frozen norms" in line)
    assert " ".join(line) == "FAILS statistics of frozen norms are used 2 used those of a batch: bn1, body.1"
    checks = json.loads(Path("run/result.json").read_text("utf-8"))["proof"]["checks"]
    assert [c["name"] for c in checks if not c["holds"]] == ["statistics of frozen norms are used"]
