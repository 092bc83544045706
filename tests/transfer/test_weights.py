"""Weights that fit, are renamed, or are rejected."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from archc.ir.network import Network
from archc.ir.state import layout
from archc.runtime.weights.errors import WeightsError
from archc.runtime.weights.keys import renamed
from archc.runtime.weights.match import Allowed, match
from archc.runtime.weights.sources import fill, load
from archc.zoo import find
from tests.support.specs import checked
from tests.transfer.conftest import SPEC, Archc
from tests.transfer.support import live


def both(member: str) -> tuple[Network, Network]:
    result = checked(SPEC, member=member)
    return result.networks[member], result.bases[member]


def shapes(network: Network) -> dict[str, tuple[int, ...]]:
    return {key: entry.weight.shape for key, entry in layout(network).items()}


def test_the_weights_of_the_model_fit_its_edit() -> None:
    network, base = both("head")
    found = match(network, base, shapes(base))
    assert found.fits
    assert found.counts() == {"matched": 12, "new": 2, "dropped": 2}


def test_the_edited_networks_own_weights_fit_whole() -> None:
    network, base = both("head")
    assert match(network, base, shapes(network)).counts() == {"matched": 14}


def test_what_edits_do_not_explain_does_not_fit() -> None:
    network, base = both("head")
    file = shapes(base)
    file["stem.weight"] = (6, 1, 3, 3)
    del file["body.0.weight"]
    file["aux.weight"] = (3,)
    found = match(network, base, file)
    wrong = {row.key: row.fit for row in found.rows if row.fit not in ("matched", "new", "dropped")}
    assert wrong == {"stem.weight": "wrong shape", "body.0.weight": "missing", "aux.weight": "unexpected"}
    row = next(r for r in found.rows if r.key == "stem.weight")
    assert row.span is not None and SPEC[row.span.start : row.span.end] == "stem: Conv(6, bias=false)"
    assert match(network, base, {**shapes(base), "aux.weight": (3,)}, Allowed(drop=("aux.*",))).fits


@given(st.sampled_from(("", "module.", "_orig_mod.", "model.", "_orig_mod.module.")))
def test_prefixes_of_wrappers_are_taken_off(prefix: str) -> None:
    network, base = both("head")
    found = match(network, base, {prefix + key: shape for key, shape in shapes(base).items()})
    assert found.fits and bool(found.rules) is bool(prefix)


def test_names_never_collide() -> None:
    names, rules = renamed({"module.a": (1,), "a": (2,)}, {"a": (1,)})
    assert names == {"module.a": "module.a", "a": "a"} and not rules


def test_old_densenet_keys() -> None:
    (network,) = find("densenet121").checked(__import__("archc.pipeline").pipeline.DEFAULTS).networks.values()
    wanted = shapes(network)
    old: dict[str, tuple[int, ...]] = {}
    for key, shape in wanted.items():
        parts = key.split(".")
        if "denselayer" in key and not key.endswith("num_batches_tracked"):
            parts[-2] = f"{parts[-2][:-1]}.{parts[-2][-1]}"
        if not key.endswith("num_batches_tracked"):
            old[".".join(parts)] = shape
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    found = match(network, None, old)
    assert found.fits
    assert [used.why for used in found.rules] == ["DenseNet before torch 0.4"]


# -- files ------------------------------------------------------------------------------------------------------------


def test_files_are_read_and_filled(tmp_path: Path) -> None:
    network, base = both("head")
    theirs = live(base).state_dict()
    torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in theirs.items()}}, tmp_path / "a.pth")
    save_file(theirs, tmp_path / "a.safetensors")
    for name in ("a.pth", "a.safetensors"):
        loaded = load(str(tmp_path / name))
        module = live(network)
        head = module.state_dict()["fc.weight"].clone()
        fill(module, loaded.tensors, match(network, base, loaded.shapes()))
        after = module.state_dict()
        assert torch.equal(after["fc.weight"], head)
        assert all(torch.equal(after[k], v) for k, v in theirs.items() if not k.startswith("fc"))


class Malicious:
    """Writes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return os.system, (f"touch {self.file}",)


