"""E08xx: models that become specs."""

from __future__ import annotations

from archc.diagnostics.core import Problem, Setting
from archc.diagnostics.problems.shapes import shape

_MODELS = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.conv(x))


class Unfinished(Net):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(super().forward(x))


class Sorting(Net):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.flip(self.conv(x), (2,))
        return torch.cumsum(x, 1)


class Undecided(Net):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        return torch.relu(x) if x.sum() > 0 else x


class OnGpu(Net):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.to("xpu"))


class Tied(Net):
    def __init__(self) -> None:
        super().__init__()
        self.mix, self.more = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)
        self.more.weight = self.mix.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.more(self.mix(self.conv(x)))


class Spare(Net):
    def __init__(self) -> None:
        super().__init__()
        self.spare = nn.Conv2d(4, 4, 1)


class TwoFaced(Net):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = super().forward(x)
        return out if x.is_meta else -out
"""


def listed(keys: tuple[str, ...]) -> str:
    """Some names, with the number of the others."""
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"{', '.join(keys[:3])}{more}"


def _of(name: str, more: str = "--input 3x8x8") -> Setting:
    """The example in which the class `name` cannot be imported."""
    command = "archc import models.py:"
    return Setting((("models.py", _MODELS),), f"{command}{name} {more}", f"{command}Net --input 3x8x8")


class _At(Problem):
    """A problem of a model, with the line of the model's own code that it is about."""

    source: str
    line: str = ""

    def note(self) -> str:
        return self.line


class ModelFails(_At):
    """The model to import raised an error when it was run.

    A model is imported by running it on tensors without data, once in evaluation mode and once in training mode.
    """

    code = "E0801"
    title = "a model that fails"
    setting = _of("Unfinished")

    reason: str

    def message(self) -> str:
        return f"{self.source} cannot be run: {self.reason}"

    def help(self) -> str:
        wanting = "__init__() missing" in self.reason
        return 'give its arguments behind its name: "net.py:Net(10, depth=3)"' if wanting else ""


class NoCounterparts(_At):
    """The model calls functions of torch that archc has no layer for; all such calls are reported at once.

    `--partial` writes the rest, with a marked hole in place of each.
    """

    code = "E0802"
    title = "calls without a counterpart"
    setting = _of("Sorting")

    calls: tuple[tuple[str, str], ...]

    def message(self) -> str:
        many = "a call" if len(self.calls) == 1 else f"{len(self.calls)} calls"
        return f"{self.source} makes {many} that archc has no layer for"

    def note(self) -> str:
        return "\n".join(f"{what} at {line}" if line else what for what, line in self.calls)

    def help(self) -> str:
        return "`--partial` writes the rest, with a hole for each that can stand alone"


class DependsOnNumbers(_At):
    """The control flow of the model depends on the values in a tensor. A spec is one graph, whatever the values are."""

    code = "E0803"
    title = "control flow that depends on numbers"
    setting = _of("Undecided")

    def message(self) -> str:
        return f"{self.source} decides by the numbers in a tensor what it does"


class InputMisfit(_At):
    """The model does not run on an input of this shape. Several inputs are given by the names in its `forward`."""

    code = "E0804"
    title = "an input that does not fit"
    setting = _of("Net", "--input 1x8x8")

    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    reason: str

    def message(self) -> str:
        told = ", ".join(f"{name}={shape(dims)}" if name else shape(dims) for name, dims in self.inputs)
        return f"{self.source} does not run on an input of {told}: {self.reason}"

    def help(self) -> str:
        return "give the shape of one sample, `--input 1x28x28`; of several inputs each, `--input left=1x28x28`"


class OtherDevice(_At):
    """The model itself puts its tensors on a device. Models are recorded without data, on no real device."""

    code = "E0805"
    title = "a model on another device"
    setting = _of("OnGpu")

    reason: str

    def message(self) -> str:
        return f"{self.source} wants a device that it is not run on: {self.reason}"

    def help(self) -> str:
        return "take the device from the input, `x.device`, or from a parameter"


class NotWritable(_At):
    """Each call of the model has a counterpart, but their structure cannot be written as a spec (yet)."""

    code = "E0806"
    title = "a structure that cannot be written"
    setting = _of("Tied")

    reason: str

    def message(self) -> str:
        return f"{self.source} cannot be written as a spec: {self.reason}"

    def help(self) -> str:
        return "change this in the model's class, or import the class of one of its modules by itself"


class UnreadWeights(_At):
    """The model has weights that no computation uses: those of layers that a condition skips, or that are left over.

    A spec has only the layers of the network, so its state dict would lack these weights.
    """

    code = "E0809"
    title = "weights that no call reads"
    setting = Setting(
        (("models.py", _MODELS),),
        "archc import models.py:Spare --input 3x8x8",
        "archc import models.py:Spare --input 3x8x8 --drop-unused",
    )

    keys: tuple[str, ...]

    def message(self) -> str:
        return f"no call in {self.source} reads {listed(self.keys)}"

    def help(self) -> str:
        return "use `--drop-unused` to import the network without them"


class SavedModel(_At):
    """A file of `torch.save` or `torch.export.save` contains weights or a flat list of operations.

    It does not contain the classes and the arguments of their constructors, from which archc finds blocks and their
    parameters.
    """

    code = "E0808"
    title = "a saved model"
    setting = Setting((("models.py", _MODELS),), "archc import net.pt2", "archc import models.py:Net --input 3x8x8")

    def message(self) -> str:
        return f"{self.source} is a saved model, and has no classes"

    def help(self) -> str:
        return "import what it was saved from: file.py:Class, or `archc.import_module(model, (3, 224, 224))` in Python"


class ImportNotProved(_At):
    """The imported spec does not compute the same function, even without any factoring. Nothing is written."""

    code = "E0807"
    title = "an import that is not proved"
    setting = _of("TwoFaced")

    differences: tuple[str, ...]

    def message(self) -> str:
        return f"the spec made of {self.source} is not the same network"

    def note(self) -> str:
        return "\n".join(self.differences)
