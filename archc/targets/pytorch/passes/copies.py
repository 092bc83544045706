"""Remove copies: if a tensor is only given another name, the first name is read instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archc.support.record import replace
from archc.targets.pytorch.code import Class, Compute, Copy, PyFor, PyIf, PyReturn, Statement
from archc.targets.pytorch.walk import walk


def copies(made: Class) -> None:
    """Requires: no expression of `forward` is nested. Ensures: copies remain only where paths join, and in loops."""
    writes = Counter(t for s in walk(made.forward) if isinstance(s, Compute) for t in s.targets)
    made.forward = tuple(_without(made.forward, {}, writes))


def _without(statements: Sequence[Statement], known: dict[str, str], writes: Counter[str]) -> list[Statement]:
    own = Counter(t for s in statements if isinstance(s, Compute) for t in s.targets)
    found: list[Statement] = []
    versions: Counter[str] = Counter()
    for s in statements:
        match s:
            case Compute(targets=(target,), value=Copy(inputs=(source,))) if target == known.get(source, source):
                pass  # a turn that does not change the tensor
            case Compute(targets=(target,), value=Copy(inputs=(source,))) if (
                own[target] == writes[target] and writes[known.get(source, source)] <= 1
            ):
                known[target] = known.get(source, source)
            case Compute():
                inputs = tuple(known.get(v, v) for v in s.value.inputs)
                targets: list[str] = []
                for t in s.targets:
                    known.pop(t, None)
                    if own[t] == writes[t] > 1:  # in straight-line code, each value gets its own variable
                        versions[t] += 1
                        known[t] = f"{t}.{versions[t]}"
                    targets.append(known.get(t, t))
                found.append(replace(s, targets=tuple(targets), value=replace(s.value, inputs=inputs)))
            case PyReturn():
                found.append(
                    replace(
                        s,
                        values=tuple(known.get(v, v) for v in s.values),
                        training=tuple(known.get(v, v) for v in s.training),
                    )
                )
            case PyIf():
                then = _without(s.then, dict(known), writes)
                otherwise = _without(s.otherwise, dict(known), writes)
                found.append(PyIf(s.condition, tuple(then), tuple(otherwise)))
            case PyFor():
                found.append(replace(s, body=tuple(_without(s.body, dict(known), writes))))
            case _:
                found.append(s)
    return found
