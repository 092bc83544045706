"""Texts that are open in an editor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archc.diagnostics.core import Edit
from archc.editor.analysis import Analysis
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.zoo import families, shipped_source

FOLDER = "/specs-of-a-user"
SPECS = dict.fromkeys((*families(), "common", "sketch"))
"""The shipped specs."""


class Opened(NamedTuple):
    """A workspace, and the view of one of its texts, all of whose members are checked."""

    space: Workspace
    view: View

    def at(self, words: str, *, within: int = 0, nth: int = 0) -> int:
        """The offset of some words of the text, plus a number of characters."""
        offset = -1
        for _ in range(nth + 1):
            offset = self.view.source.text.index(words, offset + 1)
        return offset + within


def opened(words: str, name: str = "mine.arch", **others: str) -> Opened:
    """A text, with other files by their names without the extension."""
    space = Workspace()
    for other, text in others.items():
        space.put(f"{FOLDER}/{other}.arch", text)
    space.put(f"{FOLDER}/{name}", words)
    return Opened(space, View(finished(space, f"{FOLDER}/{name}")))


def literally(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits made as an editor makes them."""
    for edit in sorted(edits, key=lambda e: e.span, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def shipped(family: str) -> Opened:
    """A shipped spec as a file of a user."""
    return opened(shipped_source(f"{family}.arch").text, f"{family}.arch")


def only_read(family: str) -> Opened:
    """A shipped spec as a file of a user, with no member checked yet."""
    space, name = Workspace(), f"{FOLDER}/{family}.arch"
    space.put(name, shipped_source(f"{family}.arch").text)
    return Opened(space, View(space.analysis(name)))


def finished(space: Workspace, name: str) -> Analysis:
    """Everything that is known about a text."""
    analysis = space.analysis(name)
    for member in list(analysis.waiting()):
        analysis.add(analysis.check(member))
    analysis.weighed = analysis.weigh()
    space.keep(analysis)
    return analysis
