"""Figures of networks of other kinds than the shipped ones."""

from __future__ import annotations

from functools import cache

import pytest

import archc
from archc.targets.figure import Level, figure, lay_out
from archc.targets.figure.figure import Figure, Inset
from tests.draw.many import wrong
from tests.draw.strangers import STRANGERS
from tests.draw.truth import untruths


@cache
def drawn(name: str, level: Level = "block") -> Figure:
    return figure(archc.compile_text(STRANGERS[name]).network, level)


def inset(name: str, title: str) -> Inset:
    return next(one for one in drawn(name).insets if one.title == title)


def rows(one: Inset) -> dict[str, tuple[str, ...]]:
    assert one.values is not None
    return {row.name: row.cells for row in one.values.rows}


def legend(name: str, level: Level = "block") -> list[str]:
    return [words.text for sample in lay_out(drawn(name, level)).legend for words in sample.words]


@pytest.mark.parametrize("name", STRANGERS)
def test_figures_of_other_networks_are_true(name: str) -> None:
    assert not wrong(STRANGERS[name])


def test_heads_are_counted_in_one_word() -> None:
    enc = inset("segformer", "Enc A")
    assert "attention, heads" in [box.title for box in enc.graph.boxes()]
    titles = [box.title for name in ("segformer", "perceiver") for box in drawn(name).boxes()]
    assert {"attention, 8 heads", "attention, 1 head"} <= {*titles}
    varied = "block A(h) { Attention(h) - Linear(in.height) }\nmodel m {\n  input 6x8\n  A(1) - A(2) - A(4)\n}"
    (one,) = figure(archc.compile_text(varied).network).insets
    assert next(one.graph.boxes()).title == "attention, h heads"


def test_operands_of_equal_names_have_signs_at_their_lines() -> None:
    page = lay_out(drawn("segformer"))
    assert sorted(words.text for words in page.captions if words.bold) == ["k, v", "k, v", "q", "q"]
    texts = [text for box in drawn("segformer").boxes() for text in box.notes]
    assert not any("of (to tokens)" in text for text in texts)


def test_operands_without_lines_of_their_own_have_their_names_in_the_spec() -> None:
    """Both parts come from one box, or from outside, where no sign can tell the lines apart."""
    text = "model m {\n  input 12x8\n  a, b = Linear(8) - Chunk(2)\n  (a, b) - Attention(2)\n}"
    network = archc.compile_text(text).network
    drawn = figure(network)
    assert "q of part 1 of (chunk 2), k, v of part 2 of (chunk 2)" in [t for b in drawn.boxes() for t in b.notes]
    assert not untruths(network, drawn)


def test_sources_of_equal_names_have_their_names_in_the_spec() -> None:
    block = "block Gate(c) over (skip, gate) { mul { skip - Conv(c) | gate - Conv(c) - Sigmoid } }"
    body = "x = ReLU\n  y = x - Upsample(2)\n  z = x - Upsample(2)\n  (y, z) - Gate(4)"
    network = archc.compile_text(f"{block}\nmodel m {{\n  input 4x8x8\n  {body}\n}}").network
    (gate,) = [box for box in figure(network).boxes() if box.kind == "block"]
    assert gate.notes == ("gate1", "skip: y, gate: z")
    assert not untruths(network, figure(network))


def test_a_result_that_is_not_read_makes_no_look() -> None:
    (gated,) = drawn("wavenet").insets
    assert [*rows(gated).values()] == [("1",), ("2",), ("4",), ("8",), ("16",)]


def test_windows_and_grids_are_two_looks() -> None:
    """What differs in a word of a box, and not in a number, is not the same drawing."""
    drawn = figure(archc.load("maxvit_t").network)
    first = {inset.title: next(inset.graph.boxes()).title for inset in drawn.insets if "Partitioned" in inset.title}
    assert first == {"Partitioned A": "to windows 7×7", "Partitioned B": "to a grid 7×7"}


def test_what_the_legend_says_is_true_of_each_box() -> None:
    assert "attention" in legend("segformer") and "fully connected" not in legend("segformer")
    assert {"attention", "fully connected"} <= {*legend("perceiver")}
    assert {"reshape, upsampling"} <= {*legend("segformer")}
    assert {"normalisation, positions", "reshape, learned tensor"} <= {*legend("perceiver")}
    assert {"merge, arithmetic"} <= {*legend("inception_resnet")} and "merge" in legend("wavenet")
    assert "upsampling" in legend("detector", "stage") and "reshape" not in legend("detector", "stage")


