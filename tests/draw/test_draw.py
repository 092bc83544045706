"""The contents of figures, in every format."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

import archc
from archc.ir.network import Network
from archc.targets.figure import FORMATS, FigureError, Wanted, figure, lay_out, render
from archc.targets.figure.figure import ENTRY, EXIT, Box, Edge, Figure, FigureFrame, Graph
from archc.targets.figure.fonts import measure
from archc.targets.figure.laid import TITLE
from tests.draw.truth import slab_untruths

EVIL = '"]; evil [label="<script>alert(1)</script>&`#$x$\\n'


def network(name: str) -> Network:
    return archc.load(name).network


def drawn(*boxes: Box) -> Figure:
    edges = tuple(Edge(i - 1 if i else ENTRY, i) for i in range(len(boxes)))
    return Figure("n", EVIL, EVIL, "block", Graph(boxes, (*edges, Edge(len(boxes) - 1, EXIT))))


# -- folding ----------------------------------------------------------------------------------------------------------


def repeats(name: str) -> list[tuple[str, int]]:
    return [(b.title, b.repeat) for b in figure(network(name)).graph.boxes() if b.kind == "block"]


def test_a_stage_is_folded_to_its_first_block_and_the_others() -> None:
    assert [n for _, n in repeats("resnet152")] == [1, 2, 1, 7, 1, 35, 1, 2]


def test_a_dense_block_is_folded_though_its_shapes_grow() -> None:
    assert repeats("densenet121")[::2] == [
        ("DenseLayer", 6),
        ("DenseLayer", 12),
        ("DenseLayer", 24),
        ("DenseLayer", 16),
    ]


def test_calls_with_other_arguments_are_not_folded() -> None:
    inceptions = [n for title, n in repeats("googlenet") if title == "Inception"]
    assert inceptions == [1] * 9


def test_a_repeat_of_loose_layers_is_folded() -> None:
    convolutions = [(b.title, b.repeat) for b in figure(network("vgg16")).graph.boxes() if b.kind == "conv"]
    assert [n for _, n in convolutions] == [2, 2, 3, 3, 3]


def test_a_fold_stands_for_all_its_nodes() -> None:
    for level in ("block", "layer"):
        net = network("resnet50")
        nodes = sorted(n for b in figure(net, level).graph.boxes() for n in b.nodes)
        assert nodes == list(range(len(net.nodes)))


def test_insets_show_each_block_kind() -> None:
    titles = [i.title for i in figure(network("seresnet50")).insets]
    assert titles == ["Bottleneck A", "Bottleneck B", "SE"]
    (inception, _) = figure(network("googlenet")).insets
    labels = [b.title for b in inception.graph.boxes()]
    assert labels.count("Conv 1×1, r3") == 1 and labels[-1] == "concat"


# -- what was asked for -----------------------------------------------------------------------------------------------


def words_of(name: str, block: str) -> list[str]:
    return [
        box.title
        for inset in figure(network(name)).insets
        if inset.title.split(" ")[0] == block
        for box in inset.graph.boxes()
    ]


def test_an_inset_shows_no_number_that_other_instances_do_not_have() -> None:
    assert "Conv 1×1, c_in·0.5" in words_of("densenet121", "Transition")  # 128, 256 and 512
    assert "Conv 1×1, c_in/16" in words_of("seresnet50", "SE")
    text = "Conv(in.channels * wide // 2 + extra * extra * extra, 1)"
    blocks = f"block Much(wide, extra) {{ {text} - ReLU - Conv(extra, 1) }}"
    model = f"{blocks}\nmodel m {{\n  input 4x8x8\n  Much(2, 3) - Much(3, 4) - Much(5, 5) - GAPool - FC(10)\n}}\n"
    (inset,) = figure(archc.compile_text(model).network).insets
    assert [box.title for box in inset.graph.boxes()] == ["Conv 1×1, 31/68/135", "Conv 1×1, extra"]


def test_a_slice_says_which_channels() -> None:
    assert {t for t in words_of("dpn92", "DualPath") if t.startswith("slice")} == {"slice 0:res", "slice res:"}


def test_expand_opens_one_block_of_a_fold() -> None:
    opened = figure(network("resnet50"), "block", Wanted(expand=("layer1.1",)))
    assert "layer1.1" in [f.path for f in opened.graph.frames()]
    assert [b.title for b in opened.graph.boxes()].count("+") == 1


def test_only_shows_a_module_alone() -> None:
    alone = figure(network("resnet50"), "layer", Wanted(only="layer1.0"))
    assert {b.path.split(".")[0] for b in alone.graph.boxes() if b.nodes} == {"layer1"}
    assert alone.title == "ResNet-50 · layer1.0"


def test_highlight_marks_boxes_inside_and_the_fold_around() -> None:
    marked = [
        b.path for b in figure(network("resnet50"), "block", Wanted(highlight=("layer1.2",))).graph.boxes() if b.marked
    ]
    assert marked == ["layer1.1"]


@pytest.mark.parametrize("wanted", (Wanted(only="layr1"), Wanted(expand=("conv1",)), Wanted(highlight=("nothing",))))
def test_a_wrong_path_is_an_error_with_a_way_out(wanted: Wanted) -> None:
    with pytest.raises(FigureError, match="did you mean|choose the module|archc graph"):
        figure(network("resnet18"), "block", wanted)


# -- formats ----------------------------------------------------------------------------------------------------------


def test_hostile_texts_are_only_text() -> None:
    hostile = drawn(Box(EVIL, "conv", EVIL, (EVIL,), shape=EVIL), Box("b", "pool", "$x$"))
    svg = render(hostile, "svg").decode()
    root = ElementTree.fromstring(svg)
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert EVIL in [e.text for e in root.iter()]
    assert '"]; evil' not in render(hostile, "dot").decode().replace('\\"', "'")
    assert "<script" not in render(hostile, "mmd").decode()
    assert render(hostile, "png").startswith(b"\x89PNG")
    assert render(hostile, "pdf").startswith(b"%PDF")


@pytest.mark.parametrize("format", FORMATS)
def test_a_title_may_hold_anything(format: str) -> None:
    for title in ("a\nb\0\x1b[2J", "\ud800 lone", "\ufffe", "😀 漢字", "x" * 400, " "):
        assert render(figure(network("lenet5"), "stage", Wanted(title=title)), format)


def test_another_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such format: gif"):
        render(drawn(Box("a", "conv", "a")), "gif")


def test_svg_is_told_to_readers_and_linked_to() -> None:
    root = ElementTree.fromstring(render(figure(network("resnet18")), "svg"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.findtext(f"{space}title") == "ResNet-18"
    assert "BasicBlock" in (root.findtext(f"{space}desc") or "")
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert {"conv1", "layer1", "layer2.0", "fc"} <= set(ids)
    assert not re.search(r"(href|src)=|url\(|<style|<script", render(figure(network("resnet18")), "svg").decode())


@pytest.mark.parametrize("format", FORMATS)
def test_works_with_an_empty_path(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert render(figure(network("lenet5")), format)


def test_frames_are_in_dot_and_mermaid() -> None:
    made = figure(network("resnet18"))
    frames = [p.label for p in made.graph.parts if isinstance(p, FigureFrame)]
    for format in ("dot", "mmd"):
        text = render(made, format).decode()
        assert all(label in text for label in frames)
        assert "BasicBlock" in text


def test_the_uses_of_a_shared_module_are_one_module_in_an_inset() -> None:
    text = """block U(c, s=1) { add { Conv(c, 3, s) - BN - ReLU - Conv(c) | Conv(c, 1, s) } }
