"""`archc check`: the problems of specs."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from archc.cli.specs import fail, limits, options, screen, spec_options

if TYPE_CHECKING:
    from archc.diagnostics.core import Diagnostic
    from archc.diagnostics.source import Source
    from archc.pipeline import Inputs, Options

    Found = tuple[tuple[Diagnostic, ...], dict[str, Source], int]

FORMATS = ("text", "json", "sarif", "github")
_MANY = 6
"""The number of SPECs from which additional processes pay off."""


@click.command()
@spec_options(many=True)
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True, help="The output format.")
@click.option("--allow", multiple=True, metavar="CODE", help="Do not give this warning or note.")
@click.option("--warn", multiple=True, metavar="CODE", help="Give this warning, which is off by default.")
@click.option("--deny", type=click.Choice(["warnings"]), help="Exit with status 1 for warnings too.")
@click.option("--fix", is_flag=True, help="Apply the repairs that are certainly intended to the file.")
@click.option("--unsafe-fixes", is_flag=True, help="Also apply suggested repairs, if they leave fewer errors.")
@click.option("--diff", is_flag=True, help="Only show what --fix or --unsafe-fixes would change.")
def command(
    spec: tuple[str, ...],
    input: Inputs,
    classes: int | None,
    format: str,
    allow: tuple[str, ...],
    warn: tuple[str, ...],
    deny: str | None,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
) -> None:
    """Report errors in specs, and what is probably not intended.

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

    from archc.cli.processes import processes
    from archc.diagnostics.core import Severity
    from archc.diagnostics.render import Format, render

    if diff and not (fix or unsafe_fixes):
        raise click.UsageError("--diff shows what --fix or --unsafe-fixes would change")
    chosen = replace(options(input, classes), allow=_codes(allow), warn=_codes(warn))
    mends = (unsafe_fixes, diff) if fix or unsafe_fixes else None
    work = partial(_checked, chosen=chosen, mends=mends)
    if len(spec) < _MANY or mends or "-" in spec:  # another process has no standard input
        results = [work(one) for one in spec]
    else:
        with processes() as pool:
            results = list(pool.map(work, spec))
    diagnostics: dict[Diagnostic, None] = {}
    sources: dict[str, Source] = {}
    for found in results:
        if isinstance(found, str):
            click.echo(f"error: {found}", err=True)
        else:
            diagnostics |= dict.fromkeys(found[0])
            sources |= found[1]
    unread = any(isinstance(found, str) for found in results)
    networks = sum(found[2] for found in results if not isinstance(found, str))
    text = render(tuple(diagnostics), sources, cast(Format, format), screen(sys.stdout))
    click.echo(text, nl=False, color=True)
    fatal = (Severity.ERROR, Severity.WARNING) if deny else (Severity.ERROR,)
    failed = any(d.severity in fatal for d in diagnostics)
    if format == "text":
        _conclude(tuple(diagnostics), networks, unread)
    sys.exit(2 if unread else 1 if failed else 0)


def _checked(spec: str, chosen: Options, mends: tuple[bool, bool] | None) -> Found | str:
    """The diagnostics of a SPEC, its sources, and its number of networks; or the reason why it cannot be read.

    `mends`: whether unsafe fixes are applied, and whether fixes are only shown as a diff; None applies none.
    """
    from archc.cli.fixing import advised, mended
    from archc.cli.specs import unheeded
    from archc.diagnostics.render.display import escaped
    from archc.zoo import SpecError, find

    try:
        found = find(spec, limits())
    except SpecError as error:
        return escaped(str(error))
    if mends is not None:
        found = mended(found, chosen, unsafe=mends[0], diff=mends[1])
    checked = advised(found, found.checked(chosen), chosen)
    if (why := unheeded(checked, chosen.classes)) is not None:
        return escaped(why)
    return checked.diagnostics, dict(checked.sources), len(checked.networks)


def _codes(given: tuple[str, ...]) -> frozenset[str]:
    """Codes of warnings and notes, validated."""
    from archc.diagnostics.core import Severity
    from archc.diagnostics.problems.catalogue import catalogue

    codes = frozenset(code.upper() for code in given)
    known = [code for code, kind in catalogue().items() if kind.severity is not Severity.ERROR] if codes else []
    if unknown := sorted(codes.difference(known)):
        fail(f"{unknown[0]!r} is not the code of a warning or note: {', '.join(known)}")
    return codes


def _conclude(diagnostics: tuple[object, ...], networks: int, unread: bool) -> None:
    """Print the last line: the number of problems, or that there are none."""
    from typing import cast

    from archc.diagnostics.core import Diagnostic
    from archc.diagnostics.render.text import tally

    said = tally(cast(tuple[Diagnostic, ...], diagnostics))
    if said:
        click.echo(f"\n{said}")
    elif not unread:
        click.echo(f"{networks} {'network' if networks == 1 else 'networks'}, no problems")
