"""The language server: a thin shell around the features, over standard input and output or TCP.

Texts are read and resolved as soon as somebody asks; members are checked one by one in a thread, the one at the cursor
first. What was worked out for a text that has changed meanwhile is dropped.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any, TypeVar

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from archc.editor import fixes, marks, style
from archc.editor.analysis import Analysis, Dropped, Result
from archc.editor.calls import signature
from archc.editor.completion import completions
from archc.editor.data import NotPossible
from archc.editor.hover import hover
from archc.editor.listing import MODIFIERS, TOKENS, coloured, folds, found, symbols
from archc.editor.names import definition, highlights, references, renamable, rename
from archc.editor.problems import problems
from archc.editor.protocol import Shapes, name_of, uri_of
from archc.editor.view import View
from archc.editor.workspace import Workspace
from archc.source import Source, Unit
from archc.version import __version__
from archc.zoo import SpecError

log = logging.getLogger("archc.lsp")
_UNITS: dict[object, Unit] = {
    lsp.PositionEncodingKind.Utf8: "utf-8",
    lsp.PositionEncodingKind.Utf16: "utf-16",
    lsp.PositionEncodingKind.Utf32: "characters",
}
_IDLE = 2.0
"""Seconds without a change after which garbage is sought."""
_PATIENCE = 0.05
"""Seconds that the first answer to a change waits for the member at the cursor."""
_TIDIED = count(1)
_THOROUGHLY = 20
"""Every so many times garbage is sought among what is kept, too."""
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
        self._views: dict[str, View] = {}
        self._focus: dict[str, str | None] = {}
        self._cursor: dict[str, int] = {}
        self._checking: dict[str, asyncio.Task[None]] = {}
        self._running: dict[tuple[int, str | None], asyncio.Future[Result]] = {}
        self._thread = ThreadPoolExecutor(1, "archc")

    @property
    def shapes(self) -> Shapes:
        """What makes the protocol's values."""
        return Shapes(self.source, _UNITS.get(self.workspace.position_encoding, "utf-16"))

    def source(self, name: str) -> Source:
        """A file's text; nothing of one that cannot be read any more."""
        try:
            return self.texts.text(name).real
        except SpecError:
            return Source(name, "")

    def view(self, uri: str) -> View:
        """A file as it is now."""
        return self.view_of(name_of(uri))

    def view_of(self, name: str) -> View:
        """The file of a name as it is now."""
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
        """A file, and an offset in it; the member there is looked at from now on."""
        view = self.view(uri)
        offset = self.shapes.offset(view.source, position)
        self._cursor[view.name] = offset
        self._focus[view.name] = view.focus = view.member_at(offset)
        return view, offset

    # -- checking ---------------------------------------------------------------------------------------------------

    def changed(self, uri: str, words: str) -> None:
        """Take a text in, and check it and those that use it."""
        name = name_of(uri)
        before = self.texts.open.get(name)
        if before is not None:
            self._cursor[name] = _first_change(before, words)
        users = self.texts.users(name)
        self.texts.put(name, words)
        for each in (name, *users):
            self.check(each)

    def check(self, name: str) -> None:
        """Check a text again; what was begun for it is given up."""
        if (running := self._checking.pop(name, None)) is not None:
            running.cancel()
        self._checking[name] = asyncio.create_task(self._check(name))

    async def _check(self, name: str) -> None:
        try:
            await self._checked(name)
        except Dropped:
            pass
        except Exception:  # the next change is checked anew
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
        await asyncio.wait({at_cursor}, timeout=_PATIENCE)
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
            _tidy()

    async def member(self, analysis: Analysis, member: str | None) -> None:
        """Have a member checked, if it is one that waits. Raises `Dropped` where the text has changed."""
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
        """The file with the member that is looked at checked, so that there is something to show."""
        await self.member(view.analysis, view.focus)
        return view

    async def aside(self, work: Callable[[], Answer]) -> Answer:
        """What some work comes to that would take too long here."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def tell(self, view: View) -> None:
        """Send what there is to say about a file."""
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
        """Let the editor ask for counts and shapes again, if it can."""
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
        """Files changed on disk: check what is open."""
        self.texts.touched()
        for name in self.texts.open:
            self.check(name)


_START = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))


def _heard(work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
    """A task; if nobody waits for it any more, nothing is said of its failing."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _tidy() -> None:
    """Seek garbage in what was made since the last time: nobody waits for anything now."""
    if next(_TIDIED) % _THOROUGHLY == 0:
        gc.unfreeze()
    gc.collect()
    gc.freeze()


def _first_change(before: str, after: str) -> int:
    """The offset in the new text at which two begin to differ."""
    low, high = 0, min(len(before), len(after))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if before[:middle] == after[:middle] else (low, middle - 1)
    return low


