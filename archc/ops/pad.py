"""Pad: adds rows and columns around an image."""

from __future__ import annotations

from archc.diagnostics.core import ParamRef, Problem
from archc.diagnostics.problems.paddings import PadTakesTooMuch
from archc.ir import padding
from archc.ir.arguments import Margins, PadMode
from archc.ir.autograd import Saved
from archc.ir.op import Example
from archc.ir.padding import Sides
from archc.ir.types import TensorType, Types
from archc.ir.window import Window
from archc.ops._spatial import Spatial


class Pad(Spatial):
    """Adds rows and columns around the image, before layers without such padding: `Pad([[0, 1]]) - MPool(3, 2)`.

    `pad` is a numeric padding as in `Conv`: one for all sides, `1x2` for rows and columns, `[[0, 1], [2, 3]]` for
    before and after each axis, `[[0, 1]]` for all axes. A negative number removes rows or columns. `pad_mode` is the
    kind of padding: `"zeros"`, `"reflect"`, `"replicate"` or `"circular"`.

    `x - Pad([[0, y.height - x.height], [0, y.width - x.width]])` is `x`, enlarged to the size of `y`.

    Shape:  (c, h, w) -> (c, before + h + after, before + w + after)
    Cost:   none
    Source: torch.nn.functional.pad
    """

    pad: Margins
    pad_mode: PadMode = "zeros"

    family = "shape"
    examples = (
        Example("Pad(1)", "64x55x55", "64x57x57"),
        Example("Pad([[0, 1]])", "8x7x6", "8x8x7"),
        Example("Pad([[0, 1], [2, 3]])", "8x8x8", "8x9x13"),
        Example('Pad(3, pad_mode="reflect")', "3x32x32", "3x38x38"),
        Example('Pad(1x2, pad_mode="circular")', "4x5x6", "4x7x10"),
        Example('Pad([[2, 0]], pad_mode="replicate")', "4x100", "4x102"),
        Example("Pad([[-1, 0]])", "8x8x8", "8x7x7"),
        Example("Pad(1)", "3x4x8x8", "3x6x10x10"),
    )
    keeps = "nothing"

    def sides(self) -> Sides:
        """The padding before and after each axis."""
        return padding.both(self.pad)

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if problem := self.misfit(x) or padding.padding_problem("Pad", x, self.sides(), self.pad_mode):
            return problem
        space = tuple(before + n + behind for n, (before, behind) in zip(x.space, self.sides(), strict=True))
        mixed = self.pad_mode != "zeros" and any(n < 0 for side in self.sides() for n in side)
        if mixed or any(n < 1 for n in space):
            return PadTakesTooMuch(mode=self.pad_mode, input=x.dims, at=ParamRef("pad"))
        return TensorType.model_construct(dims=(x.channels, *space))

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return (Saved("input"),) if self.pad_mode in ("reflect", "replicate") else ()

    def window(self, xs: Types, ys: Types) -> Window:
        sides = self.sides()
        return Window.of((1,) * len(sides), pad=tuple(before for before, _ in sides))
