"""Warnings about needless paddings and aliases, and cases without them."""

from __future__ import annotations

import pytest

from archc.analysis.repair.fix import fixed
from archc.diagnostics.source import Source
from archc.pipeline import Options
from tests.support.specs import checked, in_model, load

NEEDLESS = [
    ("Conv(8, 3, pad=1)", "Conv(8, 3)"),
    ("Conv(8, pad=1)", "Conv(8)"),
    ('Conv(8, 5, pad="half")', "Conv(8, 5)"),
    ("Conv(8, 3, pad=2, dilation=2)", "Conv(8, 3, dilation=2)"),
    ("Conv(8, 1x7, pad=0x3)", "Conv(8, 1x7)"),
    ("DWConv(3, pad=1)", "DWConv(3)"),
    ("MPool(2, pad=0, stride=2)", "MPool(2, stride=2)"),
    ("APool(pad=0)", "APool"),
]
NEEDED = ["Conv(8, 5, pad=1)", "Conv(8, 3, pad=0)", "MPool(3, 2, pad=1)", "Conv(8, 3, pad=1, dilation=2)", "Conv(8)"]


def said(text: str) -> list[str]:
    return [d.code for d in checked(text).diagnostics if d.code == "W0309"]


@pytest.mark.parametrize(("written", "left"), NEEDLESS)
def test_a_needless_padding_is_left_out_unasked(written: str, left: str) -> None:
    text = in_model(written)
    assert said(text) == ["W0309"]
    assert fixed(Source("m.arch", text), load) == in_model(left)


@pytest.mark.parametrize("written", NEEDED)
def test_a_padding_that_is_needed_is_let_be(written: str) -> None:
    assert said(in_model(written)) == []


def test_what_holds_for_one_call_only_is_no_needless_padding() -> None:
    block = "block B(k, p=1) { Conv(8, k, pad=1) - Conv(8, 3, pad=p) }\n"
    assert said(block + in_model("B(3)")) == []
    assert said(block + in_model("B(3) - B(5)")) == []


def test_a_padding_that_a_default_would_change_is_needed() -> None:
    assert said("default Conv(pad=0)\n" + in_model("Conv(8, 3, pad=1)")) == []
    assert said("default Conv(bias=false)\n" + in_model("Conv(8, 3, pad=1)")) == ["W0309"]


def test_other_names_are_told_and_changed_on_request_only() -> None:
    text = in_model("Conv(8) - Pool - BatchNorm - FC(10) - Softmax")
    asked = Options(warn=frozenset({"W0104"}), allow=frozenset({"W0301"}))
    assert [d.code for d in checked(text).diagnostics if d.code == "W0104"] == []
    assert [d.code for d in checked(text, options=asked).diagnostics] == ["W0104"] * 3
    assert fixed(Source("m.arch", text), load) == text
    assert fixed(Source("m.arch", text), load, None, asked) == in_model("Conv(8) - MPool - BN - FC(10) - SM")
