"""The layers of `docs/layers.md`: arguments, shapes, weights, multiply-accumulates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log2, prod
from typing import Any

from tests.reference.tree import Invalid
from tests.reference.values import Layer, Shape, Size

Values = Mapping[str, Any]
REQUIRED = object()
HALF = "half"

ALIASES = {
    "Apool": "APool", "AvgPool": "APool", "AdaptiveAvgPool": "AdaptiveAPool", "BatchNorm": "BN",
    "GlobalAPool": "GAPool", "GlobalAvgPool": "GAPool", "GroupNorm": "GN", "Hardsigmoid": "HSigmoid",
    "Hardswish": "HSwish", "LayerNorm": "LN", "Pool": "MPool", "Mpool": "MPool", "MaxPool": "MPool",
    "GlobalMPool": "GMPool", "GlobalMaxPool": "GMPool", "AdaptiveMaxPool": "AdaptiveMPool",
    "LRN": "Norm", "Softmax": "SM", "SoftMax": "SM", "ChannelShuffle": "Shuffle", "Swish": "SiLU",
    "Deconv": "ConvTranspose",
}  # fmt: skip

SIGNATURES: dict[str, dict[str, Any]] = {
    "APool": {"kernel": 2, "stride": None, "pad": 0, "ceil": False, "count_pad": True},
    "AdaptiveAPool": {"size": REQUIRED},
    "Add": {}, "Sub": {}, "Div": {}, "Neg": {}, "Arithmetic": {"sign": REQUIRED, "number": REQUIRED, "first": False},
    "Affine": {"scale": REQUIRED, "shift": REQUIRED},
    "BN": {"eps": 1e-05, "momentum": 0.1, "affine": True},
    "Chunk": {"n": REQUIRED},
    "Concat": {"over": "channels"},
    "Conv": {
        "channels": REQUIRED, "kernel": 3, "stride": 1, "pad": HALF, "groups": 1, "dilation": 1, "bias": True,
        "table": None, "pad_mode": "zeros",
    },
    "ScaledStdConv": {
        "channels": REQUIRED, "kernel": 3, "stride": 1, "pad": HALF, "groups": 1, "dilation": 1, "bias": True,
        "gain": True, "gamma": 1.0, "eps": 1e-6,
    },
    "ConvTranspose": {
        "channels": REQUIRED, "kernel": 2, "stride": 2, "pad": 0, "output_pad": 0, "groups": 1, "dilation": 1,
        "bias": True,
    },
    "DWConv": {
        "kernel": 3, "stride": 1, "pad": HALF, "multiplier": 1, "dilation": 1, "bias": True, "pad_mode": "zeros",
    },
    "Dropout": {"p": 0.5},
    "FC": {"width": REQUIRED, "act": None, "bias": True},
    "Flatten": {}, "GAPool": {}, "GELU": {"approximate": "none"},
    "GN": {"groups": 32, "eps": 1e-05, "affine": True},
    "HSigmoid": {}, "HSwish": {}, "Identity": {},
    "AdaptiveMPool": {"size": REQUIRED}, "BlurPool": {"kernel": 3, "stride": 2}, "CELU": {"alpha": 1.0},
    "Dropout2d": {"p": 0.5}, "ELU": {"alpha": 1.0}, "GLU": {"over": "channels"}, "GMPool": {},
    "InstanceNorm": {"eps": 1e-05, "affine": False}, "LeakyReLU": {"slope": 0.01},
    "LPPool": {"kernel": 2, "stride": None, "p": 2.0, "ceil": False}, "LogSoftmax": {"over": "channels"}, "Mish": {},
    "PReLU": {"shared": True, "init": 0.25}, "PixelShuffle": {"scale": 2}, "PixelUnshuffle": {"scale": 2},
    "RMSNorm": {"eps": None, "affine": True, "over": "all"}, "SELU": {}, "Softplus": {"beta": 1.0},
    "LN": {"eps": 1e-05, "affine": True, "over": "all"},
    "Linear": {"width": REQUIRED, "bias": True},
    "MPool": {"kernel": 2, "stride": None, "pad": 0, "ceil": False, "dilation": 1},
    "Mul": {}, "MatMul": {"transpose": False},
    "Norm": {"size": 5, "alpha": 0.0001, "beta": 0.75, "k": 2.0},
    "Pad": {"pad": REQUIRED, "pad_mode": "zeros"}, "PadChannels": {"channels": REQUIRED, "before": 0},
    "ReLU": {}, "ReLU6": {}, "SM": {"over": "channels"},
    "Shuffle": {"groups": REQUIRED},
    "SiLU": {}, "Sigmoid": {},
    "Slice": {"start": REQUIRED, "stop": None, "step": 1, "axis": 0},
    "Split": {"sizes": REQUIRED},
    "StochasticDepth": {"p": REQUIRED, "mode": "row"},
    "Tanh": {"scale": 1.0, "slope": 1.0},
    "Upsample": {"scale": 2, "mode": "nearest", "align": False, "size": None},
    "Attention": {"heads": REQUIRED, "bias": True}, "Crop": {"size": REQUIRED}, "FromTokens": {"size": REQUIRED},
    "Param": {"shape": REQUIRED, "init": 0.0, "std": 0.0}, "Permute": {"order": REQUIRED}, "Positions": {"std": 0.0},
    "Reshape": {"shape": REQUIRED}, "Scale": {"init": 1.0, "over": "channels"}, "Tokens": {},
    "Roll": {"shift": REQUIRED}, "Windows": {"size": REQUIRED, "spread": False, "channels": "first"},
    "FromWindows": {"spread": False, "channels": "first"},
    "WindowAttention": {
        "heads": REQUIRED, "shift": 0, "scale": None, "bias": True, "flat": True, "names": ["qkv", "proj"],
    },
    "CosineWindowAttention": {"heads": REQUIRED, "shift": 0, "bias": True, "hidden": 512},
    "Subsample": {"kernel": 2, "stride": None}, "RBF": {"width": REQUIRED},
}  # fmt: skip

WEIGHTED = (
    "Conv", "ScaledStdConv", "ConvTranspose", "DWConv", "BN", "GN", "InstanceNorm", "LN", "RMSNorm", "PReLU", "FC",
    "Linear", "Attention", "WindowAttention", "CosineWindowAttention", "Param", "Positions", "Scale",
    "Subsample", "RBF",
)  # fmt: skip
"""Layers with weights: without a label, one is named by its kind and a number."""

SEVERAL = ("Add", "Sub", "Concat", "Mul", "Div", "MatMul")
"""Layers that read all the tensors that come in."""


@dataclass(frozen=True)
class Weight:
    name: str
    shape: Shape
    trained: bool = True
    fixed: tuple[float, ...] = ()
    """The numbers of a buffer that follow from its shape."""


def canonical(name: str) -> str | None:
    """The layer with this name or alias, if any."""
    name = ALIASES.get(name, name)
    return name if name in SIGNATURES else None


def sized(size: Any, axes: int) -> tuple[int, ...]:
    """The sizes of all axes, from one number, `AxB` or `[a, b]`."""
    if isinstance(size, Size) and len(size.dims) == axes:
        return size.dims
    if isinstance(size, int) and not isinstance(size, bool):
        return (size,) * axes
    if isinstance(size, list) and len(size) == axes:
        return tuple(size)
    raise Invalid(f"no size of {axes} axes: {size}")


def pair(size: Any) -> tuple[int, int]:
    """The height and width of an image."""
    rows, columns = sized(size, 2)
    return rows, columns


def whole(found: Any, least: int = 1) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or found < least:
        raise Invalid(f"a whole number of at least {least} expected, not {found}")
    return found


def shapes(kind: str, a: Values, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The output shapes, without the batch axis."""
    if kind == "Attention":
        return (_attended(a, inputs),)
    if kind in SEVERAL:
        if a.get("over") == "last":
            return (_behind(inputs),)
        if kind == "MatMul":
            return (_matrices(a, inputs),)
        return (_merged(kind, inputs),)
    if len(inputs) != 1:
        raise Invalid(f"{kind} takes one tensor")
    (x,) = inputs
    if kind in SHAPES:
        out = SHAPES[kind](a, x)
        return out if isinstance(out[0], tuple) else (out,)
    return (x,)


