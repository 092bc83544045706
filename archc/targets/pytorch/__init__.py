"""Network → PyTorch source that can be merged unread. Start at `file.py`.

What is exported is imported when it is used: an op of another package registers how PyTorch writes it
(`registry.lowers`) without loading the emitter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archc.targets.pytorch.construct import Mismatch
    from archc.targets.pytorch.file import Written, WrittenClass, emit, file_of
    from archc.targets.pytorch.selftest import proof

__all__ = ["Mismatch", "Written", "WrittenClass", "emit", "file_of", "proof"]

_MODULES = {"Mismatch": "construct", "proof": "selftest"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'file')}"), name)
