"""Warnings about probably unintended code, and cases without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archc.pipeline import Options
from tests.mistakes.measure import plain
from tests.support.random_networks import network_text
from tests.support.specs import SPECS, checked, network

HARDLY = {
    "W0310", "W0311", "W0312", "W0313", "W0315", "W0316", "W0317", "W0318", "W0320", "W0321", "W0322", "W0340", "W0502",
    "W0503", "E0410", "E0502",
}  # fmt: skip
"""The codes of what no one means."""
TURNED = Options(inputs=(("", (64, 64, 3)),))
MANY = 1000 if os.environ.get("ARCHC_ALL") else 20
"""Random networks: a sample, and all by `make warnings`."""


@pytest.mark.parametrize("file", sorted(SPECS.glob("*.arch")), ids=lambda file: file.stem)
def test_shipped_specs_are_meant(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert {d.code for d in checked(text, name=file.name).diagnostics} & HARDLY == set()


@pytest.mark.parametrize("first", range(0, MANY, 10))
def test_random_networks_are_meant(first: int) -> None:
    """The only warnings are proven right.

    Guards that choose nothing, whose removal does not change the network, and softmaxes whose axis has one number.
    """
    for seed in range(first, first + 10):
        text = network_text(seed)
        found = [d for d in checked(text).diagnostics if d.code in HARDLY]
        assert {d.code for d in found} <= {"W0316", "W0321"}, (seed, text)
        for told in found:
            if told.code == "W0321":
                sound = network(text, member="m")
                at = [n for n in sound.nodes if n.span == told.span]  # in each call of the block around it
                axes = [-1 if getattr(n.op, "over", "") == "last" else 0 for n in at]
                assert 1 in [n.types[0].dims[axis] for n, axis in zip(at, axes, strict=True)], (seed, text)
                continue
            (edit,) = told.edits
            without = text[: edit.span.start] + edit.text + text[edit.span.end :]
            assert plain(network(without, member="m")) == plain(network(text, member="m")), (seed, text)


@pytest.mark.parametrize(
    "chain",
    [
        "Conv(64) - BN(1e-3) - ReLU - GN(8, 1e-6)",
        "Conv(768, 16, 16) - Flatten - FC(10)",  # the patches of a vision transformer
        "Conv(64) - Conv(64, 31, groups=64)",
        "DWConv(31, 1)",
        "add { Conv(3) | in } - concat { in | }",
        "for (c, k) in zip([8, 16], [3, 5]) { Conv(c, k) }",
        "Flatten - LN",
        "Conv(8, 2, 1, pad=0) - Conv(8, 3, 2) - ConvTranspose(8, 3, 2, pad=1)",  # back to 63x63
        "MPool(4) - ConvTranspose(8, 3, 2, pad=1, output_pad=1) - ConvTranspose(8) - ConvTranspose(8, 3, 2)",
        "Affine(0.5, 0.5) - Scale(2) - Scale(1e-6) - Positions(0.02)",
        'Conv(8, 3, pad_mode="reflect") - Reshape([8, 1, 64, 64])',
        "Tokens - Permute([1, 0]) - Reshape([3, 64, 64])",
        'Conv(1, 1) - Reshape([1, 4096]) - SM("last") - FC(8)',  # over the positions
        "GAPool - Flatten - LN - FC(10)",
        "Flatten - Linear(10)",
        "Conv(1, 1) - Sigmoid",
        "Conv(2, 1) - SM",
        "Conv(96, 64, 64) - MPool(1, 1)",  # patches as large as the image
        "GAPool - Conv(8, 1, 8)",
        "Conv(8, 8, 8, pad=0) - Tokens - Conv(32, 1) - GELU - Conv(64, 1) - FC(10)",  # a mixer over tokens
        "Conv(8, 8, 8, pad=0) - Tokens - Permute([1, 0]) - Conv(8) - FC(10)",
        "Upsample(size=96) - Conv(8, 3, 2, pad=0x1) - Conv(8, 1x3, pad=[0, 1]) - Conv(8, 3, 2, pad=[[0, 1]])",
    ],
)
def test_what_is_meant_is_not_warned_of(chain: str) -> None:
    text = f"model m {{\n  input 3x64x64\n  {chain}\n}}\n"
    assert {d.code for d in checked(text).diagnostics} & HARDLY == set()


@pytest.mark.parametrize(
    "chain", ["LN - Conv(8)", "Conv(8) - LN - ReLU - MPool - LN", "LN - GELU - add { Conv(4) | in }"]
)
def test_a_signal_may_be_normalised_over_both_axes(chain: str) -> None:
    text = f"model m {{\n  input 4x18\n  {chain}\n}}\n"
    assert {d.code for d in checked(text).diagnostics} & HARDLY == set()


def test_an_input_of_the_command_line_may_have_its_channels_last() -> None:
    text = "model m {\n  input 3x64x64\n  Conv(8) - GAPool - FC(10)\n}\n"
    assert [d.code for d in checked(text, options=TURNED).diagnostics] == ["W0310"]


def test_a_computed_input_is_that_of_the_file() -> None:
    text = "model m(n=64) {\n  input (n, n, 3)\n  Conv(8) - GAPool - FC(10)\n}\n"
    (found,) = checked(text).diagnostics
    assert found.problem.message().startswith("an input 64x64x3")
    (asked,) = checked(text.replace("(n, n, 3)", "3x64x64").replace("(n=64)", ""), options=TURNED).diagnostics
    assert asked.problem.message().startswith("`--input 64x64x3`") and not asked.edits


def test_a_guard_of_another_value_is_that_of_its_term() -> None:
    text = (
        "block B(c, bn=true) {\n  add { Conv(c) - BN if (bn) | in }\n}\n"
        "model m {\n  input 3x8x8\n  default Conv(bias=false)\n  B(3)\n}\n"
    )
    assert {d.code for d in checked(text).diagnostics} & HARDLY == set()


@pytest.mark.parametrize(
    ("chain", "code", "help_"),
    [
        ("Conv(8) - MPool - Linear(10)", "W0320", "`FC(10)`"),
        ("GAPool - Linear(10)", "W0320", "`FC(10)`"),
        ("GAPool - FC(1) - SM", "W0321", "`Sigmoid`"),
        ("Conv(1, 1) - LogSoftmax", "W0321", "`Sigmoid`"),
        ("Conv(2, 3, 64) - FC(10)", "W0322", "`Conv(channels, kernel, stride)`"),
        ("MPool(2, 64) - FC(10)", "W0322", "`MPool(kernel, stride)`"),
        ("Conv(8, 8, 8, pad=0) - Tokens - Attention(2) - Conv(8) - FC(10)", "W0340", "`FromTokens(8)`"),
        ("Upsample(3, size=96)", "W0311", "`Upsample(size=96x96)`"),
        ("Conv(8, 3, 2, pad=[0, 1])", "W0311", "`pad=[[0, 1]]`"),
        ("Conv(8, 3*3)", "W0311", "`3`"),
        ("MPool(2 * 3)", "W0311", "`2x3`"),
        ("Conv(96, 8, 8, pad=0) - Tokens - Attention(96) - FC(10)", "W0311", "`Attention(1)`"),
        ("Conv(96, 8, 8, pad=0) - Tokens - Positions(96) - FC(10)", "W0311", "`Positions`"),
        ("Conv(96) - Scale(96)", "W0311", "`Scale`"),
        ("Affine([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])", "W0311", "(in - [0.485, 0.456, 0.406]) / [0.229"),
        ("Affine(0.1307, 0.3081)", "W0311", "`x = (in - 0.1307) / 0.3081`"),
        ("Reshape([64, 64, 3])", "W0311", "`Permute([1, 2, 0])`"),
        (
            "MPool(4) - ConvTranspose(8, 3, 2, pad=1)",
            "W0311",
            "8x32x32 takes: `ConvTranspose(8, 3, 2, pad=1, output_pad=1)`",
        ),
        ('Conv(8, 1, pad_mode="reflect")', "W0311", "`Conv(8, 1)`"),
        ('Conv(8, 1, bias=false, pad_mode="reflect")', "W0311", "`Conv(8, 1, bias=false)`"),
    ],
)
def test_layers_that_no_one_puts_there(chain: str, code: str, help_: str) -> None:
    text = f"model m {{\n  input 3x64x64\n  {chain}\n}}\n"
    (found,) = (d for d in checked(text).diagnostics if d.code in HARDLY)
    assert found.code == code and help_ in found.help


def test_a_stride_that_a_call_passes_is_told_with_the_call() -> None:
    text = "block Unit(c, s) { Conv(c, 3, s) - ReLU }\nmodel m {\n  input 3x64x64\n  Unit(2, 64) - FC(10)\n}\n"
    (found,) = (d for d in checked(text).diagnostics if d.code in HARDLY)
    assert found.help == "exchange the arguments: `Unit(64, 2)`"
    assert [text[label.span.start : label.span.end] for label in found.labels] == ["Unit(2, 64)"]
