"""Importing models: the specs, their proofs, and the messages if an import fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

import archc
from archc.cli.main import cli
from archc.diagnostics.core import Problem
from archc.diagnostics.source import Source
from archc.importing.importer import ImportedSpec, culprits, import_source, import_sources, text_of
from archc.importing.sources import find_source
from archc.syntax.format.formatter import formatted
from tests.importing import faults, kinds, strangers, windowed

KINDS = Path(kinds.__file__)
FAULTS = Path(faults.__file__)
STRANGERS = Path(strangers.__file__)
STYLES = {"SmallNet": "3x32x32", "CifarNet": "3x32x32", "UNet": "3x32x32", "Dense": "3x16x16", "LeNet": "1x28x28"}


def imported(text: str, input: tuple[int, ...] | None = None) -> ImportedSpec:
    source = find_source(text, input)
    assert not isinstance(source, Problem), source.message()
    found = import_source(source)
    assert isinstance(found, ImportedSpec), f"{found.message()} {found.note()}"
    return found


def is_said(spec: ImportedSpec, wanted: str) -> None:
    """Check that a spec is proved, contains no unfactored part, and has these words."""
    assert all(p.holds for p in spec.proofs) and spec.proofs and not spec.flat
    assert wanted in compact(spec.text), spec.text


def compact(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "torchvision:resnet18",
            '"layer{i + 1}": [BasicBlock(64 * 2**i, 2 if i > 0 and k == 0 else 1)]x2 as k',
        ),
        ("torchvision:resnet18", "if (stride != 1 or in.channels != planes)"),
        ("torchvision:mobilenet_v2", "if stride == 1 and in.channels == channels { return add { in | y } }"),
        ("torchvision:mobilenet_v2", "[InvertedResidual(c, e, s if k == 0 else 1)] x n as k"),
        ("torchvision:squeezenet1_1", "concat { expand1x1: Conv(expand1x1_planes, 1) - ReLU |"),
    ],
)
def test_what_a_person_would_have_written(name: str, wanted: str) -> None:
    is_said(_known(name), wanted)


_FOUND: dict[str, ImportedSpec] = {}


def _known(name: str) -> ImportedSpec:
    if name not in _FOUND:
        _FOUND[name] = imported(name)
    return _FOUND[name]


def test_heads_that_only_train_run_where_they_ran() -> None:
    """Dropout draws in the order of execution: GoogLeNet's training outputs differ otherwise."""
    spec = imported("torchvision:googlenet", (3, 64, 64))
    assert "return training" in spec.text
    assert {row.brief for row in spec.proofs[0].rows if row.name.startswith("outputs")} == {"0"}


@pytest.mark.parametrize("name", STYLES)
def test_strangers_are_proved(name: str) -> None:
    spec = imported(f"{STRANGERS}:{name}", tuple(map(int, STYLES[name].split("x"))))
    assert all(p.holds for p in spec.proofs) and spec.proofs
    assert formatted(Source("x.arch", spec.text)) == spec.text
    assert "like:" not in spec.text  # a spec runs no file


@pytest.mark.parametrize(
    ("kind", "wanted"),
    {
        "ChannelsLast": 'LN(over="channels") - Permute([1, 2, 0]) - first: Linear(16) - GELU - second: Linear(8) '
        '- gamma: Scale(over="last") - Permute([2, 0, 1])',
        "Transformer": "Tokens - concat { cls: Param([1, 8]) | in } - pos: Positions",
        "Queries": "add { b | (b, a, b) - apart: Attention(4, bias=false) }",
        "Mixer": "Reshape([8, 64]) - mix: Linear(64)",
        "SplitSum": "0.5 * (ReLU) | mul { HSigmoid | Neg }",
        "Gated": "0.17 * (branch: Conv(8))",
        "Standardised": "one: ScaledStdConv(8, stride=2, gamma=1.7) - other: ScaledStdConv(8, stride=2, gain=false)",
        "Edges": "MPool(3, 2, ceil=true)",
        "Reused": "shared mlp: (",
        "Stages": '["stage{j + 1}": ["unit{k + 1}": Unit]x2 as k]x3 as j',
        "Merges": "Either2",
        "Tabled": "in - for i, (w, f) in enumerate(",
        "Same": 'a: Conv(8, stride=2, pad="same") - b: ("1": Conv(4, 2, pad=[[0, 1]])) - PadChannels(8) - APool(1, 2)',
        "Pairs": '"first.convs.0": Conv(8, 1)',
        "Scattered": '"convs.0": Conv(8, 1) - between: Conv(8) - ["convs.{k + 1}": Conv(8, 1)]x2 as k',
        "Crosses": "x = norm: BN y = x - down: Conv(int(dim * ratio), 1) - up: Conv(8, 1) "
        "if add_ { return add { x | y } }",
    }.items(),
)
def test_each_kind_of_call_is_said(kind: str, wanted: str) -> None:
    is_said(imported(f"{KINDS}:{kind}", (3, 8, 8)), wanted)


