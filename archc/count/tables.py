"""Counts as text: a summary, tables by layer or by scope, formulas, CSV. Plain, aligned, the same every time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Literal

from archc.count.counts import Counts, LayerCounts, ScopeCounts

By = Literal["layer", "scope"]

_FIELDS = (
    "path", "scope", "op", "output", "params", "buffers", "macs", "elementwise", "activations", "connections",
    "formula", "elementwise_formula", "implicit", "head", "training_only",
)  # fmt: skip
_SCOPE_FIELDS = (
    "path", "kind", "name", "depth", "layers", "params", "buffers", "macs", "elementwise", "flops", "activations",
)  # fmt: skip


def summary(counts: Counts) -> str:
    """The network's totals, each with its name."""
    work = counts.training_only
    rows = [
        ("parameters", counts.params, "" if counts.trainable == counts.params else f"{counts.trainable:,} trainable"),
        ("buffers", counts.buffers, "the rest of the state dict"),
        ("MACs", counts.macs, "multiply-accumulates of convolutions and matrix products"),
        ("FLOPs", counts.flops, f"2 x MACs + {counts.elementwise:,} element-wise operations"),
        ("activations", counts.activations, "numbers in the outputs of all layers"),
    ]
    if any(row.training_only for row in counts.layers):
        rows.append(("in training", counts.macs + work.macs, f"MACs, with {work.macs:,} of layers that only it uses"))
    numbers = [f"{number:,}" for _, number, _ in rows]
    width = max(map(len, numbers))
    lines = [f"{counts.name}: {shape(counts.input)} -> {', '.join(map(shape, counts.outputs))}"]
    for (name, _, remark), number in zip(rows, numbers, strict=True):
        lines.append(f"  {name:<12}{number:>{width}}  {remark}".rstrip())
    return "\n".join(lines) + "\n"


def table(counts: Counts, by: By = "layer") -> str:
    """A line for each layer, or for each module with what is in it, and a last one with the totals."""
    if by == "scope":
        header = ("module", "of", "layers", "params", "buffers", "MACs", "element-wise")
        lines = [_scope_line(scope) for scope in counts.scopes[1:]]
        totals = _scope_line(counts.scopes[0])
        return _aligned(header, lines, ("total", *totals[1:]), texts=2)
    header = ("layer", "op", "output", "params", "buffers", "MACs", "element-wise")
    lines = [_layer_line(row) for row in counts.layers]
    numbers = (counts.params, counts.buffers, counts.macs, counts.elementwise)
    text = _aligned(header, lines, ("total", "", shape(counts.output), *_grouped(numbers)), texts=3)
    if any(row.training_only for row in counts.layers):
        text += "* in training only: its work is not in the total\n"
    return text


def formulas(counts: Counts) -> str:
    """A line for each number that a layer costs, with its derivation."""
    lines: list[tuple[str, str, str, str]] = []
    for row in counts.layers:
        if row.macs:
            lines.append((_place(row), row.op, "MACs", row.formula))
        if row.elementwise:
            lines.append((_place(row), row.op, "element-wise", row.elementwise_formula))
    widths = [max((len(line[i]) for line in lines), default=0) for i in range(3)]
    return "".join(
        f"{'  '.join(cell.ljust(width) for cell, width in zip(line[:3], widths, strict=True))}  {line[3]}\n"
        for line in lines
    )


def as_csv(counts: Sequence[Counts], by: By = "layer") -> str:
    """A header and a record for each layer or module; the first field is the network's name."""
    fields = _FIELDS if by == "layer" else _SCOPE_FIELDS
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("network", *fields))
    for one in counts:
        rows: Iterable[LayerCounts | ScopeCounts] = one.layers if by == "layer" else one.scopes
        writer.writerows((one.name, *(_cell(getattr(row, field)) for field in fields)) for row in rows)
    return text.getvalue()


def shape(dims: Sequence[int]) -> str:
    """A shape as the language writes it: `64x56x56`."""
    return "x".join(map(str, dims))


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return shape(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def _place(row: LayerCounts) -> str:
    """The layer's path, or the module that it stands in where it has none."""
    return row.path or row.scope


def _layer_line(row: LayerCounts) -> tuple[str, ...]:
    op = f"{row.op} *" if row.training_only else row.op
    numbers = (row.params, row.buffers, row.macs, row.elementwise)
    return _place(row), op, shape(row.output), *_grouped(numbers)


def _scope_line(scope: ScopeCounts) -> tuple[str, ...]:
    name = "  " * (scope.depth - 1) + scope.path
    numbers = (scope.layers, scope.params, scope.buffers, scope.macs, scope.elementwise)
    return name, scope.name, *_grouped(numbers)


def _grouped(numbers: Iterable[int]) -> tuple[str, ...]:
    """Numbers with thousands set apart; a dot for none, so that what is there stands out."""
    return tuple(f"{number:,}" if number else "." for number in numbers)


def _aligned(header: Sequence[str], lines: Sequence[Sequence[str]], total: Sequence[str], texts: int) -> str:
    """Columns side by side: the first `texts` to the left, the others to the right."""
    cells = [header, *lines, total]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]

    def written(line: Sequence[str]) -> str:
        padded = (c.ljust(w) if i < texts else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        return "  ".join(padded).rstrip() + "\n"

    rule = "  ".join("-" * width for width in widths) + "\n"
    return written(header) + rule + "".join(map(written, lines)) + rule + written(total)
