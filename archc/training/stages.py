"""The stages of a run as a table."""

from __future__ import annotations

from math import prod

from archc.ir.paths import lies_in
from archc.ir.state import layout
from archc.training.proof import trained_keys
from archc.training.run import Run


def told_stages(run: Run) -> str:
    """The stages as a table: paths, parameters, rates, and the epoch in which each begins."""
    sizes = {key: prod(entry.weight.shape) for key, entry in layout(run.network).items()}
    learns = set(trained_keys(run.network))
    rows = []
    for stage in run.stages():
        number = sum(n for k, n in sizes.items() if k in learns and any(lies_in(k, p) for p in stage.paths))
        paths = ", ".join(stage.paths[:3]) + (f", … {stage.paths[-1]}" if len(stage.paths) > 3 else "")
        rows.append(
            (stage.name, f"{number:,}", f"{stage.rate * run.plan.settings.lr:.2g}", str(stage.begins + 1), paths)
        )
    frozen = sum(n for k, n in sizes.items() if k not in learns)
    head = ("stage", "parameters", "rate", "from epoch", "modules")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(4)]
    table = (
        "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=False)) + f"  {row[4]}" for row in (head, *rows)
    )
    return "\n".join([*table, f"frozen, with all statistics: {frozen:,} numbers"])
