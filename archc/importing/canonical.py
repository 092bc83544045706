"""A recording in terms of archc's ops: calls are translated, patterns of calls replaced, and no-ops removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from archc.importing.activations import activated
from archc.importing.arrange import pads
from archc.importing.batches import batch_first
from archc.importing.functions import EXPANSIONS, called
from archc.importing.layers import rule_of
from archc.importing.normalised import written_norms
from archc.importing.patterns import grown, outward, simplified
from archc.importing.products import transposed
from archc.importing.recording import CallEvent, OwnedWeight, RecordedModule, Recording
from archc.importing.regrouped import regrouped
from archc.importing.steps import Dims, LiveTensors, NoCounterpart, OpStep, made
from archc.importing.weighted import unbiased
from archc.importing.windows import ATTENTIVE, WINDOWED, windowed, written
from archc.support.record import Record, replace

_PADS = {
    "ZeroPad": "constant", "ConstantPad": "constant", "ReflectionPad": "reflect", "ReplicationPad": "replicate",
    "CircularPad": "circular",
}  # fmt: skip
"""The prefixes of the names of padding layers, and the corresponding modes of `F.pad`."""


_WEIGHTS = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


class CanonicalRun(Record):
    """The steps of a run, the tensors that it returns, and the shapes of all."""

    steps: tuple[OpStep, ...]
    outputs: tuple[int, ...]
    shapes: Mapping[int, Dims]


def canonical(recording: Recording) -> CanonicalRun:
    """The steps of a run, including unchanged ones without a counterpart."""
    recording = batch_first(recording)
    tensors = LiveTensors(recording.shapes, recording.loose)
    norms = written_norms(recording)
    steps = [
        step
        for i, event in enumerate(recording.events)
        for step in (norms[i] if i in norms else _steps(event, recording, tensors))
    ]
    same: dict[int, int] = {}
    steps = list(_without_nothings(_without_expansions(steps), recording, same))
    outputs = tuple(same.get(n, n) for n in recording.outputs)
    steps = simplified(activated(steps, outputs), outputs, tensors.shapes)
    steps = regrouped(transposed(steps, outputs), outputs, tensors)
    steps = grown(outward(steps, recording))
    steps = list(_without_nothings(steps, recording, same))
    outputs = tuple(same.get(n, n) for n in outputs)
    return CanonicalRun(tuple(steps), outputs, tensors.shapes)


def _steps(event: CallEvent, recording: Recording, tensors: LiveTensors) -> tuple[OpStep, ...]:
    try:
        if event.module is None:
            around = recording.modules.get(recording.runs[event.run].path)
            steps = called(event, tensors)
            return tuple(_as_given(step, around) for step in steps) if around is not None else steps
        return _layer(event, recording, tensors)
    except NoCounterpart as what:
        return (made(f"?{what}", event, path=event.module or ""),)
    except (KeyError, ValueError, AssertionError, TypeError, IndexError):
        return (made(f"?{event.function}", event, path=event.module or ""),)


def _as_given(step: OpStep, around: RecordedModule) -> OpStep:
    """A step with exact numbers: those of the enclosing module in place of values computed from them.

    `1 - (1 - p)` is not exactly `p`.
    """
    if not any(isinstance(v, float) for v in step.arguments.values()):
        return step
    own = (*around.arguments.values(), *around.attributes.values())
    given = {f"{v:.12g}": v for v in own if isinstance(v, float)}
    exact = {n: given.get(f"{v:.12g}", v) for n, v in step.arguments.items() if isinstance(v, float)}
    return replace(step, arguments={**step.arguments, **exact})


def _layer(event: CallEvent, recording: Recording, tensors: LiveTensors) -> tuple[OpStep, ...]:
    module = recording.modules[event.module or ""]
    if module.kind == "MultiheadAttention":
        return _attention(event, recording, tensors)
    if module.kind in WINDOWED:
        return windowed(event, module, tensors)
    if module.kind.startswith(ATTENTIVE[1:]):
        return written(event, module, tensors)
    if module.kind in ("SelfAttention", "CrossAttention"):  # the classes that archc writes for it
        given = {"heads": module.attributes["num_heads"], "bias": "in_proj_bias" in module.weights}
        return _reading(event.reads(), tensors, made("Attention", event, given, event.module or ""))
    mode = next((mode for start, mode in _PADS.items() if module.kind.startswith(start)), None)
    if mode is not None:
        sides: Any = module.attributes["padding"]
        pad = sides if isinstance(sides, tuple) else (sides,) * 2 * int(module.kind[-2])
        padded = pads(event, tensors, pad, mode, module.attributes.get("value", 0), f"nn.{module.kind}")
        return tuple(replace(step, path=event.module or "") for step in padded)
    if not event.reads():
        raise NoCounterpart(f"nn.{module.kind} of the result of a hook")
    if module.kind.startswith("Parametrized"):
        raise NoCounterpart(f"nn.{module.kind.removeprefix('Parametrized')} with a weight that is computed")
    if strange := [w for w in module.weights if w not in _WEIGHTS]:
        raise NoCounterpart(f"nn.{module.kind} with the weights {', '.join(strange)}")
    if module.kind == "LayerNorm" and module.weights == ("weight",):
        weight = OwnedWeight(f"{module.path}.weight", tuple(tensors[event.reads()[0]][-1:]))
        return unbiased(event, module.attributes, weight, tensors)
    rule = rule_of(module.kind)
    if rule is None or len(event.reads()) != 1:
        raise NoCounterpart(f"nn.{module.kind}")
    attributes = {**module.attributes, "bias": "bias" in module.weights}
    if module.kind == "PReLU":
        attributes["init"] = module.attributes.get("init", 0.25)
    kind, arguments = rule(attributes, tensors[event.reads()[0]])
    step = made(kind, event, arguments, event.module or "")
    return (replace(step, stateful=bool(module.weights)),)


def _attention(event: CallEvent, recording: Recording, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """`nn.MultiheadAttention` of a list of tokens to itself or to another."""
    module = recording.modules[event.module or ""]
    a, reads = module.attributes, event.reads()
    masks = {k: v for k, v in event.keywords.items() if k not in ("query", "key", "value", "need_weights")}
    plain = a["batch_first"] and not a["dropout"] and not a["add_zero_attn"] and "bias_k" not in module.weights
    if len(reads) != 3 or not plain or any(v is not None for v in masks.values()):
        raise NoCounterpart("nn.MultiheadAttention with a mask or dropout, or without batch_first")
    given = {"heads": a["num_heads"], "bias": "in_proj_bias" in module.weights}
    step = made("Attention", event, given, event.module or "")
    distinct = 3 if reads[1] != reads[2] else 2 if reads[0] != reads[1] else 1
    return _reading(reads[:distinct], tensors, replace(step, outputs=event.outputs[:1]))


def _reading(inputs: tuple[int, ...], tensors: LiveTensors, step: OpStep) -> tuple[OpStep, ...]:
    """A layer that reads these tensors; several are first put side by side by a `Beside`."""
    if len(inputs) == 1:
        return (replace(step, inputs=inputs),)
    together = tensors.new(tensors[inputs[0]])
    beside = OpStep("Beside", {}, inputs, (together,), "", False, step.run, step.line)
    return beside, replace(step, inputs=(together,))


def _without_expansions(steps: Sequence[OpStep]) -> list[OpStep]:
    """Remove expansions of a tensor before a product, which broadcasts it."""
    readers: dict[int, list[OpStep]] = {}
    for step in steps:
        for number in step.inputs:
            readers.setdefault(number, []).append(step)
    return [
        replace(step, kind="Identity")
        if step.kind.rpartition(".")[2] in EXPANSIONS
        and all(reader.kind == "Mul" for reader in readers.get(step.outputs[0], ()))
        else step
        for step in steps
    ]


def _without_nothings(steps: Iterable[OpStep], recording: Recording, same: dict[int, int]) -> Iterator[OpStep]:
    """Remove no-ops, unless they are children of a module that runs its children in order.

    `same` receives the tensors that equal others, by number.
    """
    for step in steps:
        inputs = tuple(same.get(n, n) for n in step.inputs)
        parent = recording.modules.get(step.path.rpartition(".")[0]) if step.path else None
        if step.kind == "Identity" and not step.stateful and not (parent is not None and parent.in_order and step.path):
            same[step.outputs[0]] = inputs[0]
        else:
            yield step if inputs == step.inputs else replace(step, inputs=inputs)
