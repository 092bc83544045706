"""Counts and facts as text: a summary, and tables by layer, scope or kind and of each fact.

The output is deterministic.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from archc.count import table as forms
from archc.count.counts import Counts, Dims, LayerCounts, ScopeCounts
from archc.count.facts import Facts, kinds
from archc.count.receptive import ReceptiveField
from archc.count.table import Cell, Column, Table, Unit, amount, shape, texts

if TYPE_CHECKING:
    from archc.count.conventions import Counted
    from archc.count.memory import Memory, Peak
    from archc.count.training import Training

By = Literal["layer", "scope", "kind"]

_FIELDS = (
    "path", "scope", "op", "output", "params", "buffers", "macs", "elementwise", "activations", "connections",
    "formula", "elementwise_formula", "implicit", "head", "training_only",
)  # fmt: skip
_SCOPE_FIELDS = (
    "path", "kind", "name", "depth", "layers", "params", "buffers", "macs", "elementwise", "flops", "activations",
)  # fmt: skip
_COUNTED = (Column("params"), Column("buffers"), Column("MACs"), Column("element-wise"))


def summary(counts: Counts, facts: Facts | None = None, unit: Unit = "exact") -> str:
    """The network's totals, each with its name."""
    work = counts.training_only
    frozen = counts.params - counts.trainable
    rows = [
        ("parameters", counts.params, f"{counts.trainable:,} trainable, {frozen:,} frozen" if frozen else ""),
        ("buffers", counts.buffers, "the rest of the state dict"),
        ("MACs", counts.macs, "multiply-accumulates of convolutions and matrix products"),
        ("FLOPs", counts.flops, f"2 x MACs + {amount(counts.elementwise, unit)} element-wise operations"),
        ("activations", counts.activations, "numbers in the outputs of all layers"),
        ("connections", counts.connections, "uses of a weight, biases included"),
    ]
    if any(row.training_only for row in counts.layers):
        only = f"MACs, with {amount(work.macs, unit)} of layers that only it uses"
        rows.append(("in training", counts.macs + work.macs, only))
    told = [(name, amount(number, unit), remark) for name, number, remark in rows]
    if facts is not None:
        told.append(("depth", str(facts.depth), "layers with weights on the longest path"))
        told += _seen(facts)
    width = max(len(number) for _, number, _ in told)
    lines = [f"{counts.name}: {inputs(counts)} -> {outputs(counts)}"]
    for name, number, remark in told:
        lines.append(f"  {name:<15}  {number:>{width}}  {remark}".rstrip())
    return "\n".join(lines) + "\n"


def inputs(counts: Counts) -> str:
    """The shapes of the inputs, with their names."""
    return _named(counts.input_names, counts.inputs)


def outputs(counts: Counts) -> str:
    """The shapes of the outputs, with their names."""
    return _named(counts.output_names, counts.outputs)


def _named(names: Sequence[str], shapes: Sequence[Dims]) -> str:
    return ", ".join(f"{name} {shape(dims)}".lstrip() for name, dims in zip(names, shapes, strict=True))


def _seen(facts: Facts) -> list[tuple[str, str, str]]:
    """The line about the receptive field."""
    largest, union = facts.receptive_field.largest, facts.receptive_field.union
    if largest is None:
        return []
    remark = f"of the last feature map, stride {shape(largest.stride)}"
    if union is None:
        remark += "; a path sees the whole image"
    elif union.size != largest.size:
        remark += f"; the union of its paths is {shape(union.size)}"
    return [("receptive field", shape(largest.size), remark)]


# -- what a line is ---------------------------------------------------------------------------------------------------


def layers(counts: Counts, top: int | None = None) -> Table:
    """A row for each layer, or for the `top` ones by MACs (ties by element-wise work)."""
    rows = counts.layers
    if top is not None:
        rows = tuple(sorted(rows, key=lambda row: (-row.macs, -row.elementwise))[:top])  # stable: ties stay in order
    columns = (*texts("layer op output"), *_COUNTED)
    numbers = (counts.params, counts.buffers, counts.macs, counts.elementwise)
    return Table(columns, tuple(map(_layer, rows)), ("total", "", counts.output, *numbers), share=5)


