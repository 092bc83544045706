"""The layout of arbitrary directed acyclic graphs has no overlaps."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from archc.targets.figure import Direction, lay_out
from archc.targets.figure.figure import ENTRY, EXIT, Box, Edge, Figure, FigureFrame, Graph, Part
from archc.targets.figure.split import Element, Fork, Tangle, split
from tests.draw.test_geometry import faults

LABELS = st.sampled_from(["+", "Conv 3×3, 64", "a much longer label than usual", "한글 라벨", "λ"])


@st.composite
def graphs(draw: st.DrawFn, depth: int = 1, around: str = "b") -> Graph:
    """A graph of up to twelve parts, all reachable from outside; frames contain smaller graphs."""
    count = draw(st.integers(1, 12 if depth else 4))
    parts: list[Part] = []
    edges: set[tuple[int, int]] = set()
    for i in range(count):
        parts.append(
            draw(boxes(i, around))
            if not depth or draw(st.integers(0, 4))
            else FigureFrame(f"f{i}", f"f{i}", draw(graphs(0, f"f{i}.")))
        )
        for source in draw(st.sets(st.integers(ENTRY, i - 1), min_size=1, max_size=3)):
            edges.add((source, i))
    inner = {a for a, _ in edges}
    ends = [i for i in range(count) if i not in inner]
    leaving = draw(st.sets(st.sampled_from(ends), min_size=1))
    return Graph(tuple(parts), tuple(Edge(a, b) for a, b in [*sorted(edges), *((i, EXIT) for i in sorted(leaving))]))


@st.composite
def boxes(draw: st.DrawFn, number: int, around: str) -> Box:
    merge = draw(st.sampled_from([None, None, "add", "concat", "mul"]))
    return Box(
        f"{around}{number}",
        "merge" if merge else draw(st.sampled_from(["conv", "pool", "block"])),
        draw(LABELS),
        tuple(draw(st.lists(LABELS, max_size=2))),
        shape=draw(st.sampled_from(["", "64×56×56"])),
        repeat=draw(st.integers(1, 4)),
        merge=merge,
    )


def parts_of(element: Element) -> list[int]:
    if isinstance(element, Fork):
        inner = [p for branch in element.branches for e in branch for p in parts_of(e)]
        return inner + ([element.merge] if element.merge is not None else [])
    return list(element.parts) if isinstance(element, Tangle) else [element]


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_every_part_is_somewhere_once(graph: Graph) -> None:
    structure = split(graph)
    rows = [structure.main, *(side for sides in structure.sides.values() for side in sides)]
    assert sorted(p for row in rows for e in row for p in parts_of(e)) == list(range(len(graph.parts)))


@settings(max_examples=120, deadline=None)
@given(graphs(), st.sampled_from(["down", "right"]))
def test_any_graph_is_drawn_without_overlaps(graph: Graph, direction: Direction) -> None:
    page = lay_out(Figure("n", "n", "", "block", graph), direction)
    assert len(page.boxes) == len(list(graph.boxes()))
    assert not faults(page)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_every_edge_between_boxes_is_drawn(graph: Graph) -> None:
    page = lay_out(Figure("n", "n", "", "block", graph), "down")
    number = {part: i for i, part in enumerate(b.box.path for b in page.boxes)}
    drawn = {(w.start, w.end) for w in page.wires}
    for edge in graph.edges:
        if edge.start >= 0 and edge.end >= 0:
            one, other = graph.parts[edge.start], graph.parts[edge.end]
            if isinstance(one, Box) and isinstance(other, Box):
                assert (number[one.path], number[other.path]) in drawn


def test_a_chain_is_a_row_and_a_residual_block_a_fork() -> None:
    chain = tuple(Box(str(i), "conv", str(i)) for i in range(4))
    edges = [Edge(ENTRY, 0), Edge(0, 1), Edge(1, 2), Edge(2, 3), Edge(3, EXIT)]
    assert split(Graph(chain, tuple(edges))).main == (0, 1, 2, 3)
    assert split(Graph(chain, (*edges, Edge(0, 3)))).main == (0, Fork(((1, 2),), True, 3))


def test_a_gate_that_reads_a_skip_and_what_comes_from_below_is_a_fork_with_a_gate() -> None:
    """As in a U with attention gates: 0 leads through 1 and 2 to the gate 3, and 2 past the gate to the merge 4."""
    parts = tuple(Box(str(i), "conv", str(i)) for i in range(5))
    ways = [(ENTRY, 0), (0, 1), (1, 2), (0, 3), (2, 3), (2, 4), (3, 4), (4, EXIT)]
    first, tangle, merge = split(Graph(parts, tuple(Edge(*way) for way in ways))).main
    assert (first, merge) == (0, 4) and isinstance(tangle, Tangle)
    assert tangle.gated == Fork(((1, 2),), True, 4, gate=3)
    _, tangle, _ = split(Graph(parts, tuple(Edge(*way) for way in (*ways, (1, 3))))).main
    assert isinstance(tangle, Tangle) and tangle.gated is None
