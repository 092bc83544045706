"""Applying suggested edits, as long as each round leaves fewer problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.analysis.repair.edits import Repair, applied, compatible
from archc.analysis.repair.search import with_repairs
from archc.diagnostics.core import Diagnostic, Severity
from archc.diagnostics.source import Source
from archc.pipeline import DEFAULTS, Checked, Options, check
from archc.resolve import Load
from archc.support.record import Record
from archc.syntax.format.formatter import formatted

MOST_ROUNDS = 20
"""A repair may reveal further errors."""
MOST_DETOURS = 2
"""The maximum number of consecutive rounds without fewer errors, since corrected errors may reveal others."""


def fixed(
    source: Source, load: Load, member: str | None = None, options: Options = DEFAULTS, *, unsafe: bool = False
) -> str:
    """The text of `source` with all safe edits applied, or with `unsafe` all suggested ones.

    Ensures: it has fewer errors than `source`, or as many and fewer warnings, or it is unchanged. A text in the style
    of `archc fmt` stays in that style.
    """
    in_style = formatted(source) == source.text
    now = best = _Version(source, check(source, load, member, options))
    seen = {source.text}
    detours = 0
    for _ in range(MOST_ROUNDS):
        told = with_repairs(now.checked, now.source, load, member, options) if unsafe else now.checked
        aside: _Version | None = None
        for attempts in _attempts(_suggested(told.diagnostics, source.name, unsafe)):
            tried = []
            for edits in attempts:
                text = applied(now.source.text, edits)
                edited = Source(source.name, formatted(Source(source.name, text)) if in_style else text)
                tried.append(_Version(edited, check(edited, load, member, options)))
            after = min(tried, key=lambda version: version.errors)  # of equally good ones the first, which is likeliest
            if after.left >= now.left:
                after = min(tried, key=lambda version: version.left)
            if after.left < now.left:
                now = after
                break
            if aside is None and after.errors == now.errors and after.source.text not in seen:
                aside = after
        else:
            detours += 1
            if aside is None or detours > MOST_DETOURS:
                break
            now = aside
        seen.add(now.source.text)
        if now.left < best.left:
            best, detours = now, 0
    return best.source.text


class _Version(Record):
    """A text under repair, and the result of checking it."""

    source: Source
    checked: Checked

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(d.severity is Severity.ERROR for d in self.checked.diagnostics)

    @property
    def left(self) -> tuple[int, int]:
        """The number of errors, and of other diagnostics."""
        return self.errors, len(self.checked.diagnostics) - self.errors


def _suggested(diagnostics: Sequence[Diagnostic], file: str, unsafe: bool) -> list[tuple[Repair, ...]]:
    """For each diagnostic with repairs in this file, these repairs, best first."""
    found: list[tuple[Repair, ...]] = []
    for diagnostic in diagnostics:
        repairs = diagnostic.repairs or (diagnostic.edits,)
        usable = tuple(r for r in repairs if r and all(e.span.file == file and (unsafe or e.safe) for e in r))
        if usable:
            found.append(usable)
    return found


def _attempts(suggested: Sequence[tuple[Repair, ...]]) -> Iterator[tuple[Repair, ...]]:
    """What to try, in order: all diagnostics with a single repair at once; otherwise the best repair of one diagnostic.

    Diagnostics with the fewest repairs come first: applying them narrows down the others.
    """
    sure = compatible([repairs[0] for repairs in suggested if len(repairs) == 1])
    if len(sure) > 1:
        yield (tuple(dict.fromkeys(edit for repair in sure for edit in repair)),)
    yield from sorted(suggested, key=len)
