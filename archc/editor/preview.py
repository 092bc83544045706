"""The figure next to a text, with the correspondence of boxes, terms and the cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archc.diagnostics.source import Span
from archc.editor.marks import counted
from archc.editor.view import Shown, View
from archc.elaborate.models import digest
from archc.support.record import Record
from archc.targets.figure.building import unnamed

if TYPE_CHECKING:
    from archc.api import Level

LEVELS: dict[str, Level] = {"stage": "stage", "block": "block", "layer": "layer"}
"""The levels that a client may request, by name."""


class Preview(Record):
    """The figure of a member. The ids of its boxes are the keys of `places`; `at` are the modules at the cursor.

    `at` begins with the innermost. Not every module has a box.
    """

    member: str
    counts: str
    svg: str
    places: Mapping[str, Span]
    at: tuple[str, ...]


def preview(view: View, offset: int, level: Level = "block") -> Preview | None:
    """The figure of the member at an offset; None if it has none.

    A member with errors has no stages, and is drawn by block.
    """
    from archc.api import Model

    member = view.member_at(offset)
    shown = view.shown(member)
    if shown is None:
        return None
    known: Level = "block" if shown.network.partial and level == "stage" else level
    figures = shown.result.figures
    if known not in figures:
        figures[known] = Model(shown.network).draw(known).to("svg").decode()
    places = _places(view, shown)
    around = sorted(
        (span.end - span.start, -len(path), path) for path, span in places.items() if _holds(view, span, offset)
    )
    counts = counted(shown) if shown.result.counted is not None else "in part"
    return Preview(shown.network.name, counts, figures[known], places, tuple(path for *_, path in around))


def code(view: View, shown: Shown) -> str:
    """The PyTorch source of a whole network. Its header has the digest of the real texts, not of the lasting ones."""
    from archc.api import Model

    texts = {name: view.analysis.texts[name].real for name in view.analysis.module.sources()}
    return Model(shown.network.model_copy({"digest": digest(texts)})).source()


def _places(view: View, shown: Shown) -> dict[str, Span]:
    """The current place of each module."""
    network = shown.network
    lasting = {scope.path: scope.span for scope in network.scopes if scope.path}
    for index, node in enumerate(network.nodes):
        name = node.path or unnamed(network.scopes[node.scope].path, node, index)
        lasting[name] = node.span
    real = {span: view.outside(span) for span in {*lasting.values()}}
    return {path: span for path, one in lasting.items() if (span := real[one]) is not None}


def _holds(view: View, span: Span, offset: int) -> bool:
    return span.file == view.name and span.start <= offset <= span.end
