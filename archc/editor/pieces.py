"""Places that stay stable while a text is edited.

A text is divided into pieces: its declarations, and the text between them. Each piece has its own place in the
*lasting* text of the file, which only grows, and keeps it as long as its words are the same, wherever they move in the
real text. The trees of all declarations refer to the lasting text. So an unchanged declaration keeps its tree, networks
made from it remain valid, and diagnostics about it are displayed at its current place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from archc.diagnostics.core import Diagnostic, Edit, Label, Reporter
from archc.diagnostics.source import Frame, Source, Span
from archc.support.limits import LIMITS, Limits
from archc.support.record import Record, Struct, field, replace
from archc.syntax import tree
from archc.syntax.parser import parse
from archc.syntax.same import same

LONGEST = 400_000
"""The size of a lasting text, in addition to four times the real one, beyond which it is started again."""


class TextPiece(NamedTuple):
    """A part of a text: where it is in the real text, where in the lasting one, and how long it is."""

    real: int
    lasting: int
    length: int


class ReadText(Record):
    """A parsed text: the real and the lasting text, its tree, and the diagnostics of its syntax.

    The tree and the diagnostics refer to the lasting text.
    """

    real: Source
    lasting: Source
    file: tree.File
    diagnostics: tuple[Diagnostic, ...]
    pieces: tuple[TextPiece, ...]
    """In the order of the real text, which they cover."""
    ordered: tuple[TextPiece, ...]
    """In the order of the lasting text."""

    def inside(self, offset: int) -> int:
        """Convert an offset of the real text to the lasting one."""
        at = max(0, bisect_right(self.pieces, offset, key=lambda p: p.real) - 1)
        piece = self.pieces[at]
        return piece.lasting + offset - piece.real

    def end_inside(self, offset: int) -> int:
        """Convert an exclusive end in the real text to the lasting one."""
        return self.inside(offset - 1) + 1 if offset else self.inside(0)

    def outside(self, offset: int, *, ends: bool = False) -> int | None:
        """Convert an offset of the lasting text to the real one; None if its piece is gone.

        `ends`: see `end_inside`.
        """
        if offset == 0:
            return 0
        if offset == len(self.lasting.text):
            return len(self.real.text)
        at = bisect_right(self.ordered, offset - ends, key=lambda p: p.lasting) - 1
        if at < 0:
            return None
        piece = self.ordered[at]
        return piece.real + offset - piece.lasting if offset <= piece.lasting + piece.length else None

    def span_outside(self, span: Span) -> Span | None:
        """Convert a span of the lasting text to the real one."""
        start = self.outside(span.start)
        end = start if span.end == span.start else self.outside(span.end, ends=True)
        return None if start is None or end is None else Span(span.file, start, end)

    def span_inside(self, span: Span) -> Span:
        """Convert a span of the real text to the lasting one."""
        start = self.inside(span.start)
        return Span(span.file, start, start if span.end == span.start else self.end_inside(span.end))


class _Slot(Struct):
    """A place in the lasting text, with the declaration that was read there."""

    lasting: int
    tree: tree.Tree | None = None


class Reading(Struct):
    """Reads the versions of one file."""

    name: str
    limits: Limits = LIMITS
    text: ReadText | None = None
    _slots: dict[str, list[_Slot]] = field(default_factory=dict)
    _lasting: str = "\n"

    def read(self, words: str) -> ReadText:
        """The text with these words."""
        if self.text is not None and self.text.real.text == words:
            return self.text
        if len(self._lasting) > LONGEST + 4 * len(words):
            self._slots, self._lasting = {}, "\n"
        source, found = Source(self.name, words), Reporter()
        file = parse(source, found, self.limits)
        self.text = self._kept(source, file, found.in_order())
        return self.text

    def _kept(self, source: Source, file: tree.File, diagnostics: tuple[Diagnostic, ...]) -> ReadText:
        words, taken, pieces = source.text, dict[str, int](), list[TextPiece]()
        declarations: list[Any] = []
        at = 0
        for declaration in file.declarations:
            start, end = declaration.span.start, declaration.span.end
            if start > at:
                pieces.append(TextPiece(at, self._slot(words[at:start], taken).lasting, start - at))
            slot = self._slot(words[start:end], taken)
            torn = any(start <= d.span.start <= end for d in diagnostics)
            while slot.tree is not None and torn and not same(slot.tree, declaration):
                slot = self._slot(words[start:end], taken)
            if slot.tree is None:
                slot.tree = moved(declaration, partial(_shifted, by=slot.lasting - start))
            declarations.append(slot.tree)
            pieces.append(TextPiece(start, slot.lasting, end - start))
            at = end
        if at < len(words) or not pieces:
            pieces.append(TextPiece(at, self._slot(words[at:], taken).lasting, len(words) - at))
        lasting = Source(self.name, self._lasting)
        whole = Span(self.name, 0, len(self._lasting))
        blank = tree.File(whole, None, (), file.lost)
        text = ReadText(source, lasting, blank, (), tuple(pieces), tuple(sorted(pieces, key=lambda p: p.lasting)))
        doc = moved(file.doc, text.span_inside) if file.doc is not None else None
        kept = tree.File(whole, doc, tuple(declarations), file.lost)
        return replace(text, file=kept, diagnostics=tuple(relocated(d, text.span_inside) for d in diagnostics))

    def _slot(self, words: str, taken: dict[str, int]) -> _Slot:
        """The next place of these words that this version does not use yet."""
        known, number = self._slots.setdefault(words, []), taken.get(words, 0)
        taken[words] = number + 1
        if number == len(known):
            known.append(_Slot(len(self._lasting)))
            self._lasting += f"{words}\n"
        return known[number]


Place = Callable[[Span], Span]


def _shifted(span: Span, by: int) -> Span:
    return Span(span.file, span.start + by, span.end + by)


def moved(thing: Any, place: Place) -> Any:
    """A tree, or a part of one, at another place."""
    if isinstance(thing, Span):
        return place(thing)
    if isinstance(thing, tree.Tree):
        return type(thing)(*[moved(value, place) for value in thing.__dict__.values()])
    if type(thing) is tuple:
        return tuple([moved(value, place) for value in thing])
    return thing


def relocated(diagnostic: Diagnostic, place: Place) -> Diagnostic:
    """A diagnostic with all its places given by `place`."""

    def edit(one: Edit) -> Edit:
        return replace(one, span=place(one.span))

    return replace(
        diagnostic,
        span=place(diagnostic.span),
        labels=tuple(Label(place(label.span), label.text) for label in diagnostic.labels),
        frame=_frame(diagnostic.frame, place),
        edits=tuple(map(edit, diagnostic.edits)),
        repairs=tuple(tuple(map(edit, repair)) for repair in diagnostic.repairs),
    )


def _frame(frame: Frame | None, place: Place) -> Frame | None:
    made: Frame | None = None
    for each in reversed(frame.trail() if frame is not None else ()):
        made = Frame(each.callee, place(each.span), each.path, made, each.arguments)
    return made
