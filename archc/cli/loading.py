"""Options for weights that do not fit as they are."""

from __future__ import annotations

from collections.abc import Callable

import click


class RenamingType(click.ParamType[tuple[str, str], str]):
    """Two modules: `backbone=features`; either may be the network itself, and then is empty."""

    name = "renaming"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """A pair of names: in the file, and in the network."""
        if isinstance(value, tuple):
            return value
        theirs, equals, ours = value.partition("=")
        if not equals:
            self.fail(f"{value!r} is not A=B: what the weights call a module, and what the network does", param, ctx)
        return theirs, ours


def weights_options(function: Callable[..., None]) -> Callable[..., None]:
    """Options for weights that do not fit as they are."""
    for option in (
        click.option(
            "--rename", multiple=True, type=RenamingType(), metavar="A=B", help="The weights call the module B A."
        ),
        click.option(
            "--new", multiple=True, metavar="PATTERN", help="Tensors that the weights need not have: `decoder.*`."
        ),
        click.option(
            "--drop", multiple=True, metavar="PATTERN", help="Tensors that the weights may have too many: `aux*`."
        ),
    ):
        function = option(function)
    return function
