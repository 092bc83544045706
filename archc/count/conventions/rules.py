"""Rules as tables: what a tool counts for a module or a function that it knows; anything else is nothing to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archc.count.conventions.calls import SeenCall, calls, unfollowed
from archc.ir.network import Network
from archc.support.record import Record, field

Rules = Mapping[str, str]
"""What is counted, by name of the module or function: `"2*in + affine"`. See `calls.Call.numbers` for the words."""


def by_axes(names: Iterable[str], rule: str) -> dict[str, str]:
    """A rule for layers or functions that torch has for one axis, two and three: `by_axes(["nn.Conv"], "macs")`."""
    return {f"{name}{axes}d": rule for name in names for axes in (1, 2, 3)}


class ConventionTable(Record):
    """What a tool counts under one name (`unit`).

    `modules`: what hooks on `torch.nn` modules count; `*` stands for any other module with parameters. `functions`:
    what is counted for functions, whether a module calls them or `forward` does. A tool that has both counts both.
    """

    unit: str
    modules: Rules = field(default_factory=dict)
    functions: Rules = field(default_factory=dict)


class UnknownCount(ValueError):
    """What other tools count of a network is not known."""


class Convention(Record):
    """How a tool counts. `how`: the call whose result is meant; `tables`: the headline first; `why`: what to know."""

    name: str
    version: str
    how: str
    tables: tuple[ConventionTable, ...]
    why: str


class CallCount(Record):
    """The calls of one module or function by one kind of layer, the rule for them, and what it comes to."""

    op: str
    call: str
    rule: str
    calls: int
    count: int


class Counted(Record):
    """What a tool prints: under `unit`, `count`, the sum of its `parts`, the largest first."""

    name: str
    version: str
    unit: str
    count: int
    parts: tuple[CallCount, ...]


def counted(network: Network, conventions: Iterable[Convention]) -> tuple[Counted, ...]:
    """What each tool prints for the module that archc emits for `network`, one for each of its tables.

    Raises:
        UnknownCount: there is a layer of which it is not known what tools see.
    """
    if (kind := unfollowed(network)) is not None:
        raise UnknownCount(f"{network.name} has {kind}: what other tools count of it is not known")
    made = tuple(calls(network))
    return tuple(_by_table(one, table, made) for one in conventions for table in one.tables)


def _by_table(convention: Convention, table: ConventionTable, made: tuple[SeenCall, ...]) -> Counted:
    sums: dict[tuple[str, str, str], list[int]] = {}
    for call in made:
        for name, rule in _rules(table, call):
            total = sums.setdefault((call.op, name, rule), [0, 0])
            total[0] += 1
            total[1] += evaluate(rule, call.numbers)
    parts = [CallCount(o, n, r, c, total) for (o, n, r), (c, total) in sums.items() if total]
    parts.sort(key=lambda p: (-p.count, p.op, p.call))
    return Counted(
        name=convention.name,
        version=convention.version,
        unit=table.unit,
        count=sum(p.count for p in parts),
        parts=tuple(parts),
    )


def _rules(table: ConventionTable, call: SeenCall) -> list[tuple[str, str]]:
    """The rules that apply to a call: at most one of a module hook and one of a function."""
    found: list[tuple[str, str]] = []
    if call.module:
        rule = table.modules.get(call.module, table.modules.get("*", ""))
        found += [(call.module, rule)] if rule else []
    if call.function in table.functions:
        found.append((call.function, table.functions[call.function]))
    return found


def evaluate(rule: str, numbers: Mapping[str, int]) -> int:
    """The value of a rule: a sum of numbers, each with a factor or without one."""
    total = 0
    for term in rule.split(" + "):
        factor, _, name = term.rpartition("*")
        total += int(factor or 1) * numbers[name]
    return total
