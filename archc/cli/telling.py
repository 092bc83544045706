"""Printing text from outside: the names of files, classes and tensors may contain any character."""

from __future__ import annotations

import click


def tell(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print lines of text, with control characters escaped."""
    from archc.diagnostics.render.display import escaped_lines

    click.echo(escaped_lines(text), err=err, nl=nl)
