"""Other names for modules, as a paper has them: `conv2_x` for `layer1`, wherever a figure writes the name.

A stage, which otherwise has no name, shows it above its layers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from archc.support.record import replace
from archc.targets.figure.figure import Box, Figure, FigureFrame, Graph, Inset, Part
from archc.targets.figure.wording import clean, ending


def renamed(figure: Figure, names: Sequence[tuple[str, str]]) -> Figure:
    """A figure with modules renamed, by their paths; ids and descriptions keep the paths."""
    if not names:
        return figure
    namer = _Namer(names)
    return replace(figure, graph=namer.graph(figure.graph), insets=tuple(map(namer.inset, figure.insets)))


class _Namer:
    def __init__(self, names: Sequence[tuple[str, str]]) -> None:
        self.names = {ending(path): clean(name) for path, name in names}
        known = "|".join(sorted(map(re.escape, self.names), key=len, reverse=True))
        self.pattern = re.compile(rf"(?<![\w.])(?:{known})(?!\w)")

    def text(self, text: str) -> str:
        """A text with the other names."""
        return self.pattern.sub(lambda found: self.names[found[0]], text)

    def graph(self, graph: Graph) -> Graph:
        """A graph with the other names."""
        return replace(graph, parts=tuple(map(self.part, graph.parts)))

    def part(self, part: Part) -> Part:
        """A part with the other names."""
        if isinstance(part, FigureFrame):
            return replace(part, label=self.text(part.label), graph=self.graph(part.graph))
        if isinstance(part, Box):
            return replace(part, notes=tuple(map(self.text, part.notes)))
        return (
            replace(part, names=(self.names[name], *part.names)) if (name := ending(part.path)) in self.names else part
        )

    def inset(self, inset: Inset) -> Inset:
        """An inset with the other names."""
        values = inset.values
        if values is not None:
            values = replace(values, rows=tuple(replace(row, name=self.text(row.name)) for row in values.rows))
        return replace(inset, note=self.text(inset.note), graph=self.graph(inset.graph), values=values)
