"""The version of archc, for everybody: the package's own `__init__` knows those above."""

__version__ = "0.1.0"
