"""The results of bodies, checked without expanding them."""

from __future__ import annotations

import pytest

from archc.diagnostics.core import Severity
from tests.resolve.specs import checked, said

T = "block T over (a, b) { return b, a }\n"


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("block B { a, b = Conv(8)\n add { a | b } }", [("E0406", "a, b")]),
        (T + "block B { x = Chunk(2) - T\n x }", [("E0406", "x")]),
        ("macro M = Conv(8) - ReLU\nblock B { a, b = M\n add { a | b } }", [("E0406", "a, b")]),
        ("block B(k) { Conv(8) if (k)\n return ReLU }", [("E0403", "Conv(8) if (k)")]),
        ("block B(k) { return ReLU\n return Conv(3) }", [("E0411", "return Conv(3)")]),
    ],
)
def test_what_is_surely_wrong(text: str, wanted: list[tuple[str, str]]) -> None:
    assert said(text + "\n") == wanted


@pytest.mark.parametrize(
    "text",
    [
        "block B { a, b = Chunk(2)\n add { a | b } }",
        "block B(L) { a, b = L\n add { a | b } }",
        "block B(k) { a, b = Chunk(2) if (k) else Chunk(3)\n add { a | b } }",
        "block B(rows) { a, b = Chunk(2) - for T in rows { T }\n add { a | b } }\n" + T,
        "macro M(k) = Concat if (k)\nblock B { a, b = Chunk(2) - M(false)\n add { a | b } }",
        "block B(k) { if k { return Conv(3) } else { return Conv(8) } }",
        "block B(k) { if k { return Conv(3) }\n if not k { return Conv(8) } }",  # it depends on the call
        "block B(k) { if k { Conv(3) } else if k > 3 { Conv(8) } else { ReLU } }",
        "block B { return training ReLU, in\n return ReLU }",
    ],
)
def test_what_only_a_call_can_tell(text: str) -> None:
    assert said(text + "\n") == []


@pytest.mark.parametrize(
    "body, single",
    [
        ("if k { return ReLU, in } else { return ReLU }", "false"),
        ("if k { return ReLU, in }\n return ReLU", "false"),
        ("if k { return ReLU }\n if not k { return ReLU, in }", "true"),
    ],
)
def test_results_of_different_number(body: str, single: str) -> None:
    result = checked(f"block B(k) {{ {body} }}\nmodel m {{ input 3x8x8\n B({single}) }}\n")
    assert [(d.code, d.severity) for d in result.diagnostics] == [("W0106", Severity.WARNING)]
