"""W034x: tokens, windows and learned tensors that are read as something else."""

from __future__ import annotations

from math import isqrt

from archc.diagnostics.problems.shapes import Dims, shape
from archc.diagnostics.problems.warnings.base import HEAD, Warned


class TokensAsChannels(Warned):
    """Tokens are `tokens x features`, and most layers take the first axis for the channels, also of turned images.

    So a `GAPool` is the mean of the features of each token, not that of the tokens, and a `BN` has a mean for each
    token. `Linear` and layers with `over="last"` (`LN`, `SM`, `Scale`) work on the features. `Permute([1, 0])`
    exchanges the axes.
    """

    code = "W0340"
    title = "another axis that is taken for the channels"
    wrong = HEAD + "Conv(16, 4, 4) - Tokens - Attention(4) - GAPool - FC(10)\n}\n"
    right = HEAD + "Conv(16, 4, 4) - Tokens - Attention(4) - Permute([1, 0]) - GAPool - FC(10)\n}\n"

    kind: str
    input: Dims
    instead: str = ""
    """The layer that works on the features of each token."""

    def message(self) -> str:
        what = "tokens" if self._of_tokens else "rows"
        return f"{self.kind} takes the {self.input[0]} {what} of {shape(self.input)} for its channels"

    def help(self) -> str:
        order = "[1, 0]" if self._of_tokens else "[2, 0, 1]"
        turned = f"`Permute({order}) - {self.kind}` takes the last axis for channels"
        side = isqrt(self.input[0])
        if self.kind == "Conv" and self._of_tokens and side * side == self.input[0]:
            return f"`FromTokens({side})` before it makes an image of them; each token by itself is `Linear(…)`"
        return f"on the last axis works `{self.instead}`; {turned}" if self.instead else turned

    @property
    def _of_tokens(self) -> bool:
        return len(self.input) == 2


class UnrolledShift(Warned):
    """`shift` masks pairs of positions that share a window only because the image was rolled by as much before.

    Without that `Roll`, or with another one, the mask separates positions that belong together. Liu et al. 2021,
    arXiv:2103.14030, section 3.2.
    """

    code = "W0341"
    title = "a shift without its roll"
    wrong = HEAD + "Conv(32, 4, 4) - Windows(4) - WindowAttention(4, shift=2) - FromWindows\n}\n"
    right = HEAD + "Conv(32, 4, 4) - Roll([0, -2, -2]) - Windows(4) - WindowAttention(4, shift=2) - FromWindows\n}\n"

    kind: str
    shift: Dims
    roll: str

    def message(self) -> str:
        return f"this {self.kind} masks a roll by {shape(self.shift)}, and the image is not rolled so"

    def help(self) -> str:
        rolled = f"`{self.roll} - Windows(…)`"
        return f"roll it before it is cut, {rolled}, and back after `FromWindows`; or leave `shift` out"


class OtherGrid(Warned):
    """Windows are joined in another order than they were cut, so that the pixels of the image change their places."""

    code = "W0342"
    title = "windows that are joined otherwise"
    wrong = HEAD + "Windows(4, spread=true) - FromWindows\n}\n"
    right = HEAD + "Windows(4, spread=true) - FromWindows(spread=true)\n}\n"

    spread: bool

    def message(self) -> str:
        return "the pixels change their places: `spread` is not that of the `Windows` before"

    def help(self) -> str:
        return "write `FromWindows(spread=true)`" if self.spread else "leave `spread` out, as in `Windows`"


class LostBeforeParam(Warned):
    """A `Param` is the same for all inputs: of what comes in, it only knows the number of samples.

    So the layers before it have no effect, unless something else reads them too.
    """

    code = "W0343"
    title = "layers before a learned tensor"
    wrong = HEAD + "Conv(8) - p: Param([3, 8, 8]) - FC(10)\n}\n"
    right = HEAD + "p: Param([3, 8, 8]) - FC(10)\n}\n"

    before: str

    def message(self) -> str:
        return f"this `Param` does not read what {self.before} makes, and nothing else does"

    def help(self) -> str:
        return "begin the chain with it, or add it: `Positions` adds a learned tensor to what comes in"
