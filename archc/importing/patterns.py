"""Patterns of several steps that are one op of archc.

A pattern is a chain of steps in one module, of which each is the only reader of the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from archc.importing.arrange import inverse
from archc.importing.recording import Recording
from archc.importing.steps import UNKNOWN_MARK, Dims, ListValue, OpStep, reader_counts, size
from archc.ir.padding import Sides, even, same
from archc.ir.window import half, reach, slide, slide_ceil
from archc.support.record import replace

Shapes = Mapping[int, Dims]
Pattern = Callable[[Sequence[OpStep], Shapes], OpStep | None]
"""The single step equivalent to a chain of steps; None if it is not a known pattern."""
_IMAGE_LAST, _IMAGE_FIRST = (1, 2, 0), (2, 0, 1)

_CUT = {
    ("last", False): (0, 2, 1, 3, 4),
    ("first", False): (1, 3, 2, 4, 0),
    ("last", True): (1, 3, 0, 2, 4),
    ("first", True): (2, 4, 1, 3, 0),
}
"""How the axes of an image whose rows and columns are each split in two become windows.

By where the channels are, and by whether the positions of a window are spread over the image.
"""


def simplified(steps: Sequence[OpStep], outputs: Sequence[int], shapes: Shapes) -> list[OpStep]:
    """The steps, with each pattern replaced by a single step."""
    found: list[OpStep] = []
    makers: dict[int, OpStep] = {}
    readers = reader_counts(steps, outputs)
    gone: set[int] = set()
    cut: set[int] = set()
    for step in steps:
        last = step
        while (better := _better(last, makers, readers, shapes, last.run in cut)) is not None:
            replaced, last = better
            gone |= {id(s) for s in replaced}
        if last.kind in ("Windows", "FromWindows"):
            cut ^= {last.run}
        found.append(last)
        makers |= dict.fromkeys(last.outputs, last)
    return _padded([s for s in found if id(s) not in gone], shapes)


def _better(
    last: OpStep,
    makers: Mapping[int, OpStep],
    readers: Mapping[int, int],
    shapes: Shapes,
    cut: bool,
) -> tuple[list[OpStep], OpStep] | None:
    """The steps that form a pattern ending with `last`, and their replacement. `cut`: the image is in windows there."""
    chain = [last]
    while len(chain) < 3 and len(chain[0].inputs) == 1 and readers[chain[0].inputs[0]] == 1:
        before = makers.get(chain[0].inputs[0])
        if before is None or not before.inputs or len(before.outputs) != 1 or before.run != last.run:
            break
        chain.insert(0, before)
        for pattern in _PATTERNS[len(chain)]:
            if (one := pattern(chain, shapes)) is not None and not (cut and one.kind == "Windows" != last.kind):
                return chain[:-1], replace(one, inputs=chain[0].inputs, outputs=last.outputs)
    return None


# -- orders and shapes ------------------------------------------------------------------------------------------------


def _shuffle(chain: Sequence[OpStep], shapes: Shapes) -> OpStep | None:
    """`view(b, g, c // g, h, w)`, `transpose(1, 2)`, `view(b, c, h, w)` is a channel shuffle of g groups."""
    first, swap, last = chain
    if [s.kind for s in chain] != ["Reshape", "Permute", "Reshape"]:
        return None
    image, split, swapped = shapes[first.inputs[0]], shapes[first.outputs[0]], shapes[swap.outputs[0]]
    whole = shapes[last.outputs[0]] == image and len(split) > 2 and split[0] * split[1] == image[0]
    if whole and prod(split[2:]) == prod(image[1:]) and swapped == (split[1], split[0], *split[2:]):
        return replace(last, kind="Shuffle", arguments={"groups": split[0]})
    return None


def _channel_norm(chain: Sequence[OpStep], shapes: Shapes) -> OpStep | None:
    """A normalisation of the last axis between two orders is one of the channels."""
    before, norm, after = chain
    if norm.kind not in ("LN", "RMSNorm") or norm.arguments.get("over") != "last":
        return None
    if (before.arguments.get("order"), after.arguments.get("order")) != (_IMAGE_LAST, _IMAGE_FIRST):
        return None
    return replace(norm, arguments={**norm.arguments, "over": "channels"})


def _orders(chain: Sequence[OpStep], shapes: Shapes) -> OpStep | None:
    """Two orders as one, or none if the second is the inverse of the first."""
    one, other = chain
    if (one.kind, other.kind) != ("Permute", "Permute"):
        return None
    first, second = one.arguments["order"], other.arguments["order"]
    assert isinstance(first, tuple) and isinstance(second, tuple)
    if second == inverse(first):
        return replace(other, kind="Identity", arguments={})
    return replace(other, arguments={"order": ListValue(first[i] for i in second)})


def _nothing_before(chain: Sequence[OpStep], shapes: Shapes) -> OpStep | None:
    """Remove a step before this one that turns out to be a no-op."""
    one, other = chain
    return other if one.kind == "Identity" and not one.path else None


def _tokens(chain: Sequence[OpStep], shapes: Shapes) -> OpStep | None:
    """An image as a list of tokens, and back."""
    one, other = chain
    before, after = shapes[one.inputs[0]], shapes[other.outputs[0]]
    kinds = one.kind, other.kind
    order = one.arguments.get("order", other.arguments.get("order"))
    if len(before) == 3 and after == (prod(before[1:]), before[0]):
        fits = kinds == ("Reshape", "Permute") or (kinds == ("Permute", "Reshape") and order == _IMAGE_LAST)
        return replace(other, kind="Tokens", arguments={}) if fits else None
    if len(after) == 3 and before == (prod(after[1:]), after[0]):
        fits = kinds == ("Permute", "Reshape") or (kinds == ("Reshape", "Permute") and order == _IMAGE_FIRST)
        return replace(other, kind="FromTokens", arguments={"size": size(after[1:])}) if fits else None
    return None


def _windows(chain: Sequence[OpStep], shapes: Shapes) -> OpStep | None:
    """An image cut into windows, the features of each place last, and back."""
    one, other = chain
    before, between, after = shapes[one.inputs[0]], shapes[one.outputs[0]], shapes[other.outputs[0]]
    if (one.kind, other.kind) == ("Reshape", "Permute") and len(before) == 3 and len(between) == 5:
        for (place, spread), order in _CUT.items():
            if other.arguments["order"] == order and _image(after, place) == before:
                given = {"size": size(after[2:4]), "spread": spread, "channels": place}
                return replace(other, kind="Windows", arguments=given)
    if (one.kind, other.kind) == ("Permute", "Reshape") and len(before) == 5 and len(after) == 3:
        for (place, spread), order in _CUT.items():
            if one.arguments["order"] == inverse(order) and _image(before, place) == after:
                return replace(other, kind="FromWindows", arguments={"spread": spread, "channels": place})
    return None


def _windows_of_image(chain: Sequence[OpStep], shapes: Shapes) -> OpStep | None:
    """Windows of an image whose channels become the last axis before, or the first afterwards."""
    one, other = chain
    if one.kind == "Permute" and other.kind == "Windows" and other.arguments.get("channels") == "last":
        return _channels_first(other) if one.arguments["order"] == _IMAGE_LAST else None
    if one.kind == "FromWindows" and other.kind == "Permute" and one.arguments.get("channels") == "last":
        return _channels_first(one) if other.arguments["order"] == _IMAGE_FIRST else None
    return None


def _channels_first(step: OpStep) -> OpStep:
    return replace(step, arguments={**step.arguments, "channels": "first"})


def _image(windows: Dims, channels: str) -> Dims:
    """The shape of the image that windows are of."""
    rows, columns, height, width, features = windows
    space = rows * height, columns * width
    return (*space, features) if channels == "last" else (features, *space)


def _reshapes(chain: Sequence[OpStep], shapes: Shapes) -> OpStep | None:
    """Of two consecutive reshapes, only the last one counts."""
    one, other = chain
    if one.kind not in ("Reshape", "Flatten") or other.kind not in ("Reshape", "Flatten"):
        return None
    return replace(other, kind="Identity", arguments={}) if shapes[one.inputs[0]] == shapes[other.outputs[0]] else other


# -- lists that grow --------------------------------------------------------------------------------------------------


def outward(steps: Sequence[OpStep], recording: Recording) -> list[OpStep]:
    """Move a concatenation of the inputs of a module before the module, which then reads one tensor."""
    parents = {i: run.parent for i, run in enumerate(recording.runs)}
    inside: dict[int, list[OpStep]] = {}
    makers = {n: step.run for step in steps for n in step.outputs}
    for step in steps:
        run: int | None = step.run
        while run is not None:
            inside.setdefault(run, []).append(step)
            run = parents[run]
    found: list[OpStep] = []
    for step in steps:
        moved = step
        while moved.kind == "Concat" and (parent := parents[moved.run]) is not None:
            within = inside[moved.run]
            own = {n for s in within for n in s.outputs}
            shared = any(n in s.inputs for s in within if s is not step for n in step.inputs)
            if shared or own & set(step.inputs) or makers.keys().isdisjoint(step.inputs):
                break
            moved = replace(moved, run=parent)
        found.append(moved)
    return found


def grown(steps: Sequence[OpStep]) -> list[OpStep]:
    """Express a concatenation that begins like an earlier one as that one and the rest."""
    whole: dict[int, tuple[int, ...]] = {}
    found: list[OpStep] = []
    for step in steps:
        if step.kind == "Concat":
            parts = tuple(p for n in step.inputs for p in whole.get(n, (n,)))
            fits = [n for n, known in whole.items() if len(known) < len(parts) and parts[: len(known)] == known]
            if fits:
                longest = max(fits, key=lambda n: len(whole[n]))
                step = replace(step, inputs=(longest, *parts[len(whole[longest]) :]))
            whole[step.outputs[0]] = parts
        found.append(step)
    return found


_PATTERNS: Mapping[int, Sequence[Pattern]] = {
    2: (_nothing_before, _orders, _tokens, _windows, _windows_of_image, _reshapes),
    3: (_shuffle, _channel_norm),
}


# -- padding ----------------------------------------------------------------------------------------------------------


def _padded(steps: list[OpStep], shapes: Shapes) -> list[OpStep]:
    """Merge a padding that only convolutions read into these."""
    readers: dict[int, list[OpStep]] = {}
    for step in steps:
        for number in step.inputs:
            readers.setdefault(number, []).append(step)
    makers = {n: s for s in steps for n in s.outputs}
    joined: dict[int, OpStep] = {}
    for step in steps:
        if "sides" not in step.arguments or not step.kind.startswith(UNKNOWN_MARK):
            continue
        behind = [_conv_of(step, reader, shapes) for reader in readers.get(step.outputs[0], ())]
        if behind and all(b is not None for b in behind):
            joined |= {b.outputs[0]: b for b in behind if b is not None}
            joined[step.outputs[0]] = step
    gone = {n for n, s in joined.items() if s is makers[n]}
    return [_alone(joined.get(s.outputs[0], s)) for s in steps if s.outputs[0] not in gone]


def _alone(step: OpStep) -> OpStep:
    """Make a padding that is not read by convolutions alone a layer."""
    if "sides" not in step.arguments or str(step.arguments["mode"]).startswith("value"):
        return step
    return replace(
        step, kind="Pad", arguments={"pad": _margins(step.arguments["sides"]), "pad_mode": step.arguments["mode"]}
    )


def _margins(given: Any) -> object:
    """The padding before and after each axis, as specs write it."""
    sides = _sides(given)
    if even(sides):
        return size(tuple(before for before, _ in sides))
    return ListValue(ListValue(s) for s in (sides[:1] if len(set(sides)) == 1 else sides))


def _conv_of(pad: OpStep, reader: OpStep, shapes: Shapes) -> OpStep | None:
    """A convolution with a padding before it."""
    a, sides = reader.arguments, _sides(pad.arguments["sides"])
    if any(before < 0 or behind < 0 for before, behind in sides):
        return None
    if reader.kind == "APool" and pad.arguments["mode"] == "zeros" and a["pad"] == 0 and not a["ceil"]:
        if even(sides):
            return replace(reader, inputs=pad.inputs, arguments={**a, "pad": _margins(sides), "count_pad": True})
        return None
    if reader.kind == "MPool" and pad.arguments["mode"] == "value -inf":
        return _pool_of(pad, reader, shapes)
    if reader.kind not in ("Conv", "ScaledStdConv") or str(pad.arguments["mode"]).startswith("value"):
        return None
    axes = len(sides)
    kernel, stride, dilation = (_each(a[n], axes) for n in ("kernel", "stride", "dilation"))
    kept = half(kernel, dilation)
    own = kept if a["pad"] == "half" else _each(a["pad"], axes)
    mode = pad.arguments["mode"]
    if (any(own) and mode != a.get("pad_mode", "zeros")) or ("pad_mode" not in a and mode != "zeros"):
        return None
    sides = tuple((b + o, e + o) for (b, e), o in zip(sides, own, strict=True))
    space, covered = shapes[pad.inputs[0]][1:], reach(kernel, dilation)
    given = _margins(sides)
    if sides == tuple((n, n) for n in kept):
        given = "half"
    elif not even(sides) and sides == same(space, covered, stride) and mode == "zeros" and not pad.arguments["fixed"]:
        given = "same"
    elif reader.kind != "Conv" and not even(sides):
        return None
    with_mode = {"pad_mode": mode} if "pad_mode" in a else {}
    return replace(reader, inputs=pad.inputs, arguments={**a, "pad": given, **with_mode})


def _pool_of(pad: OpStep, pool: OpStep, shapes: Shapes) -> OpStep | None:
    """A max pooling after a padding that makes a last, partial window whole."""
    a, sides = pool.arguments, _sides(pad.arguments["sides"])
    kernel, dilation = (_each(a[n], len(sides)) for n in ("kernel", "dilation"))
    stride = kernel if a["stride"] is None else _each(a["stride"], len(sides))
    before, goal = tuple(b for b, _ in sides), shapes[pool.outputs[0]][1:]
    if a["pad"] != 0 or any(b > k // 2 for b, k in zip(before, kernel, strict=True)):
        return None
    covered = reach(kernel, dilation)
    for ceil, places in ((False, slide), (True, slide_ceil)):
        if goal == tuple(map(places, shapes[pad.inputs[0]][1:], covered, stride, before)):
            return replace(pool, inputs=pad.inputs, arguments={**a, "pad": size(before), "ceil": ceil})
    return None


def _sides(value: Any) -> Sides:
    """The padding before and after each axis."""
    return tuple((int(before), int(behind)) for before, behind in value)


def _each(value: object, axes: int) -> tuple[int, ...]:
    """A size for each axis."""
    if isinstance(value, int):
        return (value,) * axes
    assert isinstance(value, tuple)
    return value
