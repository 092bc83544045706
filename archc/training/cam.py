"""The regions that determine a prediction: Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391)."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from archc.ir.network import Network


def last_maps(network: Network) -> str | None:
    """The module that makes the last feature maps before the classes; None if none has more than one pixel."""
    by_output = {scope.outputs[0].node: scope.path for scope in network.scopes if scope.path and scope.outputs}
    number = network.outputs[0].node
    while network.nodes[number].inputs:
        node = network.nodes[number]
        if node.types[0].is_image and prod(node.types[0].dims[1:]) > 1 and (path := node.path or by_output.get(number)):
            return path
        number = node.inputs[0].node
    return None


def attention(model: nn.Module, path: str, images: Tensor, classes: Tensor) -> Tensor:
    """The evidence for the class at each position of a module's maps (images, height, width), from 0 to 1."""
    maps: list[Tensor] = []

    def keep(_: nn.Module, __: Any, output: Tensor) -> Tensor:
        maps.append(output.detach().requires_grad_())
        return maps[0].clone()  # later layers may overwrite it

    hook = model.get_submodule(path).register_forward_hook(keep)
    try:
        with torch.enable_grad():
            scores = model.eval()(images).gather(1, classes.unsqueeze(1)).sum()
            (slopes,) = torch.autograd.grad(scores, maps[0])
    finally:
        hook.remove()
    found = (slopes.mean((2, 3), keepdim=True) * maps[0].detach()).sum(1).relu()
    most: Tensor = found.amax((1, 2), keepdim=True)
    return found / most.clamp_min(1e-12)
