"""`archc zoo`: every shipped network compiled, counted, drawn and proved."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.progress import GONE
from archc.cli.specs import force_option

if TYPE_CHECKING:
    from archc.cli.gallery.entry import GalleryEntry


@click.command()
@click.argument("family", nargs=-1, metavar="[FAMILY]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="The folder to write.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Only this network or family; * matches anything.")
@click.option("--prove/--no-prove", default=True, help="Compare with the reference implementations (imports torch).")
@click.option("--png", is_flag=True, help="Write the figures as PNG too.")
@force_option
def command(family: tuple[str, ...], output: Path, only: tuple[str, ...], prove: bool, png: bool, force: bool) -> None:
    """Compile every shipped network: spec, PyTorch module, counts, figures, proofs, and a site that shows it all.

    FAMILY is a shipped family or a spec file of your own; without one, all that is shipped is made. DIR/index.html is
    the site's first page; the site needs no network. A second run makes only what has changed. A broken spec does not
    stop the others; the exit status is 1 then, or if a network differs from its reference.

    \b
    Examples:
      archc zoo -o zoo
      archc zoo -o zoo --no-prove --png
      archc zoo -o zoo --only 'resnet*' --only vgg
      archc zoo resnet mine.arch -o two
    """
    from archc.cli.files import claim, write
    from archc.cli.gallery.build import build
    from archc.cli.gallery.pages import PAGE, index
    from archc.cli.specs import fail
    from archc.zoo import ENDING, families

    for name in family:
        if not name.endswith(ENDING) and name not in families():
            fail(f"there is no shipped family {name!r}: {', '.join(families())}")
    claim(output, force=force)
    with _Progress() as progress:
        entries = build(
            output, family or families(), partial(_wanted, only), prove, png, progress.started, progress.report
        )
    if not entries:
        fail(f"no network is called {' or '.join(only)}: `archc list` lists the names")
    page = output / PAGE
    write(page, index(output, entries))
    failed = [entry for entry in entries if entry.failed]
    for entry in failed:
        click.echo(_trouble(entry), err=True)
    proved = sum(entry.proved is True for entry in entries)
    for entry in entries:
        if entry.evidence and entry.evidence.skipped:
            click.echo(f"{entry.name}: {_proof(entry)}", err=True)
    click.echo(
        f"{len(entries)} networks: {progress.made} made, {progress.kept} up to date; "
        f"{proved} proved equal to their reference, {len(failed)} with errors"
    )
    click.echo(page.resolve())
    sys.exit(1 if failed else 0)


def _wanted(only: tuple[str, ...], family: str, name: str) -> bool:
    """Whether a network is requested, by its name or its family's."""
    return not only or any(fnmatchcase(name, one) or fnmatchcase(family, one) for one in only)


def _name(entry: GalleryEntry | None) -> str:
    return entry.name if entry else ""


def _trouble(entry: GalleryEntry) -> str:
    return f"{entry.name}: {chr(10).join(entry.errors) or _proof(entry)}"


def _proof(entry: GalleryEntry) -> str:
    """The result of comparing a network with its reference, in a line; empty without one."""
    evidence = entry.evidence
    if evidence is None:
        return ""
    if evidence.skipped:
        return f"not compared with {evidence.reference}: {evidence.skipped}"
    lines = ", ".join(f"{line.name} ({line.detail})" for line in evidence.lines if line.holds is evidence.holds)
    return f"{'equal to' if evidence.holds else 'differs from'} {evidence.reference} in {lines}"


class _Progress(AbstractContextManager["_Progress"]):
    """A bar on a terminal; nothing in a pipe."""

    def __init__(self) -> None:
        self.made = self.kept = 0
        self._bar: Any = None

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._bar:
            self._bar.render_finish()
            sys.stderr.write(GONE)

    def started(self, networks: int) -> None:
        """Start with this number of networks to make."""
        if sys.stderr.isatty():
            self._bar = click.progressbar(
                length=networks,
                file=sys.stderr,
                show_pos=True,
                item_show_func=_name,
            )
            self._bar.render_progress()

    def report(self, entry: GalleryEntry, made: bool) -> None:
        """Advance by one network."""
        self.made += made
        self.kept += not made
        if self._bar:
            self._bar.update(1, entry)
