"""Cached features, embeddings, evaluation, and the report of an epoch."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from archc.pipeline import Options
from archc.training.cam import attention, last_maps
from archc.training.evaluate import Measured, baselines, scored, temperature_of, wilson
from archc.training.features import cut
from archc.training.strategies import Recipe, applied, entrance
from archc.zoo import find
from tests.transfer.conftest import Archc, colours
from tests.transfer.support import live

QUICK = ("--data", "images", "--epochs", "3", "--batch", "16", "--lr", "0.02", "--device", "cpu",
         "--weights", "base.safetensors")  # fmt: skip


# -- features ---------------------------------------------------------------------------------------------------------


def test_features_that_are_kept_train_as_images_do(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("finetune", "tiny.arch:head", *QUICK, "--strategy", "features")
    made = archc(*words, "-o", "kept")
    assert made.exit_code == 0 and "the frozen part sees each image once" in made.output, made.output
    monkeypatch.setattr("archc.training.engine.cut", lambda model: None)
    assert "sees each image once" not in archc(*words, "-o", "plain").output
    rows = [json.loads(Path(run, "metrics.json").read_text("utf-8")) for run in ("kept", "plain")]
    for a, b in zip(*rows, strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    assert archc("prove", "kept").exit_code == 0


def test_what_is_augmented_is_seen_in_every_epoch(archc: Archc) -> None:
    for more in (("--augment", "flip"), ("--strategy", "all", "--norms", "trained")):
        made = archc("finetune", "tiny.arch:head", *QUICK, "--strategy", "features", *more, "-o", more[1])
        assert made.exit_code == 0 and "sees each image once" not in made.output


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "squeezenet1_0", "densenet121"])
def test_a_network_is_cut_where_it_begins_to_learn(name: str) -> None:
    """The two parts together equal the network, in training (without dropout) and in evaluation."""
    spec = find(name)
    (network,) = spec.checked(Options(inputs=(("", (3, 64, 64)),))).networks.values()
    frozen = applied(network, Recipe("features", 1, "trained"))
    model = live(frozen)
    parts = cut(model)
    assert parts is not None and model.training
    trained = {id(p) for p in model.parameters() if p.requires_grad}
    used = {id(p) for p in parts.training.parameters()}
    assert trained and trained <= used and len(used) < len(list(model.parameters()))
    x = torch.randn(3, 3, 64, 64)
    with torch.no_grad():
        features = parts.body.eval()(x)
        torch.testing.assert_close(parts.evaluation.eval()(features), model.eval()(x))


def test_a_network_that_learns_from_its_input_on_is_not_cut() -> None:
    for strategy in ("all", "scratch"):
        (network,) = find("resnet18").checked(Options(inputs=(("", (3, 32, 32)),))).networks.values()
        assert cut(live(applied(network, Recipe(strategy, 1, "trained")))) is None


# -- embeddings -------------------------------------------------------------------------------------------------------


def test_images_are_embedded(archc: Archc) -> None:
    """A spec with weights and a run with a frozen body give the same vectors, the inputs of the head."""
    assert archc("finetune", "tiny.arch:head", *QUICK, "-o", "run").exit_code == 0
    made = archc("embed", "run", "images/red", "-o", "red.npz")
    assert made.exit_code == 0 and "20 images, 8 numbers each" in made.output, made.output
    spec = archc("embed", "tiny.arch:head", "images/red", "--weights", "base.safetensors", "-o", "red.csv")
    assert spec.exit_code == 0, spec.output
    found = np.load("red.npz")
    with Path("red.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    assert [row[0] for row in rows] == found["files"].tolist() == [f"images/red/{n:03d}.png" for n in range(20)]
    np.testing.assert_allclose([list(map(float, row[1:])) for row in rows], found["vectors"], rtol=1e-5)
    Path("nothing").mkdir()
    Path("images/red/broken.png").write_text("no image")
    for words, status, said in (
        (("embed", "run", "nothing", "-o", "x.csv"), 2, "no image to embed"),
        (("embed", "run", "images", "-o", "red.csv"), 2, "--force"),
        (("embed", "run", "images", "-o", "red.txt"), 2, "must end in .csv or .npz"),
        (("embed", "resnet18", "images", "-o", "x.csv"), 2, "which has no weights: give them with --weights"),
        (("embed", "run", "images/red", "-o", "x.csv"), 1, "broken.png: cannot be read"),
    ):
        made = archc(*words)
        assert made.exit_code == status and said in made.output, (words, made.output)


def test_the_features_of_a_network_with_auxiliary_heads_are_those_of_its_main_one() -> None:
    (network,) = find("googlenet").checked(Options()).networks.values()
    assert entrance(network) == "fc"


def test_baselines_find_classes_that_lie_apart() -> None:
    torch.manual_seed(0)
    middles = torch.eye(3) * 4
    labels = torch.arange(3).repeat(20)
    train, val = (middles[labels] + 0.3 * torch.randn(60, 3) for _ in range(2))
    found = baselines(train, labels, val, labels, 3)
    assert found.neighbour > 0.95 and found.probe > 0.95
    mixed = baselines(torch.randn(60, 3), labels, torch.randn(60, 3), labels, 3)
    assert mixed.neighbour < 0.6 and mixed.probe < 0.6


# -- measures ---------------------------------------------------------------------------------------------------------


@given(st.integers(1, 2000), st.data())
def test_wilsons_interval_is_scipys(images: int, data: st.DataObject) -> None:
    from scipy.stats import binomtest

    right = data.draw(st.integers(0, images))
    wanted = binomtest(right, images).proportion_ci(0.95, "wilson")
    assert wilson(right, images) == pytest.approx((wanted.low, wanted.high), abs=1e-6)


def test_measures_by_hand() -> None:
    """Six images and three classes, the last without images; computed by hand."""
    scores = torch.tensor([[4.0, 0, 0], [3, 0, 0], [0, 2, 0], [5, 0, 0], [0, 3, 0], [0, 0, 1]])
    found = scored(Measured(scores, torch.tensor([0, 0, 1, 1, 1, 0])), ("a", "b", "c"))
    assert found.accuracy == pytest.approx(4 / 6) and found.balanced == pytest.approx(2 / 3)
    rows = [(c.images, round(c.precision, 3), c.recall and round(c.recall, 3), round(c.f1, 3)) for c in found.classes]
    assert rows == [(3, 0.667, 0.667, 0.667), (3, 1.0, 0.667, 0.8), (0, 0.0, None, 0.0)]
    assert found.top is None


def test_a_temperature_undoes_what_logits_were_multiplied_by() -> None:
    torch.manual_seed(0)
    scores = torch.randn(4000, 5)
    labels = torch.multinomial(scores.softmax(1), 1)[:, 0]
    assert temperature_of(Measured(3 * scores, labels)) == pytest.approx(3, rel=0.05)
    names = tuple("abcde")
    sure = scored(Measured(3 * scores, labels), names, temperature=3.0)
    assert sure.ece > 0.15 and sure.ece_scaled < 0.05


def test_a_run_is_evaluated_on_other_images(archc: Archc) -> None:
    assert archc("finetune", "tiny.arch:half", *QUICK, "-o", "run").exit_code == 0
    colours(Path("more/test"), 6, seed=9)
    colours(Path("more/train"), 2, seed=8)
    made = archc("evaluate", "run", "--data", "more", "--csv", "out.csv")
    assert made.exit_code == 0 and "of 18 images, 95 % interval" in made.output, made.output
    assert "warning" not in made.output and "calibration error" in made.output
    with Path("out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = json.loads(archc("evaluate", "run", "--data", "more", "--json").stdout)
    assert found["accuracy"] == sum(r["truth"] == r["predicted"] for r in rows) / 18
    assert [c["images"] for c in found["classes"]] == [6, 6, 6]
    assert archc("evaluate", "run", "--data", "more", "--tta").exit_code == 0
    known = archc("evaluate", "run", "--data", "images").output
    assert "48 are pictures that the run learned from" in known
    assert "12 are pictures that the run chose its epoch on" in known
    Path("more/test/red").rename("more/test/rot")
    strange = archc("evaluate", "run", "--data", "more")
    assert strange.exit_code == 2 and "classes that the run does not have: 'rot'" in strange.output


def test_images_to_test_on_make_the_number_of_the_run(archc: Archc) -> None:
    colours(Path("all/train"), 12, seed=1)
    colours(Path("all/test"), 5, seed=2)
    made = archc("finetune", "tiny.arch:half", *QUICK, "--data", "all", "-o", "run")
    assert made.exit_code == 0 and "of 15 test images" in made.output and "chosen on them" not in made.output
    found = json.loads(Path("run/result.json").read_text("utf-8"))
    evaluated = json.loads(archc("evaluate", "run", "--data", "all", "--json").stdout)
    assert found["test"]["accuracy"] == evaluated["accuracy"] and found["test"]["images"] == 15
    assert "No epoch and nothing else was chosen on these pictures" in Path("run/report.html").read_text("utf-8")


# -- where it looks, and what is said ---------------------------------------------------------------------------------


def test_attention_is_where_the_class_is() -> None:
    class Bright(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.maps = nn.Identity()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu_(self.maps(x)).mean((2, 3))[:, :2]

    image = torch.zeros(1, 2, 6, 6)
    image[0, 1, 4, 1] = 3
    heat = attention(Bright(), "maps", image, torch.tensor([1]))
    assert heat.shape == (1, 6, 6) and heat[0, 4, 1] == 1 and float(heat.sum()) == 1


@pytest.mark.parametrize(("name", "path"), [
    ("resnet18", "layer4"), ("mobilenet_v2", "features"), ("vgg16", "avgpool"), ("densenet121", "features"),
    ("squeezenet1_0", "classifier.1"),
])  # fmt: skip
def test_the_last_maps_are_found(name: str, path: str) -> None:
    (network,) = find(name).checked(Options()).networks.values()
    found = last_maps(network)
    assert found is not None and found.startswith(path.split(".")[0])
    live(network).get_submodule(found)


def test_a_line_an_epoch_and_measures_that_grow(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    from archc.training import engine

    honest, lengths = engine._write_history, []

    def counted(folder: object, history: list[dict[str, float]]) -> None:
        honest(folder, history)  # type: ignore[arg-type]
        lengths.append(len(Path("run/metrics.csv").read_text("utf-8").splitlines()) - 1)

    monkeypatch.setattr(engine, "_write_history", counted)
    made = archc("finetune", "tiny.arch:half", *QUICK, "--log", "csv", "-o", "run")
    lines = [line for line in made.output.splitlines() if line.startswith("epoch ")]
    assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"] and lines[0].endswith("best")
    assert all(word in lines[0] for word in ("loss", "validation", "rate", " s"))
    assert lengths[:3] == [1, 2, 3]
    assert "val_accuracy" in Path("run/logs/metrics.csv").read_text("utf-8")


def test_mixed_and_augmented_runs_are_proved(archc: Archc) -> None:
    for more in (("--mix", "mixup"), ("--mix", "cutmix", "--augment", "crop+flip+randaugment")):
        made = archc("finetune", "tiny.arch:half", *QUICK, *more, "--norms", "trained", "-o", more[1])
        assert made.exit_code == 0, made.output
    wrong = archc("finetune", "tiny.arch:half", *QUICK, "--augment", "crop+spin", "-o", "no")
    assert wrong.exit_code == 2 and "joined by +" in wrong.output
