"""Diagnostics for people: the message, the underlined source, the trail, the help.

The form: the header, the place, the line with its labels, notes, and the way out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from archc.diagnostics.core import Diagnostic, Edit, Severity
from archc.diagnostics.render.display import escaped, wrapped
from archc.diagnostics.render.places import place
from archc.diagnostics.render.screen import PIPE, Screen
from archc.diagnostics.render.snippet import Mark, last_line, snippet
from archc.diagnostics.render.style import PLAIN, Style, coloured
from archc.diagnostics.source import Frame, Source, Span
from archc.support.record import Record

MOST_SHOWN = 50
"""The number of diagnostics that are shown."""
LONGEST_PATH = 60
"""A longer module path is shown by its ends."""
MOST_FRAMES = 5
"""A longer trail is folded in the middle."""


def render_text(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source], screen: Screen = PIPE) -> str:
    """The diagnostics, with an empty line between them; of very many the first, and how many more there are."""
    styles = {severity: coloured(severity) if screen.colour else PLAIN for severity in Severity}
    groups = [tuple(group) for _, group in groupby(diagnostics, _Folding(sources))]
    shown = [_Shown(g[0], sources, styles[g[0].severity], screen, g[1:]).text() for g in groups[:MOST_SHOWN]]
    if more := sum(map(len, groups[MOST_SHOWN:])):
        shown.append(f"… and {more:,} more\n")
    return "\n".join(shown)


def excerpt(span: Span, source: Source) -> str:
    """A place in a spec with its lines, for what is no diagnostic; each line ended."""
    gutter = len(str(last_line(source, span)))
    head = f"{' ' * gutter}--> {escaped(place(span, {source.name: source}))}"
    lines = [head, *snippet(source, [Mark(span, "", primary=True)], gutter, PLAIN)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


class _Folding(Record):
    """What diagnostics that are shown as one have in common: code, line and expansion; the others have nothing."""

    sources: Mapping[str, Source]

    def __call__(self, diagnostic: Diagnostic) -> object:
        source = self.sources.get(diagnostic.span.file)
        if not diagnostic.problem.together or source is None:
            return diagnostic
        line, _ = source.position(diagnostic.span.start)
        return diagnostic.code, diagnostic.span.file, line, diagnostic.frame


class _Shown(Record):
    """Renders one diagnostic."""

    diagnostic: Diagnostic
    sources: Mapping[str, Source]
    style: Style
    screen: Screen
    more: tuple[Diagnostic, ...] = ()
    """Further diagnostics of the same kind that are shown with it."""

    def text(self) -> str:
        """All its lines, each ended."""
        files = self._files()
        gutter = max((self._digits(marks) for marks in files.values()), default=1)
        lines = list(self._headline())
        for number, (file, marks) in enumerate(files.items()):
            arrow = "-->" if number == 0 else ":::"
            lines.append(f"{' ' * gutter}{self.style.frame(arrow)} {escaped(place(marks[0].span, self.sources))}")
            if (source := self.sources.get(file)) is not None:
                lines += snippet(source, marks, gutter, self.style, self.screen.room(0))
        if footer := list(self._footer(self.screen.room(gutter + 3))):
            lines += [f"{' ' * gutter} {line}" for line in (self.style.frame("|"), *footer)]
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def _headline(self) -> Iterator[str]:
        code, kind = self.diagnostic.code, self.diagnostic.severity.value
        problem = self.diagnostic.problem
        words = problem.together if self.more else escaped(problem.message())
        indent = len(f"{kind}[{code}]: ")
        first, *rest = wrapped(words, self.screen.room(indent))
        yield self.style.severity(f"{kind}[{self._linked(code)}]") + self.style.strong(f": {first}")
        yield from (" " * indent + self.style.strong(line) for line in rest)

    def _linked(self, code: str) -> str:
        """A code, on a screen with links one to its page.

        Source: "Hyperlinks in terminal emulators", the escape sequence OSC 8; a terminal without it shows the text.
        """
        if not self.screen.pages:
            return code
        return f"\x1b]8;;{self.screen.pages}{code}.md\x1b\\{code}\x1b]8;;\x1b\\"

    def _files(self) -> dict[str, list[Mark]]:
        """What is marked, by file: that of the primary place first, each file's first mark in front."""
        primary = Mark(self.diagnostic.span, escaped(self.diagnostic.label), primary=True)
        others = [Mark(d.span, escaped(d.label), primary=True) for d in self.more]
        files = {primary.span.file: [primary, *others]}
        for label in self.diagnostic.labels:
            files.setdefault(label.span.file, []).append(Mark(label.span, escaped(label.text), primary=False))
        return files

    def _digits(self, marks: Sequence[Mark]) -> int:
        source = self.sources.get(marks[0].span.file)
        return 1 if source is None else len(str(max(last_line(source, m.span) for m in marks)))

    def _footer(self, columns: int | None) -> Iterator[str]:
        """The trail, the note, the help and the repairs, in lines of this many columns after their sign."""
        paragraphs = [("", frame) for frame in self._trail()]
        for kind, words in (("note: ", self.diagnostic.problem.note()), ("help: ", self.diagnostic.help)):
            paragraphs += [(kind if number == 0 else " " * 6, line) for number, line in enumerate(words.splitlines())]
        paragraphs += [("help: ", self._repair(repair)) for repair in self.diagnostic.repairs]
        for kind, words in paragraphs:
            first, *rest = wrapped(escaped(words), None if columns is None else columns - len(kind))
            yield f"{self.style.frame('=')} {self.style.strong(kind)}{first}"
            yield from (f"  {' ' * len(kind)}{line}" for line in rest)

    def _repair(self, repair: Sequence[Edit]) -> str:
        """The description of a repair."""
        return ", and ".join(map(self._edit, repair))

    def _edit(self, edit: Edit) -> str:
        source, file = self.sources.get(edit.span.file), self.diagnostic.span.file
        where = place(edit.span, self.sources, seen_from=file)
        old = " ".join(source.snippet(edit.span).split()) if source is not None else ""
        new = edit.text.strip()
        if not old:
            return f"insert `{new}` at {where}"
        return f"write `{new}` for `{old}` at {where}" if new else f"leave out `{old}` at {where}"

    def _trail(self) -> Iterator[str]:
        """The expansions that it happened in, innermost first; the middle of a long trail is folded."""
        frames = self.diagnostic.frame.trail() if self.diagnostic.frame else ()
        lines = list(map(self._frame, frames))
        if more := self.diagnostic.more_calls:
            lines[0] += f", and in {more:,} more call{'' if more == 1 else 's'}"
        if len(lines) > MOST_FRAMES:
            kept = MOST_FRAMES - 2
            lines[kept:-1] = [f"… {len(lines) - kept - 1} more expansions"]
        yield from lines

    def _frame(self, frame: Frame) -> str:
        where = place(frame.span, self.sources, seen_from=self.diagnostic.span.file)
        path = frame.path if len(frame.path) <= LONGEST_PATH else f"{frame.path[:20]}…{frame.path[-20:]}"
        opened = f" as {escaped(path)}" if path else ""
        return f"in {escaped(frame.call)}, expanded at {escaped(where)}{opened}"


def tally(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty if there are none."""
    counts = ((severity.value, sum(d.severity is severity for d in diagnostics)) for severity in Severity)
    return ", ".join(f"{number} {name}{'s' if number > 1 else ''}" for name, number in counts if number)
