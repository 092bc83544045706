"""`archc graph`: the typed network, or the symbols of a spec, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from archc.cli.specs import as_json_text, compiled, fail, limits, opened, spec_options

if TYPE_CHECKING:
    from archc.pipeline import Inputs

COLUMNS = ("characters", "utf-8", "utf-16")


@click.command()
@spec_options()
@click.option("--json", "as_json", is_flag=True, help="The network as JSON; the only form so far.")
@click.option("--symbols", is_flag=True, help="Write what each name of the spec stands for instead, as JSON.")
@click.option(
    "--columns",
    type=click.Choice(COLUMNS),
    default="characters",
    show_default=True,
    help="What the columns of --symbols count.",
)
@click.option("--indent", type=click.IntRange(0, 8), default=2, show_default=True, help="0 for a single line.")
def command(
    spec: str,
    input: Inputs,
    classes: int | None,
    as_json: bool,
    symbols: bool,
    columns: Any,
    indent: int,
) -> None:
    """Write the checked, typed network: nodes with their types, the structure they were written in, all spans.

    An object for one network, an array for several. With --symbols, what is defined in the spec and in those that it
    uses, and where it is used; the spec may have errors. `archc graph schema` describes the network as JSON
    schema, `archc graph schema --symbols` the symbols.

    \b
    Examples:
      archc graph lenet5 --json
      archc graph my.arch --json > my.json
      archc graph my.arch --symbols
      archc graph schema
    """
    if spec == "schema":
        click.echo(json.dumps(_schema(symbols), indent=indent or None, ensure_ascii=False))
    elif symbols:
        from archc.pipeline import symbols as symbols_of

        found = opened(spec)
        click.echo(as_json_text((symbols_of(found.source, found.files.load, limits(), columns),), indent))
    elif as_json:
        click.echo(as_json_text(tuple(compiled(spec, input, classes).values()), indent))
    else:
        fail("--json is required: it is the only format (`archc draw` makes pictures)")


def _schema(symbols: bool) -> dict[str, Any]:
    from archc.ir.network import Network
    from archc.resolve.document import Document

    return (Document if symbols else Network).model_json_schema(mode="serialization")