def scopes(counts: Counts, depth: int | None = None, top: int | None = None) -> Table:
    """A row for each module at depth `depth` or less, or for the `top` of these by MACs."""
    inside = [scope for scope in counts.scopes[1:] if depth is None or scope.depth <= depth]
    if top is not None:
        inside = sorted(inside, key=lambda scope: -scope.macs)[:top]
    columns = (*texts("module of"), Column("layers", "count"), *_COUNTED)
    rows = tuple(_scope(scope, top is None) for scope in inside)
    return Table(columns, rows, ("total", *_scope(counts.scopes[0], False)[1:]), share=5)


def by_kind(counts: Counts, top: int | None = None) -> Table:
    """A row for each kind of layer, as they first appear, or for the `top` ones by FLOPs."""
    found = kinds(counts)
    if top is not None:
        found = tuple(sorted(found, key=lambda k: -k.flops)[:top])
    columns = (*texts("kind"), Column("layers", "count"), *_COUNTED, Column("FLOPs"), Column("activations"))
    rows: list[tuple[Cell, ...]] = [
        (k.op, k.layers, k.params, k.buffers, k.macs, k.elementwise, k.flops, k.activations) for k in found
    ]
    total = (
        "total", len(counts.layers), counts.params, counts.buffers, counts.macs, counts.elementwise, counts.flops,
        counts.activations,
    )  # fmt: skip
    return Table(columns, tuple(rows), total, share=6)


def counted(counts: Counts, by: By = "layer", depth: int | None = None, top: int | None = None) -> Table:
    """The table by layer, by scope or by kind."""
    if by == "scope":
        return scopes(counts, depth, top)
    return by_kind(counts, top) if by == "kind" else layers(counts, top)


def table(counts: Counts, by: By = "layer", unit: Unit = "exact") -> str:
    """`counted` as text, followed by `remarks`."""
    return forms.as_text(counted(counts, by), unit) + remarks(counts, by)


def remarks(counts: Counts, by: By) -> str:
    """The remarks under a table by layer."""
    told = ""
    if by == "layer" and any(row.training_only for row in counts.layers):
        told += "* in training only: its work is not in the total\n"
    if by == "layer" and any(row.shared for row in counts.layers):
        told += "a name that comes again is a shared module: its weights are in the first row\n"
    return told


# -- facts --------------------------------------------------------------------------------------------------------


def fields(facts: Facts) -> Table:
    """Depth and receptive field of each layer's output."""
    columns = (*texts("layer op output"), Column("depth", "count"), *texts("largest union stride offset"))
    rows = tuple(
        (f.layer, f.op, f.output, f.depth, _size(f.largest), _size(f.union), *_steps(f.largest))
        for f in facts.fields or ()
    )
    return Table(columns, rows)


def traffic(facts: Facts, top: int | None = None) -> Table:
    """What each layer, or each of the `top` ones by bytes, reads and writes, and its FLOPs per byte."""
    assert facts.traffic is not None
    moved = facts.traffic
    shown = moved.layers
    if top is not None:
        shown = tuple(sorted(shown, key=lambda row: -(row.reads + row.writes))[:top])
    columns = (
        *texts("layer op"), Column("reads", "bytes"), Column("of weights", "bytes"), Column("writes", "bytes"),
        Column("FLOPs"), Column("FLOPs a byte", "ratio"),
    )  # fmt: skip
    rows = tuple((r.path, r.op, r.reads, r.weights, r.writes, r.flops, r.intensity) for r in shown)
    weights, flops = sum(r.weights for r in moved.layers), sum(r.flops for r in moved.layers)
    return Table(columns, rows, ("total", "", moved.reads, weights, moved.writes, flops, moved.intensity), share=2)