def test_a_normalisation_shares_no_box_with_a_reshape() -> None:
    mixer = [(box.title, box.kind, box.notes) for box in inset("mixer", "Mixer").graph.boxes()]
    assert mixer[:2] == [("LN", "norm", ()), ("permute 1,0", "shape", ())]
    folded = figure(
        archc.compile_text("model m {\n  input 4x8x8\n  g: (Conv(4) - ReLU) - h: (BN - Upsample(2))\n}").network
    )
    assert [box.title for box in folded.boxes()][1:-1] == ["Conv 3×3, 4", "BN", "upsample ×2"]


def test_a_stage_has_the_colour_of_what_it_computes() -> None:
    kinds = {slab.names[0]: slab.kind for slab in drawn("mixture", "stage").slabs}
    assert kinds["Linear 32"] == "attention"
    kinds = {slab.names[0]: slab.kind for slab in drawn("hangul", "stage").slabs}
    assert kinds["2 branches"] == "conv"


def test_the_values_of_a_call_stay_together() -> None:
    assert rows(inset("mixer", "Mlp")) == {"token_mix": ("24", "49"), "channel_mix": ("192", "48")}
    text = "block A(c) { Conv(c) - ReLU - Conv(c) }\nmodel m {\n  input 4x8x8\n  "
    text += " - ".join(f"A({4 + i % 2})" for i in range(20)) + "\n}"
    (one,) = figure(archc.compile_text(text).network).insets
    assert rows(one) == {"0 and 9 more": ("4",), "1 and 9 more": ("5",)}


def test_a_name_with_too_many_values_has_ranges_and_the_others_keep_theirs() -> None:
    (one,) = figure(archc.load("convnext_tiny").network).insets
    assert one.values is not None and one.values.names == ("drop", "dim")
    assert [cells[1] for cells in rows(one).values()] == ["96", "192", "384", "768"]
    assert [*rows(one)] == ["features.1", "features.3", "features.5", "features.7"]


def test_a_size_that_varies_is_a_column_of_the_table() -> None:
    enc = inset("segformer", "Enc A")
    assert "to image size×size" in [box.title for box in enc.graph.boxes()]
    assert enc.values is not None and enc.values.names[-1] == "size"
    assert [cells[-1] for cells in rows(enc).values()] == ["16", "8", "4"]


def test_several_outputs_of_a_stage_have_their_sizes() -> None:
    (head,) = [slab for slab in drawn("detector", "stage").slabs if any("out 4" in name for name in slab.names)]
    assert head.names[1:] == ("out 4: 12×16×16", "out 5: 12×8×8", "out 6: 12×4×4")


def test_outputs_tell_the_use_of_a_shared_module() -> None:
    notes = {box.title: box.notes[1:] for box in drawn("gan").boxes() if box.title.startswith("out")}
    assert notes == {"out fake": (), "out 2": ("of noise",), "out 3": ("of real",)}


def test_one_part_of_each_is_told_once() -> None:
    merges = [box for box in drawn("wavenet").graph.boxes() if box.merge]
    assert [box.notes for box in merges] == [("ReLU", "of part 2 of each")]


def test_branches_that_are_one_stage_tell_their_blocks() -> None:
    assert any(slab.names[0] == "2 branches, Gated ×4" for slab in drawn("wavenet", "stage").slabs)
    block = "block Res(c) { add { in | Conv(c) - ReLU - Conv(c) } }"
    body = "Conv(8, 5) - add { in | [Res(8) - Conv(8, 7)]x3 - Conv(8, 1) - ReLU - Conv(8, 5) } - GAPool - FC(3)"
    repeated = figure(archc.compile_text(f"{block}\nmodel m {{\n  input 8x16x16\n  {body}\n}}").network, "stage")
    assert repeated.slabs[1].names == ("Conv 5×5", "2 branches, Res ×3", "+")


def test_marks_of_inputs_in_an_inset_have_no_lines_into_them() -> None:
    """A line that forks into both would be one tensor."""
    page = lay_out(drawn("perceiver"))
    marks = {i for i, box in enumerate(page.boxes) if box.box.source is not None}
    assert len(marks) == 4
    assert not [wire for wire in page.wires if wire.end in marks and wire.start < 0]
    assert not [wire for wire in page.wires if wire.start in marks and wire.end < 0]


def test_the_frame_of_a_block_with_a_number_has_the_name_of_the_block() -> None:
    assert [frame.label for frame in drawn("deep").graph.frames()] == ["E 1", "E 2"]
