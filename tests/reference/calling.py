"""Calls of blocks with arguments that no network of their file uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.reference.graph import Call
from tests.reference.network import Load, Network, reference
from tests.reference.reading import read
from tests.reference.tree import Definition, Import, Invalid, Variant
from tests.reference.values import Defined, Layer, Shape, Size

LARGEST = 20
"""Rows and columns of an image that comes in."""
TRIES = 90


@dataclass(frozen=True)
class Freedom:
    """What may vary in calls of a block: these parameters, the channels of these inputs, heights and widths.

    `ties`: inputs whose channels always equal a parameter, or those of another input. `turns`: a number that is never 0
    in the file may be 0. `logits`: the block ends in probabilities, and its class returns the logits.
    """

    parameters: Collection[str]
    channels: Collection[int]
    sizes: bool = True
    ties: Mapping[int, str | int] = field(default_factory=dict)
    turns: bool = True
    logits: bool = False


@dataclass
class Fresh:
    """Another call of a block: `text` is a spec of one model, `m`, that makes it and is valid by the reference."""

    call: Call
    text: str
    network: Network


def fresh(rng: Random, text: str, calls: list[Call], free: Freedom, used: Collection[Call], load: Load) -> Fresh | None:
    """A new call of a block, given the calls in the networks of a spec; None if none is found.

    Integers change, booleans are negated, lists keep their length, and a layer is one that some call passes.
    """
    shared = without_networks(text, calls[0].block, load)
    spare: Fresh | None = None
    for _ in range(TRIES):
        old = rng.choice(calls)
        arguments = {n: _value(rng, calls, n, v) if n in free.parameters else v for n, v in old.arguments.items()}
        if not free.turns and any(
            0 in _numbers(v) and 0 not in _numbers(old.arguments[n]) for n, v in arguments.items()
        ):
            continue
        call = Call(old.block, arguments, _inputs(rng, free, old, arguments), old.outputs)
        if call in used or len({x[1:] for x in call.inputs}) > 1:
            continue
        other = f"{shared.rstrip()}\n\n{_model(call, free.logits)}"
        try:
            network = reference(other, "m", load)
        except Invalid:
            continue
        if _small(network):
            return Fresh(call, other, network)
        spare = spare or (Fresh(call, other, network) if _small(network, 12) else None)
    return spare


def without_networks(text: str, block: str, load: Load) -> str:
    """A spec without its models and variants, including a block that may come from an imported file."""
    spec = read(text)
    parts = zip(spec.declarations, spec.starts, [*spec.starts[1:], len(text)], strict=True)
    shared = "".join(
        text[start:end]
        for d, start, end in parts
        if not (isinstance(d, Variant) or (isinstance(d, Definition) and d.kind == "model"))
    )
    known = {d.name for d in spec.declarations if isinstance(d, Definition)}
    imports = [d for d in spec.declarations if isinstance(d, Import)]
    if block in known or any(block in d.names for d in imports):
        return shared
    for d in imports:
        if any(isinstance(o, Definition) and o.name == block for o in read(load(d.path)).declarations):
            return f'from "{d.path}" use {block}\n{shared}'
    return shared


def _small(network: Network, times: int = 1) -> bool:
    return len(network.nodes) < 600 and network.macs < 4e7 * times and network.params < 3e6 * times


def _inputs(rng: Random, free: Freedom, call: Call, arguments: Mapping[str, Any]) -> tuple[Shape, ...]:
    """Small images, sometimes with other channels."""
    side, scale = rng.randint(5, LARGEST), rng.choice((1, 1, 2, 4, 16))
    found: list[Shape] = []
    for i, (channels, *rest) in enumerate(call.inputs):
        sizes = [max(1, min(n, side) - axis * (side % 2)) for axis, n in enumerate(rest)] if free.sizes else rest
        tie = free.ties.get(i, i)
        if isinstance(tie, str):
            channels = arguments[tie]
        else:
            channels = call.inputs[tie][0]
            channels = channels // scale or channels if tie in free.channels else channels
        found.append((channels, *sizes))
    return tuple(found)


def _value(rng: Random, calls: list[Call], name: str, value: Any) -> Any:
    """Another value for a parameter; a layer or `none` becomes another value that some call passes."""
    if value is None or isinstance(value, Layer | Defined):
        return rng.choice([c.arguments[name] for c in calls])
    if isinstance(value, float):
        return rng.choice((value, value / 2))
    if isinstance(value, int) and not isinstance(value, bool) and value > 64:
        return rng.choice((_other(rng, value), 8, 16, 32))
    return _other(rng, value)


def _numbers(value: Any) -> list[Any]:
    """The numbers in a value, without booleans."""
    if isinstance(value, list | tuple):
        return [n for item in value for n in _numbers(item)]
    return [] if isinstance(value, bool) else [value]


def _other(rng: Random, value: Any) -> Any:
    if isinstance(value, bool):
        return value if rng.random() < 0.5 else not value
    if isinstance(value, int):
        choices = [value, value, value + 1, value * 2, value // 2 or value, max(value - 1, 0)]
        return rng.choice([*choices, 1, 2, 3] if value <= 4 else [*choices, value + 4, 8, 16])
    if isinstance(value, list | tuple):
        return type(value)(_other(rng, item) for item in value)
    return value


def _model(call: Call, logits: bool) -> str:
    """A model that calls a block once; if the block reads several tensors, they are parts of its input.

    `logits`: a block that ends in probabilities returns its logits, as at the end of a model.
    """
    first = call.inputs[0]
    shape = "x".join(map(str, (sum(x[0] for x in call.inputs), *first[1:])))
    said = ", ".join(f"{name}={written(value)}" for name, value in call.arguments.items())
    chain = f"{call.block}({said})" if said else call.block
    if len(call.inputs) > 1:
        chain = f"Split([{', '.join(str(x[0]) for x in call.inputs)}]) - {chain}"
    if call.outputs > 1:
        results = ", ".join(f"result{i}" for i in range(call.outputs))
        told = results if logits else results.replace("result0", "result0 - Identity", 1)
        chain = f"{results} = {chain}\n  return {told}"
    else:
        chain = f"result = {chain}\n  result{'' if logits else ' - Identity'}"
    return f"model m {{\n  input {shape}\n  {chain}\n}}\n"


def written(value: Any) -> str:
    """A value as a spec writes it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Layer):
        return value.kind
    if isinstance(value, Defined):
        return value.definition.name
    if isinstance(value, Size):
        return "x".join(map(str, value.dims))
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(written, value))}{',' if len(value) == 1 else ''})"
    return f'"{value}"' if isinstance(value, str) else repr(value)
