"""Runs from a folder of images to a report, and the proof at their end."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import nn

from archc.ir.state import layout
from archc.pipeline import Options
from archc.training.folder import Folder
from archc.training.proof import fingerprints
from archc.training.run import Run
from archc.training.strategies import BODY, ENOUGH, HEAD, LEAST, Recipe, Stage, applied, stage_paths, stages
from archc.training.task import EpochChoice, Task, improvements, rate
from archc.zoo import find
from tests.transfer.conftest import Archc
from tests.transfer.support import LONG, TWELVE, reopen

PLAIN = ("--data", "images", "--epochs", "3", "--batch", "16", "--lr", "0.02", "--device", "cpu", "--norms", "trained")
QUICK = (*PLAIN, "--weights", "base.safetensors")


def result(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(folder, "result.json").read_text("utf-8"))
    return found


def test_from_images_to_a_report_and_predictions(archc: Archc) -> None:
    made = archc("finetune", "tiny.arch:half", *QUICK, "--epochs", "8", "-o", "run")
    assert made.exit_code == 0, made.output
    assert "\nproved\n" in made.output
    out = result("run")
    assert all(check["holds"] for check in out["proof"]["checks"])
    assert out["accuracy"] > max(out["majority"], 0.5)
    assert out["majority"] == pytest.approx(1 / 3)
    details = {c["name"]: c["detail"] for c in out["proof"]["checks"]}
    assert details["frozen parts stay, best epoch"].startswith("6 frozen tensors and buffers")
    assert details["what is trained learns"].startswith("5 trained parameters")
    page = Path("run/report.html").read_text("utf-8")
    assert "All of it holds." in page and not re.search(r"(src|href)=.?http", page)
    assert len(Path("run/metrics.csv").read_text("utf-8").splitlines()) == 9
    table = [row.split(",")[1:] for row in Path("run/confusion.csv").read_text("utf-8").splitlines()[1:]]
    assert sum(int(n) for row in table for n in row) == 12

    Path("broken.png").write_text("no image")
    several = archc("predict", "run", "broken.png", "images/red", "--top", "2", "--json")
    assert several.exit_code == 1  # one was not predicted
    rows = json.loads(several.stdout)
    assert rows[0]["error"] and rows[0]["classes"] == []
    assert len(rows) == 21
    assert all(r["classes"][0]["probability"] >= r["classes"][1]["probability"] for r in rows[1:])
    lines = archc("predict", "run", "images/red/000.png", "--csv").stdout.splitlines()
    assert lines[0] == "file,rank,class,probability,error"
    assert lines[1].startswith("images/red/000.png,1,")

    exported = archc("export", "run", "-o", "out.safetensors")
    assert exported.exit_code == 0
    verified = archc("verify", "tiny.arch:half", "--weights", "out.safetensors")
    assert verified.exit_code == 0 and "the spec is the one" in verified.output
    other = archc("verify", "tiny.arch:base", "--weights", "out.safetensors")
    assert other.exit_code == 1 and "wrong shape" in other.output
    again = archc("finetune", "tiny.arch:half", *QUICK, "-o", "run")
    assert again.exit_code == 2 and "--resume" in again.output


def test_weights_are_loaded_up_to_the_head(archc: Archc) -> None:
    assert archc("finetune", "tiny.arch:half", *QUICK, "--epochs", "1", "-o", "first").exit_code == 0
    made = archc("finetune", "tiny.arch:head", *QUICK, "--epochs", "1", "-o", "run",
                 "--weights", "first/weights.safetensors")  # fmt: skip
    assert made.exit_code == 0, made.output
    before = Folder(Path("first")).tensors("weights.safetensors")
    after = Folder(Path("run")).tensors("start.safetensors")
    assert torch.equal(before["body.0.weight"], after["body.0.weight"])
    torch.save({"stem.weight": torch.zeros(1)}, "wrong.pth")
    wrong = archc("finetune", "tiny.arch:head", *QUICK, "-o", "no", "--weights", "wrong.pth")
    assert wrong.exit_code == 1 and "at tiny.arch:4:3" in wrong.output
    assert not Path("no").exists()


def test_weights_of_a_network_with_other_names_by_the_map_of_a_diff(archc: Archc) -> None:
    """`archc diff --keys` writes it, `archc finetune --map` begins with it."""
    old = Path("tiny.arch").read_text(encoding="utf-8")
    Path("old.arch").write_text(old, encoding="utf-8")
    Path("tiny.arch").write_text(old.replace("stem", "first").replace("body:", "inner:"), encoding="utf-8")
    refused = archc("finetune", "tiny.arch:half", *QUICK, "--dry-run")
    assert refused.exit_code == 1 and "inner.0.weight" in refused.output
    assert archc("diff", "old.arch:base", "tiny.arch:half", "--keys", "map.json").exit_code == 1
    made = archc("finetune", "tiny.arch:half", *QUICK, "--epochs", "1", "-o", "run", "--map", "map.json")
    assert made.exit_code == 0, made.output
    before, after = load_file("base.safetensors"), Folder(Path("run")).tensors("start.safetensors")
    assert torch.equal(before["body.0.weight"], after["inner.0.weight"])
    assert torch.equal(before["stem.weight"], after["first.weight"])


def test_a_head_of_other_classes_is_new_or_told(archc: Archc) -> None:
    with Path("tiny.arch").open("a", encoding="utf-8") as spec:
        spec.write("variant plain = base(classes=3)\n")
    assert archc("finetune", "tiny.arch:half", *QUICK, "--epochs", "1", "-o", "first").exit_code == 0

    def said(member: str) -> str:
        return archc(
            "finetune", f"tiny.arch:{member}", *QUICK, "--weights", "first/weights.safetensors", "--dry-run"
        ).output

    told = "fc starts from weights of other classes"
    assert all(told not in text and "new  " not in text for text in (said("plain"), said("half")))
    Path("images/red").rename("images/rose")
    assert told in said("plain")  # it does not mention a new head
    assert told not in said("half") and "new         fc.weight" in said("half")


STRATEGIES = {
    "features": {"fc"},
    "last": {"fc", "body"},
    "all": {"fc", "body", "stem", "bn1"},
    "head-then-all": {"fc", "body", "stem", "bn1"},
    "gradual": {"fc", "body", "stem", "bn1"},
    "scratch": {"fc", "body", "stem", "bn1"},
}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strategy_trains_what_it_says(archc: Archc, strategy: str) -> None:
    words = PLAIN if strategy == "scratch" else QUICK
    made = archc("finetune", "tiny.arch:head", *words, "--strategy", strategy, "-o", "run")
    assert made.exit_code == 0, made.output
    before = json.loads(Path("run/before.json").read_text("utf-8"))
    after = json.loads(Path("run/record.json").read_text("utf-8"))["last"]
    moved = {key.split(".")[0] for key in before if after[key] != before[key]}
    assert moved == STRATEGIES[strategy]


# -- the proof catches what it is there for ---------------------------------------------------------------------------


def leaking(monkeypatch: pytest.MonkeyPatch, leak: Any) -> None:
    honest = Run.model

    def model(self: Run) -> nn.Module:
        made = honest(self)
        leak(made)
        return made

    monkeypatch.setattr(Run, "model", model)


def statistics(model: nn.Module) -> None:
    """The effect of engines on frozen batch norms: `.train()` updates their statistics."""
    model.train = lambda mode=True: nn.Module.train(model, mode)  # type: ignore[method-assign]


def test_leaking_statistics_fail_the_run(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    leaking(monkeypatch, statistics)
    made = archc("finetune", "tiny.arch:head", *QUICK, "-o", "run")
    assert made.exit_code == 1
    assert "NOT PROVED" in made.output
    assert "6 changed: bn1.running_mean, bn1.running_var, bn1.num_batches_tracked" in made.output
    assert "It does not hold." in Path("run/report.html").read_text("utf-8")


def test_weight_decay_does_not_move_what_is_frozen(archc: Archc) -> None:
    for optimizer in ("sgd", "adamw"):
        made = archc("finetune", "tiny.arch:half", *QUICK, "--optimizer", optimizer, "--weight-decay", "0.5",
                     "-o", optimizer)  # fmt: skip
        assert made.exit_code == 0, made.output


def test_weight_decay_of_frozen_weights_fails_the_run(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typical mistake: freezing by zero gradients, with all weights in an optimizer that decays them."""
    configure, note = Task.configure_optimizers, Task.on_before_optimizer_step

    def everything(self: Task) -> Any:
        made = configure(self)
        frozen = [p for p in self.model.parameters() if not p.requires_grad]
        made["optimizer"].add_param_group({"params": frozen, "lr": 0.01, "weight_decay": 0.1, "initial_lr": 0.01})
        made["lr_scheduler"]["scheduler"] = torch.optim.lr_scheduler.LambdaLR(made["optimizer"], lambda step: 1.0)
        return made

    def zeros(self: Task, optimizer: torch.optim.Optimizer) -> None:
        note(self, optimizer)
        for parameter in self.model.parameters():
            parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad

    monkeypatch.setattr(Task, "configure_optimizers", everything)
    monkeypatch.setattr(Task, "on_before_optimizer_step", zeros)
    made = archc("finetune", "tiny.arch:half", *QUICK, "-o", "run")
    assert made.exit_code == 1
    assert "2 changed: stem.weight, bn1.weight" in made.output


