"""The layers of `torch.nn` in archc: a rule for each, from a module's attributes to an op and its arguments.

Every attribute that affects the result is translated or rejected: an omission would show only in the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType
from typing import Any

from archc.importing.steps import Dims, NoCounterpart, refuse_unless, size
from archc.ir.window import half

Attributes = Mapping[str, Any]
Rule = Callable[[Attributes, Dims], tuple[str, dict[str, object]]]
"""From the attributes and the input shape to the op and its arguments."""

DEPTHWISE = "multiplier"
"""The channel multiplier of a depthwise convolution, 0 for any other. `Conv` itself has no such argument."""
_RULES: dict[str, Rule] = {}


def rule_of(kind: str) -> Rule | None:
    """The rule of a layer, by its class."""
    return _RULES.get(kind)


def _layer(*kinds: str) -> Callable[[Rule], Rule]:
    def add(rule: Rule) -> Rule:
        _RULES.update(dict.fromkeys(kinds, rule))
        return rule

    return add


def _plain(kind: str, op: str, **arguments: str) -> None:
    """Register a layer whose arguments differ only in name."""
    _RULES[kind] = lambda a, dims: (op, {name: a[attribute] for name, attribute in arguments.items()})


for _kind, _op in {
    "ReLU": "ReLU", "ReLU6": "ReLU6", "SiLU": "SiLU", "Hardswish": "HSwish", "Hardsigmoid": "HSigmoid", "Mish": "Mish",
    "Sigmoid": "Sigmoid", "SELU": "SELU", "Tanh": "Tanh", "Identity": "Identity",
}.items():  # fmt: skip
    _plain(_kind, _op)
_plain("LeakyReLU", "LeakyReLU", slope="negative_slope")
_plain("ELU", "ELU", alpha="alpha")
_plain("CELU", "CELU", alpha="alpha")
for _axes in (1, 2, 3):
    _plain(f"Dropout{_axes}d", "Dropout2d", p="p")
_plain("StochasticDepth", "StochasticDepth", p="p", mode="mode")
_plain("PixelShuffle", "PixelShuffle", scale="upscale_factor")
_plain("PixelUnshuffle", "PixelUnshuffle", scale="downscale_factor")
_plain("ChannelShuffle", "Shuffle", groups="groups")


@_layer("Dropout")
def dropout(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """A dropout with probability 0 is the identity."""
    return ("Dropout", {"p": a["p"]}) if a["p"] else ("Identity", {})


@_layer("DropPath")
def drop_path(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Timm's name for stochastic depth per sample."""
    refuse_unless(bool(a.get("scale_by_keep", True)), "a DropPath that does not scale what it keeps")
    return ("StochasticDepth", {"p": float(a["drop_prob"]), "mode": "row"}) if a["drop_prob"] else ("Identity", {})