def peaks(memory: Memory) -> Table:
    """The peaks of activation memory, and the layers at which they occur."""
    columns = (*texts("memory"), Column("bytes", "bytes"), *texts("at"))
    training = memory.training
    return Table(
        columns,
        (
            ("weights and buffers", memory.weights, ""),
            ("inference", memory.inference.bytes, memory.inference.at),
            ("inference, nothing in place", memory.inference_copying.bytes, memory.inference_copying.at),
            ("kept by autograd", training.saved, ""),
            ("training, forward", training.forward.bytes, training.forward.at),
            ("training, backward", training.backward.bytes, training.backward.at),
        ),
    )


def alive(peak: Peak, top: int | None = None) -> Table:
    """The tensors that are alive at a peak, largest first."""
    columns = (*texts("layer tensor"), Column("bytes", "bytes"))
    held = peak.alive if top is None else peak.alive[:top]
    rows = tuple((h.layer, h.what, h.bytes) for h in held)
    return Table(columns, rows, ("total", "", peak.bytes), share=2)


def training(found: Training) -> Table:
    """The work of a training step, and the state of each optimizer."""
    columns = (*texts("training"), Column("numbers"), Column("bytes", "bytes"))
    rows: list[tuple[Cell, ...]] = [
        ("MACs forward", found.forward_macs, None),
        ("MACs backward", found.backward_macs, None),
        ("MACs of a step", found.macs, None),
        ("gradients of parameters", found.gradients, 4 * found.gradients),
    ]
    for state in found.optimizers:
        rows.append((f"state of {state.optimizer}", state.numbers, state.bytes))
        rows.append((f"weights, gradients, {state.optimizer}", None, state.total_bytes))
    return Table(columns, tuple(rows))


def side_by_side(facts: Facts, counts: Counts) -> Table:
    """What each tool counts for each kind of layer, beside archc's MACs."""
    told = facts.conventions or ()
    columns = (*texts("kind"), Column("archc MACs"), *(Column(f"{one.name} {one.unit}") for one in told))
    parts = [{p.op: sum(q.count for q in one.parts if q.op == p.op) for p in one.parts} for one in told]
    rows: list[tuple[Cell, ...]] = []
    for kind in facts.kinds:
        numbers = (kind.macs, *(by_op.get(kind.op, 0) for by_op in parts))
        if any(numbers):
            rows.append((kind.op, *numbers))
    return Table(columns, tuple(rows), ("total", counts.macs, *(one.count for one in told)))


def parts(one: Counted) -> Table:
    """The composition of a tool's number: its rules, and their contributions."""
    columns = (*texts("kind call rule"), Column("calls", "count"), Column(one.unit))
    rows = tuple((p.op, p.call, p.rule, p.calls, p.count) for p in one.parts)
    return Table(columns, rows, ("total", "", "", sum(p.calls for p in one.parts), one.count), share=4)


# -- CSV ------------------------------------------------------------------------------------------------------------


def as_csv(counts: Sequence[Counts], by: By = "layer") -> str:
    """A header and a record for each layer, module or kind; the first field is the network's name."""
    if by == "kind":
        return forms.as_csv([(one.name, by_kind(one)) for one in counts])
    fields = _FIELDS if by == "layer" else _SCOPE_FIELDS
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("network", *fields))
    for one in counts:
        rows: Iterable[LayerCounts | ScopeCounts] = one.layers if by == "layer" else one.scopes
        writer.writerows((one.name, *(_cell(getattr(row, field)) for field in fields)) for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return shape(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


# -- rows -----------------------------------------------------------------------------------------------------------


def _layer(row: LayerCounts) -> tuple[Cell, ...]:
    op = f"{row.op} *" if row.training_only else row.op
    return row.path or row.scope, op, row.output, row.params, row.buffers, row.macs, row.elementwise


def _scope(scope: ScopeCounts, indented: bool) -> tuple[Cell, ...]:
    name = "  " * (scope.depth - 1) * indented + scope.path
    return name, scope.name, scope.layers, scope.params, scope.buffers, scope.macs, scope.elementwise


def _size(field: ReceptiveField | None) -> str:
    return "all" if field is None else shape(field.size)


def _steps(field: ReceptiveField | None) -> tuple[str, str]:
    return ("", "") if field is None else (shape(field.stride), ", ".join(f"{n:g}" for n in field.offset))
