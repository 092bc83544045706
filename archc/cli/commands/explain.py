"""`archc explain`: the manual of the problems."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from archc.diagnostics.core import Problem


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from archc.diagnostics.problems.catalogue import catalogue

    return [CompletionItem(code) for code in catalogue() if code.startswith(incomplete.upper())]


@click.command()
@click.argument("code", required=False, shell_complete=_complete)
def command(code: str | None) -> None:
    """Explain a problem by its code, with an example that has it and one that does not. Without CODE, list all.

    \b
    Examples:
      archc explain E0301
      archc explain
    """
    from difflib import get_close_matches

    from archc.cli.specs import fail
    from archc.diagnostics.problems.catalogue import catalogue

    kinds = catalogue()
    if code is None:
        for each, kind in kinds.items():
            click.echo(f"{each}  {kind.title}")
        return
    kind_of_code = kinds.get(code.upper())
    if kind_of_code is None:
        near = get_close_matches(code.upper(), kinds, n=1, cutoff=0.7)
        fail(f"there is no code {code!r}" + (f": did you mean {near[0]}?" if near else "; `archc explain` lists them"))
    click.echo(_page(kind_of_code), nl=False)


def _page(kind: type[Problem]) -> str:
    """Everything that is known about a problem."""
    from inspect import cleandoc

    parts = [f"{kind.severity.value} {kind.code}: {kind.title}", cleandoc(kind.__doc__ or "")]
    if kind.on_request:
        parts.append(f"Given on request only: archc check --warn {kind.code}")
    for title, example in (("Wrong:", kind.wrong), ("Right:", kind.right)):
        if example:
            parts.append(f"{title}\n\n{indent(example.rstrip(), '    ')}")
    if (setting := kind.setting) is not None:
        parts += [f"{name}:\n\n{indent(text.rstrip(), '    ')}" for name, text in setting.files]
        where = f", where {setting.without} is not installed" if setting.without else ""
        parts += [f"Wrong{where}:\n\n    {setting.wrong}", f"Right:\n\n    {setting.right}"]
    return "\n\n".join(parts) + "\n"
