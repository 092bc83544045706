"""`torch.utils.flop_counter.FlopCounterMode`: sees ATen operators as they are dispatched."""

from __future__ import annotations

from archc.count.conventions.rules import Convention, Table

CONVENTION = Convention(
    name="torch",
    version="2.13.0",
    how="FlopCounterMode().get_total_flops()",
    tables=(Table("FLOPs", functions={"F.conv2d": "2*macs", "F.conv_transpose2d": "2*macs", "F.linear": "2*macs"}),),
    why="Convolutions and matrix products only, two operations a MAC; no bias, nothing element-wise.",
)
