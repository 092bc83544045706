"""`archc prove`: checks a finished run from its files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from archc.cli.specs import fail


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="An array of objects: name, holds, detail.")
def command(run: Path, as_json: bool) -> None:
    """Prove a finished run again.

    Every file and every image must have its recorded hash, frozen weights must be unchanged, trained ones must have
    learned, and the saved weights must give the result again. Earlier findings are not relied on. Exit status:
    0 everything holds, 1 something does not, 2 wrong usage.

    \b
    Examples:
      archc prove run
      archc prove run --json
    """
    from archc.cli.commands.finetune import proof_lines, require

    require()
    from archc.training.errors import TrainingError
    from archc.training.session import proved

    try:
        result = proved(run)
    except TrainingError as error:
        fail(str(error))
    if as_json:
        checks = [check.model_dump() for check in result.proof.checks]
        click.echo(json.dumps(checks, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(proof_lines(result)))
    sys.exit(0 if result.proof.holds else 1)
