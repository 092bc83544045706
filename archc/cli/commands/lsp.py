"""`archc lsp`: the language server."""

from __future__ import annotations

import click


@click.command()
@click.option("--tcp", is_flag=True, help="Listen on a port of this machine instead of standard input.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on, with --tcp.")
@click.option("--port", default=7787, show_default=True, type=click.IntRange(0, 65535), help="The port, with --tcp.")
@click.option("--log", type=click.Path(dir_okay=False), metavar="FILE", help="Write what goes wrong to a file.")
def command(tcp: bool, host: str, port: int, log: str | None) -> None:
    """Serve editors with the Language Server Protocol; docs/editors.md has the settings of each.

    \b
    Examples:
      archc lsp
      archc lsp --tcp --port 7787
    """
    import logging

    from archc.editor.handlers import start

    logging.basicConfig(filename=log, level=logging.WARNING if log is None else logging.INFO)
    start(host if tcp else None, port)
