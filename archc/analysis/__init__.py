"""What is done with checked networks: repairs that are tried, sweeps over sizes, formulas, questions.

Takes a spec and gives edits (`repair`), totals for each choice of sizes and arguments (`sweeps`), counts as formulas
of unknown sizes (`symbolic`), or what there is to work out by hand (`exercise`).
"""

__all__ = ["exercise", "repair", "sweeps", "symbolic"]
