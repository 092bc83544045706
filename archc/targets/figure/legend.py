"""The surroundings of a figure: its title, and below it the legend or the scale of its heat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

from archc.ir.network import Network
from archc.targets.figure.figure import KINDS, Badge, Box, Figure, Kind, Slab
from archc.targets.figure.fonts import Weight, measure
from archc.targets.figure.labels import kind_of
from archc.targets.figure.laid import NOTE_LINE
from archc.targets.figure.page import HEADING, MARGIN, SMALL, HeatScale, Sample, Words
from archc.targets.figure.wording import BADGES

TITLE_GAP = 1.2
"""The distance between the lines of a title, relative to its size."""


def heading_of(figure: Figure, width: float = inf) -> tuple[Words, ...]:
    """The title, wrapped to the width of the page; empty without one."""
    lines = _broken(figure.title, width - 2 * MARGIN, HEADING, "bold") if figure.title else ()
    return tuple(
        Words(line, MARGIN, MARGIN + HEADING * (0.8 + TITLE_GAP * i), HEADING, "heading", bold=True)
        for i, line in enumerate(lines)
    )


def height_of(heading: Sequence[Words]) -> float:
    """The height of a title, with the room below it."""
    return HEADING * (1 + TITLE_GAP * (len(heading) - 1)) + 10 if heading else 0.0


def legend_of(figure: Figure, width: float, top: float) -> tuple[tuple[Sample, ...], HeatScale | None, float]:
    """Swatches for kinds and marks in lines as wide as the page, or the scale of the heat; and where they end."""
    if not figure.legend:
        return (), None, top - 8
    if figure.heat:
        scale, end = _scale(figure, top)
        samples, last = _samples({}, figure.badges(), width, end + 6)
        return samples, scale, last if samples else end
    kinds = [kind for kind in figure.kinds() if kind != "shape" or any(map(_reshapes, figure.boxes())) or figure.slabs]
    told = {kind: [word for one, word in figure.meanings if one == kind] or [LEGEND[kind]] for kind in kinds}
    samples, end = _samples({kind: ", ".join(words) for kind, words in told.items()}, figure.badges(), width, top + 6)
    return samples, None, end


def meanings(network: Network, things: Iterable[Box | Slab]) -> tuple[tuple[Kind, str], ...]:
    """The words for what is drawn as each kind: that of the kind, and those for layers that it is not true of."""
    found = set[tuple[Kind, str]]()
    for thing in things:
        ops = [network.nodes[n].op for n in thing.nodes if not network.nodes[n].implicit]
        words = {_LAYERS.get(op.kind(), LEGEND[thing.kind]) for op in ops if kind_of(op) == thing.kind}
        found |= {(thing.kind, word) for word in words or {LEGEND[thing.kind]}}
    order = [*LEGEND.values(), *_LAYERS.values()]
    return tuple(sorted(found, key=lambda one: (KINDS.index(one[0]), order.index(one[1]))))


def _reshapes(box: Box) -> bool:
    """Whether a box is a layer that reshapes, rather than a placeholder for an error."""
    return box.kind == "shape" and not box.broken


def remarks_of(figure: Figure, top: float, width: float = inf) -> tuple[tuple[Words, ...], float]:
    """The remarks, wrapped to the width of the page, and the position of their end."""
    texts = [line for remark in figure.remarks for line in _broken(remark, width - 2 * MARGIN)]
    lines = [Words(text, MARGIN, top + 14 + NOTE_LINE * i, SMALL, "note") for i, text in enumerate(texts)]
    return tuple(lines), lines[-1].y + 3 if lines else top


def _broken(text: str, width: float, size: float = SMALL, weight: Weight = "regular") -> Iterator[str]:
    """A text in lines of a width, broken between words, and in a word that is wider."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and measure(longer, size, weight) > width:
            yield line
            longer = word
        while measure(longer, size, weight) > width:
            fits = max(1, next(n for n in range(len(longer)) if measure(longer[: n + 1], size, weight) > width))
            yield longer[:fits]
            longer = longer[fits:]
        line = longer
    yield line


def _samples(
    kinds: Mapping[Kind, str], badges: Sequence[Badge], width: float, top: float
) -> tuple[tuple[Sample, ...], float]:
    """A swatch for each kind, with its words, and mark, in lines as wide as the page, and the position of their end."""
    x, y, samples = MARGIN, top, []
    told: list[tuple[Kind | None, Badge, str]] = [(kind, "", words) for kind, words in kinds.items()]
    told += [(None, one, BADGES[one]) for one in badges]
    for kind, one, text in told:
        words = Words(text, x + 19, y + 8, SMALL, "note")
        if words.x + words.width > width - MARGIN and x > MARGIN:
            x, y = MARGIN, y + 15
            words = Words(text, x + 19, y + 8, SMALL, "note")
        samples.append(Sample(kind, one, x, y, 14, 10, (words,)))
        x = words.x + words.width + 14
    return tuple(samples), y + 10


def _scale(figure: Figure, top: float) -> tuple[HeatScale, float]:
    y = top + 6
    words = (
        Words(figure.heat, MARGIN, y + 8, SMALL, "note", bold=True),
        Words("0", MARGIN, y + 30, SMALL, "note"),
        Words(f"{figure.hottest:,}", MARGIN + 160, y + 30, SMALL, "note", "end"),
    )
    return HeatScale(MARGIN, y + 12, 160, 8, words), y + 32


LEGEND: dict[Kind, str] = {
    "input": "input or output",
    "conv": "convolution",
    "linear": "fully connected",
    "pool": "pooling",
    "norm": "normalisation",
    "activation": "activation",
    "regularization": "regularisation",
    "merge": "merge",
    "shape": "reshape",
    "head": "probabilities",
    "attention": "attention",
    "block": "block",
}
_LAYERS = {
    "Subsample": "subsampling",
    "Affine": "scaling",
    "Scale": "scaling",
    "Positions": "positions",
    "Arithmetic": "arithmetic",
    "Neg": "arithmetic",
    "Chunk": "slicing",
    "Crop": "slicing",
    "Slice": "slicing",
    "Split": "slicing",
    "Pad": "padding",
    "PadChannels": "padding",
    "Roll": "reordering",
    "Shuffle": "reordering",
    "PixelShuffle": "upsampling",
    "Upsample": "upsampling",
    "Param": "learned tensor",
    "LogSoftmax": "log probabilities",
}
"""The words for layers of which the word for their kind is not true."""
