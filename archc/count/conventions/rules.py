"""Rules as tables: what a tool counts for each module or function that it knows. It counts 0 for anything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archc.count.conventions.calls import SeenCall, calls, unfollowed
from archc.ir.network import Network
from archc.support.record import Record, field

Rules = Mapping[str, str]
"""What is counted, by name of the module or function: `"2*in + affine"`. `SeenCall.numbers` explains the variables."""


def by_axes(names: Iterable[str], rule: str) -> dict[str, str]:
    """One rule for torch's 1d, 2d and 3d versions of layers or functions: `by_axes(["nn.Conv"], "macs")`."""
    return {f"{name}{axes}d": rule for name in names for axes in (1, 2, 3)}


class ConventionTable(Record):
    """What a tool counts under one name (`unit`).

    `modules`: rules of hooks on `torch.nn` modules; `*` stands for any other module with parameters. `functions`: rules
    for functions, whether a module or `forward` calls them. A tool with rules for both counts both.
    """

    unit: str
    modules: Rules = field(default_factory=dict)
    functions: Rules = field(default_factory=dict)


class UnknownCount(ValueError):
    """It is unknown what other tools count for a network."""


class Convention(Record):
    """How a tool counts.

    `how`: the call whose result is reproduced; `tables`: the headline first; `why`: an explanation.
    """

    name: str
    version: str
    how: str
    tables: tuple[ConventionTable, ...]
    why: str


class CallCount(Record):
    """The calls of one module or function by one kind of layer, the rule for them, and its result."""

    op: str
    call: str
    rule: str
    calls: int
    count: int


class Counted(Record):
    """What a tool prints: `count` of `unit`, the sum of `parts`, which are in descending order."""

    name: str
    version: str
    unit: str
    count: int
    parts: tuple[CallCount, ...]


def counted(network: Network, conventions: Iterable[Convention]) -> tuple[Counted, ...]:
    """What each tool prints for the module that archc emits for `network`: one entry for each of its tables.

    Raises:
        UnknownCount: it is unknown what tools see of a layer.
    """
    if (kind := unfollowed(network)) is not None:
        raise UnknownCount(f"{network.name} has {kind}: it is unknown what other tools count for it")
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
    """The rules that apply to a call: at most one for the module hook and one for the function."""
    found: list[tuple[str, str]] = []
    if call.module:
        rule = table.modules.get(call.module, table.modules.get("*", ""))
        found += [(call.module, rule)] if rule else []
    if call.function in table.functions:
        found.append((call.function, table.functions[call.function]))
    return found


def evaluate(rule: str, numbers: Mapping[str, int]) -> int:
    """The value of a rule: a sum of numbers, each with an optional factor."""
    total = 0
    for term in rule.split(" + "):
        factor, _, name = term.rpartition("*")
        total += int(factor or 1) * numbers[name]
    return total
