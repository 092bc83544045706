"""MatMul: the product of two matrices."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, Problem
from archc.diagnostics.problems.branches import MatrixMismatch
from archc.ir.arguments import Flag
from archc.ir.autograd import Saved
from archc.ir.cost import Cost, Formula
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class MatMul(Op):
    """The matrix product of two tensors, over their last two axes; the other axes are equal.

    With `transpose`, the second is transposed first: `(q, k) - MatMul(true)` compares each query with each key.

    Shape:  (…, n, k), (…, k, m) -> (…, n, m); with `transpose` (…, n, k), (…, m, k) -> (…, n, m)
    Cost:   macs = n * k * m for each pair of matrices
    Source: Vaswani et al. 2017, arXiv:1706.03762, equation 1
    """

    transpose: Flag = False

    inputs = (2, 2)
    family = "merge"
    examples = (
        Example("MatMul", "197x64; 64x32", "197x32"),
        Example("MatMul(transpose=true)", "8x49x32; 8x49x32", "8x49x49"),
        Example("MatMul", "8x49x49; 8x49x32", "8x49x32"),
    )

    def infer(self, xs: Types) -> TensorType | Problem:
        left, right = (x.dims for x in xs)
        wrong = MatrixMismatch(first=left, other=right, transpose=bool(self.transpose), at=InputRef(1))
        if len(left) < 2 or len(left) != len(right) or left[:-2] != right[:-2]:
            return wrong
        inner, columns = (right[-1], right[-2]) if self.transpose else (right[-2], right[-1])
        return wrong if left[-1] != inner else TensorType.model_construct(dims=(*left[:-1], columns))

    def cost(self, xs: Types, ys: Types) -> Cost:
        (y,) = ys
        factors = [("M", xs[0].dims[-1]), ("N", y.dims[-1]), ("n", y.dims[-2])]
        return Cost(Formula.of(*((f"b{i}", size) for i, size in enumerate(y.dims[:-2])), *factors))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        """Each factor is needed for the other's gradient."""
        return Saved("input", 0, needs=1), Saved("input", 1, needs=0)

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None
