"""torchvision where its compiled operators do not load: see `archc.runtime.references.import_torchvision`."""

from __future__ import annotations

from types import ModuleType

import pytest

from archc.diagnostics.core import Problem
from archc.runtime.references import import_torchvision


def torchvision() -> ModuleType:
    """torchvision; skips the test, saying why, where it cannot be imported."""
    found = import_torchvision()
    if isinstance(found, Problem):
        pytest.skip(found.message())
    return found
