"""`thop.profile`: hooks on modules; functions are invisible to it (`thop/vision/basic_hooks.py`, `calc_func.py`)."""

from __future__ import annotations

from archc.count.conventions.rules import Convention, ConventionTable, by_axes

CONVENTION = Convention(
    name="thop",
    version="0.1.1.post2209072238",
    how="profile(model, (x,))[0]",
    tables=(
        ConventionTable(
            "MACs",
            modules={
                **by_axes(["nn.Conv"], "macs"),
                **by_axes(["nn.ConvTranspose"], "spread"),
                "nn.Linear": "macs",
                **by_axes(["nn.BatchNorm", "nn.InstanceNorm"], "2*in + 2*affine"),
                "nn.LayerNorm": "2*in + 2*affine",
                **by_axes(["nn.AvgPool"], "out"),
                **by_axes(["nn.AdaptiveAvgPool"], "adaptive"),
                "nn.PReLU": "in",
                "nn.Softmax": "3*in + -1*rows",
                "nn.Upsample:nearest": "out",
                "nn.Upsample:linear": "5*out",
                "nn.Upsample:bilinear": "11*out",
                "nn.Upsample:bicubic": "259*out",
            },
        ),
    ),
    why="Counts batch normalisation as four operations per number, twice as many as evaluation needs. Sees only "
    "modules: it misses pooling that `forward` calls as a function. By its rules, ReLU, max pooling and "
    "dropout cost nothing.",
)
