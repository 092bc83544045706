"""Changes of shape that are undone later, with only layers between that work on the last axis: they are omitted.

What stands between two changes of shape that regroup the axes before the last one is the same without them; a change
of the order of axes between them becomes one of the axes that were regrouped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod

from archc.importing.arrange import inverse
from archc.importing.steps import Dims, ListValue, LiveTensors, OpStep
from archc.importing.usual import is_activation
from archc.support.record import replace

_OF_LAST_AXIS = frozenset({"Linear", "Dropout", "StochasticDepth", "Identity"})
_SPREAD = (2, 3, 0, 1, 4)
"""The order that turns adjacent windows into windows that are spread over the image."""


class _Stays(Exception):
    """A change of shape matters."""


def regrouped(steps: Sequence[OpStep], outputs: Sequence[int], tensors: LiveTensors) -> list[OpStep]:
    """The steps without changes of shape that do not matter; the shapes between them change."""
    readers = Counter([*outputs, *(n for step in steps for n in step.inputs)])
    found, at = list(steps), 0
    while at < len(found):
        step = found[at]
        if step.kind == "Reshape" and tensors[step.inputs[0]][-1] == tensors[step.outputs[0]][-1]:
            moved = _Moved(step, tensors)
            try:
                found[at:] = moved.steps(found[at + 1 :], readers)
                tensors.shapes |= moved.shapes
                continue
            except _Stays:
                pass
        at += 1
    return _spread(found, readers, tensors)


class _Moved:
    """The readers of a change of shape, rewritten for the shape before it.

    `shapes`: those of the tensors that are not yet changed back.
    """

    def __init__(self, first: OpStep, tensors: LiveTensors) -> None:
        self.tensors = tensors
        self.shapes = {first.outputs[0]: tensors[first.inputs[0]]}
        self.same = {first.outputs[0]: first.inputs[0]}

    def steps(self, behind: Sequence[OpStep], readers: Counter[int]) -> list[OpStep]:
        """The steps behind it. Raises `_Stays`."""
        waiting = readers[next(iter(self.shapes))]
        found: list[OpStep] = []
        for i, step in enumerate(behind):
            if not waiting:
                return [*found, *map(self._renamed, behind[i:])]
            waiting -= sum(map(self._differs, step.inputs))
            if any(n in self.shapes for n in step.inputs):
                found += self._step(step)
            else:
                found.append(self._renamed(step))
            waiting += sum(readers[n] for n in step.outputs if self._differs(n))
        if waiting:
            raise _Stays
        return found

    def _differs(self, number: int) -> bool:
        return number in self.shapes and self.shapes[number] != self.tensors[number]

    def _renamed(self, step: OpStep) -> OpStep:
        return replace(step, inputs=tuple(self.same.get(n, n) for n in step.inputs))

    def _step(self, step: OpStep) -> list[OpStep]:
        """A step on the shape before."""
        dims, now, number = self.shapes.get(step.inputs[0], ()), self.tensors[step.inputs[0]], step.outputs[0]
        together = all(self.shapes.get(n) == dims for n in step.inputs)
        if together and step.kind == "Reshape" and now[-1] == self.tensors[number][-1]:
            self._keeps(number, dims)
            self.same[number] = self.same.get(step.inputs[0], step.inputs[0])
            return []
        if together and (_is_of_last_axis(step) or _is_of_windows(step, dims, now)):
            self._keeps(number, dims)
        elif not any(map(self._differs, step.inputs)):
            pass
        elif together and step.kind == "Permute":
            order = _whole_order(step.arguments["order"], now, dims)
            self.shapes[number] = tuple(dims[i] for i in order)
            step = replace(step, arguments={"order": ListValue(order)})
        else:
            raise _Stays
        return [self._renamed(step)]

    def _keeps(self, number: int, dims: Dims) -> None:
        """Note that a tensor is on the shape before: its last axis may have another length."""
        made = self.tensors[number]
        if prod(made[:-1]) != prod(dims[:-1]):
            raise _Stays
        self.shapes[number] = (*dims[:-1], made[-1])


def _whole_order(order: object, now: Dims, dims: Dims) -> tuple[int, ...]:
    """An order of regrouped axes as one of those that were regrouped. The last one stays. Raises `_Stays`."""
    groups: list[tuple[int, ...]] = []
    at, last = 0, len(dims) - 1
    for length in now[:-1]:
        stop = at + 1
        while stop < last and (prod(dims[at:stop]) < length or dims[stop] == length == 1):
            stop += 1
        if prod(dims[at:stop]) != length:
            raise _Stays
        groups.append(tuple(range(at, stop)))
        at = stop
    if at != last or not isinstance(order, tuple) or order[-1] != len(now) - 1:
        raise _Stays
    return (*(i for axis in order[:-1] for i in groups[axis]), last)


def _is_of_last_axis(step: OpStep) -> bool:
    """Whether a layer does the same to all places, which are all axes but the last."""
    normed = step.kind in ("LN", "RMSNorm") and step.arguments.get("over") == "last"
    return normed or step.kind in _OF_LAST_AXIS or step.kind == "Add" or is_activation(step.kind)


def _is_of_windows(step: OpStep, dims: Dims, now: Dims) -> bool:
    """Whether a layer does the same in all windows, which are all axes but the last three."""
    plain = step.kind.endswith("WindowAttention") and step.arguments.get("shift", 0) == 0
    return plain and len(dims) == 5 and dims[-3:] == now[-3:]


def _spread(steps: list[OpStep], readers: Counter[int], tensors: LiveTensors) -> list[OpStep]:
    """The steps with windows that are spread over the image in place of adjacent ones whose axes are exchanged."""
    makers: dict[int, OpStep] = {}
    found: list[OpStep] = []
    for step in steps:
        before = makers.get(step.inputs[0]) if step.inputs else None
        if before is not None and readers[step.inputs[0]] == 1 and not step.arguments.get("spread"):
            one, other = (step.arguments.get("order"), before.arguments.get("order"))
            if before.kind == "Windows" and one == _SPREAD and not before.arguments.get("spread"):
                size = tensors[step.outputs[0]][2:4]
                found.remove(before)
                step = replace(
                    before, arguments={**before.arguments, "size": _size(size), "spread": True}, outputs=step.outputs
                )
            elif step.kind == "FromWindows" and other == inverse(_SPREAD):
                found.remove(before)
                step = replace(step, arguments={**step.arguments, "spread": True}, inputs=before.inputs)
        found.append(step)
        makers |= dict.fromkeys(step.outputs, step)
    return found


def _size(sides: Dims) -> object:
    return sides[0] if len(set(sides)) == 1 else sides
