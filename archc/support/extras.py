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
_NEEDED = {
    **dict.fromkeys(("embed", "evaluate", "export", "finetune", "predict", "prove"), "finetune"),
    "import": "import",
    "verify": "oracles",
}
"""The extra that provides all libraries of a command, so that the next run does not miss another one."""


class MissingExtra(ImportError):
    """A library of an extra is not installed. The message contains the command that installs all that is needed."""

    def __init__(self, library: str, command: str = "") -> None:
        extra = _NEEDED.get(command, EXTRA[library])
        super().__init__(f"{library} is not installed: pip install 'archc[{extra}]'", name=library)


def require(*libraries: str) -> None:
    """Raise `MissingExtra` for the first of these libraries that cannot be found."""
    for library in libraries:
        try:
            import_module(library)
        except ModuleNotFoundError as error:
            raise missing(error) or error from None


def missing(error: ImportError, command: str = "") -> MissingExtra | None:
    """The message for a failed import, of a command of archc if any, if an extra provides the missing library."""
    library = (error.name or "").split(".")[0]
    return MissingExtra(library, command) if library in EXTRA else None
