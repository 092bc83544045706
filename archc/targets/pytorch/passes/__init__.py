"""Specialising passes. Each preserves the modules and the graph of a class for every argument that the class accepts.

Takes classes as data and gives simpler ones. `specialise` runs the passes in order.
"""

__all__ = ["containers", "drop", "fields", "naming", "nesting", "numbers", "specialise"]
