"""Messages about sizes that do not fit: their origin, and sizes that would fit."""

from __future__ import annotations

import pytest

from tests.support.specs import checked, in_model

EVEN = "an even kernel makes an image smaller by one: {} or {} keep its size"
PADDED = "a convolution keeps the size of the image if it is padded: leave `pad` out of `{}`"
AGAIN = "`{}` strides once more than the other branch: leave its stride out"


def told(chain: str, shape: str) -> tuple[str, list[tuple[str, str]]]:
    """The help of the only error, and its labels with their texts."""
    text = in_model(chain, shape)
    (found,) = checked(text).diagnostics
    labels = [(text[one.span.start : one.span.end], one.text) for one in found.labels]
    return getattr(found.problem, "advice", ""), labels


@pytest.mark.parametrize(
    ("chain", "shape", "advice"),
    [
        ("add { Conv(3, 2) | in }", "3x8x8", f"{EVEN.format(1, 3)}, as in `Conv(…, 3)`"),
        ("add { Conv(3) - DWConv(4) | in }", "3x8x8", EVEN.format(3, 5)),
        ("add { MPool(2, 1) | in }", "3x8x8", ""),
        ("add { Conv(3, 3, pad=0) | in }", "3x8x8", PADDED.format("Conv(3, 3, pad=0)")),
        ("concat { Conv(8, 1) | Conv(8, 5, pad=1) }", "3x8x8", PADDED.format("Conv(8, 5, pad=1)")),
        ("add { Conv(3, 3, 2) - Conv(3, 5, 2) | Conv(3, 1, 2) }", "3x8x8", AGAIN.format("Conv(3, 5, 2)")),
        ("add { MPool - Conv(3, 3, 2) | Conv(3, 1, 2) }", "3x8x8", AGAIN.format("Conv(3, 3, 2)")),
        ("add { Conv(3, 3, 2) - Conv(3) | in }", "3x8x8", ""),
        ("add { Conv(3, 3, 4) | Conv(3, 1, 2) }", "3x8x8", ""),
        ("add { MPool - Upsample | in }", "3x9x8", "9 rows are not divisible by 2: an input of 8 or 10 would do"),
        ("add { MPool - Upsample | in }", "3x8x9", "9 columns are not divisible by 2: an input of 8 or 10 would do"),
        ("add { Conv(3, 3, 4) - Upsample(4) | in }", "3x3x4", "3 rows are not divisible by 4: an input of 4 would do"),
    ],
)
def test_what_would_fit(chain: str, shape: str, advice: str) -> None:
    assert told(chain, shape)[0] == advice


def test_where_sizes_come_from() -> None:
    assert told("add { Conv(3) - MPool - Upsample | in }", "3x9x9")[1] == [
        ("MPool", "9x9 becomes 4x4 here"),
        ("Upsample", "4x4 becomes 8x8 here"),
        ("3x9x9", "9x9 comes from here"),
    ]


def test_a_padding_that_a_default_sets_is_in_no_term() -> None:
    text = "default Conv(pad=0)\nmodel m {\n  input 3x8x8\n  concat { Conv(8, 1) | Conv(8, 3) }\n}\n"
    (found,) = checked(text).diagnostics
    assert "leave `pad` out" not in found.problem.help()


@pytest.mark.parametrize(
    ("chain", "shape", "at"),
    [
        ("Conv(8, 3x3)", "1x100", "3x3"),
        ("Conv(8, [3, 3])", "1x8x8x8", "[3, 3]"),
        ("Conv(8, 3, stride=2x2, pad=1)", "1x100", "2x2"),
        ("Pad(1x1)", "1x100", "1x1"),
        ("default MPool(stride=2x2)\n  MPool(2)", "1x8x8x8", "2x2"),
    ],
)
def test_equal_numbers_are_not_one_number(chain: str, shape: str, at: str) -> None:
    """`3x3` is for the two axes of an image, while `3` fits any number of axes."""
    text = in_model(chain, shape)
    (found,) = checked(text).diagnostics
    assert found.code == "E0320" and text[found.span.start : found.span.end] == at


@pytest.mark.parametrize(
    "chain", ["Conv(8, 3, 2, pad=1)", "MPool(4)", "Pad([[1, 1]])", "default Conv(kernel=3)\n Conv(8)"]
)
@pytest.mark.parametrize("shape", ["1x100", "1x8x8", "1x8x8x8"])
def test_one_number_is_for_all_axes(chain: str, shape: str) -> None:
    assert not [d for d in checked(in_model(chain, shape)).diagnostics if d.code[0] == "E"]


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ("Tokens - Linear(in.channels) - B", "its sizes are `.channels` (64) and `.height` (3)"),
        ("FC(10) - B", "its size is `.channels` (10)"),
    ],
)
def test_a_size_that_is_not_there_names_those_that_are(chain: str, said: str) -> None:
    text = f"block B {{ Linear(in.width) }}\nmodel m {{\n  input 3x8x8\n  {chain}\n}}\n"
    (found,) = checked(text).diagnostics
    assert found.problem.code == "E0202" and found.problem.help() == said
