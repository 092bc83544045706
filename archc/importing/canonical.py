"""A recording in the words of archc's ops: each call by its rule, then patterns of calls, then what is nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from archc.importing.functions import EXPANSIONS, called, made
from archc.importing.layers import Dims, rule_of
from archc.importing.recording import CallEvent, Recording
from archc.importing.steps import NoCounterpart, OpStep
from archc.support.record import Record, replace


class CanonicalRun(Record):
    """The steps of a run, and the tensors that it returns."""

    steps: tuple[OpStep, ...]
    outputs: tuple[int, ...]


def canonical(recording: Recording) -> CanonicalRun:
    """The steps of a run. Those without a counterpart are there too, as they are."""
    steps = [_step(event, recording) for event in recording.events]
    same: dict[int, int] = {}
    steps = _without_expansions(steps)
    kept = _shuffles(_without_nothings(steps, recording, same), recording.shapes)
    return CanonicalRun(tuple(kept), tuple(same.get(n, n) for n in recording.outputs))


def _step(event: CallEvent, recording: Recording) -> OpStep:
    try:
        if event.module is None:
            return called(event, recording.shapes, recording.batch)
        return _layer(event, recording)
    except NoCounterpart as what:
        return made(f"?{what}", event, path=event.module or "")
    except (KeyError, ValueError, AssertionError, TypeError):
        return made(f"?{event.function}", event, path=event.module or "")


def _layer(event: CallEvent, recording: Recording) -> OpStep:
    module = recording.modules[event.module or ""]
    rule = rule_of(module.kind)
    if rule is None or len(event.reads()) != 1:
        raise NoCounterpart(f"nn.{module.kind}")
    attributes = {**module.attributes, "bias": "bias" in module.weights}
    if module.kind == "PReLU":
        attributes["init"] = module.attributes.get("init", 0.25)
    kind, arguments = rule(attributes, recording.shapes[event.reads()[0]])
    step = made(kind, event, arguments, event.module or "")
    return replace(step, stateful=bool(module.weights))


# -- patterns ---------------------------------------------------------------------------------------------------------


def _shuffles(steps: Iterable[OpStep], shapes: Mapping[int, Dims]) -> list[OpStep]:
    """`view(b, g, c // g, h, w)`, `transpose(1, 2)`, `view(b, c, h, w)` is a channel shuffle of g groups."""
    found: list[OpStep] = []
    for step in steps:
        trail = found[-2:]
        if step.kind == "?reshape" and len(trail) == 2 and _is_shuffle(trail, step, shapes):
            groups = shapes[trail[0].outputs[0]][0]
            start = trail[0].inputs
            found[-2:] = [replace(step, kind="Shuffle", arguments={"groups": groups}, inputs=start)]
        else:
            found.append(step)
    return found


def _without_expansions(steps: Sequence[OpStep]) -> list[OpStep]:
    """Before a product, what repeats a tensor is nothing: the product does."""
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


def _is_shuffle(trail: list[OpStep], last: OpStep, shapes: Mapping[int, Dims]) -> bool:
    first, swap = trail
    chained = first.outputs == swap.inputs and swap.outputs == last.inputs
    if not chained or first.kind != "?reshape" or "transpose" not in swap.kind:
        return False
    image, split, swapped = shapes[first.inputs[0]], shapes[first.outputs[0]], shapes[swap.outputs[0]]
    return len(split) == 4 and split[2:] == image[1:] and swapped == (split[1], split[0], *split[2:])


def _without_nothings(steps: Iterable[OpStep], recording: Recording, same: dict[int, int]) -> Iterator[OpStep]:
    """Leave out what does nothing, unless it is a child of a module that runs its children in order.

    `same` becomes the tensors that are others, by number.
    """
    for step in steps:
        inputs = tuple(same.get(n, n) for n in step.inputs)
        parent = recording.modules.get(step.path.rpartition(".")[0]) if step.path else None
        if step.kind == "Identity" and not step.stateful and not (parent is not None and parent.in_order and step.path):
            same[step.outputs[0]] = inputs[0]
        else:
            yield replace(step, inputs=inputs)
