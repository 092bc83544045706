"""`archc weights`: what a spec's edits keep of a network's weights, and whether a file's weights fit."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.loading import weights_options
from archc.cli.specs import fail, opened, options, spec_options, without_errors
from archc.cli.telling import tell

if TYPE_CHECKING:
    from archc.diagnostics.source import Source
    from archc.ir.network import Network
    from archc.ir.state import Kept
    from archc.pipeline import Inputs
    from archc.runtime.weights.match import Match, WeightRow


@click.command()
@spec_options()
@click.argument("weights", required=False, metavar="[WEIGHTS]")
@weights_options
@click.option("--all", "every", is_flag=True, help="List the tensors that are kept or matched too.")
@click.option("--json", "as_json", is_flag=True, help="Every tensor, as JSON.")
def command(
    spec: str,
    input: Inputs,
    classes: int | None,
    weights: str | None,
    every: bool,
    as_json: bool,
    **allowed: Any,
) -> None:
    """Show what becomes of each tensor of a network whose spec edits another: kept, new, reshaped or dropped.

    With WEIGHTS, compare them with the spec: a .safetensors file, a .pth file (never run), torchvision:NAME[:WEIGHTS],
    timm:NAME or hf:OWNER/REPO[:FILE]. Exit status: 0 they fit, 1 they do not, 2 wrong usage.

    \b
    Examples:
      archc weights flowers.arch
      archc weights flowers.arch torchvision:resnet50:IMAGENET1K_V1
      archc weights resnet50 old.pth --all
    """
    checked = without_errors(opened(spec).checked(options(input, classes)))
    if len(checked.networks) != 1:
        fail(f"{spec} defines {len(checked.networks)} networks: choose one with {spec}:NAME")
    (network,) = checked.networks.values()
    base = checked.bases.get(network.name)
    if weights is None:
        _edits(network, base, every, as_json)
        return
    found = _match(network, base, weights, allowed)
    if as_json:
        rows = [{k: v for k, v in asdict(row).items() if k != "span"} for row in found.rows]
        click.echo(json.dumps({"fits": found.fits, "tensors": rows}, indent=2))
    else:
        tell(matched(found, network.name, weights, checked.sources, every))
    sys.exit(0 if found.fits else 1)


def _edits(network: Network, base: Network | None, every: bool, as_json: bool) -> None:
    from archc.ir.state import changes

    if base is None:
        fail(f"{network.name} edits no other network; give WEIGHTS to compare with it")
    rows = changes(base, network)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    tell(f"{network.name}, an edit of {base.name}:\n" + edited(rows, every))


def edited(rows: tuple[Kept, ...], every: bool) -> str:
    """The table of what edits keep."""
    from math import prod

    lines: list[str] = []
    for status in ("kept", "reshaped", "new", "dropped"):
        of = [r for r in rows if r.status == status]
        numbers = sum(prod(r.shape or r.before or ()) for r in of)
        frozen = sum(r.frozen for r in of)
        told = f", {frozen} of them frozen" if frozen else ""
        if of:
            lines.append(f"  {status:<9}{len(of):>5} tensors {numbers:>13,} numbers{told}")
    shown = [r for r in rows if every or r.status != "kept"]
    width = max((len(r.key) for r in shown), default=0)
    for r in shown:
        before = f"  (was {_shape(r.before)})" if r.status == "reshaped" else ""
        lines.append(f"  {r.status:<9}{r.key:<{width}}  {_shape(r.shape or r.before)}{before}")
    return "\n".join(lines)


def _match(network: Network, base: Network | None, weights: str, allowed: dict[str, Any]) -> Match:
    from archc.runtime.weights.errors import WeightsError
    from archc.runtime.weights.files import ENDING, read_header
    from archc.runtime.weights.match import Allowed, match

    try:
        if weights.endswith(ENDING) and Path(weights).is_file():
            return match(network, base, read_header(Path(weights)).shapes, Allowed(**allowed))
        from archc.runtime.weights.sources import load

        return match(network, base, load(weights).shapes(), Allowed(**allowed))
    except WeightsError as error:
        fail(str(error))


def matched(found: Match, name: str, weights: str, sources: Mapping[str, Source], every: bool) -> str:
    """The table of how weights fit."""
    lines = [f"{weights} for {name}: {'fits' if found.fits else 'DOES NOT FIT'}"]
    lines += [f"  renamed  {used.keys:>5} keys: {used.why}" for used in found.rules]
    lines += [f"  {fit:<12}{number:>5} tensors" for fit, number in found.counts().items()]
    shown = [row for row in found.rows if every or row.fit != "matched"]
    width = max((len(row.key) for row in shown), default=0)
    lines += [f"  {row.fit:<12}{row.key:<{width}}  {_told(row, sources)}" for row in shown]
    from archc.runtime.weights.match import suggestion

    return "\n".join([*lines, *filter(None, [suggestion(found)])])


def _told(row: WeightRow, sources: Mapping[str, Source]) -> str:
    text = _shape(row.wanted or row.found)
    if row.fit == "wrong shape":
        text = f"{_shape(row.found)} in the file, {_shape(row.wanted)} wanted"
    if row.fit in ("wrong shape", "missing") and row.span is not None and row.span.file in sources:
        line, column = sources[row.span.file].position(row.span.start)
        text += f" at {row.span.file}:{line}:{column}"
    return f"{text}  {row.why}".rstrip()


def _shape(dims: tuple[int, ...] | None) -> str:
    from archc.count.table import shape

    return shape(dims) if dims else "1 number"
