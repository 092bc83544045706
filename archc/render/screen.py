"""What text is shown on."""

from __future__ import annotations

from dataclasses import dataclass

NARROWEST = 40
"""Columns of the narrowest screen that is kept to: below that, words and source no longer fit beside each other."""


@dataclass(frozen=True)
class Screen:
    """A terminal, or what is no terminal: without colour, width and links.

    `columns`: how wide it is; None where a line may be of any length. `pages`: the address of the folder of the pages
    `CODE.md`, to which codes are linked; empty for no links.
    """

    colour: bool = False
    columns: int | None = None
    pages: str = ""

    def room(self, taken: int) -> int | None:
        """The columns left of a line of which so many are taken."""
        return None if self.columns is None else max(self.columns, NARROWEST) - taken


PIPE = Screen()
"""What is no terminal: a file, another program."""
