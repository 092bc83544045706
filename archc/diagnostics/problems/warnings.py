"""W…: what is allowed and probably not meant. `allow W0101` in a file silences one there."""

from __future__ import annotations

from archc.diagnostics.core import Problem, Severity
from archc.diagnostics.problems.shapes import Dims, shape

_HEAD = "model m {\n  input 3x32x32\n  "


class Warned(Problem):
    """Base of the warnings."""

    severity = Severity.WARNING


class Unused(Warned):
    """A block, macro or `fn` is defined and never used, in a file that has a model.

    It may be left over, or another one is used where this was meant. Where other specs use it, write `allow W0101`.
    """

    code = "W0101"
    title = "a definition that is never used"
    wrong = "block Old(c) { Conv(c) }\nblock New(c) { Conv(c) - ReLU }\n" + _HEAD + "New(8)\n}\n"
    right = "block New(c) { Conv(c) - ReLU }\n" + _HEAD + "New(8)\n}\n"

    what: str
    name: str

    def message(self) -> str:
        return f"the {self.what} `{self.name}` is never used"

    def help(self) -> str:
        return "leave it out, or write `allow W0101` if other specs use it"


class UnusedParameter(Warned):
    """A parameter has no effect: the body never mentions it. Arguments for it are lost without a word."""

    code = "W0102"
    title = "a parameter that is never used"
    wrong = "block B(c, stride=1) { Conv(c) }\n" + _HEAD + "B(8, 2)\n}\n"
    right = "block B(c, stride=1) { Conv(c, 3, stride) }\n" + _HEAD + "B(8, 2)\n}\n"

    owner: str
    name: str

    def message(self) -> str:
        return f"the parameter `{self.name}` of `{self.owner}` is never used"

    def label(self) -> str:
        return "has no effect"

    def help(self) -> str:
        return "use it, or leave it out here and in the calls"


class UnusedValue(Warned):
    """A `let` gives a name to a value, and nothing mentions the name."""

    code = "W0103"
    title = "a value that is never used"
    safe = True
    wrong = _HEAD + "let wide = 8\n  Conv(16)\n}\n"
    right = _HEAD + "let wide = 8\n  Conv(wide)\n}\n"

    name: str

    def message(self) -> str:
        return f"`{self.name}` is never used"

    def help(self) -> str:
        return "leave it out"

    def replacement(self) -> str | None:
        return ""


class OtherName(Warned):
    """A layer is called by another name than the one that archc's own specs and messages use.

    Lectures and libraries have their own words, and all of these are understood: `Pool` is `MPool`, `Softmax` is `SM`.
    """

    code = "W0104"
    title = "another name of a layer"
    on_request = True
    safe = True
    wrong = _HEAD + "Conv(8) - MaxPool - FC(10) - Softmax\n}\n"
    right = _HEAD + "Conv(8) - MPool - FC(10) - SM\n}\n"

    name: str
    usual: str

    def message(self) -> str:
        return f"`{self.name}` is another name of `{self.usual}`"

    def replacement(self) -> str | None:
        return self.usual


class UnreadTensor(Warned):
    """A tensor gets a name, and nothing reads it: its layers compute what is thrown away.

    Each chain begins with what comes into the body, not with what the line before made. To go on from a tensor, a chain
    begins with its name: `x = x - Conv(4)`. A name that begins with `_` says that the tensor is not wanted.
    """

    code = "W0105"
    title = "a tensor that is never read"
    wrong = _HEAD + "x = Conv(8) - ReLU\n  x = Conv(16)\n  return x\n}\n"
    right = _HEAD + "x = Conv(8) - ReLU\n  x = x - Conv(16)\n  return x\n}\n"

    name: str
    instead: str = ""
    """The next statement, with its chain going on from the tensor."""

    def message(self) -> str:
        return f"the tensor `{self.name}` is never read"

    def label(self) -> str:
        return "what is made here is lost"

    def help(self) -> str:
        if self.instead:
            return f"to go on from `{self.name}`, write `{self.instead}`"
        return "begin a chain with it, or leave it out; one that is not wanted has a name that begins with `_`"