@pytest.mark.parametrize(
    ("made", "wanted"),
    {
        "swin": 'Windows(2, channels="last") - attn: WindowAttention(',
        "swin('V2')": "CosineWindowAttention(",
        "maxvit": 'flat=false, names=["to_qkv", "merge"])',
    }.items(),
)
def test_attention_within_windows_is_one_layer(made: str, wanted: str) -> None:
    is_said(imported(f"{windowed.__file__}:{made}", (3, 16, 16)), wanted)


def test_models_of_one_class_are_one_model() -> None:
    sources = [
        find_source(f"{STRANGERS}:CifarNet({n})", (3, 32, 32)) for n in ("(1, 2, 1)", "(2, 3, 2)", "(2, 2, 2), 7")
    ]
    spec = import_sources([s for s in sources if not isinstance(s, Problem)])
    assert isinstance(spec, ImportedSpec) and all(p.holds for p in spec.proofs) and len(spec.proofs) == 3
    assert spec.members == ("cifarnet", "cifarnet2", "cifarnet3")
    text = compact(spec.text)
    assert text.count("model ") == 1 and "for i, n in enumerate(num_blocks)" in text, spec.text
    assert "variant cifarnet2 = CifarNet([2, 3, 2]) {" in text and "CifarNet([2, 2, 2], 7)" in text


def test_a_block_may_be_the_value_of_a_parameter() -> None:
    """Two ResNets of other blocks; torchvision's own numbers are compared with archc's counts."""
    sources = [find_source(f"torchvision:{name}", (3, 224, 224)) for name in ("resnet18", "resnet50")]
    spec = import_sources([s for s in sources if not isinstance(s, Problem)])
    assert isinstance(spec, ImportedSpec) and all(p.holds for p in spec.proofs) and spec.proofs
    text = compact(spec.text)
    assert '"layer{i + 1}": [Block(64 * 2**i, 2 if i > 0 and k == 0 else 1)] x n as k' in text, spec.text
    assert "ResNet([2, 2, 2, 2], BasicBlock)" in text and "expect macs == 1_814_073_344" in text
    assert "top1: 69.758" in text


def test_models_that_are_not_alike_are_two_models() -> None:
    sources = [find_source(f"{STRANGERS}:{name}", (3, 32, 32)) for name in ("CifarNet", "UNet")]
    spec = import_sources([s for s in sources if not isinstance(s, Problem)])
    assert isinstance(spec, ImportedSpec) and all(p.holds for p in spec.proofs)
    assert compact(spec.text).count("model ") == 2


@pytest.mark.parametrize("name", ["net.pt2", "folder/net.pth", "net.pt"])
def test_a_saved_program_is_told_what_to_do(name: str) -> None:
    done = CliRunner().invoke(cli, ["import", name])
    assert done.exit_code == 1 and "E0808" in done.output and "file.py:Class" in done.output


def test_arguments_of_a_class_are_given() -> None:
    spec = imported(f"{STRANGERS}:CifarNet((1, 1, 1), num_classes=7)", (3, 32, 32))
    assert "classes=7" in spec.text and "]x2" not in spec.text


def test_the_same_text_each_time() -> None:
    first = imported(f"{STRANGERS}:CifarNet", (3, 32, 32))
    assert first.text == imported(f"{STRANGERS}:CifarNet", (3, 32, 32)).text


