"""The libraries that archc needs beyond a plain `pip install archc`, and the extra that provides each."""

from __future__ import annotations

from importlib import import_module

EXTRA = {
    "IPython": "notebook",
    "PIL": "png",
    "fontTools": "png",
    "imagehash": "finetune",
    "jinja2": "gallery",
    "lightning": "finetune",
    "lsprotocol": "lsp",
    "matplotlib": "png",
    "numpy": "png",
    "pandas": "notebook",
    "pygls": "lsp",
    "pygments": "gallery",
    "safetensors": "finetune",
    "torch": "torch",
    "torchmetrics": "finetune",
    "torchvision": "finetune",
    "watchfiles": "watch",
}
"""The extra that provides a library."""


class MissingExtra(ImportError):
    """A library of an extra is not installed. The message contains the command that installs it."""

    def __init__(self, library: str) -> None:
        super().__init__(f"{library} is not installed: pip install 'archc[{EXTRA[library]}]'", name=library)


def require(*libraries: str) -> None:
    """Raise `MissingExtra` for the first of these libraries that cannot be found."""
    for library in libraries:
        try:
            import_module(library)
        except ModuleNotFoundError as error:
            raise missing(error) or error from None


def missing(error: ImportError) -> MissingExtra | None:
    """The message for a failed import, if an extra provides the missing library."""
    library = (error.name or "").split(".")[0]
    return MissingExtra(library) if library in EXTRA else None
