"""The words in boxes for arguments that differ between the instances of a block."""

from __future__ import annotations

import archc
from archc.targets.figure import figure
from tests.draw.hard import FURTHER
from tests.draw.truth import untruths


def test_lists_are_told_by_axis_and_rows_by_names_of_their_own() -> None:
    insets = {inset.title: inset for inset in figure(archc.compile_text(FURTHER["film"]).network).insets}
    titles = [box.title for box in insets["Res3 B"].graph.boxes()]
    assert "Conv t×1×1, width" in titles and "Conv 1×3×3, width, /1×s×s" in titles
    trees = figure(archc.compile_text(FURTHER["trees"]).network)
    rows = [inset.values.rows for inset in trees.insets if inset.values]
    assert ["level2", "level3", "level4", "level5"] in [[row.name for row in own] for own in rows]


STRIDES = """
block Down(c, by=1) { add { Conv(c, 3, max(1, by)) | Conv(c, 1, max(1, by)) } - ReLU }
model m {
  input 4x32x32
  a: Down(8) - Conv(8) - b: Down(8, 2) - Conv(8) - c: Down(8, 4)
}
"""


def test_a_stride_without_an_expression_is_a_word_that_the_table_tells() -> None:
    """Neither a function call nor `1 or 2`, which does not say where each holds."""
    network = archc.compile_text(STRIDES).network
    drawn = figure(network)
    (inset,) = drawn.insets
    assert [box.title for box in inset.graph.boxes()][:2] == ["Conv 3×3, 8, /stride", "Conv 1×1, 8, /stride"]
    assert inset.values is not None and inset.values.names == ("stride",)
    assert [(row.name, row.cells) for row in inset.values.rows] == [("a", ("1",)), ("b", ("2",)), ("c", ("4",))]
    assert not untruths(network, drawn)
    taken = STRIDES.replace("by", "stride").replace("add { ", "").replace(" }", "", 1)
    network = archc.compile_text(taken.replace("| Conv(c, 1, ", "- Conv(c, 1, 2 * ")).network
    (inset,) = figure(network).insets
    assert [box.title for box in inset.graph.boxes()] == ["Conv 3×3, 8, /stride", "Conv 1×1, 8, /stride2"]
    assert inset.values is not None and [row.cells for row in inset.values.rows] == [("1", "2"), ("2", "4"), ("4", "8")]
    assert not untruths(network, figure(network))


def test_boxes_tell_the_arguments_of_looks_that_are_not_drawn() -> None:
    boxes = {b.path: b.notes for b in figure(archc.load("mobilenet_v3_large").network).graph.boxes()}
    assert boxes["features.4"][-2:] == ("kernel 5, expansion 3", "se, ReLU")
    assert boxes["features.7"] == ("stride 2", "kernel 3, expansion 6", "HSwish")


BLENDS = """
block Blend(c, deep=true) { add { Conv(c, 1) | (Conv(c) - ReLU - Conv(c)) if (deep) else none } }
model m {
  input 3x8x8
  a: Blend(4) - b: Blend(4, false) - GAPool - c: Conv(4, 1) - Upsample(size=8) - d: Blend(8)
}
"""


def test_a_block_that_one_box_shows_has_no_look() -> None:
    """Its one convolution is drawn in its place, so that no box would refer to an inset."""
    drawn = figure(archc.compile_text(BLENDS).network)
    assert [inset.title for inset in drawn.insets] == ["Blend"]
    titles = {box.path: box.title for box in drawn.graph.boxes()}
    assert (titles["a"], titles["b"], titles["d"]) == ("Blend", "Conv 1×1, 4", "Blend")


def test_an_upsampling_to_a_size_tells_it() -> None:
    titles = [box.title for box in figure(archc.compile_text(BLENDS).network).graph.boxes()]
    assert "upsample to 8×8" in titles and not any("2×2" in title for title in titles)
