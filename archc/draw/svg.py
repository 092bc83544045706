"""A scene as SVG: small, self-contained, its text as text, ids that are module paths."""

from __future__ import annotations

from html import escape

from archc.draw.fonts import CSS
from archc.draw.scene import Group, Mark, Scene, Shape, Text


def svg(scene: Scene) -> str:
    """The scene as an SVG document. Of several things of one module, the last drawn, its box, has the id."""
    ids = {item.path: i for i, item in enumerate(scene.items) if isinstance(item, Group) and item.path}
    title, description = escape(clean(scene.title)), escape(clean(scene.description))
    size = f"{_n(scene.width)} {_n(scene.height)}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {size}" '
        f'width="{_n(scene.width)}" height="{_n(scene.height)}" font-family="{CSS}" '
        f'stroke-linejoin="round"><title>{title}</title><desc>{description}</desc>'
    )
    out = [head]
    for i, item in enumerate(scene.items):
        if isinstance(item, Group):
            named = f' id="{escape(item.path)}"' if ids.get(item.path) == i else ""
            tip = f"<title>{escape(clean(item.tip))}</title>" if item.tip else ""
            out.append(f"<g{named}>{tip}{''.join(map(_mark, item.marks))}</g>")
        else:
            out.append(_mark(item))
    return "\n".join([*out, "</svg>", ""])


def clean(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(
        c if c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff" else "\ufffd" for c in text
    )


def _mark(mark: Mark) -> str:
    return _text(mark) if isinstance(mark, Text) else _shape(mark)


def _text(text: Text) -> str:
    w = text.words
    anchor = f' text-anchor="{w.anchor}"' if w.anchor != "start" else ""
    weight = ' font-weight="bold"' if w.bold else ""
    return (
        f'<text x="{_n(w.x)}" y="{_n(w.y)}" font-size="{_n(w.size)}" fill="{text.colour}"{anchor}{weight}>'
        f"{escape(clean(w.text))}</text>"
    )


def _shape(shape: Shape) -> str:
    fill = shape.fill or "none"
    stroke = f' stroke="{shape.stroke}" stroke-width="{_n(shape.width)}"' if shape.stroke else ""
    dash = f' stroke-dasharray="{_n(shape.dash)}"' if shape.dash else ""
    return f'<path d="{_path(shape)}" fill="{fill}"{stroke}{dash}/>'


def _path(shape: Shape) -> str:
    out = []
    for i, numbers in enumerate(shape.path):
        letter = "M" if i == 0 else "L" if len(numbers) == 2 else "Q"
        out.append(letter + " ".join(map(_n, numbers)))
    return "".join(out) + ("z" if shape.closed else "")


def _n(number: float) -> str:
    """A number with at most one decimal place."""
    return f"{number:.1f}".removesuffix(".0")
