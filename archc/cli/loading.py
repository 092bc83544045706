"""Options for weights that do not fit as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archc.runtime.weights.mapping import KeyMapping


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


class KeyMapType(click.ParamType["KeyMapping", str]):
    """A file that `archc diff --keys` wrote."""

    name = "map"

    def convert(self, value: str | KeyMapping, param: click.Parameter | None, ctx: click.Context | None) -> KeyMapping:
        """Read the map."""
        if not isinstance(value, str):
            return value
        from archc.runtime.weights.errors import WeightsError
        from archc.runtime.weights.mapping import read_map

        try:
            return read_map(Path(value))
        except WeightsError as error:
            self.fail(str(error), param, ctx)


def weights_options(function: Callable[..., None]) -> Callable[..., None]:
    """Options for weights that do not fit as they are."""
    for option in (
        click.option(
            "--map",
            type=KeyMapType(),
            metavar="FILE",
            help="The name of each tensor in the weights, from archc diff --keys FILE.",
        ),
        click.option(
            "--rename",
            multiple=True,
            type=RenamingType(),
            metavar="A=B",
            help="The module B is called A in the weights.",
        ),
        click.option("--new", multiple=True, metavar="PATTERN", help="Tensors that the weights may lack: `decoder.*`."),
        click.option(
            "--drop", multiple=True, metavar="PATTERN", help="Extra tensors that the weights may have: `aux*`."
        ),
    ):
        function = option(function)
    return function