def _guarded(server: Server, what: str, handler: Callable[[Any], Any]) -> Callable[[Any], Awaitable[Any]]:
    """A handler that fails alone: a fault of archc's own is logged and answered, and the server goes on."""

    async def handle(params: Any) -> Any:
        try:
            answer = handler(params)
            return await answer if asyncio.iscoroutine(answer) else answer
        except NotPossible as error:
            raise JsonRpcException(str(error), code=lsp.LSPErrorCodes.RequestFailed) from None
        except SpecError as error:
            log.warning("%s: %s", what, error)
            return None
        except Dropped:
            raise JsonRpcException("the text has changed", code=lsp.LSPErrorCodes.ContentModified) from None
        except JsonRpcException:
            raise
        except Exception as error:
            log.exception("%s failed", what)
            text = f"internal fault of archc in {what}: {type(error).__name__}: {error}"
            raise JsonRpcException(text, code=lsp.ErrorCodes.InternalError) from None

    return handle


def made() -> Server:
    """A server with all its handlers."""
    server = Server()
    handlers: dict[str, tuple[Callable[[Any], Any], Any]] = {**_documents(server), **_asked(server), **_made(server)}
    for what, (handler, options) in handlers.items():
        server.feature(what, options)(_guarded(server, what, handler))
    for command in ("draw", "compile"):
        server.command(f"archc.{command}")(_command(server, command))
    return server


def _documents(server: Server) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """What an editor tells of its texts."""

    def initialized(params: lsp.InitializedParams) -> None:
        asked = server.client_capabilities
        options = server.options if isinstance(server.options, dict) else {}
        server.hints = options.get("hints", "changes") if options.get("hints") in ("all", "none") else "changes"
        server.commands = bool(options.get("commands", False))
        item = asked.text_document and asked.text_document.completion and asked.text_document.completion.completion_item
        server.snippets = bool(item and item.snippet_support)
        space = asked.workspace
        server.refreshes = (
            bool(space and space.code_lens and space.code_lens.refresh_support),
            bool(space and space.inlay_hint and space.inlay_hint.refresh_support),
        )
        server.texts.folders = tuple(name_of(uri) for uri in server.workspace.folders)
        if not server.texts.folders and server.workspace.root_uri:
            server.texts.folders = (name_of(server.workspace.root_uri),)

    def initialize(params: lsp.InitializeParams) -> None:
        server.options = params.initialization_options

    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri, params.text_document.text)

    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        document = server.workspace.get_text_document(params.text_document.uri)
        server.changed(params.text_document.uri, document.source)

    return {
        lsp.INITIALIZE: (initialize, None),
        lsp.INITIALIZED: (initialized, None),
        lsp.TEXT_DOCUMENT_DID_OPEN: (opened, None),
        lsp.TEXT_DOCUMENT_DID_CHANGE: (changed, None),
        lsp.TEXT_DOCUMENT_DID_CLOSE: (lambda params: server.closed(params.text_document.uri), None),
        lsp.TEXT_DOCUMENT_DID_SAVE: (lambda params: server.all_again(), None),
        lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: (lambda params: server.all_again(), None),
        lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: (lambda params: _folders(server), None),
    }


def _folders(server: Server) -> None:
    server.texts.folders = tuple(name_of(uri) for uri in server.workspace.folders)


def _asked(server: Server) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """What an editor asks about a place."""

    def at(params: Any) -> tuple[View, int]:
        return server.at(params.text_document.uri, params.position)

    async def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        view, offset = at(params)
        answer = hover(await server.focused(view), offset)
        return server.shapes.hover(answer) if answer is not None else None

    def defined(params: lsp.DefinitionParams) -> lsp.Location | None:
        span = definition(*at(params))
        return server.shapes.location(span) if span is not None else None

    def used(params: lsp.ReferenceParams) -> list[lsp.Location]:
        spans = references(server.views(), *at(params), defining=params.context.include_declaration)
        return [server.shapes.location(span) for span in spans]

    def highlighted(params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight]:
        return [server.shapes.highlight(mark) for mark in highlights(*at(params))]

    async def completed(params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        view, offset = at(params)
        items = completions(server.texts, view, offset)
        return [server.shapes.item(item, snippets=server.snippets) for item in items]

    def signed(params: lsp.SignatureHelpParams) -> lsp.SignatureHelp | None:
        answer = signature(*at(params))
        return server.shapes.signature(answer) if answer is not None else None

    def may_rename(params: lsp.PrepareRenameParams) -> lsp.Range:
        return server.shapes.range(renamable(*at(params)))

    def renamed(params: lsp.RenameParams) -> lsp.WorkspaceEdit:
        answer = rename(server.texts, server.views(), *at(params), params.new_name)
        if answer.keys:
            text = ", ".join(f"{old} → {new}" for old, new in answer.keys[:20])
            message = f"weights from before call these modules otherwise: {text}"
            server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, message))
        return server.shapes.changes(answer.edits)

    signs = lsp.SignatureHelpOptions(["(", ","], retrigger_characters=["="])
    return {
        lsp.TEXT_DOCUMENT_HOVER: (hovered, None),
        lsp.TEXT_DOCUMENT_DEFINITION: (defined, None),
        lsp.TEXT_DOCUMENT_REFERENCES: (used, None),
        lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (highlighted, None),
        lsp.TEXT_DOCUMENT_COMPLETION: (completed, lsp.CompletionOptions(["-", "(", ".", '"', " "])),
        lsp.TEXT_DOCUMENT_SIGNATURE_HELP: (signed, signs),
        lsp.TEXT_DOCUMENT_PREPARE_RENAME: (may_rename, None),
        lsp.TEXT_DOCUMENT_RENAME: (renamed, lsp.RenameOptions(prepare_provider=True)),
    }


