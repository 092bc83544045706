"""`archc draw`: the figure of a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.cli.specs import compiled, fail, force_option, spec_options

if TYPE_CHECKING:
    from archc.draw.figure import Level

FORMATS = ("svg", "png", "pdf", "dot")
LEVELS: tuple[Level, ...] = ("stage", "block", "layer")


@click.command()
@spec_options()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Its ending is the format."
)
@click.option("--level", type=click.Choice(LEVELS), default="block", show_default=True, help="What a box stands for.")
@force_option
def command(
    spec: str, input: tuple[int, ...] | None, classes: int | None, output: Path, level: Level, force: bool
) -> None:
    """Draw a network as SVG, PNG, PDF or DOT. No Graphviz needs to be installed.

    \b
    Examples:
      archc draw resnet50 -o resnet50.svg
      archc draw lenet5 --level layer -o lenet5.pdf
    """
    format = output.suffix.removeprefix(".").lower()
    if format not in FORMATS:
        fail(f"{output} does not end in a format: .{', .'.join(FORMATS)}")
    networks = compiled(spec, input, classes)
    if len(networks) > 1:
        fail(f"{spec} holds several networks; choose one: {spec}:NAME, one of {', '.join(networks)}")
    from archc import __version__
    from archc.cli.files import write_output
    from archc.cli.provenance import stamped
    from archc.draw import render
    from archc.draw.figure import figure

    (network,) = networks.values()
    drawn = render(figure(network, level=level), format)
    write_output(output, stamped(drawn, format, __version__), force=force)
