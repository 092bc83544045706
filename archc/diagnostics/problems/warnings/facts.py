"""W05xx: facts that nothing reads."""

from __future__ import annotations

from archc.diagnostics.problems.warnings.base import HEAD, Warned


class UnknownLike(Warned):
    """`like` names the reference that the network must equal: `torchvision:NAME` or `timm:NAME`.

    Only `archc verify SPEC --against file.py:Class` compares with a class of a file, since a spec runs no file.
    """

    code = "W0501"
    title = "a `like` that names no known reference"
    wrong = HEAD + 'Conv(8)\n}\nvariant v = m {\n  like: "tensorvision:alexnet"\n}\n'
    right = HEAD + 'Conv(8)\n}\nvariant v = m {\n  like: "torchvision:alexnet"\n}\n'

    like: str

    def message(self) -> str:
        return f"`{self.like}` is not a reference that archc can compare with"

    def help(self) -> str:
        return "write torchvision:NAME or timm:NAME; `archc verify --against file.py:Class` compares with a file"


class UnknownFact(Warned):
    """A fact of a variant has a name that archc does not know, so that nothing reads it.

    archc reads `name` (the network's name in figures and charts), `paper`, `top1`, `top5`, `top1_source`, `like`, the
    preprocessing of images (`mean`, `std`, `resize`, `interpolation`), and `aux_weight`. Facts of your own begin with
    `x_`, such as `x_trained_by`.
    """

    code = "W0502"
    title = "an unknown fact"
    wrong = HEAD + 'Conv(8)\n}\nvariant v = m {\n  papper: "none"\n}\n'
    right = HEAD + 'Conv(8)\n}\nvariant v = m {\n  paper: "none"\n  x_mood: "good"\n}\n'

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
        return f"did you mean `{self.nearest}`?" if self.nearest else f"a fact of your own is named `x_{self.name}`"

    def replacement(self) -> str | None:
        return None if self.advice else self.nearest or f"x_{self.name}"


class UnlikelyScale(Warned):
    """A variant's `mean` and `std` do not fit the images that archc reads.

    Images are read as numbers from 0 to 1, so a mean of 123.675 out of 255 becomes 0.485. A standard deviation of 0
    would divide by zero.
    """

    code = "W0503"
    title = "an unlikely mean or deviation"
    wrong = HEAD + "Conv(8)\n}\nvariant v = m {\n  std: [0, 0, 0]\n}\n"
    right = HEAD + "Conv(8)\n}\nvariant v = m {\n  std: [0.5, 0.5, 0.5]\n}\n"

    name: str
    number: float
    instead: str = ""

    def message(self) -> str:
        what = "divides by nothing" if self.number == 0 else "is none of images, whose numbers are from 0 to 1"
        return f"a `{self.name}` of {self.number:g} {what}"

    def help(self) -> str:
        if not self.instead:
            return "leave `mean` and `std` out, or write those of the training images: `std: [0.229, 0.224, 0.225]`"
        return f"write it in parts of 255: `{self.name}: {self.instead}`"