def _matrices(a: Values, inputs: tuple[Shape, ...]) -> Shape:
    if len(inputs) != 2 or len(inputs[0]) != len(inputs[1]) or len(inputs[0]) < 2:
        raise Invalid(f"{inputs} as matrices")
    one, (*around, k, m) = inputs
    k, m = (m, k) if a["transpose"] else (k, m)
    if one[:-2] != tuple(around) or one[-1] != k:
        raise Invalid(f"{inputs} as matrices")
    return (*one[:-1], m)


def _behind(inputs: tuple[Shape, ...]) -> Shape:
    first = inputs[0]
    if any(x[:-1] != first[:-1] for x in inputs):
        raise Invalid(f"cannot concatenate {inputs}")
    return (*first[:-1], sum(x[-1] for x in inputs))


def _merged(kind: str, inputs: tuple[Shape, ...]) -> Shape:
    first = inputs[0]
    if kind in ("Sub", "Div") and len(inputs) != 2:
        raise Invalid(f"{kind} takes two tensors")
    if kind in ("Add", "Sub"):
        if any(x != first for x in inputs):
            raise Invalid(f"cannot add {inputs}")
        return first
    if any(len(x) != len(first) for x in inputs):
        raise Invalid(f"cannot merge {inputs}")
    if kind == "Concat":
        if any(x[1:] != first[1:] for x in inputs):
            raise Invalid(f"cannot concatenate {inputs}")
        return (sum(x[0] for x in inputs), *first[1:])
    out = tuple(max(sizes) for sizes in zip(*inputs, strict=True))
    if any(size not in (1, most) for x in inputs for size, most in zip(x, out, strict=True)):
        raise Invalid(f"cannot multiply {inputs}")
    return out


