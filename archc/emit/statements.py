"""Questions about the statements of a body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import cast

from archc.network.network import Bind, Branch, Chain, Choice, Group, Loop, Merge, Result, Statement

Line = tuple[int, str, str]
"""A statement: its indentation, its text, a comment."""


def flat(body: Sequence[Statement]) -> list[Statement]:
    """All statements of a body, those in branches too."""
    return [s for x in body for s in (x, *(flat(x.body) if isinstance(x, Branch) else ()))]


def results(rows: Sequence[Sequence[Statement]]) -> list[list[Result]]:
    """The results among statements side by side, those in branches taken too."""
    found: list[list[Result]] = []
    for row in rows:
        if isinstance(row[0], Result):
            found.append([cast(Result, r) for r in row])
        elif isinstance(row[0], Branch) and row[0].value:
            bodies = [cast(Branch, b).body for b in row]
            if len({len(b) for b in bodies}) == 1:
                found.extend(results(list(zip(*bodies, strict=True))))
    return found


def adds(branches: Sequence[Branch]) -> bool:
    """Whether what is guarded is a sum: a shortcut."""
    return any(
        isinstance(i, Merge) for b in branches if b.value for s in b.body if isinstance(s, Result) for c in s.chains
        for i in c.items
    )  # fmt: skip


def starts(body: Sequence[Statement], training: bool) -> set[str]:
    """The named tensors that chains start from: those of `return training`, or all others."""
    found: set[str] = set()
    for statement in flat(body):
        if isinstance(statement, Result) and statement.training == training:
            found |= {s for c in statement.chains for s in names_in(c)}
        elif isinstance(statement, Bind) and not training:
            found |= names_in(statement.chain)
    return found


def names_in(chain: Chain) -> set[str]:
    """The named tensors that a chain and the chains in it start from."""
    found = {chain.start} if chain.start else set()
    for item in chain.items:
        if isinstance(item, Merge):
            found |= {n for b in item.branches for n in names_in(b)}
        elif isinstance(item, Group | Choice):
            found |= names_in(item.chain)
        elif isinstance(item, Loop):
            found |= {n for turn_ in item.iterations for n in names_in(turn_.chain)}
    return found


def reused(lines: Sequence[Line], names: Iterable[str], current: str) -> list[Line]:
    """The lines of `forward` with `current` instead of each name whose tensor is dead when `current` is next set.

    So no tensor stays alive longer than it is needed. A name without a later `current = …` stays as it is.
    """
    found = list(lines)
    for name in sorted(names):
        set_at = [i for i, (_, text, _) in enumerate(found) if re.match(rf"{name}(: Tensor)? = ", text)]
        if len(set_at) != 1:
            continue
        start = set_at[0]
        later = range(start + 1, len(found))
        end = next((i for i in later if re.match(rf"{current}(: Tensor)? = ", found[i][1])), None)
        if end is None or any(indent for indent, _, _ in found[start : end + 1]):
            continue
        if any(_reads(found[i][1], name) for i in later if i > end):
            continue
        if any(_reads(found[i][1], current) for i in range(start + 1, end + 1)):
            continue
        for i in range(start, end + 1):
            indent, text, comment = found[i]
            text = re.sub(rf"(?<![.\w]){name}(?![\w=(])", current, text)
            found[i] = (indent, re.sub(r"^(\w+): Tensor = ", r"\1 = ", text) if i == start else text, comment)
    return found


def _reads(text: str, name: str) -> bool:
    """Whether a statement reads a variable."""
    _, assigned, value = text.partition(" = ")
    return re.search(rf"(?<![.\w]){name}(?![\w=(])", value if assigned else text) is not None


def guards_mention(body: Sequence[Statement], name: str) -> bool:
    """Whether a guard of a body reads `name`, such as `in_.channels`."""
    for statement in flat(body):
        chains: tuple[Chain, ...] = ()
        if isinstance(statement, Branch) and name in statement.condition:
            return True
        if isinstance(statement, Bind):
            chains = (statement.chain,)
        elif isinstance(statement, Result):
            chains = statement.chains
        if any(_guarded(chain, name) for chain in chains):
            return True
    return False


def _guarded(chain: Chain, name: str) -> bool:
    inner: list[Chain] = []
    for item in chain.items:
        if isinstance(item, Choice) and name in item.condition:
            return True
        if isinstance(item, Merge):
            inner += item.branches
        elif isinstance(item, Group | Choice):
            inner.append(item.chain)
        elif isinstance(item, Loop):
            inner += [turn_.chain for turn_ in item.iterations]
    return any(_guarded(c, name) for c in inner)
