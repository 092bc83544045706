"""PyTorch source that can be merged unread.

Takes a whole `Network` and gives a file of Python (`emit`, `file_of`) and the test beside it (`proof`). These are
imported when they are first used: an op of another package registers how PyTorch writes it (`registry.lowers`) without
loading the emitter.
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
