"""`archc check`: what is wrong with specs."""

from __future__ import annotations

import sys

import click

from archc.cli.specs import limits, options, spec_options, wants_colour

FORMATS = ("text", "json", "sarif", "github")


@click.command()
@spec_options(many=True)
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True, help="For people or a tool.")
@click.option("--fix", is_flag=True, help="Make the repairs that are surely meant, in the file.")
@click.option("--unsafe-fixes", is_flag=True, help="Make all repairs that are suggested and leave fewer errors.")
@click.option("--diff", is_flag=True, help="Only show what --fix or --unsafe-fixes would change.")
def command(
    spec: tuple[str, ...],
    input: tuple[int, ...] | None,
    classes: int | None,
    format: str,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
) -> None:
    """Tell what is wrong with specs.

    \b
    Examples:
      archc check my.arch
      archc check resnet googlenet
      archc check *.arch --format sarif > archc.sarif
      archc check my.arch --unsafe-fixes --diff

    Exit status: 0 no errors, 1 errors, 2 a SPEC cannot be read.
    """
    from typing import cast

    from archc.cli.fixing import advised, mended
    from archc.diagnostics import Diagnostic, Severity
    from archc.render import Format, render
    from archc.source import Source
    from archc.zoo import SpecError, find

    if diff and not (fix or unsafe_fixes):
        raise click.UsageError("--diff shows what --fix or --unsafe-fixes would change")
    diagnostics: dict[Diagnostic, None] = {}
    sources: dict[str, Source] = {}
    unread, networks = False, 0
    for one in spec:
        try:
            found = find(one, limits())
        except SpecError as error:
            unread = True
            click.echo(f"error: {error}", err=True)
            continue
        if fix or unsafe_fixes:
            found = mended(found, options(input, classes), unsafe=unsafe_fixes, diff=diff)
        checked = advised(found, found.checked(options(input, classes)), options(input, classes))
        diagnostics |= dict.fromkeys(checked.diagnostics)
        sources |= checked.sources
        networks += len(checked.networks)
    colour = wants_colour(sys.stdout)
    click.echo(render(tuple(diagnostics), sources, cast(Format, format), colour), nl=False, color=True)
    failed = any(d.severity is Severity.ERROR for d in diagnostics)
    if format == "text":
        _conclude(tuple(diagnostics), networks, unread)
    sys.exit(2 if unread else 1 if failed else 0)


def _conclude(diagnostics: tuple[object, ...], networks: int, unread: bool) -> None:
    """The last line: how much there was to tell, or that all is well."""
    from typing import cast

    from archc.diagnostics import Diagnostic
    from archc.render.text import tally

    said = tally(cast(tuple[Diagnostic, ...], diagnostics))
    if said:
        click.echo(f"\n{said}")
    elif not unread:
        click.echo(f"{networks} {'network' if networks == 1 else 'networks'}, no problems")
