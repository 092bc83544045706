"""The output of `archc count`: the requested parts in the requested format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.count import table, tables
from archc.count.counts import Counts
from archc.count.facts import Facts, facts
from archc.count.table import Table, Unit
from archc.ir.network import Network
from archc.support.record import Record

ALIVE = 8
"""The number of tensors alive at a peak that are shown without `--top`."""


Known = tuple[Network, Counts]
"""A network with its counts."""


class CountRequest(Record):
    """The options of a count. `parts`: of `facts.PARTS`; `conventions`: names of tools; `bars`: for a terminal."""

    by: tables.By = "layer"
    depth: int | None = None
    top: int | None = None
    unit: Unit = "exact"
    parts: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    batch: int = 1
    dtype: str = "float32"
    bars: bool = False


class CountedNetwork(Record):
    """A network with its counts and facts."""

    network: Network
    counts: Counts
    facts: Facts


def counted(known: Known, request: CountRequest) -> CountedNetwork:
    """Compute the requested parts for a network and its counts."""
    network, counts = known
    parts = tuple(p for p in request.parts if p != "formulas")
    return CountedNetwork(
        network, counts, facts(network, counts, parts, request.conventions, request.batch, request.dtype)
    )


def as_json(networks: Sequence[Known], request: CountRequest) -> str:
    """An object for one network, an array for several."""
    from archc.count import document

    found = []
    for network, counts in networks:
        more = facts(network, counts, request.parts, request.conventions, request.batch, request.dtype)
        found.append((counts, more))
    return document.text(found)


def as_csv(networks: Sequence[Known], request: CountRequest) -> str:
    """Records of the requested table; of the layers if none is requested."""
    found = [counted(network, request) for network in networks]
    if not request.parts and not request.conventions:
        if request.depth is None and request.top is None:
            return tables.as_csv([one.counts for one in found], request.by)
        picked = [(o.counts, tables.counted(o.counts, request.by, request.depth, request.top)) for o in found]
        return table.as_csv([(counts.name, rows) for counts, rows in picked])
    return table.as_csv([(one.counts.name, next(_tables(one, request))[1]) for one in found])


def as_markdown(networks: Sequence[Known], request: CountRequest) -> str:
    """A heading for each network, and its tables."""
    texts: list[str] = []
    for one in (counted(network, request) for network in networks):
        texts.append(f"## {one.counts.name}\n")
        for title, rows, _ in _tables(one, request):
            texts.append((f"{title}\n\n" if title else "") + table.as_markdown(rows, request.unit))
    return "\n".join(texts)


def as_latex(networks: Sequence[Known]) -> str:
    """The derivations as `longtable`s."""
    from archc.count import formulas

    return "\n".join(formulas.as_latex(formulas.derivations(network)) for network, _ in networks)


def as_text(networks: Sequence[Known], request: CountRequest) -> str:
    """Text for a person: the summary and a table of counts, or the requested parts."""
    return "\n".join(_text(counted(network, request), request) for network in networks)


def _text(one: CountedNetwork, request: CountRequest) -> str:
    if not request.parts and not request.conventions:
        summary = tables.summary(one.counts, one.facts, request.unit)
        rows = tables.counted(one.counts, request.by, request.depth, request.top)
        return f"{summary}\n{_aligned(rows, request)}{tables.remarks(one.counts, request.by)}"
    texts = [f"{one.counts.name}: {tables.inputs(one.counts)} -> {table.shape(one.counts.output)}\n"]
    if "formulas" in request.parts:
        from archc.count import formulas

        texts = [f"{one.counts.name}\n{formulas.as_text(formulas.derivations(one.network))}"]
    for title, rows, remark in _tables(one, request):
        if title != "formulas":
            texts.append((f"{title}\n" if title else "") + _aligned(rows, request) + remark)
    return "\n".join(texts)


def _tables(one: CountedNetwork, request: CountRequest) -> Iterator[tuple[str, Table, str]]:
    """The requested tables, each with a title and a remark."""
    found = one.facts
    if not request.parts and not request.conventions:
        yield "", tables.counted(one.counts, request.by, request.depth, request.top), ""
    if "formulas" in request.parts:
        from archc.count import formulas

        yield "formulas", formulas.as_table(formulas.derivations(one.network)), ""
    if "fields" in request.parts:
        yield "", tables.fields(found), ""
    if found.traffic is not None:
        yield "", tables.traffic(found, request.top), ""
    if found.training is not None:
        yield "", tables.training(found.training), ""
    if found.memory is not None:
        top = request.top or ALIVE
        at = f"alive at the peak of inference, while {found.memory.inference.at} runs"
        yield f"batch {found.memory.batch}, {found.memory.dtype}", tables.peaks(found.memory), ""
        yield at, tables.alive(found.memory.inference, top), ""
    if request.conventions:
        yield from _conventions(one, request)


def _conventions(one: CountedNetwork, request: CountRequest) -> Iterator[tuple[str, Table, str]]:
    """One tool by its rules, or several side by side."""
    from archc.count.conventions import convention

    found = one.facts
    if len(request.conventions) == 1:
        for told in found.conventions or ():
            made = convention(told.name)
            yield f"{told.name} {told.version}: {made.how}", tables.parts(told), f"{made.why}\n"
    else:
        why = "".join(f"{name}: {convention(name).why}\n" for name in request.conventions)
        yield "what each tool counts", tables.side_by_side(found, one.counts), f"\n{why}"


def _aligned(rows: Table, request: CountRequest) -> str:
    return table.as_text(rows, request.unit, request.bars)
