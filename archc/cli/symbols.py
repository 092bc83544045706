"""`archc count SPEC --input 3xHxW`: the counts as formulas."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from archc.cli.specs import compiled, fail, opened


def told(specs: Sequence[str], input: str, as_json: bool) -> None:
    """Print the formulas of networks for an input with unknown sizes; a name before three sizes is the batch."""
    from archc.analysis.sweeps import SweptMember
    from archc.analysis.symbolic import NoFormula, as_data, as_text, symbolic

    sizes = [int(size) if size.isdecimal() else size for size in input.split("x")]
    batch = str(sizes.pop(0)) if len(sizes) == 4 and isinstance(sizes[0], str) else None
    if batch in sizes:
        fail(f"{batch} cannot be the number of samples and a size of the image")
    found = []
    for spec in specs:
        source = opened(spec)
        for name, network in compiled(spec, (), None).items():
            if len(network.inputs) > 1:
                fail(f"{name} has {len(network.inputs)} inputs; formulas of unknown sizes need a network with one")
            try:
                found.append(symbolic(SweptMember(source.source, source.files.load, name), sizes, batch))
            except NoFormula as error:
                fail(f"{name}: {error}")
    if as_json:
        data = [as_data(one) for one in found]
        click.echo(json.dumps(data[0] if len(data) == 1 else data, indent=2))
    else:
        click.echo("\n".join(map(as_text, found)), nl=False)