def _made(server: Server) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """What an editor asks about a file, or all files."""

    def listed(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        return [server.shapes.symbol(one) for one in symbols(server.view(params.text_document.uri))]

    def searched(params: lsp.WorkspaceSymbolParams) -> list[lsp.WorkspaceSymbol]:
        return [server.shapes.found(one) for one in found(server.texts, params.query)]

    def folded(params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange]:
        return [server.shapes.fold(one) for one in folds(server.source(name_of(params.text_document.uri)))]

    def tokens(params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
        view = server.view(params.text_document.uri)
        return server.shapes.tokens(view.source, coloured(view))

    def lensed(params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
        uri = params.text_document.uri
        return [server.shapes.lens(one, uri) for one in marks.lenses(server.view(uri), commands=server.commands)]

    async def hinted(params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
        view = await server.focused(server.view(params.text_document.uri))
        first, last = (server.shapes.offset(view.source, p) for p in (params.range.start, params.range.end))
        return [server.shapes.hint(view.source, one) for one in marks.hints(view, first, last, server.hints)]

    async def fixed(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        view = server.view(params.text_document.uri)
        first, last = (server.shapes.offset(view.source, p) for p in (params.range.start, params.range.end))
        answers = await server.aside(lambda: fixes.fixes(server.texts, view, first, last))
        return [server.shapes.action(one, params.context.diagnostics) for one in answers]

    def formatted(params: Any) -> list[lsp.TextEdit]:
        source = server.source(name_of(params.text_document.uri))
        span = getattr(params, "range", None)
        lines = (span.start.line + 1, span.end.line + (span.end.character > 0)) if span is not None else (1, None)
        try:
            return server.shapes.edits(style.format_edits(source, *lines))
        except ValueError as error:
            raise NotPossible(str(error)) from None

    legend = lsp.SemanticTokensLegend(list(TOKENS), list(MODIFIERS))
    return {
        lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (listed, None),
        lsp.WORKSPACE_SYMBOL: (searched, None),
        lsp.TEXT_DOCUMENT_FOLDING_RANGE: (folded, None),
        lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (tokens, legend),
        lsp.TEXT_DOCUMENT_CODE_LENS: (lensed, None),
        lsp.TEXT_DOCUMENT_INLAY_HINT: (hinted, None),
        lsp.TEXT_DOCUMENT_CODE_ACTION: (fixed, lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix])),
        lsp.TEXT_DOCUMENT_FORMATTING: (formatted, None),
        lsp.TEXT_DOCUMENT_RANGE_FORMATTING: (formatted, None),
    }


def _command(server: Server, command: str) -> Callable[..., Awaitable[dict[str, str] | None]]:
    """`archc.draw` and `archc.compile`: the figure or the source of a member, as text."""

    async def run(uri: str, member: str) -> dict[str, str] | None:
        view = server.view(uri)
        name = member if member in view.analysis.members else None
        await server.member(view.analysis, name)
        shown = view.shown(name)
        if shown is None or (command == "compile" and shown.network.partial):
            return None
        return await server.aside(lambda: _written(command, shown.network))

    return run


def _written(command: str, network: Any) -> dict[str, str]:
    from archc.api import Model

    model = Model(network)
    return {"svg": model.draw().to("svg").decode()} if command == "draw" else {"python": model.source()}


def start(host: str | None, port: int) -> None:
    """Serve until the editor is gone: over standard input and output, or TCP if there is a host."""
    gc.disable()  # it is sought when nobody waits
    server = made()
    _tidy()
    if host is None:
        server.start_io()
    else:
        server.start_tcp(host, port)
