"""E07xx: references to verify against."""

from __future__ import annotations

from archc.diagnostics import Problem


class BadReference(Problem):
    """What is to be the reference cannot be read as one: `torchvision:NAME`, `timm:NAME` or `file.py:Class`."""

    code = "E0701"
    title = "no reference"

    reference: str

    def message(self) -> str:
        return f"{self.reference!r} is no reference: write torchvision:NAME, timm:NAME or file.py:Class"


class ReferenceNotInstalled(Problem):
    """The library of a reference cannot be imported here, so that nothing can be proved against it."""

    code = "E0702"
    title = "a library that is missing"

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

    reference: str
    reason: str

    def message(self) -> str:
        return f"{self.reference} failed: {self.reason}"
