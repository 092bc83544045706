"""Checking never raises, for any text."""

from __future__ import annotations

from random import Random

import pytest

from archc.diagnostics.source import Source
from archc.pipeline import check, symbols
from tests.support.shipped import FAMILIES
from tests.support.specs import SPECS, load

WORDS = (
    *"in x a Conv ReLU ( ) [ ] { } - | , = : \" if else for let block model variant return add concat as x3 1".split(),
    *"3x8x8 fn macro default init expect use from replace freeze .channels".split(),
    "\n", "\r", "\0", "\ud800", "😀", "\u2028", "\ufeff", '"""',
)  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_a_shipped_spec_with_slips(seed: int) -> None:
    random = Random(seed)
    text = (SPECS / f"{random.choice(FAMILIES)}.arch").read_text(encoding="utf-8")
    start = random.randrange(len(text))
    text = text[max(0, start - 600) : start + 600]
    for _ in range(random.randrange(1, 12)):
        at = random.randrange(len(text) + 1)
        text = text[:at] + random.choice(WORDS) + text[at + random.choice((0, 0, 1, 3, 10)) :]
    source = Source("test.arch", text)
    found = check(source, load)
    assert all(r.span.file in found.sources for r in found.symbols.references)
    document = symbols(source, load)
    assert all(
        r.definition is None or r.id in document.definitions[r.definition].references for r in document.references
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ud800",
        "# \udfff\nConv",
        '"\ud800"\nConv-FC',
        "block B { B }\nmodel m { input 3x8x8\n B }\n",
        "macro M = M\nmodel m { input 3x8x8\n M }\n",
        "let a = a\nfn f(x) = f(x)\nblock B { Conv(f(a)) }\n",
        "variant a = b\nvariant b = a\n",
        'from "test.arch" use x\nblock B { x }\n',
        "block B(a, a) over (a, a) { let a = a\n a = a - a: a(a=a) }\n",
    ],
)
def test_what_means_itself_or_nothing(text: str) -> None:
    source = Source("test.arch", text)
    check(source, lambda path, importer: source if path == source.name else load(path, importer))
