"""Properties of the output device."""

from __future__ import annotations

from archc.support.record import Record

NARROWEST = 40
"""The minimum width that is respected; on narrower screens, words and source do not fit beside each other."""


class Screen(Record):
    """A terminal, or another output device: one without colour, width and links.

    `columns`: how wide it is; None where a line may be of any length. `pages`: the address of the folder of the pages
    `CODE.md`, to which codes are linked; empty for no links.
    """

    colour: bool = False
    columns: int | None = None
    pages: str = ""

    def room(self, taken: int) -> int | None:
        """The columns that remain of a line when this many are taken."""
        return None if self.columns is None else max(self.columns, NARROWEST) - taken


PIPE = Screen()
"""Any other output: a file, a pipe."""
