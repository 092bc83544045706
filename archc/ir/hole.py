"""What stands in a partial network for a term or statement that could not be worked out."""

from __future__ import annotations

from archc.ir.op import Op
from archc.ir.types import UNKNOWN, Types


class Hole(Op):
    """A place in a partial network: it reads what comes in, and what it makes is unknown.

    `name` is what its module is named after, `text` what is written there. No spec can name it.
    """

    name: str
    text: str

    family = "shape"
    inputs = (0, None)

    @property
    def called(self) -> str:
        """What its module is named after."""
        return self.name

    def infer(self, xs: Types) -> Types:
        """Unknown."""
        return (UNKNOWN,)
