"""Network → PyTorch source that can be merged unread. Start at `module.py`."""

from archc.emit.module import emit

__all__ = ["emit"]
