"""Quality and speed of the layout of figures: `python -m benchmarks.figures [NETWORK…]`.

For each network, level and direction: boxes, the page's size in points, the size of the smallest text when the page
is printed on A4, crossings of lines, the length of all lines (shared parts once), and the time from network to SVG.
`--dot` also lays the figure out with Graphviz's dot; `--torchview` also times torchview's figure of the network.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator
from time import perf_counter

import archc
from archc.targets.figure import LEVELS, Direction, Figure, figure, lay_out, render
from archc.targets.figure.laid import NOTE
from archc.targets.figure.lay import A4
from archc.targets.figure.page import Page

NETWORKS = ("lenet5", "vgg16", "googlenet", "resnet50", "densenet201", "dpn92", "shufflenet_v2_x1_0")
DIRECTIONS: tuple[Direction, ...] = ("down", "right")
Line = tuple[float, float, float, int, int]
"""A straight section of a line: its position, its two ends, and the boxes that the line joins."""


def straight_parts(page: Page) -> tuple[list[Line], list[Line]]:
    """The horizontal and the vertical sections of all lines."""
    level: list[Line] = []
    upright: list[Line] = []
    for wire in page.wires:
        for (ax, ay), (bx, by) in zip(wire.points, wire.points[1:], strict=False):
            if abs(ay - by) < 0.01:
                level.append((ay, min(ax, bx), max(ax, bx), wire.start, wire.end))
            else:
                upright.append((ax, min(ay, by), max(ay, by), wire.start, wire.end))
    return level, upright


def crossings(page: Page) -> int:
    """The number of crossings between lines without a common box."""
    level, upright = straight_parts(page)
    places = {
        (round(x, 1), round(y, 1))
        for y, left, right, *ends in level
        for x, top, bottom, *others in upright
        if left + 0.1 < x < right - 0.1 and top + 0.1 < y < bottom - 0.1 and not set(ends) & set(others)
    }
    return len(places)


def ink(page: Page) -> float:
    """The length of all lines in points, counting shared sections once."""
    return sum(sum(b - a for a, b in merged(line)) for part in straight_parts(page) for line in lanes(part))


def lanes(parts: Iterable[Line]) -> Iterator[list[tuple[float, float]]]:
    """The sections on each straight line, by their two ends."""
    found: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for at, start, end, *_ in parts:
        found[round(at, 1)].append((start, end))
    yield from found.values()


def merged(spans: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Spans, with overlapping ones merged."""
    start, end = float("nan"), float("-inf")
    for a, b in sorted(spans):
        if a > end:
            if end > float("-inf"):
                yield start, end
            start, end = a, b
        end = max(end, b)
    yield start, end


def printed(page: Page) -> float:
    """The size of the smallest text in points when printed on A4, portrait or landscape."""
    upright = min(A4[0] / page.width, A4[1] / page.height)
    return NOTE * max(upright, min(A4[1] / page.width, A4[0] / page.height))


def by_dot(made: Figure) -> str:
    """The time of dot, the size of its page, and the length of its lines."""
    import pygraphviz

    graph = pygraphviz.AGraph(string=render(made, "dot").decode())
    start = perf_counter()
    graph.layout(prog="dot")
    spent = perf_counter() - start
    width, height = (float(n) for n in graph.graph_attr["bb"].split(",")[2:])
    length = 0.0
    for edge in graph.edges():
        points = [tuple(map(float, p.removeprefix("e,").split(","))) for p in edge.attr["pos"].split()]
        points = [*points[1:], points[0]]  # the first point is the tip of the arrow
        length += sum(((a - c) ** 2 + (b - d) ** 2) ** 0.5 for (a, b), (c, d) in zip(points, points[1:], strict=False))
    return f"   dot {spent * 1000:8.0f} ms {width:7.0f} x {height:6.0f} {length:9.0f}"


def by_torchview(name: str) -> float:
    """The seconds that torchview takes for its SVG of torchvision's network, without building the network."""
    from torchview import draw_graph

    from archc.runtime.references import import_torchvision

    torchvision = import_torchvision()
    module = getattr(torchvision.models, name)()  # type: ignore[union-attr]
    start = perf_counter()
    drawn = draw_graph(module, input_size=(1, 3, 224, 224), device="meta", expand_nested=True, depth=10)
    import pygraphviz

    pygraphviz.AGraph(string=drawn.visual_graph.source).draw(format="svg", prog="dot")
    return perf_counter() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS, metavar="NETWORK")
    parser.add_argument("--level", choices=LEVELS, action="append", help="these levels only; repeatable")
    parser.add_argument("--dot", action="store_true", help="lay out with Graphviz's dot too")
    parser.add_argument("--torchview", action="store_true", help="time torchview's figure of the same network too")
    arguments = parser.parse_args()
    head = f"{'network':<20} {'level':<6} {'flow':<6} {'boxes':>5} {'page':>13} {'A4':>5} {'cross':>5}"
    print(f"{head} {'lines':>7} {'ms':>6}")
    for name in arguments.networks:
        network = archc.load(name).network
        for level in arguments.level or LEVELS:
            for direction in DIRECTIONS:
                start = perf_counter()
                made = figure(network, level)
                render(made, "svg")
                spent = (perf_counter() - start) * 1000
                page = lay_out(made, direction)
                row = f"{name:<20} {level:<6} {direction:<6} {len(page.boxes) or len(page.slabs):>5} "
                row += f"{page.width:6.0f} x {page.height:4.0f} {printed(page):5.1f} {crossings(page):5} "
                row += f"{ink(page):7.0f} {spent:6.0f}"
                print(row + (by_dot(made) if arguments.dot and direction == "down" else ""), flush=True)
        if arguments.torchview:
            print(f"{name:<20} torchview's figure by layer: {by_torchview(name):.1f} s", flush=True)


if __name__ == "__main__":
    main()
