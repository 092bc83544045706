"""`archc table`: the papers' table of a family, for a paper or a page."""

from __future__ import annotations

from pathlib import Path

import click

from archc.cli.specs import accepted, force_option, format_of


@click.command()
@click.argument("specs", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="A .tex or .md file.")
@click.option("--latex", is_flag=True, help="LaTeX instead of Markdown, on standard output.")
@force_option
def command(specs: tuple[str, ...], output: Path | None, latex: bool, force: bool) -> None:
    """Write the stages of networks side by side: output sizes, blocks in brackets, parameters and FLOPs.

    A block is described by the layers on its main path; the first of a stage may also have a stride or a projection.

    \b
    Examples:
      archc table resnet18 resnet50 resnet101
      archc table resnet50 resnext50_32x4d -o table.tex
    """
    from archc.cli.files import write_marked
    from archc.count.counts import count
    from archc.targets.figure.table import Total, markdown, rows
    from archc.targets.figure.table import latex as in_latex

    format = format_of(output, ("tex", "md")) if output is not None else "tex" if latex else "md"
    networks = [network for spec in specs for network in accepted(spec, (), None).networks.values()]
    totals = []
    for network in networks:
        counts = count(network)
        totals.append(Total(network.title, counts.params, counts.flops))
    form = in_latex if latex or format == "tex" else markdown
    text = form(rows(networks), totals)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_marked(output, text.encode(), format, force=force)
