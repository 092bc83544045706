"""The data of the interactive figure is the complete figure model, safely embedded."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import archc
from archc.targets.figure.figure import ENTRY, EXIT, Edge
from archc.targets.figure.interactive import Note, _rows, interactive
from archc.targets.figure.split import Tangle

NAMES = ("resnet18", "googlenet", "densenet121", "dpn92", "shufflenet_v2_x1_0", "lenet5_1998", "mobilenet_v3_small")


def data(page: str) -> dict[str, Any]:
    """The JSON in a page."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, flags=re.DOTALL)
    read = json.loads(text)
    assert isinstance(read, dict)
    return read


def chains(graph: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [graph["main"], *(chain for chains in graph["sides"].values() for chain in chains)]


def used(chain: list[dict[str, Any]]) -> list[int]:
    """The parts that a chain of elements shows, in order."""
    found: list[int] = []
    for element in chain:
        if "part" in element:
            found.append(element["part"])
        elif "fork" in element:
            found += [part for branch in element["fork"] for part in used(branch)]
        else:
            found += [part for row in element["rows"] for _, part in row if part is not None]
    return found


def every_graph(graph: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [part["inside"] for part in graph["parts"] if part.get("inside")]
    return [graph, *(found for one in inner for found in every_graph(one))]


@pytest.mark.parametrize("name", NAMES)
def test_every_part_is_shown_once_and_every_layer_can_be_reached(name: str) -> None:
    network = archc.load(name).network
    notes = {i: Note((("layer", str(i)),)) for i in range(len(network.nodes))}
    read = data(interactive(network, notes, {}))
    graphs = every_graph(read["graph"])
    for graph in graphs:
        shown = sorted(part for chain in chains(graph) for part in used(chain))
        assert shown == list(range(len(graph["parts"])))
    boxes = [part for graph in graphs for part in graph["parts"] if "frame" not in part]
    assert {str(n) for box in boxes for n in box["nodes"]} <= read["layers"].keys() | {
        str(i) for i, node in enumerate(network.nodes) if not node.inputs
    }
    if name in ("resnet18", "mobilenet_v3_small"):
        kinds = {network.nodes[n].op.kind() for box in boxes for n in box["nodes"]}
        assert kinds == {node.op.kind() for node in network.nodes}


def test_the_same_bytes_every_time() -> None:
    network = archc.load("resnet18").network
    assert interactive(network, {}, {}) == interactive(network, {}, {})


def test_nothing_ends_the_element_that_holds_the_data() -> None:
    evil = "</script><script>alert(1)</script><!-- & \u2028 {{ data }}"
    network = archc.load("lenet5").network
    page = interactive(network, {1: Note(((evil, evil),), ((evil, evil),))}, {"": Note(((evil, evil),))}, title=evil)
    assert page.count("</script>") == 2 and "<script>alert" not in page
    read = data(page)
    assert read["name"] == evil
    assert read["modules"][""] == {"facts": [[evil, evil]], "code": []}
    assert read["texts"] == [evil]


def test_a_tangle_in_rows() -> None:
    """Each line goes down one row at a time; a line from or to the outside has a bend in each row that it passes."""
    edges = (
        Edge(ENTRY, 0),
        Edge(ENTRY, 1),
        Edge(0, 2),
        Edge(1, 2),
        Edge(0, 3),
        Edge(2, 3),
        Edge(1, EXIT),
        Edge(3, EXIT),
    )
    found = _rows(Tangle((0, 1, 2, 3), edges))
    row = {cell: i for i, cells in enumerate(found["rows"]) for cell, _ in cells} | {
        ENTRY: -1,
        EXIT: len(found["rows"]),
    }
    assert [[part for _, part in cells if part is not None] for cells in found["rows"]] == [[0, 1], [2], [3]]
    assert all(row[b] == row[a] + 1 for a, b in found["edges"])
    assert sum(part is None for cells in found["rows"] for _, part in cells) == 3
