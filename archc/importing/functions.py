"""What torch's functions are in archc: each in the words of the layer of `torch.nn` that does the same.

A function's arguments become the attributes of that layer, so that one rule (`layers`) holds for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import prod
from typing import NamedTuple

from archc.importing import arrange
from archc.importing.layers import rule_of
from archc.importing.recording import CallEvent, Live, OwnedWeight
from archc.importing.steps import CallSteps, Dims, ListValue, LiveTensors, NoCounterpart, OpStep, refuse_unless
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
EXPANSIONS = frozenset({"expand", "expand_as", "broadcast_to"})
"""Of these only what is repeated matters: a product does it by itself."""
Route = Callable[[CallEvent, LiveTensors], tuple[OpStep, ...]]
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
    "conv1d": (
        "Conv1d",
        ("weight", "bias", "stride", "padding", "dilation", "groups"),
        {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    ),
    "layer_norm": ("LayerNorm", ("normalized_shape", "weight", "bias", "eps"), {"eps": 1e-5}),
    "group_norm": ("GroupNorm", ("num_groups", "weight", "bias", "eps"), {"eps": 1e-5}),
}


def called(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A call of a function as steps. Raises `NoCounterpart`."""
    refuse_unless(not tensors.loose & {*event.reads(), *event.outputs}, "a tensor without the batch as its first axis")
    name = event.function.rpartition(".")[2]
    name = _ALIASES.get(name, name)
    if name in _WITH_WEIGHTS:
        return (_with_weights(name, event, tensors.shapes),)
    if (route := _ROUTES.get(name)) is not None:
        return route(event, tensors)
    if (signature := _SIGNATURES.get(name)) is not None:
        return (_as_layer(signature, event, tensors.shapes),)
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


