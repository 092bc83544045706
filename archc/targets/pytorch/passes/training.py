"""Mark what only training needs, so that evaluation neither computes nor keeps it."""

from __future__ import annotations

from archc.support.record import replace
from archc.targets.pytorch.code import Class, Compute, PyReturn, Statement
from archc.targets.pytorch.walk import tensors_read, walk


def training_only(made: Class) -> None:
    """Ensures: tensors that only a `return` in training reads are marked."""
    if not any(isinstance(s, PyReturn) and s.training for s in made.forward):
        return
    needed: set[str] = set()
    for s in walk(made.forward):
        if isinstance(s, PyReturn):
            needed.update(s.values)
    found: list[Statement] = []
    for s in reversed(made.forward):
        if isinstance(s, Compute) and not needed & set(s.targets) and _read(made, s):
            found.append(replace(s, training_only=True))
            continue
        for inner in walk((s,)):
            if isinstance(inner, Compute):
                needed.update(inner.value.inputs)
        found.append(s)
    made.forward = tuple(reversed(found))


def _read(made: Class, s: Compute) -> bool:
    """Whether a statement's tensors are read: a layer whose output is unread runs in both modes."""
    return len(s.targets) == 1 and any(s.targets[0] in tensors_read(x) for x in walk(made.forward))
