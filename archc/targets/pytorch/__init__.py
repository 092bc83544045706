"""Network → PyTorch source that can be merged unread. Start at `file.py`."""

from archc.targets.pytorch.file import Written, WrittenClass, emit, file_of
from archc.targets.pytorch.proof import proof
from archc.targets.pytorch.validate import Mismatch

__all__ = ["Mismatch", "Written", "WrittenClass", "emit", "file_of", "proof"]
