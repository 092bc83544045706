"""`archc import`: a PyTorch model becomes a spec that is proved to be the same function."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from archc.cli.specs import fail, force_option, input_option

if TYPE_CHECKING:
    from archc.diagnostics.core import Problem
    from archc.elaborate.options import Inputs
    from archc.importing.importer import ImportedSpec


@click.command()
@click.argument("sources", metavar="SOURCE…", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: standard output.")
@input_option(text="The shape of one sample, default 3x224x224; with several inputs image=3x96x96, once for each.")
@click.option("--name", metavar="NAME", help="The network's name in the spec.")
@click.option("--partial", is_flag=True, help="Write a hole for what archc has no layer for. Nothing is proved then.")
@click.option("--drop-unused", is_flag=True, help="Leave out weights that no call reads.")
@force_option
def command(
    sources: tuple[str, ...],
    output: Path | None,
    input: Inputs,
    name: str | None,
    partial: bool,
    drop_unused: bool,
    force: bool,
) -> None:
    """Turn a PyTorch model into a spec: blocks, parameters, conditions and loops are found, and the result is proved.

    SOURCE is torchvision:NAME, timm:NAME or file.py:Class, with literal arguments if needed: "net.py:Net(10, depth=3)".

    THIS RUNS THE MODEL'S CODE, its constructor and its forward, as importing it would. Nothing is downloaded. It is
    recorded on tensors without data, in evaluation mode and in training mode. The result is compared with the
    model itself, with random weights, before anything is written. Several SOURCEs of one class become the variants of
    one model.
    Exit status: 0 written, 1 it cannot be imported, 2 wrong usage.

    \b
    Examples:
      archc import torchvision:resnet50 -o resnet50.arch
      archc import timm:ghostnet_100
      archc import torchvision:resnet18 torchvision:resnet34 torchvision:resnet50 -o family.arch
      archc import "model.py:Net(10)" --input 1x28x28 -o net.arch
    """
    from archc.cli.files import write_output
    from archc.diagnostics.core import Problem
    from archc.importing.importer import import_sources
    from archc.importing.sources import find_source

    if name is not None and not (name.isidentifier() and name.isascii()):
        fail(f"{name!r} cannot name a network: take letters, digits and _")
    if output is not None and output.exists() and not force:
        fail(f"{output} already exists; use --force to overwrite it")
    if name is not None and len(sources) > 1:
        fail("--name names one network, and there are several")
    found = [find_source(source, input) for source in dict.fromkeys(sources)]
    problem = next((f for f in found if isinstance(f, Problem)), None)
    with redirect_stdout(sys.stderr):  # what a model prints is not part of its spec
        models = [f for f in found if not isinstance(f, Problem)]
        result = problem or import_sources(models, name, partial, drop_unused)
    if isinstance(result, Problem):
        _refuse(result)
    if output is None:
        click.echo(result.text, nl=False)
    else:
        write_output(output, result.text, force=True)
    _summary(result, output)


def _refuse(problem: Problem) -> NoReturn:
    """Print why there is no spec, and exit: with 2 if SOURCE cannot be understood, else with 1."""
    from archc.cli.telling import tell
    from archc.diagnostics.problems.references import BadReference, ReferenceNotFound, ReferenceNotInstalled

    lines = [f"{problem.severity.value}[{problem.code}]: {problem.message()}"]
    lines += [f"  {line}" for line in problem.note().splitlines()]
    lines += [f"  help: {problem.help()}"] if problem.help() else []
    tell("\n".join(lines), err=True)
    sys.exit(2 if isinstance(problem, BadReference | ReferenceNotFound | ReferenceNotInstalled) else 1)


def _summary(result: ImportedSpec, output: Path | None) -> None:
    """Print what was proved, and what was left unfactored."""
    from archc.cli.telling import tell
    from archc.diagnostics.problems.importing import listed

    if result.dropped:
        tell(f"left out, since no call reads them: {listed(result.dropped)}", err=True)
    if result.holes:
        missing = "\n".join(f"  {what} at {line}" for what, line in result.holes)
        count = f"{len(result.holes)} hole{'s' if len(result.holes) > 1 else ''}"
        tell(f"{', '.join(result.members)}: not proved, {count}\n{missing}", err=True)
        return
    where = f"{output}: " if output is not None else ""
    for member, proof in zip(result.members, result.proofs, strict=True):
        worst = max((row.brief for row in proof.rows if row.name.startswith("outputs")), default="0")
        tell(f"{where}{member} is {proof.reference}: proved, largest difference {worst}", err=True)
    for kind in result.flat:
        tell(f"  {kind} is written out for each use: one block for all was not the same function", err=True)
