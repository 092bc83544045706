"""The text of formulas, and the windows of one axis."""

from __future__ import annotations

import pytest

from archc.ir.cost import Formula, each, extent, window
from archc.ir.types import TensorType, image, vector
from archc.ir.window import POINT, Window, half, reach, slide, slide_ceil


@pytest.mark.parametrize(
    ("formula", "text", "latex"),
    [
        (Formula(), "0", "0"),
        (Formula.of(("N", 10)), "N = 10", "N = 10"),
        (Formula.of(("N", 10), ("M", 200)), "N·M = 10·200 = 2,000", r"N \cdot M = 10 \cdot 200 = 2{,}000"),
        (Formula.of(("M", 2), ("N", 3)) + Formula.of(("N", 3)), "M·N + N = 2·3 + 3 = 9",
         r"M \cdot N + N = 2 \cdot 3 + 3 = 9"),
        (Formula.of(("M/G", 4)), "M/G = 4", r"\frac{M}{G} = 4"),
        (Formula.of(("(inputs-1)", 2), ("D_F", 3)), "(inputs-1)·D_F = 2·3 = 6",
         r"(\mathrm{inputs}-1) \cdot D_F = 2 \cdot 3 = 6"),
        (Formula.of(("N", 1_000), ("1", 1)), "N·1 = 1000·1 = 1,000", r"N \cdot 1 = 1000 \cdot 1 = 1{,}000"),
    ],
)  # fmt: skip
def test_a_formula_is_symbols_numbers_and_value(formula: Formula, text: str, latex: str) -> None:
    assert str(formula) == text and formula.latex == latex


def test_factors_of_tensors_and_kernels() -> None:
    assert extent(image(4, 5, 5)) == (("N", 4), ("D_F", 5), ("D_F", 5))
    assert extent(image(4, 5, 7), "M") == (("M", 4), ("H", 5), ("W", 7))
    assert extent(vector(4)) == (("N", 4),)
    assert extent(TensorType(dims=(4, 5, 6, 7))) == (("N", 4), ("L_1", 5), ("L_2", 6), ("L_3", 7))
    assert window((1, 1)) == () and window((3, 3)) == (("D_K", 3), ("D_K", 3))
    assert window((1, 3)) == (("K_H", 1), ("K_W", 3)) and window((3, 1)) == (("K_H", 3), ("K_W", 1))
    assert each(1, vector(4)) == Formula.of(("N", 4)) and each(2, vector(4)) == Formula.of(("2", 2), ("N", 4))


def test_types_of_tensors() -> None:
    x = image(3, 4, 5)
    assert (x.channels, x.height, x.width, x.elements, str(x)) == (3, 4, 5, 60, "3x4x5")
    assert [TensorType(dims=d).is_image for d in ((3,), (3, 4), (3, 4, 5), (3, 4, 5, 6))] == [False, False, True, False]


def covers(size: int, taps: int, dilation: int, stride: int, pad: int) -> int:
    """The positions of a window, counted one by one."""
    places, start = 0, -pad
    while start + dilation * (taps - 1) <= size + pad - 1:
        places, start = places + 1, start + stride
    return places


def test_windows_are_counted_one_by_one() -> None:
    for size in range(1, 8):
        for taps in range(1, 5):
            for dilation in (1, 2, 3):
                covered, pads = reach((taps, 2), (dilation, 3)), range(taps)
                assert covered == (dilation * (taps - 1) + 1, 4)
                assert half((taps, 2), (dilation, 3)) == (dilation * (taps - 1) // 2, 1)
                for stride in (1, 2, 3):
                    for pad in pads:
                        found = slide(size, covered[0], stride, pad)
                        assert max(found, 0) == covers(size, taps, dilation, stride, pad)
                        if found < 1:
                            continue
                        up = slide_ceil(size, covered[0], stride, pad)
                        partial = (size + 2 * pad - covered[0]) % stride != 0
                        # one more if a window is cut off and starts no later than the image ends
                        assert up == found + (partial and found * stride < size + pad)


def test_a_point_reads_the_place_behind_it() -> None:
    assert Window() == POINT == ((1, 1), (1, 1), (0, 0), (1, 1))
