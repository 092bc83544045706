"""An error in a definition is reported once, with the number of affected calls."""

from __future__ import annotations

import pytest

from archc.diagnostics.render import render
from tests.resolve.specs import checked

MODEL = "model m {{\n  input 3x8x8\n  {}\n}}\n"


@pytest.mark.parametrize("calls, words", [(1, ""), (2, ", and in 1 more call"), (20, ", and in 19 more calls")])
def test_an_error_that_only_a_call_shows(calls: int, words: str) -> None:
    block = "block B(c) { Conv(c // 0) }\n"
    result = checked(block + MODEL.format(" - ".join(["B(4)"] * calls)))
    (diagnostic,) = result.diagnostics
    assert diagnostic.more_calls == calls - 1
    assert f"= in B(4), expanded at 4:3 as 0{words}\n" in render(result.diagnostics, result.sources)


def test_calls_with_other_arguments_count_too() -> None:
    result = checked("block B(c) { Conv(c // 0) }\n" + MODEL.format("B(4) - B(5) - [B(6)]x3"))
    assert [d.more_calls for d in result.diagnostics] == [4]


def test_variants_of_one_model_are_no_further_calls() -> None:
    text = "block B(c) { Conv(c // 0) }\n" + MODEL.format("B(4) - B(4)")
    text += "".join(f"variant v{i} = m {{\n  freeze all\n}}\n" for i in range(3))
    assert [d.more_calls for d in checked(text).diagnostics] == [1]


def test_an_error_of_the_definition_itself_stands_in_no_call() -> None:
    result = checked("block B(c) { Conv(cc) }\n" + MODEL.format(" - ".join(["B(4)"] * 20)))
    (diagnostic,) = result.diagnostics
    assert diagnostic.frame is None and not diagnostic.more_calls
