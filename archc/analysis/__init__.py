"""Analyses that run the pipeline repeatedly: repairs, sweeps over sizes, formulas, exercises.

Takes a spec and gives edits (`repair`), totals for each choice of sizes and arguments (`sweeps`), counts as formulas of
unknown sizes (`symbolic`), or questions to be worked out by hand (`exercise`).
"""

__all__ = ["exercise", "repair", "sweeps", "symbolic"]
