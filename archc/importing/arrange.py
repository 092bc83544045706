"""Torch's functions on axes in archc: orders, shapes, means, sums, parts and slices, of any axis.

archc's layers work on the channels, axis 0 of a sample. Another axis is moved to the front and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from archc.importing.recording import CallEvent
from archc.importing.steps import CallSteps, ListValue, LiveTensors, NoCounterpart, OpStep, refuse_unless
from archc.support.record import replace

_MOST_SUMMED = 16
"""The largest axis whose sum is a sum of branches."""


def axis_of(given: object, rank: int) -> int:
    """The number of an axis in a sample, from torch's number, which counts the batch axis."""
    refuse_unless(isinstance(given, int), f"the axis {given}")
    assert isinstance(given, int)
    axis = given % rank
    refuse_unless(axis > 0, "what mixes the samples of a batch")
    return axis - 1


def start(event: CallEvent, tensors: LiveTensors) -> CallSteps:
    """The steps of a call that reads one tensor."""
    return CallSteps(event, tensors, event.reads()[0])


def first(axis: int, rank: int) -> tuple[int, ...]:
    """The order of axes that moves one to the front."""
    return (axis, *(i for i in range(rank) if i != axis))


def inverse(order: Sequence[int]) -> tuple[int, ...]:
    """The inverse of an order of axes."""
    return tuple(order.index(i) for i in range(len(order)))


def along(event: CallEvent, tensors: LiveTensors, axis: int, kind: str) -> tuple[OpStep, ...]:
    """A layer over the channels that keeps the shape, on another axis."""
    line = start(event, tensors)
    order = first(axis, len(line.dims))
    line.permute(order)
    line.add(kind, line.dims)
    line.permute(inverse(order))
    return line.done()


# -- orders and shapes ------------------------------------------------------------------------------------------------


