"""The handlers of the server for the requests of the protocol, and its start."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from archc.editor import fixes, marks, style
from archc.editor.analysis import Dropped
from archc.editor.calls import signature
from archc.editor.completion import completions
from archc.editor.data import NotPossible
from archc.editor.garbage import tidy
from archc.editor.hierarchy import callable_at, called, callers
from archc.editor.hover import hover
from archc.editor.listing import MODIFIERS, TOKENS, coloured, folds, found, symbols
from archc.editor.names import definition, highlights, references
from archc.editor.preview import LEVELS, code, preview
from archc.editor.protocol import name_of, uri_of
from archc.editor.renaming import Renaming, renamable, rename
from archc.editor.server import Server, log
from archc.editor.view import Shown, View
from archc.zoo import SpecError


def _guarded(server: Server, what: str, handler: Callable[[Any], Any]) -> Callable[[Any], Awaitable[Any]]:
    """Wrap a handler so that an internal fault is logged and answered, and the server continues."""

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
    handlers: dict[str, tuple[Callable[[Any], Any], Any]] = {
        **_documents(server), **_at_places(server), **_renaming(server), **_calls(server), **_of_files(server),
        **_of_ranges(server),
    }  # fmt: skip
    for what, (handler, options) in handlers.items():
        server.feature(what, options)(_guarded(server, what, handler))
    for command in ("draw", "compile"):
        server.command(f"archc.{command}")(_command(server, command))
    server.command("archc.preview")(_preview(server))
    return server


def _documents(server: Server) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """The notifications of an editor about its texts."""

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
        edits = space and space.workspace_edit
        kinds = (edits and edits.resource_operations) or ()
        server.creates = lsp.ResourceOperationKind.Create in kinds and bool(edits and edits.document_changes)
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


def _at_places(server: Server) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """The requests of an editor about the name or term at a place."""

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

    signs = lsp.SignatureHelpOptions(["(", ","], retrigger_characters=["="])
    return {
        lsp.TEXT_DOCUMENT_HOVER: (hovered, None),
        lsp.TEXT_DOCUMENT_DEFINITION: (defined, None),
        lsp.TEXT_DOCUMENT_REFERENCES: (used, None),
        lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (highlighted, None),
        lsp.TEXT_DOCUMENT_COMPLETION: (completed, lsp.CompletionOptions(["-", "(", ".", '"', " "])),
        lsp.TEXT_DOCUMENT_SIGNATURE_HELP: (signed, signs),
    }


def _renaming(server: Server) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """The requests of an editor to rename what is at a place."""

    def may_rename(params: lsp.PrepareRenameParams) -> lsp.Range:
        return server.shapes.range(renamable(*server.at(params.text_document.uri, params.position)))

    async def renamed(params: lsp.RenameParams) -> lsp.WorkspaceEdit:
        views, (view, offset) = server.views(), server.at(params.text_document.uri, params.position)
        answer = await server.aside(lambda: rename(server.texts, views, view, offset, params.new_name))
        if not server.texts.is_current(view.analysis):
            raise Dropped
        if answer.keys is not None:
            server.later(_offered(server, view.name, answer))
        return server.shapes.changes(answer.edits)

    return {
        lsp.TEXT_DOCUMENT_PREPARE_RENAME: (may_rename, None),
        lsp.TEXT_DOCUMENT_RENAME: (renamed, lsp.RenameOptions(prepare_provider=True)),
    }


_MOST_TOLD = 20
"""The maximum number of modules in a message."""


async def _offered(server: Server, name: str, renaming: Renaming) -> None:
    """Show the names of renamed modules in existing weights, and offer to write the map for `archc weights --map`."""
    keys = renaming.keys
    assert keys is not None
    told = ", ".join(f"{old} → {new}" for old, new in renaming.modules[:_MOST_TOLD])
    more = len(renaming.modules) - _MOST_TOLD
    text = f"older weights of {keys.before} have other names for these modules: {told}" + (
        f", {more} more" if more > 0 else ""
    )
    if not server.creates:
        server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, text))
        return
    file = f"{name.rpartition('/')[0]}/{keys.before}.keys.json"
    offer = lsp.MessageActionItem(f"Write {keys.before}.keys.json")
    asked = lsp.ShowMessageRequestParams(lsp.MessageType.Info, text, [offer])
    if await server.window_show_message_request_async(asked) is None:
        return
    document = lsp.OptionalVersionedTextDocumentIdentifier(uri_of(file))
    written = lsp.TextEdit(lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0)), keys.to_json())
    made = lsp.CreateFile(uri=uri_of(file), options=lsp.CreateFileOptions(overwrite=True))
    edit = lsp.WorkspaceEdit(document_changes=[made, lsp.TextDocumentEdit(document, [written])])
    await server.workspace_apply_edit_async(lsp.ApplyWorkspaceEditParams(edit, label=offer.title))


def _calls(server: Server) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """The requests about the callers and callees of a definition."""

    def prepared(params: lsp.CallHierarchyPrepareParams) -> list[lsp.CallHierarchyItem] | None:
        found = callable_at(*server.at(params.text_document.uri, params.position))
        return [server.shapes.end(found)] if found is not None else None

    def at(item: lsp.CallHierarchyItem) -> tuple[View, int]:
        view = server.view_of(item.data if isinstance(item.data, str) else name_of(item.uri))
        return view, server.shapes.offset(view.source, item.selection_range.start)

    def incoming(params: lsp.CallHierarchyIncomingCallsParams) -> list[lsp.CallHierarchyIncomingCall]:
        return [server.shapes.caller(one) for one in callers(server.views(), *at(params.item))]

    def outgoing(params: lsp.CallHierarchyOutgoingCallsParams) -> list[lsp.CallHierarchyOutgoingCall]:
        return [server.shapes.callee(one) for one in called(*at(params.item))]

    return {
        lsp.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY: (prepared, None),
        lsp.CALL_HIERARCHY_INCOMING_CALLS: (incoming, None),
        lsp.CALL_HIERARCHY_OUTGOING_CALLS: (outgoing, None),
    }


def _of_files(server: Server) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """The requests of an editor about a file, or all files."""

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

    legend = lsp.SemanticTokensLegend(list(TOKENS), list(MODIFIERS))
    return {
        lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (listed, None),
        lsp.WORKSPACE_SYMBOL: (searched, None),
        lsp.TEXT_DOCUMENT_FOLDING_RANGE: (folded, None),
        lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (tokens, legend),
        lsp.TEXT_DOCUMENT_CODE_LENS: (lensed, None),
    }


def _of_ranges(server: Server) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    """The requests of an editor about a range of a file."""

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

    return {
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
        return await server.aside(lambda: _written(command, view, shown))

    return run


def _preview(server: Server) -> Callable[..., Awaitable[dict[str, Any] | None]]:
    """`archc.preview`: the figure of the member at a place, the places of its boxes, and the boxes at the place."""

    async def run(uri: str, line: int, character: int, level: str = "block") -> dict[str, Any] | None:
        view, offset = server.at(uri, lsp.Position(line, character))
        await server.member(view.analysis, view.member_at(offset))
        found = await server.aside(lambda: preview(view, offset, LEVELS.get(level, "block")))
        if found is None:
            return None
        places = {path: server.shapes.location(span) for path, span in found.places.items()}
        return {
            "member": found.member,
            "counts": found.counts,
            "svg": found.svg,
            "places": places,
            "at": list(found.at),
        }

    return run


def _written(command: str, view: View, shown: Shown) -> dict[str, str]:
    from archc.api import Model

    return (
        {"svg": Model(shown.network).draw().to("svg").decode()} if command == "draw" else {"python": code(view, shown)}
    )


def start(host: str | None, port: int) -> None:
    """Serve until the editor disconnects: over standard input and output, or TCP if there is a host."""
    gc.disable()  # `tidy` collects garbage in pauses
    server = made()
    tidy()
    if host is None:
        server.start_io(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))  # pygls closes them
    else:
        server.start_tcp(host, port)
