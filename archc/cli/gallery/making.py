"""Making one network of the gallery: compiled, counted, drawn and proved, in a folder of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from archc import __version__
from archc.cli.files import write
from archc.cli.gallery.entry import ENTRY, EVIDENCE, FIGURE, THUMBNAILS, Evidence, GalleryEntry, Job
from archc.cli.points import point, profile
from archc.count.counts import Counts, count
from archc.count.tables import as_csv
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.targets.outline import outline

if TYPE_CHECKING:
    from archc.pipeline import Checked
    from archc.targets.figure import Level, ThemeName
    from archc.zoo import Spec

LEVELS: tuple[Level, ...] = ("stage", "block", "layer")
_ARGUMENTS = re.compile(r"^[ \t]*Args:", re.MULTILINE)
"""Where a docstring begins to describe parameters, which a page does not show."""
LARGEST_LAYER_FIGURE = 500
"""The maximum number of nodes of a network with a static figure of its layers, not only the interactive one."""


def opened(spec: str, member: str | None = None) -> Spec:
    """A shipped family or a spec file, or a member of it. Raises `SpecError`."""
    from archc.zoo import ENDING, find, find_family

    if spec.endswith(ENDING):
        return find(f"{spec}:{member}" if member else spec)
    return find_family(spec, member)


def make(root: Path, job: Job) -> GalleryEntry:
    """Make a network's folder. Errors of the network are in the entry; none is raised."""
    try:
        entry = _made(root, job)
    except Exception as error:  # a broken network must not stop the others
        entry = _blank(job, (_named(error),))
    write(root / job.folder / ENTRY, entry.model_dump_json(indent=2) + "\n")
    return entry


def _blank(job: Job, errors: tuple[str, ...]) -> GalleryEntry:
    return GalleryEntry(name=job.member, family=Path(job.spec).stem, folder=job.folder, key=job.key, errors=errors)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _checked(job: Job) -> Checked:
    """The member alone, so that errors of others do not count; a bare chain is the whole file."""
    from archc.pipeline import DEFAULTS

    checked = opened(job.spec, job.member).checked(DEFAULTS)
    return checked if job.member in checked.networks else opened(job.spec).checked(DEFAULTS)


def _made(root: Path, job: Job) -> GalleryEntry:
    checked = _checked(job)
    network = checked.networks.get(job.member)
    if network is None or checked.failed:
        from archc.diagnostics.render import render

        return _blank(job, (render(checked.diagnostics, checked.sources),))
    steps = _Steps(root / job.folder, network)
    steps.compile()
    steps.count()
    steps.draw(job.png, checked.sources)
    evidence = steps.prove() if job.prove else None
    entry = GalleryEntry(
        name=network.name,
        family=Path(job.spec).stem,
        folder=job.folder,
        key=job.key,
        input=steps.counts.input,
        output=steps.counts.output,
        point=point(network, steps.counts),
        like=_text(network.fact("like")),
        paper=_text(network.fact("paper")),
        doc=_ARGUMENTS.split(network.doc)[0].strip(),
        outline=outline(network),
        files=tuple(steps.files),
        evidence=evidence,
        errors=tuple(steps.errors),
    )
    spec = opened(job.spec).source
    steps.page(entry, spec.text, Path(spec.name).name)
    return entry.model_copy(update={"files": tuple(steps.files), "errors": tuple(steps.errors)})


def _text(value: object) -> str | None:
    return None if value is None else str(value)


class _Steps:
    """The steps for a network. A step that fails is recorded, and the others go on."""

    def __init__(self, folder: Path, network: Network) -> None:
        self.folder = folder
        self.network = network
        self.counts: Counts = count(network)
        self.files: list[str] = []
        self.errors: list[str] = []
        self.source = ""

    def _write(self, name: str, make: Callable[[], str | bytes]) -> None:
        try:
            data = make()
        except Exception as error:
            self.errors.append(f"{name}: {_named(error)}")
            return
        write(self.folder / name, data)
        self.files.append(name)

    def compile(self) -> None:
        """The PyTorch module."""
        from archc.targets.pytorch import emit

        def source() -> str:
            self.source = emit((self.network,), f"archc compile {self.network.name}", __version__)
            return self.source

        self._write(f"{self.network.name}.py", source)

    def count(self) -> None:
        """The counts, and a chart of their distribution."""
        from archc.targets.chart.canvas import SLIDE
        from archc.targets.chart.profile import profile_chart

        self._write("counts.csv", lambda: as_csv((self.counts,)))
        shown = profile(self.counts)
        for name, sheet in (("profile.svg", SLIDE), ("profile-dark.svg", replace(SLIDE, theme="dark"))):
            self._write(name, partial(profile_chart, shown, "svg", sheet, self.network.title))

    def draw(self, png: bool, sources: Mapping[str, Source]) -> None:
        """A static figure at each level, and an interactive one."""
        from archc.cli.interactive import page

        self._write(FIGURE, lambda: page(self.network, sources))
        for theme, name in THUMBNAILS.items():
            self._write(name, partial(self._thumbnail, theme))
        for level in LEVELS:
            if level == "layer" and len(self.network.nodes) > LARGEST_LAYER_FIGURE:
                continue
            for format in ("svg", "png") if png else ("svg",):
                self._write(f"{level}.{format}", partial(self._figure, level, format))
            self._write(f"{level}-dark.svg", partial(self._figure, level, "svg", "dark"))

    def _figure(self, level: Level, format: str, theme: ThemeName = "light") -> bytes:
        from archc.targets.figure import Look, figure, render

        return render(figure(self.network, level), format, Look(theme=theme))

    def _thumbnail(self, theme: ThemeName) -> bytes:
        """The figure of the blocks, without a title and a legend."""
        from archc.targets.figure import Look, Wanted, figure, render

        return render(figure(self.network, "block", Wanted(title="", legend=False)), "svg", Look(theme=theme))

    def prove(self) -> Evidence | None:
        """The result of the comparison with the reference; None without a reference."""
        from archc.cli.gallery.proving import evidence

        try:
            return evidence(self.network, self.source, self.folder / EVIDENCE) if self.source else None
        except Exception as error:
            self.errors.append(f"proof: {_named(error)}")
            return None

    def page(self, entry: GalleryEntry, spec: str, spec_file: str) -> None:
        """The page of the network."""
        from archc.cli.gallery.pages import PAGE, network_page

        self._write(PAGE, lambda: network_page(entry, self.counts, self.source, spec, spec_file))
