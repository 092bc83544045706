"""`fvcore.nn.FlopCountAnalysis`: reads the operators of a traced graph (`fvcore/nn/jit_handles.py`)."""

from __future__ import annotations

from archc.count.conventions.rules import Convention, ConventionTable, by_axes

CONVENTION = Convention(
    name="fvcore",
    version="0.1.5.post20221221",
    how="FlopCountAnalysis(model, x).total()",
    tables=(
        ConventionTable(
            "FLOPs",
            functions={
                **by_axes(["F.conv", "F.conv_transpose"], "macs"),
                "F.linear": "macs",
                "F.batch_norm": "in + affine",
                "F.layer_norm": "4*in + affine",
                "F.instance_norm": "4*in + affine",
                "F.group_norm": "4*in + affine",
                "F.adaptive_avg_pool2d": "in",
                "F.interpolate:nearest": "out",
                "F.interpolate:bilinear": "4*out",
            },
        ),
    ),
    why="Calls one multiply-accumulate one FLOP, and adds normalisation and adaptive pooling to it. "
    "Does not count biases, activations, other poolings or sums.",
)
