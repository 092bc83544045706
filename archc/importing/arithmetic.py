"""Sums, differences, products and quotients in archc: of two tensors, with a number, with a learned tensor."""

from __future__ import annotations

from archc.importing import arrange
from archc.importing.recording import CallEvent, Computed, Live, OwnedWeight
from archc.importing.steps import CallSteps, Dims, ListValue, LiveTensors, NoCounterpart, OpStep, made, refuse_unless

MERGES = {"+": "Add", "*": "Mul", "-": "Sub", "/": "Div"}
"""The op of each operator between two tensors."""
_NOTHING = {"+": 0, "-": 0, "*": 1, "/": 1}
_WORDS = {"+": "a sum", "-": "a difference", "*": "a product", "/": "a quotient"}


def calculated(sign: str, event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """The steps of an operator between two operands."""
    refuse_unless(event.keywords.get("alpha", 1) == 1, "a weighted sum")
    refuse_unless(event.keywords.get("rounding_mode") is None, "a quotient that is rounded")
    one, other = _operands(event)
    if isinstance(one, Live) and isinstance(other, Live):
        same = sign in "*/" or tensors[one.number] == tensors[other.number]
        refuse_unless(same, f"{_WORDS[sign]} that repeats its input")
        return (made(MERGES[sign], event),)
    first = not isinstance(one, Live)
    number = one if first else other
    if isinstance(number, OwnedWeight) and sign in "+*":
        return _with_learned(MERGES[sign], number, event, tensors)
    if isinstance(number, Computed) and sign == "*" and (dropped := _dropped(number)) is not None:
        return (made("StochasticDepth", event, dropped),)
    refuse_unless(isinstance(number, int | float), f"{_WORDS[sign]} with a tensor")
    if number == _NOTHING[sign] and not (first and sign in "-/"):
        return (made("Identity", event),)
    assert isinstance(number, int | float)
    if number < 0 and sign in "+-" and not first:
        sign, number = {"+": "-", "-": "+"}[sign], -number
    return (made("Arithmetic", event, {"sign": sign, "number": number, "first": first and sign in "-/"}),)


def _dropped(factor: Computed) -> dict[str, object] | None:
    """The stochastic depth that a random factor implements: 0, or the scale that compensates for dropped samples."""
    share, drawn = (factor.arguments[-1], factor.arguments[0]) if len(factor.arguments) == 2 else (None, None)
    if factor.function not in ("div_", "div", "__truediv__") or not isinstance(drawn, Computed):
        return None
    keep = drawn.arguments[-1] if drawn.arguments else None
    if drawn.function != "bernoulli_" or not isinstance(keep, float) or keep != share or max(factor.shape[1:]) > 1:
        return None
    return {"p": float(f"{1 - keep:.12g}"), "mode": "batch" if factor.shape[0] == 1 else "row"}


def calculated_from(sign: str, event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """Like `calculated`, with exchanged operands."""
    return calculated(sign, _swapped(event), tensors)


def _swapped(event: CallEvent) -> CallEvent:
    one, other = _operands(event)
    return CallEvent(event.function, event.module, event.run, (other, one), {}, event.outputs, event.line)


def _operands(event: CallEvent) -> tuple[object, object]:
    given = (*event.arguments, *(event.keywords[n] for n in ("input", "other") if n in event.keywords))
    return given[0], given[1]


def opposite(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """The negative of each number."""
    return (made("Neg", event),)


def absolute(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """The sum of the positive part and the negated negative part."""
    (number,) = event.reads()
    dims = tensors[number]
    above, below = CallSteps(event, tensors, number), CallSteps(event, tensors, number)
    above.add("ReLU", dims)
    below.add("Neg", dims)
    below.add("ReLU", dims)
    merged = OpStep("Add", {}, (above.at, below.at), event.outputs, "", False, event.run, event.line)
    return (*above.steps, *below.steps, merged)


def squared(event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """The product of a tensor with itself."""
    power = (*event.arguments[1:], event.keywords.get("exponent", 2))[0]
    refuse_unless(power == 2, f"the power {power}")
    number = event.reads()[0]
    return (OpStep("Mul", {}, (number, number), event.outputs, "", False, event.run, event.line),)


def _with_learned(kind: str, weight: OwnedWeight, event: CallEvent, tensors: LiveTensors) -> tuple[OpStep, ...]:
    """A product or a sum with a learned tensor: a scale, positions, or a separate tensor."""
    line = arrange.start(event, tensors)
    dims, own, seen = line.dims, weight.shape, weight.seen or weight.shape
    if tensors[event.outputs[0]] != dims:
        raise NoCounterpart(f"a {'sum' if kind == 'Add' else 'product'} that repeats its input")
    if kind == "Mul" and (over := _over(seen, dims)) is not None:
        if own == seen == _own_shape(over, dims):
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


def _own_shape(over: str, dims: Dims) -> Dims:
    """The shape of a scale's weight."""
    return {"all": (), "last": dims[-1:], "channels": (dims[0], *(1 for _ in dims[1:]))}[over]


def _over(seen: Dims, dims: Dims) -> str | None:
    """The axis that a factor of this shape applies to."""
    bare = seen[1:] if len(seen) == len(dims) + 1 and seen[0] == 1 else seen
    if all(n == 1 for n in bare) and (not bare or dims[0] != 1):
        return "all"
    if bare == (dims[0], *(1 for _ in dims[1:])):
        return "channels"
    return "last" if bare == dims[-1:] else None
