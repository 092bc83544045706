"""The derivation of every number of every layer, in the notation of the lecture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from archc.count.counts import is_input
from archc.count.table import Column, Table, texts
from archc.ir.cost import Factor, Formula, extent
from archc.ir.network import Network, Node
from archc.ir.op import Weight
from archc.support.record import Record

QUANTITIES = ("params", "buffers", "macs", "elementwise", "activations", "connections")
"""The quantities of a layer, named after the fields of its row in `counts`."""
TITLES = {
    "params": "parameters",
    "buffers": "buffers",
    "macs": "MACs",
    "elementwise": "element-wise",
    "activations": "activations",
    "connections": "connections",
}


class Derivation(NamedTuple):
    """The derivation of a layer's number: `quantity` is one of `QUANTITIES`."""

    node: int
    place: str
    op: str
    quantity: str
    formula: Formula


class DerivationJson(Record):
    """A derivation for machines: the formula in symbols, in numbers and for LaTeX, and its value."""

    layer: str
    op: str
    quantity: str
    symbols: str
    numbers: str
    latex: str
    value: int


def derivations(network: Network, quantities: Iterable[str] = QUANTITIES) -> Iterator[Derivation]:
    """The derivations of all non-zero numbers, layer by layer in order of execution."""
    wanted = tuple(quantities)
    for index, node in enumerate(network.nodes):
        if is_input(node):
            continue
        place = node.path or network.scopes[node.scope].path
        found = formulas_of(network, node)
        for quantity in wanted:
            formula = found.get(quantity)
            if formula is not None and formula.value:
                yield Derivation(index, place, node.op.kind(), quantity, formula)


def formulas_of(network: Network, node: Node) -> Mapping[str, Formula]:
    """The formula of each quantity of a node; no connections if it has no weights of that kind."""
    xs = network.input_types(node)
    cost, weights = node.op.cost(xs, node.types), network.weights(node).values()
    found = {
        "params": _sizes(w for w in weights if w.kind == "parameter"),
        "buffers": _sizes(w for w in weights if w.kind == "buffer"),
        "macs": cost.macs,
        "elementwise": cost.elementwise,
        "activations": Formula(tuple(extent(y) for y in node.types)),
    }
    return found if cost.connections is None else found | {"connections": cost.connections}


def as_json(derivation: Derivation) -> DerivationJson:
    """For `--json`."""
    formula = derivation.formula
    return DerivationJson(
        layer=derivation.place,
        op=derivation.op,
        quantity=derivation.quantity,
        symbols=formula.symbols,
        numbers=formula.numbers,
        latex=formula.latex,
        value=formula.value,
    )


def as_latex(found: Iterable[Derivation]) -> str:
    """A LaTeX `longtable` for a paper, with the columns layer, quantity and formula."""
    lines = [r"\begin{longtable}{lll}", r"layer & & \\ \hline"]
    for d in found:
        place = d.place.replace("_", r"\_")
        lines.append(rf"\texttt{{{place}}} {d.op} & {TITLES[d.quantity]} & ${d.formula.latex}$ \\")
    return "\n".join([*lines, r"\end{longtable}"]) + "\n"


def _sizes(weights: Iterable[Weight]) -> Formula:
    """The sum of the sizes of weights."""
    return Formula(tuple(_size(weight) for weight in weights))


def _size(weight: Weight) -> tuple[Factor, ...]:
    """The size of a weight as factors, in the lecture's order: kernel, input, output."""
    if not weight.shape:
        return (("1", 1),)
    shape = weight.shape
    if len(weight.axes) == len(shape):
        names = weight.axes
    elif len(weight.axes) == 2 < len(shape):  # a 1x1 kernel, which has no symbols
        names, shape = weight.axes, shape[:2]
    else:
        names = tuple(f"L_{i + 1}" for i in range(len(shape)))
    factors = list(zip(names, shape, strict=True))
    return (*factors[2:], *reversed(factors[:2]))


def as_text(found: Iterable[Derivation]) -> str:
    """A line for each number, with its derivation."""
    lines = [(d.place, d.op, TITLES[d.quantity], str(d.formula)) for d in found]
    widths = [max((len(line[i]) for line in lines), default=0) for i in range(3)]
    return "".join(
        f"{'  '.join(cell.ljust(width) for cell, width in zip(line[:3], widths, strict=True))}  {line[3]}\n"
        for line in lines
    )


def as_table(found: Iterable[Derivation]) -> Table:
    """A table for Markdown, with mathematical formulas, and for CSV, with symbols and numbers."""
    columns = (*texts("layer op quantity formula"), Column("value"))
    rows = tuple((d.place, d.op, TITLES[d.quantity], f"${d.formula.latex}$", d.formula.value) for d in found)
    return Table(columns, rows)