@pytest.mark.parametrize("ending", [".pth", ".pt", ".ckpt", ".bin"])
@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_malicious_pickle_is_refused_and_never_run(tmp_path: Path, ending: str, how: str) -> None:
    sign, file = tmp_path / "was_run", tmp_path / f"evil{ending}"
    evil = {"fc.weight": Malicious(sign)}
    if how == "torch":
        torch.save(evil, file)
    else:
        file.write_bytes(pickle.dumps(evil))
    with pytest.raises(WeightsError, match="is refused"):
        load(str(file))
    assert not sign.exists()
    pickle.loads(pickle.dumps(evil))  # it would have worked
    assert sign.exists()


BAD = {
    "no file": ("nowhere.pth", None, "there is no file"),
    "no safetensors": ("a.safetensors", b"\x00" * 20, "cannot read"),
    "a huge header": ("a.safetensors", b"\xff" * 8, "cannot read"),
    "nothing": ("a.pth", b"", "cannot read|is refused"),
    "text": ("a.pth", b"hello", "is refused|cannot read"),
}


@pytest.mark.parametrize(("name", "data", "said"), BAD.values(), ids=BAD)
def test_bad_files_are_told_in_a_line(tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(WeightsError, match=said) as caught:
        load(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_a_checkpoint_that_is_no_state_dict(tmp_path: Path) -> None:
    torch.save({"a": 3}, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match="no state dict"):
        load(str(tmp_path / "a.pth"))


def test_names_without_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Loaders fail in various ways; the user gets one line with a way out."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def down(*_: object, **__: object) -> object:
        raise OSError("Name or service not known")

    monkeypatch.setattr("torch.hub.download_url_to_file", down)
    with pytest.raises(WeightsError, match="without a network, give a file"):
        load("torchvision:squeezenet1_0")
    with pytest.raises(WeightsError, match="it has IMAGENET1K_V1"):
        load("torchvision:squeezenet1_0:V9")
    with pytest.raises(WeightsError, match="no weights 'squeezenet9'"):
        load("torchvision:squeezenet9")


# -- commands ---------------------------------------------------------------------------------------------------------


def test_weights_says_what_is_kept(archc: Archc) -> None:
    told = archc("weights", "tiny.arch:head").output
    assert told.splitlines()[:4] == [
        "head, an edit of base:",
        "  kept        12 tensors           652 numbers, 12 of them frozen",
        "  new          2 tensors            27 numbers",
        "  dropped      2 tensors            63 numbers",
    ]
    rows = json.loads(archc("weights", "tiny.arch:head", "--json").output)
    assert len(rows) == 16
    assert archc("weights", "tiny.arch:base").exit_code == 2


def test_a_file_is_held_against_a_spec_without_torch(archc: Archc, tmp_path: Path) -> None:
    network, _ = both("head")
    save_file(live(network).state_dict(), "own.safetensors")
    assert archc("weights", "tiny.arch:head", "own.safetensors").exit_code == 0
    assert archc("weights", "tiny.arch:base", "own.safetensors").exit_code == 1
    script = (
        "import sys; from archc.cli.main import cli\n"
        "try: cli(['verify', 'tiny.arch:head', '--weights', 'own.safetensors'])\n"
        "finally: assert 'torch' not in sys.modules, 'torch was imported'"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "fits" in done.stdout


def test_without_the_extra_there_is_one_line(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for words in (("finetune", "tiny.arch"), ("predict", "run", "a.png"), ("export", "run", "-o", "a.onnx")):
        made = archc(*words)
        assert made.exit_code == 2
        missing = "lightning and safetensors and torchvision and imagehash"
        assert made.output == f"error: {missing} are not installed: pip install 'archc[finetune]'\n"
