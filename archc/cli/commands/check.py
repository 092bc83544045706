"""`archc check`: what is wrong with specs."""

from __future__ import annotations

import sys

import click

from archc.cli.specs import fail, limits, options, spec_options, wants_colour

FORMATS = ("text", "json", "sarif", "github")


@click.command()
@spec_options(many=True)
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True, help="For people or a tool.")
@click.option("--allow", multiple=True, metavar="CODE", help="Do not give this warning or note.")
@click.option("--warn", multiple=True, metavar="CODE", help="Give this warning, which is given on request only.")
@click.option("--deny", type=click.Choice(["warnings"]), help="Exit with status 1 for warnings too.")
@click.option("--fix", is_flag=True, help="Make the repairs that are surely meant, in the file.")
@click.option("--unsafe-fixes", is_flag=True, help="Make all repairs that are suggested and leave fewer errors.")
@click.option("--diff", is_flag=True, help="Only show what --fix or --unsafe-fixes would change.")
def command(
    spec: tuple[str, ...],
    input: tuple[int, ...] | None,
    classes: int | None,
    format: str,
    allow: tuple[str, ...],
    warn: tuple[str, ...],
    deny: str | None,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
) -> None:
    """Tell what is wrong with specs, and what is probably not meant.

    \b
    Examples:
      archc check my.arch
      archc check resnet googlenet
      archc check *.arch --format sarif > archc.sarif
      archc check my.arch --warn W0306 --deny warnings
      archc check my.arch --unsafe-fixes --diff

    Exit status: 0 no errors, 1 errors, 2 a SPEC cannot be read.
    """
    from dataclasses import replace
    from typing import cast

    from archc.cli.fixing import advised, mended
    from archc.diagnostics import Diagnostic, Severity
    from archc.render import Format, render
    from archc.render.display import escaped
    from archc.source import Source
    from archc.zoo import SpecError, find

    if diff and not (fix or unsafe_fixes):
        raise click.UsageError("--diff shows what --fix or --unsafe-fixes would change")
    chosen = replace(options(input, classes), allow=_codes(allow), warn=_codes(warn))
    diagnostics: dict[Diagnostic, None] = {}
    sources: dict[str, Source] = {}
    unread, networks = False, 0
    for one in spec:
        try:
            found = find(one, limits())
        except SpecError as error:
            unread = True
            click.echo(f"error: {escaped(str(error))}", err=True)
            continue
        if fix or unsafe_fixes:
            found = mended(found, chosen, unsafe=unsafe_fixes, diff=diff)
        checked = advised(found, found.checked(chosen), chosen)
        diagnostics |= dict.fromkeys(checked.diagnostics)
        sources |= checked.sources
        networks += len(checked.networks)
    colour = wants_colour(sys.stdout)
    click.echo(render(tuple(diagnostics), sources, cast(Format, format), colour), nl=False, color=True)
    fatal = (Severity.ERROR, Severity.WARNING) if deny else (Severity.ERROR,)
    failed = any(d.severity in fatal for d in diagnostics)
    if format == "text":
        _conclude(tuple(diagnostics), networks, unread)
    sys.exit(2 if unread else 1 if failed else 0)


def _codes(given: tuple[str, ...]) -> frozenset[str]:
    """Codes of warnings and notes, checked."""
    from archc.diagnostics import Severity
    from archc.problems.catalogue import catalogue

    codes = frozenset(code.upper() for code in given)
    known = [code for code, kind in catalogue().items() if kind.severity is not Severity.ERROR] if codes else []
    if unknown := sorted(codes.difference(known)):
        fail(f"{unknown[0]!r} is no code of a warning or note: {', '.join(known)}")
    return codes


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
