"""The PyTorch target: source code that can be merged without review.

Takes a whole `Network` and gives a Python file (`emit`, `file_of`) and the test next to it (`proof`). These are
imported on first use: an op of another package registers its lowering (`registry.lowers`) without loading the emitter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archc.targets.pytorch.construct import Mismatch
    from archc.targets.pytorch.file import Written, WrittenClass, emit, file_of
    from archc.targets.pytorch.selftest import proof

_MODULES = {
    "Mismatch": "construct", "Written": "file", "WrittenClass": "file", "emit": "file", "file_of": "file",
    "proof": "selftest",
}  # fmt: skip
"""The module of each name."""

__all__ = [
    "Mismatch", "Written", "WrittenClass", "emit", "file_of", "names", "overwriting", "proof", "registry",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
