"""`archc graph`: the typed network as JSON."""

from __future__ import annotations

import json

import click

from archc.cli.specs import as_json_text, compiled, fail, spec_options


@click.command()
@spec_options()
@click.option("--json", "as_json", is_flag=True, help="As JSON; the only form so far.")
@click.option("--indent", type=click.IntRange(0, 8), default=2, show_default=True, help="0 for a single line.")
def command(spec: str, input: tuple[int, ...] | None, classes: int | None, as_json: bool, indent: int) -> None:
    """Write the checked, typed network: nodes with their types, the structure they were written in, all spans.

    An object for one network, an array for several. `archc graph schema` describes it as JSON schema.

    \b
    Examples:
      archc graph lenet5 --json
      archc graph my.arch --json > my.json
      archc graph schema
    """
    from archc.network.network import Network

    if spec == "schema":
        click.echo(
            json.dumps(Network.model_json_schema(mode="serialization"), indent=indent or None, ensure_ascii=False)
        )
        return
    if not as_json:
        fail("say --json: there is no other form so far (`archc draw` makes pictures)")
    click.echo(as_json_text(tuple(compiled(spec, input, classes).values()), indent))
