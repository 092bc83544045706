"""A run's network for other programs: ONNX that runs in onnxruntime with its own metadata, and safetensors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image
from safetensors import safe_open

from tests.transfer.conftest import Archc

QUICK = ("--data", "images", "--epochs", "2", "--batch", "16", "--lr", "0.02", "--device", "cpu",
         "--weights", "base.safetensors")  # fmt: skip


def test_onnx_runs_with_what_its_metadata_says(archc: Archc) -> None:
    """The file alone suffices to reproduce archc's predictions."""
    assert archc("finetune", "tiny.arch:half", *QUICK, "-o", "run").exit_code == 0
    made = archc("export", "run", "-o", "net.onnx")
    assert made.exit_code == 0 and "largest difference to torch" in made.output, made.output
    session = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["archc"])
    assert about["classes"] == ["blue", "green", "red"] and about["spec"] == "half" and len(about["digest"]) == 64
    steps = about["preprocess"]
    assert steps["channels"] == 3 and steps["size"] == [8, 8] and steps["resize"] is None
    files = sorted(Path("images").rglob("*.png"))[::7]
    images = []
    for file in files:
        small = Image.open(file).convert("RGB").resize((8, 8), Image.Resampling.BILINEAR)
        scaled = np.asarray(small, np.float32) / 255
        images.append(((scaled - np.float32(steps["mean"])) / np.float32(steps["std"])).transpose(2, 0, 1))
    logits = session.run(["logits"], {"image": np.stack(images).astype(np.float32)})[0]
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    told = json.loads(archc("predict", "run", *map(str, files), "--json").stdout)
    for row, share in zip(told, shares, strict=True):
        assert about["classes"][int(share.argmax())] == row["classes"][0]["class"]
        assert row["classes"][0]["probability"] == pytest.approx(float(share.max()), abs=0.02)  # of Pillow's resizing


def test_onnx_that_computes_something_else_is_not_written(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    assert archc("finetune", "tiny.arch:half", *QUICK, "-o", "run").exit_code == 0
    monkeypatch.setattr("archc.training.export.TOLERANCE", -1.0)
    made = archc("export", "run", "-o", "net.onnx")
    assert made.exit_code == 2 and "nothing is written" in made.output
    assert not Path("net.onnx").exists()


def test_safetensors_say_what_they_are(archc: Archc) -> None:
    assert archc("finetune", "tiny.arch:half", *QUICK, "-o", "run").exit_code == 0
    assert archc("export", "run", "-o", "net.safetensors").exit_code == 0
    assert Path("net.safetensors").read_bytes() == Path("run/weights.safetensors").read_bytes()
    with safe_open("net.safetensors", "numpy") as file:
        about = json.loads(file.metadata()["archc"])
    assert about["classes"] == ["blue", "green", "red"] and about["preprocess"]["size"] == [8, 8]
    changed = Path("tiny.arch").read_text("utf-8") + "# another text\n"
    Path("tiny.arch").write_text(changed, encoding="utf-8")
    verified = archc("verify", "tiny.arch:half", "--weights", "net.safetensors")
    assert verified.exit_code == 1 and "IS NOT the one they were trained with" in verified.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "-o", "net.pth"), "must end in .safetensors or .onnx"),
        (("images", "-o", "net.onnx"), "is not the folder of a run"),
        (("nowhere", "-o", "net.safetensors"), "is not the folder of a run"),
    ],
)
def test_wrong_exports_are_told_in_a_line(archc: Archc, words: tuple[str, ...], said: str) -> None:
    made = archc("export", *words)
    assert made.exit_code == 2 and said in made.output and made.output.count("\n") == 1
