"""ReLU6: the rectifier with a ceiling."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class ReLU6(Elementwise):
    """min(max(x, 0), 6).

    Shape:  unchanged
    Cost:   element-wise: two operations per number (comparisons)
    Source: Howard et al. 2017, arXiv:1704.04861; Sandler et al. 2018, arXiv:1801.04381
    """

    family = "activation"
    examples = (Example("ReLU6", "64x56x56", "64x56x56"), Example("ReLU6", "4096", "4096"))
    needs_output = True
    steps = 2
