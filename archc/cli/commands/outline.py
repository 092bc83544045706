"""`archc outline`: a network in the notation of the lecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archc.cli.specs import compiled, spec_options

if TYPE_CHECKING:
    from archc.pipeline import Inputs


@click.command()
@spec_options()
def command(spec: str, input: Inputs, classes: int | None) -> None:
    """Write a network in the notation of the lecture: Conv-MPool-[Conv-ReLU-Conv]x3-FC.

    \b
    Examples:
      archc outline resnet152
      archc outline my.arch:small
    """
    from archc.targets.outline import outline

    networks = compiled(spec, input, classes)
    for name, network in networks.items():
        click.echo(f"{name}: {outline(network)}" if len(networks) > 1 else outline(network))
