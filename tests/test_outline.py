"""Networks in the notation of the lecture."""

from __future__ import annotations

import pytest

from archc.pipeline import Options
from archc.targets.outline import outline
from archc.zoo import find
from tests.support.specs import in_model, network


def shipped(name: str) -> str:
    return outline(find(name).checked(Options()).networks[name])


def test_resnet152_is_the_lecture_s_without_its_activations() -> None:
    stages = "-".join(f"[Conv-Conv-Conv]x{n}" for n in (3, 8, 36, 3))
    assert shipped("resnet152") == f"Conv-MPool-{stages}-GAPool-FC-SM"


def test_googlenet_has_the_lecture_s_nine_inceptions() -> None:
    words = shipped("googlenet").split("-")
    assert words[:2] == ["Conv", "MPool"] and words[-2:] == ["FC", "SM"]
    assert words.count("Inception") == 9 and words.count("MPool") == 4


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ("Conv(8) - BN - ReLU - MPool - FC(10, SM)", "Conv-MPool-FC(SM)"),
        ("Conv(8) - Norm - FC(10) - SM", "Conv-Norm-FC-SM"),
        ("[Conv(8) - ReLU]x3 - FC(2)", "[Conv]x3-FC"),
        ("[Conv(8)]x1 - FC(2)", "Conv-FC"),
        ("[[Conv(8)]x2 - MPool]x3 - FC(2)", "[[Conv]x2-MPool]x3-FC"),
        ("[Conv(8) - (MPool if (k == 1) else ReLU)]x3 as k", "Conv-Conv-MPool-Conv"),
        ("for n in [4, 8] { Conv(n) - MPool }", "[Conv-MPool]x2"),
        ("for n in [1, 2] { [Conv(8)] x n }", "Conv-[Conv]x2"),
        ("Conv(8) - add { Conv(8) - Conv(8) | Conv(8, 1) }", "Conv-Conv-Conv"),
        ("ReLU", ""),
    ],
)
def test_chains(chain: str, said: str) -> None:
    assert outline(network(in_model(chain))) == said


def test_the_main_path_is_the_way_to_the_output() -> None:
    text = (
        "block Two(n) { concat { Conv(n) | Conv(n, 1) - Conv(n) } }\n"
        "block Gate { mul { in | GAPool - Conv(in.channels, 1) } }\n"
        "model m {\n  input 3x8x8\n  a = Conv(4) - Two(4)\n  b = a - Gate\n  unused = a - Conv(9)\n"
        "  return b - FC(2)\n  return training b - FC(2), a - aux: (MPool - FC(2))\n}\n"
    )
    assert outline(network(text)) == "Conv-Two-Gate-FC"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("x = Conv(4)\n  x = x - MPool\n  x = x - DWConv\n  x - FC(2)", "Conv-MPool-DWConv-FC"),
        ("if true { x = Conv(4) } else { x = in }\n  y = x - MPool\n  x = y - Conv(2)\n  x", "Conv-MPool-Conv"),
        (
            "a, b = Conv(4) - Chunk(2)\n  a = b - MPool\n  add { a | b - Conv(2) - Conv(2, 1, 2) } - Linear(3)",
            "Conv-Conv-Conv-Linear",
        ),
    ],
)
def test_a_name_may_be_given_again(body: str, said: str) -> None:
    assert outline(network(f"model m {{\n  input 3x8x8\n  {body}\n}}\n")) == said


def test_it_is_linear_where_names_branch() -> None:
    """Each named tensor is visited once, although there are 2**60 paths through this network."""
    steps = "".join(f"  x{i + 1} = add {{ x{i} - ReLU | x{i} }}\n" for i in range(60))
    text = f"model m {{\n  input 3x8x8\n  x0 = Conv(4)\n{steps}  x60 - Conv(2)\n}}\n"
    assert outline(network(text)) == "Conv-Conv"
