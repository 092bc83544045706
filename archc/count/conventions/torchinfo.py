"""`torchinfo.summary`: every module without children, by its parameters (`torchinfo/layer_info.py`)."""

from __future__ import annotations

from archc.count.conventions.rules import Convention, Table

CONVENTION = Convention(
    name="torchinfo",
    version="1.8.0",
    how="summary(model, input_data=x).total_mult_adds",
    tables=(
        Table("mult-adds", modules={"nn.Conv2d": "macs + bias", "nn.ConvTranspose2d": "spread + bias", "*": "params"}),
    ),
    why="A convolution is its parameters times the places of its output, so that the bias counts; any other layer is "
    "its parameters, once: right for a linear layer, next to nothing for normalisation. A layer without "
    "parameters is nothing.",
)