def permuted(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """`permute`, `transpose`, `movedim` and their like."""
    rank = len(tensors[event.reads()[0]]) + 1
    line = start(event, tensors)
    order = order_of(event, rank)
    refuse_unless(order[:1] == [0], "what mixes the samples of a batch")
    line.permute([axis - 1 for axis in order[1:]])
    return line.done()


def order_of(event: CallEvent, rank: int) -> list[int]:
    """The order of axes that a call of `permute` or its like makes, with the batch axis."""
    name, given = event.function.rpartition(".")[2], event.arguments[1:]
    if name == "permute":
        axes = given or (event.keywords["dims"],)
        found = axes[0] if isinstance(axes[0], tuple) else axes
        order = [a % rank for a in found if isinstance(a, int)]
    elif name in ("movedim", "moveaxis"):
        source, destination = given or (event.keywords["source"], event.keywords["destination"])
        order = _moved(source, destination, rank)
    elif name == "mT":
        order = [*range(rank - 2), rank - 1, rank - 2]
    else:
        one, other = given or (event.keywords["dim0"], event.keywords["dim1"])
        assert isinstance(one, int) and isinstance(other, int)
        order = list(range(rank))
        order[one % rank], order[other % rank] = order[other % rank], order[one % rank]
    refuse_unless(len(order) == rank, "an order of some axes")
    return order


def _moved(source: object, destination: object, rank: int) -> list[int]:
    """The order of axes that moves those of `source` to `destination` and keeps the order of the others."""
    here, there = (tuple(a % rank for a in (v if isinstance(v, tuple) else (v,))) for v in (source, destination))
    others = iter(axis for axis in range(rank) if axis not in here)
    return [here[there.index(place)] if place in there else next(others) for place in range(rank)]


def reshaped(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A change of shape, determined by the shapes alone."""
    line = start(event, tensors)
    line.reshape(tensors[event.outputs[0]])
    return line.done()


def rolled(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """`roll` of axes of a sample."""
    given = dict(zip(("input", "shifts", "dims"), event.arguments, strict=False)) | dict(event.keywords)
    shifts, axes = (v if isinstance(v, tuple) else (v,) for v in (given["shifts"], given.get("dims")))
    line = start(event, tensors)
    shift = [0] * len(line.dims)
    for axis, step in zip(axes, shifts, strict=True):
        assert isinstance(step, int)
        shift[axis_of(axis, len(shift) + 1)] += step
    if any(shift):
        line.add("Roll", line.dims, shift=ListValue(shift))
    return line.done()


# -- means and sums ---------------------------------------------------------------------------------------------------


def reduced(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A mean, a maximum or a sum over axes."""
    name = event.function.rpartition(".")[2]
    refuse_unless(len(event.reads()) == 1, f"a {name} of several tensors")
    event = replace(event, outputs=event.outputs[:1])  # of a `max` over an axis, the values without the indices
    given = dict(zip(("input", "dim"), event.arguments, strict=False)) | dict(event.keywords)
    axes = given.get("dim", given.get("axis"))
    line = start(event, tensors)
    rank = len(line.dims) + 1
    refuse_unless(isinstance(axes, int | tuple), f"a {name} over all axes")
    gone = [axis_of(a, rank) for a in (axes if isinstance(axes, tuple) else (axes,))]
    if name == "sum":
        return _sum(line, gone, event, tensors)
    kept = [i for i in range(rank - 1) if i not in gone]
    line.permute([*kept, *sorted(gone)])
    if len(kept) != 1:
        line.reshape((prod(line.dims[: len(kept)]), prod(line.dims[len(kept) :])))
    line.add("GAPool" if name == "mean" else "GMPool", (line.dims[0], *(1 for _ in line.dims[1:])))
    line.reshape(tensors[event.outputs[0]])
    return line.done()


def _sum(line: CallSteps, gone: Sequence[int], event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A sum over a short axis, as a sum of branches."""
    refuse_unless(len(gone) == 1 and line.dims[gone[0]] <= _MOST_SUMMED, "a sum over an axis")
    line.permute(first(gone[0], len(line.dims)))
    count, rest = line.dims[0], line.dims[1:]
    if count > 1:
        parts = tuple(tensors.new((1, *rest)) for _ in range(count))
        line.steps.append(OpStep("Chunk", {"n": count}, (line.at,), parts, "", False, event.run, event.line))
        line.at = tensors.new((1, *rest))
        line.steps.append(OpStep("Add", {}, parts, (line.at,), "", False, event.run, event.line))
    line.reshape(tensors[event.outputs[0]])
    return line.done()


# -- parts ------------------------------------------------------------------------------------------------------------


def concatenated(event: CallEvent, tensors: LiveTensors, numbers: Sequence[int]) -> tuple[OpStep, ...]:
    """`cat` of the tensors `numbers`, along any axis of a sample."""
    axis = event.keywords.get("dim", event.keywords.get("axis", (*event.arguments[1:], 0)[0]))
    dims = tensors[event.outputs[0]]
    order = first(axis_of(axis, len(dims) + 1), len(dims))
    if len(numbers) == 1:
        return CallSteps(event, tensors, numbers[0]).done()
    if order[0] == len(dims) - 1 > 0:
        return (OpStep("ConcatLast", {}, tuple(numbers), event.outputs, "", False, event.run, event.line),)
    lines = [CallSteps(event, tensors, n) for n in numbers]
    for line in lines:
        line.permute(order)
    joined = CallSteps(event, tensors, tensors.new(tuple(dims[i] for i in order)))
    concat = OpStep("Concat", {}, tuple(i.at for i in lines), (joined.at,), "", False, event.run, event.line)
    joined.steps.append(concat)
    joined.permute(inverse(order))
    return (*(step for line in lines for step in line.steps), *joined.done())


def parts(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """`chunk` and `split`, and `unbind`, along any axis of a sample."""
    name = event.function.rpartition(".")[2]
    given = dict(zip(("input", "sizes", "dim"), event.arguments, strict=False)) | dict(event.keywords)
    if name == "unbind":
        given = dict(zip(("input", "dim"), event.arguments, strict=False)) | dict(event.keywords)
    line = start(event, tensors)
    axis = axis_of(given.get("dim", 0), len(line.dims) + 1)
    order = first(axis, len(line.dims))
    line.permute(order)
    dims = [tensors[n] for n in event.outputs]
    sizes = tuple(1 if name == "unbind" else d[axis] for d in dims)
    whole = line.dims
    kind: str
    arguments: Mapping[str, object]
    kind, arguments = ("Chunk", {"n": len(sizes)}) if len(set(sizes)) == 1 else ("Split", {"sizes": ListValue(sizes)})
    if len(sizes) == 1:
        kind, arguments = "Identity", {}
    simple = axis == 0 and name != "unbind"
    made = event.outputs if simple else tuple(tensors.new((n, *whole[1:])) for n in sizes)
    middle = OpStep(kind, arguments, (line.at,), made, "", False, event.run, event.line)
    if simple:
        return (*line.steps, middle)
    after: list[OpStep] = []
    for number, goal in zip(made, event.outputs, strict=True):
        one = CallSteps(replace(event, outputs=(goal,)), tensors, number)
        if name == "unbind":
            one.reshape(tensors[goal])
        else:
            one.permute(inverse(order))
        after += one.done()
    return (*line.steps, middle, *after)


_EVERYTHING = ("slice", None, None, None)


def sliced(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """An index: channels by range or number, every nth position of an image, new axes of size 1."""
    line = start(event, tensors)
    goal = tensors[event.outputs[0]]
    items = [i for i in _items(event.arguments[1], len(line.dims) + 1) if i is not None]
    refuse_unless(items[0] == _EVERYTHING, "an index into a batch")
    steps: list[int] = []
    for axis, item in enumerate(items[1:]):
        begin, stop, step = _range(item, line.dims[axis])
        steps.append(step)
        if (begin, stop) == (0, line.dims[axis]):
            continue
        end = None if stop == line.dims[axis] else stop
        kept = len(range(begin, stop, step))
        line.add(
            "Slice", (*line.dims[:axis], kept, *line.dims[axis + 1 :]), start=begin, stop=end, step=step, axis=axis
        )
        steps[-1] = 1
    if any(step != 1 for step in steps) and steps[0] == 1 and len(set(steps[1:])) == 1:
        space = tuple((n - 1) // steps[1] + 1 for n in line.dims[1:])
        line.add("APool", (line.dims[0], *space), kernel=1, stride=steps[1])
    else:
        for axis, step in enumerate(steps):
            if step != 1:
                kept = len(range(0, line.dims[axis], step))
                dims = (*line.dims[:axis], kept, *line.dims[axis + 1 :])
                line.add("Slice", dims, start=0, stop=None, step=step, axis=axis)
    line.reshape(goal)
    return line.done()


def _items(index: object, rank: int) -> list[object]:
    """The items of an index, one for each existing axis, and None for each new one."""
    items = list(index) if isinstance(index, tuple) and index[:1] != ("slice",) else [index]
    if Ellipsis not in items:
        items.append(Ellipsis)
    at = items.index(Ellipsis)
    missing = rank - sum(i is not None for i in items) + 1
    return [*items[:at], *[_EVERYTHING] * missing, *items[at + 1 :]]


def _range(item: object, size: int) -> tuple[int, int, int]:
    """The start, stop and step of an item."""
    if type(item) is int:
        return item % size, item % size + 1, 1
    if isinstance(item, tuple) and item[:1] == ("slice",) and all(v is None or isinstance(v, int) for v in item[1:]):
        begin, stop, step = slice(*item[1:]).indices(size)
        return begin, stop, step
    raise NoCounterpart("an index into a tensor")


# -- padding ----------------------------------------------------------------------------------------------------------


def padded(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """`F.pad`: of channels a layer, of images a layer unless a following convolution can take it over."""
    names = ("input", "pad", "mode", "value")
    given: Mapping[str, object] = dict(zip(names, event.arguments, strict=False)) | dict(event.keywords)
    pad = given["pad"]
    assert isinstance(pad, tuple)
    mode, value = given.get("mode", "constant"), given.get("value")
    return pads(event, tensors, pad, str(mode), value)


def pads(
    event: CallEvent, tensors: LiveTensors, pad: tuple[int, ...], mode: str, value: object, layer: str = ""
) -> tuple[OpStep, ...]:
    """A padding with torch's list of numbers, last axis first. Those of a `layer` do not depend on the input."""
    name = layer or "F.pad"
    line = start(event, tensors)
    rank = len(line.dims)
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    sides = [(0, 0)] * (rank - len(pairs)) + pairs[::-1]
    refuse_unless(len(sides) == rank and min(sides[0]) >= 0, name)
    goal = tensors[event.outputs[0]]
    if not any(pad):
        return line.done()
    zeros = mode == "constant" and value in (0, None)
    if any(sides[0]):
        refuse_unless(not any(map(any, sides[1:])) and zeros, name)
        line.add("PadChannels", goal, channels=goal[0], before=sides[0][0])
        return line.done()
    words = {"constant": "zeros", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
    known = words[mode] if zeros or mode != "constant" else f"value {value}"
    line.add(f"?{name}", goal, sides=tuple(sides[1:]), mode=known, fixed=bool(layer))
    return line.done()
