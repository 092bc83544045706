"""Weights by name, through the real loaders, from caches and files that the test makes, without a network."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import Tensor, nn

from archc.runtime.references import import_torchvision
from archc.runtime.weights.sources import load
from tests.support.specs import checked
from tests.transfer.conftest import SPEC, Archc
from tests.transfer.support import live

SQUEEZENET = "squeezenet1_1"


def base() -> nn.Module:
    """The network of the weights."""
    torch.manual_seed(0)
    return live(checked(SPEC, member="base").networks["base"])


# -- torchvision ------------------------------------------------------------------------------------------------------


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights of torchvision whose address is a local file; the cache is empty."""
    import_torchvision()
    from torchvision.models import get_model, get_model_weights

    file = tmp_path / "new.pth"
    torch.save(get_model(SQUEEZENET).state_dict(), file)
    digest = sha256(file.read_bytes()).hexdigest()
    named = file.rename(tmp_path / f"{SQUEEZENET}-{digest[:8]}.pth")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(get_model_weights(SQUEEZENET).DEFAULT.value, "url", named.as_uri())
    return named


def cached(published: Path) -> Path:
    return published.parent / "cache" / "hub" / "checkpoints" / published.name


def test_torchvision_fetches_checks_and_caches(archc: Archc, published: Path) -> None:
    first = archc("weights", SQUEEZENET, f"torchvision:{SQUEEZENET}", "--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["fits"]  # without torch's messages about the download
    published.unlink()
    again = archc("weights", SQUEEZENET, f"torchvision:{SQUEEZENET}:IMAGENET1K_V1")
    assert again.exit_code == 0 and "52 tensors" in again.stdout


def test_a_download_with_another_hash_is_refused(archc: Archc, published: Path) -> None:
    with published.open("ab") as stream:
        stream.write(b"more")
    made = archc("weights", SQUEEZENET, f"torchvision:{SQUEEZENET}")
    assert made.exit_code == 2 and "invalid hash value" in made.output
    assert not cached(published).exists()


def test_a_cached_file_with_another_hash_is_refused(archc: Archc, published: Path) -> None:
    """Torch itself would accept it."""
    cached(published).parent.mkdir(parents=True)
    torch.save({"features.0.weight": torch.zeros(1)}, cached(published))
    made = archc("weights", SQUEEZENET, f"torchvision:{SQUEEZENET}")
    assert made.exit_code == 2 and "is not what was published" in made.output and "delete it" in made.output


def test_a_cached_pickle_that_runs_code_is_never_run(archc: Archc, published: Path, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    from torchvision.models import get_model_weights

    from tests.transfer.test_weights import Malicious

    sign = tmp_path / "was_run"
    torch.save({"a": Malicious(sign)}, tmp_path / "evil.pth")
    digest = sha256((tmp_path / "evil.pth").read_bytes()).hexdigest()
    evil = (tmp_path / "evil.pth").rename(tmp_path / f"evil-{digest[:8]}.pth")
    monkeypatch.setattr(get_model_weights(SQUEEZENET).DEFAULT.value, "url", evil.as_uri())
    assert archc("weights", SQUEEZENET, f"torchvision:{SQUEEZENET}").exit_code == 2
    assert not sign.exists()


# -- timm and the hub -------------------------------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the Hugging Face hub, and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def put(hub: Path, repository: str, name: str, data: bytes) -> None:
    """Fill the cache like the hub's own tools after a download."""
    folder, commit, digest = hub / f"models--{repository.replace('/', '--')}", "0" * 40, sha256(data).hexdigest()
    for part in ("refs", "blobs", f"snapshots/{commit}"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "refs" / "main").write_text(commit)
    (folder / "blobs" / digest).write_bytes(data)
    (folder / "snapshots" / commit / name).symlink_to(Path("../../blobs") / digest)


def test_a_repository_of_the_hub(archc: Archc, hub: Path) -> None:
    put(hub, "me/colours", "model.safetensors", save(base().state_dict()))
    made = archc("weights", "tiny.arch:head", "hf:me/colours")
    assert made.exit_code == 0 and "12 tensors" in made.output, made.output
    torch.save(base().state_dict(), "x.pth")
    put(hub, "me/old", "net.pth", Path("x.pth").read_bytes())
    assert archc("weights", "tiny.arch:head", "hf:me/old:net.pth").exit_code == 0


def test_a_model_of_timm(hub: Path) -> None:
    import_torchvision()
    import timm

    theirs: dict[str, Tensor] = timm.create_model("mobilenetv3_small_050").state_dict()
    put(hub, "timm/mobilenetv3_small_050.lamb_in1k", "model.safetensors", save(theirs))
    loaded = load("timm:mobilenetv3_small_050")
    assert loaded.origin == "timm mobilenetv3_small_050"
    assert all(torch.equal(loaded.tensors[key], value) for key, value in theirs.items())


WITHOUT = {
    "torchvision": (f"torchvision:{SQUEEZENET}", "cannot fetch torchvision's"),
    "timm": ("timm:mobilenetv3_small_050", "cannot fetch timm's mobilenetv3_small_050"),
    "hub": ("hf:me/colours", "cannot fetch me/colours from the Hugging Face hub"),
}


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(("source", "said"), WITHOUT.values(), ids=WITHOUT)
def test_without_a_network_there_is_a_line_with_a_way_out(archc: Archc, published: Path, source: str,
                                                          said: str) -> None:  # fmt: skip
    published.unlink()
    for words in (("weights", "tiny.arch:head", source), ("finetune", "tiny.arch:head", "--data", "images", "-o", "run",
                                                          "--weights", source)):  # fmt: skip
        made = archc(*words)
        assert made.exit_code == 2
        (line,) = (line for line in made.stderr.splitlines() if line.startswith("error: "))
        assert said in line and "without a network, give a file" in line
    assert not Path("run").exists()


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("timm:mobilenet_v3_small", "timm has no model 'mobilenet_v3_small': did you mean '"),
        ("timm:", "timm has no model ''"),
        ("hf:me//x", "Repo id must be in the form"),
        ("torchvision:resnet", "torchvision has no weights 'resnet'"),
    ],
)
def test_names_that_nobody_has(archc: Archc, source: str, said: str) -> None:
    made = archc("weights", "tiny.arch:head", source)
    assert made.exit_code == 2 and said in made.stderr