model m {
  input a: 8x16x16
  input b: 8x16x16
  shared trunk: U(16, 2)
  x = a - trunk
  y = b - trunk
  add { x | y } - tail: U(24, 2) - GAPool - FC(5)
}
"""
    (inset,) = figure(archc.compile_text(text).network, "block").insets
    assert inset.values is not None
    assert [(row.name, row.cells) for row in inset.values.rows] == [("trunk", ("16",)), ("tail", ("24",))]


def test_rows_are_named_by_the_outermost_module_that_holds_their_instances_alone() -> None:
    insets = {inset.title: inset.values for inset in figure(archc.load("maxvit_t").network).insets}
    names = {title: [row.name for row in own.rows] for title, own in insets.items() if own}
    assert names["SE"] == [f"blocks.{i}" for i in range(4)]
    assert names["MBConv A"][1:4] == ["blocks.1", "blocks.2.layers.1", "blocks.2.layers.2"]


def test_folded_turns_of_named_modules_that_hold_a_fold_are_drawn() -> None:
    block = 'block Pair(c) { Conv(c) - Conv(c) }\nblock Rows(c) { ["row{i}": [Pair(c)]x2] x 2 as i - Conv(c, 1) }'
    network = archc.compile_text(f"{block}\nmodel m {{\n  input 4x8x8\n  Rows(4)\n}}").network
    assert [slab.inside for slab in figure(network, "stage").slabs] == ["", "Pair ×4, 1×1"]


def test_texts_of_an_svg_tell_how_wide_they_are() -> None:
    """A viewer without Arimo, or a font with its widths, then fits another font into them."""
    root = ElementTree.fromstring(render(figure(network("googlenet")), "svg"))
    texts = [text for text in root.iter("{http://www.w3.org/2000/svg}text") if len(text.text or "") > 1]
    told = {text.text: (text.get("textLength"), text.get("lengthAdjust")) for text in texts}
    assert told["GAPool"] == (f"{measure('GAPool', TITLE, 'bold'):.1f}", "spacingAndGlyphs")
    assert len(texts) > 100 and all(text.get("textLength") for text in texts)


def test_stages_tell_the_strides_of_convolutions_as_of_poolings() -> None:
    names = [slab.names for slab in figure(network("resnet18"), "stage").slabs]
    assert names[1:3] == [("Conv 7×7, /2",), ("MPool 3×3, /2",)]
    words = [words.text for slab in lay_out(figure(network("alexnet_2012"), "stage")).slabs for words in slab.words]
    assert words[2:4] == ["Conv 11×11×3,", "/4"]


def test_a_module_alone_tells_the_light_layers_of_each_convolution() -> None:
    """Figure 1 of MobileNet v2 has ReLU6 after all but the last; DenseNet's are before its convolution."""
    for name, path, told in (
        ("mobilenet_v2", "features.3", ["", "BN, ReLU6", "BN, ReLU6", "BN", ""]),
        ("seresnet50", "layer1.0.se", ["", "", "ReLU", "Sigmoid", ""]),
        ("densenet121", "features.denseblock1.denselayer1", ["", "after BN, ReLU, then BN, ReLU", "", ""]),
    ):
        net = network(name)
        made = figure(net, "stage", Wanted(only=path))
        assert [slab.light for slab in made.slabs] == told
        assert not [what for slab in made.slabs for what in slab_untruths(net, slab)]
    assert not any(slab.light for slab in figure(network("mobilenet_v2"), "stage").slabs)


def test_a_stage_counts_the_tensors_that_one_layer_makes() -> None:
    made = figure(network("shufflenet_v2_x1_0"), "stage", Wanted(only="stage2.1"))
    sizes = {placed.slab.names: placed.words[-1].text for placed in lay_out(made).slabs}
    assert sizes["chunk 2",] == "2 of 58×28×28" and sizes["in",] == "116×28×28"
