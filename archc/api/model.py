"""A checked network and its uses, and the error for a spec without one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from archc.diagnostics.core import Diagnostic, Severity
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.support.extras import require
from archc.support.record import Record
from archc.version import __version__

if TYPE_CHECKING:
    from os import PathLike

    from torch import nn

    from archc.count.counts import Counts
    from archc.count.facts import Facts
    from archc.targets.figure import Figure, Heat, Look

Level = Literal["stage", "block", "layer"]
File: TypeAlias = "str | PathLike[str]"
Cost = Literal["params", "macs", "activations"]


class CompileError(Exception):
    """A spec has errors, which `str()` shows as the command line does.

    `diagnostics` are all of the spec; `sources` are the texts that they refer to.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, Source]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics
        self.sources = sources

    def __str__(self) -> str:
        from archc.diagnostics.render import render

        errors = tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)
        return "\n" + render(errors, self.sources)

    def _render_traceback_(self) -> list[str]:
        """The display in a notebook: the errors as on a terminal, without a traceback."""
        from archc.diagnostics.render import render
        from archc.diagnostics.render.screen import Screen

        return render(self.diagnostics, self.sources, "text", Screen(colour=True)).splitlines()


class Drawing(Record):
    """A figure of a network, and its style. Notebooks display it."""

    figure: Figure
    look: Look

    def to(self, format: str) -> bytes:
        """The figure as `svg`, `png`, `pdf`, `tex` (TikZ), `dot` (Graphviz) or `mmd` (Mermaid)."""
        from archc.targets.figure import render

        return render(self.figure, format, self.look)

    def pages(self, format: str, width: str, min_font: str = "7pt") -> tuple[list[bytes], list[str]]:
        """The figure for paper of a width, `3.25in`, `89mm`, `column`, `page` or `slide`: its pages, and warnings.

        A PDF has all pages in one file. There is a warning if the text had to be smaller than `min_font`.

        Raises:
            FigureError: a length is invalid, or the format is none of `svg`, `png`, `pdf` and `tex`.
        """
        from archc.targets.figure import Room, render_pages

        return render_pages(self.figure, format, Room.of(width, min_font), self.look)

    def save(self, file: File) -> None:
        """Write the figure, in the format given by the file's ending."""
        from pathlib import Path

        path = Path(file)
        path.write_bytes(self.to(path.suffix.removeprefix(".").lower() or "svg"))

    def _repr_svg_(self) -> str:
        return self.to("svg").decode()


class Model(Record):
    """A checked network. `diagnostics`: the notes and warnings about its spec."""

    network: Network
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        """The network's name."""
        return self.network.name

    @cached_property
    def _counts(self) -> Counts:
        from archc.count.counts import count

        return count(self.network)

    def count(self) -> Counts:
        """Parameters, MACs, FLOPs, activations: exact, by layer and by module."""
        return self._counts

    def facts(self, *parts: str, conventions: Collection[str] = (), batch: int = 1, dtype: str = "float32") -> Facts:
        """Depth and receptive field, and those of `fields`, `formulas`, `memory`, `traffic` and `training` named.

        `conventions` are names of counting tools; memory is that of `batch` samples of `dtype`.

        Raises:
            ValueError: there is no part, convention or dtype of that name, or a layer has no count by a convention.
        """
        from archc.count.conventions import names
        from archc.count.facts import PARTS, facts
        from archc.count.memory import DTYPES

        for what, given, known in (
            ("part", parts, PARTS),
            ("convention", conventions, names()),
            ("dtype", (dtype,), DTYPES),
        ):
            if wrong := [one for one in given if one not in known]:
                raise ValueError(f"no {what} is called {wrong[0]}: there are {', '.join(known)}")
        return facts(self.network, self._counts, parts, conventions, batch, dtype)

    def source(self) -> str:
        """The PyTorch source: a module that imports only torch."""
        from archc.targets.pytorch import emit

        return emit((self.network,), f"archc compile {self.name}", __version__)

    def module(self) -> nn.Module:
        """A live `torch.nn.Module`, newly initialised. Imports torch."""
        require("torch")
        from archc.runtime.live import live_class

        return live_class(self.source())()

    def draw(
        self,
        level: Level = "block",
        *,
        title: str | None = None,
        only: str | None = None,
        expand: Sequence[str] = (),
        highlight: Sequence[str] = (),
        heat: Cost | None = None,
        theme: Literal["light", "dark", "print"] = "light",
        direction: Literal["down", "right"] | None = None,
        legend: bool = True,
        slabs: Literal["log", "linear"] = "log",
        names: Mapping[str, str] | None = None,
        scale: float = 2.0,
    ) -> Drawing:
        """A figure: of the stages, of the blocks or of all layers.

        `only`, `expand` and `highlight` are paths of modules: the one to show alone, those whose content is shown in
        place (`*` for all blocks), and those to emphasise. `heat` colours by a cost. `slabs`: the scale of the sizes of
        stages. `names`: other names for modules, by path. `scale`: the pixels per point of a PNG.

        Raises:
            FigureError: a path is not a module of the network, or the module has no content.
        """
        from archc.targets.figure import Look, Wanted, figure

        costs = self._heat(heat) if heat is not None else None
        wanted = Wanted(
            title,
            only,
            tuple(expand),
            tuple(highlight),
            costs,
            legend,
            linear=slabs == "linear",
            names=tuple((names or {}).items()),
        )
        return Drawing(figure(self.network, level, wanted), Look(theme, direction, scale))

    def _heat(self, cost: Cost) -> Heat:
        """A cost of each node. Nodes that stand for inputs have no row in the counts, and no cost."""
        from archc.targets.figure import Heat

        names = {"params": "parameters", "macs": "multiply-accumulates", "activations": "activations"}
        rows = iter(self._counts.layers)
        return Heat(names[cost], tuple(getattr(next(rows), cost) if n.inputs else 0 for n in self.network.nodes))

    def outline(self) -> str:
        """The network in the notation of the lecture."""
        from archc.targets.outline import outline

        return outline(self.network)

    def _repr_html_(self) -> str:
        from archc.showing import card

        return card(self.count(), self.draw().to("svg"), self.source())

    def __repr__(self) -> str:
        counts = self.count()
        return f"<archc {self.name}: {counts.params:,} parameters, {counts.macs:,} MACs>"
