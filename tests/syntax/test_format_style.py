"""The style by example, and text that the formatter does not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.syntax.format.layout import WIDTH
from tests.support.specs import SPECS
from tests.syntax.test_format import fmt

PAIRS = {
    "a lecture's line": ("Conv-Pool-Conv-FC(SM)\n", "Conv - Pool - Conv - FC(SM)\n"),
    "signs": (
        "let a=-1+2**-3\nfn f(x,y = 2)=x[0]//y if not x else{}\n".replace("{}", "(1,)"),
        "let a = -1 + 2**-3\nfn f(x, y=2) = x[0] // y if not x else (1,)\n",
    ),
    "repeats": (
        "[ Conv-ReLU ] x 3 - [A]xn as i - [A] x (n + 1)\n",
        "[Conv - ReLU]x3 - [A] x n as i - [A] x (n + 1)\n",
    ),
    "a body": (
        "block B( c ) {\n\n\n 'x'\n}\n".replace("'x'", '"Doc."\nlet n=1\n\n\n\nConv(c)'),
        'block B(c) {\n  "Doc."\n  let n = 1\n\n  Conv(c)\n}\n',
    ),
    "an empty body": ("block B {\n}\n", "block B {}\n"),
    "a dash leads its line": (
        "model m {\n  input 3x8x8\n  Conv(8) -   # why\n  ReLU -\n  BN\n}\n",
        "model m {\n  input 3x8x8\n  Conv(8)  # why\n  - ReLU\n  - BN\n}\n",
    ),
    "the first term of a group hangs": (
        "model m {\n input 3x8x8\n f: (Conv(8)\n - ReLU) - SM\n}\n",
        "model m {\n  input 3x8x8\n  f: (\n      Conv(8)\n    - ReLU\n  ) - SM\n}\n",
    ),
    "branches": (
        "block B {\n add { Conv(8)\n - BN | in } - ReLU\n}\n",
        "block B {\n  add {\n      Conv(8)\n      - BN\n    | in\n  } - ReLU\n}\n",
    ),
    "right of the dash": (
        "block B {\n Conv(8)\n - for i in xs {\n A\n - B\n }\n}\n",
        "block B {\n  Conv(8)\n  - for i in xs {\n      A\n      - B\n    }\n}\n",
    ),
    "else follows its brace": (
        "block B {\n  if a {\n A\n}\n  else {\nB }\n}\n",
        "block B {\n  if a {\n    A\n  } else {\n    B\n  }\n}\n",
    ),
    "a macro that goes on": ("macro M = A\n - B\n", "macro M =\n    A\n  - B\n"),
    "values on lines of their own": ("let a = [\n1,2,\n3]\n", "let a = [\n  1, 2,\n  3\n]\n"),
    "values beside their bracket": ("let a = [(1,2),\n(3,4)\n]\n", "let a = [(1, 2),\n         (3, 4)]\n"),
    "aligned columns stay": (
        "model m {\n  input 1x8x8\n  c1: Conv(6, 5)    - Tanh\n  - s2: APool       - Tanh\n}\n",
        "model m {\n  input 1x8x8\n  c1: Conv(6, 5)    - Tanh\n  - s2: APool       - Tanh\n}\n",
    ),
    "numbers end together": (
        "let u = [( 8,   16),\n         (28,  256)]\n",
        "let u = [( 8,   16),\n         (28,  256)]\n",
    ),
    "a column follows what it is made of": (
        "let a = [1,2]    # one\nlet b = [1,2,3]  # two\n",
        "let a = [1, 2]     # one\nlet b = [1, 2, 3]  # two\n",
    ),
    "other blanks go": ("let a   =   1     # one\nlet bb = 2\n", "let a = 1  # one\nlet bb = 2\n"),
    "a docstring moves": (
        'block B {\n      """One.\n      Two.\n        Three.\n      """\n  A\n}\n',
        'block B {\n  """One.\n  Two.\n    Three.\n  """\n  A\n}\n',
    ),
    "comments stay at their place": (
        "# top\n\n\n# second\nblock B { # open\n  # first\n  A # end\n  # middle\n  - B\n  # last\n}\n# after",
        "# top\n\n# second\nblock B {  # open\n  # first\n  A  # end\n  # middle\n  - B\n  # last\n}\n# after\n",
    ),
    "nothing": ("", ""),
    "only a comment": ("   # hm  ", "# hm\n"),
    "line ends": ("let a = 1\r\nlet b = 2\r\n", "let a = 1\nlet b = 2\n"),
}


@pytest.mark.parametrize("before,after", PAIRS.values(), ids=PAIRS.keys())
def test_the_style(before: str, after: str) -> None:
    assert fmt(before) == after
    assert fmt(after) == after


@pytest.mark.parametrize("name", ["a", "layer"])
def test_a_long_chain_fills_its_lines(name: str) -> None:
    text = "model m {\n  input 3x8x8\n  " + "-".join([f"{name}: Conv(64)"] * 20) + "\n}\n"
    lines = fmt(text).splitlines()[2:-1]
    assert all(line.startswith("  - ") for line in lines[1:])
    assert all(len(line) <= WIDTH for line in lines)
    assert all(len(one) + 2 + len(f"- {name}: Conv(64)") > WIDTH for one in lines[:-1])


def test_a_long_line_opens_its_merges_first() -> None:
    long = "Conv(64) - BN - ReLU - Conv(64) - BN - ReLU"
    assert fmt(f"block B {{\n  add {{ {long} | {long} | in }} - ReLU\n}}\n").splitlines() == [
        "block B {",
        "  add {",
        f"      {long}",
        f"    | {long}",
        "    | in",
        "  } - ReLU",
        "}",
    ]


def test_a_comment_after_the_last_comma_of_a_long_line_is_no_hindrance() -> None:
    once = fmt(f"let a = [{'12345, ' * 20}# why\n  1]\n")
    assert fmt(once) == once
    assert once.count("12345") == 20


def test_what_cannot_be_read_stays_byte_for_byte() -> None:
    text = "let a=1\nlet  b  ==  2   \n\n\nblock B( c ) {\n  Conv( c )\n     Conv(( -  c # hm\n  - ReLU\n}\nlet c=3\n"
    once = fmt(text)
    assert "let a = 1\nlet  b  ==  2   \n" in once
    assert "     Conv(( -  c # hm\n" in once
    assert once.startswith("let a = 1\n")
    assert once.endswith("let c = 3\n")
    assert fmt(once) == once


@pytest.mark.parametrize(
    "text", ["block B {\n  Conv( 8 )\n", "let a = [1,\n", "}\nlet a=1\n", '"""', "(" * 10_000, "\x00", "]x3"]
)
def test_broken_text_is_no_hindrance(text: str) -> None:
    once = fmt(text)
    assert fmt(once) == once


def test_formatting_is_linear_and_does_not_recurse() -> None:
    once = fmt("-".join(["Conv(64)"] * 2_000))
    assert max(map(len, once.splitlines())) <= WIDTH
    assert once.count("Conv(64)") == 2_000


@pytest.mark.parametrize("cut", range(5, 95, 10))
@pytest.mark.parametrize("spec", ["googlenet", "shufflenet"])
def test_a_cut_off_spec_keeps_what_it_says(spec: str, cut: int) -> None:
    whole = (SPECS / f"{spec}.arch").read_text(encoding="utf-8")
    text = whole[: len(whole) * cut // 100]
    once = fmt(text)
    assert "".join(once.split()) == "".join(text.split())
    assert fmt(once) == once


def test_specs_come_back_from_one_line(tmp_path: Path) -> None:
    text = (SPECS / "densenet.arch").read_text(encoding="utf-8")
    loose = "\n".join(line.strip().replace(" - ", "-").replace(", ", " ,  ") for line in text.split("\n"))
    assert fmt(loose).replace(" ", "") == text.replace(" ", "").replace("\n\n\n", "\n\n")
