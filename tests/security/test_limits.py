"""The work for every spec is bounded: each excess soon ends in its own diagnostic."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from archc.diagnostics.problems.limits import TooManySteps, TooSlow
from archc.pipeline import Options
from archc.resolve.budget import Budget
from archc.support.limits import LIMITS, Limits
from tests.cli.conftest import Archc
from tests.support.specs import codes, in_model, network

FEW = Limits(layers=1_000, steps=10_000)

M = "model m {\n  input 3x8x8\n  "


def doubled(first: str, kind: str = "macro", step: str = "A{i}-A{i}") -> str:
    """Sixty definitions, each twice the previous one."""
    open_, close = ("= ", "") if kind == "macro" else ("{ ", " }")
    steps = "".join(f"{kind} A{i + 1} {open_}{step.format(i=i)}{close}\n" for i in range(60))
    return f"{kind} A0 {open_}{first}{close}\n{steps}{M}A60\n}}\n"


DEEP = {
    "brackets": M + "(" * 100_000 + "ReLU" + ")" * 100_000 + "\n}\n",
    "repeats": M + "[" * 10_000 + "ReLU" + "]x1" * 10_000 + "\n}\n",
    "blocks": "block A { " * 10_000 + "}" * 10_000,
    "ifs": M + "if true { " * 10_000 + "ReLU" + " }" * 10_000 + "\n}\n",
    "merges": M + "add { " * 10_000 + "ReLU" + " | in }" * 10_000 + "\n}\n",
    "minus signs": M + "Conv(" + "-" * 100_000 + "8)\n}\n",
    "a sum": M + "Conv(8" + "+1" * 100_000 + ")\n}\n",
    "guards": M + "ReLU if (true) else " * 1_000 + "ReLU\n}\n",
    "a block that calls itself": f"block B(n) {{ add {{ in | ([B(n + 1)]x1) }} }}\n{M}B(1)\n}}\n",
    "a macro that calls itself": f"macro A = add {{ in | A }}\n{M}A\n}}\n",
    "a fn that calls itself": f"fn f(n) = f(n + 1)\n{M}Conv(f(1))\n}}\n",
    "a fn with a deep expression": f"fn f(n) = {'(1 + ' * 60}f(n - 1){')' * 60} if n > 0 else 1\n{M}Conv(f(55))\n}}\n",
    "variants": "".join(f"variant v{i + 1} = v{i}\n" for i in range(300)) + f"variant v0 = m\n{M}ReLU\n}}\n",
}
LARGE = {
    "a power": M + "Conv(10 ** 10 ** 10)\n}\n",
    "a product": M + "Conv(2 ** 100 * 2 ** 100)\n}\n",
    "a range": M + "for i in range(10 ** 9) { ReLU }\n}\n",
    "a list": f"let a = [0] * 1_000_000_000\n{M}ReLU\n}}\n",
    "lists in lists": "let a = [0] * 100_000\nlet b = [a] * 100_000\nlet c = [b] * 100_000\n" + M + "Conv(sum(c))\n}\n",
    "nested lists": "let a0 = [0]\n" + "".join(f"let a{i + 1} = [a{i}]\n" for i in range(100)) + M + "ReLU\n}\n",
    "a text": 'let a0 = "ha"\n' + "".join(f'let a{i + 1} = "{{a{i}}}{{a{i}}}"\n' for i in range(60)) + M + "ReLU\n}\n",
}
MANY = {
    "repeats": M + "[[[[ReLU]x999]x999]x999]x999\n}\n",
    "repeats of a value": M + "let n = 999\n  [[[ReLU] x n] x n] x n\n}\n",
    "loops": M + "for i in range(999) { for j in range(999) { ReLU } }\n}\n",
    "loops that leave nothing": M + "for i in range(999) { for j in range(999) { ReLU if (false) } }\n}\n",
    "macros": doubled("ReLU"),
    "macros that leave nothing": doubled("ReLU if (false)"),
    "blocks": doubled("in", "block"),
    "ifs": doubled("if true { in }", "block", "if true {{ A{i}-A{i} }}"),
    "fns": f"fn f(n) = f(n - 1) + f(n - 2) if n > 1 else n\n{M}Conv(f(40))\n}}\n",
    "texts": "".join(f"macro M{i + 1}(a) = M{i}(a + a)\n" for i in range(60)) + f"macro M0(a) = ReLU\n{M}M60(0)\n}}\n",
    "lists of tensors": M
    + "*a0 = (in, in)\n"
    + "".join(f"  *a{i + 1} = (a{i}, a{i})\n" for i in range(40))
    + "  add { a40 }\n}\n",
    "turns that are kept": M + "add { every for i in range(99) { every for j in range(99) { every [ReLU]x99 } } }\n}\n",
    "uses of what is shared": M + "shared s: ReLU\n  [[[[s]x99]x99]x99]x99\n}\n",
    "outputs": M + "[Conv(10_000, 1) - Chunk(10_000) - Concat]x10\n}\n",
}


@pytest.mark.parametrize("name", DEEP)
def test_depth(name: str) -> None:
    """Also if the limits of tokens and bytes are higher."""
    assert "E0602" in codes(DEEP[name], Options(limits=Limits(words=1_000_000)))
    assert set(codes(DEEP[name])) & {"E0602", "E0603"}


@pytest.mark.parametrize("name", LARGE)
def test_size(name: str) -> None:
    assert set(codes(LARGE[name])) <= {"E0603", "E0203"} and codes(LARGE[name])


@pytest.mark.parametrize("name", MANY)
def test_work(name: str) -> None:
    assert set(codes(MANY[name], Options(limits=FEW))) & {"E0601", "E0604"}


def test_mistakes_multiply_no_more_than_layers() -> None:
    """Work stops when a limit is exceeded."""
    assert sorted(codes(doubled("Convv"), Options(limits=FEW))) == ["E0101", "E0604"]


def test_a_name_of_any_length_is_looked_up_at_once() -> None:
    """Suggestions for it are not computed by edit distance."""
    assert codes(in_model("a" * 300_000)) == ["E0101"]


def test_a_long_line_of_a_program_is_told_at_once() -> None:
    """Only some of its terms are examined, because each would be compared with all others."""
    assert codes(in_model(" - ".join(["nn.Conv2d(3, 4, 3)"] * 3_000))) == ["E0001"]


def test_a_long_chain_is_no_mistake() -> None:
    assert len(network(in_model("ReLU" + " - ReLU" * 5_000)).nodes) == 5_002


def test_time() -> None:
    """The clock is read occasionally; an exceeded limit is reported once."""
    now = [0.0]
    budget = Budget(Limits(seconds=3), clock=lambda: now[0])
    assert all(budget.spend() is None for _ in range(1_000))
    now[0] = 3.5
    told = [problem for _ in range(1_000) if isinstance(problem := budget.spend(), TooSlow | TooManySteps)]
    assert told == [TooSlow(limit=3)]


def test_imports(archc: Archc) -> None:
    for i in range(30):
        Path(f"s{i}.arch").write_text(f'from "s{i + 1}.arch" use A\nblock B{i} {{ ReLU }}\n', encoding="utf-8")
    Path("s30.arch").write_text("block A { ReLU }\n", encoding="utf-8")
    assert "E0606" in archc("--limit", "imports=20", "check", "s0.arch").output
    assert "E0606" not in archc("check", "s0.arch").output


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_each_limit_is_an_option_and_documented(archc: Archc, name: str) -> None:
    assert archc("--limit", f"{name}={getattr(LIMITS, name)}", "check", "tiny.arch").exit_code == 0
    text = (Path(__file__).parents[2] / "docs" / "robustness.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {getattr(LIMITS, name):,} |" in text


@pytest.mark.parametrize("wrong", ["layers", "layers=", "layers=-1", "layers=x", "lairs=3", "layers=" + "9" * 5000])
def test_a_limit_that_is_none(archc: Archc, wrong: str) -> None:
    assert archc("--limit", wrong, "check", "tiny.arch").exit_code == 2


def test_a_limit_holds(archc: Archc) -> None:
    assert archc("--limit", "bytes=10", "check", "tiny.arch").exit_code == 2
    assert "E0601" in archc("--limit", "layers=2", "check", "tiny.arch").output
    assert "E0602" in archc("--limit", "depth=1", "check", "[[[ReLU]x2]x2]x2").output
    assert "E0603" in archc("--limit", "bits=8", "check", "Conv(2 ** 9)").output
    assert "E0603" in archc("--limit", "items=9", "check", "for i in range(10) { ReLU }").output
    assert "E0604" in archc("--limit", "steps=9", "check", "tiny.arch").output
    assert "E0603" in archc("--limit", "words=9", "check", "tiny.arch").output
    refused = archc("--limit", "words=9", "fmt", "tiny.arch")
    assert (refused.exit_code, refused.output) == (
        2, "error: tiny.arch has more than 9 words and signs; `archc --limit words=N` raises the limit\n",
    )  # fmt: skip


def test_what_a_spec_uses_is_work_too(archc: Archc) -> None:
    """Otherwise a hundred files of a megabyte would be read."""
    Path("parts.arch").write_text("# " + "x" * 4_000 + "\nblock A { ReLU }\n", encoding="utf-8")
    Path("main.arch").write_text(f'from "parts.arch" use A\n{M}A\n}}\n', encoding="utf-8")
    assert archc("--limit", "steps=1100", "check", "main.arch").exit_code == 0
    told = archc("--limit", "steps=900", "check", "main.arch").output
    assert told.count("error[") == 1 and "error[E0604]" in told and "--> main.arch:1:6" in told