def window(a: Values, x: Shape) -> tuple[tuple[int, ...], ...]:
    """The kernel, stride, padding and dilation of a convolution or pooling, a number per axis."""
    axes = len(_spatial(x)) - 1
    kernel, dilation = sized(a["kernel"], axes), sized(a.get("dilation", 1), axes)
    stride = kernel if a["stride"] is None else sized(a["stride"], axes)
    half = tuple(d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True))
    pad = half if a["pad"] == HALF else sized(a["pad"], axes)
    if min(*kernel, *stride, *dilation) < 1 or min(pad) < 0:
        raise Invalid("a kernel, stride or dilation of nothing")
    return kernel, stride, pad, dilation


def sides(a: Values, x: Shape) -> tuple[tuple[int, int], ...]:
    """The padding before and after each axis."""
    axes = len(x) - 1
    kernel, stride, dilation = (sized(a.get(n) or d, axes) for n, d in (("kernel", 1), ("stride", a["kernel"]),
                                                                        ("dilation", 1)))  # fmt: skip
    if a["pad"] == "same":
        totals = [max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
                  for n, k, s, d in zip(x[1:], kernel, stride, dilation, strict=True)]  # fmt: skip
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(a["pad"], tuple | list):
        told = [(whole(before, 0), whole(behind, 0)) for before, behind in a["pad"]]
        if len(told) not in (1, axes):
            raise Invalid(f"{len(told)} sides of {axes} axes")
        return tuple(told * axes if len(told) == 1 else told)
    return tuple((p, p) for p in window(a, x)[2])


def _padded_as_told(a: Values, x: Shape) -> None:
    """Reject a padding that takes more numbers from the image than it has."""
    mode = a["pad_mode"]
    if mode != "zeros" and a["pad"] == "same":
        raise Invalid("TensorFlow pads with zeros")
    for n, side in zip(x[1:], sides(a, x), strict=True):
        if (mode == "reflect" and max(side) >= n) or (mode == "circular" and max(side) > n):
            raise Invalid(f"{max(side)} of {n} are to be repeated")


