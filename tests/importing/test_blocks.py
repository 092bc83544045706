"""Which parts become blocks or loops; texts of imports without a proof."""

from __future__ import annotations

import pytest

from archc.diagnostics.core import Problem
from archc.importing.importer import text_of
from archc.importing.sources import find_source


def text(*names: str) -> str:
    sources = [find_source(f"torchvision:{name}") for name in names]
    found = text_of(*(s for s in sources if not isinstance(s, Problem)))
    assert isinstance(found, str), found
    return " ".join(found.split())


def test_each_kind_of_convolution_is_a_block() -> None:
    found = text("mobilenet_v2")
    assert "block DWConvBNReLU6(stride=1) { DWConv(stride=stride, bias=false) - BN - ReLU6 }" in found, found
    assert "block ConvBNReLU6(channels, kernel=1, stride=1) { Conv(channels, kernel, stride) - BN - ReLU6 }" in found


def test_with_and_without_an_activation_are_two_blocks() -> None:
    found = text("regnet_x_400mf")
    assert "block ConvBN(channels, stride=1) { Conv(channels, 1, stride) - BN }" in found, found


def test_an_activation_that_is_a_parameter_may_be_none() -> None:
    found = text("mobilenet_v3_small")
    assert "- act if (act != none)" in found and found.count("block ") == 3, found


@pytest.mark.parametrize("names", [("densenet169",), ("densenet121", "densenet169")])
def test_the_last_turn_of_a_loop_may_lack_a_part(names: tuple[str, ...]) -> None:
    found = text(*names)
    turn = '"denseblock{i + 1}": DenseBlock(l) - "transition{i + 1}": Transition if (i < 3) }'
    assert turn in found and found.count("model ") == 1, found
    assert "conv: Conv(in.channels // 2, 1)" in found


def test_a_run_is_a_loop_of_one_turn_beside_others() -> None:
    found = text("swin_t")
    assert found.count("block ") == 5 and "for i in range(count) {" in found, found
    assert "0 if k == 0 else shift" in found, found


def test_windows_of_a_grid_are_spread() -> None:
    found = text("maxvit_t")
    assert "Windows(7) if (with_windows) else Windows(7, spread=true) - add {" in found, found
    assert "Reshape" not in found and "Permute" not in found and "scale=dim**-0.5" in found
