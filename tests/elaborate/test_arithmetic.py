"""Arithmetic in chains: signs that subtract, operands, and absent branches."""

from __future__ import annotations

import pytest

from archc.diagnostics.source import Source
from archc.editor.hover import hover
from archc.syntax.format.formatter import formatted
from archc.targets.figure.wording import title
from tests.editor.support import opened
from tests.support.specs import checked, codes, network, parameter_paths

BODY = "model m {{\n  input 4x8x8\n  x = a: Conv(4)\n  y = b: Conv(4)\n  {}\n}}\n"


def kinds(statements: str) -> list[str]:
    """The layers of a model after two convolutions `x` and `y`."""
    return [node.op.kind() for node in network(BODY.format(statements)).nodes[3:]]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("x - y", ["Sub"]),
        ("x - y - Conv(2)", ["Sub", "Conv"]),
        ("x - Conv(2)", ["Conv"]),
        ("x + y - ReLU", ["Add", "ReLU"]),
        ("x - (y - Conv(4))", ["Conv", "Sub"]),
        ("x - (Conv(2))", ["Conv"]),
        ("1 - (GAPool - Sigmoid)", ["GAPool", "Sigmoid", "Arithmetic"]),
        ("2 * x - 1", ["Arithmetic", "Arithmetic"]),
        ("x + y * in", ["Mul", "Add"]),
        ("(x + y) / 2", ["Add", "Arithmetic"]),
        ("(-x)", ["Neg"]),
        ("let c = 2 * 3\n  x - c", ["Arithmetic"]),
        ("add { x | y if (false) else none | in }", ["Add"]),
        ("add { x | y if (false) else none }", []),
        ("(x, y if (false) else none, in) - Concat", ["Concat"]),
    ],
)
def test_signs(statements: str, expected: list[str]) -> None:
    assert kinds(statements) == expected


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        ("Conv(4) - x", "E0407"),
        ("Conv(4) - (0.5 * x)", "E0420"),
        ("[0.5 * x]x2", "E0420"),
        ("x + ReLU", "E0421"),
        ('let t = "a"\n  x * t', "E0421"),
        ("2 * 3", "E0422"),
        ("1 - Conv(4)", "E0422"),
        ("Conv(4) if (true) else none", "E0423"),
        ("x / 0", "E0340"),
        ("x + (GAPool)", "E0301"),
        ("let c = [1, 2]\n  x * c", "E0313"),
        ("x + (Chunk(2))", "E0404"),
    ],
)
def test_what_is_wrong(statements: str, code: str) -> None:
    assert codes(BODY.format(statements)) == [code]


@pytest.mark.parametrize(
    ("statements", "help_"),
    [
        ("x - 1", "`(-1 + x)`"),
        ("(x - Conv(4)) - 0.5", "`(-0.5 + (x - Conv(4)))`"),
        ("0.5 * Conv(4) + x", "`0.5 * (Conv(4))`"),
        ("z = Conv(4) * 0.5", "`(Conv(4)) * 0.5`"),
        ("x / Conv(4)", "`x / (Conv(4))`"),
        ("Conv-64", "`Conv(64)`"),
        ("Conv(4) - 0.5 * in", "`(Conv(4)) - 0.5 * in`"),
        ("Conv(4) - BN - x / 2 - ReLU", "`(Conv(4) - BN) - x / 2 - ReLU`"),
        ("let c = 0.5\n  Conv(4) - c * x", "`(Conv(4)) - c * x`"),
        ("Conv(4) - x + in", "`(Conv(4)) - x + in`"),
        ("BN - 0.5 * in", "`(Conv(8) - BN) - 0.5 * x`"),
        ("z = Conv(4)\n    if (in.height > 4) else in", "a choice of several lines in parentheses"),
        ("3 * Conv(4) - ReLU", "`[Conv(4)]x3`, and a factor `3 * (Conv(4))`"),
        ("let t = [1, 2]\n  x - t", "4 numbers, or one alone"),
    ],
)
def test_the_way_out(statements: str, help_: str) -> None:
    found = [d for d in checked(BODY.format(statements)).diagnostics if d.code[0] == "E"]
    assert found and help_ in found[0].help


def test_gates_are_repeated_and_sums_are_not() -> None:
    assert network(BODY.format("x * (GAPool - Sigmoid)")).nodes[-1].types[0].dims == (4, 8, 8)
    assert network(BODY.format("x / (1 + (GAPool - Sigmoid))")).nodes[-1].types[0].dims == (4, 8, 8)


def test_names_follow_from_the_text() -> None:
    text = (
        "block B(deep) { add { Conv(4) if (deep) else none | Conv(4) } - Conv(4) }\n"
        "block S { 0.5 * in - Conv(4) }\n"
        "model m { input 4x8x8\n  one: B(true) - two: B(false) - three: S }\n"
    )
    paths = [path for path in parameter_paths(network(text)) if path.endswith("weight")]
    assert paths == [
        "one.conv1.weight", "one.conv2.weight", "one.conv3.weight", "two.conv2.weight", "two.conv3.weight",
        "three.conv1.weight",
    ]  # fmt: skip


def test_layout() -> None:
    text = "block B {\n  y=-in\n  w = ( -y )-(-in)*2+1\n  add { -y | 1-w|w  if (true)else none }\n}\n"
    expected = "block B {\n  y = -in\n  w = (-y) - (-in) * 2 + 1\n  add { -y | 1 - w | w if (true) else none }\n}\n"
    assert formatted(Source("x.arch", text)) == expected


def test_figures_show_where_the_number_stands() -> None:
    nodes = network(BODY.format("let c = [1, 2, 3, 4]\n  1 - (0.17 * x) / 2 * c")).nodes
    assert [title([node.op]) for node in nodes[3:]] == ["× 0.17", "÷ 2", "× per channel", "1 −"]


def test_a_sign_is_explained() -> None:
    there = opened(BODY.format("x * y - ReLU"))
    found = hover(there.view, there.at("* y"))
    assert found is not None and "4x8x8, 4x8x8 → **4x8x8**" in found.text
