"""`archc compare`: networks side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from archc.cli.commands.chart import FORMATS, sheet_options
from archc.cli.specs import compiled, fail, force_option, format_of, spec_options, wants_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archc.api import Level
    from archc.cli.comparison import Comparison
    from archc.ir.network import Network
    from archc.pipeline import Inputs
    from archc.targets.chart.canvas import ChartSheet

LEVELS: tuple[Level, ...] = ("stage", "block", "layer")


@click.command()
@spec_options(many=True)
@click.option("--json", "as_json", is_flag=True, help="An object with the names and the rows.")
@click.option("--markdown", is_flag=True, help="A table in Markdown; what differs is bold.")
@click.option(
    "--chart", type=click.Path(path_type=Path), metavar="FILE", help="Also draw the costs as bars, in --width."
)
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw the networks side by side, in --width if it is given.",
)
@click.option(
    "--level", type=click.Choice(LEVELS), default="block", show_default=True, help="The level of that figure."
)
@click.option("--expand", is_flag=True, help="In that figure, show the inside of all blocks in place.")
@sheet_options
@force_option
def command(
    spec: tuple[str, ...],
    input: Inputs,
    classes: int | None,
    as_json: bool,
    markdown: bool,
    chart: Path | None,
    sheet: ChartSheet,
    figure: Path | None,
    level: Level,
    expand: bool,
    force: bool,
) -> None:
    """Put networks side by side: shapes, costs, accuracy, layers of each kind. What differs is marked.

    The changes are those against the first network.

    \b
    Examples:
      archc compare resnet50 resnext50_32x4d seresnet50
      archc compare vgg16 vgg16_bn --markdown
      archc compare mobilenet_v2 mine.arch --chart costs.svg
      archc compare resnet34 plain34.arch --figure beside.svg --expand
    """
    from archc.cli import comparison
    from archc.count.counts import count

    if as_json and markdown:
        fail("--json and --markdown are alternative formats: choose one")
    format = format_of(chart, FORMATS) if chart else ""
    networks = [network for one in spec for network in compiled(one, input, classes).values()]
    counts = [count(network) for network in networks]
    compared = comparison.compare(networks, counts)
    if as_json:
        click.echo(comparison.as_json(compared), nl=False)
    elif markdown:
        click.echo(comparison.as_markdown(compared), nl=False)
    elif wants_colour(sys.stdout):
        _on_terminal(compared)
    else:
        click.echo(comparison.as_text(compared), nl=False)
    if chart:
        from archc.cli.files import write_marked
        from archc.cli.points import point
        from archc.targets.chart.bars import bar_chart

        drawn = bar_chart([point(n, c) for n, c in zip(networks, counts, strict=True)], format, sheet)
        write_marked(chart, drawn, format, force=force)
    if figure:
        chosen = click.get_current_context().get_parameter_source("width") is not ParameterSource.DEFAULT
        _draw(networks, figure, level, expand, sheet, chosen, force)


def _draw(
    networks: Sequence[Network], file: Path, level: Level, expand: bool, sheet: ChartSheet, fits: bool, force: bool
) -> None:
    """Write the figures of the networks side by side. `fits`: in the width of the sheet."""
    from archc.cli.files import write_marked
    from archc.targets.figure import FigureError, Look, Room, Wanted, render_beside
    from archc.targets.figure import figure as figure_of

    format = file.suffix.removeprefix(".").lower()
    wanted = Wanted(expand=("*",) if expand else ())
    try:
        room = Room(sheet.width, sheet.height) if fits else None
        figures = [figure_of(network, level, wanted) for network in networks]
        drawn, warnings = render_beside(figures, format, Look(sheet.theme), room)
    except FigureError as error:
        fail(str(error))
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    write_marked(file, drawn, format, force=force)


def _on_terminal(compared: Comparison) -> None:
    """The table in colour: equal rows are dimmed."""
    from archc.cli.comparison import as_text

    names, *rows = as_text(compared).splitlines()
    for line in (click.style(names, bold=True), *(click.style(row, **_weight(row)) for row in rows)):
        click.echo(line, color=True)


def _weight(row: str) -> dict[str, bool]:
    return {"bold": True} if row.startswith("*") else {"dim": True}
