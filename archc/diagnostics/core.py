"""Diagnostics: problems, their places, and the reporter that collects them.

A `Problem` is a value with typed facts, never a string: it knows *what* is wrong and *which* argument or input is at
fault, not where that was written. The elaborator knows the places and makes the `Diagnostic`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, NamedTuple, dataclass_transform

from archc.diagnostics.source import Frame, Span
from archc.support.record import Record, Struct, field, replace


class ParamRef(Record):
    """The argument called `name` is at fault."""

    name: str


class InputRef(Record):
    """The input number `index` is at fault."""

    index: int


class Whole(Record):
    """The term as a whole is at fault."""


Place = ParamRef | InputRef | Whole
WHOLE = Whole()


class Severity(StrEnum):
    """The severity. Only an error stops the compiler."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Setting(NamedTuple):
    """An example that needs more than the text of one spec: files by name, and a wrong and a right command.

    `wrong` and `right` are commands; `without` is a library that the wrong one cannot import. `committed`: the files
    are in a git repository.
    """

    files: tuple[tuple[str, str], ...]
    wrong: str
    right: str
    without: str = ""
    committed: bool = False


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _Facts(Record):
    """A record of named facts."""


class Problem(_Facts):
    """Base of the catalogue. A subclass is a record whose fields are the facts; it needs no decorator.

    The class attributes hold the code (E…, W… or N…), a title of a few words and an example: `wrong` gives this code
    when it is checked, `right` does not. The docstring is what `archc explain CODE` prints. `safe` says that what
    `replacement` suggests is surely meant, so that `archc check --fix` may write it unasked.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    wrong: ClassVar[str] = ""
    right: ClassVar[str] = ""
    setting: ClassVar[Setting | None] = None
    """The example of a problem that the text of a spec alone cannot show."""
    safe: ClassVar[bool] = False
    together: ClassVar[str] = ""
    """The message that replaces several such problems on one line of a spec; empty to report each."""
    is_told_once: ClassVar[bool] = False
    """Whether the same problem at several places of a file is one diagnostic, with labels at the other places."""
    on_request: ClassVar[bool] = False
    """Whether the warning is only given on request: `archc check --warn CODE`."""

    at: Place = WHOLE

    def message(self) -> str:
        """One sentence that says what is wrong, without a full stop."""
        raise NotImplementedError

    def label(self) -> str:
        """The text below the underline; empty for none."""
        return ""

    def note(self) -> str:
        """A further fact that helps to understand; empty for none."""
        return ""

    def help(self) -> str:
        """What to do about it; empty if nothing certain can be said."""
        return ""

    def knows(self) -> bool:
        """Whether `help` says what was meant, so that no tried repair says it better."""
        return False

    def replacement(self) -> str | None:
        """The replacement for the underlined text; None if replacing it would not help."""
        return None


class Label(Record):
    """A second place, and what is important there."""

    span: Span
    text: str


class Edit(Record):
    """A suggested change: replace `span` by `text`. The edits of a diagnostic belong together.

    `safe`: it is certainly what was meant, or does not change the network; `archc check --fix` makes it without asking.
    Any other edit is a suggestion that a person has to accept.
    """

    span: Span
    text: str
    safe: bool = False


class Diagnostic(Record):
    """A problem at its place, with labels for other places, the frame of the expansion, and suggested edits."""

    problem: Problem
    span: Span
    labels: tuple[Label, ...] = ()
    frame: Frame | None = None
    edits: tuple[Edit, ...] = ()
    repairs: tuple[tuple[Edit, ...], ...] = ()
    """Alternative repairs that were found and tried (`analysis/repair`), the smallest first; `edits` is the first."""
    more_calls: int = 0
    """The number of other calls of the enclosing definition with the same problem; `frame` is the first call."""
    said: str = ""
    """The text below the underline, if it is not the problem's own."""

    @property
    def label(self) -> str:
        """The text below the underline; empty for none."""
        return self.said or self.problem.label()

    @property
    def code(self) -> str:
        """The stable code of the problem, such as `E0301`."""
        return self.problem.code

    @property
    def help(self) -> str:
        """What to do about it, unless a tried repair says it better."""
        return "" if self.repairs else self.problem.help()

    @property
    def severity(self) -> Severity:
        """How bad the problem is."""
        return self.problem.severity


