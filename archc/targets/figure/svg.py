"""A scene as SVG: small, self-contained, its text as text, ids that are module paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from archc.targets.figure.fonts import CSS, embedded, face
from archc.targets.figure.scene import Mark, MarkGroup, PathMark, Scene, TextMark
from archc.targets.figure.strokes import Command
from archc.targets.figure.wording import clean


def svg(scene: Scene) -> str:
    """The scene as an SVG document.

    If several marks have the path of one module, the last, its box, has the id. Fonts are embedded for characters that
    many computers lack.
    """
    ids = {item.path: i for i, item in enumerate(scene.items) if isinstance(item, MarkGroup) and item.path}
    title, description = escape(clean(scene.title)), escape(clean(scene.description))
    cut, scale = (scene.paper.cut, scene.paper.scale) if scene.paper is not None else (0.0, 1.0)
    width, height = scene.width - 2 * cut, scene.height - 2 * cut
    unit = "pt" if scene.paper is not None else ""
    view = f"{_n(cut)} {_n(cut)} {_n(width)} {_n(height)}"
    fonts = embedded(_texts(scene))
    family = ", ".join((*(font.family for font in fonts), CSS))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="{view}" '
        f'width="{_n(width * scale)}{unit}" height="{_n(height * scale)}{unit}" font-family="{family}" '
        f'stroke-linejoin="round"><title>{title}</title><desc>{description}</desc>'
    )
    out = [head]
    out += [f"<style>{face(font)}</style>" for font in fonts]
    for i, item in enumerate(scene.items):
        if isinstance(item, MarkGroup):
            named = f' id="{escape(item.path)}"' if ids.get(item.path) == i else ""
            tip = f"<title>{escape(clean(item.tip))}</title>" if item.tip else ""
            out.append(f"<g{named}>{tip}{''.join(map(_mark, item.marks))}</g>")
        else:
            out.append(_mark(item))
    return "\n".join([*out, "</svg>", ""])


def _texts(scene: Scene) -> Iterator[str]:
    for item in scene.items:
        for mark in item.marks if isinstance(item, MarkGroup) else (item,):
            if isinstance(mark, TextMark):
                yield mark.words.text


def _mark(mark: Mark) -> str:
    return _text(mark) if isinstance(mark, TextMark) else _shape(mark)


def _text(text: TextMark) -> str:
    """A text, set to its measured width whatever font the viewer has."""
    w = text.words
    anchor = f' text-anchor="{w.anchor}"' if w.anchor != "start" else ""
    weight = ' font-weight="bold"' if w.bold else ""
    width = f' textLength="{_n(w.width)}" lengthAdjust="spacingAndGlyphs"' if len(w.text) > 1 else ""
    return (
        f'<text x="{_n(w.x)}" y="{_n(w.y)}" font-size="{_n(w.size)}" fill="{text.colour}"{anchor}{weight}{width}>'
        f"{escape(clean(w.text))}</text>"
    )


def _shape(shape: PathMark) -> str:
    fill = shape.fill or "none"
    stroke = f' stroke="{shape.stroke}" stroke-width="{_n(shape.width)}"' if shape.stroke else ""
    dash = f' stroke-dasharray="{_n(shape.dash)}"' if shape.dash else ""
    path = "".join(_path(one) + ("z" if shape.closed else "") for one in shape.paths)
    return f'<path d="{path}" fill="{fill}"{stroke}{dash}/>'


def _path(path: Sequence[Command]) -> str:
    """The shortest commands of a path."""
    out: list[str] = []
    before: tuple[str, ...] = ()
    for numbers in path:
        at = tuple(map(_n, numbers))
        if not before:
            out.append("M" + " ".join(at))
        elif len(at) == 4:
            out.append("Q" + " ".join(at))
        elif at[0] == before[0]:
            out.append("V" + at[1])
        elif at[1] == before[1]:
            out.append("H" + at[0])
        else:
            out.append("L" + " ".join(at))
        before = at[-2:]
    return "".join(out)


def _n(number: float) -> str:
    """A number with at most one decimal place."""
    return f"{number:.1f}".removesuffix(".0")
