"""Sweeps: one network with many inputs and arguments, each checked and counted.

A point of a sweep is the variant that a spec would have for it, `variant resnet50 = resnet50(classes=10) { input
3x128x128 }`, elaborated in the spec's file; so it gives the same result, errors included. The points share a library: a
block with the same arguments and the same input is expanded and counted once (see `elaborate.templates`).
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain, product

from archc.count.counts import count
from archc.count.totals import KnownTotals, Totals, totals, totals_of
from archc.diagnostics.core import Diagnostic, Reporter
from archc.diagnostics.source import Source
from archc.elaborate.models import elaborate_one, layers_of
from archc.elaborate.values import DefinitionRef
from archc.ir.network import Network
from archc.pipeline import DEFAULTS, opened, reader_of
from archc.resolve import Definition, Load
from archc.resolve.budget import Budget
from archc.support.record import Record
from archc.syntax import tree
from archc.syntax.parser import parse

Values = Mapping[str, str]
"""What a point sets: arguments of the model as a spec writes them, and shapes of its inputs by their names.

`input` is the shape of the only one.
"""
MOST_TEMPLATES = 20_000
"""The maximum number of blocks that are cached."""


class SweepPoint(Record):
    """One network of a sweep: its settings, and its totals, which are None if there are errors.

    `diagnostics` are about `source`, the variant that the point stands for, and about the spec.
    """

    values: Values
    totals: Totals | None
    diagnostics: tuple[Diagnostic, ...]
    source: Source


def combinations(axes: Mapping[str, Sequence[str]]) -> list[Values]:
    """All combinations of the values of the axes, the last axis changing fastest."""
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def points_of(network: Network, axes: Mapping[str, Sequence[str]]) -> list[Values]:
    """The points of a sweep of a network. A number in place of a shape is the size of all axes but the first.

    The axis `input` applies to all inputs; if there are several, its values are numbers.

    Raises:
        ValueError: One shape is given for several inputs, or two axes for one input.
    """
    types = dict(zip(network.input_names, map(network.type_of, network.inputs), strict=True))
    several = len(types) > 1
    inputs = types if several or "input" not in axes else {"input": next(iter(types.values()))}
    twice = next((name for name in axes if name in types and "input" in axes), None)
    if twice is not None:
        raise ValueError(f"the input {twice!r} is given twice: `input` means all inputs")
    if several and (odd := next((shape for shape in axes.get("input", ()) if not shape.isdecimal()), None)):
        names = " ".join(f"{name}={type}" for name, type in types.items())
        raise ValueError(f"{network.name} has {len(types)} inputs, and {odd} names none of them, as {names} do")

    def shape(name: str, value: str) -> str:
        type = inputs.get(name)
        if type is None or not type.axes or not value.isdecimal():
            return value
        return "x".join([str(type.channels), *[value] * type.axes])

    def point(values: Values) -> Values:
        pairs = ((one, value) for name, value in values.items() for one in (inputs if name == "input" else (name,)))
        return {name: shape(name, value) for name, value in pairs}

    return list(map(point, combinations(axes)))


def sweep(
    source: Source,
    load: Load,
    member: str,
    points: Sequence[Values],
    processes: int = 1,
    inputs: Collection[str] = (),
) -> Iterator[SweepPoint]:
    """Check and count a member of a spec with the values of each point, in order; `inputs` are the names of inputs.

    With more than one process the points are distributed; `load` must then be picklable, and a script must guard its
    start with `if __name__ == "__main__"`. Requires: the spec has no errors, and `member` is defined in it.
    """
    work = partial(_swept, source, load, member, frozenset(inputs))
    if processes <= 1 or len(points) < processes:
        yield from work(points)
        return
    size = -(-len(points) // processes)
    shares = [points[start : start + size] for start in range(0, len(points), size)]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        yield from chain.from_iterable(pool.map(work, shares))


def _swept(
    source: Source, load: Load, member: str, inputs: Collection[str], points: Sequence[Values]
) -> list[SweepPoint]:
    return list(map(SweptMember(source, load, member, inputs).point, points))


class SweptMember:
    """A member of a spec, prepared for a sweep."""

    def __init__(self, source: Source, load: Load, member: str, inputs: Collection[str] = ()) -> None:
        self.library, self.module = opened(reader_of(load), source)
        self.member = member
        self.inputs = inputs
        self._names: Mapping[tree.Tree, Definition] = {}
        self.work = KnownTotals()

    def point(self, values: Values) -> SweepPoint:
        """Count with these values."""
        source = Source("sweep", _variant(self.member, values, self.inputs))
        defined = self._declared(source)
        summed = layers_of(self.library, self.module, defined) if defined is not None else None
        if summed is not None:
            found: Totals | None = totals(summed.inputs[0], summed.output, summed.own, summed.blocks, self.work)
        else:
            network = self.network(values)
            found = totals_of(count(network)) if network is not None else None
        return SweepPoint(values, found, self.library.reporter.in_order(), source)

    def network(self, values: Values) -> Network | None:
        """The network with these values; None if there are errors, which the library's reporter then has."""
        defined = self._declared(Source("sweep", _variant(self.member, values, self.inputs)))
        made = elaborate_one(self.library, self.module, defined, DEFAULTS) if defined is not None else None
        return made.network if made is not None and not made.network.partial else None

    def _declared(self, source: Source) -> DefinitionRef | None:
        """The variant that a source declares, as if it were part of the spec's file."""
        reporter = self._start()
        declared = parse(source, reporter).declarations
        if reporter.errors or len(declared) != 1 or not isinstance(declared[0], tree.Variant):
            return None
        file, resolved = self.module.source.name, self.library.resolved
        self._names = resolved.apart(declared[0], file, reporter)
        resolved.bindings.update(self._names)
        return DefinitionRef(declared[0], self.library.env(file))

    def _start(self) -> Reporter:
        """Reset the diagnostics and the limits, but keep the cached blocks."""
        library = self.library
        for name in self._names:  # those of the previous point
            library.resolved.bindings.pop(name, None)
        library.reporter, library.budget = Reporter(), Budget()
        if len(library.templates) > MOST_TEMPLATES:
            library.templates.clear()
            self.work = KnownTotals()
        return library.reporter


def _variant(member: str, values: Values, inputs: Collection[str]) -> str:
    """The variant with these values, as a spec writes it."""
    arguments = ", ".join(f"{name}={value}" for name, value in values.items() if name not in {"input", *inputs})
    shapes = [f"  input {name}: {values[name]}\n" for name in inputs if name in values]
    if "input" in values:
        shapes.append(f"  input {values['input']}\n")
    return f"variant {member} = {member}({arguments}) {{\n{''.join(shapes)}}}\n"


def written(value: object) -> str:
    """A Python value as a spec writes it; a `str` is an expression of the language."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case list() | tuple():
            return f"[{', '.join(map(written, value))}]"
        case _:
            return str(value)
