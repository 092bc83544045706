"""A convolution with a connection table: each output channel reads only the input channels that its row lists.

Neighbouring rows of the same length, which `runs` gives, are computed together as one grouped convolution.
Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B and table I.
"""

from __future__ import annotations

from itertools import groupby

from archc.diagnostics.problems.shapes import BadTable
from archc.ir.cost import Factor, Formula
from archc.ir.cost import window as windowed
from archc.ir.op import Weight

Rows = tuple[tuple[int, ...], ...]


def table_problem(rows: Rows, inputs: int, outputs: int) -> BadTable | None:
    """The problem with a table, if any."""
    if len(rows) != outputs:
        return BadTable(why=f"it has {len(rows)} rows, and there are {outputs} output channels")
    worst = max(max(row) for row in rows)
    if worst >= inputs:
        return BadTable(why=f"it names channel {worst}, and {inputs} channels come in")
    return None


def runs(rows: Rows) -> tuple[tuple[int, int], ...]:
    """Neighbouring rows of equal length: (length, number of rows) for each run."""
    return tuple((length, len(list(group))) for length, group in groupby(rows, len))


def table_weights(rows: Rows, kernel: tuple[int, ...], bias: bool) -> dict[str, Weight]:
    """The state dict of `TableConv2d`."""
    weights: dict[str, Weight] = {}
    for i, (length, count) in enumerate(runs(rows)):
        axes = (f"N_{i + 1}", f"M_{i + 1}", *(symbol for symbol, _ in windowed(kernel)))
        weights[f"convs.{i}.weight"] = Weight((count, length, *kernel), axes=axes)
        if bias:
            weights[f"convs.{i}.bias"] = Weight((count,), axes=(f"N_{i + 1}",))
    return weights


def table_uses(rows: Rows, window: tuple[Factor, ...], map_: tuple[Factor, ...]) -> Formula:
    """Every use of a weight: the connections of the table, each a kernel, at each position of the map."""
    return Formula.of(*window, ("T", sum(map(len, rows))), *map_)
