"""The layers of `docs/layers.md`, computed by functions of torch."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from math import comb, pi, prod
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tests.reference.layers import margins, pair, sides, sized, window
from tests.reference.windows import attended_in_windows, from_windows, in_windows

State = Mapping[str, Tensor]


def apply(kind: str, a: Mapping[str, Any], xs: list[Tensor], w: dict[str, Tensor], training: bool) -> list[Tensor]:
    """The outputs of a layer for the batches `xs` with the weights `w`; in training, a BN updates its statistics."""
    if kind == "Add":
        return [sum(xs[1:], xs[0])]
    if kind == "Mul":
        out = xs[0]
        for x in xs[1:]:
            out = out * x
        return [out]
    if kind in ("Sub", "Div"):
        return [xs[0] - xs[1] if kind == "Sub" else xs[0] / xs[1]]
    if kind == "Concat":
        return [torch.cat(xs, -1 if a.get("over") == "last" else 1)]
    if kind == "MatMul":
        return [xs[0] @ (xs[1].transpose(-1, -2) if a["transpose"] else xs[1])]
    if kind == "Attention":
        return [_attended(a["heads"], *xs, w=w)]
    (x,) = xs
    if kind == "ScaledStdConv":
        return apply("Conv", {**a, "pad_mode": "zeros"}, xs, {**w, "weight": _standardised(a, w)}, training)
    if kind in ("Conv", "DWConv"):
        added = [n for side in reversed(sides(a, tuple(x.shape[1:]))) for n in side]
        mode = "constant" if a["pad_mode"] == "zeros" else a["pad_mode"]
        padded = functional.pad(x, added, mode)
        groups = a["groups"] if kind == "Conv" else x.shape[1]
        step, dilation = sized(a["stride"], x.dim() - 2), sized(a["dilation"], x.dim() - 2)
        return [_of("conv", x)(padded, w["weight"], w.get("bias"), step, 0, dilation, groups)]
    if kind == "ConvTranspose":
        _, step, pad, dilation = window(a, tuple(x.shape[1:]))
        more = sized(a["output_pad"], x.dim() - 2)
        return [_of("conv_transpose", x)(x, w["weight"], w.get("bias"), step, pad, more, a["groups"], dilation)]
    if kind in ("FC", "Linear"):
        return [functional.linear(x, w["weight"], w.get("bias"))]
    if kind == "BN":
        return [_normalised(a, x, w, training)]
    if kind == "Chunk":
        return list(x.chunk(a["n"], 1))
    if kind == "Split":
        return list(torch.split(x, a["sizes"], 1))
    if kind in ("APool", "MPool", "LPPool"):
        return [_pooled(kind, a, x)]
    return [_one(kind, a, x, w)]


def _normalised(a: Mapping[str, Any], x: Tensor, w: dict[str, Tensor], training: bool) -> Tensor:
    if training:
        w["num_batches_tracked"] += 1
    made = functional.batch_norm(
        x, w["running_mean"], w["running_var"], w.get("weight"), w.get("bias"), training, a["momentum"], a["eps"]
    )
    if made.requires_grad:  # torch 2.13 computes wrong gradients from some that are permuted, as by PixelShuffle below
        made.register_hook(lambda gradient: gradient.clone(memory_format=torch.contiguous_format))  # type: ignore[no-untyped-call]
    return made


def _pooled(kind: str, a: Mapping[str, Any], x: Tensor) -> Tensor:
    kernel, stride, pad, dilation = window({"pad": 0, **a}, tuple(x.shape[1:]))
    if kind == "MPool":
        most: Tensor = _of("max_pool", x)(x, kernel, stride, pad, dilation, a["ceil"])
        return most
    if kind == "LPPool":
        sums = _of("avg_pool", x)(x.pow(a["p"]), kernel, stride, 0, a["ceil"]) * prod(kernel)
        some = sums != 0
        norm: Tensor = torch.where(some, sums, 1).pow(1 / a["p"]) * some
        return norm  # no gradient if all are zero, as in torch
    mean: Tensor = _of("avg_pool", x)(x, kernel, stride, pad, a["ceil"], a["count_pad"])
    return mean


def _of(name: str, x: Tensor) -> Callable[..., Any]:
    """Torch's function for signals, images or volumes."""
    found: Callable[..., Any] = getattr(functional, f"{name}{x.dim() - 2}d")
    return found


def _axes(x: Tensor) -> tuple[int, ...]:
    """The axes after the channels."""
    return tuple(range(2, x.dim()))


