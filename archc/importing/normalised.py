"""Normalisations that a model computes itself: `(x - x.mean(1)) / sqrt(variance + eps)`, and what scales the result.

The layer's results may differ from the model's by rounding, which the proof of an import allows for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.importing.recording import CallEvent, Live, OwnedWeight, Recording
from archc.importing.steps import UNKNOWN_MARK, Dims, OpStep
from archc.support.record import Record

_NAMES = {
    name: operation
    for names, operation in (
        ("add add_ __add__ __iadd__ __radd__", "+"),
        ("sub sub_ subtract __sub__ __isub__", "-"),
        ("mul mul_ multiply __mul__ __imul__ __rmul__", "*"),
        ("div div_ divide true_divide __truediv__ __itruediv__", "/"),
        ("pow pow_ __pow__", "pow"),
        ("square square_", "square"),
        ("sqrt sqrt_", "sqrt"),
        ("rsqrt rsqrt_", "rsqrt"),
        ("mean", "mean"),
        ("var", "var"),
    )
    for name in names.split()
}
"""The operation of each function."""


class _Differs(Exception):
    """A call does not end a normalisation."""


class _Core(Record):
    """A normalisation without weights: the tensor that it is of, its axis, and whether the mean is subtracted."""

    source: int
    over: str
    eps: float
    centred: bool


def written_norms(recording: Recording) -> Mapping[int, tuple[OpStep, ...]]:
    """The steps of the calls that are a normalisation, by the number of the call: the layer at its last one."""
    readers: dict[int, set[int]] = {number: {-1} for number in recording.outputs}
    for i, event in enumerate(recording.events):
        for number in event.reads():
            readers.setdefault(number, set()).add(i)
    found: dict[int, tuple[OpStep, ...]] = {}
    makers = {number: i for i, event in enumerate(recording.events) for number in event.outputs}
    for i in range(len(recording.events) - 1, -1, -1):
        for affine in (True, False):
            reading = _Reading(recording, makers)
            try:
                step = reading.layer(i, affine) if i not in found else None
            except _Differs:
                continue
            inner = reading.calls - {i}
            own = (n for call in inner for n in recording.events[call].outputs)
            if step is not None and all(readers.get(n, set()) <= reading.calls for n in own):
                found |= {**dict.fromkeys(inner, ()), i: (step,)}
                break
    return found


class _Reading:
    """Reads a call as the last one of a normalisation. `calls`: all calls that belong to it."""

    def __init__(self, recording: Recording, makers: Mapping[int, int]) -> None:
        self.recording, self.makers = recording, makers
        self.calls: set[int] = set()

    def layer(self, call: int, affine: bool) -> OpStep:
        """The layer. Raises `_Differs`."""
        event = self.recording.events[call]
        value: object = Live(event.outputs[0]) if event.outputs else None
        weights: list[OwnedWeight] = []
        if affine and self._operation(value) == "+":
            value, bias = self._with_weight(value, "+")
            weights.append(bias)
        if affine:
            value, weight = self._with_weight(value, "*")
            weights.append(weight)
        core = self._core(value)
        dims = self.recording.shapes[core.source]
        kind = "LN" if core.centred else "RMSNorm"
        if affine and not _fits(weights, core, dims):
            if len(weights) < 2:
                raise _Differs
            keys = " and ".join(f"`{weight.key}`" for weight in reversed(weights))
            what = f"{UNKNOWN_MARK}a normalisation with the weights {keys}, not a `weight` and a `bias` of one module"
            return OpStep(what, {}, (core.source,), event.outputs, "", False, event.run, event.line)
        path = weights[0].owner if affine else ""
        given = {"eps": core.eps, "affine": affine, "over": core.over}
        return OpStep(kind, given, (core.source,), event.outputs, path, affine, event.run, event.line)

    def _core(self, value: object) -> _Core:
        """The quotient of a tensor and the root of its variance. Raises `_Differs`."""
        above, below = self._pair(value, "/*")
        if self._operation(value) == "*" and self._operation(above) in ("rsqrt", "pow"):
            above, below = below, above
        power = 0.5 if self._operation(value) == "/" else -0.5
        mean, eps = self._pair(self._root(below, power), "+")
        if not isinstance(mean, Live):
            mean, eps = eps, mean
        if not isinstance(eps, float) or not isinstance(above, Live):
            raise _Differs
        centred = self._operation(above) == "-"
        source, over = self._centre(above) if centred else (above.number, None)
        axis = self._variance(mean, above, source if centred else None)
        if over not in (None, axis):
            raise _Differs
        return _Core(source, axis, eps, centred)

    def _root(self, value: object, power: float) -> object:
        """What a square root is of. Raises `_Differs`."""
        event = self._call(value)
        given = _operands(event)
        if _operation(event) == ("sqrt" if power > 0 else "rsqrt") or (
            _operation(event) == "pow" and given[1:] == (power,)
        ):
            return given[0]
        raise _Differs

    def _variance(self, value: object, above: Live, source: int | None) -> str:
        """The axis of a mean of squares of `above`, or of the variance of `source`. Raises `_Differs`."""
        event = self._call(value)
        operand, *_ = _operands(event)
        axis = self._axis(event)
        if _operation(event) == "var":
            biased = 0 in (event.keywords.get("unbiased"), event.keywords.get("correction"))
            if source is None or operand != Live(source) or not biased:
                raise _Differs
            return axis
        if _operation(event) != "mean":
            raise _Differs
        squared = self._call(operand)
        factors = _operands(squared)
        known = {"square": (), "pow": (2,), "*": (factors[0],)}.get(_operation(squared) or "")
        if known is None or factors[1:] != known:
            raise _Differs
        if factors[0] != above and self._centre(factors[0]) != (source, axis):
            raise _Differs
        return axis

    def _centre(self, value: object) -> tuple[int, str]:
        """The tensor of a difference of a tensor and its mean, and the axis. Raises `_Differs`."""
        whole, mean = self._pair(value, "-")
        event = self._call(mean)
        if _operation(event) != "mean" or not isinstance(whole, Live) or _operands(event)[0] != whole:
            raise _Differs
        return whole.number, self._axis(event)

    def _axis(self, event: CallEvent) -> str:
        """The axis of a mean that keeps its axes, as archc calls it. Raises `_Differs`."""
        shapes = self.recording.shapes
        before, after = shapes[event.reads()[0]], shapes[event.outputs[0]]
        if len(before) == len(after) and after == (1, *before[1:]) and len(before) > 1:
            return "channels"
        if len(before) == len(after) and after == (*before[:-1], 1):
            return "last" if len(before) > 1 else "all"
        raise _Differs

    def _with_weight(self, value: object, sign: str) -> tuple[object, OwnedWeight]:
        """The operands of a product or a sum with a weight. Raises `_Differs`."""
        one, other = self._pair(value, sign)
        if isinstance(one, OwnedWeight):
            one, other = other, one
        if not isinstance(other, OwnedWeight):
            raise _Differs
        return one, other

    def _pair(self, value: object, signs: str) -> tuple[object, object]:
        """The operands of a call of an operator. Raises `_Differs`."""
        event = self._call(value)
        given = _operands(event)
        more = event.keywords.keys() - {"input", "other"}  # a weight of the sum, or rounding
        if (_operation(event) or "?") not in signs or len(given) != 2 or more:
            raise _Differs
        return given[0], given[1]

    def _operation(self, value: object) -> str | None:
        call = self.makers.get(value.number) if isinstance(value, Live) else None
        return None if call is None else _operation(self.recording.events[call])

    def _call(self, value: object) -> CallEvent:
        """The call that makes a tensor. Raises `_Differs`."""
        if self._operation(value) is None:
            raise _Differs
        assert isinstance(value, Live)
        self.calls.add(self.makers[value.number])
        return self.recording.events[self.makers[value.number]]


def _operation(event: CallEvent) -> str | None:
    return None if event.module is not None else _NAMES.get(event.function.rpartition(".")[2])


def _operands(event: CallEvent) -> tuple[object, ...]:
    named = (event.keywords[n] for n in ("input", "other", "exponent") if n in event.keywords)
    given = (*event.arguments, *named)
    return given[:1] if _operation(event) in ("mean", "var", "sqrt", "rsqrt", "square") else given


def _fits(weights: Sequence[OwnedWeight], core: _Core, dims: Dims) -> bool:
    """Whether weights are those of the layer: their names, and one number for each place of the axis."""
    names = [weight.key.rpartition(".")[2] for weight in weights]
    size = dims[0] if core.over == "channels" else dims[-1]
    shape = (size, *(1 for _ in dims[1:])) if core.over == "channels" else (size,)
    return (
        names == (["bias", "weight"] if core.centred else ["weight"])
        and bool(weights[0].owner)
        and len({weight.owner for weight in weights}) == 1
        and all(w.shape == (size,) and (w.seen or w.shape) in (shape, (1, *shape)) for w in weights)
    )
