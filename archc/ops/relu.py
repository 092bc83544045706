"""ReLU: the rectifier."""

from __future__ import annotations

from archc.ir.op import Example
from archc.ops._elementwise import Elementwise


class ReLU(Elementwise):
    """max(x, 0).

    Shape:  unchanged
    Cost:   element-wise: one operation per number (a comparison)
    Source: Nair & Hinton 2010; Krizhevsky, Sutskever, Hinton 2012, section 3.1
    """

    family = "activation"
    examples = (Example("ReLU", "64x56x56", "64x56x56"), Example("ReLU", "4096", "4096"))
    needs_output = True
    keeps = "outputs"
    steps = 1