def _merge(kind: str, event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    operands = event.arguments[:2]
    refuse_unless(event.keywords.get("alpha", 1) == 1, "a weighted sum")
    if all(isinstance(v, Live) for v in operands):
        return (made(kind, event),)
    other = next(v for v in operands if not isinstance(v, Live))
    if isinstance(other, OwnedWeight):
        return _with_learned(kind, other, event, tensors)
    verb = "a sum with" if kind == "Add" else "a product with"
    refuse_unless(isinstance(other, int | float), f"{verb} a tensor")
    assert isinstance(other, int | float)
    return _affine(event, tensors, 1 if kind == "Add" else other, other if kind == "Add" else 0)


def _expanded(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    return (made("?" + event.function, replace(event, arguments=event.arguments[:1], keywords={})),)


def _less(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A difference, or a quotient with a number."""
    one, other = event.arguments[:2]
    minus = "sub" in event.function.rpartition(".")[2]
    if minus and isinstance(one, Live) and isinstance(other, Live) and tensors[one.number] == tensors[other.number]:
        line = CallSteps(event, tensors, other.number)
        _scaled(line, -1, 0)
        add = OpStep("Add", {}, (one.number, line.at), event.outputs, "", False, event.run, event.line)
        return (*line.steps, add)
    refuse_unless(isinstance(one, Live) and isinstance(other, int | float), "a difference" if minus else "a quotient")
    assert isinstance(other, int | float)
    return _affine(event, tensors, 1 if minus else 1 / other, -other if minus else 0)


def _negative(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    return _affine(event, tensors, -1, 0)


def _affine(event: CallEvent, tensors: LiveTensors, scale: float, shift: float) -> tuple[OpStep, ...]:
    """`scale * x + shift` with one number for all channels."""
    if (scale, shift) == (1, 0):
        return (made("Identity", event),)
    line = arrange.start(event, tensors)
    _scaled(line, scale, shift)
    return line.done()


def _scaled(line: CallSteps, scale: float, shift: float) -> None:
    """`Affine` is of an image."""
    dims = line.dims
    line.reshape((*dims[:2], *(1,) * (3 - len(dims)), *([prod(dims[2:])] if len(dims) > 2 else [])))
    count = dims[0]
    line.add("Affine", line.dims, scale=ListValue((scale,) * count), shift=ListValue((shift,) * count))
    line.reshape(dims)


def _softmax(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    given = dict(zip(("input", "dim"), event.arguments, strict=False)) | dict(event.keywords)
    axis = arrange.axis_of(given.get("dim"), len(tensors[event.reads()[0]]) + 1)
    kind = "LogSoftmax" if event.function.rpartition(".")[2].startswith("log") else "SM"
    return arrange.along(event, tensors, axis, kind)


def _stacked(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A concatenation along a new axis."""
    given = dict(zip(("tensors", "dim"), event.arguments, strict=False)) | dict(event.keywords)
    goal = tensors[event.outputs[0]]
    axis = arrange.axis_of(given.get("dim", 0), len(goal) + 1)
    lines = [CallSteps(event, tensors, number) for number in event.reads()]
    for line in lines:
        line.reshape((*goal[:axis], 1, *goal[axis + 1 :]))
    joined = replace(event, arguments=((), axis + 1), keywords={})
    steps = arrange.concatenated(joined, tensors, [line.at for line in lines])
    return (*(step for line in lines for step in line.steps), *steps)


# -- learned tensors --------------------------------------------------------------------------------------------------


def _with_learned(kind: str, weight: OwnedWeight, event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A product or a sum with a learned tensor: a scale, positions, or a tensor of its own."""
    line = arrange.start(event, tensors)
    dims, own, seen = line.dims, weight.shape, weight.seen or weight.shape
    if tensors[event.outputs[0]] != dims:
        raise NoCounterpart(f"a {'sum' if kind == 'Add' else 'product'} that repeats its input")
    if kind == "Mul" and (over := _over(seen, dims)) is not None:
        if own == seen and over in ("channels", "last", "all"):
            line.add("Scale", dims, weight.key, over=over)
            return line.done()
        if own in (dims[:1], ()) and over == "channels":  # a view of one number for each channel
            order = (*range(1, len(dims)), 0)
            line.permute(order)
            line.add("Scale", line.dims, weight.key, over="last" if own else "all")
            line.permute(arrange.inverse(order))
            return line.done()
    if kind == "Add" and own == seen == (1, *dims):
        line.add("Positions", dims, weight.key)
        return line.done()
    refuse_unless(
        kind == "Mul" and own == seen and own[:1] == (1,) and len(own) == len(dims) + 1,
        f"a {'sum' if kind == 'Add' else 'product'} with a weight",
    )
    line.add("Param", own[1:], weight.key, shape=ListValue(own[1:]))
    merged = OpStep("Mul", {}, (event.reads()[0], line.at), event.outputs, "", False, event.run, event.line)
    return (*line.steps, merged)


def _over(seen: Dims, dims: Dims) -> str | None:
    """What a factor of a shape is one for each of."""
    bare = seen[1:] if len(seen) == len(dims) + 1 and seen[0] == 1 else seen
    if all(n == 1 for n in bare) and (not bare or dims[0] != 1):
        return "all"
    if bare == (dims[0], *(1 for _ in dims[1:])):
        return "channels"
    return "last" if bare == dims[-1:] else None


def _concat(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """Also of learned tensors, such as a class token."""
    given = event.arguments[0] if event.arguments else event.keywords["tensors"]
    assert isinstance(given, tuple)
    before: list[OpStep] = []
    numbers: list[int] = []
    for part in given:
        if isinstance(part, Live):
            numbers.append(part.number)
            continue
        refuse_unless(isinstance(part, OwnedWeight), "a concatenation with a constant")
        assert isinstance(part, OwnedWeight)
        shape = (part.seen or part.shape)[1:]
        refuse_unless(part.shape == (1, *shape), "a concatenation with a weight")
        line = CallSteps(event, tensors, event.reads()[0])
        line.add("Param", shape, part.key, shape=ListValue(shape))
        before += line.steps
        numbers.append(line.at)
    return (*before, *arrange.concatenated(event, tensors, numbers))


def _with_weights(name: str, event: CallEvent, shapes: Mapping[int, Dims]) -> OpStep:
    """A function on weights that a module holds: the layer, named as their owner."""
    layer, names, usual = _WITH_WEIGHTS[name]
    given = {**usual, **dict(zip(("input", *names), event.arguments, strict=False)), **event.keywords}
    weight, bias = given.get("weight"), given.get("bias")
    if not isinstance(weight, OwnedWeight) or not weight.key.endswith("weight") or not weight.owner or weight.seen:
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
    if name in ("layer_norm", "group_norm"):
        return {"elementwise_affine": True, "affine": True}
    groups = given["groups"]
    assert isinstance(groups, int)
    axes = len(shape) - 2
    pairs = {n: (v,) * axes if isinstance(v := given[n], int) else v for n in ("stride", "padding", "dilation")}
    sizes = {"out_channels": shape[0], "in_channels": shape[1] * groups, "kernel_size": shape[2:]}
    return {**sizes, **pairs, "padding_mode": "zeros"}


# -- which function is which ------------------------------------------------------------------------------------------

_ROUTES: Mapping[str, Route] = {
    name: route
    for names, route in (
        ("add add_ __add__ __iadd__ __radd__", partial(_merge, "Add")),
        ("mul mul_ multiply __mul__ __imul__ __rmul__", partial(_merge, "Mul")),
        ("sub sub_ __sub__ __isub__ div div_ __truediv__ __itruediv__", _less),
        ("neg neg_ negative __neg__", _negative),
        ("cat concat concatenate", _concat),
        ("stack", _stacked),
        ("view reshape flatten squeeze unsqueeze contiguous clone unflatten view_as reshape_as", arrange.reshaped),
        ("to float detach type_as", arrange.reshaped),
        ("permute transpose swapaxes swapdims", arrange.permuted),
        ("mean sum amax", arrange.reduced),
        ("chunk split tensor_split unbind", arrange.parts),
        ("__getitem__", arrange.sliced),
        ("pad", arrange.padded),
        ("softmax log_softmax", _softmax),
        (" ".join(EXPANSIONS), _expanded),
    )
    for name in names.split()
}
