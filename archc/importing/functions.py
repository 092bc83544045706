"""Torch's functions in archc: each is treated as the equivalent layer of `torch.nn`.

The arguments of a function become the attributes of that layer, so that one rule (`layers`) covers both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from archc.importing import arithmetic, arrange, products
from archc.importing.layers import rule_of
from archc.importing.recording import CallEvent, Live, OwnedWeight, Recording
from archc.importing.steps import CallSteps, Dims, ListValue, LiveTensors, NoCounterpart, OpStep, made, refuse_unless
from archc.importing.weighted import WEIGHTED, weighted
from archc.support.record import replace


class CallSignature(NamedTuple):
    """The layer equivalent to a function, the function's arguments after the input, and their defaults."""

    layer: str
    names: tuple[str, ...] = ()
    usual: Mapping[str, object] = {}


def _by_axes(
    name: str, layer: str, names: tuple[str, ...], usual: Mapping[str, object] | None = None
) -> dict[str, CallSignature]:
    """The signatures of a function for signals, images and volumes."""
    return {f"{name}{axes}d": CallSignature(f"{layer}{axes}d", names, usual or {}) for axes in (1, 2, 3)}


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
    **_by_axes("dropout", "Dropout", ("p",), {"p": 0.5}),
    **_by_axes(
        "max_pool",
        "MaxPool",
        (*_POOL, "dilation", "ceil_mode", "return_indices"),
        {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False, "return_indices": False},
    ),
    **_by_axes(
        "avg_pool",
        "AvgPool",
        (*_POOL, "ceil_mode", "count_include_pad", "divisor_override"),
        {"stride": None, "padding": 0, "ceil_mode": False, "count_include_pad": True},
    ),
    **_by_axes(
        "lp_pool",
        "LPPool",
        ("norm_type", "kernel_size", "stride", "ceil_mode"),
        {"stride": None, "ceil_mode": False},
    ),
    **_by_axes("adaptive_avg_pool", "AdaptiveAvgPool", ("output_size",)),
    **_by_axes("adaptive_max_pool", "AdaptiveMaxPool", ("output_size", "return_indices"), {"return_indices": False}),
    "interpolate": CallSignature(
        "Upsample",
        ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor"),
        {"size": None, "scale_factor": None, "mode": "nearest", "align_corners": None},
    ),
    "pixel_shuffle": CallSignature("PixelShuffle", ("upscale_factor",)),
    "pixel_unshuffle": CallSignature("PixelUnshuffle", ("downscale_factor",)),
    "glu": CallSignature("GLU", ("dim",), {"dim": -1}),
    "local_response_norm": CallSignature(
        "LocalResponseNorm", ("size", "alpha", "beta", "k"), {"alpha": 1e-4, "beta": 0.75, "k": 1.0}
    ),
}
_ALIASES = {"max_pool2d_with_indices": "max_pool2d", "upsample": "interpolate", "boolean_dispatch": "max_pool2d"}
EXPANSIONS = frozenset({"expand", "expand_as", "broadcast_to"})
"""These only repeat a tensor, which a product does itself."""
Route = Callable[[CallEvent, LiveTensors], tuple[OpStep, ...]]


def called(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A call of a function as steps. Raises `NoCounterpart`."""
    refuse_unless(not tensors.loose & {*event.reads(), *event.outputs}, "a tensor whose first axis is not the batch")
    name = event.function.rpartition(".")[2]
    name = _ALIASES.get(name, name)
    if name in WEIGHTED:
        return weighted(name, event, tensors)
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


def _expanded(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    return (made("?" + event.function, replace(event, arguments=event.arguments[:1], keywords={})),)


def _softmax(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    given = dict(zip(("input", "dim"), event.arguments, strict=False)) | dict(event.keywords)
    rank = len(tensors[event.reads()[0]])
    axis = arrange.axis_of(given.get("dim"), rank + 1)
    kind = "LogSoftmax" if event.function.rpartition(".")[2].startswith("log") else "SM"
    if axis == rank - 1 > 0:
        return (made(kind, event, {"over": "last"}),)
    return arrange.along(event, tensors, axis, kind)


def _clipped(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """Numbers limited to a range, if a layer has that range."""
    name = event.function.rpartition(".")[2]
    names = {"clamp_min": ("input", "min"), "clamp_min_": ("input", "min")}.get(name, ("input", "min", "max"))
    given = dict(zip(names, event.arguments, strict=False)) | dict(event.keywords)
    sides = given.get("min"), given.get("max")
    refuse_unless(sides in ((0, None), (0, 6)), f"a {name} to {sides[0]} and {sides[1]}")
    return (made("ReLU" if sides[1] is None else "ReLU6", event),)


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


def _concat(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A concatenation, including learned tensors such as a class token."""
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


# -- which function is which ------------------------------------------------------------------------------------------

_ROUTES: Mapping[str, Route] = {
    name: route
    for names, route in (
        ("add add_ __add__ __iadd__ __radd__", partial(arithmetic.calculated, "+")),
        ("mul mul_ multiply __mul__ __imul__ __rmul__", partial(arithmetic.calculated, "*")),
        ("sub sub_ subtract __sub__ __isub__", partial(arithmetic.calculated, "-")),
        ("div div_ divide true_divide __truediv__ __itruediv__", partial(arithmetic.calculated, "/")),
        ("__rsub__ rsub", partial(arithmetic.calculated_from, "-")),
        ("__rtruediv__ __rdiv__", partial(arithmetic.calculated_from, "/")),
        ("neg neg_ negative __neg__", arithmetic.opposite),
        ("abs abs_ absolute __abs__", arithmetic.absolute),
        ("square square_ pow pow_ __pow__", arithmetic.squared),
        ("clamp clamp_ clip clip_ clamp_min clamp_min_", _clipped),
        ("cat concat concatenate", _concat),
        ("stack", _stacked),
        ("view reshape flatten squeeze unsqueeze contiguous clone unflatten view_as reshape_as", arrange.reshaped),
        ("to float detach data type_as", arrange.reshaped),
        ("permute transpose swapaxes swapdims movedim moveaxis mT", arrange.permuted),
        ("roll", arrange.rolled),
        ("matmul bmm __matmul__", products.multiplied),
        ("einsum", products.summed),
        ("scaled_dot_product_attention", products.attended),
        ("mean sum amax max", arrange.reduced),
        ("chunk split tensor_split unbind", arrange.parts),
        ("__getitem__", arrange.sliced),
        ("pad", arrange.padded),
        ("softmax log_softmax", _softmax),
        (" ".join(EXPANSIONS), _expanded),
    )
    for name in names.split()
}


def always_random(evaluation: Recording) -> tuple[tuple[str, str], ...]:
    """The calls of dropout that are random in evaluation, too, which a layer never is."""
    found: dict[tuple[str, str], None] = {}
    for event in evaluation.events:
        name = event.function.rpartition(".")[2]
        given = dict(zip(("input", "p", "training"), event.arguments, strict=False)) | dict(event.keywords)
        if event.module is None and "dropout" in name and given.get("training", True) and given.get("p", 0.5):
            found[f"F.{name} that is random in evaluation, too (without `training=self.training`)", event.line] = None
    return tuple(found)
