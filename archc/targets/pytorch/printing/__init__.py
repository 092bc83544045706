"""From classes as data to lines of Python."""

from archc.targets.pytorch.printing.forward import ForwardPrinter
from archc.targets.pytorch.printing.init import Printer
from archc.targets.pytorch.printing.text import Line, TensorExpression, default_of, fill, ordered, tidy

__all__ = ["ForwardPrinter", "Line", "Printer", "TensorExpression", "default_of", "fill", "ordered", "tidy"]
