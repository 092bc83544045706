"""Messages about tensors that do not fit: their sizes, and the ways out."""

from __future__ import annotations

import pytest

from archc.analysis.repair.fix import fixed
from archc.analysis.repair.search import with_repairs
from archc.diagnostics.core import Diagnostic
from archc.diagnostics.source import Source
from archc.pipeline import check
from tests.support.specs import in_model, load

UNET = "e1 = Conv(4)\n  e2 = e1 - MPool - Conv(8)\n  e3 = e2 - MPool - Conv(8)\n  concat { %s } - Conv(2, 1)"


def told(text: str) -> tuple[Diagnostic, ...]:
    source = Source("x.arch", text)
    return with_repairs(check(source, load), source, load).diagnostics


def mended(text: str) -> str:
    return fixed(Source("x.arch", text), load, unsafe=True)


@pytest.mark.parametrize(
    ("branches", "meant"),
    [
        ("e3 - Upsample(2) | e1", "e3 - Upsample(2) | e2"),
        ("e3 | e2", "e3 - Upsample(2) | e2"),
        ("e1 | e2 - Upsample(4)", "e1 | e2 - Upsample(2)"),
    ],
)
def test_the_level_that_meets(branches: str, meant: str) -> None:
    assert f"{{ {meant} }}" in mended(in_model(UNET % branches, "3x32x32"))


def test_the_middle_of_an_image_meets_what_has_no_padding() -> None:
    chain = "a = Conv(4, 3, pad=0)\n  b = a - Conv(4, 5, pad=0)\n  concat { a | b } - Conv(2, 1)"
    assert "{ a - Crop(26) | b }" in mended(in_model(chain, "3x32x32"))


def test_streams_of_inputs_of_two_sizes() -> None:
    text = (
        "model m {\n  input a: 3x32x32\n  input b: 2x16x16\n  x = a - Conv(4)\n  y = b - Conv(4)\n  x + y - FC(2)\n}\n"
    )
    merged = text.replace("x + y", "add { x | y }")
    assert "input b: 2x32x32" in mended(merged)


@pytest.mark.parametrize(
    ("chain", "advice"),
    [
        ("[MPool]x6 - FC(10)", "at least 3x64x64"),
        ("Conv(4) - GAPool - MPool - FC(10)", "`GAPool` makes the image 1x1"),
        ("MPool(4) - Conv(4, 9, pad=0) - FC(10)", "leave out `pad=0`"),
        ("Flatten - Conv(4) - FC(10)", "put Conv before the flattening"),
        ("FC(64) - Conv(4) - FC(10)", "`FC(64) - Reshape([4, 4, 4])`"),
        ("FC(60) - Reshape([4, 4, 4]) - FC(10)", "`FC(64) - Reshape([4, 4, 4])`"),
    ],
)
def test_what_makes_an_image_fit(chain: str, advice: str) -> None:
    (found,) = told(in_model(chain, "3x32x32"))
    assert advice in found.help


@pytest.mark.parametrize("side", [16, 20, 31])
def test_the_least_input_is_enough_and_no_more(side: int) -> None:
    """If an input is too small, the suggested size fits, and one row less does not."""
    chain = "Conv(4, 7, 2) - MPool(3, 2) - Conv(4, 5, 2, pad=0) - MPool - MPool(3, 2) - FC(10)"
    found = next(d for d in told(in_model(chain, f"3x{side}x{side}")) if d.code == "E0302")
    least = int(found.help.partition("at least 3x")[2].partition("x")[0])
    at = [d.span for d in told(in_model(chain, f"3x{least}x{least}")) if d.code == "E0302"]
    below = [d.span for d in told(in_model(chain, f"3x{least - 1}x{least - 1}")) if d.code == "E0302"]
    assert found.span not in at and found.span in below


def test_an_unknown_name_is_told_once_with_its_places() -> None:
    text = in_model("Conv(4) - Blok(4) - Conv(4) - Blok(4) - Blok(8) - Blok(4) - Blok(2) - FC(10)")
    (found,) = told(text)
    assert [label.text for label in found.labels] == ["and here", "and here", "and here, and 1 time more"]


@pytest.mark.parametrize(
    "text", ["Conv(4) - Covn(4) - Covn(8) - FC(10)", "Conv(4, bias=False) - Conv(8, bias=False) - FC(10)"]
)
def test_it_is_mended_at_all_of_them(text: str) -> None:
    assert mended(in_model(text)) == in_model(text.replace("Covn", "Conv").replace("False", "false"))


def test_what_is_used_on_several_is_shared() -> None:
    chains = "net = Conv(4) - GAPool\n  concat { net(a) | net(b) } - FC(1)"
    text = f"model m {{\n  input a: 1x8x8\n  input b: 1x8x8\n  {chains}\n}}\n"
    assert "  shared net: (Conv(4) - GAPool)\n  concat { a - net | b - net } - FC(1)\n" in mended(text)


def test_layers_that_were_named_as_tensors() -> None:
    chain = "conv1 = Conv(4)\n  relu = ReLU\n  fc = FC(10)\n  conv1 - relu - fc"
    assert "  conv1: Conv(4) - relu: ReLU - fc: FC(10)\n" in mended(in_model(chain))
