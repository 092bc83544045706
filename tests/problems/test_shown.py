"""Messages show values, layers and operands as they are written."""

from __future__ import annotations

import pytest

from tests.support.specs import checked, in_model


@pytest.mark.parametrize(
    ("chain", "shown"),
    [
        ("a: Param([3, -8, 8])", "[3, -8, 8]"),
        ("AdaptiveAPool(none)", "none"),
        ("AdaptiveAPool([7, none])", "[7, none]"),
        ("Scale([1, 2, 3])", "1x2x3"),
        ("ConvTranspose(4, pad=[[0, 1]])", "[[0, 1]]"),
        ("x = Conv(8)\n  x * 100000000000000000000", "the other operand of a tensor"),
        ("ScaledStdConv(8, groups=2)", "input channels of ScaledStdConv"),
        ("ScaledStdConv(8, 64, pad=0)", "the kernel of ScaledStdConv"),
        ("in - (0.5, 0.4)", "these are numbers, not tensors"),
    ],
)
def test_messages_show_what_is_written(chain: str, shown: str) -> None:
    (found,) = checked(in_model(chain)).diagnostics
    assert shown in found.problem.message()


@pytest.mark.parametrize(
    ("chain", "shown"),
    [
        ("y = x ** 2", "`x * x`"),
        ("x ** 2", "`x * x`"),
        ("return x > 0", "`+`, `-`, `*` and `/`"),
        ("Conv(8) - x - 1", "`(Conv(8)) - x - 1`"),
        ("-x", "`(-x)`"),
    ],
)
def test_arithmetic_is_advised_upon_wherever_it_stands(chain: str, shown: str) -> None:
    found = checked(in_model(f"x = Conv(8)\n  {chain}")).diagnostics
    assert shown in "\n".join(d.help for d in found)
