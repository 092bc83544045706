"""Counts agree with papers, with each other, and with the structure of the network."""

from __future__ import annotations

import ast

import pytest

from archc.count.counts import Counts, count
from tests.support.specs import network

ORDINARY = """
block Bottleneck(planes, stride=1) {
  let out = planes * 4
  add {
      conv1: Conv(planes, 1) - bn1: BN - ReLU
      - conv2: Conv(planes, 3, stride) - bn2: BN - ReLU
      - conv3: Conv(out, 1) - bn3: BN
    | downsample: (Conv(out, 1, stride) - BN) if (stride != 1 or in.channels != out)
  } - ReLU
}
default Conv(bias=false)
model resnet50(classes=1000) {
  input 3x224x224
  conv1: Conv(64, 7, stride=2) - bn1: BN - ReLU - MPool(3, 2, pad=1)
  - for (i, n) in enumerate([3, 4, 6, 3]) {
      "layer{i+1}": [Bottleneck(64 * 2**i, 2 if i > 0 and k == 0 else 1)] x n as k
    }
  - GAPool - fc: FC(classes)
}
"""
AUX = """
model aux {
  input 3x8x8
  a = conv: Conv(4, 3)
  logits = a - fc: FC(10)
  return logits
  return training logits, a - (help1: Conv(2, 1) - help2: FC(10))
}
"""


@pytest.fixture(scope="module")
def resnet() -> Counts:
    return count(network(ORDINARY))


def test_resnet50_is_torchvision_s(resnet: Counts) -> None:
    """25,557,032 parameters and 4,089,184,256 multiply-accumulates; 53 batch norms with 2 statistics and a counter."""
    assert (resnet.params, resnet.trainable) == (25_557_032, 25_557_032)
    assert resnet.macs == 4_089_184_256
    assert resnet.buffers == 2 * 26_560 + 53
    assert (resnet.input, resnet.output, resnet.outputs) == ((3, 224, 224), (1000,), ((1000,),))


def test_flops_are_two_a_mac_and_the_elementwise_work(resnet: Counts) -> None:
    assert resnet.flops == 2 * resnet.macs + resnet.elementwise
    assert resnet.elementwise == sum(row.elementwise for row in resnet.layers)


def test_totals_are_the_sums_of_the_layers(resnet: Counts) -> None:
    for field in ("params", "buffers", "macs", "activations"):
        assert getattr(resnet, field) == sum(getattr(row, field) for row in resnet.layers), field


def test_every_formula_evaluates_to_its_number(resnet: Counts) -> None:
    for row in resnet.layers:
        for formula, number in ((row.formula, row.macs), (row.elementwise_formula, row.elementwise)):
            *_, numbers, total = formula.split(" = ") if " = " in formula else ("0", "0")
            assert int(total.replace(",", "")) == number
            if "·" in numbers and not any(c.isalpha() for c in numbers):
                tree = ast.parse(numbers.replace("·", "*").replace(",", ""), mode="eval")
                assert eval(compile(tree, "<formula>", "eval")) == number


def test_a_layer_has_its_place_and_its_formula(resnet: Counts) -> None:
    row = next(row for row in resnet.layers if row.path == "layer1.0.conv2")
    assert (row.scope, row.op, row.output) == ("layer1.0", "Conv", (64, 56, 56))
    assert row.formula == "D_K·D_K·M·N·D_F·D_F = 3·3·64·64·56·56 = 115,605,504"
    assert row.connections == row.macs


def test_modules_add_up(resnet: Counts) -> None:
    """The sums of a module are those of its own layers and of its direct children; the first is the model."""
    whole = resnet.scopes[0]
    assert (whole.path, whole.kind, whole.depth) == ("", "model", 0)
    assert (whole.params, whole.macs, whole.flops) == (resnet.params, resnet.macs, resnet.flops)
    for scope in resnet.scopes:
        inside = [row for row in resnet.layers if row.scope == scope.path or row.scope.startswith(f"{scope.path}.")]
        if scope.path:
            assert scope.layers == len(inside)
            assert scope.macs == sum(row.macs for row in inside)
            assert scope.depth == len([s for s in resnet.scopes if scope.path.startswith(f"{s.path}.")]) + 1
    assert [s.name for s in resnet.scopes if s.path == "layer1.0"] == ["Bottleneck"]


def test_what_only_training_uses_is_counted_apart() -> None:
    counts = count(network(AUX))
    rows = {row.path: row for row in counts.layers if row.path}
    assert [path for path, row in rows.items() if row.training_only] == ["help1", "help2"]
    assert counts.params == sum(row.params for row in counts.layers)
    inference = rows["conv"].macs + rows["fc"].macs
    assert counts.macs == counts.scopes[0].macs == inference == 9 * 3 * 4 * 64 + 4 * 64 * 10
    training = rows["help1"].macs + rows["help2"].macs
    assert counts.training_only.macs == training == 4 * 2 * 64 + 2 * 64 * 10
    assert counts.training_only.flops == 2 * training + counts.training_only.elementwise
    assert counts.activations == 4 * 64 + 4 * 64 + 10


def test_the_probability_head_and_implicit_layers_are_counted_in_inference() -> None:
    counts = count(network("model m {\n  input 3x4x4\n  FC(7) - SM\n}\n"))
    assert [(row.op, row.implicit, row.head) for row in counts.layers] == [
        ("Flatten", True, False),
        ("FC", False, False),
        ("SM", False, True),
    ]
    assert not any(row.training_only for row in counts.layers)
    assert counts.elementwise == sum(row.elementwise for row in counts.layers) > 7
    assert counts.output == (7,)


def test_equal_layers_cost_the_same_wherever_they_stand() -> None:
    """Caching is correct: the same op on another input, and another op on the same input, differ."""
    counts = count(network("model m {\n  input 3x8x8\n  [Conv(3)]x3 - MPool - Conv(3) - Conv(3, 1)\n}\n"))
    assert [row.macs for row in counts.layers] == [5184, 5184, 5184, 0, 1296, 144]


def test_counts_read_back_from_json_are_equal(resnet: Counts) -> None:
    assert Counts.model_validate_json(resnet.model_dump_json()) == resnet
