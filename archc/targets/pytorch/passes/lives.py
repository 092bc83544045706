"""Allocate Python names to the variables of a function: a name is reused once its variable is dead."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Callable, Sequence

from archc.support.record import Struct, field
from archc.targets.pytorch.code import Compute, Copy, PyFor, PyIf, Statement
from archc.targets.pytorch.walk import tensors_written

POOL = ("x", "y", "z", "u", "v", "w")
GENERIC = frozenset({"x", "y"})


class Interval(Struct):
    """The live range of a variable: from its first to its last mention, in an order valid for every path."""

    start: int
    end: int


class Lives(Struct):
    """The live ranges of the tensors of a function."""

    reads: Callable[[Statement], tuple[str, ...]]
    found: dict[str, Interval] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    copies: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    number: int = 0

    def mention(self, name: str) -> None:
        """Record a read or write of a variable."""
        if name not in self.found:
            self.found[name] = Interval(self.number, self.number)
            self.order.append(name)
        self.found[name].end = max(self.number, self.found[name].end)

    def walk(self, statements: Sequence[Statement]) -> None:
        """Number statements; a variable that a loop reads from outside lives until the loop ends."""
        for s in statements:
            self.number += 1
            for name in self.reads(s):
                self.mention(name)
            if isinstance(s, Compute) and s.nested:
                continue  # a nested expression has no name
            if isinstance(s, Compute) and isinstance(s.value, Copy):
                self.copies.setdefault(s.targets[0], []).append((s.value.inputs[0], self.number))
            self.number += 1
            for name in tensors_written(s):
                self.mention(name)
            if isinstance(s, PyIf):  # both sides start after what precedes the `if`; what follows starts after both
                start = self.number
                self.walk(s.then)
                end, self.number = self.number, start
                self.walk(s.otherwise)
                self.number = max(end, self.number) + 1
            elif isinstance(s, PyFor):
                first = self.number
                known = set(self.found)
                self.walk(s.body)
                self.number += 1
                for name in known:
                    if self.found[name].end >= first:  # or it is on the other side of an `if`, and may end later
                        self.found[name].end = max(self.number, self.found[name].end)


def allot(
    inputs: Sequence[str],
    statements: Sequence[Statement],
    taken: frozenset[str],
    reads: Callable[[Statement], tuple[str, ...]],
) -> dict[str, str]:
    """Python names for the tensors of a function. `taken`: names with another meaning in it."""
    lives = Lives(reads)
    for name in inputs:
        lives.mention(name)
        lives.found[name].end = 1
    lives.walk(statements)
    held: dict[str, list[Interval]] = {}
    until: dict[str, int] = {}
    """The last range of each name; most variables begin after it."""
    names: dict[str, str] = {}

    def free(candidate: str, life: Interval) -> bool:
        if candidate in taken or keyword.iskeyword(candidate) or hasattr(builtins, candidate):
            return False
        if life.start >= until.get(candidate, 0):
            return True
        return all(life.start >= other.end or other.start >= life.end for other in held.get(candidate, ()))

    for var in lives.order:
        life = lives.found[var]
        hint = var.partition("~")[0]
        wished: list[str] = []
        if var in inputs or hint not in GENERIC:
            wished += [hint, f"{hint}_"]
        else:
            wished += [names[s] for s, _ in lives.copies.get(var, ()) if s in names]
            wished += [
                names[t] for t, sources in lives.copies.items() if t in names and any(s == var for s, _ in sources)
            ]
            wished += POOL
        number = 2
        base = wished[0] if hint not in GENERIC else "y"
        chosen = next((w for w in wished if free(w, life)), None)
        while chosen is None:
            candidate = f"{base}{number}"
            chosen = candidate if free(candidate, life) else None
            number += 1
        names[var] = chosen
        held.setdefault(chosen, []).append(life)
        until[chosen] = max(life.end, until.get(chosen, 0))
    return names
