"""`ptflops.get_model_complexity_info`, its default backend: hooks on modules, and patched functions.

A module such as `nn.ReLU` has a hook and calls a patched function, so it is counted twice; the same layer written as
`F.relu` is counted once (`ptflops/pytorch_engine.py`, `ptflops/pytorch_ops.py`).
"""

from __future__ import annotations

from archc.count.conventions.rules import Convention, Table

CONVENTION = Convention(
    name="ptflops",
    version="0.7.5",
    how="get_model_complexity_info(model, (3, 224, 224), as_strings=False)[0]",
    tables=(
        Table(
            "MACs",
            modules={
                "nn.Conv2d": "macs + bias",
                "nn.ConvTranspose2d": "macs + bias",
                "nn.Linear": "macs + bias",
                "nn.BatchNorm1d": "in + affine",
                "nn.BatchNorm2d": "in + affine",
                "nn.GroupNorm": "in + affine",
                "nn.LayerNorm": "in",
                "nn.ReLU": "out",
                "nn.ReLU6": "out",
                "nn.GELU": "out",
                "nn.MaxPool2d": "in",
                "nn.AvgPool2d": "in",
                "nn.AdaptiveAvgPool2d": "in",
                "nn.Upsample:nearest": "out",
                "nn.Upsample:bilinear": "out",
            },
            functions={
                "F.relu": "in",
                "F.relu6": "in",
                "F.gelu": "in",
                "F.silu": "in",
                "F.softmax": "in",
                "F.max_pool2d": "in",
                "F.avg_pool2d": "in",
                "F.adaptive_avg_pool2d": "in",
                "F.local_response_norm": "3*in + padded",
                "F.interpolate:nearest": "out",
                "F.interpolate:bilinear": "out",
            },
        ),
    ),
    why="Adds bias, normalisation, activations and pooling (what comes in) to the MACs. A layer written as a module "
    "counts twice where both the module and the function that it calls are known; sums by `+` are not seen.",
)
