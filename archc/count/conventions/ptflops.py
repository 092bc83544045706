"""`ptflops.get_model_complexity_info`, its default backend: hooks on modules, and patched functions.

A module such as `nn.ReLU` has a hook and calls a patched function, so it is counted twice; the same layer written as
`F.relu` is counted once (`ptflops/pytorch_engine.py`, `ptflops/pytorch_ops.py`).
"""

from __future__ import annotations

from archc.count.conventions.rules import Convention, ConventionTable, by_axes
from archc.ir.arguments import INTERPOLATIONS

_POOLS = {
    "max_pool": "MaxPool",
    "avg_pool": "AvgPool",
    "adaptive_max_pool": "AdaptiveMaxPool",
    "adaptive_avg_pool": "AdaptiveAvgPool",
}
CONVENTION = Convention(
    name="ptflops",
    version="0.7.5",
    how="get_model_complexity_info(model, (3, 224, 224), as_strings=False)[0]",
    tables=(
        ConventionTable(
            "MACs",
            modules={
                **by_axes(["nn.Conv", "nn.ConvTranspose"], "macs + bias"),
                "nn.Linear": "macs + bias",
                **by_axes(["nn.BatchNorm", "nn.InstanceNorm"], "in + affine"),
                "nn.GroupNorm": "in + affine",
                "nn.LayerNorm": "in",
                "nn.ReLU": "out",
                "nn.ReLU6": "out",
                "nn.GELU": "out",
                "nn.PReLU": "out",
                "nn.ELU": "out",
                "nn.LeakyReLU": "out",
                **by_axes([f"nn.{pool}" for pool in _POOLS.values()], "in"),
                **{f"nn.Upsample:{mode}": "out" for mode in INTERPOLATIONS},
            },
            functions={
                "F.relu": "in",
                "F.relu6": "in",
                "F.gelu": "in",
                "F.silu": "in",
                "F.softmax": "in",
                "F.prelu": "in",
                "F.elu": "in",
                **by_axes([f"F.{pool}" for pool in _POOLS], "in"),
                **by_axes(["F.lp_pool"], "in + 2*out"),
                "F.local_response_norm": "3*in + padded",
                **{f"F.interpolate:{mode}": "out" for mode in INTERPOLATIONS},
            },
        ),
    ),
    why="Adds biases, normalisation, activations and pooling (by the size of the input) to the MACs. Counts a module "
    "twice if it knows both the module and the function that the module calls. Does not see sums by `+`.",
)
