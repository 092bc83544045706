"""archc from Python: load a spec, then look at it, count, compile, draw and run it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from archc import __version__
from archc.diagnostics import Diagnostic, Severity
from archc.network.network import Network
from archc.pipeline import Checked, Options, check
from archc.source import Source
from archc.zoo import Files, find

if TYPE_CHECKING:
    from os import PathLike

    from torch import nn

    from archc.count.counts import Counts
    from archc.count.facts import Facts

Level = Literal["stage", "block", "layer"]


class CompileError(Exception):
    """A spec has errors. `str()` of it shows them as the command line does.

    `diagnostics` are all that there is to say about the spec; `sources` are the texts that they speak of.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, Source]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics
        self.sources = sources

    def __str__(self) -> str:
        from archc.render import render

        errors = tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)
        return "\n" + render(errors, self.sources)


@dataclass(frozen=True)
class Drawing:
    """A figure of a network, which a notebook shows."""

    network: Network
    level: Level

    def to(self, format: str) -> bytes:
        """The figure as `svg`, `png`, `pdf` or another format of `archc draw`."""
        from archc.draw import render
        from archc.draw.figure import figure

        return render(figure(self.network, level=self.level), format)

    def save(self, file: str | PathLike[str]) -> None:
        """Write the figure; the file's ending says the format."""
        from pathlib import Path

        path = Path(file)
        path.write_bytes(self.to(path.suffix.removeprefix(".") or "svg"))

    def _repr_svg_(self) -> str:
        return self.to("svg").decode()


@dataclass(frozen=True)
class Model:
    """A checked network and what can be made of it. `diagnostics`: the notes and warnings about its spec."""

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
            ValueError: there is no part, convention or dtype of that name.
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
        from archc.emit import emit

        return emit((self.network,), f"archc compile {self.name}", __version__)

    def module(self) -> nn.Module:
        """A live `torch.nn.Module`, newly initialised. Imports torch."""
        from archc.runtime.live import live_class

        return live_class(self.source())()

    def draw(self, level: Level = "block") -> Drawing:
        """A figure: of the stages, of the blocks or of all layers."""
        return Drawing(self.network, level)

    def outline(self) -> str:
        """The network in the notation of the lecture."""
        from archc.outline import outline

        return outline(self.network)

    def _repr_svg_(self) -> str:
        return self.draw()._repr_svg_()

    def __repr__(self) -> str:
        counts = self.count()
        return f"<archc {self.name}: {counts.params:,} parameters, {counts.macs:,} MACs>"


def load(spec: str, *, input: tuple[int, ...] | None = None, classes: int | None = None) -> Model:
    """The network that SPEC means: a file, a member of one (`"x.arch:small"`), a shipped name, or a chain.

    `input` is its shape, such as `(1, 32, 32)`; `classes` the number of classes of a chain.

    Raises:
        SpecError: it cannot be found or read.
        CompileError: it has errors.
        ValueError: it holds several networks, and none was chosen.
    """
    return _only(find(spec).checked(Options(input=input, classes=classes)), f"{spec}:NAME")


def compile_text(
    text: str,
    *,
    member: str | None = None,
    name: str = "text.arch",
    input: tuple[int, ...] | None = None,
    classes: int | None = None,
) -> Model:
    """The network of a spec given as text, or its member called `member`; it may use shipped specs.

    `name` is what messages call the text; for `input`, `classes` and what is raised see `load`.
    """
    options = Options(input=input, classes=classes)
    return _only(check(Source(name, text), Files().load, member, options), "member=NAME")


def _only(checked: Checked, how: str) -> Model:
    if checked.failed:
        raise CompileError(checked.diagnostics, checked.sources)
    if len(checked.networks) != 1:
        raise ValueError(f"there are several networks: choose one with {how} ({', '.join(checked.networks)})")
    return Model(next(iter(checked.networks.values())), checked.diagnostics)
