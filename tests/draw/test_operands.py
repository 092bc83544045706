"""Operands in figures: their order, and the use of a shared module that is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import archc
from archc.targets.figure import figure, lay_out, operands
from archc.targets.figure.dot import dot
from archc.targets.figure.figure import Box, Figure, FigureFrame
from archc.targets.figure.mermaid import mermaid
from archc.targets.figure.theme import theme
from tests.draw.hard import FURTHER
from tests.draw.many import wrong
from tests.draw.test_geometry import faults
from tests.draw.truth import untruths

PAIR = archc.compile_text(FURTHER["pair"]).network
OTHER = {"+": "−", "−": "+"}


def titles(drawn: Figure) -> list[str]:
    return [" ".join((box.title, *box.notes)) for box in drawn.graph.boxes()]


def test_a_merge_of_two_uses_tells_them_by_their_inputs() -> None:
    told = titles(figure(PAIR))
    assert {"left − right", "concat of left", "× itself, of right", "÷ of left"} <= set(told)
    slabs = figure(PAIR, "stage").slabs
    assert ("left − right",) in [slab.names for slab in slabs]
    assert [slab.inside for slab in slabs if "Conv 3×3 ×2" in slab.names] == ["2 uses"]


def test_uses_of_one_input_are_numbered() -> None:
    body = "shared c: Conv(8)\n  a = in - ReLU - c\n  b = in - MPool(1) - c\n  d = b - a\n  concat { d | a }"
    drawn = figure(
        archc.compile_text(
            f"model m {{\n  input 8x8x8\n  {body}\n}}".replace("in - ", "x - ").replace(
                "shared", "x = Conv(8)\n  shared"
            )
        ).network
    )
    assert {"use 2 − use 1", "concat of use 1"} <= set(titles(drawn))


SWAPPED = """
block Cell(c, act=ReLU) over (x, s) {
  gate = s - GAPool - act
  return x * gate, s - Conv(c, 1)
}
model m {
  input 8x16x16
  x, s = (in, Conv(8)) - Cell(8)
  a, b = CALL
  add { a | b }
}
"""


@pytest.mark.parametrize(
    ("call", "cells"),
    [
        ("(x, s) - Cell(8)", [("cell1–2", "x: (input), s: conv1")]),
        ("(s, x) - Cell(8)", [("cell1", "x: (input), s: conv1"), ("cell2", "of parts 2, 1")]),
        ("(x, s) - Cell(8, GELU)", [("cell1", "x: (input), s: conv1"), ("cell2",)]),
        ("(s, x) - Cell(8, GELU)", [("cell1", "x: (input), s: conv1"), ("cell2", "of parts 2, 1")]),
    ],
)
def test_a_block_is_told_its_tensors_in_the_order_of_its_call(call: str, cells: list[tuple[str, ...]]) -> None:
    drawn = figure(archc.compile_text(SWAPPED.replace("CALL", call)).network)
    assert [box.notes for box in drawn.graph.boxes() if box.kind == "block"] == cells


SEVERAL = """
block Cross(c) over (a, b) {
  x = a - Conv(c) - ReLU
  y = b - Conv(c, 1)
  return y, x
}
model m {
  input 4x16x16
  *t = Conv(8) - Chunk(2)
  p, q = (t[0], t[1]) - [Cross(4)]x3
  r, s = (q, p - mid: Conv(4)) - Cross(4)
  z, zz = r - Conv(8) - Split([2, 6])
  return s, zz, mul { z | z }
}
"""


def test_what_reads_some_of_several_tensors_tells_which() -> None:
    network = archc.compile_text(SEVERAL).network
    drawn = figure(network)
    told = {"Conv 3×3, 4 of y", "Cross cross4 a: x of cross1, b: mid", "Conv 3×3, 8 of y", "× itself, of part 1"}
    assert told | {"out zz 6×16×16 of part 2", "Cross cross1–3", "chunk 2"} <= {*titles(drawn)}
    shapes = {box.title: box.shape for box in drawn.graph.boxes()}
    assert shapes["chunk 2"] == shapes["Cross"] == "2 of 4×16×16"
    assert not untruths(network, drawn) and not untruths(network, figure(network, "stage"))


CROSS = """
block Cross(c) over (a, b) {
  x = a - Conv(c) - ReLU
  y = b - Conv(c, 1)
  return y, x
}
model m {
  input 8x16x16
  p, q = Chunk(2) - cross: Cross(4)
  BODY
}
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("concat { q | p } - ReLU", "concat ReLU of x, y"),
        ("concat { p | q } - ReLU", "concat ReLU"),
        ("concat { q | p | p } - ReLU", "concat ReLU y of cross twice, of x, y"),
        ("q - p - Sigmoid", "x − y Sigmoid"),
    ],
)
def test_results_of_one_block_are_no_uses(body: str, told: str) -> None:
    text = CROSS.replace("BODY", body.replace("q - p -", "(q - p) -"))
    assert told in titles(figure(archc.compile_text(text).network))
    assert not wrong(text)


