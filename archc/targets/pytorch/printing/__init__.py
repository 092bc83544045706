"""From classes as data to lines of Python."""

from archc.targets.pytorch.printing.forward import Forward
from archc.targets.pytorch.printing.init import Printer
from archc.targets.pytorch.printing.text import Line, Value, default_of, fill, ordered, tidy

__all__ = ["Forward", "Line", "Printer", "Value", "default_of", "fill", "ordered", "tidy"]
