"""`archc draw`: the figure of a network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.specs import (
    accepted,
    drawing_option,
    fail,
    force_option,
    format_of,
    opened,
    options,
    show,
    single,
    spec_options,
)

if TYPE_CHECKING:
    from archc.api import Drawing, Level
    from archc.ir.network import Network
    from archc.pipeline import Checked, Inputs

FORMATS = ("svg", "png", "pdf", "tex", "html", "dot", "mmd")
LEVELS: tuple[Level, ...] = ("stage", "block", "layer")


@click.command()
@spec_options()
@drawing_option
@click.option("--level", type=click.Choice(LEVELS), default="block", show_default=True, help="What a box stands for.")
@click.option(
    "--direction",
    type=click.Choice(["down", "right"]),
    help="The direction of the flow; by default, stages go right and others down.",
)
@click.option("--theme", type=click.Choice(["light", "dark", "print"]), default="light", show_default=True)
@click.option("--title", help="A title instead of the network's name; empty for none.")
@click.option("--only", metavar="PATH", help="Draw only this module.")
@click.option(
    "--expand", multiple=True, metavar="PATH", help="Show this block's inside in place; * for all. Repeatable."
)
@click.option(
    "--name", "names", multiple=True, metavar="PATH=NAME", help="The name to show for this module. Repeatable."
)
@click.option("--highlight", multiple=True, metavar="PATH", help="Highlight this module. Repeatable.")
@click.option("--heat", type=click.Choice(["params", "macs", "activations"]), help="Colour by this cost.")
@click.option(
    "--slabs", type=click.Choice(["log", "linear"]), default="log", show_default=True, help="The scale of stages."
)
@click.option("--no-legend", "legend", flag_value=False, default=True, help="Leave out the legend.")
@click.option(
    "--scale", type=click.FloatRange(0.1, 20), default=2.0, show_default=True, help="Pixels per point of a PNG."
)
@click.option("--caption", is_flag=True, help="Print a caption and the alternative text, to paste.")
@click.option(
    "--engine", type=click.Choice(["own", "dot"]), default="own", show_default=True, help="The layout engine."
)
@click.option("--width", metavar="WIDTH", help="The width of the paper: 3.25in, 89mm, column, page or slide.")
@click.option("--min-font", metavar="SIZE", default="7pt", show_default=True, help="The smallest text on that paper.")
@click.option("--partial", is_flag=True, help="Draw a network with errors too, as far as it is known.")
@force_option
def command(
    spec: str,
    input: Inputs,
    classes: int | None,
    output: Path,
    caption: bool,
    engine: str,
    width: str | None,
    min_font: str,
    partial: bool,
    force: bool,
    **wanted: Any,
) -> None:
    """Draw a network as SVG, PNG, PDF, TikZ (.tex), DOT or Mermaid (.mmd). No Graphviz needs to be installed.

    With --width, the figure fits paper of that width: its text is no smaller than --min-font there, and it is broken
    into several rows and pages if necessary (one file per page, except for a PDF). With --engine dot, an installed
    Graphviz lays out the boxes instead; it draws neither heat nor highlights.

    FILE.html is an interactive page: blocks unfold, and a box shows its shapes, costs, spec and PyTorch lines. It
    is one file, needs no network connection, and takes only the option for the title.

    With --partial a spec may have errors: mistakes have a thick outline, and parts whose size is
    unknown because of them a dashed one. The errors are still reported, and the exit status is 1.

    \b
    Examples:
      archc draw resnet50 -o resnet50.svg
      archc draw googlenet -o googlenet.html
      archc draw lenet5 --level stage -o lenet5.pdf
      archc draw resnet18 --width column --theme print -o resnet18.tex
      archc draw resnet50 --expand layer1.0 --heat macs -o resnet50.png
    """
    from archc.cli.interactive import page

    format = format_of(output, FORMATS)
    checked = _partly(spec, input, classes) if partial else accepted(spec, input, classes)
    network = single(spec, checked.networks)
    with _refusals():
        drawing = _drawing(network, wanted)
        if format == "html":
            files = [page(network, checked.sources, wanted["title"] or "").encode()]
        else:
            files = _drawn(drawing, format, engine, width, min_font)
    if caption:
        click.echo(f"{drawing.figure.caption}\n\n{drawing.figure.description}")
    _write(output, files, format, force)
    sys.exit(1 if checked.failed else 0)


def _drawing(network: Network, wanted: dict[str, Any]) -> Drawing:
    """The figure with these options of the command line."""
    from archc.api import Model

    return Model(network).draw(**wanted | {"names": _names(wanted["names"])})


def _write(output: Path, files: list[bytes], format: str, force: bool) -> None:
    """Write a figure: one file, or a numbered one for each page."""
    from archc.cli.files import write_marked

    for number, data in enumerate(files, 1):
        name = output if len(files) == 1 else output.with_stem(f"{output.stem}-{number}")
        write_marked(name, data, format, force=force)
    if len(files) > 1:
        pages = f"{output.stem}-1{output.suffix} to {output.stem}-{len(files)}{output.suffix}"
        click.echo(f"{len(files)} pages: {pages}", err=True)


@contextmanager
def _refusals() -> Iterator[None]:
    """A context in which a figure that cannot be drawn exits with status 2."""
    from archc.ir.network import Partial
    from archc.targets.figure import FigureError

    try:
        yield
    except (FigureError, Partial) as error:
        fail(str(error))


def _names(pairs: tuple[str, ...]) -> dict[str, str]:
    """The values of `--name`, `PATH=NAME`, by path."""
    if wrong := [pair for pair in pairs if "=" not in pair or pair.endswith("=")]:
        fail(f"--name {wrong[0]}: write a path and a name, layer1=conv2_x")
    return dict(pair.split("=", 1) for pair in pairs)


def _drawn(drawing: Drawing, format: str, engine: str, width: str | None, min_font: str) -> list[bytes]:
    """The pages of a figure; warnings about them are printed."""
    from archc.targets.figure import unshown

    warnings: list[str] = []
    if engine == "dot":
        from archc.cli.graphviz import laid_out

        if width is not None:
            fail("--width is for archc's own layout; --engine dot chooses its size itself")
        files = [laid_out(drawing.to("dot"), format)]
    elif width is not None:
        files, warnings = drawing.pages(format, width, min_font)
    else:
        files = [drawing.to(format)]
    if format not in ("dot", "mmd") and (told := unshown(drawing.figure, format)):
        warnings.append(told)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    return files


def _partly(spec: str, input: Inputs, classes: int | None) -> Checked:
    """A network that may be partial: prints the errors of its spec, and exits if there is no network."""
    checked = opened(spec).checked(options(input, classes))
    show(checked)
    if not checked.networks:
        fail(f"{spec} has no network that could be drawn")
    return checked
