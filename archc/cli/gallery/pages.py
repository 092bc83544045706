"""The gallery's pages: templates filled with the results. Every page is self-contained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from archc import __version__
from archc.cli.gallery.entry import FIGURE, THUMBNAILS, GalleryEntry
from archc.cli.gallery.highlight import arch, python
from archc.count.table import shape
from archc.count.tables import inputs

if TYPE_CHECKING:
    from archc.count.counts import Counts
    from archc.targets.figure import ThemeName

PAGE = "index.html"
MOST_LAYERS = 1_500
"""The maximum number of rows in the table of a page."""
COLUMNS = (
    ("Network", False), ("Family", False), ("Input", False), ("Parameters", True), ("MACs", True), ("Top-1, %", True),
    ("Like", False), ("Proof", False),
)  # fmt: skip
FIGURES = (
    ("stage.svg", "Stages"),
    ("block.svg", "Blocks"),
    ("layer.svg", "Layers"),
    ("profile.svg", "Where parameters, MACs and activations go"),
)
"""The files that a page shows, with their titles."""


def index(root: Path, entries: Sequence[GalleryEntry]) -> str:
    """The page of these entries, whose files are below `root`. It depends on nothing else."""
    families = [_family(root, name, list(group)) for name, group in groupby(entries, key=lambda e: e.family)]
    networks = sum(entry.point is not None for entry in entries)
    proved = [entry.proved is True for entry in entries if entry.evidence is not None]
    things = f"{networks} network{'' if networks == 1 else 's'}"
    kinds = f"{len(families)} famil{'y' if len(families) == 1 else 'ies'}"
    from archc.targets.chart.canvas import palette

    chart, unlabelled = _chart(entries)
    return _filled(
        PAGE,
        summary=f"{things} of {kinds}" + (f", {sum(proved)} proved equal to their reference" if proved else ""),
        failed=sum(entry.failed for entry in entries),
        families=families,
        entries=entries,
        columns=COLUMNS,
        chart=Markup(chart),
        unlabelled=f"{unlabelled} balls have no name, for want of room." if unlabelled else "",
        palette=Markup(palette()),
        script=Markup(_file("table.js")),
    )


def _family(root: Path, name: str, entries: list[GalleryEntry]) -> dict[str, Any]:
    """The index entry of a family."""
    spec = f"{name}/{name}.arch"
    papers: dict[str, list[GalleryEntry]] = {}
    for entry in entries:
        papers.setdefault(entry.paper or entry.name, []).append(entry)
    return {
        "name": name,
        "spec": spec if (root / spec).is_file() else "",
        "cards": [_card(group) for group in papers.values()],
    }


def _card(entries: list[GalleryEntry]) -> dict[str, Any]:
    """An architecture: the networks of one paper in a spec, and the one whose figure is shown."""
    from archc.cli.points import CANONICAL

    known = sorted((e for e in entries if e.name in CANONICAL), key=lambda e: e.point.params or 0 if e.point else 0)
    others = [e for e in entries if e.like] or entries
    return {"pictured": known[(len(known) - 1) // 2] if known else others[0], "entries": entries}


def _chart(entries: Sequence[GalleryEntry]) -> tuple[str, int]:
    """The ball chart as SVG, and the number of balls without a name; empty if too few accuracies are known."""
    from archc.cli.points import of_one_task
    from archc.targets.chart.ball import ball_chart
    from archc.targets.chart.canvas import adaptive
    from archc.targets.chart.points import drawable

    ordered = sorted(entries, key=lambda entry: entry.like is None)  # those with a reference are named first
    points, _ = of_one_task((entry.point, entry.output[0]) for entry in ordered if entry.point)
    kept, _ = drawable(points, "macs", "top1")
    if len(kept) < 2:
        return "", 0
    chart = ball_chart(kept, "svg")
    return adaptive(chart.data.decode()), len(chart.unlabelled)


def network_page(entry: GalleryEntry, counts: Counts | None, source: str, spec: str, spec_file: str) -> str:
    """The page of a network, in its own folder; without counts it shows only the errors."""
    return _filled(
        "network.html",
        entry=entry,
        counts=counts,
        facts=_facts(entry, counts) if counts and entry.point else [],
        scopes=counts.scopes if counts else (),
        figures=[_figure(entry, file, title) for file, title in FIGURES if file in entry.files],
        most_layers=MOST_LAYERS,
        source=python(source),
        spec=arch(spec),
        spec_file=spec_file,
        files=[n for n in entry.files if n not in (PAGE, *THUMBNAILS.values()) and not n.endswith("-dark.svg")],
    )


def _figure(entry: GalleryEntry, file: str, title: str) -> dict[str, Any]:
    alt = f"{title} of {entry.called}: {_short(entry.outline)}"
    if file == "profile.svg":
        alt = f"{title} along the layers of {entry.called}"
    dark = file.replace(".svg", "-dark.svg")
    dark = dark if dark in entry.files else ""
    return {"file": file, "dark": dark, "title": title, "alt": alt, "folded": file == "layer.svg"}


def _facts(entry: GalleryEntry, counts: Counts) -> list[tuple[str, str, str]]:
    """The totals of a network: a name, the number, and a remark."""
    point = entry.point
    assert point is not None
    facts = [
        ("Input", inputs(counts), ""),
        ("Output", ", ".join(map(shape, counts.outputs)), ""),
        ("Parameters", f"{counts.params:,}", f"{counts.buffers:,} numbers in buffers"),
        ("MACs", f"{counts.macs:,}", "multiply-accumulates, one sample"),
        ("FLOPs", f"{counts.flops:,}", f"with {counts.elementwise:,} element-wise"),
        ("Activations", f"{counts.activations:,}", "numbers in all outputs"),
    ]
    if point.top1 is not None:
        facts.append(("Top-1", f"{point.top1:g} %", point.source))
    if point.top5 is not None:
        facts.append(("Top-5", f"{point.top5:g} %", point.source))
    return facts


# -- templates --------------------------------------------------------------------------------------------------------


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("archc.cli.gallery"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    found.filters |= {
        "anchor": _anchor,
        "grouped": lambda number: f"{number:,.0f}",
        "known": lambda number: "" if number is None else f"{number:g}",
        "linked": _linked,
        "page": lambda folder: quote(f"{folder}/{PAGE}"),
        "shape": shape,
        "short": _short,
        "si": _si,
        "thumbnail": _thumbnail,
    }
    found.globals |= {
        "style": Markup(_file("style.css")),
        "verdict": _verdict,
        "version": __version__,
        "page_name": PAGE,
        "figure_name": FIGURE,
    }
    return found


def _filled(name: str, **values: Any) -> str:
    """A template filled with values; values that are not `Markup` are escaped."""
    return str(_environment().get_template(name).render(values))


def _file(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _anchor(folder: str) -> str:
    return folder.replace("/", "-")


def _short(text: str, most: int = 150) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _si(number: float) -> str:
    """A number in three digits: 25.6 M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}" if number < 999.5 * size else f"{number / size:,.0f} {unit}"
    return f"{number:g}"


def _thumbnail(entry: GalleryEntry, theme: ThemeName) -> str:
    """The address of the figure for the index, empty without one."""
    name = THUMBNAILS[theme]
    return quote(f"{entry.folder}/{name}") if name in entry.files else ""


def _verdict(entry: GalleryEntry) -> Markup:
    """The verdict of the proof in a word."""
    if entry.errors:
        return Markup('<span class="bad">errors</span>')
    if entry.evidence is None:
        return Markup("")
    if entry.proved is None:
        return Markup("not compared")
    return Markup('<span class="good">equal</span>' if entry.proved else '<span class="bad">differs</span>')


_ARXIV = re.compile(r"arXiv[: ](\d{4}\.\d{4,5})")


def _linked(paper: str) -> Markup:
    """A paper, with a link where it has a number at arXiv."""
    text = str(escape(paper))
    return Markup(_ARXIV.sub(r'<a href="https://arxiv.org/abs/\1">arXiv:\1</a>', text))
