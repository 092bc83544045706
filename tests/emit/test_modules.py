"""Emitted modules equal their networks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archc.ir.network import Network
from archc.pipeline import DEFAULTS
from archc.targets.pytorch import emit
from archc.targets.pytorch.selftest import evaluated_macs
from archc.zoo import families, find_family
from tests.emit.golden import FOLDER, VARIANTS, emitted, shipped
from tests.support.everything import EVERYTHING
from tests.support.interpreter import module_from, run, weights_of
from tests.support.specs import in_model, network

RULES = ["--isolated", "--line-length", "100"]
LINT = ["--select", "E,F,W,I,N,UP,B,SIM,RET,PIE,C4,ANN,D", "--ignore", "D203,D213,D107,D100,D105"]
LINES = {
    "resnet50": 90, "resnet152": 92, "densenet121": 100, "googlenet": 130, "dpn92": 120, "mobilenet_v3_large": 140,
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_golden(name: str) -> None:
    assert emitted(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def of_family(family: str) -> list[Network]:
    """The first, middle and last variants of a family, or all."""
    all_ = list(find_family(family).checked(DEFAULTS).networks.values())
    return all_ if EVERYTHING else [all_[i] for i in sorted({0, len(all_) // 2, len(all_) - 1})]


@pytest.mark.parametrize("family", families())
def test_each_variant_has_the_state_dict_and_the_shapes_of_its_network(family: str) -> None:
    for net in of_family(family):
        module = module_from(emit([net], "archc compile x", "0"))
        with torch.device("meta"):
            model = getattr(module, module.__all__[0])()
            given = [torch.zeros(2, *net.type_of(ref).dims) for ref in net.inputs]
        assert {k: tuple(v.shape) for k, v in model.state_dict().items()} == weights_of(net), net.name
        for training, refs in ((False, net.outputs), (True, net.training_outputs)):
            made = model.train(training)(*given)
            made = (made,) if isinstance(made, torch.Tensor) else made
            assert [tuple(t.shape[1:]) for t in made] == [net.type_of(r).dims for r in refs], net.name


@pytest.mark.parametrize("family", families())
def test_a_family_is_one_file(family: str) -> None:
    networks = list(find_family(family).checked(DEFAULTS).networks.values())
    module = module_from(emit(networks, "archc compile x", "0"))
    measured = of_family(family)
    for net, name in zip(networks, module.__all__, strict=False):
        with torch.device("meta"):
            model = getattr(module, name)().eval()
        assert {k: tuple(v.shape) for k, v in model.state_dict().items()} == weights_of(net), net.name
        if net in measured:
            with FlopCounterMode(display=False) as counter:
                model(*(torch.empty(1, *net.type_of(ref).dims, device="meta") for ref in net.inputs))
            assert counter.get_total_flops() == 2 * evaluated_macs(net), net.name


@pytest.mark.parametrize("name", ["lenet5_1998", "resnet20_cifar", "densenet40_k12_cifar", "shufflenet_v1_g3_x0_25"])
def test_outputs_are_those_of_the_ops_one_by_one(name: str) -> None:
    net = shipped(name)
    module = module_from(emit([net], "archc compile x", "0"))
    torch.manual_seed(0)
    model = getattr(module, module.__all__[0])().eval()
    x = torch.randn(1, *net.type_of(net.inputs[0]).dims)
    with torch.no_grad():
        torch.testing.assert_close(model(x), run(net, model.state_dict(), x, net.outputs)[0])


CHAINS = (
    "concat { Conv(4) | in | Conv(4) - ReLU | MPool(3, 1, pad=1) - Conv(2, 1) } - FC(3)",
    "Conv(8) - add { in | ReLU - Conv(8) } - ReLU - mul { in | GAPool - Sigmoid } - GAPool - FC(5) - SM",
    "[Conv(4) - BN - ReLU]x3 - MPool - FC(5) - ReLU - FC(2)",
    'stem: (Conv(4) - ReLU) - [ "c{k}": Conv(4 + 2 * k) ] x 4 as k - FC(2)',
    "a: (Conv(4) - concat { in | BN } - Conv(4)) - head: (FC(6) - Tanh - FC(2))",
    "Conv(4) - add { add { in | ReLU } | APool(3, 1, pad=1) - Conv(4, 1) | ReLU - BN } - GAPool - FC(2)",
)


@pytest.mark.parametrize("chain", CHAINS)
def test_outputs_of_small_networks(chain: str) -> None:
    net = network(in_model(chain, "3x8x8"))
    module = module_from(emit([net], "archc compile x", "0"))
    torch.manual_seed(0)
    model = getattr(module, module.__all__[0])()
    x = torch.randn(2, 3, 8, 8)
    model.train()(x).sum().backward()
    model.eval()
    with torch.no_grad():
        torch.testing.assert_close(model(x), run(net, model.state_dict(), x, net.outputs)[0])


@pytest.mark.parametrize(("name", "limit"), LINES.items())
def test_files_are_short(name: str, limit: int) -> None:
    assert emit([shipped(name)], f"archc compile {name}", "0.1.0").count("\n") < limit


def test_all_of_the_zoo_is_clean_and_formatted(tmp_path: Path) -> None:
    for family in families():
        members = list(find_family(family).checked(DEFAULTS).networks.values())
        for net in members:
            source = emit([net], f"archc compile {net.name}", "0.1.0")
            (tmp_path / f"{net.name}.py").write_text(source, encoding="utf-8")
        (tmp_path / f"family_{family}.py").write_text(emit(members, f"archc compile {family}", "0"), encoding="utf-8")
    wide = ["--isolated", "--line-length", "120"]
    syntax = [["check", "--isolated", "--select", "E9,F", "--target-version", v] for v in ("py311", "py314")]
    for command in (["check", *RULES, *LINT], ["check", *wide, *LINT], ["format", "--diff", *RULES], *syntax):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:]


def test_the_same_bytes_everywhere(tmp_path: Path) -> None:
    """For any hash seed and locale, in a file and on standard output."""
    made: set[bytes] = set()
    for seed, locale, output in (("1", "C", None), ("2", "C.UTF-8", None), ("3", "POSIX", tmp_path / "out.py")):
        command = [sys.executable, "-m", "archc", "compile", "dpn", *(["-o", str(output)] if output else [])]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "PYTHONUTF8": "0"}
        done = subprocess.run(command, env=environment, capture_output=True, check=True)
        text = output.read_bytes() if output else done.stdout
        code, seal, rest = text.partition(b"\n# Written by archc ")
        assert bool(seal) == bool(output) and rest.count(b"\n") <= 1, "a file ends in one line with its hash"
        made.add(code.rstrip(b"\n"))
    assert len(made) == 1
    assert made.pop().isascii()


def test_a_docstring_cannot_break_out() -> None:
    text = 'model m {\n  "A \\\\ trap: \\"\\"\\" import os"\n  input 3x8x8\n  Conv(4) - FC(2)\n}\n'
    module = module_from(emit([network(text)], 'archc compile """', "0"))
    assert "'''" in str(getattr(module, module.__all__[0]).__doc__)
    assert not hasattr(module, "os")


def test_in_place_only_where_nobody_else_reads() -> None:
    net = network(in_model("Conv(4) - add { ReLU | in } - ReLU - FC(2)", "3x8x8"))
    source = emit([net], "archc compile x", "0")
    assert source.count("inplace=True") == 1  # the ReLU after the sum, not the one beside the shortcut


def test_the_example_of_the_docs_carries_its_docstring() -> None:
    page = (Path(__file__).parents[2] / "docs" / "emitted.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```arch\n(.*?)```", page, flags=re.DOTALL)
    source = emit([network(example)], "archc compile x", "0")
    assert "        planes: Channels of the 3x3; four times as many come out.\n" in source
    assert '"""Map (N, in_channels, H, W) to (N, planes * 4, H / stride, W / stride)."""' in source
