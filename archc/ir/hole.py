"""The placeholder in a partial network for a term or statement that could not be expanded."""

from __future__ import annotations

from archc.ir.op import Op
from archc.ir.types import UNKNOWN, Types


class Hole(Op):
    """A placeholder: it reads its input, and its output is unknown.

    `name` is the word for its module, `text` what is written there. No spec can name it.
    """

    name: str
    text: str

    family = "shape"
    inputs = (0, None)

    @property
    def called(self) -> str:
        """The word for its module."""
        return self.name

    def infer(self, xs: Types) -> Types:
        """Unknown."""
        return (UNKNOWN,)
