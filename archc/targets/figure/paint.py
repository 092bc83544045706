"""A scene as PNG or PDF, painted by matplotlib with the shipped fonts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from archc.support.extras import require
from archc.targets.figure.fonts import FILES, FOLDER, runs
from archc.targets.figure.scene import Mark, MarkGroup, PathMark, Scene, TextMark

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

SHIPPED = frozenset(file for files in FILES.values() for file in files)
LARGEST = 16000
"""The maximum number of pixels along the longer side of a PNG."""


def paint(scenes: Sequence[Scene], format: Literal["png", "pdf"], scale: float = 2.0) -> bytes:
    """The scene as a PNG, or the scenes as the pages of a PDF.

    `scale`: the pixels per point of a PNG, reduced if the image would exceed `LARGEST`.
    """
    require("matplotlib")
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import PdfPages

    file = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42, "text.parse_math": False, "text.usetex": False, "text.hinting": "none"}):
        if format == "png":
            canvas = _canvas(scenes[0], scale)
            canvas.savefig(file, format=format, dpi=canvas.dpi, metadata={"Software": None})
        else:
            with PdfPages(file, metadata={"CreationDate": None, "Title": scenes[0].title}) as pages:
                for scene in scenes:
                    pages.savefig(_canvas(scene, 1.0))
    return file.getvalue()


def _canvas(scene: Scene, scale: float) -> Figure:
    """The scene as a figure of matplotlib."""
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    cut, paper = (scene.paper.cut, scene.paper.scale) if scene.paper is not None else (0.0, 1.0)
    width, height = ((size - 2 * cut) * paper for size in (scene.width, scene.height))
    dpi = 72 * min(scale, LARGEST / max(width, height))

    class Painting(Artist):
        """The scene as an artist of matplotlib."""

        def draw(self, renderer: Any) -> None:
            _Painter(renderer, canvas.dpi / 72 * paper, scene.height - 2 * cut, cut).scene(scene)

    canvas = Figure(figsize=(width / 72, height / 72), dpi=dpi)
    canvas.patch.set_visible(False)
    canvas.add_artist(Painting())
    return canvas


@cache
def _font(file: str, size: float) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(FOLDER / file), size=size)


class _Painter:
    """Paints marks with a renderer of matplotlib, whose origin is at the bottom left.

    `unit`: the renderer's units per point of the figure; `height`: that of the page without the `cut` margins.
    """

    def __init__(self, renderer: Any, unit: float, height: float, cut: float) -> None:
        from matplotlib.transforms import Affine2D

        self.renderer = renderer
        self.unit = unit
        self.height = height
        self.cut = cut
        self.transform = Affine2D().translate(-cut, -cut).scale(unit, -unit).translate(0, height * unit)

    def scene(self, scene: Scene) -> None:
        """All of it."""
        for item in scene.items:
            for mark in item.marks if isinstance(item, MarkGroup) else (item,):
                self.mark(mark)

    def mark(self, mark: Mark) -> None:
        """A shape or a text."""
        if isinstance(mark, TextMark):
            self._text(mark)
        else:
            self._shape(mark)

    def _shape(self, shape: PathMark) -> None:
        from matplotlib.colors import to_rgba
        from matplotlib.path import Path

        vertices, codes = [], []
        for path in shape.paths:
            for i, numbers in enumerate(path):
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

    def _text(self, text: TextMark) -> None:
        words = text.words
        pen = self.renderer.new_gc()
        pen.set_foreground(text.colour)
        x = words.rectangle[0]
        for file, run, width in runs(words.text, "bold" if words.bold else "regular"):
            down = words.y - self.cut
            at = ((x - self.cut) * self.unit, (down if self.renderer.flipy() else self.height - down) * self.unit)
            size = words.size * self.unit * 72 / self.renderer.dpi
            if file in SHIPPED:
                self.renderer.draw_text(pen, *at, run, _font(file, size), 0)
            else:
                self._outlined(text.colour, at, run, file, words.size * self.unit)
            x += width * words.size
        pen.restore()

    def _outlined(self, colour: str, at: tuple[float, float], run: str, file: str, size: float) -> None:
        """A run of text in a font of this computer, as outlines: not every such font can be embedded in a PDF."""
        from matplotlib.colors import to_rgba
        from matplotlib.textpath import TextPath
        from matplotlib.transforms import Affine2D

        y = at[1] if not self.renderer.flipy() else self.height * self.unit - at[1]
        pen = self.renderer.new_gc()
        pen.set_linewidth(0)
        path = TextPath((0, 0), run, size=size, prop=_font(file, size))
        self.renderer.draw_path(pen, path, Affine2D().translate(at[0], y), to_rgba(colour))
        pen.restore()
