"""Section 6 of the language: what modules are called."""

from __future__ import annotations

import pytest

from tests.support.specs import codes, in_model, network, parameter_paths


def weights(spec: str) -> list[str]:
    return [p.removesuffix(".weight") for p in parameter_paths(network(spec)) if p.endswith(".weight")]


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("Conv(4) - ReLU - Conv(4)", ["0", "2"]),
        ("a: Conv(4) - Conv(4)", ["a", "conv2"]),
        ("Conv(4) - conv1: Conv(4)", ["conv2", "conv1"]),
        ("f: (Conv(4) - BN - ReLU - Conv(4))", ["f.0", "f.1", "f.3"]),
        ("f: (c: Conv(4) - BN) - Conv(4)", ["f.c", "f.bn1", "conv1"]),
        ("l: [Conv(4) - ReLU]x3", ["l.0", "l.2", "l.4"]),
        ("[Conv(4) - ReLU]x2 - c: Conv(4)", ["conv1", "conv2", "c"]),
        ("(Conv(4) - (BN - [Conv(4)]x2)) - x: Conv(4)", ["conv1", "bn1", "conv2", "conv3", "x"]),
        ('for i in range(2) { "s{i+1}": (Conv(4) - BN) }', ["s1.0", "s1.1", "s2.0", "s2.1"]),
        ("Conv(4) - add { Conv(4) - BN | in }", ["conv1", "conv2", "bn1"]),
        ("f: (Conv(4) - add { Conv(4) | in })", ["f.conv1", "f.conv2"]),
        ("f: (Conv(3) - FC(7)) ", ["f.0", "f.1"]),
        ("g: ReLU - s: add { Conv(3) | in }", ["s.conv1"]),
    ],
)
def test_children_are_named_by_label_position_or_kind(chain: str, expected: list[str]) -> None:
    assert weights(in_model(chain)) == expected


def test_a_block_call_opens_a_scope_and_a_macro_does_not() -> None:
    spec = "macro CB(c) = Conv(c) - BN\nblock B(c) { CB(c) - ReLU }\nblock C(c) { conv: Conv(c) }\n" + in_model(
        "CB(4) - m: CB(4) - B(4) - b: B(4) - C(4)"
    )
    assert weights(spec) == ["conv1", "bn1", "m.0", "m.1", "b1.0", "b1.1", "b.0", "b.1", "c1.conv"]


def test_a_left_out_term_takes_no_position() -> None:
    assert weights(in_model("f: (Conv(4) - (BN if (1 > 2)) - Conv(4)) - Flatten")) == ["f.0", "f.1"]


def test_two_modules_of_one_name_are_an_error() -> None:
    assert codes(in_model("a: Conv(4) - a: Conv(4)")) == ["E0112"]
    assert codes(in_model("[a: Conv(4)]x2")) == ["E0112"]


@pytest.mark.parametrize("label", ["forward", "training", "class", "_x", "parameters", "__class__", "_modules", "a_é"])
def test_labels_that_a_module_cannot_have(label: str) -> None:
    assert codes(in_model(f'"{label}": Conv(4)')) == ["E0113"]