def test_results_of_several_uses_tell_the_result_and_the_use() -> None:
    text = CROSS.replace("BODY", "shared two: Cross(4)\n  a, b = (p, q) - two\n  c, d = (q, p) - two\n  b - c")
    assert not wrong(text)
    assert "x of use 1 − y of use 2" in titles(figure(archc.compile_text(text).network))


@pytest.mark.parametrize(
    ("of", "to", "said"),
    [
        ("of y", "of x", "reads y of"),
        ("a: x of cross1, b: mid", "b: mid", "does not tell a"),
        ("itself, of part 1", "of part 1", "reads twice"),
        ("of part 2", "of part 1", "reads 2 of"),
    ],
)
def test_a_tensor_that_is_not_told_is_found(of: str, to: str, said: str) -> None:
    network = archc.compile_text(SEVERAL).network
    drawn = figure(network)

    def change(box: Box) -> Box:
        return replace(box, notes=tuple(to if note == of else note for note in box.notes))

    parts = tuple(change(part) if isinstance(part, Box) else part for part in drawn.graph.parts)
    assert any(said in what for what in untruths(network, replace(drawn, graph=replace(drawn.graph, parts=parts))))


def test_signs_stand_where_lines_come_in() -> None:
    signs = [words.text for words in lay_out(figure(PAIR, "layer")).captions if words.bold]
    assert sorted(signs) == ["+", "÷", "−"]


def test_an_attention_tells_queries_from_keys_and_values() -> None:
    two, three = "(x, y) - Attention(2)", "(x, y, x - ReLU) - Attention(2)"
    for end, wanted in ((two, "q of ln1, k, v of linear1"), (three, "q of ln1, k of linear1, v of ")):
        text = f"model m {{\n  input 6x8\n  x = LN\n  y = Linear(8)\n  {end}\n}}"
        assert any(wanted in told for told in titles(figure(archc.compile_text(text).network, "layer")))
    alone = "model m {\n  input 6x8\n  LN - Attention(2)\n}"
    assert "attention, 2 heads" in titles(figure(archc.compile_text(alone).network, "layer"))


@pytest.mark.parametrize(
    ("change", "count"),
    [
        (lambda box: replace(box, signs=()), 3),
        (lambda box: replace(box, signs=tuple((n, OTHER.get(sign, sign)) for n, sign in box.signs)), 2),
        (lambda box: replace(box, notes=tuple(note for note in box.notes if not note.startswith("of "))), 4),
        (lambda box: replace(box, title=box.title.replace("left − right", "−")), 1),
    ],
)
def test_operands_that_are_not_told_or_the_wrong_way_round_are_found(change: Callable[[Box], Box], count: int) -> None:
    drawn = figure(PAIR, "layer")
    assert not untruths(PAIR, drawn)
    parts = tuple(change(part) if isinstance(part, Box) else part for part in drawn.graph.parts)
    assert len(untruths(PAIR, replace(drawn, graph=replace(drawn.graph, parts=parts)))) == count


def test_graphviz_and_mermaid_have_the_signs_on_their_edges() -> None:
    drawn = figure(PAIR, "layer")
    assert dot(drawn, theme("light"), None).count("÷") == mermaid(drawn, theme("light"), None).count("÷") == 2


def test_all_sizes_that_leave_a_shared_module_are_told() -> None:
    text = (
        "model m {\n  input 3x32x32\n  a = Conv(8)\n  b = a - MPool\n  c = b - MPool\n"
        "  shared head: (Conv(8) - ReLU - Conv(2))\n  return a - head, b - head, c - head\n}"
    )
    for net in (text, text.replace("(Conv(8) - ReLU - Conv(2))", "Conv(2)")):
        boxes = list(figure(archc.compile_text(net).network).graph.boxes())
        assert "2×32×32, 2×16×16, 2×8×8" in [box.shape for box in boxes]


def test_tokens_are_as_high_as_they_are_many_and_as_wide_as_their_features() -> None:
    text = "model m {\n  input 3x64x64\n  Conv(256, 16, 16) - Tokens - Linear(4) - FromTokens(4x4) - Conv(4)\n}"
    drawn = figure(archc.compile_text(text).network, "stage")
    assert [slab.tokens for slab in drawn.slabs] == [False, False, True, True, False]
    page = lay_out(drawn)
    wide = [round(slab.faces[0].points[1][0] - slab.faces[0].points[0][0], 3) for slab in page.slabs]
    assert wide[2] == wide[1] > wide[3] == wide[4] and not faults(page)
    assert "of tokens, height: how many, width: features" in drawn.remarks


