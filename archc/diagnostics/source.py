"""Places in texts: sources, spans and the frames of an expansion."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import Literal, NamedTuple

from archc.support.record import Record

Unit = Literal["characters", "utf-8", "utf-16"]
"""The unit of columns: characters (Unicode code points), bytes of UTF-8, or 16-bit units of UTF-16, as in editors."""


def _length(text: str, unit: Unit) -> int:
    """The length of a text in units of an encoding. A lone surrogate, which no file holds, counts as it would."""
    return len(text.encode(unit if unit == "utf-8" else "utf-16-le", "surrogatepass")) // (1 if unit == "utf-8" else 2)


class Span(NamedTuple):
    """A half-open range of characters, `start <= offset < end`, of the source called `file`."""

    file: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other` (of the same file)."""
        return Span(self.file, self.start, other.end)


class Source(Record):
    """A spec's text and its displayed name.

    Lines and columns are computed only for display; the compiler itself counts offsets.
    """

    name: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """The offset of the first character of each line."""
        starts = [0]
        find, position = self.text.find, self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = find("\n", position + 1)
        return tuple(starts)

    def position(self, offset: int, unit: Unit = "characters") -> tuple[int, int]:
        """The line and column of `offset`, both counted from 1; columns count `unit`s."""
        line = bisect_right(self.line_starts, offset)
        start = self.line_starts[line - 1]
        before = offset - start if unit == "characters" else _length(self.text[start:offset], unit)
        return line, before + 1

    def offset(self, line: int, column: int, unit: Unit = "characters") -> int:
        """The offset of a line and column, both counted from 1: what `position` gives, and the nearest to any other.

        A column in the middle of a character is at its start; one after the end of its line is at that end.
        """
        if line < 1:
            return 0
        if line > len(self.line_starts):
            return len(self.text)
        start, text = self.line_starts[line - 1], self.line(line)
        if unit == "characters":
            return start + max(0, min(column - 1, len(text)))
        left, at = column - 1, 0
        while at < len(text) and (width := _length(text[at], unit)) <= left:
            left, at = left - width, at + 1
        return start + at

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line end."""
        starts = self.line_starts
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r")

    def snippet(self, span: Span) -> str:
        """The text that `span` covers."""
        return self.text[span.start : span.end]


class Frame(Record):
    """One step of an expansion: the macro or block `callee`, called at `span` with these values for its parameters.

    Frames form a linked list from the innermost call outwards, so that a trail costs one pointer a node.
    `path` is the module path that the call opens, empty where it opens none (a macro).
    """

    callee: str
    span: Span
    path: str
    parent: Frame | None = None
    arguments: tuple[tuple[str, object], ...] = ()

    @property
    def call(self) -> str:
        """The call as a spec would write it, for people: `Bottleneck(64, 2)`."""
        return call_text(self.callee, self.arguments)

    def trail(self) -> tuple[Frame, ...]:
        """This frame and its callers, innermost first."""
        frames: list[Frame] = []
        frame: Frame | None = self
        while frame is not None:
            frames.append(frame)
            frame = frame.parent
        return tuple(frames)


_LONGEST_LIST = 6
"""The most items of a list that are shown."""


def call_text(callee: str, arguments: tuple[tuple[str, object], ...]) -> str:
    """A call with these arguments in the language's notation, with long lists cut short."""
    given = ", ".join(value_text(value) for _, value in arguments)
    return f"{callee}({given})" if given else callee


def value_text(value: object) -> str:
    """A compile-time value in the language's notation."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(map(value_text, value[:_LONGEST_LIST]))}{', …' if len(value) > _LONGEST_LIST else ''}]"
        case _:
            return str(getattr(value, "name", value))


def readable(name: str) -> str:
    """The name of a file as text that every format can hold: bytes that are not UTF-8 become escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