class UnevenResults(Warned):
    """The results of a body do not have the same number of tensors on both sides of an `if`.

    Who calls it has to know which side is taken, to give the tensors names.
    """

    code = "W0106"
    title = "results of different number"
    wrong = "block B(two) {\n  if two { return ReLU, in } else { return ReLU }\n}\n" + _HEAD + "B(false)\n}\n"
    right = "block B(wide) {\n  if wide { return Conv(8) } else { return ReLU }\n}\n" + _HEAD + "B(false)\n}\n"

    name: str
    first: int
    second: int

    def message(self) -> str:
        return f"`{self.name}` gives {self.first} or {self.second} tensors"

    def label(self) -> str:
        return f"{self.second} tensor{'' if self.second == 1 else 's'} here"

    def help(self) -> str:
        return "make two blocks of it, or give the same number on both sides"


class BiasBeforeNorm(Warned):
    """A batch normalisation takes away the mean of what comes in, and with it a bias added just before.

    The bias costs parameters and does nothing. Published networks leave it out: `Conv(64, bias=false)`, or
    `default Conv(bias=false)` for a whole file. Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.2.
    """

    code = "W0301"
    title = "a bias before batch normalisation"
    wrong = _HEAD + "Conv(8) - BN - ReLU\n}\n"
    right = _HEAD + "Conv(8, bias=false) - BN - ReLU\n}\n"

    kind: str

    def message(self) -> str:
        return f"the bias of this {self.kind} has no effect: BN takes it away again"

    def help(self) -> str:
        return "write `bias=false`"


class ActivationTwice(Warned):
    """The same activation follows itself: `ReLU - ReLU` is a `ReLU`, and others are seldom meant twice."""

    code = "W0302"
    title = "an activation twice in a row"
    wrong = _HEAD + "Conv(8) - ReLU - ReLU\n}\n"
    right = _HEAD + "Conv(8) - ReLU\n}\n"

    kind: str

    def message(self) -> str:
        return f"{self.kind} follows {self.kind}"

    def label(self) -> str:
        return "once more"

    def help(self) -> str:
        return "leave one of the two out"


class EarlySoftmax(Warned):
    """A softmax in the middle: what follows sees probabilities, which sum to one and train badly.

    `SM` belongs at the end, where archc takes it as the model's probability head: `forward` returns logits, which is
    what a loss expects.
    """

    code = "W0303"
    title = "a softmax before the end"
    wrong = _HEAD + "Conv(8) - FC(10) - SM - FC(10)\n}\n"
    right = _HEAD + "Conv(8) - FC(10) - FC(10) - SM\n}\n"

    after: str

    def message(self) -> str:
        return f"this softmax is not the end: {self.after} follows"

    def help(self) -> str:
        return "move `SM` to the end, or leave it out"


class MostlyPadding(Warned):
    """The kernel is larger than the image that comes in, so that every position of it reads padding.

    Usually a pooling or stride too much came before, or the input is smaller than the network was made for.
    """

    code = "W0304"
    title = "a kernel larger than its input"
    wrong = "model m {\n  input 3x8x8\n  MPool - MPool - Conv(8, 5)\n}\n"
    right = "model m {\n  input 3x8x8\n  MPool - Conv(8, 3)\n}\n"

    kind: str
    kernel: Dims
    input: Dims

    def message(self) -> str:
        return (
            f"the kernel of {self.kind}, {shape(self.kernel)}, is larger than the {shape(self.input[1:])} that come in"
        )

    def help(self) -> str:
        return "take a smaller kernel or a larger input, or leave out a pooling before it"


class LastDropout(Warned):
    """A dropout after the last layer sets some of the network's results to zero in training."""

    code = "W0305"
    title = "a dropout after the last layer"
    wrong = _HEAD + "Conv(8) - FC(10) - Dropout(0.5)\n}\n"
    right = _HEAD + "Conv(8) - Dropout(0.5) - FC(10)\n}\n"

    def message(self) -> str:
        return "nothing comes after this dropout: it sets results to zero"

    def help(self) -> str:
        return "move it before the last layer"


