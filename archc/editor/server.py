"""The language server: a thin shell around the features, over standard input and output or TCP.

Texts are parsed and resolved on request; members are checked one by one in a thread, the one at the cursor first.
Results for a text that has changed in the meantime are dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from archc.diagnostics.source import Source, Unit
from archc.editor import marks
from archc.editor.analysis import Analysis, Dropped, MemberResult
from archc.editor.garbage import tidy
from archc.editor.problems import problems
from archc.editor.protocol import Shapes, name_of, uri_of
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.version import __version__
from archc.zoo import SpecError

log = logging.getLogger("archc.lsp")
_UNITS: dict[object, Unit] = {
    lsp.PositionEncodingKind.Utf8: "utf-8",
    lsp.PositionEncodingKind.Utf16: "utf-16",
    lsp.PositionEncodingKind.Utf32: "characters",
}
_IDLE = 2.0
"""The seconds without a change after which garbage is collected."""
PATIENCE = 0.05
"""Seconds that the first answer to a change waits for the member at the cursor."""
Answer = TypeVar("Answer")


class Server(LanguageServer):
    """The state of a session: the texts, and what is being checked."""

    def __init__(self) -> None:
        super().__init__("archc", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self.texts = Workspace()
        self.hints: marks.Wanted = "changes"
        self.commands = False
        self.options: Any = None
        self.snippets = False
        self.refreshes: tuple[bool, bool] = (False, False)
        self.creates = False
        self._views: dict[str, View] = {}
        self._focus: dict[str, str | None] = {}
        self._cursor: dict[str, int] = {}
        self._checking: dict[str, asyncio.Task[None]] = {}
        self._running: dict[tuple[int, str | None], asyncio.Future[MemberResult]] = {}
        self._later: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(1, "archc")

    @property
    def shapes(self) -> Shapes:
        """The converter to the values of the protocol."""
        return Shapes(self.source, _UNITS.get(self.workspace.position_encoding, "utf-16"))

    def source(self, name: str) -> Source:
        """A file's text; empty if it cannot be read any more."""
        try:
            return self.texts.text(name).real
        except SpecError:
            return Source(name, "")

    def view(self, uri: str) -> View:
        """The current version of a file."""
        return self.view_of(name_of(uri))

    def view_of(self, name: str) -> View:
        """The current version of the file with a name."""
        analysis, known = self.texts.analysis(name), self._views.get(name)
        if known is None or known.analysis is not analysis:
            known = self._views[name] = View(analysis, self._focus.get(name))
        return known

    def views(self) -> list[View]:
        """All specs of the folders, and those that are open."""
        made = []
        for name in self.texts.specs():
            try:
                made.append(self.view_of(name))
            except SpecError:
                continue
        return made

    def at(self, uri: str, position: lsp.Position) -> tuple[View, int]:
        """A file and an offset in it. The member there becomes the current one."""
        view = self.view(uri)
        offset = self.shapes.offset(view.source, position)
        self._cursor[view.name] = offset
        self._focus[view.name] = view.focus = view.member_at(offset)
        return view, offset

    # -- checking ---------------------------------------------------------------------------------------------------

    def changed(self, uri: str, words: str) -> None:
        """Store a text, and check it and those that use it."""
        name = name_of(uri)
        before = self.texts.open.get(name)
        if before is not None:
            self._cursor[name] = _first_change(before, words)
        users = self.texts.users(name)
        self.texts.put(name, words)
        for each in (name, *users):
            self.check(each)

    def check(self, name: str) -> None:
        """Check a text again, and cancel what was begun for it."""
        if (running := self._checking.pop(name, None)) is not None:
            running.cancel()
        self._checking[name] = asyncio.create_task(self._check(name))

    async def _check(self, name: str) -> None:
        try:
            await self._checked(name)
        except Dropped:
            pass
        except Exception:  # the next change is checked again
            log.exception("checking %s failed", name)

    async def _checked(self, name: str) -> None:
        try:
            view = self.view_of(name)
        except SpecError as error:
            self.publish(name, [lsp.Diagnostic(_START, str(error), lsp.DiagnosticSeverity.Error, source="archc")])
            return
        analysis = view.analysis
        first = view.member_at(min(self._cursor.get(name, 0), len(view.source.text)))
        self._focus[name] = view.focus = first
        at_cursor = _heard(self.member(analysis, first))
        await asyncio.wait({at_cursor}, timeout=PATIENCE)
        if self.texts.is_current(analysis):
            self.tell(view)
        await at_cursor
        for member in list(analysis.waiting()):
            await self.member(analysis, member)
        weighed = await self.aside(analysis.weigh)
        if self.texts.is_current(analysis):
            analysis.weighed = weighed
            self.texts.keep(analysis)
            self.tell(view)
            self.refresh()
            await asyncio.sleep(_IDLE)
            tidy()

    async def member(self, analysis: Analysis, member: str | None) -> None:
        """Check a waiting member. Raises `Dropped` if the text has changed."""
        while member in analysis.waiting():
            key = (id(analysis), member)
            if key not in self._running:
                work = partial(analysis.check, member, lambda: not self.texts.is_current(analysis))
                self._running[key] = _heard(self.aside(work))
            try:
                result = await asyncio.shield(self._running[key])
            finally:
                self._running.pop(key, None)
            if member not in analysis.results:
                analysis.add(result)

    async def focused(self, view: View) -> View:
        """The file after checking its current member, so that there is something to show."""
        await self.member(view.analysis, view.focus)
        return view

    async def aside(self, work: Callable[[], Answer]) -> Answer:
        """Run work in a thread, since it would take too long here."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Schedule work that no request waits for."""
        task = _heard(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def tell(self, view: View) -> None:
        """Send the diagnostics of a file."""
        told = problems(view, self.texts.earlier(view.name))
        self.publish(view.name, [self.shapes.diagnostic(one) for one in told])

    def publish(self, name: str, diagnostics: list[lsp.Diagnostic]) -> None:
        """Send diagnostics of an open file."""
        if name in self.texts.open:
            uri = next((u for u in self.workspace.text_documents if name_of(u) == name), uri_of(name))
            document = self.workspace.text_documents.get(uri)
            version = document.version if document is not None else None
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, diagnostics, version))

    def refresh(self) -> None:
        """Ask the editor to request counts and shapes again, if it supports that."""
        lenses, hints = self.refreshes
        if lenses:
            self.workspace_code_lens_refresh(None)
        if hints:
            self.workspace_inlay_hint_refresh(None)

    def closed(self, uri: str) -> None:
        """Forget a text that is no longer open."""
        name = name_of(uri)
        if (running := self._checking.pop(name, None)) is not None:
            running.cancel()
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))
        self.texts.close(name)
        self._views.pop(name, None)

    def all_again(self) -> None:
        """Check all open texts, since files have changed on disk."""
        self.texts.touched()
        for name in self.texts.open:
            self.check(name)


_START = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))


def _heard(work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
    """A task whose failure is not logged if nothing awaits it any more."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _first_change(before: str, after: str) -> int:
    """The offset in the new text at which two begin to differ."""
    low, high = 0, min(len(before), len(after))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if before[:middle] == after[:middle] else (low, middle - 1)
    return low
