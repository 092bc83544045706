"""Torchvision without its compiled operators, if they do not load: see `import_torchvision`."""

from __future__ import annotations

from types import ModuleType

import pytest

from archc.diagnostics.core import Problem
from archc.runtime.references import import_torchvision


def torchvision() -> ModuleType:
    """Torchvision; skips the test, with the reason, if it cannot be imported."""
    found = import_torchvision()
    if isinstance(found, Problem):
        pytest.skip(found.message())
    return found
