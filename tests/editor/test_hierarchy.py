"""Callers and callees agree with each other, and with the words of every shipped spec."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archc.diagnostics.source import Span
from archc.editor.hierarchy import callable_at, called, callers
from archc.editor.view import View
from archc.syntax import tree
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from archc.zoo import SHIPPED
from tests.editor.support import FOLDER, SPECS, Opened, finished, only_read, opened

NAMED = tree.Function | tree.Macro | tree.Block | tree.ModelDef | tree.Variant


@pytest.fixture(scope="module", params=SPECS)
def spec(request: pytest.FixtureRequest) -> Opened:
    return only_read(request.param)


def names(view: View) -> Iterator[tuple[str, Span]]:
    """The names that a file declares or imports, with their places."""
    for node in view.analysis.module.file.declarations:
        found = node.names if isinstance(node, tree.Import) else (node.name,) if isinstance(node, NAMED) else ()
        for each in found:
            place = view.outside(each.span)
            assert place is not None
            yield each.name, place


def test_calls_are_the_uses_in_the_text(spec: Opened) -> None:
    """A use is a word that names a declaration and is neither a label nor an argument; other names are not tested."""
    view, told = spec.view, 0
    others = {d.name for d in view.symbols.definitions if d.kind in ("parameter", "tensor", "module", "loop variable")}
    tokens = [t for t in scan(view.source, tables()) if t.type != "NEWLINE"]
    for name, place in names(view):
        written = set()
        for before, token, after in zip([None, *tokens], tokens, tokens[1:], strict=False):
            is_use = token.text == name and token.span != place and after.type not in ("COLON", "ASSIGN")
            if is_use and not (before is not None and before.type == "DOT"):
                written.add(token.span)
        if name not in others:
            found = callers([view], view, place.start)
            assert {span for one in found for span in one.spans if span.file == view.name} == written, name
            told += len(written)
    assert told or not view.analysis.members


def test_both_directions_say_the_same(spec: Opened) -> None:
    view = spec.view
    outwards, inwards = set(), set()
    for node in view.analysis.module.file.declarations:
        if not isinstance(node, NAMED | tree.Let):
            continue
        place = view.outside(node.name_span if isinstance(node, tree.Let) else node.name.span)
        assert place is not None
        one = callable_at(view, place.start)
        assert one is not None and one.span == place and one.whole.start <= place.start
        outwards |= {
            (one, c.other, span)
            for c in called(view, place.start)
            for span in c.spans
            if c.other.span.file == view.name
        }
        inwards |= {(c.other, one, span) for c in callers([view], view, place.start) for span in c.spans}
        for calls in called(view, place.start):
            assert all(one.whole.start <= span.start and span.end <= one.whole.end for span in calls.spans)
    assert outwards == {each for each in inwards if each[0].kind != "file"}


PARTS = """fn half(c) = c // 2
block Inner(c) { Conv(half(c)) }
block Outer(c) { Inner(c) - Inner(half(c)) }
"""
USER = """from "parts.arch" use Inner, Outer
let Chosen = Inner

model m(Block=Outer) {
  input 3x8x8
  shared s: Inner(4)
  *xs = (s, every [Block(4)] x 2) - Concat - (Inner(4), 0.5 * (Outer(4)))
  xs[0] - Chosen(8) - GAPool
}

variant v = m(Inner)
"""


def test_calls_lead_across_files() -> None:
    one = opened(USER, parts=PARTS)
    parts = View(finished(one.space, f"{FOLDER}/parts.arch"))
    found = callers([one.view, parts], one.view, one.at("Inner(4)"))
    said = {(c.other.name, c.other.kind, len(c.spans)) for c in found}
    assert said == {("Chosen", "let", 1), ("m", "model", 2), ("v", "variant", 1), ("Outer", "block", 2)}
    assert {c.other.span.file for c in found} == {f"{FOLDER}/mine.arch", f"{FOLDER}/parts.arch"}
    assert {c.other.name for c in called(one.view, one.at("model m", within=6))} == {"Inner", "Outer", "Chosen"}
    assert {c.other.name for c in called(one.view, one.at("variant v", within=8))} == {"m", "Inner"}
    assert {c.other.name for c in called(parts, PARTS.index("Outer"))} == {"Inner", "half"}
    assert callable_at(one.view, one.at("xs[0]")) is None and callers([], one.view, one.at("xs[0]")) == ()


def test_a_bare_chain_calls_as_its_file() -> None:
    one = opened("block B { Conv(4) }\nB - B - GAPool\n")
    (calls,) = callers([one.view], one.view, one.at("B {"))
    assert calls.other.name == "mine.arch" and calls.other.kind == "file" and len(calls.spans) == 2


def test_a_shipped_block_is_among_those_that_are_called() -> None:
    one = opened('from "common.arch" use SE\n\nmodel m {\n  input 8x8x8\n  SE - GAPool\n}\n')
    (calls,) = called(one.view, one.at("model m", within=6))
    assert calls.other.name == "SE" and calls.other.span.file == f"{SHIPPED}/common.arch"
