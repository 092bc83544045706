"""`torch.utils.flop_counter.FlopCounterMode`: sees ATen operators as they are dispatched."""

from __future__ import annotations

from archc.count.conventions.rules import Convention, ConventionTable, by_axes

CONVENTION = Convention(
    name="torch",
    version="2.13.0",
    how="FlopCounterMode().get_total_flops()",
    tables=(
        ConventionTable("FLOPs", functions=by_axes(["F.conv", "F.conv_transpose"], "2*macs") | {"F.linear": "2*macs"}),
    ),
    why="Counts convolutions and matrix products only, two operations per MAC, without biases.",
)
