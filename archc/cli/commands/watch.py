"""`archc watch`: check, count and draw a spec again each time that it is saved."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.cli.specs import fail, options, screen, spec_options

if TYPE_CHECKING:
    from archc.cli.watching.seen import SeenSpec
    from archc.pipeline import Inputs

_LOOK = 500
"""Milliseconds after which the files are checked, whether or not the system reports a change."""


@click.command()
@spec_options()
@click.option("--open", "opens", is_flag=True, help="Show figure, counts and problems in a page that updates itself.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Draw the figure into this file.")
def command(spec: str, input: Inputs, classes: int | None, opens: bool, output: Path | None) -> None:
    """Check, count and draw a file again on each save, of it or of a file that it uses, until Ctrl-C.

    The page of --open is served to this machine only, at its own address. While there are errors, it shows the last
    figure without any, next to the problems.

    \b
    Examples:
      archc watch tiny.arch
      archc watch tiny.arch --open
      archc watch tiny.arch:tiny -o tiny.svg
    """
    from archc.cli.watching.seen import look
    from archc.support.extras import require

    require("watchfiles")
    wanted = options(input, classes)
    seen = look(spec, wanted)
    if not seen.files:
        fail(seen.problems.unreadable or f"{spec} is not a file: `archc watch` follows a file")
    if output is not None and output.suffix != ".svg":
        fail(f"{output}: `archc watch` draws .svg files only")
    stamps = _stamps(seen.files)
    _tell(seen)
    _draw(seen, output)
    page = None
    if opens:
        import webbrowser

        from archc.cli.watching.page import WatchPage

        page = WatchPage(seen, spec)
        click.echo(page.address)
        webbrowser.open(page.address)
    try:
        while True:
            _wait(stamps)
            stamps = _stamps(stamps)
            seen = look(spec, wanted, seen)
            stamps = {**_stamps(seen.files), **{file: stamps[file] for file in stamps if file in seen.files}}
            _tell(seen)
            _draw(seen, output)
            if page is not None:
                page.show(seen)
    except KeyboardInterrupt:  # the usual way to end it
        click.echo()
    finally:
        if page is not None:
            page.close()


def _stamps(files: Iterable[Path]) -> dict[Path, tuple[int, ...]]:
    """The properties of a file that change with its contents; empty for a missing file."""
    found: dict[Path, tuple[int, ...]] = {}
    for file in files:
        try:
            stat = file.stat()
            found[file] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        except OSError:
            found[file] = ()
    return found


def _wait(stamps: dict[Path, tuple[int, ...]]) -> None:
    """Wait until one of the files has changed."""
    from watchfiles import watch

    folders = {file.parent for file in stamps} | {file.resolve().parent for file in stamps}
    for _ in watch(*filter(Path.is_dir, folders), recursive=False, rust_timeout=_LOOK, yield_on_timeout=True):
        if _stamps(stamps) != stamps:  # a change before the watch began counts too
            return


def _tell(seen: SeenSpec) -> None:
    """Print problems to standard error, counts to standard output."""
    from datetime import datetime

    from archc.diagnostics.render import render

    problems = seen.problems
    click.echo(click.style(datetime.now().strftime("%H:%M:%S"), dim=True))
    if problems.unreadable:
        click.echo(f"error: {problems.unreadable}", err=True)
    elif problems.diagnostics:
        click.echo(render(problems.diagnostics, problems.sources, "text", screen(sys.stderr)), err=True, color=True)
    counts = seen.counts()
    width = max(map(len, counts), default=0)
    for name, one in seen.shown.items():
        if one.is_current:
            click.echo(f"{name.ljust(width)}  {counts[name]}")
    sys.stdout.flush()


def _draw(seen: SeenSpec, output: Path | None) -> None:
    """Draw the network into a file, if it has no errors."""
    if output is None:
        return
    from archc.cli.files import write_marked

    if len(seen.shown) > 1:
        fail(f"several networks: choose one, FILE:NAME, of {', '.join(seen.shown)}")
    for name, one in seen.shown.items():
        if one.is_current:
            write_marked(output, seen.figure(name, "block").encode(), "svg", force=False)
