"""`archc fmt`: formats specs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archc.cli.specs import limits


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is not in the style.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(files: tuple[str, ...], check: bool, diff: bool) -> None:
    """Format specs in place: spacing, indentation and long lines, with comments and tables kept.

    \b
    Examples:
      archc fmt my.arch
      archc fmt specs/*.arch --check
      archc fmt - < my.arch

    FILE is a file, or - for standard input, which is written to standard output. Statements that cannot be read are
    left as they are.

    Exit status: 0 done, 1 with --check a file would change, 2 a FILE cannot be read or written.
    """
    from archc.cli.diffs import difference
    from archc.cli.files import rewrite
    from archc.diagnostics.render.display import escaped
    from archc.diagnostics.source import Source
    from archc.syntax.format.formatter import formatted
    from archc.zoo import SpecError, find, read

    unread = changed = False
    for name in files:
        try:
            text = find(name, limits()).source.text if name == "-" else read(Path(name), limits().bytes)
            result = formatted(Source("stdin" if name == "-" else name, text), limits())
        except (SpecError, ValueError) as error:
            unread = True
            click.echo(f"error: {escaped(str(error))}", err=True)
            continue
        changed = changed or result != text
        if diff:
            click.echo(difference(name, text, result), nl=False)
        if name == "-" and not (check or diff):
            click.echo(result, nl=False)
        elif check and result != text:
            click.echo(f"{name} is not formatted", err=True)
        elif result != text and not (check or diff):
            rewrite(Path(name), result)
    sys.exit(2 if unread else 1 if check and changed else 0)
