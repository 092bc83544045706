"""Mark what only training needs, so that evaluation neither computes nor keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.support.record import replace
from archc.targets.pytorch.code import Class, Compute, PyReturn, Statement
from archc.targets.pytorch.walk import tensors_read, walk


def training_only(made: Class) -> None:
    """Ensures: the statements that only a `return` in training needs are marked, and unread ones that read these.

    Other unread statements run in both modes.
    """
    returns = [s for s in walk(made.forward) if isinstance(s, PyReturn)]
    if not any(r.training for r in returns):
        return
    evaluation = _needed(made.forward, {v for r in returns for v in r.values})
    training = _needed(made.forward, {v for r in returns for v in r.training}) - evaluation
    found: list[Statement] = []
    for s in made.forward:
        if isinstance(s, Compute) and not evaluation & set(s.targets) and training & {*s.targets, *s.value.inputs}:
            training.update(s.targets)
            s = replace(s, training_only=True)
        found.append(s)
    made.forward = tuple(found)


def _needed(statements: Sequence[Statement], results: set[str]) -> set[str]:
    """The tensors from which results are computed; loops and choices count as needed."""
    found = set(results)
    for s in reversed(statements):
        if isinstance(s, Compute) and not found & set(s.targets):
            continue
        found.update(name for inner in _inside(s) for name in tensors_read(inner))
    return found


def _inside(s: Statement) -> Iterator[Statement]:
    return (inner for inner in walk((s,)) if not isinstance(inner, PyReturn))
