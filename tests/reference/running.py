"""The layers of `docs/layers.md`, computed by functions of torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tests.reference.layers import pair, window

State = Mapping[str, Tensor]


def apply(kind: str, a: Mapping[str, Any], xs: list[Tensor], w: dict[str, Tensor], training: bool) -> list[Tensor]:
    """What a layer makes of `xs`, batches of samples, with the weights `w`; in training a BN changes its statistics."""
    if kind == "Add":
        return [sum(xs[1:], xs[0])]
    if kind == "Mul":
        out = xs[0]
        for x in xs[1:]:
            out = out * x
        return [out]
    if kind == "Concat":
        return [torch.cat(xs, 1)]
    (x,) = xs
    if kind in ("Conv", "DWConv"):
        _, stride, pad, dilation = window(a, tuple(x.shape[1:]))
        groups = a["groups"] if kind == "Conv" else x.shape[1]
        return [functional.conv2d(x, w["weight"], w.get("bias"), stride, pad, dilation, groups)]
    if kind in ("FC", "Linear"):
        return [functional.linear(x, w["weight"], w.get("bias"))]
    if kind == "BN":
        return [_normalised(a, x, w, training)]
    if kind == "Chunk":
        return list(x.chunk(a["n"], 1))
    if kind == "Split":
        return list(torch.split(x, a["sizes"], 1))
    if kind in ("APool", "MPool"):
        return [_pooled(kind, a, x)]
    return [_one(kind, a, x, w)]


def _normalised(a: Mapping[str, Any], x: Tensor, w: dict[str, Tensor], training: bool) -> Tensor:
    if training:
        w["num_batches_tracked"] += 1
    return functional.batch_norm(
        x, w["running_mean"], w["running_var"], w.get("weight"), w.get("bias"), training, a["momentum"], a["eps"]
    )


def _pooled(kind: str, a: Mapping[str, Any], x: Tensor) -> Tensor:
    kernel, stride, pad, dilation = window(a, tuple(x.shape[1:]))
    if kind == "MPool":
        return functional.max_pool2d(x, kernel, stride, pad, dilation, a["ceil"])
    return functional.avg_pool2d(x, kernel, stride, pad, a["ceil"], a["count_pad"])


def _one(kind: str, a: Mapping[str, Any], x: Tensor, w: dict[str, Tensor]) -> Tensor:
    match kind:
        case "ReLU":
            return functional.relu(x)
        case "ReLU6":
            return functional.relu6(x)
        case "SiLU":
            return x * torch.sigmoid(x)
        case "Sigmoid":
            return torch.sigmoid(x)
        case "Tanh":
            return torch.tanh(x * float(a["slope"])) * float(a["scale"])
        case "HSigmoid":
            return functional.hardsigmoid(x)
        case "HSwish":
            return functional.hardswish(x)
        case "GELU":
            return x / 2 * (1 + torch.erf(x / 2**0.5))
        case "SM":
            return x.softmax(1)
        case "Flatten":
            return x.reshape(len(x), -1)
        case "GAPool":
            return x.mean((2, 3), keepdim=True)
        case "AdaptiveAPool":
            return functional.adaptive_avg_pool2d(x, pair(a["size"]))
        case "Slice":
            return x[:, a["start"] : a["stop"]]
        case "Shuffle":
            n, c, h, width = x.shape
            return x.reshape(n, a["groups"], c // a["groups"], h, width).transpose(1, 2).reshape(n, c, h, width)
        case "Affine":
            scale, shift = (torch.tensor(a[k], dtype=x.dtype).reshape(-1, 1, 1) for k in ("scale", "shift"))
            return x * scale + shift
        case "PadChannels":
            behind = a["channels"] - a["before"] - x.shape[1]
            return functional.pad(x, (0, 0) * (x.dim() - 2) + (a["before"], behind))
        case "Upsample":
            size = tuple(n * s for n, s in zip(x.shape[2:], pair(a["scale"]), strict=True))
            smooth = {"align_corners": False} if a["mode"] == "bilinear" else {}
            return functional.interpolate(x, size, mode=a["mode"], **smooth)
        case "GN":
            return functional.group_norm(x, a["groups"], w.get("weight"), w.get("bias"), a["eps"])
        case "LN":
            return functional.layer_norm(x, list(x.shape[1:]), w.get("weight"), w.get("bias"), a["eps"])
        case "Norm":
            return functional.local_response_norm(x, a["size"], a["alpha"] * a["size"], a["beta"], a["k"])
        case "Identity" | "Dropout" | "StochasticDepth":
            return x
    raise NotImplementedError(kind)
