"""The marks of frozen parts are correct at every level and in every format."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archc
from archc.ir.network import Network
from archc.targets.figure import Level, Wanted, figure, render
from archc.targets.figure.figure import Box, Figure, FigureFrame, Graph, Heat, Part, Slab
from archc.targets.figure.interactive import interactive
from archc.targets.figure.theme import LIGHT, mixed
from tests.draw.frozen import FLOWERS, PARTS, network

RESNET = archc.load("resnet18").network  # raises the recursion limit, which hypothesis requires to be constant


def stateful(net: Network) -> dict[int, bool]:
    """For each node with weights, whether it is frozen."""
    nodes = enumerate(net.nodes)
    return {i: n.frozen for i, n in nodes if n.path and n.op.weights(net.input_types(n))}


def marked(figure: Figure) -> dict[int, str]:
    """For each node, the innermost mark around it."""
    found: dict[int, str] = {n: s.frozen for s in figure.slabs for n in s.nodes}

    def read(part: Part, around: str) -> None:
        mark = part.frozen or around
        if isinstance(part, FigureFrame):
            for inner in part.graph.parts:
                read(inner, mark)
        else:
            found.update(dict.fromkeys(part.nodes, mark))

    for part in figure.graph.parts:
        read(part, "")
    return found


@settings(max_examples=15, deadline=None)
@given(
    st.sets(
        st.sampled_from(
            ("conv1", "bn1", "layer1", "layer[12].0", "*.bn*", "layer2", "layer3.0.conv1", "layer4.*.downsample", "fc")
        ),
        min_size=1,
    ),
    st.sampled_from(("stage", "block", "layer")),
)
def test_marks_say_what_is_frozen(paths: set[str], level: Level) -> None:
    text = f'from "resnet.arch" use resnet18\nvariant v = resnet18 {{\n  freeze {", ".join(sorted(paths))}\n}}\n'
    net = archc.compile_text(text).network
    drawn = figure(net, level)
    marks, cold = marked(drawn), stateful(net)
    if level != "stage":  # a stage shows only its main path
        assert cold.keys() <= marks.keys()
    for node, frozen in cold.items():
        if node in marks:
            assert frozen if marks[node] == "wholly" else not frozen if marks[node] == "" else True
    boxes = [b for b in drawn.graph.boxes() if b.frozen == "partly"] + [s for s in drawn.slabs if s.frozen == "partly"]
    for thing in boxes:
        assert {cold[n] for n in thing.nodes if n in cold} == {True, False}


def test_a_frame_says_it_once() -> None:
    drawn = figure(network(FLOWERS))
    frames = {f.path: f.frozen for f in drawn.graph.frames()}
    assert frames == {"layer2": "wholly", "layer3": "wholly", "layer4": ""}
    inside = [b for f in drawn.graph.frames() if f.frozen for b in f.graph.boxes()]
    assert inside and not any(b.frozen for b in inside)


def test_what_is_frozen_otherwise_is_not_folded() -> None:
    repeats = {b.path: (b.repeat, b.frozen) for b in figure(network(PARTS)).graph.boxes() if b.kind == "block"}
    assert repeats["layer1.0"] == (1, "partly") and repeats["layer1.1"] == (1, "wholly")
    assert next(b.repeat for b in figure(RESNET).graph.boxes() if b.kind == "block") == 2


def test_an_inset_says_what_holds_for_all() -> None:
    def insets(text: str) -> set[str]:
        return {box.frozen for inset in figure(network(text)).insets for box in inset.graph.boxes()}

    norms = '\nfrom "resnet.arch" use resnet18\nvariant v = resnet18 {\n  freeze *.bn*\n}\n'
    everything = norms.replace("*.bn*", "all except fc")
    assert insets(FLOWERS) == {""}  # layer4 has the same blocks, and is trained
    assert insets(norms) == {"", "partly"}  # the norm of a projected shortcut is called downsample.1
    assert insets(everything) == {"", "wholly"}


def marks_in(graph: Graph) -> set[str]:
    return {b.frozen for b in graph.boxes()} | {f.frozen for f in graph.frames()}


def test_a_network_without_frozen_parts_has_no_marks() -> None:
    for level in ("stage", "block", "layer"):
        drawn = figure(RESNET, level)
        assert drawn.badges() == () and marks_in(drawn.graph) <= {""} and "rozen" not in drawn.description


def test_the_legend_explains_the_marks_that_occur() -> None:
    svg = render(figure(network(FLOWERS)), "svg").decode()
    assert ">frozen</text>" in svg and ">frozen in part</text>" not in svg
    parts = figure(network(PARTS), "block", Wanted(heat=Heat("parameters", (1,) * len(network(PARTS).nodes))))
    both = render(parts, "svg").decode()
    assert ">frozen</text>" in both and ">frozen in part</text>" in both
    assert ">frozen</text>" not in render(figure(network(FLOWERS), "block", Wanted(legend=False)), "svg").decode()


def test_the_alternative_text_and_the_tips_say_it() -> None:
    svg = render(figure(network(FLOWERS)), "svg").decode()
    assert "Frozen: conv1, bn1, layer1, layer2, layer3. New: fc</desc>" in svg
    assert '<g id="layer2"><title>layer2, frozen</title>' in svg


@pytest.mark.parametrize("format", ["dot", "mmd"])
def test_text_formats_say_it_in_words(format: str) -> None:
    text = render(figure(network(PARTS)), format).decode()
    assert "frozen in part" in text and re.search(r"frozen(<br/>|\"|\\n)", text) and "dash" in text


def test_the_interactive_page_has_the_marks() -> None:
    net = network(FLOWERS)
    page = interactive(net, {}, {})
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
    parts = {p["path"]: p["frozen"] for p in json.loads(text)["graph"]["parts"]}
    assert parts["conv1"] == parts["layer2"] == "frozen" and parts["layer4"] == parts["fc"] == ""


@pytest.mark.parametrize("level", ["stage", "block", "layer"])
def test_what_an_edit_put_in_has_a_plus(level: Level) -> None:
    net = network(FLOWERS)
    drawn = figure(net, level)
    things: list[Box | Slab] = [*drawn.graph.boxes(), *drawn.slabs]
    new = {n for thing in things if thing.badge == "new" for n in thing.nodes}
    assert {net.nodes[n].op.kind() for n in new} == {"FC", "Dropout"} and all(net.nodes[n].added for n in new)
    assert "new" in drawn.badges() and "a plus are new" in drawn.caption
    assert "new" not in figure(RESNET, level).badges()


def test_what_is_frozen_is_dimmed() -> None:
    net = network(FLOWERS)
    dim = {b.path.partition(".")[0] for b in figure(net, "layer").graph.boxes() if b.dimmed}
    assert dim == {"conv1", "bn1", "layer1", "layer2", "layer3"}
    svg = render(figure(net), "svg").decode()
    faint, full = mixed(LIGHT.fills["block"], LIGHT.paper, 0.55), LIGHT.fills["block"]
    assert svg.count(f'fill="{faint}"') >= 5 and svg.count(f'fill="{full}"') == 3
    assert "archc block!45!archc paper" in render(figure(net), "tex").decode()
