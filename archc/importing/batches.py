"""Lists of tensors along an axis before the batch, as `qkv.permute(2, 0, 3, 1, 4)` makes them.

The calls around them are rewritten so that the batch is the first axis.
"""

from __future__ import annotations

from collections.abc import Sequence

from archc.importing.arrange import order_of
from archc.importing.recording import CallEvent, Live, Recording
from archc.importing.steps import NoCounterpart
from archc.support.record import replace

_PERMUTES = ("permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis")
_EVERYTHING = ("slice", None, None, None)


def batch_first(recording: Recording) -> Recording:
    """The recording, with the batch first also in tensors that are only taken apart along the axis before it."""
    makers = {number: event for event in recording.events for number in event.outputs}
    changed: dict[int, CallEvent] = {}
    shapes, loose = dict(recording.shapes), set(recording.loose)
    for number in recording.loose:
        event = makers.get(number)
        order = _order(event, recording) if event is not None else ()
        readers = [e for e in recording.events if number in e.reads()]
        apart = [_apart(reader) for reader in readers]
        if event is None or order[1:2] != (0,) or number in recording.outputs or None in apart:
            continue
        order = (0, order[0], *order[2:])
        whole = (recording.batch, *recording.shapes[event.reads()[0]])
        shapes[number] = tuple(whole[i] for i in order[1:])
        loose.remove(number)
        arguments = (event.arguments[0], order)
        changed[id(event)] = replace(event, function="torch.Tensor.permute", arguments=arguments, keywords={})
        changed |= {id(old): new for old, new in zip(readers, apart, strict=True) if new is not None}
    if not changed:
        return recording
    events = tuple(changed.get(id(event), event) for event in recording.events)
    return replace(recording, events=events, shapes=shapes, loose=frozenset(loose))


def _order(event: CallEvent, recording: Recording) -> Sequence[int]:
    """The order of axes of a call, of a tensor whose first axis is the batch; empty for other calls."""
    if event.module is not None or event.function.rpartition(".")[2] not in _PERMUTES:
        return ()
    (number,) = event.reads()
    try:
        return () if number in recording.loose else tuple(order_of(event, len(recording.shapes[number]) + 1))
    except NoCounterpart:
        return ()


def _apart(event: CallEvent) -> CallEvent | None:
    """A call that takes a tensor apart along its first axis, as one along its second; None if it does anything else."""
    name = event.function.rpartition(".")[2]
    source, *more = event.arguments
    if event.module is not None or not isinstance(source, Live):
        return None
    if name == "unbind" and (*more, event.keywords.get("dim", 0))[0] == 0:
        return replace(event, arguments=(source, 1), keywords={})
    if name == "__getitem__" and type(more[0]) is int:
        return replace(event, arguments=(source, (_EVERYTHING, more[0])))
    return None
