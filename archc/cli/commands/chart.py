"""`archc chart`: the ball chart of many networks, or the profile of one."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.specs import compiled, complete, drawing_option, fail, force_option, format_of, single

if TYPE_CHECKING:
    from archc.targets.chart.ball import BallOptions
    from archc.targets.chart.canvas import ChartSheet
    from archc.targets.chart.points import Point, X, Y
    from archc.targets.chart.theme import ThemeName

FORMATS = ("svg", "png", "pdf", "html")
LEAST_WIDTH = 170.0
"""The minimum width of a chart, in points."""
XS: tuple[X, ...] = ("macs", "params", "memory", "depth")
YS: tuple[Y, ...] = ("top1", "top5")
THEMES: tuple[ThemeName, ...] = ("light", "dark", "print")


def sheet_options(command: Any) -> Any:
    """`--width` and `--theme` of a command that writes a chart; the command gets `sheet`."""

    @click.option("--width", default="slide", show_default=True, help="3.25in, 89mm, column, page or slide.")
    @click.option("--theme", type=click.Choice(THEMES), default="light", show_default=True)
    @wraps(command)
    def with_sheet(*args: Any, width: str, theme: ThemeName, **kwargs: Any) -> Any:
        return command(*args, sheet=_sheet(width, theme), **kwargs)

    return with_sheet


def _sheet(width: str, theme: ThemeName) -> ChartSheet:
    from archc.targets.chart.canvas import ChartSheet
    from archc.targets.figure import FigureError, Room

    try:
        room = Room.of(width)
    except FigureError as error:
        fail(str(error))
    if room.width < LEAST_WIDTH:
        fail(f"{width} is too narrow for a chart: the minimum is {LEAST_WIDTH / 72 * 25.4:.0f}mm")
    return ChartSheet(room.width, room.height, theme)


@click.command()
@click.argument("spec", nargs=-1, metavar="[SPEC]...", shell_complete=complete)
@drawing_option
@click.option("--x", type=click.Choice(XS), default="macs", show_default=True, help="The cost, from left to right.")
@click.option("--y", type=click.Choice(YS), default="top1", show_default=True, help="The accuracy, upwards.")
@click.option("--all", "everything", is_flag=True, help="All shipped networks, not only the well-known ones.")
@click.option("--pareto", is_flag=True, help="Join the networks that no other beats in both cost and accuracy.")
@click.option("--log", is_flag=True, help="A logarithmic axis for the cost.")
@click.option("--title", default="", help="A title above the chart.")
@click.option(
    "--label", multiple=True, metavar="NAME[=TEXT]",
    help="Label only this ball, with TEXT if given; * matches anything, none labels no ball. Repeatable.",
)  # fmt: skip
@sheet_options
@click.option(
    "--csv", "table", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
    help="Points of your own: name, family, top1, top5, params, macs, memory, depth, source.",
)  # fmt: skip
@force_option
def command(
    spec: tuple[str, ...],
    output: Path,
    x: X,
    y: Y,
    log: bool,
    title: str,
    table: Path | None,
    everything: bool,
    pareto: bool,
    label: tuple[str, ...],
    sheet: ChartSheet,
    force: bool,
) -> None:
    """Draw accuracy against cost, a ball for each network, its area by parameters (Bianco et al. 2018, figure 1).

    Without SPEC and --csv, the chart has about thirty well-known networks; --all adds all other shipped ones. The
    accuracy of a network is what its spec states. Networks without one are left out and listed, as are those with
    a different number of classes from most of the others.

    `archc chart profile SPEC -o FILE` draws where parameters, multiply-accumulates and activations go in one network.

    \b
    Examples:
      archc chart -o chart.svg
      archc chart resnet densenet --x params --log -o chart.png
      archc chart --pareto --width column --theme print -o chart.pdf
      archc chart --label 'resnet*' --label mobilenet_v2=Ours -o chart.svg
      archc chart --csv mine.csv resnet50 -o chart.html
      archc chart profile googlenet -o profile.pdf
    """
    from archc.cli.files import write_marked
    from archc.targets.chart.ball import BallOptions

    format = format_of(output, FORMATS)
    if spec[:1] == ("profile",):
        drawn = _profile(spec[1:], format, title, sheet)
    else:
        points = _drawable(_points(spec, table, everything), x, y)
        wanted = BallOptions(x, y, log=log, title=title, pareto=pareto, labels=_labels(label, points))
        drawn = _balls(points, format, sheet, wanted)
    write_marked(output, drawn, format, force=force)


def _drawable(points: list[Point], x: X, y: Y) -> list[Point]:
    """The points whose cost and accuracy are known; the others are listed."""
    from archc.targets.chart.points import drawable

    drawn, left = drawable(points, x, y)
    _tell(f"left out, without {y}, {x} or params", left)
    if not drawn:
        fail("there is no network to draw")
    return drawn


def _balls(points: list[Point], format: str, sheet: ChartSheet, wanted: BallOptions) -> bytes:
    """The ball chart; balls without a label are listed."""
    from archc.targets.chart.ball import ball_chart

    try:
        chart = ball_chart(points, format, sheet, wanted)
    except ValueError as error:
        fail(str(error))
    if chart.unlabelled:
        click.echo(f"without a label, for want of room: {', '.join(chart.unlabelled)}", err=True)
    return chart.data


def _labels(wanted: tuple[str, ...], points: list[Point]) -> dict[str, str] | None:
    """The captions of balls, by the points' names. A later caption replaces an earlier one; None without captions."""
    if not wanted:
        return None
    labels: dict[str, str] = {}
    for one in wanted:
        pattern, given, text = one.partition("=")
        named = [point for point in points if fnmatchcase(point.name, pattern) or point.called == pattern]
        if not named and pattern != "none":
            fail(f"--label {one}: no ball is called {pattern!r}; there are {', '.join(point.name for point in points)}")
        labels |= {point.name: text if given else point.called for point in named}
    return labels


def _points(specs: tuple[str, ...], table: Path | None, everything: bool) -> list[Point]:
    """The requested points; those of other tasks are left out and listed."""
    from archc.cli.points import CANONICAL, of_one_task, shipped_points, spec_points

    own = _from_csv(table) if table else []
    if table and not specs:
        return own
    found = shipped_points() if everything and not specs else spec_points(specs or CANONICAL)
    points, others = of_one_task(found)
    _tell("left out, of another number of classes than most", others)
    return [*points, *own]


def _from_csv(file: Path) -> list[Point]:
    from archc.targets.chart.points import read_csv

    try:
        return list(read_csv(file.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError) as error:
        fail(f"cannot read {file}: {error}")


def _tell(what: str, points: list[Point]) -> None:
    if points:
        click.echo(f"{what}: {', '.join(sorted(p.name for p in points))}", err=True)


def _profile(specs: tuple[str, ...], format: str, title: str, sheet: ChartSheet) -> bytes:
    from archc.cli.points import profile
    from archc.count.counts import count
    from archc.targets.chart.profile import profile_chart

    if len(specs) != 1:
        fail("a profile shows one network: archc chart profile SPEC -o FILE")
    network = single(specs[0], compiled(specs[0], (), None))
    return profile_chart(profile(count(network)), format, sheet, title or network.title)