def test_inputs_are_stages_of_their_own() -> None:
    text = "model m {\n  input a: 8x8x8\n  input b: 8x8x8\n  concat { a | b } - Conv(4)\n}"
    assert [slab.names for slab in figure(archc.compile_text(text).network, "stage").slabs][:2] == [("a",), ("b",)]


def test_a_softmax_amid_a_chain_is_no_layer_of_a_row() -> None:
    text = "model m {\n  input 3x64x64\n  Conv(64) - SM - Conv(64) - Conv(64)\n}"
    slabs = figure(archc.compile_text(text).network, "stage").slabs
    assert [slab.names for slab in slabs] == [("input",), ("Conv 3×3",), ("softmax",), ("Conv 3×3 ×2",)]


def test_signs_are_clear_of_boxes_and_lines_end_beside_wide_merges() -> None:
    """A merge with notes is wider than the line beside it; an attention's signs need room above its line."""
    gated = "block Gated(c) {\n  a = Conv(c) - ReLU\n  b = a / (1 + a * a)\n  b - a - Dropout2d(0) - PReLU\n}"
    attending = (
        "block Attending(c) {\n  x = Linear(c)\n  y = Param([3, c], std=0.5)\n  add { x | (x, y) - Attention(2) }\n}"
    )
    text = f"{gated}\n{attending}\nmodel m {{\n  input 4x8x8\n  Conv(8) - Gated(8) - Tokens - Attending(8)\n}}"
    assert not wrong(text.replace("b - a -", "(b - a) -"))
    both = "x - ReLU - Tokens, y - Conv(8) - Tokens"
    assert not wrong(f"model m {{\n  input x: 8x6x6\n  input y: 8x7x7\n  ({both}) - Attention(2)\n}}")
    tokens = "x = Tokens\n  y = Param([3, 8], std=0.5)\n  return (y, x) - Attention(1)"
    block = f"block Asking() {{\n  {tokens}\n}}\n"
    assert not wrong(f"{block}model m {{\n  input 8x6x6\n  Asking - FromTokens([3, 1])\n}}")


def test_softmaxes_in_a_row_are_no_slices_of_a_chain() -> None:
    assert not wrong("model m {\n  input 3x16x16\n  Conv(8) - Tokens - [SM]x2 - Flatten - FC(4)\n}")


TWIN = "block T(c) { Conv(c) - ReLU - Conv(c) }\nmodel m {\n  input 8x16x16\n  shared s: T(8)\n  shared u: T(8)\n  "


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("[s]x3 - [u]x2", [("T s same weights", 3), ("T u same weights", 2)]),
        ("s - s - u - u - T(8)", [("T s same weights", 2), ("T u same weights", 2), ("T t3", 1)]),
        ("[s - u]x2", [("T s same weights", 1), ("T u same weights", 1)]),
        ("T(8) - s - s - u - u", [("T t3", 1), ("T s same weights", 2), ("T u same weights", 2)]),
        ("s - u - [T(8)]x2 - s - u", [("T s–u", 2), ("T t3–4", 2), ("T s–u same weights", 2)]),
        ("x = [s]x2 - u\n  x - u - in", [("T s same weights", 2), ("T u same weights", 2)]),
    ],
)
def test_a_fold_of_one_module_tells_that_the_weights_are_the_same(body: str, told: list[tuple[str, int]]) -> None:
    """Only its last turn leads out, so readers do not number it."""
    text = TWIN + body.replace("\n  x - u - in", "\n  add { x - u | in }") + "\n}\n"
    boxes = figure(archc.compile_text(text).network).graph.boxes()
    assert [(" ".join((box.title, *box.notes)), box.repeat) for box in boxes if box.kind == "block"] == told
    assert not wrong(text)


def test_modules_that_alternate_in_a_fold_are_not_counted_together() -> None:
    text = TWIN.replace("shared u: T(8)", "shared r: [T(8)]x2") + "[r]x2 - s - s\n}\n"
    drawn = figure(archc.compile_text(text).network)
    frame = next(part for part in drawn.graph.parts if isinstance(part, FigureFrame))
    (box,) = frame.graph.parts
    assert isinstance(box, Box) and (frame.repeat, box.repeat, box.notes) == (2, 2, ("r", "same weights"))
    assert not wrong(text)


def test_operands_with_names_tell_the_use() -> None:
    """The interactive page has no signs at lines."""
    body = "x = one - s\n  y = other - s\n  z = x - conv: Conv(8)\n  d = z - y\n  return d, x"
    inputs = "input one: 8x8x8\n  input other: 8x8x8"
    text = f"block T(c) {{ Conv(c) - ReLU }}\nmodel m {{\n  {inputs}\n  shared s: T(8)\n  {body}\n}}\n"
    network = archc.compile_text(text).network
    graph = figure(network).graph
    assert "conv − s of other" in {box.title for box in operands.told(network, graph, signs=False).boxes()}