class UnfriendlyChannels(Warned):
    """Channels that 8 does not divide leave a part of the vector units of phones and GPUs idle.

    MobileNet v2's reference code rounds every width to a multiple of 8.
    """

    code = "W0306"
    title = "channels that 8 does not divide"
    on_request = True
    wrong = _HEAD + "Conv(12) - FC(10)\n}\n"
    right = _HEAD + "Conv(16) - FC(10)\n}\n"

    channels: int

    def message(self) -> str:
        return f"8 does not divide these {self.channels} channels"

    def help(self) -> str:
        return f"{max(8, (self.channels + 4) // 8 * 8)} would do"


class LostRows(Warned):
    """The last window ends before the image does: its last rows or columns are never read."""

    code = "W0307"
    title = "a stride that loses rows"
    on_request = True
    wrong = "model m {\n  input 3x9x9\n  MPool(2, 2)\n}\n"
    right = "model m {\n  input 3x8x8\n  MPool(2, 2)\n}\n"

    kind: str
    lost: Dims

    def message(self) -> str:
        words = {1: ("place",), 2: ("row", "column")}.get(len(self.lost), ("slice", "row", "column"))
        told = zip(self.lost, words, strict=True)
        lost = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in told if n]
        return f"{self.kind} never reads the last {' and '.join(lost)} of what comes in"

    def help(self) -> str:
        return "change the input's size, the padding or the stride if that is not meant"


class NarrowView(Warned):
    """What comes out of the last layer that looks at a neighbourhood has not seen the whole image."""

    code = "W0308"
    title = "a receptive field smaller than the input"
    on_request = True
    wrong = _HEAD + "Conv(8) - Conv(8) - GAPool - FC(10)\n}\n"
    right = _HEAD + "Conv(8, 7, 4) - Conv(8, 9) - GAPool - FC(10)\n}\n"

    field: Dims
    input: Dims

    def message(self) -> str:
        return f"the receptive field here is {shape(self.field)}, smaller than the input of {shape(self.input[1:])}"


class NeedlessPadding(Warned):
    """A padding is written that the layer has without it.

    A convolution is padded by half its kernel, so that it keeps the size of the image, and a pooling not at all.
    Where only what differs is written, a reader sees what differs.
    """

    code = "W0309"
    title = "a padding that says what holds anyway"
    safe = True
    wrong = _HEAD + "Conv(8, 3, pad=1) - MPool(2, 2, pad=0)\n}\n"
    right = _HEAD + "Conv(8, 3) - MPool(2, 2)\n}\n"

    kind: str
    pad: Dims

    def message(self) -> str:
        return f"{self.kind} has the padding {shape(self.pad)} anyway"

    def help(self) -> str:
        return "leave it out"


class ChannelsLast(Warned):
    """A shape is channels x rows x columns. `224x224x3` has 224 channels, 224 rows and 3 columns."""

    code = "W0310"
    title = "an input with its channels last"
    wrong = "model m {\n  input 64x64x3\n  Conv(8) - FC(10)\n}\n"
    right = "model m {\n  input 3x64x64\n  Conv(8) - FC(10)\n}\n"

    input: Dims
    asked: bool = False
    """Whether the option `--input` says so."""

    def message(self) -> str:
        channels, rows, columns = self.input
        what = f"`--input {shape(self.input)}`" if self.asked else f"an input {shape(self.input)}"
        plural = "" if columns == 1 else "s"
        return f"{what} has {channels} channels, {rows} rows and {columns} column{plural}"

    def label(self) -> str:
        return "it is taken for this" if self.asked else ""

    def help(self) -> str:
        first = shape((self.input[2], *self.input[:2]))
        return f"channels come first: `--input {first}`" if self.asked else f"channels come first: `{first}`"

    def replacement(self) -> str | None:
        return None if self.asked else shape((self.input[2], *self.input[:2]))


