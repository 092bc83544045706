"""Old weights load into a renamed network with the map that a diff writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

import archc
from archc.cli.main import cli
from archc.diffing import KeyMap
from archc.ir.network import Network
from archc.ir.state import layout
from archc.runtime.weights.errors import WeightsError
from archc.runtime.weights.mapping import read_map
from archc.runtime.weights.match import Allowed, match

OLD = """model net {
  input 3x16x16
  conv1: Conv(8, bias=false) - bn1: BN - ReLU - conv2: Conv(8, bias=false) - bn2: BN - ReLU - GAPool - fc: FC(10)
}
"""
NEW = """block Unit(c) {
  conv: Conv(c, bias=false) - bn: BN - ReLU
}
model net {
  input 3x16x16
  stem: Unit(8) - body: Unit(8) - GAPool - head: FC(10)
}
"""


def assert_each_tensor_once(before: Network, after: Network, keys: KeyMap) -> None:
    """Check that a map has each tensor of both networks exactly once."""
    old = [*dict(keys.keys), *dict(keys.reshaped), *keys.dropped]
    new = [*(b for _, b in (*keys.keys, *keys.reshaped)), *keys.new]
    assert sorted(old) == sorted(layout(before))
    assert sorted(new) == sorted(layout(after))


def ran(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(words), prog_name="archc")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.arch").write_text(OLD)
    (tmp_path / "new.arch").write_text(NEW)
    return tmp_path


def test_weights_of_the_old_network_give_the_same_numbers_in_the_new_one(folder: Path) -> None:
    old, new = archc.load("old.arch").module().eval(), archc.load("new.arch").module().eval()
    save_file(old.state_dict(), "old.safetensors")
    assert ran("diff", "old.arch", "new.arch", "--keys", "map.json")[0] == 1
    assert ran("weights", "new.arch", "old.safetensors")[0] == 1, "without the map they do not fit"
    status, said = ran("weights", "new.arch", "old.safetensors", "--map", "map.json")
    assert status == 0 and "as the map says" in said, said
    keys = read_map(Path("map.json")).keys
    assert keys["conv2.weight"] == "body.conv.weight"
    new.load_state_dict({keys[key]: value for key, value in old.state_dict().items()})
    images = torch.randn(2, 3, 16, 16)
    assert torch.equal(old(images), new(images))


def test_a_wrapped_file_is_unwrapped_first(folder: Path) -> None:
    ran("diff", "old.arch", "new.arch", "--keys", "map.json")
    shapes = {f"module.{k}": e.weight.shape for k, e in layout(archc.load("old.arch").network).items()}
    found = match(archc.load("new.arch").network, None, shapes, Allowed(map=read_map(Path("map.json"))))
    assert found.fits and found.taken()["head.weight"] == "module.fc.weight"


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "{}", '{"archc": "key map"}', '{"archc": "key map", "keys": {"a": 1}, "dropped": []}',
        '{"archc": "key map", "keys": {"a": "c", "b": "c"}, "dropped": [], "new": [], "reshaped": []}',
    ],
)  # fmt: skip
def test_what_is_no_map_is_refused(folder: Path, text: str) -> None:
    (folder / "map.json").write_text(text)
    with pytest.raises(WeightsError):
        read_map(Path("map.json"))
    status, said = ran("weights", "new.arch", "old.safetensors", "--map", "map.json")
    assert status == 2 and "map.json" in said and "Traceback" not in said


def test_the_map_says_what_is_new_gone_and_reshaped(folder: Path) -> None:
    (folder / "new.arch").write_text(OLD.replace("conv2: Conv(8", "conv2: Conv(12").replace("FC(10)", "FC(10) - ReLU"))
    ran("diff", "old.arch", "new.arch", "--keys", "map.json")
    value = json.loads((folder / "map.json").read_text())
    assert ["conv2.weight", "conv2.weight"] in value["reshaped"]
    found = match(
        archc.load("new.arch").network, None,
        {k: e.weight.shape for k, e in layout(archc.load("old.arch").network).items()},
        Allowed(map=read_map(Path("map.json"))),
    )  # fmt: skip
    assert found.fits and {row.key for row in found.rows if row.fit == "new"} >= {"conv2.weight", "fc.weight"}
