"""`thop.profile`: hooks on modules; functions are invisible to it (`thop/vision/basic_hooks.py`, `calc_func.py`)."""

from __future__ import annotations

from archc.count.conventions.rules import Convention, Table

CONVENTION = Convention(
    name="thop",
    version="0.1.1.post2209072238",
    how="profile(model, (x,))[0]",
    tables=(
        Table(
            "MACs",
            modules={
                "nn.Conv2d": "macs",
                "nn.ConvTranspose2d": "spread",
                "nn.Linear": "macs",
                "nn.BatchNorm1d": "2*in + 2*affine",
                "nn.BatchNorm2d": "2*in + 2*affine",
                "nn.LayerNorm": "2*in + 2*affine",
                "nn.AvgPool2d": "out",
                "nn.AdaptiveAvgPool2d": "adaptive",
                "nn.Softmax": "3*in + -1*rows",
                "nn.Upsample:nearest": "out",
                "nn.Upsample:bilinear": "11*out",
            },
        ),
    ),
    why="Counts batch normalisation as four a number, twice what evaluation does. Knows modules only: pooling that "
    "`forward` calls as a function is nothing to it, and ReLU, max pooling and dropout are zero by its rules.",
)
