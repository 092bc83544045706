"""Small networks with torchvision's attention within windows."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import nn

from archc.runtime.references import import_torchvision


def swin(version: str = "") -> nn.Module:
    """Two stages, the first with shifted windows."""
    import_torchvision()
    library: Any = import_module("torchvision.models.swin_transformer")
    blocks = {
        "block": getattr(library, f"SwinTransformerBlock{version}"),
        "downsample_layer": getattr(library, f"PatchMerging{version}"),
    }
    sizes = {"patch_size": [4, 4], "embed_dim": 8, "depths": [2, 1], "num_heads": [2, 4], "window_size": [2, 2]}
    net: nn.Module = library.SwinTransformer(**sizes, **blocks, num_classes=5)
    return net


def maxvit() -> nn.Module:
    """One block with two layers, over windows and over a grid."""
    import_torchvision()
    library: Any = import_module("torchvision.models.maxvit")
    sizes = {"input_size": (16, 16), "stem_channels": 8, "partition_size": 2, "block_channels": [8, 16]}
    net: nn.Module = library.MaxVit(**sizes, block_layers=[1, 1], head_dim=4, stochastic_depth_prob=0.1, num_classes=5)
    return net
