"""`archc check`: the problems of specs."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from archc.cli.specs import fail, limits, options, screen, spec_options

if TYPE_CHECKING:
    from archc.diagnostics.core import Diagnostic
    from archc.diagnostics.source import Source
    from archc.pipeline import Inputs, Options

FORMATS = ("text", "json", "sarif", "github")
_MANY = 6
"""The number of SPECs from which additional processes pay off."""


class SpecFindings(NamedTuple):
    """The diagnostics of a SPEC, its sources, and its number of networks."""

    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, Source]
    networks: int


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

    from archc.diagnostics.core import Severity
    from archc.diagnostics.render import Format, render

    if diff and not (fix or unsafe_fixes):
        raise click.UsageError("--diff shows what --fix or --unsafe-fixes would change")
    chosen = replace(options(input, classes), allow=_codes(allow), warn=_codes(warn))
    results = _all_checked(spec, chosen, (unsafe_fixes, diff) if fix or unsafe_fixes else None)
    unread = [found for found in results if isinstance(found, str)]
    read = [found for found in results if not isinstance(found, str)]
    for why in unread:
        click.echo(f"error: {why}", err=True)
    diagnostics = tuple(dict.fromkeys(diagnostic for found in read for diagnostic in found.diagnostics))
    sources = {name: source for found in read for name, source in found.sources.items()}
    text = render(diagnostics, sources, cast(Format, format), screen(sys.stdout))
    click.echo(text, nl=False, color=True)
    fatal = (Severity.ERROR, Severity.WARNING) if deny else (Severity.ERROR,)
    failed = any(d.severity in fatal for d in diagnostics)
    if format == "text":
        _conclude(diagnostics, sum(found.networks for found in read), bool(unread))
    sys.exit(2 if unread else 1 if failed else 0)


def _all_checked(specs: tuple[str, ...], chosen: Options, mends: tuple[bool, bool] | None) -> list[SpecFindings | str]:
    """The results for each SPEC, in several processes if there are many."""
    work = partial(_checked, chosen=chosen, mends=mends)
    if len(specs) < _MANY or mends or "-" in specs:  # another process has no standard input
        return [work(one) for one in specs]
    from archc.cli.processes import processes

    with processes() as pool:
        return list(pool.map(work, specs))


def _checked(spec: str, chosen: Options, mends: tuple[bool, bool] | None) -> SpecFindings | str:
    """What is found in a SPEC, or the reason why it cannot be read.

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
    return SpecFindings(checked.diagnostics, dict(checked.sources), len(checked.networks))


def _codes(given: tuple[str, ...]) -> frozenset[str]:
    """Codes of warnings and notes, validated."""
    from archc.diagnostics.core import Severity
    from archc.diagnostics.problems.catalogue import catalogue

    codes = frozenset(code.upper() for code in given)
    known = [code for code, kind in catalogue().items() if kind.severity is not Severity.ERROR] if codes else []
    if unknown := sorted(codes.difference(known)):
        fail(f"{unknown[0]!r} is not the code of a warning or note: {', '.join(known)}")
    return codes


def _conclude(diagnostics: tuple[Diagnostic, ...], networks: int, unread: bool) -> None:
    """Print the last line: the number of problems, or that there are none."""
    from archc.diagnostics.render.text import tally

    if said := tally(diagnostics):
        click.echo(f"\n{said}")
    elif not unread:
        click.echo(f"{networks} {'network' if networks == 1 else 'networks'}, no problems")
