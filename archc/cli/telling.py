"""Saying things that others wrote: names of files, classes and tensors may hold anything."""

from __future__ import annotations

import click


def tell(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print lines of text, with nothing in them that a terminal would obey."""
    from archc.diagnostics.render.display import escaped_lines

    click.echo(escaped_lines(text), err=err, nl=nl)
