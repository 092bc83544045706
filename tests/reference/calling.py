"""Blocks called at arguments that their spec does not use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.reference.graph import Call
from tests.reference.network import Load, Network, nothing, reference
from tests.reference.reading import read
from tests.reference.tree import Definition, Invalid, Variant
from tests.reference.values import Defined, Layer, Shape, Size

LARGEST = 20
"""Rows and columns of an image that comes in."""
TRIES = 30


@dataclass(frozen=True)
class Fresh:
    """A block at other arguments: `text` is a spec of one model, `m`, that calls it once, on the tensors `inputs`."""

    block: str
    arguments: dict[str, Any]
    inputs: tuple[Shape, ...]
    text: str


def calls(text: str, seed: int, load: Load = nothing, each: int = 2) -> list[Fresh]:
    """For each block that a spec's networks call, up to `each` small models that call it at other arguments.

    Whole numbers become other ones, truth values are turned, lists keep their length; layers and blocks stay.
    Every text is valid by the reference.
    """
    rng = Random(f"calls {seed}")
    spec = read(text)
    names = [d.name for d in spec.declarations if isinstance(d, Variant)]
    names = names or [d.name for d in spec.declarations if isinstance(d, Definition) and d.kind == "model"]
    made: dict[str, list[Call]] = {}
    for name in names:
        for call in _calls(text, name, load):
            if call not in made.setdefault(call.block, []):
                made[call.block].append(call)
    shared = "".join(
        text[start:end]
        for d, start, end in zip(spec.declarations, spec.starts, [*spec.starts[1:], len(text)], strict=True)
        if not (isinstance(d, Variant) or (isinstance(d, Definition) and d.kind == "model"))
    )
    known = {d.name for d in spec.declarations if isinstance(d, Definition)}
    return [one for block in made if block in known for one in _fresh(rng, made[block], shared, load, each)]


def _calls(text: str, name: str, load: Load) -> list[Call]:
    try:
        return reference(text, name, load).calls
    except Invalid:  # a model whose parameters are to be given
        return []


def _fresh(rng: Random, used: list[Call], shared: str, load: Load, each: int) -> Iterator[Fresh]:
    found: list[Call] = []
    for _ in range(TRIES):
        old = rng.choice(used)
        call = Call(old.block, {n: _other(rng, v) for n, v in old.arguments.items()}, _inputs(rng, old), old.outputs)
        if call in used or call in found or _same(call, used) or len({x[1:] for x in call.inputs}) > 1:
            continue
        text = f"{shared.rstrip()}\n\n{_model(call)}"
        try:
            network = reference(text, "m", load)
        except Invalid:
            continue
        if not _small(network):
            continue
        found.append(call)
        yield Fresh(call.block, call.arguments, call.inputs, text)
        if len(found) == each:
            return


def _same(call: Call, used: list[Call]) -> bool:
    return any(call.arguments == old.arguments for old in used) and bool(call.arguments)


def _small(network: Network) -> bool:
    return len(network.nodes) < 600 and network.macs < 40_000_000 and network.params < 3_000_000


def _inputs(rng: Random, call: Call) -> tuple[Shape, ...]:
    """Small images, sometimes of other channels."""
    side = rng.randint(9, LARGEST)
    scale = rng.choice((1, 1, 2))
    return tuple((x[0] // scale or x[0], *(min(n, side) for n in x[1:])) for x in call.inputs)


def _other(rng: Random, value: Any) -> Any:
    if isinstance(value, bool):
        return value if rng.random() < 0.5 else not value
    if isinstance(value, int):
        choices = [value, value, value + 1, value * 2, value // 2 or value, max(value - 1, 0)]
        return rng.choice([*choices, 1, 2, 3] if value <= 4 else [*choices, value + 4, 8, 16])
    if isinstance(value, list | tuple):
        return type(value)(_other(rng, item) for item in value)
    return value


def _model(call: Call) -> str:
    """A model that calls a block once; several tensors are parts of its input."""
    first = call.inputs[0]
    shape = "x".join(map(str, (sum(x[0] for x in call.inputs), *first[1:])))
    said = ", ".join(f"{name}={written(value)}" for name, value in call.arguments.items())
    chain = f"{call.block}({said})" if said else call.block
    if len(call.inputs) > 1:
        chain = f"Split([{', '.join(str(x[0]) for x in call.inputs)}]) - {chain}"
    if call.outputs > 1:
        results = ", ".join(f"result{i}" for i in range(call.outputs))
        chain = f"{results} = {chain}\n  return {results}"
    else:
        chain = f"result = {chain}\n  result"
    return f"model m {{\n  input {shape}\n  {chain}\n}}\n"


def written(value: Any) -> str:
    """A value as it stands in a spec."""
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
