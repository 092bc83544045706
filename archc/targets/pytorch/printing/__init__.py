"""From classes as data to lines of Python."""

from archc.targets.pytorch.printing.forms import Line, PrintedArgument, Suite, listed, new
from archc.targets.pytorch.printing.forward import TRAINING, ForwardPrinter
from archc.targets.pytorch.printing.init import Printer
from archc.targets.pytorch.printing.text import default_of, fill, ordered, tidy, variable

__all__ = [
    "TRAINING",
    "ForwardPrinter",
    "Line",
    "PrintedArgument",
    "Printer",
    "Suite",
    "default_of",
    "fill",
    "listed",
    "new",
    "ordered",
    "tidy",
    "variable",
]
