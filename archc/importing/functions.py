"""What torch's functions are in archc: each in the words of the layer of `torch.nn` that does the same.

A function's arguments become the attributes of that layer, so that one rule (`layers`) holds for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archc.importing.layers import Dims, rule_of
from archc.importing.recording import CallEvent, Computed, Live, OwnedWeight
from archc.importing.steps import NoCounterpart, OpStep, refuse_unless
from archc.support.record import replace


class CallSignature(NamedTuple):
    """The layer that a function is, its arguments in order behind the input, and what they are if not given."""

    layer: str
    names: tuple[str, ...] = ()
    usual: Mapping[str, object] = {}


_POOL = ("kernel_size", "stride", "padding")
_ACTIVATIONS = {
    "relu": "ReLU", "relu_": "ReLU", "relu6": "ReLU6", "silu": "SiLU", "hardswish": "Hardswish", "mish": "Mish",
    "hardsigmoid": "Hardsigmoid", "sigmoid": "Sigmoid", "sigmoid_": "Sigmoid", "tanh": "Tanh", "selu": "SELU",
}  # fmt: skip
_SIGNATURES: dict[str, CallSignature] = {
    **{name: CallSignature(layer) for name, layer in _ACTIVATIONS.items()},
    "leaky_relu": CallSignature("LeakyReLU", ("negative_slope",), {"negative_slope": 0.01}),
    "elu": CallSignature("ELU", ("alpha",), {"alpha": 1.0}),
    "gelu": CallSignature("GELU", ("approximate",), {"approximate": "none"}),
    "softmax": CallSignature("Softmax", ("dim",)),
    "log_softmax": CallSignature("LogSoftmax", ("dim",)),
    "softplus": CallSignature("Softplus", ("beta", "threshold"), {"beta": 1.0, "threshold": 20}),
    "celu": CallSignature("CELU", ("alpha",), {"alpha": 1.0}),
    "dropout": CallSignature("Dropout", ("p",), {"p": 0.5}),
    "dropout2d": CallSignature("Dropout2d", ("p",), {"p": 0.5}),
    "max_pool2d": CallSignature(
        "MaxPool2d",
        (*_POOL, "dilation", "ceil_mode", "return_indices"),
        {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False, "return_indices": False},
    ),
    "avg_pool2d": CallSignature(
        "AvgPool2d",
        (*_POOL, "ceil_mode", "count_include_pad", "divisor_override"),
        {"stride": None, "padding": 0, "ceil_mode": False, "count_include_pad": True},
    ),
    "adaptive_avg_pool2d": CallSignature("AdaptiveAvgPool2d", ("output_size",)),
    "adaptive_max_pool2d": CallSignature(
        "AdaptiveMaxPool2d", ("output_size", "return_indices"), {"return_indices": False}
    ),
    "interpolate": CallSignature(
        "Upsample",
        ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor"),
        {"size": None, "scale_factor": None, "mode": "nearest", "align_corners": None},
    ),
    "pixel_shuffle": CallSignature("PixelShuffle", ("upscale_factor",)),
    "glu": CallSignature("GLU", ("dim",), {"dim": -1}),
    "local_response_norm": CallSignature(
        "LocalResponseNorm", ("size", "alpha", "beta", "k"), {"alpha": 1e-4, "beta": 0.75, "k": 1.0}
    ),
}
_ALIASES = {"max_pool2d_with_indices": "max_pool2d", "upsample": "interpolate", "boolean_dispatch": "max_pool2d"}
_SUMS = frozenset({"add", "add_", "__add__", "__iadd__", "__radd__"})
_PRODUCTS = frozenset({"mul", "mul_", "multiply", "__mul__", "__imul__", "__rmul__"})
_RESHAPES = frozenset({"view", "reshape", "flatten", "squeeze", "unsqueeze", "contiguous", "clone", "unflatten"})
EXPANSIONS = frozenset({"expand", "expand_as", "broadcast_to"})
"""Of these only what is repeated matters: a product does it by itself."""
_WITH_WEIGHTS: dict[str, tuple[str, tuple[str, ...], Mapping[str, object]]] = {
    "batch_norm": (
        "BatchNorm2d",
        ("running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"),
        {"momentum": 0.1, "eps": 1e-5},
    ),
    "linear": ("Linear", ("weight", "bias"), {}),
    "conv2d": (
        "Conv2d",
        ("weight", "bias", "stride", "padding", "dilation", "groups"),
        {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    ),
    "layer_norm": ("LayerNorm", ("normalized_shape", "weight", "bias", "eps"), {"eps": 1e-5}),
}


def called(event: CallEvent, shapes: Mapping[int, Dims], batch: int) -> OpStep:
    """A call of a function as a step. Raises `NoCounterpart`."""
    name = event.function.rpartition(".")[2]
    name = _ALIASES.get(name, name)
    if name in _SUMS or name in _PRODUCTS:
        return _merge("Add" if name in _SUMS else "Mul", event)
    if name in ("cat", "concat", "concatenate"):
        return _concat(event, shapes)
    if name in _RESHAPES:
        return _reshaped(event, shapes)
    if name == "mean":
        return _mean(event, shapes)
    if name in ("chunk", "split", "tensor_split"):
        return _parts(name, event, shapes)
    if name == "__getitem__":
        return _sliced(event, shapes)
    if name in EXPANSIONS:
        return made("?" + event.function, replace(event, arguments=event.arguments[:1], keywords={}))
    if name in _WITH_WEIGHTS:
        return _with_weights(name, event, shapes)
    if (signature := _SIGNATURES.get(name)) is not None:
        return _as_layer(signature, event, shapes)
    raise NoCounterpart(event.function.replace("torch.nn.functional", "F"))


def _as_layer(signature: CallSignature, event: CallEvent, shapes: Mapping[int, Dims]) -> OpStep:
    rule = rule_of(signature.layer)
    assert rule is not None
    given = dict(zip(("input", *signature.names), event.arguments, strict=False))
    given |= {name: value for name, value in event.keywords.items() if name in ("input", *signature.names)}
    attributes = {**signature.usual, **given}
    if "stride" in signature.names and attributes["stride"] is None:
        attributes["stride"] = attributes["kernel_size"]
    (number,) = event.reads()
    kind, arguments = rule(attributes, shapes[number])
    return made(kind, event, arguments)


def made(kind: str, event: CallEvent, arguments: Mapping[str, object] | None = None, path: str = "") -> OpStep:
    """A step of an event."""
    return OpStep(kind, arguments or {}, event.reads(), event.outputs, path, bool(path), event.run, event.line)


def _merge(kind: str, event: CallEvent) -> OpStep:
    operands = event.arguments[:2]
    refuse_unless(event.keywords.get("alpha", 1) == 1, "a weighted sum")
    if not all(isinstance(v, Live) for v in operands):
        other = next(v for v in operands if not isinstance(v, Live))
        if other == (0 if kind == "Add" else 1):
            return made("Identity", event)
        what = "weight" if isinstance(other, OwnedWeight) else "tensor" if isinstance(other, Computed) else "number"
        verb = "a sum with" if kind == "Add" else "a product with"
        raise NoCounterpart(f"{verb} a {what}")
    return made(kind, event)


def _concat(event: CallEvent, shapes: Mapping[int, Dims]) -> OpStep:
    axis = event.keywords.get("dim", event.keywords.get("axis", (*event.arguments[1:], 0)[0]))
    parts = event.arguments[0] if event.arguments else event.keywords["tensors"]
    assert isinstance(parts, tuple)
    refuse_unless(all(isinstance(p, Live) for p in parts), "a concatenation with a constant")
    axes = len(shapes[event.outputs[0]]) + 1
    refuse_unless(axis in (1, 1 - axes), f"a concatenation along axis {axis}")
    return made("Identity" if len(parts) == 1 else "Concat", event)


def _reshaped(event: CallEvent, shapes: Mapping[int, Dims]) -> OpStep:
    """Only the shapes decide: the same one is nothing at all, one axis is a flattening."""
    before, after = shapes[event.reads()[0]], shapes[event.outputs[0]]
    if before == after:
        return made("Identity", event)
    return made("Flatten" if len(after) == 1 else "?reshape", event)


def _mean(event: CallEvent, shapes: Mapping[int, Dims]) -> OpStep:
    axes = event.keywords.get("dim", (*event.arguments[1:], None)[0])
    axes = (axes,) if isinstance(axes, int) else axes
    rank = len(shapes[event.reads()[0]]) + 1
    if axes is None or not isinstance(axes, tuple) or sorted(a % rank for a in axes) != list(range(2, rank)):
        raise NoCounterpart(f"a mean over {'all axes' if axes is None else axes}")
    return made("GAPool" if len(shapes[event.outputs[0]]) > 1 else "GAPool+Flatten", event)


def _parts(name: str, event: CallEvent, shapes: Mapping[int, Dims]) -> OpStep:
    word = {"chunk": "chunks", "split": "split_size_or_sections"}.get(name, "indices_or_sections")
    given = dict(zip(("input", word, "dim"), event.arguments, strict=False)) | dict(event.keywords)
    whole = shapes[event.reads()[0]]
    refuse_unless(given.get("dim", 0) in (1, -len(whole)), f"a {name} along axis {given.get('dim', 0)}")
    sizes = tuple(shapes[n][0] for n in event.outputs)
    if len(set(sizes)) == 1:
        return made("Chunk", event, {"n": len(sizes)})
    return made("Split", event, {"sizes": sizes})


def _sliced(event: CallEvent, shapes: Mapping[int, Dims]) -> OpStep:
    before, after = shapes[event.reads()[0]], shapes[event.outputs[0]]
    index = event.arguments[1]
    index = index if isinstance(index, tuple) and index[:1] != ("slice",) else (index,)
    if before == after:
        return made("Identity", event)
    if len(after) == 1 and before[0] == after[0] and set(before[1:]) == {1}:
        return made("Flatten", event)
    everything = ("slice", None, None, None)
    channels = index[1] if len(index) > 1 else None
    fits = index[0] == everything and all(i in (everything, Ellipsis) for i in index[2:])
    if fits and isinstance(channels, tuple) and channels[:1] == ("slice",) and channels[3] in (None, 1):
        start = (channels[1] or 0) % (before[0] + 1)
        return made(
            "Slice", event, {"start": start, "stop": None if start + after[0] == before[0] else start + after[0]}
        )
    raise NoCounterpart("an index into a tensor")


def _with_weights(name: str, event: CallEvent, shapes: Mapping[int, Dims]) -> OpStep:
    """A function on weights that a module holds: the layer, named as their owner."""
    layer, names, usual = _WITH_WEIGHTS[name]
    given = {**usual, **dict(zip(("input", *names), event.arguments, strict=False)), **event.keywords}
    weight, bias = given.get("weight"), given.get("bias")
    if not isinstance(weight, OwnedWeight) or not weight.key.endswith("weight") or not weight.owner:
        raise NoCounterpart(f"F.{name} with a weight that is computed")
    refuse_unless(bias is None or (isinstance(bias, OwnedWeight) and bias.owner == weight.owner), f"F.{name}'s bias")
    attributes = {**given, "bias": bias is not None, **_of_weight(name, weight.shape, given)}
    rule = rule_of(layer)
    assert rule is not None
    kind, arguments = rule(attributes, shapes[event.reads()[0]])
    return made(kind, event, arguments, weight.owner)


def _of_weight(name: str, shape: Dims, given: Mapping[str, object]) -> dict[str, object]:
    """What the layer has as attributes and the function as the shape of its weight."""
    if name == "linear":
        return {"out_features": shape[0]}
    if name == "batch_norm":
        return {"track_running_stats": isinstance(given["running_mean"], OwnedWeight), "affine": True}
    if name == "layer_norm":
        return {"elementwise_affine": True}
    groups = given["groups"]
    assert isinstance(groups, int)
    pairs = {n: (v, v) if isinstance(v := given[n], int) else v for n in ("stride", "padding", "dilation")}
    sizes = {"out_channels": shape[0], "in_channels": shape[1] * groups, "kernel_size": shape[2:]}
    return {**sizes, **pairs, "padding_mode": "zeros"}
