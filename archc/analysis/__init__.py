"""What runs the pipeline again and again: repairs that are tried, sweeps, formulas of unknown sizes."""
