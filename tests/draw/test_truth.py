"""The edges, boxes and texts of figures are true, for shipped and random networks."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

import archc
from archc.ir.network import Network
from archc.targets.figure import LEVELS, Level, Wanted, figure, lay_out
from archc.targets.figure.beside import lay_out_beside
from archc.targets.figure.figure import ENTRY, Box, Edge, Figure, FigureFrame, Graph, Slab
from archc.targets.figure.paging import Room, lay_out_pages
from tests.draw.hard import FURTHER, HARD, PLAIN
from tests.draw.many import KINDS, wrong, wrong_of
from tests.draw.test_geometry import faults
from tests.draw.truth import mixed, untruths
from tests.support.shipped import FAMILIES, family

ALL = bool(os.environ.get("ARCHC_ALL"))


@pytest.mark.parametrize("name", FAMILIES)
def test_figures_of_shipped_networks_are_true(name: str) -> None:
    networks = list(family(name).items())
    for called, network in networks if ALL else networks[:2]:
        for level in LEVELS:
            assert not untruths(network, figure(network, level)), f"{called} by {level}"


@pytest.mark.parametrize("name", [*HARD, *FURTHER])
def test_figures_of_hard_networks_are_true(name: str) -> None:
    assert not wrong((HARD | FURTHER)[name])


@pytest.mark.parametrize("kind", KINDS)
def test_figures_of_random_networks_are_true(kind: str) -> None:
    """`make figures-random` draws 2,000 of each kind."""
    assert not dict(wrong_of(kind, range(20)))


def test_all_tensors_that_leave_a_slab_are_told() -> None:
    drawn = figure(model("a, b = Conv(8) - Split([2, 6])\n  concat { a - Conv(4) | b - Conv(4) }"), "stage")
    (split,) = [slab for slab in drawn.slabs if slab.more]
    assert (split.dims, split.more) == ((2, 32, 32), ((6, 32, 32),))
    page = lay_out(drawn)
    told = [words.text for placed in page.slabs for words in placed.words if placed.slab == split]
    assert told[-1] == "2×32×32, 6×32×32"


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_leads_into_what_is_learned(level: Level) -> None:
    """A learned tensor next to another does not read it: a class token is a separate branch."""
    drawn = figure(archc.load("vit_b_16").network, level)
    page = lay_out(drawn)
    things: list[Box | Slab] = [*(box.box for box in page.boxes), *(slab.slab for slab in page.slabs)]
    (token,) = [i for i, thing in enumerate(things) if thing.path == "class_token"]
    assert [w.start for w in page.wires if w.end == token] == []
    assert len([w for w in page.wires if w.start == token]) == 1 and not faults(page)


def test_a_layer_that_nothing_reads_leads_nowhere() -> None:
    """A module whose incoming path has such a layer gets no frame, since its line would seem to leave the frame."""
    unread = "block Unread(c, Act=none) {\n  y = Act if (Act != none)\n  b = y - Conv(c, 5)\n  y - Conv(c, 1)\n}"
    drawn = model("Conv(4) - unread: Unread(8) - Conv(2)", unread)
    assert not untruths(drawn, figure(drawn, "layer"))


# -- kinds of figures that were wrong ---------------------------------------------------------------------------------


def network(text: str) -> Network:
    return archc.compile_text(text).network


def model(body: str, before: str = "", size: str = "3x32x32") -> Network:
    return network(f"{before}\nmodel m {{\n  input {size}\n  {body}\n}}\n")


def named(drawn: Figure, title: str) -> list[int]:
    return [i for i, part in enumerate(drawn.graph.parts) if isinstance(part, Box) and part.title == title]


@pytest.mark.parametrize("level", ["block", "layer"])
def test_a_module_alone_keeps_what_comes_in(level: Level) -> None:
    drawn = figure(archc.load("resnet18").network, level, Wanted(only="layer1.0"))
    ((stub,), (out,)) = named(drawn, "in"), named(drawn, "out")
    first = drawn.graph.parts[stub]
    assert isinstance(first, Box) and first.notes == ("64×56×56",)
    readers = [drawn.graph.parts[e.end] for e in drawn.graph.edges if e.start == stub]
    assert [isinstance(part, Box) and part.merge for part in readers] == [None, "add"]
    assert [e.start for e in drawn.graph.edges if e.end == out] == [out - 1]


def test_the_insets_of_a_module_alone_are_of_the_blocks_in_it() -> None:
    trees = network(FURTHER["trees"])
    insets = figure(trees, "block", Wanted(only="level3")).insets
    assert {inset.path.split(".")[0] for inset in insets} == {"level3"} and not any(inset.values for inset in insets)
    assert "Conv 1×1, 128" in [box.title for inset in insets for box in inset.graph.boxes()]


def test_a_block_of_two_tensors_alone_has_two_stubs() -> None:
    block = "block Two(c) over (a, b) {\n  x = a - Conv(c)\n  y = add { x | b }\n  return y, x\n}"
    drawn = figure(model("Conv(8) - Chunk(2) - two: Two(4) - Concat", block), "layer", Wanted(only="two"))
    boxes = [b.title for b in drawn.graph.boxes()]
    assert boxes[:2] == ["in a", "in b"] and boxes[-2:] == ["out y", "out x"]


def test_what_varies_over_the_instances_of_an_inset_is_said() -> None:
    def titles(name: str) -> str:
        drawn = figure(archc.load(name).network)
        return "; ".join(b.title for inset in drawn.insets for b in inset.graph.boxes())

    assert "/stride" in titles("resnet50")
    assert "depthwise, /stride" in titles("mobilenet_v1_100_224") or "/stride" in titles("mobilenet_v1_100_224")
    assert "g=first" in titles("shufflenet_v1_g3")


def test_names_in_insets_are_defined() -> None:
    (look, _) = figure(archc.load("resnet50").network).insets
    assert look.values is not None and look.values.names == ("width", "out")
    told = [(row.name, row.cells) for row in look.values.rows]
    assert told[0] == ("layer1", ("64", "256")) and told[3] == ("layer4", ("512", "2048"))


def test_the_look_of_1998_is_for_plain_chains_of_single_layers() -> None:
    def classic(body: str) -> set[bool]:
        return {slab.classic for slab in figure(model(body, size="1x32x32"), "stage").slabs}

    assert classic("Conv(6, 5) - MPool - Conv(16, 5) - MPool - FC(10) - SM") == {True}
    assert classic("[Conv(6)]x3 - MPool - FC(10) - SM") == {False}
    assert classic("Conv(6) - add { in | Conv(6) } - MPool - FC(10) - SM") == {False}
    assert classic("Conv(64) - MPool - FC(10) - SM") == {False}


def test_many_maps_have_dots_between_them() -> None:
    drawn = figure(model("Conv(6, 5) - MPool - Conv(32, 5) - MPool - FC(10) - SM", size="1x28x28"), "stage")
    page = lay_out(drawn)
    told = [[words.text for words in slab.words] for slab in page.slabs]
    assert ["…" in words for words in told] == [False, False, False, True, True, False, False]
    assert "32@14×14" in told[3]


def test_stages_have_the_skips_of_a_u_net_and_both_streams() -> None:
    down = "a = Conv(8)\n  b = a - MPool - Conv(16)\n  c = b - MPool - Conv(32)"
    up = "d = concat { b | c - Upsample(2) }\n  concat { a | d - Upsample(2) } - Conv(2)"
    drawn = figure(model(f"{down}\n  {up}"), "stage")
    readers = [sum(e.start == i for e in drawn.graph.edges) for i in range(len(drawn.slabs))]
    assert sorted(readers)[-2:] == [2, 2]
    streams = "a = Conv(8) - MPool - Conv(16)\n  b = in - Conv(4, 5, 2)\n  concat { a | b } - GAPool - FC(2)"
    drawn = figure(model(streams.replace("in - ", "x - ").replace("a = ", "x = Conv(3)\n  a = x - ")), "stage")
    assert {"Conv 5×5, /2"} & {name for slab in drawn.slabs for name in slab.names}


def test_a_u_net_is_a_u() -> None:
    """Its levels are below each other, and the lines past them are straight."""
    down = "a = Conv(64)\n  b = a - MPool - Conv(64)\n  c = b - MPool - Conv(64)"
    up = "d = concat { b | c - Upsample(2) } - Conv(64)\n  concat { a | d - Upsample(2) } - Conv(2)"
    page = lay_out(figure(model(f"{down}\n  {up}"), "stage"), "right")
    ends: dict[int, list[int]] = {}
    for wire in page.wires:
        ends.setdefault(wire.start, []).append(wire.end)
    skips = [w for w in page.wires if len(ends[w.start]) == 2 and w.end == max(ends[w.start])]
    assert [len(w.points) for w in skips] == [2, 2] and len({w.points[0][1] for w in skips}) == 2


def test_the_layers_of_a_plain_chain_abut() -> None:
    slabs = figure(archc.load("vgg16").network, "stage").slabs
    assert [len(slab.slices) for slab in slabs[:7]] == [0, 2, 3, 4, 4, 4, 0]
    assert slabs[2].slices == (("pool", (64, 112, 112)), ("conv", (128, 112, 112)), ("conv", (128, 112, 112)))
    assert slabs[2].names == ("MPool 2×2", "Conv 3×3 ×2")


@pytest.mark.parametrize("linear", [False, True])
def test_slabs_say_their_scale(linear: bool) -> None:
    drawn = figure(archc.load("vgg16").network, "stage", Wanted(linear=linear))
    assert drawn.remarks == (f"height: resolution, width: channels, {'linear' if linear else 'logarithmic'}",)
    high = [y - top for _, top, _, y in (slab.rectangle for slab in lay_out(drawn).slabs)]
    assert (high[1] / high[2] > 1.9) == linear


def test_two_groups_throughout_are_two_towers() -> None:
    drawn = figure(archc.load("alexnet_2012").network, "stage")
    assert [s.towers for s in drawn.slabs] == [1, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1]
    assert [s.names[-1] for s in drawn.slabs if s.apart] == ["Conv 5×5", "Conv 3×3", "Conv 3×3", "MPool 3×3, /2"]
    assert len(lay_out(drawn).lines) == 2 + 2 + 4 + 2 + 2 + 2 + 4 + 4 + 2 + 1


def test_networks_of_one_shape_are_different_pictures_by_stage() -> None:
    names = ("resnet50", "resnext50_32x4d", "seresnet50")
    seen = {name: figure(archc.load(name).network, "stage").slabs[3] for name in names}
    assert [(seen[n].passes, seen[n].groups) for n in names] == [(("add",), 1), (("add",), 32), (("add", "gate"), 1)]
    dense, dual = (figure(archc.load(n).network, "stage").slabs for n in ("densenet121", "dpn92"))
    assert dense[3].passes == ("concat",) and ("add", "concat") in {slab.passes for slab in dual}


def test_a_module_alone_has_its_kernels() -> None:
    drawn = figure(archc.load("mobilenet_v2").network, "stage", Wanted(only="features.3"))
    assert [slab.bank for slab in drawn.slabs] == [(), (144, 1, 1, 24), (144, 3, 3, 1), (24, 1, 1, 144), ()]
    grouped = figure(archc.load("resnext50_32x4d").network, "stage", Wanted(only="layer1.1")).slabs
    assert [(slab.names, slab.bank) for slab in grouped][2] == (("Conv 3×3, g=32",), (128, 3, 3, 4))
    gate = figure(archc.load("seresnet50").network, "stage", Wanted(only="layer1.0.se")).slabs
    assert [slab.dims for slab in gate] == [(256, 56, 56), (256, 1, 1), (16, 1, 1), (256, 1, 1), (256, 56, 56)]


def test_a_dense_block_alone_has_its_arcs() -> None:
    drawn = figure(archc.load("densenet121").network, "stage", Wanted(only="features.denseblock1"))
    assert [slab.dims[0] for slab in drawn.slabs] == [64, 32, 32, 32, 32, 32, 32, 256]
    page = lay_out(drawn)
    assert len(page.arcs) == len(drawn.graph.edges) == 8 * 7 // 2 and not faults(page)
    plain = figure(archc.load("resnet50").network, "stage", Wanted(only="layer1"))
    assert not any(slab.dense for slab in plain.slabs) and len(plain.slabs) == 4


def test_streams_have_a_lane_each() -> None:
    page = lay_out(figure(network(HARD["parallel_streams"]), "stage"))
    blocks = [slab for slab in page.slabs if slab.slab.kind == "block"]
    low = {size: {slab.rectangle[3] for slab in blocks if slab.slab.dims[1] == size} for size in (64, 32, 16)}
    assert max(low[64]) < min(slab.rectangle[1] for slab in blocks if slab.slab.dims[1] == 32)
    assert max(low[32]) < min(slab.rectangle[1] for slab in blocks if slab.slab.dims[1] == 16)


def test_a_u_with_gates_has_a_level_for_each_resolution() -> None:
    """A layer that doubles the size is on the level that it reads, and a gate where the line past the branch ends."""
    drawn = figure(network(FURTHER["attention"]), "stage")
    page = lay_out(drawn)
    level = [(slab.rectangle[1] + slab.rectangle[3]) / 2 for slab in page.slabs if "Up" not in slab.slab.names]
    size = [slab.slab.dims[1] for slab in page.slabs if "Up" not in slab.slab.names]
    for one in {*size}:
        here = [at for at, dims in zip(level, size, strict=True) if dims == one]
        assert max(here) - min(here) < 12
        assert all(max(here) < at - 12 for at, dims in zip(level, size, strict=True) if dims < one)
    assert not faults(page) and len(lay_out_pages(drawn, None, Room.of("page"))[0]) == 1


def test_the_first_of_two_streams_stands_first() -> None:
    inputs = "model m {\n  input rgb: 3x32x32\n  input flow: 20x32x32\n"
    body = "  concat { rgb - Conv(8, 3, 2) - GAPool | flow - Conv(8, 3, 2) - GAPool } - FC(2)\n}"
    page = lay_out(figure(network(inputs + body), "stage"))
    top = {slab.slab.names[0]: slab.rectangle[1] for slab in page.slabs}
    assert top["rgb"] < top["flow"]


def test_networks_stand_beside_each_other() -> None:
    nets = [archc.load("resnet34").network, network(PLAIN)]
    figures = [figure(net, "block", Wanted(expand=("*",))) for net in nets]
    page = lay_out_beside(figures)
    assert not faults(page)
    assert sum("Conv 3×3" in b.box.title for b in page.boxes) == 64
    assert max(wire.start for wire in page.wires) > len(list(figures[0].boxes()))
    middle = next(w.x for w in page.heading if w.text == "plain34")
    for wire in page.wires:
        ends = {page.boxes[i].x < middle - 16 for i in (wire.start, wire.end) if i >= 0}
        assert len(ends) == 1


def test_beside_each_other_one_size_stands_at_one_height_and_is_as_large() -> None:
    nets = [archc.load("resnet34").network, network(PLAIN)]
    slabs = lay_out_beside([figure(net, "stage") for net in nets]).slabs
    feet = [(slab.slab.dims, slab.rectangle[3]) for slab in slabs]
    assert len(feet) == 20 and feet[:10] == feet[10:]
    seen = lay_out_beside([figure(archc.load(name).network, "stage") for name in ("resnet50", "seresnet50")])
    assert [w.text for w in seen.remarks][1:] == ["an arc passes the layers of each block: + is added, × is multiplied"]
    frames = lay_out_beside([figure(net, "block", Wanted(expand=("*",))) for net in nets]).frames
    tops = {(frame.frame.label, frame.y) for frame in frames if frame.frame.label in ("layer2", "layer3", "layer4")}
    assert len(tops) == 3
    small = network("model m {\n  input 3x112x112\n  Conv(64, 7, 2) - GAPool\n}")
    inputs = [
        s for s in lay_out_beside([figure(net, "stage") for net in (nets[0], small)]).slabs if s.slab.kind == "input"
    ]
    assert inputs[0].rectangle[3] - inputs[0].rectangle[1] > inputs[1].rectangle[3] - inputs[1].rectangle[1]


def test_a_stage_has_the_name_that_it_is_given() -> None:
    drawn = figure(archc.load("resnet18").network, "stage", Wanted(names=(("layer1", "conv2_x"),)))
    assert [slab.names[0] for slab in drawn.slabs if len(slab.names) > 1] == ["conv2_x"]


def test_what_an_edit_puts_in_is_a_stage_of_its_own() -> None:
    text = (
        "model m {\n  input 64x8x8\n  a: Conv(64) - b: Conv(64)\n}\nvariant v = m {\n  insert after b: c: Conv(64)\n}"
    )
    drawn = figure(archc.compile_text(text, member="v").network, "stage")
    assert [slab.badge for slab in drawn.slabs] == ["", "", "new"]
    assert drawn.description.endswith("New: c")


def test_stages_of_other_widths_are_other_slabs() -> None:
    slabs = [s for s in figure(archc.load("mobilenet_v2").network, "stage").slabs if s.dims[1:] == (14, 14)]
    assert [s.dims[0] for s in slabs] == [64, 96]


def test_a_gated_convolution_of_a_plain_chain_has_its_own_channels() -> None:
    text = "model m {\n  input 4x16\n  Conv(8, 1) - Conv(8, 1) - GLU - Conv(4, 5) - GAPool - FC(5)\n}\n"
    assert not wrong(text)
    drawn = figure(archc.compile_text(text).network, "stage")
    (slab,) = [part for part in drawn.graph.parts if isinstance(part, Slab) and part.slices]
    assert slab.names == ("Conv 1, 8 ×2", "Conv 5, 4")


def test_the_look_of_every_block_is_told_and_what_is_not_drawn() -> None:
    drawn = figure(archc.load("mobilenet_v3_large").network)
    looks = {b.title for b in drawn.graph.boxes() if b.kind == "block"}
    shown = {inset.title for inset in drawn.insets if inset.title.startswith("Bneck")}
    assert shown < looks and drawn.remarks == ("inside not drawn: Bneck C to I",)


def test_outputs_have_marks_and_names() -> None:
    drawn = figure(model("a = Conv(4)\n  b = a - Conv(8)\n  return a, b"))
    assert [b.title for b in drawn.graph.boxes()][-2:] == ["out a", "out b"]
    assert "out" in [b.title for b in figure(model("Conv(4)")).graph.boxes()]
    heads = [b for b in figure(archc.load("googlenet").network).graph.boxes() if b.title.startswith("out")]
    assert [(b.title, b.notes[-1]) for b in heads] == [("out aux2", "in training"), ("out aux1", "in training")]


def test_a_folded_group_keeps_its_name() -> None:
    drawn = figure(model("layer1: [Unit(8)]x3 - FC(2)", "block Unit(c) { Conv(c) - ReLU - Conv(c) }"))
    box = next(b for b in drawn.graph.boxes() if b.repeat == 3)
    assert "layer1" in box.notes


def test_what_a_repeat_makes_is_told_where_it_changes() -> None:
    drawn = figure(model("[Conv(8) - ReLU - Conv(8, 3, 2) - BN]x2 - GAPool - FC(2)"))
    (frame,) = [part for part in drawn.graph.parts if isinstance(part, FigureFrame)]
    assert [b.shape for b in frame.graph.boxes()][-1] == "8×16×16 … 8×8×8"


def test_heat_is_told_in_numbers() -> None:
    net = archc.load("resnet18").network
    drawn = archc.load("resnet18").draw("block", heat="params").figure
    boxes = {b.path: b.notes[-1] for b in drawn.graph.boxes() if b.heat}
    assert boxes["fc"] == "513 k" and boxes["layer1"] == "148 k in all" and len(net.nodes) > 50
    assert not faults(lay_out(drawn))
    slabs = archc.load("resnet18").draw("stage", heat="params").figure.slabs
    assert [slab.names[-1] for slab in slabs[3:5]] == ["148 k in all", "526 k in all"]


def test_a_small_number_of_heat_is_no_size() -> None:
    """A result has its size in its box, a layer of few parameters their number."""
    text = "model m {\n  input 7x1x1\n  years = fc: FC(8)\n  return years, in\n}\n"
    drawn = archc.compile_text(text).draw("block", heat="params").figure
    assert [box.notes for box in drawn.graph.boxes() if box.path == "fc"] == [("64 parameters",)]
    assert "FC 8, 64 parameters" in drawn.description


# -- that the test can fail -------------------------------------------------------------------------------------------


def spoilt(change: Callable[[Graph], Graph], name: str = "resnet18") -> list[str]:
    """The false statements of a changed figure at the layer level."""
    net = archc.load(name).network
    drawn = figure(net, "layer")
    assert not untruths(net, drawn)
    return untruths(net, replace(drawn, graph=change(drawn.graph)))


def without_skip(frame: FigureFrame) -> FigureFrame:
    """A stage whose first block lacks its skip connection."""
    first, *others = frame.graph.parts
    assert isinstance(first, FigureFrame)
    edges = tuple(e for e in first.graph.edges if (e.start, e.end) != (ENTRY, len(first.graph.parts) - 2))
    first = replace(first, graph=replace(first.graph, edges=edges))
    return replace(frame, graph=replace(frame.graph, parts=(first, *others)))


def test_a_missing_line_is_found() -> None:
    def change(graph: Graph) -> Graph:
        (block,) = [part for part in graph.parts if isinstance(part, FigureFrame) and part.path == "layer1"]
        return replace(graph, parts=tuple(without_skip(block) if part is block else part for part in graph.parts))

    assert spoilt(change) == ["no line from mpool-4 to layer1.0.add-10"]


def test_a_line_too_many_is_found() -> None:
    assert "a line from conv1 to relu-3" in spoilt(lambda graph: replace(graph, edges=(*graph.edges, Edge(1, 3))))


@pytest.mark.parametrize(
    ("title", "fault"), [("Conv 7×7, 64", "stride"), ("Conv 7×7, 32, /2", "channels"), ("Conv 3×3, 64, /2", "kernel")]
)
def test_a_wrong_text_is_found(title: str, fault: str) -> None:
    def change(graph: Graph) -> Graph:
        conv = graph.parts[1]
        assert isinstance(conv, Box)
        return replace(graph, parts=(graph.parts[0], replace(conv, title=title), *graph.parts[2:]))

    assert any(fault in what for what in spoilt(change))


def test_a_layer_that_is_nowhere_is_found() -> None:
    def change(graph: Graph) -> Graph:
        conv = graph.parts[1]
        assert isinstance(conv, Box)
        return replace(graph, parts=(graph.parts[0], replace(conv, nodes=()), *graph.parts[2:]))

    assert "conv1 (1) is in 0 boxes" in spoilt(change)


def test_lines_on_each_other_are_found() -> None:
    page = lay_out(figure(archc.load("resnet18").network, "layer"))
    one = page.wires[0]
    assert not list(mixed(page.wires))
    assert list(mixed([*page.wires, replace(one, start=one.start + 50, end=one.end + 50)]))
