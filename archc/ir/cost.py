"""The cost of a layer, as formulas in the lecture's notation and their values."""

from __future__ import annotations

import re
from functools import cached_property
from math import prod
from typing import TypeAlias

from archc.ir.types import TensorType
from archc.support.record import Record

Factor: TypeAlias = tuple[str, int]
"""A symbol of the lecture and its value, such as `("D_K", 3)`."""


class Formula(Record):
    """A sum of products. The value is computed from the terms, so formula and number cannot disagree.

    `Formula((("D_K", 3), ("D_K", 3), ("M", 64), ("N", 64), ("D_F", 56), ("D_F", 56)))` is
    `D_K·D_K·M·N·D_F·D_F = 3·3·64·64·56·56 = 115,605,504`.
    """

    terms: tuple[tuple[Factor, ...], ...] = ()

    @classmethod
    def of(cls, *factors: Factor) -> Formula:
        """The product of `factors`."""
        return cls((factors,))

    def __add__(self, other: Formula) -> Formula:
        return Formula(self.terms + other.terms)

    @cached_property
    def value(self) -> int:
        """The number."""
        return sum(prod(number for _, number in term) for term in self.terms)

    @property
    def symbols(self) -> str:
        """The formula in symbols: `D_K·D_K·M·D_F·D_F + M·N·D_F·D_F`."""
        return " + ".join("·".join(symbol for symbol, _ in term) for term in self.terms) or "0"

    @property
    def numbers(self) -> str:
        """The formula in numbers: `3·3·64·56·56 + 64·64·56·56`."""
        return " + ".join("·".join(str(number) for _, number in term) for term in self.terms) or "0"

    @property
    def latex(self) -> str:
        r"""The formula in LaTeX: `D_K \cdot M = 3 \cdot 64 = 192`."""
        symbols = " + ".join(r" \cdot ".join(_latex(symbol) for symbol, _ in term) for term in self.terms)
        numbers = " + ".join(r" \cdot ".join(str(number) for _, number in term) for term in self.terms)
        value = f"{self.value:,}".replace(",", "{,}")
        forms = [symbols or "0", numbers or "0", value]
        return " = ".join(form for i, form in enumerate(forms) if i == 0 or form != forms[i - 1])

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        if self.numbers == str(self.value):
            return f"{self.symbols} = {self.value:,}"
        return f"{self.symbols} = {self.numbers} = {self.value:,}"


def _latex(symbol: str) -> str:
    """A symbol for LaTeX: `M/G` as a fraction, `D_K` unchanged, words upright."""
    if "/" in symbol:
        above, _, below = symbol.partition("/")
        return rf"\frac{{{above}}}{{{below}}}"
    return re.sub(r"[a-z]{2,}", lambda word: rf"\mathrm{{{word[0]}}}", symbol)


NOTHING = Formula()


class Cost(Record):
    """The work of one layer on one sample.

    `macs`: multiply-accumulates of convolutions and matrix products, without bias, as papers count them. `elementwise`:
    every other floating-point operation (bias, normalisation, activation, pooling, merging), as the docstring of the op
    defines them. FLOPs are `2 * macs + elementwise`. `connections`: uses of a weight, including biases (LeCun et al.
    1998), of a layer that has weights of this kind; None for any other.
    """

    macs: Formula = NOTHING
    elementwise: Formula = NOTHING
    connections: Formula | None = None


def extent(x: TensorType, channels: str = "N") -> tuple[Factor, ...]:
    """The numbers of a tensor as factors: `N·D_F·D_F`, `N·H·W` if it is not square, `N` for a vector."""
    if x.is_image:
        rows, columns = ("D_F", "D_F") if x.height == x.width else ("H", "W")
        return (channels, x.channels), (rows, x.height), (columns, x.width)
    return (channels, x.channels), *((f"L_{i}", n) for i, n in enumerate(x.dims[1:], 1))


def window(kernel: tuple[int, ...]) -> tuple[Factor, ...]:
    """A kernel as factors: `D_K·D_K`, `K_H·K_W` if it is not square, nothing for 1x1."""
    if all(n == 1 for n in kernel):
        return ()
    if all(n == kernel[0] for n in kernel):
        return tuple(("D_K", n) for n in kernel)
    return tuple(zip(by_axis("K", len(kernel)), kernel, strict=True))


def by_axis(symbol: str, axes: int) -> tuple[str, ...]:
    """A symbol for each axis: `K_H` and `K_W` of an image, `K_1`, `K_2` and `K_3` of a volume."""
    return (f"{symbol}_H", f"{symbol}_W") if axes == 2 else tuple(f"{symbol}_{i}" for i in range(1, axes + 1))


def each(steps: int, x: TensorType) -> Formula:
    """`steps` operations on each number of a tensor."""
    return Formula.of(*(() if steps == 1 else ((str(steps), steps),)), *extent(x))
