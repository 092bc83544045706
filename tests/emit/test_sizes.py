"""Sizes that a class computes from those of its inputs, for each way in which a layer's rule uses them."""

from __future__ import annotations

import pytest

from tests.emit.cases import emitted


def test_a_partial_window_counts_unless_it_starts_in_the_padding() -> None:
    """The last window does so for 9 rows and for 5, but not for 8 columns: one class is right for all of these."""
    source = emitted("""
block B(k) {
  x = MPool(k, pad=1, ceil=true)
  x - Conv(x.height) - Conv(x.width)
}
model m {
  input 3x9x8
  B(2) - B(2)
}
""")
    assert source.count("class B(") == 1


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("for c in [1, 2, 4, 5, 7] { Conv(8 * c) - BN - ReLU }", "for c in (8, 16, 32, 40, 56):"),
        (
            "for (c, n) in [(1, 2), (3, 2), (5, 1), (6, 3), (7, 3)] { [Conv(8 * c + 1)] x n - MPool(2) if (n > 2) }",
            "for c, n in ((9, 2), (25, 2), (41, 1), (49, 3), (57, 3)):",
        ),
        (
            "for c in [1, 2, 4, 5, 7] { Conv(8 * c) - Conv(c) - ReLU }",
            "for c in (1, 2, 4, 5, 7):",
        ),
    ],
)
def test_a_column_that_is_only_read_in_one_expression_has_its_values(body: str, line: str) -> None:
    assert line in emitted(f"model m {{\n  input 4x32x32\n  {body}\n}}\n")


@pytest.mark.parametrize(
    ("one", "other", "written"),
    [
        ("[4, 8]", "[8, 4]", "cs: tuple[int, int]"),
        ("[4, 8]", "[8, 4, 2]", "cs: tuple[int, ...]"),
        ("[4, 8, 4]", "[8, 4, 2]", "cs: tuple[int, int, int]"),
    ],
)
def test_a_list_is_a_parameter(one: str, other: str, written: str) -> None:
    text = f"block B(cs) {{ for c in cs {{ Conv(c) }} }}\nmodel m {{\n  input 4x8x8\n  B({one}) - B({other})\n}}\n"
    source = emitted(text)
    assert source.count("class B") == 1 and written in source


@pytest.mark.parametrize(
    ("body", "inside", "behind"),
    [
        ("BN - [ReLU - Conv(4) - BN] x n - ReLU", True, True),
        ("BN - [Conv(4) - ReLU - Tanh] x n - ReLU", True, False),
        ("[ReLU - Conv(4)] x n - ReLU", False, False),
        ("Tanh - [Conv(4) - BN] x n - ReLU", None, False),
        ("BN - [[Conv(4) - BN] x 2 - Tanh] x n - ReLU", None, False),
        ("BN - [BN if (n > 2) else Tanh - Conv(4)] x n - ReLU", None, True),
    ],
)
def test_what_is_overwritten_in_and_behind_a_loop_of_any_length(body: str, inside: bool | None, behind: bool) -> None:
    """The ReLUs in a loop, if any, and the one after it, where the loop may have no turns."""
    text = f"block B(n) {{ {body} }}\nmodel m {{\n  input 4x8x8\n  Tanh - B(2) - Tanh - B(3) - Tanh - B(0)\n}}\n"
    said = [line for line in emitted(text).split("class M")[0].splitlines() if "nn.ReLU(" in line]
    wanted = [way for way in (inside, behind) if way is not None]
    found = [part.startswith("inplace=True") for line in said for part in line.split("nn.ReLU(")[1:]]
    assert found == wanted


@pytest.mark.parametrize("turns", ["for w in [12] { PadChannels(16, before=1) }", "[PadChannels(16, before=1)] x 1"])
def test_a_number_of_an_earlier_turn_is_that_of_the_turn(turns: str) -> None:
    """The channels before a loop depend on an argument, and its only turn reads them in `forward`."""
    branches = f"concat {{ (concat {{ in }} if (in.channels > 8) else Conv(2)) - {turns} - Conv(4) }}"
    text = f"block B {{ {branches} }}\nmodel m {{\n  input 4x8x8\n  B - Conv(12) - B\n}}\n"
    assert ", 15 - channels" in emitted(text)