def _slid(a: Values, x: Shape) -> tuple[int, ...]:
    """The output sizes of a sliding window."""
    kernel, stride, pad, dilation = window(a, x)
    found = []
    for n, k, s, p, d in zip(x[1:], kernel, stride, pad, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        if room < 0:
            raise Invalid(f"a kernel of {k} does not fit into {n}")
        size = room // s + 1
        if a.get("ceil"):
            size = -(-room // s) + 1
            if (size - 1) * s >= n + p:
                size -= 1
        found.append(size)
    return tuple(found)


def _pooled(a: Values, x: Shape) -> Shape:
    kernel, _, pad, _ = window(a, x)
    if any(2 * p > k for p, k in zip(pad, kernel, strict=True)):
        raise Invalid("a padding of more than half a window")
    if len(x) == 4 and "dilation" not in a and any(k > n for k, n in zip(kernel, x[1:], strict=True)):
        raise Invalid("an average of a volume that the kernel does not fit into by itself")
    return (x[0], *_slid(a, x))


def _conv(a: Values, x: Shape) -> Shape:
    channels, groups = whole(a["channels"]), whole(a["groups"])
    if len(x) not in (2, 3, 4) or x[0] % groups or channels % groups or a["table"] is not None:
        raise Invalid(f"{groups} groups of {x} to {channels}")
    return (channels, *_slid_unevenly(a, x))


def _standardised(a: Values, x: Shape) -> Shape:
    out = _conv({**a, "table": None, "pad_mode": "zeros"}, x)
    if prod(weights("Conv", a, x)[0].shape[1:]) == 1:
        raise Invalid("a filter of one weight")
    return out


def _dwconv(a: Values, x: Shape) -> Shape:
    return (x[0] * whole(a["multiplier"]), *_slid_unevenly(a, x))


def _slid_unevenly(a: Values, x: Shape) -> tuple[int, ...]:
    """The output sizes of a convolution, whose padding may differ between the two sides of an axis."""
    _padded_as_told(a, _spatial(x))
    kernel, stride, dilation = (sized(a[n], len(x) - 1) for n in ("kernel", "stride", "dilation"))
    found = []
    for n, k, s, d, side in zip(x[1:], kernel, stride, dilation, sides(a, x), strict=True):
        room = n + sum(side) - d * (k - 1) - 1
        if room < 0:
            raise Invalid(f"a kernel of {k} does not fit into {n}")
        found.append(room // s + 1)
    return tuple(found)


def _spatial(x: Shape) -> Shape:
    if len(x) not in (2, 3, 4):
        raise Invalid(f"a signal, an image or a volume expected, not {x}")
    return x


def _pointwise(a: Values, x: Shape) -> Shape:
    return (x[0], *(1 for _ in _spatial(x)[1:]))


def _image(x: Shape) -> Shape:
    if len(x) != 3:
        raise Invalid(f"an image expected, not {x}")
    return x


def _affine(a: Values, x: Shape) -> Shape:
    if any(isinstance(a[k], list | tuple) and len(a[k]) != x[0] for k in ("scale", "shift")):
        raise Invalid("a number for each channel")
    return _image(x)


def _chunk(a: Values, x: Shape) -> tuple[Shape, ...]:
    n = whole(a["n"])
    if x[0] % n:
        raise Invalid(f"{x[0]} channels in {n}")
    return ((x[0] // n, *x[1:]),) * n


def _split(a: Values, x: Shape) -> tuple[Shape, ...]:
    sizes = [whole(size) for size in a["sizes"]]
    if sum(sizes) != x[0]:
        raise Invalid(f"{x[0]} channels as {sizes}")
    return tuple((size, *x[1:]) for size in sizes)


def _slice(a: Values, x: Shape) -> Shape:
    start, axis = whole(a["start"], 0), whole(a["axis"], 0)
    if axis >= len(x):
        raise Invalid(f"no axis {axis} of {x}")
    stop = x[axis] if a["stop"] is None else whole(a["stop"])
    if not start < stop <= x[axis]:
        raise Invalid(f"places {start} to {stop} of {x[axis]}")
    return (*x[:axis], len(range(start, stop, whole(a["step"]))), *x[axis + 1 :])


def _shuffle(a: Values, x: Shape) -> Shape:
    if _image(x)[0] % whole(a["groups"]):
        raise Invalid("channels that do not divide")
    return x


def _grouped(a: Values, x: Shape) -> Shape:
    if x[0] % whole(a["groups"]):
        raise Invalid("channels that do not divide")
    return x


def _padded(a: Values, x: Shape) -> Shape:
    if whole(a["channels"]) < x[0] + whole(a["before"], 0):
        raise Invalid("fewer channels than come in")
    return (a["channels"], *x[1:])


def margins(a: Values) -> tuple[tuple[int, int], ...]:
    """The margins that `Pad` adds before and after the rows and the columns."""
    pad = a["pad"]
    if isinstance(pad, list) and pad and isinstance(pad[0], list):
        told = [(before, behind) for before, behind in pad]
        return tuple(told * 2 if len(told) == 1 else told)
    return tuple((n, n) for n in pair(pad))


def _framed(a: Values, x: Shape) -> Shape:
    c, h, w = _image(x)
    (top, bottom), (left, right) = margins(a)
    least = min(top, bottom, left, right)
    for n, side in ((h, max(top, bottom)), (w, max(left, right))):
        if (a["pad_mode"] == "reflect" and side >= n) or (a["pad_mode"] == "circular" and side > n):
            raise Invalid(f"{side} of {n} are to be repeated")
    if (least < 0 and a["pad_mode"] != "zeros") or min(h + top + bottom, w + left + right) < 1:
        raise Invalid("nothing is left")
    return c, h + top + bottom, w + left + right


def _upsampled(a: Values, x: Shape) -> Shape:
    axes = len(_spatial(x)) - 1
    if a["mode"] not in ("nearest", "nearest-exact", {1: "linear", 2: "bilinear", 3: "trilinear"}[axes]) and not (
        a["mode"] == "bicubic" and axes == 2
    ):
        raise Invalid(f"{a['mode']} of {axes} axes")
    if a["size"] is not None:
        return (x[0], *sized(a["size"], axes))
    return (x[0], *(n * s for n, s in zip(x[1:], sized(a["scale"], axes), strict=True)))


def made_for(kind: str, a: Values, x: Shape) -> tuple[int, ...]:
    """The properties that fix torch's module in addition to its weights; a vector uses the module of a signal."""
    match kind:
        case "BN":
            return (max(2, len(x)),)
        case "InstanceNorm" | "PadChannels":
            return len(x), x[0]
        case "GAPool" | "GMPool" | "Dropout2d":
            return (len(x),)
        case "GN":
            return (x[0],)
        case "LN" | "RMSNorm":
            return {"all": x, "last": x[-1:], "channels": x[:1]}[a["over"]]
        case "Arithmetic" if isinstance(a["number"], (list, tuple)):
            return (len(x),)
        case _:
            return ()


def _normalised(a: Values, x: Shape) -> Shape:
    if len(x) > 4:
        raise Invalid("more axes than a volume has")
    return x


def _instances(a: Values, x: Shape) -> Shape:
    if prod(_spatial(x)[1:]) == 1:
        raise Invalid("one number per channel")
    return x


def _gated(a: Values, x: Shape) -> Shape:
    if x[0 if a["over"] == "channels" else -1] % 2:
        raise Invalid("an odd number of channels")
    return (x[0] // 2, *x[1:]) if a["over"] == "channels" else (*x[:-1], x[-1] // 2)


def _shuffled(a: Values, x: Shape) -> Shape:
    c, h, w = _image(x)
    scale = whole(a["scale"])
    if c % scale**2:
        raise Invalid("channels that do not divide")
    return c // scale**2, h * scale, w * scale


def _unshuffled(a: Values, x: Shape) -> Shape:
    c, h, w = _image(x)
    scale = whole(a["scale"])
    if h % scale or w % scale:
        raise Invalid("rows that do not divide")
    return c * scale**2, h // scale, w // scale


def _blurred(a: Values, x: Shape) -> Shape:
    c, h, w = _image(x)
    if whole(a["kernel"]) // 2 >= min(h, w):
        raise Invalid("more than there is to reflect")
    return c, -(-h // whole(a["stride"])), -(-w // a["stride"])


def _transposed(a: Values, x: Shape) -> Shape:
    kernel, stride, pad, dilation = window(a, x)
    more, channels = sized(a["output_pad"], len(x) - 1), whole(a["channels"])
    if (
        x[0] % a["groups"]
        or channels % a["groups"]
        or any(m >= max(t) for m, *t in zip(more, stride, dilation, strict=True))
    ):
        raise Invalid("a transposed convolution that cannot be")
    sizes = ((n - 1) * s - 2 * p + d * (k - 1) + m + 1
             for n, k, s, p, d, m in zip(x[1:], kernel, stride, pad, dilation, more, strict=True))  # fmt: skip
    return (channels, *map(whole, sizes))


def _fc(a: Values, x: Shape) -> Shape:
    if len(x) != 1:
        raise Invalid("a vector expected")
    return (whole(a["width"]),)


def _permuted(a: Values, x: Shape) -> Shape:
    if sorted(a["order"]) != list(range(len(x))):
        raise Invalid(f"{a['order']} of the axes of {x}")
    return tuple(x[i] for i in a["order"])


def _reshaped(a: Values, x: Shape) -> Shape:
    if prod(a["shape"]) != prod(x):
        raise Invalid(f"{x} as {a['shape']}")
    return tuple(a["shape"])


def _tokens(a: Values, x: Shape) -> Shape:
    c, h, w = _image(x)
    return h * w, c


def _from_tokens(a: Values, x: Shape) -> Shape:
    h, w = pair(a["size"])
    if len(x) != 2 or h * w != x[0]:
        raise Invalid(f"{x} as an image of {h}x{w}")
    return x[1], h, w


def _cropped(a: Values, x: Shape) -> Shape:
    size = sized(a["size"], len(_spatial(x)) - 1)
    if any(s > n for s, n in zip(size, x[1:], strict=True)):
        raise Invalid(f"{size} of {x}")
    return (x[0], *size)


def _attended(a: Values, inputs: tuple[Shape, ...]) -> Shape:
    """The output shape of attention: queries from the first tensor, keys and values from the others."""
    x, seen = inputs[0], inputs[1:]
    if len(inputs) > 3 or any(len(i) != 2 for i in inputs) or x[1] % whole(a["heads"]):
        raise Invalid(f"{a['heads']} heads on {inputs}")
    if len({i[0] for i in seen}) > 1:
        raise Invalid(f"keys and values of {seen}")
    return x


def _rolled(a: Values, x: Shape) -> Shape:
    if len(a["shift"]) != len(x):
        raise Invalid(f"{a['shift']} for the axes of {x}")
    return x


def _in_windows(a: Values, x: Shape) -> Shape:
    rows, columns = pair(a["size"])
    h, w, c = _image(x) if a["channels"] == "last" else (*_image(x)[1:], x[0])
    if h % rows or w % columns:
        raise Invalid(f"windows of {a['size']} in {x}")
    return h // rows, w // columns, rows, columns, c


def _from_windows(a: Values, x: Shape) -> Shape:
    if len(x) != 5:
        raise Invalid(f"windows expected, not {x}")
    h, w = x[0] * x[2], x[1] * x[3]
    return (h, w, x[4]) if a["channels"] == "last" else (x[4], h, w)


def _attended_in_windows(a: Values, x: Shape) -> Shape:
    if len(x) != 5 or x[4] % whole(a["heads"]):
        raise Invalid(f"{a['heads']} heads on {x}")
    if any(s >= n for s, n in zip(pair(a["shift"]), x[2:4], strict=True)):
        raise Invalid(f"a shift of {a['shift']} in {x}")
    return x


def _of_windows(kind: str, a: Values, x: Shape) -> list[Weight]:
    """The weights of attention within windows."""
    h, w, c = x[2:]
    n, heads, cosine = h * w, a["heads"], kind == "CosineWindowAttention"
    shape = (n * n,) if cosine or a["flat"] else (n, n)
    index = Weight("relative_position_index", shape, trained=False, fixed=positions(h, w))
    first, last = ("qkv", "proj") if cosine else a["names"]
    linear = [Weight(f"{first}.weight", (3 * c, c)), Weight(f"{first}.bias", (3 * c,)),
              Weight(f"{last}.weight", (c, c)), Weight(f"{last}.bias", (c,))]  # fmt: skip
    linear = [weight for weight in linear if a["bias"] or not weight.name.endswith("bias")]
    if not cosine:
        return [Weight("relative_position_bias_table", ((2 * h - 1) * (2 * w - 1), heads)), index, *linear]
    table = (1, 2 * h - 1, 2 * w - 1, 2)
    perceptron = [Weight("cpb_mlp.0.weight", (a["hidden"], 2)), Weight("cpb_mlp.0.bias", (a["hidden"],)),
                  Weight("cpb_mlp.2.weight", (heads, a["hidden"]))]  # fmt: skip
    return [Weight("logit_scale", (heads, 1, 1)),
            Weight("relative_coords_table", table, trained=False, fixed=coordinates(h, w)),
            index, *linear, *perceptron]  # fmt: skip


def positions(h: int, w: int) -> tuple[int, ...]:
    """The index of the relative position of each pair of positions in a window."""
    places = [(i, j) for i in range(h) for j in range(w)]
    return tuple((i - k + h - 1) * (2 * w - 1) + j - m + w - 1 for i, j in places for k, m in places)


def coordinates(h: int, w: int) -> tuple[float, ...]:
    """The relative positions in a window, as logarithms of the distances down and across."""

    def logarithm(far: int, most: int) -> float:
        scaled = 8 * far / max(most, 1)
        return (1 if scaled > 0 else -1) * log2(abs(scaled) + 1) / 3

    ways = [(i, j) for i in range(1 - h, h) for j in range(1 - w, w)]
    return tuple(n for i, j in ways for n in (logarithm(i, h - 1), logarithm(j, w - 1)))


def _with_number(a: Values, x: Shape) -> Shape:
    number = a["number"]
    if isinstance(number, list | tuple) and len(number) not in (1, x[0]):
        raise Invalid(f"{len(number)} numbers for {x[0]} channels")
    if a["sign"] == "/" and not a["first"] and number == 0:
        raise Invalid("a division by zero")
    return x


SHAPES: dict[str, Callable[[Values, Shape], Shape | tuple[Shape, ...]]] = {
    "BN": _normalised,
    "APool": _pooled, "MPool": _pooled, "AdaptiveAPool": lambda a, x: (_spatial(x)[0], *sized(a["size"], len(x) - 1)),
    "AdaptiveMPool": lambda a, x: (_spatial(x)[0], *sized(a["size"], len(x) - 1)), "BlurPool": _blurred, "GLU": _gated,
    "GMPool": _pointwise, "InstanceNorm": _instances, "Dropout2d": lambda a, x: _spatial(x),
    "LPPool": lambda a, x: _pooled({**a, "pad": 0}, x), "Subsample": lambda a, x: _pooled({**a, "pad": 0}, _image(x)),
    "RBF": _fc, "PixelShuffle": _shuffled, "PixelUnshuffle": _unshuffled,
    "Roll": _rolled, "Windows": _in_windows, "FromWindows": _from_windows,
    "WindowAttention": _attended_in_windows, "CosineWindowAttention": _attended_in_windows,
    "Arithmetic": _with_number, "ScaledStdConv": _standardised,
    "Affine": _affine, "Chunk": _chunk, "Conv": _conv, "ConvTranspose": _transposed, "DWConv": _dwconv, "FC": _fc,
    "Flatten": lambda a, x: (prod(x),), "GAPool": _pointwise, "GN": _grouped,
    "Linear": lambda a, x: (*x[:-1], whole(a["width"])), "Norm": lambda a, x: _image(x), "PadChannels": _padded,
    "Pad": _framed,
    "Crop": _cropped, "FromTokens": _from_tokens, "Permute": _permuted, "Reshape": _reshaped,
    "Param": lambda a, x: tuple(whole(n) for n in a["shape"]), "Tokens": _tokens,
    "Shuffle": _shuffle, "Slice": _slice, "Split": _split, "Upsample": _upsampled,
}  # fmt: skip


def weights(kind: str, a: Values, x: Shape, *others: Shape) -> list[Weight]:
    """The entries of a layer in the state dict, in order; `others` are its inputs besides `x`."""
    if kind in ("Conv", "DWConv"):
        out = whole(a["channels"]) if kind == "Conv" else x[0] * a["multiplier"]
        groups = a["groups"] if kind == "Conv" else x[0]
        found = [Weight("weight", (out, x[0] // groups, *sized(a["kernel"], len(x) - 1)))]
        return [*found, Weight("bias", (out,))] if a["bias"] else found
    if kind == "ScaledStdConv":
        gain = [Weight("gain", (a["channels"], *(1 for _ in x)))] if a["gain"] else []
        return [*weights("Conv", a, x), *gain]
    if kind == "ConvTranspose":
        found = [Weight("weight", (x[0], a["channels"] // a["groups"], *sized(a["kernel"], len(x) - 1)))]
        return [*found, Weight("bias", (a["channels"],))] if a["bias"] else found
    if kind in ("FC", "Linear"):
        found = [Weight("weight", (a["width"], x[-1]))]
        return [*found, Weight("bias", (a["width"],))] if a["bias"] else found
    if kind == "Param":
        return [Weight("", (1, *a["shape"]))]
    if kind == "Positions":
        return [Weight("", (1, *x))]
    if kind == "Scale":
        return [Weight("", {"all": (), "last": x[-1:], "channels": (x[0], *(1,) * (len(x) - 1))}[a["over"]])]
    if kind == "Attention":
        c, biases = x[1], a["bias"]
        keys, values = _seen(x, *others)
        apart = zip("qkv", (c, keys[1], values[1]), strict=True)
        found = [Weight("in_proj_weight", (3 * c, c))] if keys[1] == values[1] == c else [
            Weight(f"{letter}_proj_weight", (c, width)) for letter, width in apart
        ]  # fmt: skip
        found += [Weight("in_proj_bias", (3 * c,)), Weight("out_proj.weight", (c, c)), Weight("out_proj.bias", (c,))]
        return [w for w in found if biases or "bias" not in w.name]
    if kind in ("WindowAttention", "CosineWindowAttention"):
        return _of_windows(kind, a, x)
    if kind == "Subsample":
        return [Weight("weight", x[:1]), Weight("bias", x[:1])]
    if kind == "RBF":
        return [Weight("weight", (a["width"], x[0]), trained=False)]
    if kind == "PReLU":
        return [Weight("weight", (1,) if a["shared"] else x[:1])]
    if kind == "RMSNorm":
        return [Weight("weight", _normal(a, x))] if a["affine"] else []
    if kind in ("BN", "GN", "InstanceNorm", "LN"):
        size = _normal(a, x) if kind == "LN" else x[:1]
        found = [Weight("weight", size), Weight("bias", size)] if a["affine"] else []
        if kind == "BN":
            found += [Weight(n, size, trained=False) for n in ("running_mean", "running_var")]
            found.append(Weight("num_batches_tracked", (), trained=False))
        return found
    return []


def _normal(a: Values, x: Shape) -> Shape:
    return {"all": x, "last": x[-1:], "channels": x[:1]}[a["over"]]


def _seen(x: Shape, *others: Shape) -> tuple[Shape, Shape]:
    """The sources of keys and values: with one tensor that itself, with two the second, with three one each."""
    return (others[0], others[-1]) if others else (x, x)


def macs(kind: str, a: Values, x: Shape, out: Shape, *others: Shape) -> int:
    """The multiply-accumulates of convolutions and matrix products for one sample."""
    if kind in ("Conv", "DWConv", "ScaledStdConv"):
        return prod(weights(kind, a, x)[0].shape[1:]) * prod(out)
    if kind == "ConvTranspose":
        return prod(weights(kind, a, x)[0].shape[1:]) * prod(x)
    if kind in ("FC", "Linear"):
        return x[-1] * prod(out)
    if kind == "Attention":
        (n, c), ((m, d), (_, e)) = x, _seen(x, *others)
        return 2 * n * c * c + m * d * c + m * e * c + 2 * n * m * c
    if kind == "MatMul":
        return x[-1] * prod(out)
    if kind in ("WindowAttention", "CosineWindowAttention"):
        windows, places, c = x[0] * x[1], x[2] * x[3], x[4]
        positions = (2 * x[2] - 1) * (2 * x[3] - 1) * a["hidden"] * (2 + a["heads"]) if "hidden" in a else 0
        return windows * (4 * places * c**2 + 2 * places**2 * c) + positions
    return a["kernel"] ** 2 * prod(out) if kind == "BlurPool" else 0


def signature(kind: str, defaults: Values) -> dict[str, Any]:
    """The parameters of a layer with their defaults."""
    return {**SIGNATURES[kind], **defaults}


def completed(kind: str, given: Values, defaults: Values) -> dict[str, Any]:
    """All arguments of a layer, defaults included."""
    found = {**signature(kind, defaults), **given}
    missing = [name for name, argument in found.items() if argument is REQUIRED]
    if missing:
        raise Invalid(f"{kind} needs {missing[0]}")
    if isinstance(found.get("act"), Layer) and found["act"].kind in WEIGHTED:
        raise Invalid("an activation with weights")
    return found
