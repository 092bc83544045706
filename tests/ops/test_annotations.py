"""An op whose module evaluates its annotations, without `from __future__ import annotations`."""

from typing import ClassVar

from archc.diagnostics.core import Problem
from archc.ir.arguments import PositiveInt
from archc.ir.op import Op
from archc.ir.types import TensorType, Types


class Repeated(Op):
    """Repeats the channels."""

    times: PositiveInt = 2
    family = "shape"
    note: ClassVar[str] = "is no argument"

    def infer(self, xs: Types) -> TensorType | Problem:
        return TensorType(dims=(xs[0].channels * self.times, *xs[0].dims[1:]))


def test_its_fields_are_its_arguments() -> None:
    assert tuple(Repeated.model_fields) == ("times",)
    assert Repeated(times=3).infer((TensorType(dims=(4, 8, 8)),)) == TensorType(dims=(12, 8, 8))
    assert Repeated().times == 2
    built = Repeated.build({"times": 0})
    assert isinstance(built, tuple) and built[0].message() == "`times` of Repeated cannot be 0"
