"""`archc count`: parameters, multiply-accumulates, operations and activations."""

from __future__ import annotations

import click

from archc.cli.specs import as_json_text, compiled, fail, spec_options


@click.command()
@spec_options(many=True)
@click.option("--json", "as_json", is_flag=True, help="An object for one network, an array for several.")
@click.option("--csv", "as_csv", is_flag=True, help="A record for each layer or module.")
@click.option("--formulas", is_flag=True, help="The derivation of each number, in the notation of the lecture.")
@click.option("--by", type=click.Choice(["layer", "scope"]), default="layer", show_default=True, help="What a line is.")
@click.option("--sweep", metavar="AXIS…", help="Many networks: input=128..512:32 classes=10,100 width=0.5,1.0")
def command(
    spec: tuple[str, ...],
    input: tuple[int, ...] | None,
    classes: int | None,
    as_json: bool,
    as_csv: bool,
    formulas: bool,
    by: str,
    sweep: str | None,
) -> None:
    """Count parameters, buffers, MACs (multiply-accumulates), FLOPs (2 x MACs + element-wise work) and activations.

    All numbers are exact and for one sample. Nothing is run, and torch is not imported.

    \b
    Examples:
      archc count resnet50
      archc count resnet18 resnet50 --by scope
      archc count lenet5 --formulas
      archc count googlenet --json
      archc count resnet50 --sweep input=128..512:32 classes=10,100,1000
    """
    from typing import cast

    from archc.cli.sweeping import swept
    from archc.count import tables
    from archc.count.counts import count

    if as_json + as_csv + formulas > 1:
        fail("--json, --csv and --formulas are three forms of one thing: choose one")
    if sweep is not None:
        if len([one for one in spec if "=" not in one]) != 1 or formulas or input or classes:
            fail("--sweep takes one SPEC and axes such as input=128..512:32; not --formulas, --input or --classes")
        axes = [sweep, *(one for one in spec if "=" in one)]
        swept(next(one for one in spec if "=" not in one), axes, "json" if as_json else "csv" if as_csv else "table")
        return
    networks = [n for one in spec for n in compiled(one, input, classes).values()]
    counts = [count(network) for network in networks]
    unit = cast(tables.By, by)
    if as_json:
        click.echo(as_json_text(counts))
    elif as_csv:
        click.echo(tables.as_csv(counts, unit), nl=False)
    elif formulas:
        click.echo("\n".join(f"{c.name}\n{tables.formulas(c)}" for c in counts), nl=False)
    else:
        click.echo("\n".join(f"{tables.summary(c)}\n{tables.table(c, unit)}" for c in counts), nl=False)
