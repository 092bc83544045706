"""archc: a declarative architecture compiler.

    >>> import archc
    >>> model = archc.load("resnet50")
    >>> model.count().params
    25557032

`load` and `compile_text` give a `Model` with `.network`, `.count()`, `.source()`, `.module()`, `.draw()` and
`.outline()`; `check` returns the diagnostics of a text, and never raises; `diff` compares two networks; `finetune`,
`resume` and `predict` are the commands of the same names. Importing archc is cheap: other modules are imported on first
use, and torch only by `.module()` and training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from archc.api import (
        CompileError,
        Drawing,
        Model,
        check,
        compile_text,
        diff,
        finetune,
        import_module,
        load,
        predict,
        resume,
        sweep,
    )
    from archc.diffing.sides import SideError
    from archc.importing.importer import NotImported
    from archc.runtime.weights.errors import WeightsError
    from archc.training.errors import TrainingError
    from archc.training.settings import Settings
    from archc.training.unproved import NotProved
    from archc.zoo import SpecError

__all__ = [
    "CompileError", "Drawing", "Model", "NotImported", "NotProved", "Settings", "SideError", "SpecError",
    "TrainingError", "WeightsError", "__version__", "check", "compile_text", "diff", "finetune", "import_module",
    "load", "predict", "resume", "sweep",
]  # fmt: skip

_ELSEWHERE = {
    "NotImported": "archc.importing.importer",
    "NotProved": "archc.training.unproved",
    "Settings": "archc.training.settings",
    "SideError": "archc.diffing.sides",
    "SpecError": "archc.zoo",
    "TrainingError": "archc.training.errors",
    "WeightsError": "archc.runtime.weights.errors",
}
"""The modules of the names that are not in `archc.api`."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_ELSEWHERE.get(name, "archc.api")), name)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register `%%arch` with a notebook. `%load_ext archc` calls this."""
    from importlib import import_module

    import_module("archc.notebook").register(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
