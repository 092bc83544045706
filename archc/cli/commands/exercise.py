"""`archc exercise`: shapes and parameters to work out by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.cli.specs import command_line, compiled, fail, force_option, limits, single, spec_options

if TYPE_CHECKING:
    from archc.pipeline import Inputs


@click.command()
@spec_options()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The sheet.  [default: standard output]")
@click.option("--no-key", is_flag=True, help="Leave out the answers.")
@click.option("--check", type=click.Path(path_type=Path), metavar="FILE", help="Mark a completed sheet.")
@force_option
def command(
    spec: str,
    input: Inputs,
    classes: int | None,
    output: Path | None,
    no_key: bool,
    check: Path | None,
    force: bool,
) -> None:
    """Write an exercise in Markdown: the output shape and the parameters of each layer, to be filled in, with a key.

    \b
    Examples:
      archc exercise lenet5 -o lenet5.md --no-key
      archc exercise lenet5 --check lenet5.md
      archc exercise "Conv-Pool-Conv-Pool-Conv-FC-FC(SM)" --input 1x32x32

    Exit status with --check: 0 all answers are right, 1 some are wrong or open.
    """
    from archc.analysis.exercise import questions
    from archc.cli import exercising
    from archc.cli.files import write_output
    from archc.zoo import SpecError, read

    if check is not None and (output is not None or no_key):
        fail("--check reads a sheet, and cannot be combined with -o or --no-key")
    network = single(spec, compiled(spec, input, classes))
    asked = questions(network)
    if check is None:
        text = exercising.sheet(network, asked, command_line("exercise", spec, input, classes))
        text += "" if no_key else f"\n{exercising.key(asked)}"
        if output is None:
            click.echo(text, nl=False)
        else:
            write_output(output, text, force=force)
        return
    try:
        lines = list(exercising.read(read(check, limits().bytes)))
    except SpecError as error:
        fail(str(error))
    marks, strange = exercising.marked(asked, lines)
    if strange or not lines:
        what = f"its line {strange[0]} belongs to another network" if strange else "it has no table"
        fail(f"{check} is not a sheet of {network.name}: {what}")
    click.echo(exercising.told(marks), nl=False)
    sys.exit(0 if all(mark.right for mark in marks) else 1)
