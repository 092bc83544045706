"""W03xx: layers that have no effect, or another one than is probably meant."""

from __future__ import annotations

from archc.diagnostics.problems.shapes import Dims, shape
from archc.diagnostics.problems.warnings.base import HEAD, Warned


class BiasBeforeNorm(Warned):
    """A batch normalisation subtracts the mean of its input, and with it any bias added just before.

    The bias costs parameters and does nothing. Published networks leave it out: `Conv(64, bias=false)`, or
    `default Conv(bias=false)` for a whole file. Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.2.
    """

    code = "W0301"
    title = "a bias before batch normalisation"
    wrong = HEAD + "Conv(8) - BN - ReLU\n}\n"
    right = HEAD + "Conv(8, bias=false) - BN - ReLU\n}\n"

    kind: str

    def message(self) -> str:
        return f"the bias of this {self.kind} has no effect: BN cancels it"

    def help(self) -> str:
        return "write `bias=false`"


class ActivationTwice(Warned):
    """The same activation is applied twice: `ReLU - ReLU` equals `ReLU`, and others are seldom meant twice."""

    code = "W0302"
    title = "an activation twice in a row"
    wrong = HEAD + "Conv(8) - ReLU - ReLU\n}\n"
    right = HEAD + "Conv(8) - ReLU\n}\n"

    kind: str

    def message(self) -> str:
        return f"{self.kind} follows {self.kind}"

    def label(self) -> str:
        return "repeated here"

    def help(self) -> str:
        return "remove one of the two"


class EarlySoftmax(Warned):
    """After a softmax in the middle of a network, layers see probabilities, which sum to one and train badly.

    `SM` belongs at the end, where archc takes it as the model's probability head: `forward` returns logits, as losses
    expect.
    """

    code = "W0303"
    title = "a softmax before the end"
    wrong = HEAD + "Conv(8) - FC(10) - SM - FC(10)\n}\n"
    right = HEAD + "Conv(8) - FC(10) - FC(10) - SM\n}\n"

    kind: str
    after: str

    def message(self) -> str:
        return f"this softmax is not the end: {self.after} follows"

    def help(self) -> str:
        return f"move `{self.kind}` to the end, after the last layer: `{self.after}(…) - {self.kind}`; or leave it out"


class ReturnedProbabilities(Warned):
    """A softmax ends the first result, and its probabilities are read elsewhere too: `forward` returns them.

    Otherwise archc takes an `SM` at the end as the model's probability head, and `forward` returns logits, as losses
    expect. If something else reads the probabilities, the model returns them as written, and so it does with an `SM` at
    the end of another result than the first.
    """

    code = "W0314"
    title = "probabilities as a result"
    wrong = HEAD + "y = Conv(8) - FC(10) - SM\n  z = 1 - y\n  return y, z\n}\n"
    right = HEAD + "y = Conv(8) - FC(10)\n  p = y - SM\n  z = 1 - p\n  return y, z\n}\n"

    first: bool = True
    """Whether they are those of the first result."""

    def message(self) -> str:
        why = "because they are also read elsewhere" if self.first else "because only the first result has a head"
        return f"`forward` returns these probabilities instead of logits, {why}"

    def help(self) -> str:
        return "for a loss on logits, return what comes before `SM`, and write `SM` where the probabilities are read"


class LastDropout(Warned):
    """A dropout after the last layer sets some of the network's results to zero in training."""

    code = "W0305"
    title = "a dropout after the last layer"
    wrong = HEAD + "Conv(8) - FC(10) - Dropout(0.5)\n}\n"
    right = HEAD + "Conv(8) - Dropout(0.5) - FC(10)\n}\n"

    def message(self) -> str:
        return "nothing comes after this dropout: it sets results to zero"

    def help(self) -> str:
        return "move it before the last layer"


class UnfriendlyChannels(Warned):
    """If 8 does not divide the channels, a part of the vector units of phones and GPUs is idle.

    MobileNet v2's reference code rounds every width to a multiple of 8.
    """

    code = "W0306"
    title = "channels that 8 does not divide"
    on_request = True
    wrong = HEAD + "Conv(12) - FC(10)\n}\n"
    right = HEAD + "Conv(16) - FC(10)\n}\n"

    channels: int

    def message(self) -> str:
        return f"8 does not divide these {self.channels} channels"

    def help(self) -> str:
        return f"{max(8, (self.channels + 4) // 8 * 8)} would do"


class NeedlessPadding(Warned):
    """A padding is written that is the layer's default.

    By default, a convolution is padded by half its kernel, so that it keeps the size of the image, and a pooling is
    not padded. If only differences from the default are written, a reader sees them.
    """

    code = "W0309"
    title = "a padding that repeats the default"
    safe = True
    wrong = HEAD + "Conv(8, 3, pad=1) - MPool(2, 2, pad=0)\n}\n"
    right = HEAD + "Conv(8, 3) - MPool(2, 2)\n}\n"

    kind: str
    pad: Dims

    def message(self) -> str:
        return f"{self.kind} has the padding {shape(self.pad)} by default"

    def help(self) -> str:
        return "leave it out"


class UnlikelyValue(Warned):
    """A layer's arguments are written as in PyTorch or Keras, but mean something else here.

    Input channels are known and not written: PyTorch's `Conv2d(3, 64, 3)` is `Conv(64, 3)`, and its `BatchNorm2d(64)`
    is `BN`. `BN(64)` is a batch normalisation that adds 64 to each variance. In Keras, `momentum=0.99` is the weight of
    the old statistics; here, `momentum=0.01` is that of the new ones. `Attention` takes the number of its heads, not
    the width; `Scale` and `Positions` take initial values; `Affine` multiplies and adds; `Reshape` moves no axis.
    """

    code = "W0311"
    title = "arguments that mean something else here"
    wrong = HEAD + "Conv(16, bias=false) - BN(16)\n}\n"
    right = HEAD + "Conv(16, bias=false) - BN\n}\n"

    kind: str
    what: str
    instead: str
    why: str = "the channels that come in are inferred, not written"

    def message(self) -> str:
        return f"{self.what} in this {self.kind}, which is probably not intended"

    def help(self) -> str:
        return f"{self.why}: `{self.instead}`"


class WideNorm(Warned):
    """`LN` and `RMSNorm` normalise over all axes of a sample, and have a weight for each number in it.

    On tokens, `197x768`, transformers normalise each token over its 768 features: 1,536 parameters, not 302,592.
    """

    code = "W0315"
    title = "a layer normalisation over all tokens"
    wrong = "model m {\n  input 197x768\n  LN - Linear(10)\n}\n"
    right = 'model m {\n  input 197x768\n  LN(over="last") - Linear(10)\n}\n'

    kind: str
    input: Dims

    def message(self) -> str:
        rows, features = self.input
        size = f"with {self._weights * rows * features:,} parameters"
        return f"this {self.kind} normalises over both axes of {shape(self.input)}, the {rows} tokens too, {size}"

    def help(self) -> str:
        each = f"with {self._weights * self.input[1]:,} parameters"
        return f'a transformer\'s normalises each token by itself, {each}: `{self.kind}(over="last")`'

    @property
    def _weights(self) -> int:
        """The learned numbers for each number that is normalised."""
        return 2 if self.kind == "LN" else 1
