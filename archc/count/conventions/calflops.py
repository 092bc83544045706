"""`calflops.calculate_flops`: patched functions, wherever they are called (`calflops/pytorch_ops.py`)."""

from __future__ import annotations

from archc.count.conventions.rules import Convention, ConventionTable, by_axes
from archc.ir.arguments import INTERPOLATIONS

CONVENTION = Convention(
    name="calflops",
    version="0.3.2",
    how="calculate_flops(model, args=[x], output_as_string=False)[:2]",
    tables=(
        ConventionTable(
            "FLOPs",
            functions={
                **by_axes(["F.conv"], "2*macs + bias"),
                **by_axes(["F.conv_transpose"], "2*macs + slid"),
                "F.linear": "2*macs",
                "F.batch_norm": "in + affine",
                "F.layer_norm": "4*in + affine",
                "F.instance_norm": "4*in + affine",
                "F.group_norm": "4*in + affine",
                "F.local_response_norm": "3*in + padded",
                "F.relu": "in",
                "F.relu6": "in",
                "F.gelu": "in",
                "F.silu": "in",
                "F.softmax": "in",
                "F.prelu": "in",
                "F.elu": "in",
                "F.leaky_relu": "in",
                **by_axes(["F.max_pool", "F.avg_pool", "F.adaptive_max_pool", "F.adaptive_avg_pool"], "in"),
                **by_axes(["F.lp_pool"], "in + 2*out"),
                **{f"F.interpolate:{mode}": "asked" for mode in INTERPOLATIONS},
            },
        ),
        ConventionTable("MACs", functions=by_axes(["F.conv", "F.conv_transpose"], "macs") | {"F.linear": "macs"}),
    ),
    why="Counts two operations per MAC, the bias of convolutions but not of linear layers, and element-wise work by "
    "the size of the input. Does not count activations that it has no rule for (the hard swish, the sigmoid), nor "
    "sums by `+`. Counts the biases of a transposed convolution at the output positions of an ordinary one. Divides "
    "by its groups twice, which archc does not imitate.",
)
