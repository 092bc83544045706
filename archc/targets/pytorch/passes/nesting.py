"""Nest expressions, by marking the statements that are written inside their reader: `self.fc(torch.flatten(x, 1))`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from archc.ir.expr import Const
from archc.support.record import replace
from archc.targets.pytorch.code import (
    Assign,
    CallModule,
    Class,
    Compute,
    Copy,
    New,
    Operation,
    PyFor,
    PyIf,
    PyReturn,
    Sequential,
    Statement,
)
from archc.targets.pytorch.walk import tensors_read, walk

_LONG, _WIDE, _RESULT = 50, 84, 1000
"""The maximum length to nest: in one operand, in all operands of a merge, in a `return`."""


def nest(made: Class) -> None:
    """Ensures: a marked statement's value is read once, by a later statement, with only marked ones between them."""
    made.forward = Nesting(made).run(made.forward)


class Nesting:
    """Decides what to nest in one `forward`."""

    def __init__(self, made: Class) -> None:
        self.made = made
        self.counts = Counter(name for s in walk(made.forward) for name in tensors_read(s))
        self.inside: dict[str, Compute] = {}

    def run(self, statements: Sequence[Statement]) -> tuple[Statement, ...]:
        """Mark statements, including those inside others."""
        found: list[Statement] = []
        for s in statements:
            match s:
                case PyIf():
                    found.append(PyIf(s.condition, self.run(s.then), self.run(s.otherwise)))
                case PyFor():
                    found.append(replace(s, body=self.run(s.body)))
                case Compute() | PyReturn():
                    self.gather(s, found)
                    found.append(s)
                case _:
                    found.append(s)
        return tuple(found)

    def gather(self, reader: Compute | PyReturn, before: list[Statement]) -> None:
        """Mark the statements right before a statement that compute its inputs, last first, as long as they fit."""
        inputs = list(tensors_read(reader))
        room = _RESULT if isinstance(reader, PyReturn) else _LONG if len(inputs) == 1 else _WIDE
        position = len(before)
        while position and inputs:
            position -= 1
            last = before[position]
            if isinstance(last, Compute) and last.nested:
                continue  # it is nested in a later one
            if not (isinstance(last, Compute) and len(last.targets) == 1 and last.targets[0] in inputs):
                break
            if not self.may_nest(last, reader) or self.width(last) > room:
                break
            before[position] = replace(last, nested=True)
            self.inside[last.targets[0]] = last
            room -= self.width(last)
            inputs = inputs[: inputs.index(last.targets[0])]

    def width(self, s: Compute) -> int:
        """The approximate length of a statement's expression."""
        inner = sum(self.width(self.inside[v]) if v in self.inside else 1 for v in s.value.inputs)
        match s.value:
            case CallModule(name=name):
                return inner + 7 + (len(str(name.value)) if isinstance(name, Const) else 30)
            case Operation():
                return inner + len(s.value.template) + 12 * s.value.template.startswith("F.") + 8 * s.value.inplace
            case _:
                return inner

    def may_nest(self, value: Compute, reader: Statement) -> bool:
        """Whether a value may be nested in the statement that reads it."""
        if value.training_only or len(value.targets) != 1 or self.counts[value.targets[0]] != 1:
            return False
        if isinstance(value.value, Copy) or isinstance(reader, PyIf | PyFor | Assign):
            return False
        if isinstance(value.value, Operation):
            family = value.value.op.family
            merging = isinstance(reader, Compute) and len(reader.value.inputs) > 1
            if family == "activation" and not isinstance(reader, PyReturn):
                return False
            if family == "pool" and not isinstance(reader, PyReturn):
                return isinstance(reader, Compute) and isinstance(reader.value, Operation) and not merging
        big = isinstance(value.value, CallModule) and isinstance(value.value.build, New | Sequential)
        calls = isinstance(reader, Compute) and isinstance(reader.value, CallModule)
        if self.made.kind == "model" and big and calls:
            return False
        return not (isinstance(reader, Compute) and isinstance(reader.value, Copy))
