"""Functions on the weights of a module: `F.conv2d(x, self.weight)` becomes the layer, named after their owner."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose, prod
from typing import Any

from archc.importing.layers import DEPTHWISE, rule_of
from archc.importing.recording import CallEvent, Computed, OwnedWeight
from archc.importing.steps import CallSteps, Dims, LiveTensors, NoCounterpart, OpStep, made, refuse_unless
from archc.support.record import replace

WEIGHTED: dict[str, tuple[str, tuple[str, ...], Mapping[str, object]]] = {
    "batch_norm": (
        "BatchNorm2d",
        ("running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"),
        {"momentum": 0.1, "eps": 1e-5},
    ),
    "linear": ("Linear", ("weight", "bias"), {}),
    **{
        f"conv{axes}d": (
            f"Conv{axes}d",
            ("weight", "bias", "stride", "padding", "dilation", "groups"),
            {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
        )
        for axes in (1, 2, 3)
    },
    "layer_norm": ("LayerNorm", ("normalized_shape", "weight", "bias", "eps"), {"eps": 1e-5}),
    "rms_norm": ("RMSNorm", ("normalized_shape", "weight", "eps"), {"eps": None}),
    "group_norm": ("GroupNorm", ("num_groups", "weight", "bias", "eps"), {"eps": 1e-5}),
}
"""The layer equivalent to each function, the function's arguments after the input, and their defaults."""


_SHAPES = ("view", "view_as", "reshape", "reshape_as")


def weighted(name: str, event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A function on the weights of a module as a layer, named after their owner."""
    layer, names, usual = WEIGHTED[name]
    given = {**usual, **dict(zip(("input", *names), event.arguments, strict=False)), **event.keywords}
    weight, bias = given.get("weight"), given.get("bias")
    if name == "layer_norm" and bias is None and (weight is None or isinstance(weight, OwnedWeight)):
        return unbiased(event, given, weight, tensors)
    standard = _standardised(weight) if name.startswith("conv") else {}
    if standard:
        weight = standard.pop("weight")
    if not isinstance(weight, OwnedWeight) or weight.seen:
        raise NoCounterpart(f"F.{name} with a weight that is computed")
    refuse_unless(bool(weight.owner), f"F.{name} with a weight of the model itself, which is in no layer")
    named = weight.key == f"{weight.owner}.weight"
    refuse_unless(named, f"F.{name} with a weight that is `{weight.key}`, not a module's `weight`")
    refuse_unless(bias is None or (isinstance(bias, OwnedWeight) and bias.owner == weight.owner), f"F.{name}'s bias")
    attributes = {**given, "bias": bias is not None, **_of_weight(name, weight.shape, given)}
    rule = rule_of(layer)
    assert rule is not None
    kind, arguments = rule(attributes, tensors[event.reads()[0]])
    if standard:
        kind, arguments = "ScaledStdConv", {**arguments, **standard}
        del arguments["pad_mode"], arguments[DEPTHWISE]
    return (made(kind, event, arguments, weight.owner),)


def unbiased(
    event: CallEvent, given: Mapping[str, Any], weight: OwnedWeight | None, tensors: LiveTensors
) -> tuple[OpStep, ...]:
    """A layer normalisation with at most a weight: a normalisation without weights, and a scale."""
    line = CallSteps(event, tensors, event.reads()[0])
    rule = rule_of("LayerNorm")
    assert rule is not None
    kind, arguments = rule({**given, "elementwise_affine": False}, line.dims)
    line.add(kind, line.dims, "", **arguments)
    if weight is not None:
        plain = not weight.seen and weight.shape == line.dims[-1:] and len(given["normalized_shape"]) == 1
        refuse_unless(plain, "a layer normalisation without a bias over several axes")
        line.add("Scale", line.dims, weight.key, over="last" if len(line.dims) > 1 else "channels")
    return line.done()


def _standardised(found: object) -> dict[str, Any]:
    """The weight whose filters a batch normalisation standardises, with its settings."""
    while isinstance(found, Computed) and found.function in _SHAPES:
        found = found.arguments[0]
    if not isinstance(found, Computed) or found.function != "batch_norm":
        return {}
    given = dict(zip(("input", *WEIGHTED["batch_norm"][1]), found.arguments, strict=False)) | dict(found.keywords)
    weight, gain = given["input"], given.get("weight")
    filters = isinstance(weight, OwnedWeight) and weight.seen == (1, weight.shape[0], prod(weight.shape[1:]))
    statistics = [given.get(name) for name in ("running_mean", "running_var", "bias")]
    if not isinstance(weight, OwnedWeight) or not filters or any(s is not None for s in statistics):
        return {}
    how = {"weight": replace(weight, seen=None), "eps": given.get("eps", 1e-5)}
    if gain is None:
        return {**how, "gain": False, "gamma": 1.0}
    scale = _gain(gain, weight)
    return {} if scale is None else {**how, "gain": True, "gamma": _plain(scale * prod(weight.shape[1:]) ** 0.5)}


def _gain(found: object, weight: OwnedWeight) -> float | None:
    """The factor of a learned gain of the filters."""
    while isinstance(found, Computed) and found.function in _SHAPES:
        found = found.arguments[0]
    if not isinstance(found, Computed) or found.function not in ("mul", "__mul__", "__rmul__"):
        return None
    parts = found.arguments[:2]
    gain = next((p for p in parts if isinstance(p, OwnedWeight)), None)
    scale = next((p for p in parts if isinstance(p, int | float)), None)
    fits = gain is not None and gain.key == f"{weight.owner}.gain"
    return float(scale) if fits and scale is not None else None


def _plain(value: float) -> float:
    """A number without the rounding error of a square root."""
    short = float(f"{value:.6g}")
    return short if isclose(value, short, rel_tol=1e-12) else value


def _of_weight(name: str, shape: Dims, given: Mapping[str, object]) -> dict[str, object]:
    """The attributes of the layer that the function has in the shape of its weight."""
    if name == "linear":
        return {"out_features": shape[0]}
    if name == "batch_norm":
        return {"track_running_stats": isinstance(given["running_mean"], OwnedWeight), "affine": True}
    if name in ("layer_norm", "rms_norm", "group_norm"):
        return {"elementwise_affine": True, "affine": True}
    groups = given["groups"]
    assert isinstance(groups, int)
    axes = len(shape) - 2
    pairs = {n: (v,) * axes if isinstance(v := given[n], int) else v for n in ("stride", "padding", "dilation")}
    sizes = {"out_channels": shape[0], "in_channels": shape[1] * groups, "kernel_size": shape[2:]}
    return {**sizes, **pairs, "padding_mode": "zeros"}
