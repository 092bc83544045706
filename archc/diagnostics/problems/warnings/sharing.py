"""W01xx, W03xx: shared modules that are not shared, or share more than is seen."""

from __future__ import annotations

from archc.diagnostics.problems.warnings.base import Warned

_PAIR = "model m {\n  input a: 8\n  input b: 8\n  "
_LEVELS = "model m {\n  input 3x32x32\n  shared head: "
_USES = "\n  x = Conv(8)\n  y = x - Conv(8, 3, 2)\n  return x - head, y - head\n}\n"


class LonelyShared(Warned):
    """A shared module is used once, or never, so it shares its weights with nothing.

    Perhaps another term was meant to use it. A module that is never used is not part of the network.
    """

    code = "W0107"
    title = "a shared module that is not used twice"
    wrong = _PAIR + "shared code: FC(4)\n  add { a - code | b - FC(4) }\n}\n"
    right = _PAIR + "shared code: FC(4)\n  add { a - code | b - code }\n}\n"

    name: str
    uses: int

    def message(self) -> str:
        return f"the shared module `{self.name}` is {'used once' if self.uses else 'never used'}"

    def help(self) -> str:
        if self.uses:
            return f"use it in another chain too, or write its label where it is used: `{self.name}: …`"
        return f"begin with it, `… - {self.name}`, or leave it out"


class SharedNorm(Warned):
    """A batch normalisation in a shared module sees tensors of different sizes, but has one set of statistics for all.

    In training, each use normalises with its own batch and updates the same running mean and variance. In evaluation,
    these fit none of the uses, since the levels of a pyramid differ. EfficientDet and later versions of RetinaNet
    share the convolutions of their heads, and give each level its own normalisation. For two similar inputs, as in a
    siamese network, one set is intended, and there is no warning. Tan, Pang, Le 2020, arXiv:1911.09070.
    """

    code = "W0323"
    title = "a batch normalisation shared by several sizes"
    wrong = _LEVELS + "(Conv(8, bias=false) - BN - ReLU)" + _USES
    right = _LEVELS + "(Conv(8) - ReLU)" + _USES

    name: str
    sizes: tuple[str, ...]

    def message(self) -> str:
        return f"this BN is one module for tensors of {' and '.join(self.sizes)}, which have statistics of their own"

    def help(self) -> str:
        return f"take the BN out of `{self.name}`, one for each use, or GN, which keeps no statistics"
