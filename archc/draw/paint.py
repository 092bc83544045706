"""A scene as PNG or PDF, painted by matplotlib with the shipped fonts."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from archc.draw.fonts import FOLDER, runs
from archc.draw.scene import Group, Mark, Scene, Shape, Text

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

LARGEST = 16000
"""Pixels along the longer side of a PNG."""


def paint(scene: Scene, format: Literal["png", "pdf"], scale: float = 2.0) -> bytes:
    """The scene as a file. `scale`: pixels a point of a PNG, less where that would be more than `LARGEST` in all."""
    import matplotlib as mpl
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    class Painting(Artist):
        """The scene as something that matplotlib draws."""

        def draw(self, renderer: Any) -> None:
            _Painter(renderer, canvas.dpi / 72, scene.height).scene(scene)

    dpi = 72 * min(scale, LARGEST / max(scene.width, scene.height)) if format == "png" else 72
    canvas = Figure(figsize=(scene.width / 72, scene.height / 72), dpi=dpi)
    canvas.patch.set_visible(False)
    canvas.add_artist(Painting())
    file = io.BytesIO()
    unsaid: dict[str, Any] = {"Software": None} if format == "png" else {"CreationDate": None, "Title": scene.title}
    with mpl.rc_context({"pdf.fonttype": 42, "text.parse_math": False, "text.usetex": False, "text.hinting": "none"}):
        canvas.savefig(file, format=format, dpi=dpi, metadata=unsaid)
    return file.getvalue()


@cache
def _font(file: str, size: float) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(FOLDER / file), size=size)


class _Painter:
    """Paints marks with a renderer of matplotlib, whose origin is at the bottom left."""

    def __init__(self, renderer: Any, unit: float, height: float) -> None:
        from matplotlib.transforms import Affine2D

        self.renderer = renderer
        self.unit = unit
        self.height = height
        self.transform = Affine2D().scale(unit, -unit).translate(0, height * unit)

    def scene(self, scene: Scene) -> None:
        """All of it."""
        for item in scene.items:
            for mark in item.marks if isinstance(item, Group) else (item,):
                self.mark(mark)

    def mark(self, mark: Mark) -> None:
        """A shape or a text."""
        if isinstance(mark, Text):
            self._text(mark)
        else:
            self._shape(mark)

    def _shape(self, shape: Shape) -> None:
        from matplotlib.colors import to_rgba
        from matplotlib.path import Path

        vertices, codes = [], []
        for i, numbers in enumerate(shape.path):
            pairs = [numbers[k : k + 2] for k in range(0, len(numbers), 2)]
            vertices += pairs
            codes += [Path.MOVETO if i == 0 else Path.LINETO] if len(pairs) == 1 else [Path.CURVE3] * 2
        if shape.closed:
            vertices.append((0.0, 0.0))
            codes.append(Path.CLOSEPOLY)
        pen = self.renderer.new_gc()
        pen.set_linewidth(shape.width * self.unit * 72 / self.renderer.dpi if shape.stroke else 0)
        pen.set_foreground(shape.stroke or "#000000")
        pen.set_joinstyle("round")
        if not shape.stroke:
            pen.set_alpha(1.0)
        if shape.dash:
            dash = shape.dash
            pen.set_dashes(0, [dash, dash])
        fill = to_rgba(shape.fill) if shape.fill else None
        self.renderer.draw_path(pen, Path(vertices, codes), self.transform, fill)
        pen.restore()

    def _text(self, text: Text) -> None:
        words = text.words
        pen = self.renderer.new_gc()
        pen.set_foreground(text.colour)
        x = words.rectangle[0]
        for file, run, width in runs(words.text, "bold" if words.bold else "regular"):
            at = (x * self.unit, (self.height - words.y) * self.unit)
            if self.renderer.flipy():
                at = (at[0], words.y * self.unit)
            self.renderer.draw_text(pen, *at, run, _font(file, words.size), 0)
            x += width * words.size
        pen.restore()
