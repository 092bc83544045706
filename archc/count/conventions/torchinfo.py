"""`torchinfo.summary`: every module without children, by its parameters (`torchinfo/layer_info.py`)."""

from __future__ import annotations

from archc.count.conventions.rules import Convention, ConventionTable, by_axes

CONVENTION = Convention(
    name="torchinfo",
    version="1.8.0",
    how="summary(model, input_data=x).total_mult_adds",
    tables=(
        ConventionTable(
            "mult-adds",
            modules={
                **by_axes(["nn.Conv", "PaddedConv"], "macs + bias"),
                **{f"Conv{axes}dSame": "macs + bias" for axes in (1, 2, 3)},
                **by_axes(["nn.ConvTranspose"], "spread + bias"),
                "*": "params",
            },
        ),
    ),
    why="Counts a convolution as its parameters times its output positions, biases included. Counts any other layer as "
    "its parameters, once: right for a linear layer, far too little for normalisation. Does not count layers "
    "without parameters.",
)
