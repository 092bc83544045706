"""The names of the results of a body."""

from __future__ import annotations

from collections.abc import Iterable

from archc.ir.network import Network, ScopeResult, Statement, taken


def result_names(body: Iterable[Statement]) -> tuple[str, ...]:
    """The name of each of a body's results, or the path of its module; empty for a result without either."""
    found: tuple[str, ...] = ()
    for statement in taken(body):
        if isinstance(statement, ScopeResult) and not statement.training:
            rows = [(chain.start if not chain.items else None, len(chain.result)) for chain in statement.chains]
            found = tuple(
                "" if name is None else name if number == 1 else f"{name}[{i}]"
                for name, number in rows
                for i in range(number)
            )
    return found


def output_names(network: Network) -> tuple[str, ...]:
    """The name of each output of a network; empty for a single one."""
    names = result_names(network.scopes[0].body)
    number = len(network.outputs)
    return names if number == len(names) > 1 else ("",) * number
