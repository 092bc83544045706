"""Making the edits that diagnostics suggest, as long as each round leaves less to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc.diagnostics import Diagnostic, Severity
from archc.elaborate.modules import Load
from archc.pipeline import DEFAULTS, Checked, Options, check
from archc.repair.edits import Repair, applied, compatible
from archc.repair.search import with_repairs
from archc.source import Source
from archc.syntax.format.formatter import formatted

MOST_ROUNDS = 20
"""A repair may bring to light what was wrong behind it."""


def fixed(
    source: Source, load: Load, member: str | None = None, options: Options = DEFAULTS, *, unsafe: bool = False
) -> str:
    """The text of `source` with the edits made that are safe, or with `unsafe` all that are suggested.

    Ensures: it has fewer errors than `source`, or as many and fewer warnings, or it is `source` as it was. A text in
    the style of `archc fmt` stays in it.
    """
    in_style = formatted(source) == source.text
    now, checked = source, check(source, load, member, options)
    for _ in range(MOST_ROUNDS):
        if unsafe:
            checked = with_repairs(checked, now, load, member, options)
        for attempts in _attempts(_suggested(checked.diagnostics, now.name, unsafe)):
            tried = []
            for edits in attempts:
                text = applied(now.text, edits)
                edited = Source(now.name, formatted(Source(now.name, text)) if in_style else text)
                tried.append((edited, check(edited, load, member, options)))
            edited, after = min(tried, key=lambda result: _left(result[1]))
            if _left(after) < _left(checked):
                now, checked = edited, after
                break
        else:
            break
    return now.text


def _suggested(diagnostics: Sequence[Diagnostic], file: str, unsafe: bool) -> list[tuple[Repair, ...]]:
    """For each diagnostic that can be mended in this file, its repairs, the best first."""
    found: list[tuple[Repair, ...]] = []
    for diagnostic in diagnostics:
        repairs = diagnostic.repairs or (diagnostic.edits,)
        usable = tuple(r for r in repairs if r and all(e.span.file == file and (unsafe or e.safe) for e in r))
        if usable:
            found.append(usable)
    return found


def _attempts(suggested: Sequence[tuple[Repair, ...]]) -> Iterator[tuple[Repair, ...]]:
    """What to try, in order: all that has but one repair at once; else one diagnostic, the best of its repairs."""
    sure = compatible([repairs[0] for repairs in suggested if len(repairs) == 1])
    if len(sure) > 1:
        yield (tuple(dict.fromkeys(edit for repair in sure for edit in repair)),)
    yield from suggested


def _left(checked: Checked) -> tuple[int, int]:
    """How many errors there are, and how much else there is to say."""
    errors = sum(d.severity is Severity.ERROR for d in checked.diagnostics)
    return errors, len(checked.diagnostics) - errors
