"""archc: a declarative architecture compiler.

    >>> import archc
    >>> model = archc.load("resnet50")
    >>> model.count().params
    25557032

`load` and `compile_text` give a `Model` with `.network`, `.count()`, `.source()`, `.module()`, `.draw()` and
`.outline()`. Importing archc is cheap: what is needed is imported when it is used, torch only by `.module()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.version import __version__

if TYPE_CHECKING:
    from archc.api import CompileError, Drawing, Model, compile_text, load, sweep
    from archc.zoo import SpecError

__all__ = ["CompileError", "Drawing", "Model", "SpecError", "__version__", "compile_text", "load", "sweep"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("archc.zoo" if name == "SpecError" else "archc.api"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
