"""Exercises: the shapes and parameters of a network as questions to be worked out by hand, and the marking."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archc.count.formulas import formulas_of
from archc.count.table import shape
from archc.diagnostics.source import value_text
from archc.ir.network import Network, Node, Ref
from archc.ir.op import Op
from archc.support.record import Record

_POSITIONS = 1
"""Arguments that are written without names."""


class Question(Record):
    """A question about the output shape and the parameters of a layer.

    `reads`: the numbers of the layers that it reads, and the names of inputs. `alike`: the number of an earlier layer
    with the same answers, or whose module it shares; 0 if there is none. `how`: how the parameters are counted, empty
    if there are none.
    """

    number: int
    path: str
    layer: str
    reads: tuple[str, ...]
    output: str
    params: int
    alike: int
    how: str


def questions(network: Network) -> tuple[Question, ...]:
    """A question for each layer in order, except for layers without weights that keep the shape of their inputs.

    Requires: the network is whole.
    """
    found: list[Question] = []
    numbers = {ref: name or "input" for ref, name in zip(network.inputs, network.input_names, strict=True)}
    asked: dict[int, Question] = {}
    known: dict[tuple[Op, tuple[str, ...]], int] = {}
    for index, node in enumerate(network.nodes):
        outputs = [Ref(index, out) for out in range(len(node.types))]
        if index in {ref.node for ref in network.inputs}:
            continue
        inputs = tuple(_shapes(network, node.inputs))
        written = ", ".join(_shapes(network, outputs))
        reads = tuple(dict.fromkeys(numbers[ref] for ref in node.inputs))
        params = _params(network, node)
        if node.shared in asked:
            params = asked[node.shared].params
        if not params and len(reads) == 1 and set(inputs) == {written}:
            numbers |= dict.fromkeys(outputs, reads[0])
            continue
        number = len(found) + 1
        alike = known.setdefault((node.op, inputs), number)
        how = str(formulas_of(network, node)["params"]) if params and node.shared is None else ""
        if params and node.shared in asked:
            how = f"the module of line {asked[node.shared].number}, whose parameters are there once"
        path = node.path or network.scopes[node.scope].path
        alike = alike if alike < number else 0
        asked[index] = Question(number, path, call(node.op), reads, written, params, alike, how)
        found.append(asked[index])
        numbers |= dict.fromkeys(outputs, str(number))
    return tuple(found)


def call(op: Op) -> str:
    """A layer as a spec would write it: `Conv(64, kernel=7, stride=2)`. Default values are left out."""
    kind, given = type(op), list[str]()
    for position, name in enumerate(kind.model_fields):
        value = getattr(op, name)
        if name in kind._defaults and value == kind._defaults[name]:
            continue
        text = f"{sum(map(len, value))} connections" if name == "table" else _text(value)
        given.append(text if position < _POSITIONS else f"{name}={text}")
    return f"{op.kind()}({', '.join(given)})" if given else op.kind()


def same_shape(answer: str, right: str) -> bool:
    """Whether an answer states a shape: `64x112x112`, `64 × 112 × 112`, `(64, 112, 112)`."""
    return _numbers(answer) == _numbers(right)


def same_number(answer: str, right: int) -> bool:
    """Whether an answer states a number: `9408`, `9,408`, `9 408`."""
    digits = re.sub(r"(?<=\d)[ ,_'\u00a0\u202f](?=\d{3}(?!\d))", "", answer.strip())
    return digits.isascii() and digits.isdigit() and int(digits[:40]) == right


def _numbers(text: str) -> list[list[str]] | None:
    """The sizes of each shape in a text; None for a text that holds anything else."""
    plain = text.strip().replace("×", "x").replace("*", "x").lower()
    shapes = [
        [size.strip().lstrip("0") for size in re.split(r"[x,]", one.strip().strip("()"))]
        for one in (re.split(r",\s+(?=\d+\s*x)", plain) if "x" in plain else [plain])
    ]
    return shapes if all(size.isascii() and size.isdigit() for one in shapes for size in one) else None


def _shapes(network: Network, refs: Iterator[Ref] | tuple[Ref, ...] | list[Ref]) -> Iterator[str]:
    return (shape(network.type_of(ref).dims) for ref in refs)


def _params(network: Network, node: Node) -> int:
    return formulas_of(network, node)["params"].value


def _text(value: object) -> str:
    """The text of an argument; one number for a size that is the same on all axes."""
    if isinstance(value, tuple) and value and len(set(value)) == 1 and isinstance(value[0], int):
        value = value[0]
    return value_text(value)