def _attended(heads: int, x: Tensor, *seen: Tensor, w: dict[str, Tensor]) -> Tensor:
    """Attention head by head, as in the paper's equation 1."""
    sources = (x, seen[0], seen[-1]) if seen else (x, x, x)
    one = w["in_proj_weight"].chunk(3) if "in_proj_weight" in w else [w[f"{n}_proj_weight"] for n in "qkv"]
    biases = w["in_proj_bias"].chunk(3) if "in_proj_bias" in w else (None, None, None)
    made = [functional.linear(t, weight, bias) for t, weight, bias in zip(sources, one, biases, strict=True)]
    size = x.shape[2] // heads
    outs = []
    for head in range(heads):
        q, k, v = (part[:, :, head * size : (head + 1) * size] for part in made)
        outs.append((q @ k.transpose(1, 2) / size**0.5).softmax(2) @ v)
    return functional.linear(torch.cat(outs, 2), w["out_proj.weight"], w.get("out_proj.bias"))


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
        case "GELU" if a["approximate"] == "tanh":
            return x / 2 * (1 + torch.tanh((2 / pi) ** 0.5 * (x + 0.044715 * x**3)))
        case "GELU":
            return x / 2 * (1 + torch.erf(x / 2**0.5))
        case "SM":
            return x.softmax(1 if a["over"] == "channels" else -1)
        case "Flatten":
            return x.reshape(len(x), -1)
        case "GAPool":
            return x.mean(_axes(x), keepdim=True)
        case "AdaptiveAPool":
            mean: Tensor = _of("adaptive_avg_pool", x)(x, sized(a["size"], x.dim() - 2))
            return mean
        case "Permute":
            return x.permute(0, *(i + 1 for i in a["order"]))
        case "Reshape":
            return x.reshape(len(x), *a["shape"])
        case "Tokens":
            return x.reshape(*x.shape[:2], -1).permute(0, 2, 1)
        case "FromTokens":
            return x.permute(0, 2, 1).reshape(len(x), x.shape[2], *pair(a["size"]))
        case "Pad":
            (top, bottom), (left, right) = margins(a)
            mode = "constant" if a["pad_mode"] == "zeros" else a["pad_mode"]
            return functional.pad(x, (left, right, top, bottom), mode)
        case "Crop":
            for axis, n in zip(_axes(x), sized(a["size"], x.dim() - 2), strict=True):
                x = x.narrow(axis, (x.shape[axis] - n) // 2, n)
            return x
        case "Scale":
            return x * w[""]
        case "Positions":
            return x + w[""]
        case "Param":
            return w[""].repeat(len(x), *(1 for _ in a["shape"]))
        case "Slice":
            stop = x.shape[a["axis"] + 1] if a["stop"] is None else a["stop"]
            return x.index_select(a["axis"] + 1, torch.arange(a["start"], stop, a["step"]))
        case "Roll":
            for axis, by in enumerate(a["shift"], 1):
                x = x.index_select(axis, (torch.arange(x.shape[axis]) - by) % x.shape[axis])
            return x
        case "Windows":
            return in_windows(a, x)
        case "FromWindows":
            return from_windows(a, x)
        case "WindowAttention" | "CosineWindowAttention":
            return attended_in_windows(kind, a, x, w)
        case "Shuffle":
            n, c, h, width = x.shape
            return x.reshape(n, a["groups"], c // a["groups"], h, width).transpose(1, 2).reshape(n, c, h, width)
        case "Neg":
            return -x
        case "Arithmetic":
            return _with_number(a["sign"], a["number"], a["first"], x)
        case "Affine":
            scale, shift = (torch.tensor(a[k], dtype=x.dtype).reshape(-1, 1, 1) for k in ("scale", "shift"))
            return x * scale + shift
        case "PadChannels":
            behind = a["channels"] - a["before"] - x.shape[1]
            return functional.pad(x, (0, 0) * (x.dim() - 2) + (a["before"], behind))
        case "Upsample":
            larger = tuple(n * s for n, s in zip(x.shape[2:], sized(a["scale"], x.dim() - 2), strict=True))
            size = larger if a["size"] is None else sized(a["size"], x.dim() - 2)
            smooth = {"align_corners": a["align"]} if not a["mode"].startswith("nearest") else {}
            return functional.interpolate(x, size, mode=a["mode"], **smooth)
        case "GN":
            return functional.group_norm(x, a["groups"], w.get("weight"), w.get("bias"), a["eps"])
        case "LN":
            return _over(a, x, w, lambda y, axes: (y - y.mean(axes, keepdim=True)) / _deviation(y, axes, a["eps"]))
        case "Norm":
            return functional.local_response_norm(x, a["size"], a["alpha"] * a["size"], a["beta"], a["k"])
        case "LeakyReLU":
            return torch.where(x > 0, x, x * a["slope"])
        case "PReLU":
            return torch.where(x > 0, x, x * w["weight"].reshape(-1, *[1] * (x.dim() - 2)))
        case "ELU":
            return torch.where(x > 0, x, a["alpha"] * torch.expm1(x.clamp(max=0)))
        case "CELU":
            return torch.where(x > 0, x, a["alpha"] * torch.expm1(x.clamp(max=0) / a["alpha"]))
        case "SELU":
            return 1.0507009873554805 * torch.where(x > 0, x, 1.6732632423543772 * torch.expm1(x.clamp(max=0)))
        case "Softplus":
            return torch.logaddexp(x * float(a["beta"]), torch.zeros_like(x)) / float(a["beta"])
        case "Mish":
            return x * torch.tanh(torch.logaddexp(x, torch.zeros_like(x)))
        case "GLU":
            kept, gate = x.chunk(2, 1 if a["over"] == "channels" else -1)
            return kept * torch.sigmoid(gate)
        case "LogSoftmax":
            return x - torch.logsumexp(x, 1 if a["over"] == "channels" else -1, keepdim=True)
        case "InstanceNorm":
            deviation = (x.var(_axes(x), False, keepdim=True) + a["eps"]).sqrt()
            scaled: Tensor = (x - x.mean(_axes(x), keepdim=True)) / deviation
            column = [w[n].reshape(-1, *[1] * (x.dim() - 2)) for n in ("weight", "bias") if n in w]
            return scaled * column[0] + column[1] if column else scaled
        case "RMSNorm":
            eps = torch.finfo(x.dtype).eps if a["eps"] is None else a["eps"]
            return _over(a, x, w, lambda y, axes: y / (y.square().mean(axes, keepdim=True) + eps).sqrt())
        case "Subsample":
            kernel, stride, _, _ = window({"pad": 0, **a}, tuple(x.shape[1:]))
            sums = functional.avg_pool2d(x, kernel, stride) * prod(kernel)
            return sums * w["weight"].reshape(-1, 1, 1) + w["bias"].reshape(-1, 1, 1)
        case "RBF":
            return (x[:, None] - w["weight"]).square().sum(2)
        case "GMPool":
            return x.amax(_axes(x), keepdim=True)
        case "AdaptiveMPool":
            most: Tensor = _of("adaptive_max_pool", x)(x, sized(a["size"], x.dim() - 2))
            return most
        case "BlurPool":
            return _blurred(a, x)
        case "PixelShuffle":
            n, c, h, width = x.shape
            s = a["scale"]
            parts = x.reshape(n, c // s**2, s, s, h, width).permute(0, 1, 4, 2, 5, 3)
            return parts.reshape(n, c // s**2, h * s, width * s)
        case "PixelUnshuffle":
            n, c, h, width = x.shape
            s = a["scale"]
            parts = x.reshape(n, c, h // s, s, width // s, s).permute(0, 1, 3, 5, 2, 4)
            return parts.reshape(n, c * s**2, h // s, width // s)
        case "Identity" | "Dropout" | "Dropout2d" | "StochasticDepth":
            return x
    raise NotImplementedError(kind)


def _standardised(a: Mapping[str, Any], w: dict[str, Tensor]) -> Tensor:
    """Weights with mean 0 and variance 1 in each filter, times the gain."""
    weight = w["weight"]
    axes = tuple(range(1, weight.dim()))
    deviation = (weight.var(axes, False, keepdim=True) + a["eps"]).sqrt()
    standard: Tensor = (weight - weight.mean(axes, keepdim=True)) / deviation
    scaled: Tensor = standard * w["gain"] * a["gamma"] / weight[0].numel() ** 0.5 if a["gain"] else standard
    return scaled


def _with_number(sign: str, number: Any, first: bool, x: Tensor) -> Tensor:
    if isinstance(number, list | tuple):
        single = torch.tensor(number, dtype=torch.float32)  # the dtype of a module before conversion
        number = single.to(x.dtype).reshape(-1, *[1] * (x.dim() - 2))
    left, right = (number, x) if first else (x, number)
    found: Tensor = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[sign](left, right)
    return found


def _blurred(a: Mapping[str, Any], x: Tensor) -> Tensor:
    """The binomial filter, applied along rows and then columns."""
    k, step = a["kernel"], a["stride"]
    padded = functional.pad(x, ((k - 1) // 2, k // 2) * 2, "reflect")
    numbers = [comb(k - 1, i) / 2 ** (k - 1) for i in range(k)]
    h, width = (padded.shape[axis] - k + 1 for axis in (2, 3))
    rows = sum(f * padded[:, :, i : i + h] for i, f in enumerate(numbers))
    assert isinstance(rows, Tensor)
    both = sum(f * rows[:, :, :, i : i + width] for i, f in enumerate(numbers))
    assert isinstance(both, Tensor)
    return both[:, :, ::step, ::step]


def _over(a: Mapping[str, Any], x: Tensor, w: State, normalised: Callable[[Tensor, tuple[int, ...]], Tensor]) -> Tensor:
    """A normalisation of each sample over all axes, the last or the first, with weights for these."""
    last = x.movedim(1, -1) if a["over"] == "channels" else x
    y = normalised(last, tuple(range(1, x.dim())) if a["over"] == "all" else (-1,))
    y = y * w.get("weight", torch.ones(1)) + w.get("bias", torch.zeros(1))
    return y.movedim(-1, 1) if a["over"] == "channels" else y


def _deviation(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    return (x.var(axes, False, keepdim=True) + eps).sqrt()