@_layer("GELU")
def gelu(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """The exact one, or the approximation."""
    return "GELU", {} if a["approximate"] == "none" else {"approximate": a["approximate"]}


def _over(axis: int, dims: Dims, what: str) -> dict[str, object]:
    """The argument for an axis of torch, which counts the batch axis."""
    refuse_unless(axis in (1, -len(dims), -1, len(dims)), f"{what} over axis {axis}")
    return {} if axis in (1, -len(dims)) else {"over": "last"}


@_layer("Softmax")
def softmax(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Over the channels, or the last axis."""
    return "SM", _over(a["dim"], dims, "a softmax")


@_layer("LogSoftmax")
def log_softmax(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Over the channels, or the last axis."""
    return "LogSoftmax", _over(a["dim"], dims, "a log softmax")


@_layer("Softplus")
def softplus(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """With torch's own threshold."""
    refuse_unless(a["threshold"] == 20, "a softplus with a threshold of its own")
    return "Softplus", {"beta": a["beta"]}


@_layer("GLU")
def glu(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Over the channels, or the last axis."""
    return "GLU", _over(a["dim"], dims, "a GLU")


@_layer("PReLU")
def prelu(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """One slope, or one for each channel."""
    return "PReLU", {"shared": a["num_parameters"] == 1, "init": a["init"]}


# -- convolutions -----------------------------------------------------------------------------------------------------


@_layer("Conv1d", "Conv2d", "Conv3d")
def conv(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """A convolution, or a depthwise one."""
    kernel, dilation, padding = a["kernel_size"], a["dilation"], a["padding"]
    kept = half(kernel, dilation)
    if padding == "valid":
        padding = (0,) * len(kernel)
    elif padding == "same":
        refuse_unless(all(d * (k - 1) % 2 == 0 for k, d in zip(kernel, dilation, strict=True)), "same padding")
        padding = kept
    pad = "half" if tuple(padding) == kept else size(padding)
    channels, groups = a["out_channels"], a["groups"]
    found: dict[str, object] = {"channels": channels, "kernel": size(kernel), "stride": size(a["stride"]), "pad": pad}
    rest = {"dilation": size(dilation), "bias": a["bias"], "pad_mode": a["padding_mode"]}
    depthwise = groups > 1 and groups == a["in_channels"]
    return "Conv", {**found, "groups": groups, **rest, DEPTHWISE: channels // groups if depthwise else 0}


@_layer("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
def conv_transpose(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """A transposed convolution."""
    names = ("kernel", "kernel_size"), ("stride", "stride"), ("pad", "padding"), ("output_pad", "output_padding")
    found = {name: size(a[attribute]) for name, attribute in names}
    more = {"groups": a["groups"], "dilation": size(a["dilation"]), "bias": a["bias"]}
    return "ConvTranspose", {"channels": a["out_channels"], **found, **more}


@_layer("Linear")
def linear(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Fully connected on a vector, else over the last axis."""
    return "FC" if len(dims) == 1 else "Linear", {"width": a["out_features"], "bias": a["bias"]}


# -- normalisation ----------------------------------------------------------------------------------------------------


@_layer("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm")
def batch_norm(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """With statistics that are kept."""
    refuse_unless(bool(a["track_running_stats"]), "a batch normalisation without statistics")
    refuse_unless(a["momentum"] is not None, "a batch normalisation with a cumulative average")
    return "BN", {"eps": a["eps"], "momentum": a["momentum"], "affine": a["affine"]}


@_layer("GroupNorm")
def group_norm(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Over groups of channels."""
    return "GN", {"groups": a["num_groups"], "eps": a["eps"], "affine": a["affine"]}


@_layer("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d")
def instance_norm(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Without statistics that are kept."""
    refuse_unless(not a["track_running_stats"], "an instance normalisation with statistics")
    return "InstanceNorm", {"eps": a["eps"], "affine": a["affine"]}


def _normalised(a: Attributes, dims: Dims, what: str) -> str:
    """The argument `over` for the axes that torch counts from the last."""
    shape = tuple(a["normalized_shape"])
    refuse_unless(shape in (dims, dims[-1:]), f"{what} over {shape}")
    return "all" if shape == dims else "last"


@_layer("LayerNorm")
def layer_norm(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Over all numbers of a sample, or over the last axis."""
    over = _normalised(a, dims, "a layer normalisation")
    refuse_unless(not a["elementwise_affine"] or bool(a["bias"]), "a layer normalisation without a bias")
    return "LN", {"eps": a["eps"], "affine": a["elementwise_affine"], "over": over}


@_layer("RMSNorm")
def rms_norm(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Over all numbers of a sample, or over the last axis."""
    over = _normalised(a, dims, "a normalisation")
    return "RMSNorm", {"eps": a["eps"], "affine": a["elementwise_affine"], "over": over}


@_layer("LocalResponseNorm")
def response_norm(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Torch divides `alpha` by the size; archc does not."""
    alpha = float(f"{a['alpha'] / a['size']:.12g}")
    return "Norm", {"size": a["size"], "alpha": alpha, "beta": a["beta"], "k": a["k"]}


# -- poolings and shapes ----------------------------------------------------------------------------------------------


@_layer("MaxPool1d", "MaxPool2d", "MaxPool3d")
def max_pool(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Max pooling."""
    refuse_unless(not a["return_indices"], "the indices of a max pooling")
    return "MPool", {**_window(a), "ceil": a["ceil_mode"], "dilation": size(a["dilation"])}


@_layer("AvgPool1d", "AvgPool2d", "AvgPool3d")
def average_pool(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Average pooling; global average pooling for a window as large as the image."""
    refuse_unless(a.get("divisor_override") is None, "an average with another divisor")
    return "APool", {**_window(a), "ceil": a["ceil_mode"], "count_pad": a["count_include_pad"]}


@_layer("LPPool1d", "LPPool2d", "LPPool3d")
def power_pool(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Power pooling."""
    kernel = size(a["kernel_size"])
    stride = None if a["stride"] is None else size(a["stride"])
    window = {"kernel": kernel, "stride": None if stride == kernel else stride}
    return "LPPool", {**window, "p": float(a["norm_type"]), "ceil": a["ceil_mode"]}


def _window(a: Attributes) -> dict[str, object]:
    kernel, stride = size(a["kernel_size"]), size(a["stride"])
    return {"kernel": kernel, "stride": None if stride == kernel else stride, "pad": size(a["padding"])}


@_layer("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d")
def adaptive_average(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """To a size; to one number, the global one."""
    return _adaptive("GAPool", "AdaptiveAPool", a["output_size"], dims)


@_layer("AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d")
def adaptive_max(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """To a size; to one number, the global one."""
    refuse_unless(not a["return_indices"], "the indices of a max pooling")
    return _adaptive("GMPool", "AdaptiveMPool", a["output_size"], dims)


def _adaptive(whole: str, op: str, wanted: object, dims: Dims) -> tuple[str, dict[str, object]]:
    wanted = (wanted,) * (len(dims) - 1) if wanted is None or isinstance(wanted, int) else wanted
    assert isinstance(wanted, tuple)
    sizes = tuple(n if w is None else w for w, n in zip(wanted, dims[1:], strict=True))
    return (whole, {}) if set(sizes) == {1} else (op, {"size": size(sizes)})


@_layer("BlurPool2d")
def blur_pool(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """Timm's pooling after a binomial filter."""
    refuse_unless(a["pad_mode"] == "reflect" and a["filt_size"] % 2 == 1, "a BlurPool of an even size or with zeros")
    return "BlurPool", {"kernel": a["filt_size"], "stride": a["stride"]}


@_layer("BlurPool")
def own_blur_pool(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """The class that archc emits for `BlurPool`."""
    before, behind, *_ = a["padding"]
    return "BlurPool", {"kernel": before + behind + 1, "stride": a["stride"]}


@_layer("Flatten")
def flatten(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """All of a sample."""
    whole = a["start_dim"] == 1 and a["end_dim"] in (-1, len(dims))
    refuse_unless(whole, "a flattening of some axes")
    return "Flatten", {}


@_layer("Unflatten")
def unflatten(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """One axis of a sample in several."""
    refuse_unless(isinstance(a["dim"], int) and a["dim"] != 0, "an unflattening of the batch")
    axis = a["dim"] - 1 if a["dim"] > 0 else len(dims) + a["dim"]
    parts = list(a["unflattened_size"])
    if -1 in parts:
        parts[parts.index(-1)] = dims[axis] // -prod(parts)
    return "Reshape", {"shape": (*dims[:axis], *parts, *dims[axis + 1 :])}


@_layer("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")
def upsample(a: Attributes, dims: Dims) -> tuple[str, dict[str, object]]:
    """By a whole factor, or to a size."""
    if not a.get("recompute_scale_factor") and a["size"] is None:
        factors = a["scale_factor"] if isinstance(a["scale_factor"], tuple) else (a["scale_factor"],) * (len(dims) - 1)
        refuse_unless(all(f == int(f) for f in factors), f"an image {a['scale_factor']} times as large")
        goal: dict[str, object] = {"scale": size(tuple(int(f) for f in factors))}
    elif a["size"] is not None:
        goal = {"size": size(a["size"])}
    else:
        raise NoCounterpart("a scale that is computed again")
    return "Upsample", {**goal, "mode": a["mode"], "align": bool(a["align_corners"])}


RULES: Mapping[str, Rule] = MappingProxyType(_RULES)
