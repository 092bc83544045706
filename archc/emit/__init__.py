"""Network → PyTorch source that can be merged unread. Start at `module.py`."""

from archc.emit.module import emit
from archc.emit.proof import proof

__all__ = ["emit", "proof"]
