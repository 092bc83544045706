"""Costs of a network: parameters, multiply-accumulates, operations, activations and memory, and tables of them.

Takes a whole `Network` and gives `Counts` (`counts`), what other tools would print (`conventions`), and text about both
(`table`, `tables`, `explain`).
"""

__all__ = [
    "budgets", "conventions", "counts", "depth", "document", "explain", "facts", "formulas", "memory", "receptive",
    "symbolic", "table", "tables", "totals",
]  # fmt: skip
