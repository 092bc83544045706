"""What runs the pipeline many times: repairs that are tried, sweeps over sizes, formulas of unknown sizes.

Takes a spec and gives edits (`repair`), totals for each choice of sizes and arguments (`sweeps`), or counts as
formulas (`symbolic`).
"""

__all__ = ["repair", "sweeps", "symbolic"]
