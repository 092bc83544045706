"""Warnings about unused definitions."""

from __future__ import annotations

import pytest

from archc.diagnostics.problems.warnings.names import UnreadTensor
from tests.resolve.specs import checked

MODEL = "model m {{\n  input 4x8x8\n  {}\n}}\n"


def doubts(text: str) -> list[tuple[str, str]]:
    """The warnings in a text: the code of each with the underlined text."""
    result = checked(text)
    return [(d.code, result.sources[d.span.file].snippet(d.span)) for d in result.diagnostics]


def helps(text: str) -> list[str]:
    return [d.help for d in checked(text).diagnostics]


@pytest.mark.parametrize(
    "body, instead",
    [
        ("x = Conv(8)\n  Conv(4)", "x - Conv(4)"),
        ("x = Conv(8)\n  x = Conv(4) - ReLU\n  x - ReLU", "x = x - Conv(4) - …"),
        ("x = Conv(8)\n  a, b = Chunk(2)\n  add { a | b }", "a, b = x - Chunk(2)"),
        ("x = Conv(8)\n  return ReLU", "x - ReLU"),
    ],
)
def test_a_tensor_that_the_next_chain_should_have_gone_on_from(body: str, instead: str) -> None:
    text = MODEL.format(body)
    (diagnostic,) = (d for d in checked(text).diagnostics if isinstance(d.problem, UnreadTensor) and d.problem.instead)
    assert diagnostic.help == f"to go on from `x`, write `{instead}`"
    (edit,) = diagnostic.edits
    mended = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert not [d for d in checked(mended).diagnostics if d.code == "W0105" and "`x`" in d.problem.message()]


@pytest.mark.parametrize(
    "body",
    [
        "x = Conv(8)\n  x - ReLU",
        "x = Conv(8)\n  Conv(x.channels)",
        "x = Conv(8)\n  x = x - ReLU\n  x - ReLU",
        "_x = Conv(8)\n  Conv(8)",
        "a, _b = Chunk(2)\n  a - ReLU",
        "let aux = true\n  if aux { x = Conv(8) }\n  if aux { return training ReLU, x }\n  return ReLU",
        "let a = true\n  if a { x = Conv(8) } else { x = Conv(9) }\n  x - ReLU",
        "let a = true\n  x = Conv(8)\n  if a { x = x - ReLU }\n  x - ReLU",
        "let a = true\n  x = Conv(8)\n  if a { x = ReLU }\n  x - ReLU",
        "x = Conv(8)\n  ([x]x2 - ReLU) if (true) else (x - ReLU)",
        "x = Conv(8)\n  add { x | Conv(8) - add { x | in } }",
    ],
)
def test_a_tensor_that_something_may_read(body: str) -> None:
    assert "W0105" not in {code for code, _ in doubts(MODEL.format(body))}


@pytest.mark.parametrize(
    "body, unread",
    [
        ("x = Conv(8)\n  y = Conv(8)\n  y - ReLU", ["x"]),
        ("let a = true\n  x = Conv(8)\n  if a { x = ReLU } else { x = SiLU }\n  x - ReLU", ["x"]),
        ("a, b = Chunk(2)\n  a - ReLU", ["b"]),
    ],
)
def test_a_tensor_that_nothing_reads(body: str, unread: list[str]) -> None:
    assert [name for code, name in doubts(MODEL.format(body)) if code == "W0105"] == unread


def test_facts() -> None:
    text = MODEL.format("Conv(8)") + 'variant v = m {\n  papper: "p"\n  x_free: 1\n  likes: "timm:x"\n  year: 2015\n}\n'
    assert doubts(text) == [("W0502", "papper"), ("W0502", "likes"), ("W0502", "year")]
    assert helps(text) == ["did you mean `paper`?", "did you mean `like`?", "a fact of your own is named `x_year`"]


def test_a_fact_given_twice() -> None:
    assert doubts(MODEL.format("Conv(8)") + "variant v = m {\n  top1: 1\n  top1: 2\n}\n") == [("E0102", "top1")]


def test_unused_is_what_no_reference_means() -> None:
    """An equal name is not a use: it may be a label, a local value or another parameter."""
    block = "block Unused(c) { Conv(c) }\n"
    assert doubts(block + MODEL.format("let k = 3\n  Unused2: Conv(k)")) == [("W0101", "Unused")]
    shadowed = "let width = 3\nblock B(width) { Conv(width) }\n" + MODEL.format("B(3)")
    assert doubts(shadowed) == [("W0103", "let width = 3")]
    other = "block B(c, k) { Conv(c) }\n" + MODEL.format("[B(3, 1)]x2 as k")
    assert doubts(other) == [("W0102", "k")]


def test_a_member_is_not_asked_what_else_is_in_its_file() -> None:
    from archc.diagnostics.source import Source
    from archc.pipeline import check
    from tests.support.specs import load

    text = "block Unused(c) { Conv(c) - Nope }\n" + MODEL.format("Conv(3)")
    assert not check(Source("test.arch", text), load, "m").diagnostics


@pytest.mark.parametrize(
    ("chain", "lost"),
    [
        ("in - Conv(8) - add { x | y }", True),
        ("x - add { x | y }", True),
        ("in - Conv(8) - concat { x - ReLU | y }", True),
        ("in - Conv(8) - add { in | x | y }", False),
        ("in - Conv(8) - add { x | y - Conv(in.channels) }", False),
        ("in - Conv(8) - add { x | y | }", False),
        ("add { x | y }", False),
        ("x - ReLU - add { y | Conv(8) }", False),
    ],
)
def test_a_merge_that_does_not_read_what_comes_in(chain: str, lost: bool) -> None:
    found = doubts(MODEL.format(f"x = Conv(8)\n  y = Conv(8, 1)\n  {chain}"))
    assert [text for code, text in found if code == "W0332"] == ([chain.split(" {")[0].split()[-1]] if lost else [])
