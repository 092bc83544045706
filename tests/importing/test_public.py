"""Imports of models in the style of public repositories, and of archc's own emitted code."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import archc
from archc.cli.main import cli
from tests.importing import public, windowed
from tests.importing.test_importing import compact, imported, is_said

PUBLIC = Path(public.__file__)
WINDOWED = Path(windowed.__file__)


@pytest.mark.parametrize(
    ("name", "wanted"),
    {
        "SegNet": 'add { a - "lat.0": Conv(8, 1) | e - Upsample(size=8) }',
        "Clipped": "(parallel: (module: (Conv(8) - BN)) - ReLU - ReLU6) / 2",
        "Restorer": "mul { a | b } - mul { in | sca: (GAPool - Conv(8, 1)) } - mul { in | beta: Param([8, 1, 1]) }",
        "Axes": "Roll([0, 1, -2])",
        "Averaged": "GAPool - head: FC(5)",
        "Stack": "StochasticDepth(drop) if (stride == 1 and in.channels == channels)",
    }.items(),
)
def test_what_public_repositories_do_is_said(name: str, wanted: str) -> None:
    is_said(imported(f"{PUBLIC}:{name}", (3, 16, 16)), wanted)


@pytest.mark.parametrize(
    ("name", "inputs", "wanted"),
    [
        ("Siamese", ["left=3x16x16", "right=3x16x16"], "shared enc: Encoder"),
        ("Fusion", ["depth=1x16x16", "input=3x16x16"], "input input_: 3x16x16 input depth: 1x16x16"),
    ],
)
def test_models_of_several_inputs(name: str, inputs: list[str], wanted: str, tmp_path: Path) -> None:
    given = [part for text in inputs for part in ("--input", text)]
    out = tmp_path / "net.arch"
    done = CliRunner().invoke(cli, ["import", f"{PUBLIC}:{name}", *given, "-o", str(out)])
    assert done.exit_code == 0 and "proved" in done.output, done.output
    assert wanted in compact(out.read_text())
    if "_:" not in wanted:  # of the names that a spec can have
        done = CliRunner().invoke(cli, ["diff", f"{PUBLIC}:{name}", str(out), *given])
        assert done.exit_code == 0 and "equal" in done.output, done.output


def test_an_object_of_several_inputs() -> None:
    text = archc.import_module(public.Siamese(), {"right": (3, 16, 16), "left": (3, 16, 16)})
    assert archc.compile_text(text).network.input_names == ("left", "right")


@pytest.mark.parametrize("given", [["3x16x16"], ["left=3x16x16", "other=3x16x16"]])
def test_inputs_that_forward_does_not_read(given: list[str]) -> None:
    more = [part for text in given for part in ("--input", text)]
    done = CliRunner().invoke(cli, ["import", f"{PUBLIC}:Siamese", *more])
    assert done.exit_code == 1 and "E0804" in done.output and "its forward reads left, right" in compact(done.output)


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (f"{PUBLIC}:Stack", "Stack"),
        (f"{WINDOWED}:swin", "SwinTransformer"),
        (f"{WINDOWED}:swin('V2')", "SwinTransformer"),
    ],
)
def test_what_archc_writes_is_imported_as_the_same_network(model: str, kind: str, tmp_path: Path) -> None:
    spec, code = tmp_path / "net.arch", tmp_path / "net.py"
    spec.write_text(imported(model, (3, 16, 16)).text)
    for command in (["compile", str(spec), "-o", str(code)], ["diff", str(spec), f"{code}:{kind}"]):
        more = ["--input", "3x16x16"] if command[0] == "diff" else []
        done = CliRunner().invoke(cli, [*command, *more])
        assert done.exit_code == 0, done.output
    assert "equal" in done.output


def test_a_class_of_a_known_name_is_looked_into(tmp_path: Path) -> None:
    """Other libraries have classes called `SelfAttention` that compute something else."""
    (tmp_path / "net.py").write_text(
        "from torch import nn\n\n\nclass SelfAttention(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n"
        "        self.num_heads, self.conv = 2, nn.Conv2d(3, 3, 1)\n\n    def forward(self, x):\n"
        "        return self.conv(x).sigmoid() * x\n"
    )
    spec = imported(f"{tmp_path}/net.py:SelfAttention", (3, 8, 8))
    assert "mul { conv: Conv(3, 1) - Sigmoid | in }" in compact(spec.text), spec.text


def test_loops_that_differ_by_how_often_alone_count_their_turns() -> None:
    spec = imported(f"{PUBLIC}:Alternating((10, 14))", (3, 16, 16))
    assert all(p.holds for p in spec.proofs) and not spec.flat and "for i in range(count) {" in spec.text, spec.text