def test_a_stage_that_does_not_wait_fails_the_run(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Task, "waiting", lambda self: [])
    made = archc("finetune", "tiny.arch:head", *QUICK, "--strategy", "gradual", "-o", "run")
    assert made.exit_code == 1
    assert "6 moved early: bn1.num_batches_tracked, bn1.running_mean, bn1.running_var, body.1." in made.output


def test_a_layer_that_does_not_learn_fails_the_run(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    leaking(monkeypatch, lambda model: model.get_submodule("body").requires_grad_(False))
    made = archc("finetune", "tiny.arch:half", *QUICK, "-o", "run")
    assert made.exit_code == 1
    assert "3 did not learn: body.0.weight, body.1.weight, body.1.bias" in made.output


def test_other_weights_on_the_disk_fail_the_run(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Folder.save

    def dishonest(self: Folder, name: str, tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
        if name == "weights.safetensors":
            tensors = {k: v + 0.01 if k == "fc.bias" else v for k, v in tensors.items()}
            tensors["fc.bias"] = tensors["fc.bias"] * torch.tensor([1.0, 2.0, -1.0])
        honest(self, name, tensors, metadata)

    monkeypatch.setattr(Folder, "save", dishonest)
    made = archc("finetune", "tiny.arch:head", *QUICK, "-o", "run")
    assert made.exit_code == 1
    assert "FAILS  the saved weights reproduce the result" in made.output


# -- wrong usage ------------------------------------------------------------------------------------------------------


def test_a_dry_run_estimates_and_writes_nothing(archc: Archc) -> None:
    made = archc("finetune", "tiny.arch:head", *QUICK, "--dry-run")
    assert made.exit_code == 0, made.output
    assert "27 parameters are trained, 622 are frozen" in made.output
    assert sorted(p.name for p in Path().iterdir()) == ["base.safetensors", "images", "tiny.arch"]


WRONG = {
    "no data": (("tiny.arch:head", "-o", "run"), "--data DIR and -o RUN are needed"),
    "no such folder": (("tiny.arch:head", "--data", "nowhere", "-o", "run"), "nowhere is neither a folder"),
    "a head of other size": (("tiny.arch:base", "--data", "images", "-o", "run"), "replace its head"),
    "several networks": (("tiny.arch", "--data", "images", "-o", "run"), "choose one with tiny.arch:NAME"),
    "no run": (("--resume", "images"), "is not the folder of a run"),
    "scratch with weights": (
        ("tiny.arch:head", "--data", "images", "-o", "run", "--strategy", "scratch", "--weights", "x.pth"),
        "leave --weights out",
    ),
    "sharded alone": (
        ("tiny.arch:head", "--data", "images", "-o", "run", "--shard"),
        "--shard works in several processes, in 32-true, and without --ema",
    ),
    "no weights": (
        ("tiny.arch:head", "--data", "images", "-o", "run", "--weights", "x.pth"),
        "there is no file 'x.pth'",
    ),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_wrong_use_is_told_in_a_line(archc: Archc, words: tuple[str, ...], said: str) -> None:
    made = archc("finetune", *words)
    assert made.exit_code == 2
    assert said in made.output


# -- interruption -----------------------------------------------------------------------------------------------------

LONGER = (*QUICK, "--epochs", "25", "--patience", "99")


def killed(words: tuple[str, ...], last: Path, number: signal.Signals, pause: float) -> int:
    """Start a run, kill it some time after its next checkpoint, and return the exit status."""
    before = last.stat().st_mtime_ns if last.exists() else 0
    command = [sys.executable, "-m", "archc", "finetune", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ)) as process:
        deadline = time.monotonic() + 200
        while process.poll() is None and time.monotonic() < deadline:
            if last.exists() and last.stat().st_mtime_ns != before:
                time.sleep(pause)
                process.send_signal(number)
                break
            time.sleep(0.005)
        output = process.communicate()[0].decode()
    assert process.returncode != 0, output
    return process.returncode


EXTRAS = {"plain": (), "averages": ("--ema", "0.9", "--accumulate", "2", "--lr", "auto", "--balance")}


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize("extras", EXTRAS.values(), ids=EXTRAS)
def test_killed_and_resumed_is_as_if_it_had_not_been(archc: Archc, extras: tuple[str, ...]) -> None:
    """After SIGKILL and SIGTERM, each after some epochs, the final weights are equal bit for bit."""
    words = ("tiny.arch:half", *LONGER, *extras)
    assert archc("finetune", *words, "-o", "whole").exit_code == 0
    last = Path("run/checkpoints/last.ckpt")
    assert killed((*words, "-o", "run"), last, signal.SIGKILL, 0.03) == -signal.SIGKILL
    assert not Path("run/result.json").exists()
    assert killed(("--resume", "run"), last, signal.SIGTERM, 0.05) == 128 + signal.SIGTERM
    assert not Path("run/result.json").exists()
    assert archc("finetune", "--resume", "run").exit_code == 0
    for name in ("weights.safetensors", "metrics.csv", "predictions.json", "result.json", "split.json", "record.json"):
        assert Path("run", name).read_bytes() == Path("whole", name).read_bytes(), name
    a, b = (torch.load(Path(r, "checkpoints/last.ckpt"), weights_only=True) for r in ("run", "whole"))
    for state in ("state_dict", "current_model_state"):
        assert fingerprints(a.get(state, {})) == fingerprints(b.get(state, {}))
    assert ("current_model_state" in a) is ("--ema" in extras)


@LONG
def test_ten_kills_at_random_moments_change_nothing(archc: Archc) -> None:
    """At any moment: before the first checkpoint, while one is written, in the search, in the proof."""
    words = ("tiny.arch:half", *LONGER, *EXTRAS["averages"], "--epochs", "60")
    assert archc("finetune", *words, "-o", "whole").exit_code == 0
    chance, command, hits = random.Random(0), [sys.executable, "-m", "archc", "finetune"], 0
    while hits < 10:
        begun = Path("run/run.json").exists()
        with subprocess.Popen([*command, *(("--resume", "run") if begun else (*words, "-o", "run"))],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:  # fmt: skip
            while process.poll() is None and not Path("run/run.json").exists():
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 4) if begun else 0)
            process.send_signal(chance.choice((signal.SIGKILL, signal.SIGTERM)))
        if process.returncode == 0:  # it finished before the signal: the end is covered as well
            reopen("run")
        hits += process.returncode != 0
    assert archc("finetune", "--resume", "run").exit_code == 0
    for name in ("weights.safetensors", "metrics.csv", "predictions.json", "result.json", "run.json", "lr.csv"):
        assert Path("run", name).read_bytes() == Path("whole", name).read_bytes(), name


def test_a_full_disk_keeps_the_last_good_checkpoint(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    honest, saved = os.fsync, 0

    def full(file: int) -> None:
        nonlocal saved
        saved += os.fstat(file).st_size > 5000 and Path("run/run.json").exists()  # a checkpoint
        if saved > 3:
            raise OSError(28, "No space left on device")
        honest(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        made = archc("finetune", "tiny.arch:half", *QUICK, "-o", "run")
    assert made.exit_code == 2 and "no space left on device" in made.output
    assert torch.load("run/checkpoints/last.ckpt", weights_only=True)["epoch"] in (0, 1)
    assert not [f for f in Path("run/checkpoints").iterdir() if f.name.startswith(".")]
    assert archc("finetune", "--resume", "run").exit_code == 0
    assert archc("finetune", "tiny.arch:half", *QUICK, "-o", "whole").exit_code == 0
    assert Path("run/weights.safetensors").read_bytes() == Path("whole/weights.safetensors").read_bytes()


# -- several processes ------------------------------------------------------------------------------------------------


SHARES = """
import sys
from pathlib import Path
from archc.cli.main import run
from archc.training.task import Task
from torch.distributed.tensor import DTensor


def shares(self: Task) -> None:
    weights = list(self.model.parameters())
    held = sum(w.to_local().numel() if isinstance(w, DTensor) else w.numel() for w in weights)
    Path(f"share{self.global_rank}").write_text(f"{held} of {sum(w.numel() for w in weights)}")


Task.on_train_end = shares
sys.exit(run(sys.argv[1:]))
"""
"""The command, which says how many weights each process holds."""


@pytest.mark.parametrize("how", [(), ("--shard",)], ids=["whole", "sharded"])
def test_two_processes_agree_with_one_of_twice_the_batch(archc: Archc, how: tuple[str, ...]) -> None:
    """The losses differ only by rounding, because of the order of additions."""
    Path("shares.py").write_text(SHARES, encoding="utf-8")
    spec = Path("tiny.arch").read_text("utf-8").replace("Dropout(0.1)", "ReLU")
    Path("tiny.arch").write_text(spec, encoding="utf-8")
    words = ("tiny.arch:head", *QUICK, "--epochs", "2")
    one = archc("finetune", *words, "--batch", "16", "-o", "one")
    assert one.exit_code == 0, one.output
    command = [sys.executable, "shares.py", "finetune", *words, "--batch", "8", "--processes", "2", *how, "-o", "two"]
    two = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert two.returncode == 0, two.stdout + two.stderr
    assert two.stdout.count("\nproved\n") == 1
    rows = [json.loads(Path(r, "metrics.json").read_text("utf-8")) for r in ("one", "two")]
    for a, b in zip(*rows, strict=True):
        assert a["train_loss"] == pytest.approx(b["train_loss"], rel=1e-5)
        assert a["val_loss"] == pytest.approx(b["val_loss"], rel=1e-5)
    assert "batch norm" not in two.stdout
    names = [c["name"] for c in result("two")["proof"]["checks"]]
    assert {"frozen parts stay, process 0", "frozen parts stay, process 1"} <= set(names)
    held = [Path(f"share{rank}").read_text().split(" of ") for rank in (0, 1)]
    assert [total for _, total in held] == ["649", "649"]
    assert sum(int(share) for share, _ in held) == (649 if how else 2 * 649)


@LONG
def test_sharded_runs_that_are_killed_go_on_as_if_they_had_not_been(archc: Archc) -> None:
    words = ("tiny.arch:half", *LONGER, "--processes", "2", "--shard")
    command = [sys.executable, "-m", "archc", "finetune"]
    assert subprocess.run([*command, *words, "-o", "whole"], capture_output=True, check=False).returncode == 0
    with subprocess.Popen([*command, *words, "-o", "run"], start_new_session=True) as process:
        last = Path("run/checkpoints/last.ckpt")
        while not last.exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGKILL)
    assert not Path("run/result.json").exists()
    assert subprocess.run([*command, "--resume", "run"], capture_output=True, check=False).returncode == 0
    for name in ("weights.safetensors", "metrics.csv", "result.json", "record.json"):
        assert Path("run", name).read_bytes() == Path("whole", name).read_bytes(), name


def test_trained_batch_norms_in_several_processes_are_told(archc: Archc) -> None:
    made = archc("finetune", "tiny.arch:half", *QUICK, "--processes", "2", "--dry-run")
    assert "1 batch norm is trained, each on the 16 images of its own process" in made.output
    assert "batch norm" not in archc("finetune", "tiny.arch:half", *QUICK, "--dry-run").output


def test_the_command_offers_the_strategies_that_there_are() -> None:
    from archc.cli.commands import finetune
    from archc.training.strategies import STRATEGIES as THERE

    assert set(finetune.STRATEGIES) == set(THERE)


STAGES = {
    "resnet18": [("1/2", "conv1", "bn1"), ("1/4", "layer1"), ("1/8", "layer2"), ("1/16", "layer3"), ("1/32", "layer4")],
    "densenet121": [
        ("1/2", "features.conv0", "features.norm0"), ("1/4", "features.denseblock1", "features.transition1"),
        ("1/8", "features.denseblock2", "features.transition2"),
        ("1/16", "features.denseblock3", "features.transition3"),
        ("1/32", "features.denseblock4", "features.norm5"),
    ],
    "alexnet": [
        ("1/4", "features.0"), ("1/8", "features.3"),
        ("1/16", "features.6", "features.8", "features.10", "classifier.1", "classifier.4"),
    ],
    "lenet5_modern": [("1/1", "c1"), ("1/4", "c3", "c5", "f6")],
}  # fmt: skip


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_a_resolution(name: str) -> None:
    (network,) = find(name).checked(Options()).networks.values()
    assert [(size, *paths) for size, paths in stage_paths(network)] == STAGES[name]


@pytest.mark.parametrize("name", TWELVE)
def test_stages_are_the_same_kind_of_thing_for_each_of_the_twelve(name: str) -> None:
    """There are three to five, the last at most a sixteenth of the input's size; each layer is in exactly one."""
    (network,) = find(name).checked(Options()).networks.values()
    assert 3 <= len(stage_paths(network)) <= 5 and stage_paths(network)[-1][0] in ("1/16", "1/32")
    for strategy in ("all", "gradual", "head-then-all"):
        recipe = Recipe(strategy, 8, "trained")
        paths = [path for stage in stages(applied(network, recipe), recipe) for path in stage.paths]
        layers = [key.rpartition(".")[0] for key in layout(network)]
        assert all(sum(layer == p or layer.startswith(f"{p}.") for p in paths) == 1 for layer in layers)


def test_rates_fall_towards_the_input_and_stages_wake_from_the_head() -> None:
    (network,) = find("resnet18").checked(Options()).networks.values()

    def of(strategy: str, epochs: int, body: float | None = None) -> tuple[Stage, ...]:
        recipe = Recipe(strategy, epochs, "trained", body)
        return stages(applied(network, recipe), recipe)

    rates = [s.rate for s in of("all", 10)]
    assert rates == sorted(rates) and rates[0] >= BODY * LEAST and rates[-2:] == [BODY, HEAD]
    assert [s.begins for s in of("gradual", 4)] == [3, 3, 3, 2, 1, 0]
    assert {(s.rate, s.begins) for s in of("head-then-all", 20)[:-1]} == {(BODY, 4)}
    assert [s.paths for s in of("features", 4)] == [("fc",)]
    assert [s.paths for s in of("last", 4)] == [("layer4",), ("fc",)]
    assert of("last", 4, body=0.01)[0].rate == 0.01


@pytest.mark.parametrize("strategy", ["all", "head-then-all", "gradual", "last"])
def test_few_images_train_more_like_fixed_features(strategy: str) -> None:
    (network,) = find("resnet18").checked(Options()).networks.values()

    def rates(strategy: str, images: int) -> list[float]:
        recipe = Recipe(strategy, 8, "trained", images=images)
        return [s.rate for s in stages(applied(network, recipe), recipe)[-2:]]

    assert rates("features", 3) == rates("features", 3000) == [1.0]
    assert rates(strategy, ENOUGH) == rates(strategy, 100_000) == [BODY, HEAD]
    assert rates(strategy, ENOUGH // 2) == pytest.approx([BODY / 16, 1 + (HEAD - 1) / 16])


@given(st.integers(1, 500), st.floats(0, 0.9))
def test_the_rate_rises_once_and_falls_once(steps: int, warmup: float) -> None:
    rates = [rate(step, steps, warmup) for step in range(steps)]
    peak = rates.index(max(rates))
    assert max(rates) == 1 and min(rates) >= 0
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)


@pytest.mark.parametrize(
    ("images", "accuracies", "best"),
    [
        (32, [0.5, 0.5625, 0.53125], 2),  # two of 32 images are not significant
        (3200, [0.5, 0.5625, 0.53125], 1),
        (32, [0.25, 0.75, 0.5], 1),
        (32, [1.0, 0.96875], 0),
        (8, [0.0, 0.0, 0.0], 2),
    ],
)
def test_the_best_epoch_is_the_last_of_those_that_images_cannot_tell_apart(
    images: int, accuracies: list[float], best: int
) -> None:
    assert EpochChoice("val_accuracy", images).best([{"val_accuracy": a} for a in accuracies]) == best


@given(st.integers(1, 400), st.data())
def test_the_checkpoint_that_is_kept_is_that_of_the_best_epoch(images: int, data: st.DataObject) -> None:
    right = data.draw(st.lists(st.integers(0, images), min_size=1, max_size=12))
    history, choice = [{"x": n / images} for n in right], EpochChoice("x", images)
    counts = [improvements(history[: end + 1], choice) for end in range(len(history))]
    kept = counts.index(max(counts))  # a checkpoint is written where the count rises
    assert kept == choice.best(history) and max(right) - right[kept] <= images**0.5 / 2 + 1
