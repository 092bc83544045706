"""Windows: cuts an image into windows."""

from __future__ import annotations

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.axes import WrongAxes
from archc.diagnostics.problems.shapes import WantsImage
from archc.diagnostics.problems.windows import UnevenWindows
from archc.ir.arguments import Flag, Place, Size
from archc.ir.op import Example, Op
from archc.ir.types import TensorType, Types
from archc.ir.window import Window


class Windows(Op):
    """Cuts the image into adjacent windows of `size` rows and columns; the features of each position are the last axis.

    Two axes are those of the windows, two those of the positions in each. With `spread`, the positions of a window are
    as far apart as possible, a grid over the whole image, as in MaxViT. `channels="last"` takes an image whose channels
    are its last axis. `FromWindows` is the inverse.

    Shape:  (c, h, w) -> (h / size_h, w / size_w, size_h, size_w, c)
    Cost:   none: it only moves numbers
    Source: Liu et al. 2021, arXiv:2103.14030, section 3.2; Tu et al. 2022, arXiv:2204.01697, section 3.2
    """

    size: Size
    spread: Flag = False
    channels: Place = "first"

    family = "shape"
    examples = (
        Example("Windows(7)", "64x56x56", "8x8x7x7x64"),
        Example("Windows(7, spread=true)", "64x56x56", "8x8x7x7x64"),
        Example('Windows(7, channels="last")', "56x56x96", "8x8x7x7x96"),
        Example("Windows(2x4)", "8x6x8", "3x2x2x4x8"),
    )
    keeps = "nothing"
    needs_output = True
    shares = True

    def infer(self, xs: Types) -> TensorType | Problem:
        (x,) = xs
        if not x.is_image:
            return WantsImage(kind="Windows", input=x.dims, at=InputRef(0))
        if len(self.size) != 2:
            return WrongAxes(kind="Windows", name="size", count=len(self.size), input=x.dims, at=ParamRef("size"))
        c, h, w = x.dims if self.channels == "first" else (x.dims[2], x.dims[0], x.dims[1])
        rows, columns = self.size
        if h % rows or w % columns:
            return UnevenWindows(size=self.size, rows=h, columns=w, at=ParamRef("size"))
        return TensorType.model_construct(dims=(h // rows, w // columns, rows, columns, c))

    def window(self, xs: Types, ys: Types) -> Window | None:
        return None

    def channel_axis(self, came: int, x: TensorType, y: TensorType) -> int:
        return len(y.dims) - 1