class UnlikelyAxes(Warned):
    """A convolution goes over the axes behind the channels, however many there are, and the shape reads as another one.

    `28x28` is a signal of 28 channels, not a grey image; `1x3x224x224` is a volume of 3 slices with one channel, not a
    batch of one image. A shape is that of one sample, its channels first.
    """

    code = "W0319"
    title = "an input of other axes than it seems"
    wrong = "model m {\n  input 28x28\n  Conv(8) - FC(10)\n}\n"
    right = "model m {\n  input 1x28x28\n  Conv(8) - FC(10)\n}\n"

    input: Dims

    def message(self) -> str:
        if len(self.input) == 2:
            return f"an input {shape(self.input)} is a signal of {self.input[0]} channels and {self.input[1]} places"
        channels = "one channel" if self.input[0] == 1 else f"{self.input[0]} channels"
        slices = "one slice" if self.input[1] == 1 else f"{self.input[1]} slices"
        return f"an input {shape(self.input)} is a volume of {slices} with {channels}"

    def help(self) -> str:
        kind = "a grey image is" if len(self.input) == 2 else "a shape is that of one sample, of an image"
        return f"{kind} `{self.replacement()}`"

    def replacement(self) -> str:
        return shape((1, *self.input) if len(self.input) == 2 else self.input[1:])


class UnlikelyValue(Warned):
    """A layer's arguments stand as PyTorch or Keras has them, and mean something else here.

    The channels that come in are known and not written: PyTorch's `Conv2d(3, 64, 3)` is `Conv(64, 3)`, its
    `BatchNorm2d(64)` is `BN`. `BN(64)` is a batch normalisation that adds 64 to each variance.
    """

    code = "W0311"
    title = "arguments that mean something else here"
    wrong = _HEAD + "Conv(16, bias=false) - BN(16)\n}\n"
    right = _HEAD + "Conv(16, bias=false) - BN\n}\n"

    kind: str
    what: str
    instead: str

    def message(self) -> str:
        return f"{self.what} in this {self.kind}, which is hardly meant"

    def help(self) -> str:
        return f"the channels that come in are known and not written: `{self.instead}`"


class OneBranch(Warned):
    """A merge of one branch merges nothing. The tensor that comes in is a branch of its own: `in`, or an empty one."""

    code = "W0312"
    title = "a merge of one branch"
    wrong = _HEAD + "Conv(8) - add { Conv(8) }\n}\n"
    right = _HEAD + "Conv(8) - add { Conv(8) | in }\n}\n"

    kind: str
    instead: str

    def message(self) -> str:
        return f"this `{self.kind}` has one branch, and so merges nothing"

    def help(self) -> str:
        return f"what comes in is a branch too: `{self.instead}`"


class UnequalZip(Warned):
    """`zip` goes through lists side by side and ends with the shortest: items of the longer ones are lost."""

    code = "W0313"
    title = "lists of unequal lengths in a `zip`"
    wrong = _HEAD + "for (c, k) in zip([8, 16], [3]) { Conv(c, k) }\n}\n"
    right = _HEAD + "for (c, k) in zip([8, 16], [3, 3]) { Conv(c, k) }\n}\n"

    lengths: tuple[int, ...]
    texts: tuple[str, ...] = ()

    def message(self) -> str:
        return f"`zip` of lists of {' and '.join(map(str, self.lengths))} items ends after {min(self.lengths)}"

    def help(self) -> str:
        longest = self.lengths.index(max(self.lengths))
        name = self.texts[longest] if self.texts else "the longest"
        return f"the last items of `{name}` are lost: give all lists the same length"


class WideNorm(Warned):
    """`LN` normalises over all axes of a sample, and has a weight for each number in it.

    On tokens, `197x768`, transformers normalise each token over its 768 features: 1,536 parameters, not 302,592.
    """

    code = "W0315"
    title = "a layer normalisation over all tokens"
    wrong = "model m {\n  input 197x768\n  LN - Linear(10)\n}\n"
    right = 'model m {\n  input 197x768\n  LN(over="last") - Linear(10)\n}\n'

    input: Dims

    def message(self) -> str:
        rows, features = self.input
        size = f"with {2 * rows * features:,} parameters"
        return f"this LN normalises over both axes of {shape(self.input)}, the {rows} tokens too, {size}"

    def help(self) -> str:
        each = 2 * self.input[1]
        return f'a transformer\'s normalises each token by itself, with {each:,} parameters: `LN(over="last")`'