class ErrorSentinel(Record):
    """Stands for a value that is missing because of an error; the error has already been reported.

    Code that receives one returns it without a further report, so that each mistake is reported once.
    """


REPORTED = ErrorSentinel()

MOST_PLACES = 3
"""The other places of a problem told once that have a label; edits are made at all."""


class Reporter(Struct):
    """Collects diagnostics; a problem that is met at the same place in several expansions is kept once."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    errors: int = 0
    """The number of errors, repetitions included."""
    reports: int = 0
    """The number of reports of any severity, repetitions included."""
    settled: set[Span] = field(default_factory=set)
    """The spans of errors that are not reported again; `settle` adds those known so far."""
    _calls: dict[tuple[str, Span], set[Frame | None]] = field(default_factory=dict)
    """By problem and span, the calls in which each diagnostic was met."""
    _first: dict[tuple[str, Problem], int] = field(default_factory=dict)
    """By file and problem, the index of the diagnostic of a problem that is reported once per file."""
    _others: dict[tuple[str, Span], int] = field(default_factory=dict)
    """By code and span, the other places of such problems, and the index of the diagnostic that mentions them."""

    def add(
        self,
        problem: Problem,
        span: Span,
        *,
        labels: tuple[Label, ...] = (),
        frame: Frame | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> ErrorSentinel:
        """Record a diagnostic, and return the sentinel for the missing value.

        Without `edits` the diagnostic has the replacement that the problem suggests, if any.
        """
        self.reports += 1
        self.errors += problem.severity is Severity.ERROR
        key = (problem.code, span)
        if (calls := self._calls.get(key)) is not None:
            calls.add(frame)
        elif span not in self.settled and key not in self._others:
            if not edits and (text := problem.replacement()) is not None:
                edits = (Edit(span, text, problem.safe),)
            self._put(Diagnostic(problem, span, labels, frame, edits), {frame})
        return REPORTED

    def _put(self, diagnostic: Diagnostic, calls: set[Frame | None]) -> None:
        """Add a diagnostic, or add its place to the first diagnostic of a problem that is reported once per file."""
        problem, span = diagnostic.problem, diagnostic.span
        key = (span.file, problem)
        if problem.is_told_once and (index := self._first.get(key)) is not None:
            first = self.diagnostics[index]
            self._others[problem.code, span] = index
            count = sum(known == index for known in self._others.values())
            labels = (*first.labels, Label(span, "and here")) if count <= MOST_PLACES else first.labels
            if count > MOST_PLACES:
                more = f"{count - MOST_PLACES} time{'' if count == MOST_PLACES + 1 else 's'} more"
                labels = (*labels[:-1], replace(labels[-1], text=f"and here, and {more}"))
            edits = tuple(dict.fromkeys((*first.edits, *diagnostic.edits)))
            self.diagnostics[index] = replace(first, labels=labels, edits=edits)
            return
        if problem.is_told_once:
            self._first[key] = len(self.diagnostics)
        self._calls[problem.code, span] = calls
        self.diagnostics.append(diagnostic)

    def again(self) -> None:
        """Count a repetition of a reported error."""
        self.errors += 1
        self.reports += 1

    def take_over(self, other: Reporter) -> None:
        """Take over all diagnostics of another reporter."""
        for diagnostic, (key, calls) in zip(other.diagnostics, other._calls.items(), strict=True):
            if (known := self._calls.get(key)) is not None:
                known |= calls
            elif key[1] not in self.settled and key not in self._others:
                self._put(diagnostic, set(calls))
        self.errors += other.errors
        self.reports += other.reports

    def settle(self) -> None:
        """Report nothing more at the places of the errors known so far: later stages meet them again."""
        self.settled.update(d.span for d in self.diagnostics if d.severity is Severity.ERROR)
        self.settled.update(span for _, span in self._others)

    def in_order(self) -> tuple[Diagnostic, ...]:
        """All diagnostics by file and place, each with the number of further calls that have it."""
        return tuple(sorted(map(self._counted, self.diagnostics), key=lambda d: (d.span, d.code)))

    def _counted(self, diagnostic: Diagnostic) -> Diagnostic:
        calls = self._calls.get((diagnostic.code, diagnostic.span), set()) - {None}
        if diagnostic.frame is None or len(calls) < 2:
            return diagnostic
        return replace(diagnostic, more_calls=len(calls) - 1)
