"""The answers of features, as plain values. Places are spans of the current texts, in characters."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from archc.diagnostics.core import Edit, Severity
from archc.diagnostics.source import Span

SymbolKind: TypeAlias = Literal[
    "layer", "builtin", "function", "macro", "block", "model", "variant", "parameter", "let", "loop variable", "tensor",
    "incoming", "module", "fact", "lost", "keyword", "snippet", "file", "argument",
]  # fmt: skip


class Told(NamedTuple):
    """A diagnostic. `related` are other places with their labels; `unused`: it is about unused code."""

    span: Span
    severity: Severity
    code: str
    message: str
    related: tuple[tuple[Span, str], ...] = ()
    unused: bool = False


class Hover(NamedTuple):
    """The information about the place under the cursor, in Markdown."""

    span: Span
    text: str


class Symbol(NamedTuple):
    """A definition in an outline: its extent, the place of its name, and its contents."""

    name: str
    kind: SymbolKind
    detail: str
    whole: Span
    span: Span
    children: tuple[Symbol, ...] = ()


class Calls(NamedTuple):
    """A caller or callee, and the places of the calls, in the file of the caller."""

    other: Symbol
    spans: tuple[Span, ...]


class CompletionItem(NamedTuple):
    """A completion: `text` replaces `span`. In a `snippet` it has placeholders such as `${1:name}`."""

    label: str
    kind: SymbolKind
    span: Span
    text: str
    detail: str = ""
    doc: str = ""
    snippet: bool = False
    order: int = 5


class Signature(NamedTuple):
    """A call that is being typed: its text, the ranges of its parameters in it, and the index of the next one."""

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
    """A word and its kind, for colours."""

    span: Span
    kind: str
    modifiers: tuple[str, ...] = ()


class Lens(NamedTuple):
    """A line above a declaration; `command` is run on a click, with the member as argument."""

    span: Span
    text: str
    command: Literal["", "draw", "compile"] = ""
    member: str = ""


class Hint(NamedTuple):
    """A short text displayed after an offset."""

    offset: int
    text: str
    tip: str = ""


class Action(NamedTuple):
    """A quick fix for the diagnostic with this code and place. `sure`: it is certainly intended."""

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
    """A request cannot be fulfilled. The message says why."""
