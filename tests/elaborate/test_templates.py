"""Copying an expanded block gives the same result as expanding it, diagnostics included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.elaborate import bodies
from archc.elaborate.draft import NodeDraft, ScopeDraft
from archc.ir.network import Network
from archc.pipeline import Checked, Options
from archc.support.limits import Limits
from tests.support.specs import SPECS, checked, network

checked("")  # raises the recursion limit, which hypothesis requires to be constant


@contextmanager
def without_templates() -> Iterator[None]:
    """A context in which every block is expanded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "finish", lambda *_: None)
        yield


def both_ways(text: str, limits: Limits | None = None, name: str = "test.arch") -> tuple[Checked, Checked]:
    options = Options(limits=limits) if limits else Options()
    with without_templates():
        plain = checked(text, options=options, name=name)
    return checked(text, options=options, name=name), plain


def agree(text: str, limits: Limits | None = None, name: str = "test.arch") -> Checked:
    copied, plain = both_ways(text, limits, name)
    assert copied.diagnostics == plain.diagnostics
    assert list(copied.networks) == list(plain.networks)
    for key, one in copied.networks.items():
        for field in Network.model_fields:
            assert getattr(one, field) == getattr(plain.networks[key], field), (key, field)
    return copied


@pytest.mark.parametrize("family", ["resnet", "googlenet", "dpn", "shufflenet"])
def test_families_come_out_the_same(family: str) -> None:
    agree((SPECS / f"{family}.arch").read_text(encoding="utf-8"), name=f"{family}.arch")


@st.composite
def chains(draw: st.DrawFn, depth: int = 2) -> str:
    """Chains of the blocks above, valid and invalid ones."""
    terms = []
    for _ in range(draw(st.integers(1, 4))):
        c, k = draw(st.sampled_from([1, 2, 4, 0])), draw(st.sampled_from(["1", "3", "(3, 1)", "true", "99"]))
        inner = draw(chains(depth=depth - 1)) if depth else "ReLU"
        term = draw(
            st.sampled_from(
                [f"Inner({c})", f"Inner({c}, k={k})", f"Outer({c})", f"add {{ in | {inner} }}", f"[{inner}]x2",
                 f"({inner})", f"same: Inner({c})", "Missing", f"Outer({c}, Inner)", "BareConv", "MPool"]
            )
        )  # fmt: skip
        terms.append(term)
    return " - ".join(terms)


NESTED = """
block Inner(c, k=3) { let w = c * 2
  one: Conv(w, k) - ReLU - Conv(in.channels, 1) }
block BareConv() { Conv - Conv(4, 1) }
block Outer(c, Block=Inner) {
  x = Block(c) - [Block(c + i)] x 2 as i
  y = x - Block(c)
  add { x | y - again: Block(c) } - ReLU
}
"""


@settings(max_examples=40, deadline=None)
@given(chains(), chains())
def test_drawn_specs_come_out_the_same(one: str, other: str) -> None:
    """Two models of one file, so that the second reuses the blocks of the first."""
    models = f"model a {{\n  input 4x8x8\n  {one}\n}}\nmodel b {{\n  input 4x8x8\n  {other}\n}}\n"
    agree(NESTED + models)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 120), st.integers(1, 8))
def test_limits_are_met_where_they_were(layers: int, steps: int, depth: int) -> None:
    text = NESTED + "model m {\n  input 4x8x8\n  [Outer(2)]x3 - Inner(2)\n}\n"
    agree(text, Limits(layers=layers, steps=steps, depth=depth))


def test_numbers_of_other_types_are_other_arguments() -> None:
    text = "block B(f) { Conv(4) - Dropout(f) }\nmodel m {\n  input 4x8x8\n  B(1) - B(1.0) - B(true)\n}\n"
    assert [d.severity.value for d in agree(text).diagnostics] == ["error"]


def test_which_tensors_are_the_same_matters() -> None:
    text = (
        "block Both() over (a, b) { return add { a | b - add { in | Conv(4) } } }\n"
        "block Sum() over (a, b) { return add { a | b } }\n"
        "model m {\n  input 4x8x8\n  a = Conv(4)\n  b = a - Conv(4)\n  p, q = a - Chunk(2)\n"
        "  s = concat { p | q }\n  add { a | s }\n}\n"
    )
    agree(text)


def test_copies_keep_every_field() -> None:
    """`moving` must handle every field of the drafts; a new one changes these numbers."""
    assert len(fields(NodeDraft)) == 19
    assert len(fields(ScopeDraft)) == 25


def test_a_repeated_block_is_expanded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    body = bodies.Expander.body
    monkeypatch.setattr(bodies.Expander, "body", lambda *a: seen.append(a[4]) or body(*a))  # type: ignore[func-returns-value]
    network(NESTED + "model m {\n  input 4x8x8\n  [Inner(2)]x50 - [Inner(3)]x50\n}\n")
    assert seen == ["m", "Inner", "Inner"]
