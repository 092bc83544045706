"""E07xx: references to verify against."""

from __future__ import annotations

from archc.diagnostics.core import Problem, Setting

_FILES = (
    ("tiny.arch", "model tiny {\n  input 3x8x8\n  conv: Conv(4) - ReLU\n}\n"),
    (
        "reference.py",
        """import torch
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
""",
    ),
)


def _against(reference: str, without: str = "") -> Setting:
    """The example in which `reference` is what is wrong."""
    verify = "archc verify tiny.arch --against"
    return Setting(_FILES, f"{verify} {reference}", f"{verify} reference.py:Net", without)


class BadReference(Problem):
    """A reference has the form `torchvision:NAME`, `timm:NAME` or `file.py:Class`."""

    code = "E0701"
    title = "not a reference"
    setting = _against("nonsense")

    reference: str

    def message(self) -> str:
        return f"{self.reference!r} is not a reference: write torchvision:NAME, timm:NAME or file.py:Class"


class ReferenceNotInstalled(Problem):
    """The library of a reference cannot be imported here, so nothing can be proved against it."""

    code = "E0702"
    title = "a library that is missing"
    setting = _against("timm:resnet18", without="timm")

    library: str
    reason: str

    def message(self) -> str:
        return f"{self.library} cannot be imported: {self.reason}"

    def help(self) -> str:
        return 'install it with `pip install "archc[oracles]"`'


class ReferenceNotFound(Problem):
    """A library or file has no network of this name."""

    code = "E0703"
    title = "an unknown reference"
    setting = _against("reference.py:Nett")

    reference: str
    reason: str
    nearest: str = ""

    def message(self) -> str:
        return f"there is no {self.reference}: {self.reason}"

    def help(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else ""


class ReferenceFailed(Problem):
    """A reference exists, but building it or running it on the network's input raised an error."""

    code = "E0704"
    title = "a reference that fails"
    setting = _against("reference.py:Unfinished")

    reference: str
    reason: str

    def message(self) -> str:
        return f"{self.reference} failed: {self.reason}"
