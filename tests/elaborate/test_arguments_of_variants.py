"""Arguments of a variant of a model in another file: mistakes are reported at the variant, with a correction."""

from __future__ import annotations

import pytest

from archc.diagnostics.source import Source
from archc.pipeline import Checked, Options, check
from tests.support.specs import checked

MODELS = """
block A(c) { Conv(c) - ReLU }
model m(Block, n=4, widths=[8]) {
  input 3x8x8
  Block(n) - for w in widths { Conv(w) }
}
model repeated(n) {
  input 3x8x8
  [Conv(4)] x n
}
model listed(widths, n=1, Block=A) {
  input 3x8x8
  for (i, w) in enumerate(widths) { Conv(w) } - [Block(4)] x n
}
"""


def variant(passed: str) -> tuple[str, Checked]:
    """A file whose variant passes this to a model of another file, and the diagnostics."""
    text = f'from "models.arch" use A, m, repeated, listed\nlet w = 4\nvariant v = {passed}\n'
    return text, check(Source("own.arch", text), lambda path, importer: Source(path, MODELS))


@pytest.mark.parametrize(
    ("passed", "slip", "written"),
    [
        ('m("A")', '"A"', "A"), ('repeated("4")', '"4"', "4"), ("m(4, A)", "4, A", "A, 4"),
        ("m([4], n=A)", "[4], n=A", "A, [4]"), ("listed(8)", "8", "[8]"),
        ("listed(8, 16)", "8, 16", "[8, 16]"), ("listed(8, n=2)", "8", "[8]"), ("listed(8, 4, A)", "8, 4", "[8, 4]"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_what_to_write(passed: str, slip: str, written: str) -> None:
    text, said = variant(passed)
    (found,) = [d for d in said.diagnostics if d.edits]
    assert [(text[e.span.start : e.span.end], e.text) for e in found.edits] == [(slip, written)], found


@pytest.mark.parametrize("passed", ['m("a b")', 'm(A, "x")', "m(A, n=A)", "m(4, w)", "m(Block=4, n=A)", "m(w, A)"])
def test_what_is_no_such_slip_is_not_rewritten(passed: str) -> None:
    found = variant(passed)[1].diagnostics
    written = ("a b", "x", "A, A", "w, 4", "A, 4", "A, w")
    assert found and not any(e.text in written for d in found for e in d.edits)


@pytest.mark.parametrize("member", ["one", "two"])
def test_the_number_of_classes_is_that_of_the_options(member: str) -> None:
    text = "model m(classes=5) {\n  input 3x8x8\n  GAPool - FC(classes)\n}\nvariant one = m\nvariant two = m(2)\n"
    found = checked(text, options=Options(classes=7)).networks[member]
    assert [n.types[0].dims for n in found.nodes][-1] == (7,)


FAMILY = "model m(c={}, k=3) {{\n  input 3x8x8\n  Conv(c, k) - GAPool - FC(10)\n}}\nvariant one = m(4, {})\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (FAMILY.format(0, 1), ["E0201"]),
        (FAMILY.format(4, 1), []),
        (FAMILY.format(0, 0), ["E0201"]),
        (FAMILY.format(0, 1).replace("k=3", "k"), []),
    ],
)
def test_the_defaults_of_a_family_are_checked(text: str, codes: list[str]) -> None:
    """A model with variants is a network, too, if it needs no arguments."""
    found = checked(text)
    assert [d.code for d in found.diagnostics if d.code[0] == "E"] == codes and list(found.networks) == ["one"]
