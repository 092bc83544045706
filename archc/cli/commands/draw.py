"""`archc draw`: the figure of a network."""

from __future__ import annotations

from pathlib import Path

import click

from archc.cli.specs import spec_options


@click.command()
@spec_options()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The ending says the format."
)
@click.option(
    "--level",
    type=click.Choice(["stage", "block", "layer"]),
    default="block",
    show_default=True,
    help="What a box stands for.",
)
def command(spec: str, input: tuple[int, ...] | None, classes: int | None, output: Path, level: str) -> None:
    """Draw a network: SVG, PNG, PDF or DOT. No Graphviz needs to be installed.

    \b
    Examples:
      archc draw resnet50 -o resnet50.svg
      archc draw lenet5 --level layer -o lenet5.pdf
    """
    raise NotImplementedError