class NoChoice(Warned):
    """A guard chooses between two terms that are the same, or between the identity and nothing."""

    code = "W0316"
    title = "a guard that chooses nothing"
    wrong = "model m(deep=true) {\n  input 3x8x8\n  Conv(8) if (deep) else Conv(8)\n}\n"
    right = "model m(deep=true) {\n  input 3x8x8\n  Conv(8) if (deep) else Conv(16)\n}\n"

    text: str

    def message(self) -> str:
        return f"both sides of this guard are `{self.text}`"

    def help(self) -> str:
        return f"leave the condition out: `{self.text}`"


class GuardOfLast(Warned):
    """A guard belongs to the term before it, not to the whole branch.

    `Conv(c, 1, s) - BN if (s != 1)` has its convolution in any case.
    """

    code = "W0317"
    title = "a guard of the last term alone"
    wrong = (
        "block B(c, s=1) {\n  add { Conv(c, 3, s) | Conv(c, 1, s) - ReLU if (s != 1) }\n}\n" + _HEAD + "B(8, 2)\n}\n"
    )
    right = (
        "block B(c, s=1) {\n  add { Conv(c, 3, s) | (Conv(c, 1, s) - ReLU) if (s != 1) }\n}\n" + _HEAD + "B(8, 2)\n}\n"
    )

    last: str
    instead: str

    def message(self) -> str:
        return f"the condition is that of `{self.last}` alone, the last term of the branch"

    def help(self) -> str:
        return f"for the whole branch write `{self.instead}`"


class AllFrozen(Warned):
    """All weights of a network are frozen: there is nothing to train."""

    code = "W0318"
    title = "nothing left to train"
    wrong = _HEAD + "Conv(8) - fc: FC(10)\n}\nvariant v = m {\n  freeze all\n}\n"
    right = _HEAD + "Conv(8) - fc: FC(10)\n}\nvariant v = m {\n  freeze all except fc\n}\n"

    name: str

    def message(self) -> str:
        return f"all weights of {self.name} are frozen: nothing is left to train"

    def help(self) -> str:
        return "name what is trained: `freeze all except fc`"


class UnknownLike(Warned):
    """`like` names the reference that the network must equal: `torchvision:NAME` or `timm:NAME`.

    A class of a file is compared with by `archc verify SPEC --against file.py:Class` alone: a spec runs no file.
    """

    code = "W0501"
    title = "a reference that nobody knows"
    wrong = _HEAD + 'Conv(8)\n}\nvariant v = m {\n  like: "tensorvision:alexnet"\n}\n'
    right = _HEAD + 'Conv(8)\n}\nvariant v = m {\n  like: "torchvision:alexnet"\n}\n'

    like: str

    def message(self) -> str:
        return f"`{self.like}` is no reference that archc can compare with"

    def help(self) -> str:
        return "write torchvision:NAME or timm:NAME; `archc verify --against file.py:Class` compares with a file"


class UnknownFact(Warned):
    """A fact of a variant has a name that archc does not know, so that nothing reads it.

    archc reads `name` (what figures and charts call the network), `paper`, `top1`, `top5`, `top1_source`, `like`, what
    an image has to be turned into (`mean`, `std`, `resize`, `interpolation`), and `aux_weight`. Facts of your own begin
    with `x_`, such as `x_trained_by`.
    """

    code = "W0502"
    title = "an unknown fact"
    wrong = _HEAD + 'Conv(8)\n}\nvariant v = m {\n  papper: "none"\n}\n'
    right = _HEAD + 'Conv(8)\n}\nvariant v = m {\n  paper: "none"\n  x_mood: "good"\n}\n'

    name: str
    nearest: str
    known: tuple[str, ...]
    advice: str = ""
    """What is to be written, where it is no fact that is meant."""

    def message(self) -> str:
        return f"there is no fact `{self.name}`"

    def label(self) -> str:
        return "nothing reads it"

    def note(self) -> str:
        return f"the facts are {', '.join(self.known)}"

    def help(self) -> str:
        if self.advice:
            return self.advice
        return f"did you mean `{self.nearest}`?" if self.nearest else f"a fact of your own is called `x_{self.name}`"

    def replacement(self) -> str | None:
        return None if self.advice else self.nearest or f"x_{self.name}"