def test_an_object_is_left_as_it_is() -> None:
    model = strangers.CifarNet((1, 1, 1)).eval()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    text = archc.import_module(model, (3, 32, 32), name="mine")
    assert archc.compile_text(text, member="mine").count().params == sum(p.numel() for p in model.parameters())
    assert not model.training and all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())
    assert model(torch.randn(2, 3, 32, 32)).shape == (2, 10)
    assert not torch.nn.modules.module._has_any_global_hook()  # type: ignore[no-untyped-call]


def test_an_object_that_cannot_be_imported() -> None:
    class Rolled(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cumsum(x, 2)

    with pytest.raises(archc.NotImported, match=r"E0802.*\n.*cumsum.*test_importing\.py"):
        archc.import_module(Rolled(), (3, 8, 8))


def test_an_input_that_does_not_fit_is_a_diagnostic_and_no_trail_of_calls() -> None:
    command = [sys.executable, "-m", "archc", "import", f"{STRANGERS}:CifarNet", "--input", "3x8x8"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "E0804" in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_emitted_code_that_does_not_run_is_told_as_a_fault_of_archc(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("running_mean should contain 256 elements not 128")

    monkeypatch.setattr("archc.importing.importer.verify", broken)
    source = find_source(f"{STRANGERS}:LeNet", (1, 28, 28))
    assert not isinstance(source, Problem)
    found = import_source(source)
    assert isinstance(found, Problem) and found.code == "E0806" and "archc compiles it wrongly" in found.message()


def test_nothing_is_written_by_halves(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        "import torch\nclass M(torch.nn.Module):\n    def forward(self, x):\n        return torch.fft.fft(x).real\n"
    )
    out = tmp_path / "m.arch"
    done = CliRunner().invoke(cli, ["import", f"{tmp_path}/m.py:M", "--input", "3x8x8", "-o", str(out)])
    assert done.exit_code == 1 and "E0802" in done.output and "m.py:4" in done.output and not out.exists()
    out.write_text("mine")
    done = CliRunner().invoke(cli, ["import", f"{STRANGERS}:LeNet", "--input", "1x28x28", "-o", str(out)])
    assert done.exit_code == 2 and out.read_text() == "mine"


def test_partial_marks_its_holes(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        "import torch\nclass M(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.conv = torch.nn.Conv2d(3, 4, 3)\n    def forward(self, x):\n"
        "        return torch.cumsum(self.conv(x), 2)\n"
    )
    out = tmp_path / "m.arch"
    arguments = ["import", f"{tmp_path}/m.py:M", "--input", "3x8x8", "-o", str(out), "--partial"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0 and "not proved, 1 hole" in done.output, done.output
    assert (
        "# MISSING: torch.cumsum at m.py:7" in out.read_text() and "conv: Conv(4, pad=0) - missing_1" in out.read_text()
    )


@pytest.mark.parametrize("guilty", [{"c"}, {"a", "d"}, {"a", "b", "c", "d", "e"}])
def test_the_classes_at_fault_are_found_by_halves(guilty: set[str]) -> None:
    tried: list[Sequence[str]] = []

    def holds(flat: Sequence[str]) -> bool:
        tried.append(flat)
        return guilty <= set(flat)

    assert set(culprits("abcde", holds)) == guilty
    assert len(tried) <= 12


@pytest.mark.parametrize(("name", "input"), [("strangers:CifarNet", "3x32x32"), ("kinds:Gated", "3x8x8")])
def test_what_is_imported_and_compiled_is_imported_as_the_same_network(name: str, input: str, tmp_path: Path) -> None:
    file, _, kind = name.partition(":")
    model, spec, code = f"{KINDS.parent}/{file}.py:{kind}", tmp_path / "net.arch", tmp_path / "net.py"
    for arguments in (["import", model, "--input", input, "-o", str(spec)], ["compile", str(spec), "-o", str(code)]):
        done = CliRunner().invoke(cli, arguments)
        assert done.exit_code == 0, done.output
    for one, other in ((str(spec), f"{code}:{kind}"), (model, str(spec))):
        done = CliRunner().invoke(cli, ["diff", one, other, "--input", input])
        assert done.exit_code == 0 and "equal" in done.output, done.output


def test_a_diff_of_models_that_cannot_be_imported_says_why() -> None:
    for model, wanted in ((f"{KINDS}:Absent", "E0703"), (f"{STRANGERS}:CifarNet", "E0804")):
        done = CliRunner().invoke(cli, ["diff", model, "resnet18", "--input", "3x8x8"])
        assert done.exit_code == 2 and wanted in done.output, done.output


@pytest.mark.parametrize(
    ("kind", "wanted"),
    {
        "NoTensor": "E0806 returns no tensor",
        "NothingDone": "E0806 returns no tensor",
        "Unused": "E0809 idle.weight",
        "OnGpu": "E0805 CUDA",
        "Chosen": "E0803 y[y > 0]",
        "Wanting": "E0801 give its arguments behind its name",
        "Exits": "E0801 no licence",
        "Compiled": "E0806 `part` is compiled by torch.jit",
        "Normed": "E0802 weight_g, weight_v",
        "Spectral": "E0802 nn.Conv2d with a weight that is computed",
        "Hooked": "E0802 hook",
        "OwnWeight": "E0802 of the model itself",
        "Tied": "E0806 are one tensor",
        "Written": "E0802 __setitem__",
    }.items(),
)
def test_each_fault_is_told_and_nothing_is_written(kind: str, wanted: str, tmp_path: Path) -> None:
    code, _, words = wanted.partition(" ")
    out = tmp_path / "net.arch"
    done = CliRunner().invoke(cli, ["import", f"{FAULTS}:{kind}", "--input", "3x8x8", "-o", str(out)])
    assert done.exit_code == 1 and code in done.output and words in compact(done.output), done.output
    assert not out.exists() and "Traceback" not in done.output


def test_what_a_model_prints_and_changes_is_no_part_of_its_spec() -> None:
    before = torch.get_rng_state()
    done = CliRunner().invoke(cli, ["import", f"{FAULTS}:Meddling", "--input", "3x8x8"])
    assert done.exit_code == 0 and done.stdout.startswith('"""Meddling') and "I meddle" not in done.stdout
    assert "I meddle" in done.stderr and torch.is_grad_enabled()
    source = find_source(f"{FAULTS}:Meddling", (3, 8, 8))
    assert not isinstance(source, Problem)
    torch.set_rng_state(before)
    text_of(source)
    assert torch.equal(before, torch.get_rng_state())


SPARE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.spare = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
        self.gain = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return self.conv(x.data.view(x.size(0), 3, 8, 8))
"""


def test_weights_that_nothing_reads_are_left_out_on_request(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(SPARE)
    command = ["import", f"{tmp_path}/net.py:Net", "--input", "3x8x8"]
    refused = CliRunner().invoke(cli, command)
    assert refused.exit_code == 1 and "E0809" in refused.output and "--drop-unused" in refused.output
    done = CliRunner().invoke(cli, [*command, "--drop-unused"])
    assert done.exit_code == 0 and "without 8 entries of the state dict that nothing reads" in " ".join(
        done.stdout.split()
    )
    assert "left out, since no call reads them: gain, spare.0.weight, spare.0.bias and 5 more" in done.stderr
    assert list(archc.compile_text(done.stdout).module().state_dict()) == ["conv.weight", "conv.bias"]


def test_models_in_packages_are_imported(tmp_path: Path) -> None:
    folder = tmp_path / "nets"
    folder.mkdir()
    (folder / "parts.py").write_text("from torch import nn\n\nLayer = nn.Conv2d\n")
    (folder / "net.py").write_text(
        "from torch import nn\nfrom .parts import Layer\n\n\nclass Net(nn.Sequential):\n"
        "    def __init__(self):\n        super().__init__(Layer(3, 4, 3), nn.ReLU())\n"
    )
    spec = imported(f"{folder}/net.py:Net", (3, 8, 8))
    assert "Conv(4, pad=0)" in spec.text and all(p.holds for p in spec.proofs)
