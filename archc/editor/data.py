"""What features answer: plain values. Places are spans of the texts as they are, in characters."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from archc.diagnostics.core import Edit, Severity
from archc.diagnostics.source import Span

SymbolKind: TypeAlias = Literal[
    "layer", "builtin", "function", "macro", "block", "model", "variant", "parameter", "let", "loop variable", "tensor",
    "incoming", "module", "fact", "lost", "keyword", "snippet", "file", "argument",
]  # fmt: skip


class Told(NamedTuple):
    """A diagnostic: `related` are the other places with what is to be known there; `unused`: nothing needs it."""

    span: Span
    severity: Severity
    code: str
    message: str
    related: tuple[tuple[Span, str], ...] = ()
    unused: bool = False


class Hover(NamedTuple):
    """What is said of the place under the cursor, in Markdown."""

    span: Span
    text: str


class Symbol(NamedTuple):
    """A definition in an outline: all of it, its name's place, and what is in it."""

    name: str
    kind: SymbolKind
    detail: str
    whole: Span
    span: Span
    children: tuple[Symbol, ...] = ()


class Calls(NamedTuple):
    """One that calls or is called, and the places of its calls, in the file of the caller."""

    other: Symbol
    spans: tuple[Span, ...]


class CompletionItem(NamedTuple):
    """A completion: `text` takes the place of `span`. In a `snippet` it has places to fill in, as `${1:name}`."""

    label: str
    kind: SymbolKind
    span: Span
    text: str
    detail: str = ""
    doc: str = ""
    snippet: bool = False
    order: int = 5


class Signature(NamedTuple):
    """A call that is being written: its text, the ranges of its parameters in it, and which one is next."""

    text: str
    parameters: tuple[tuple[int, int], ...]
    active: int | None
    doc: str = ""


class Fold(NamedTuple):
    """A region that can be folded, by its first and last line from 0."""

    first: int
    last: int
    kind: Literal["comment", "imports", "region"] = "region"


class SemanticToken(NamedTuple):
    """A word and what it is, for colours."""

    span: Span
    kind: str
    modifiers: tuple[str, ...] = ()


class Lens(NamedTuple):
    """A line over a declaration; `command` is what a click on it does, with the member as argument."""

    span: Span
    text: str
    command: Literal["", "draw", "compile"] = ""
    member: str = ""


class Hint(NamedTuple):
    """A few characters shown behind an offset of the text."""

    offset: int
    text: str
    tip: str = ""


class Action(NamedTuple):
    """A quick fix of the diagnostic of this code and place. `sure`: it is surely what was meant."""

    title: str
    edits: tuple[Edit, ...]
    code: str
    span: Span
    sure: bool = False


class NameUse(NamedTuple):
    """A place where a name is used, or `writes` its meaning."""

    span: Span
    writes: bool = False


class NotPossible(Exception):
    """What was asked for cannot be done; the message says why."""
