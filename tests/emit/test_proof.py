"""`archc compile --test` writes a test that passes, and that fails once the module has been edited wrongly."""

from __future__ import annotations

import importlib.util
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from click.testing import CliRunner

from archc import __version__
from archc.cli.main import cli
from archc.targets.pytorch import emit
from tests.support.everything import EVERYTHING, network_of
from tests.support.interpreter import module_from, run

EQUIVALENT = (
    "nn.Parameter(",  # the initial value of a weight, which loading a state dict replaces
    "nn.init.",
    "self.area = kernel_size",  # the kernel is square
    "stride != 1 or in_channels != planes",  # option A's shortcut is the identity if the shape stays the same
    "SplitUnit",  # halves its argument, so that an odd one has the same effect
    "SplitDownUnit",
)
TESTS = ("test_state_dict", "test_cost")
"""The quick tests of a proof: they compute nothing."""


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def holds(proof: ModuleType, tests: tuple[str, ...] = TESTS) -> bool:
    """Whether the emitted tests pass."""
    try:
        for test in tests:
            for name in proof.NETWORKS:
                getattr(proof, test)(name)
    except Exception:
        return False
    return True


def compiled(spec: str, folder: Path) -> Path:
    """A module and its test, as written by the command."""
    path = folder / "network.py"
    done = CliRunner().invoke(cli, ["compile", spec, "-o", str(path), "--test"])
    assert done.exit_code == 0, done.output
    return path


@pytest.mark.parametrize("spec", ["resnet20_cifar", "lenet5_1998", "lenet"])
def test_a_fresh_module_passes(spec: str, tmp_path: Path) -> None:
    path = compiled(spec, tmp_path)
    assert holds(imported(path.with_name("test_network.py")), (*TESTS, "test_backward"))
    done = CliRunner().invoke(cli, ["compile", spec, "-o", str(path), "--test", "--check"])
    assert done.exit_code == 0


@pytest.mark.parametrize("frozen", ["all except fc", "all", "layer1, all BN"])
def test_a_frozen_network_passes(frozen: str, tmp_path: Path) -> None:
    """Its test asks for gradients of what is trained alone."""
    edits = "freeze layer1\n  freeze all BN" if "BN" in frozen else f"freeze {frozen}"
    spec = tmp_path / "mine.arch"
    spec.write_text(f'from "resnet.arch" use resnet20_cifar\nvariant mine = resnet20_cifar {{\n  {edits}\n}}\n')
    path = compiled(str(spec), tmp_path)
    assert holds(imported(path.with_name("test_network.py")), (*TESTS, "test_backward"))


def test_check_shows_what_is_out_of_date(tmp_path: Path) -> None:
    path = compiled("lenet5", tmp_path)
    path.write_text(path.read_text().replace("torch.sigmoid", "torch.tanh", 1))
    done = CliRunner().invoke(cli, ["compile", "lenet5", "-o", str(path), "--test", "--check"])
    assert done.exit_code == 1
    assert "-        x = torch.tanh(self.c1(x))" in done.output


def test_a_test_needs_a_file() -> None:
    done = CliRunner().invoke(cli, ["compile", "lenet5", "--test"])
    assert done.exit_code == 2 and "--test needs -o FILE" in done.output


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """The source with one whole number of its code changed by one, or two neighbouring children swapped."""
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        row, start = token.start[0] - 1, token.start[1]
        if token.type == tokenize.NUMBER and token.string.isdecimal():
            line = lines[row]
            changed = f"{line[:start]}{int(token.string) + 1}{line[token.end[1] :]}"
            yield f"{line.strip()} -> {changed.strip()}", "\n".join([*lines[:row], changed, *lines[row + 1 :]])
    for row, (one, two) in enumerate(zip(lines, lines[1:], strict=False)):
        children = one.endswith("),") and two.endswith("),") and one != two
        if children and len(one) - len(one.lstrip()) == len(two) - len(two.lstrip()):
            yield f"{one.strip()} <-> {two.strip()}", "\n".join([*lines[:row], two, one, *lines[row + 2 :]])


@pytest.mark.parametrize("name", ["lenet5", "resnet20_cifar", "shufflenet_v2_x0_5"])
def test_no_single_change_goes_unnoticed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the written test cannot see (an order of layers with the same costs), running the network op by op finds."""
    # Python takes a compiled file for its source if both are of the same second and size, as these mutants are.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = compiled(name, tmp_path)
    proof = imported(path.with_name("test_network.py"))
    net = network_of(name)
    source = path.read_text()
    torch.manual_seed(0)
    model = getattr(module_from(source), module_from(source).__all__[0])().eval()
    x = torch.randn(1, *net.type_of(net.inputs[0]).dims)
    with torch.no_grad():
        wanted = run(net, model.state_dict(), x, net.outputs)[0]
    found = [(what, mutant) for what, mutant in mutants(source) if not any(e in what for e in EQUIVALENT)]
    assert len(found) > 20
    for what, mutant in found if EVERYTHING else found[:: max(1, len(found) // 20)]:
        path.write_text(mutant)
        if not holds(proof):
            continue
        module = module_from(mutant)
        other = getattr(module, module.__all__[0])().eval()
        other.load_state_dict(model.state_dict())
        with torch.no_grad():
            same = torch.allclose(other(x), wanted, rtol=1e-5, atol=1e-6)
        assert not (same and holds(proof, ("test_backward",))), what


def test_the_golden_text_is_what_runs() -> None:
    """The command and Python call `emit` in the same way."""
    done = CliRunner().invoke(cli, ["compile", "lenet5"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert done.stdout == emit([network_of("lenet5")], "archc compile lenet5", __version__)
