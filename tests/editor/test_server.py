"""The server as run by an editor: a separate process that speaks the protocol."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

from archc.editor.protocol import name_of, uri_of
from archc.editor.server import Server
from archc.editor.view import View
from archc.zoo import families, shipped_source
from tests.corpus.mutate import case

NOT_ALWAYS = ("signature", "fixes", "format", "completion", "hints")
"""Requests whose answer may be empty for a spec without errors."""
TINY = "model tiny(classes=10) {\n  input 3x8x8\n  stem: Conv(4) - GAPool - fc: FC(classes)\n}\n"
Found = TypeVar("Found")


def alone(work: Coroutine[Any, Any, Found]) -> Found:
    """The result of asynchronous work in a separate thread: browser tests leave an event loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


class Editor:
    """A client: the messages that it received, and its changes of texts."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client, self.folder = client, folder
        self.told: dict[tuple[str, int | None], list[lsp.Diagnostic]] = {}
        self.news = asyncio.Condition()
        self.messages: list[str] = []
        self.version = 0

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> lsp.TextDocumentIdentifier:
        item = lsp.TextDocumentItem(self.uri(name), "arch", 0, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return lsp.TextDocumentIdentifier(self.uri(name))

    def change(self, name: str, text: str) -> int:
        self.version += 1
        identifier = lsp.VersionedTextDocumentIdentifier(self.version, self.uri(name))
        whole = lsp.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(identifier, [whole]))
        return self.version

    async def heard(self, name: str, version: int, wanted: Callable[[list[lsp.Diagnostic]], bool]) -> None:
        """Wait until the diagnostics of a version satisfy a condition."""
        key = self.uri(name), version
        async with self.news:
            await asyncio.wait_for(self.news.wait_for(lambda: key in self.told and wanted(self.told[key])), 60)


def session(
    folder: Path,
    play: Callable[[Editor], Awaitable[Found]],
    command: tuple[str, ...] = ("-m", "archc", "lsp"),
    **options: Any,
) -> Found:
    """Run a server, play a session, and shut the server down."""

    async def run() -> Found:
        client = LanguageClient("test", "1")
        editor = Editor(client, folder)

        async def published(params: lsp.PublishDiagnosticsParams) -> None:
            async with editor.news:
                editor.told[params.uri, params.version] = list(params.diagnostics)
                editor.news.notify_all()

        client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
        client.feature(lsp.WINDOW_SHOW_MESSAGE)(lambda params: editor.messages.append(params.message))
        await client.start_io(sys.executable, *command)
        folders = [lsp.WorkspaceFolder(folder.as_uri(), "specs")]
        capabilities = lsp.ClientCapabilities(
            text_document=lsp.TextDocumentClientCapabilities(
                completion=lsp.CompletionClientCapabilities(
                    completion_item=lsp.ClientCompletionItemOptions(snippet_support=True)
                )
            )
        )
        asked = lsp.InitializeParams(capabilities, workspace_folders=folders, initialization_options=options or None)
        await client.initialize_async(asked)
        client.initialized(lsp.InitializedParams())
        found = await asyncio.wait_for(play(editor), 120)
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()  # type: ignore[no-untyped-call]  # of pygls
        return found

    return alone(run())


def nothing(diagnostics: list[lsp.Diagnostic]) -> bool:
    return diagnostics == []


def codes(*wanted: str) -> Callable[[list[lsp.Diagnostic]], bool]:
    return lambda diagnostics: [d.code for d in diagnostics] == list(wanted)


def test_a_mistake_is_told_and_mended(tmp_path: Path) -> None:
    async def play(editor: Editor) -> None:
        document = editor.open("tiny.arch", TINY)
        await editor.heard("tiny.arch", 0, nothing)
        broken = TINY.replace("Conv(4)", "Cnov(4)")
        version = editor.change("tiny.arch", broken)
        await editor.heard("tiny.arch", version, codes("E0101"))
        (told,) = editor.told[document.uri, version]
        assert told.code_description is not None and told.code_description.href.endswith("/E0101.md")
        assert Path(name_of(told.code_description.href)).exists()
        asked = lsp.CodeActionParams(document, told.range, lsp.CodeActionContext([told]))
        actions = await editor.client.text_document_code_action_async(asked)
        assert actions and isinstance(actions[0], lsp.CodeAction) and actions[0].edit is not None
        assert actions[0].edit.changes and document.uri in actions[0].edit.changes
        assert list(actions[0].diagnostics or ()) == [told]
        await editor.heard("tiny.arch", editor.change("tiny.arch", TINY), nothing)

    session(tmp_path, play)


def test_every_request_is_answered_on_every_shipped_spec(tmp_path: Path) -> None:
    async def play(editor: Editor) -> None:
        for family in families():
            text = shipped_source(f"{family}.arch").text
            document = editor.open(f"{family}.arch", text)
            name = re.search(r"^(?:variant|model) (\w+)", text, re.MULTILINE)
            assert name is not None
            answers = await everything(editor, document, text, name.start(1) + 1)
            assert not [what for what in answers if not answers[what] and what not in NOT_ALWAYS], family
            assert not answers["format"] and not answers["fixes"]
            await editor.heard(f"{family}.arch", 0, nothing)
            lenses = await editor.client.text_document_code_lens_async(lsp.CodeLensParams(document))
            assert lenses
            editor.client.text_document_did_close(lsp.DidCloseTextDocumentParams(document))

    session(tmp_path, play)


def test_every_request_is_answered_on_broken_specs(tmp_path: Path) -> None:
    async def play(editor: Editor) -> None:
        for number in range(6):
            broken = case(7, number)
            document = editor.open(f"b{number}.arch", broken.text)
            for at in range(0, len(broken.text), 700):
                await everything(editor, document, broken.text, at)
            await editor.heard(f"b{number}.arch", 0, bool)

    session(tmp_path, play)


async def everything(editor: Editor, document: lsp.TextDocumentIdentifier, text: str, offset: int) -> dict[str, Any]:
    """Send every kind of request."""
    line = text.count("\n", 0, offset)
    at = lsp.Position(line, offset - (text.rfind("\n", 0, offset) + 1))
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(text.count("\n") + 1, 0))
    client, style = editor.client, lsp.FormattingOptions(2, True)
    asked: dict[str, Awaitable[Any]] = {
        "hover": client.text_document_hover_async(lsp.HoverParams(document, at)),
        "highlights": client.text_document_document_highlight_async(lsp.DocumentHighlightParams(document, at)),
        "references": client.text_document_references_async(
            lsp.ReferenceParams(lsp.ReferenceContext(True), document, at)
        ),
        "completion": client.text_document_completion_async(lsp.CompletionParams(document, at)),
        "signature": client.text_document_signature_help_async(lsp.SignatureHelpParams(document, at)),
        "symbols": client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document)),
        "calls": client.text_document_prepare_call_hierarchy_async(lsp.CallHierarchyPrepareParams(document, at)),
        "search": client.workspace_symbol_async(lsp.WorkspaceSymbolParams("")),
        "tokens": client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(document)),
        "hints": client.text_document_inlay_hint_async(lsp.InlayHintParams(document, whole)),
        "folding": client.text_document_folding_range_async(lsp.FoldingRangeParams(document)),
        "format": client.text_document_formatting_async(lsp.DocumentFormattingParams(document, style)),
        "fixes": client.text_document_code_action_async(
            lsp.CodeActionParams(document, lsp.Range(at, at), lsp.CodeActionContext([]))
        ),
    }
    return {what: await answer for what, answer in asked.items()}


def test_files_that_use_each_other_are_checked_unsaved(tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text("block Unit(c) {\n  Conv(c)\n}\n", encoding="utf-8")
    user = 'from "parts.arch" use Unit\n\nmodel m {\n  input 3x8x8\n  Unit(4) - GAPool\n}\n'

    async def play(editor: Editor) -> None:
        document = editor.open("mine.arch", user)
        await editor.heard("mine.arch", 0, nothing)
        editor.open("parts.arch", "block Unit(c) {\n  Conv(c)\n}\n")
        editor.change("parts.arch", "block Other(c) {\n  Conv(c)\n}\n")
        await editor.heard("mine.arch", 0, bool)
        assert all(d.code for d in editor.told[document.uri, 0])
        editor.change("parts.arch", "block Unit(c) {\n  Conv(c)\n}\n")
        await editor.heard("mine.arch", 0, nothing)
        where = lsp.Position(4, 3)
        found = await editor.client.text_document_definition_async(lsp.DefinitionParams(document, where))
        assert isinstance(found, lsp.Location) and found.uri == editor.uri("parts.arch")
        renamed = await editor.client.text_document_rename_async(lsp.RenameParams(document, where, "Cell"))
        assert renamed is not None and renamed.changes is not None
        assert set(renamed.changes) == {editor.uri("parts.arch"), editor.uri("mine.arch")}

    session(tmp_path, play)


def test_who_calls_whom(tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text(
        "block Unit(c) { Conv(c) }\nblock Two(c) { Unit(c) - Unit(c) }\n", encoding="utf-8"
    )
    text = (
        'from "parts.arch" use Two, Unit\nfrom "common.arch" use SE\nmodel m { input 3x8x8\n  Two(4) - Unit(4) - SE }\n'
    )

    async def play(editor: Editor) -> None:
        document = editor.open("mine.arch", text)
        client, at = editor.client, lsp.Position(3, 12)
        asked = lsp.CallHierarchyPrepareParams(document, at)
        (unit,) = await client.text_document_prepare_call_hierarchy_async(asked) or ()
        assert unit.name == "Unit" and unit.uri == editor.uri("parts.arch") and unit.kind == lsp.SymbolKind.Class
        incoming = await client.call_hierarchy_incoming_calls_async(lsp.CallHierarchyIncomingCallsParams(unit))
        assert {(one.from_.name, len(one.from_ranges)) for one in incoming or ()} == {("Two", 2), ("m", 1)}
        (m,) = [one.from_ for one in incoming or () if one.from_.name == "m"]
        outgoing = await client.call_hierarchy_outgoing_calls_async(lsp.CallHierarchyOutgoingCallsParams(m)) or ()
        assert {one.to.name for one in outgoing} == {"Two", "Unit", "SE"}
        (se,) = [one.to for one in outgoing if one.to.name == "SE"]
        assert await client.call_hierarchy_outgoing_calls_async(lsp.CallHierarchyOutgoingCallsParams(se)) == ()
        incoming = await client.call_hierarchy_incoming_calls_async(lsp.CallHierarchyIncomingCallsParams(se))
        assert {one.from_.name for one in incoming or ()} == {"m"}

    session(tmp_path, play)


def test_a_label_that_is_renamed_says_what_weights_call_it(tmp_path: Path) -> None:
    async def play(editor: Editor) -> list[str]:
        document = editor.open("tiny.arch", TINY)
        await editor.heard("tiny.arch", 0, nothing)
        await editor.client.text_document_rename_async(lsp.RenameParams(document, lsp.Position(2, 3), "first"))
        with pytest.raises(JsonRpcException, match="a layer of the language"):
            await editor.client.text_document_rename_async(lsp.RenameParams(document, lsp.Position(2, 9), "first"))
        return editor.messages

    assert any("stem → first" in message for message in session(tmp_path, play))


def test_columns_are_those_that_were_agreed_on(tmp_path: Path) -> None:
    """By default they are UTF-16 code units: 𝕏 is two of them."""

    async def play(editor: Editor) -> None:
        document = editor.open("tiny.arch", TINY.replace("stem: ", '"𝕏"; stem: '))
        await editor.heard("tiny.arch", 0, bool)
        editor.change("tiny.arch", f'variant v = tiny {{ name: "𝕏𝕏" paper: "x" }}\n{TINY}')
        text = TINY.replace("model", '# 𝕏\nlet x = ["𝕏𝕏", widh]\nmodel')
        version = editor.change("tiny.arch", text)
        await editor.heard("tiny.arch", version, lambda told: any(d.range.start.line == 1 for d in told))
        (told,) = [d for d in editor.told[document.uri, version] if d.range.start.line == 1 and "widh" in d.message]
        assert told.range.start.character == len('let x = ["𝕏𝕏", '.encode("utf-16-le")) // 2

    session(tmp_path, play)


def test_a_fault_in_one_request_ends_nothing(tmp_path: Path) -> None:
    async def play(editor: Editor) -> None:
        document = editor.open("tiny.arch", TINY)
        nowhere = lsp.TextDocumentIdentifier((tmp_path / "missing.arch").as_uri())
        at = lsp.Position(0, 0)
        assert await editor.client.text_document_hover_async(lsp.HoverParams(nowhere, at)) is None
        beyond = lsp.Position(10_000, 10_000)
        await editor.client.text_document_hover_async(lsp.HoverParams(document, beyond))
        found = await editor.client.text_document_hover_async(lsp.HoverParams(document, lsp.Position(2, 9)))
        assert found is not None and "convolution" in json.dumps(str(found.contents))

    session(tmp_path, play)


def test_a_fault_of_archc_is_answered_and_ends_nothing(tmp_path: Path) -> None:
    script = "import archc.editor.handlers as s; s.hover = lambda view, offset: 1 // 0; s.start(None, 0)"

    async def play(editor: Editor) -> None:
        document = editor.open("tiny.arch", TINY)
        for _ in range(2):
            with pytest.raises(JsonRpcException, match="internal fault of archc in textDocument/hover: ZeroDivision"):
                await editor.client.text_document_hover_async(lsp.HoverParams(document, lsp.Position(2, 9)))
        await editor.heard("tiny.arch", 0, nothing)
        assert await editor.client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document))

    session(tmp_path, play, command=("-c", script))


def test_what_was_typed_over_is_not_told() -> None:
    """If changes arrive faster than they are checked, only the last one is reported."""
    text, told = shipped_source("resnet.arch").text, []

    class Heard(Server):
        typed = asyncio.Event()

        def tell(self, view: View) -> None:
            told.append(view.source.text)

        async def aside(self, work: Callable[[], Found]) -> Found:
            await self.typed.wait()
            return await super().aside(work)

    async def play() -> None:
        server = Heard()
        for number in range(30):
            server.changed("file:///specs/resnet.arch", text.replace("planes * 4", f"planes * {number + 5}"))
            await asyncio.sleep(0)  # the server starts to check it
        server.typed.set()
        while len(told) < 2:  # the diagnostics of the member at the cursor, then all
            await asyncio.sleep(0.01)

    alone(asyncio.wait_for(play(), 60))
    assert set(told) == {text.replace("planes * 4", "planes * 34")}


def test_the_figure_and_the_source_of_a_member(tmp_path: Path) -> None:
    async def play(editor: Editor) -> None:
        document = editor.open("tiny.arch", TINY)
        await editor.heard("tiny.arch", 0, nothing)
        asked = lsp.ExecuteCommandParams("archc.preview", [document.uri, 2, 10, "block"])
        shown = await editor.client.workspace_execute_command_async(asked)
        assert shown is not None
        found = shown if isinstance(shown, dict) else shown._asdict()
        assert found["member"] == "tiny" and found["svg"].startswith("<svg") and "stem" in found["at"]
        lenses = await editor.client.text_document_code_lens_async(lsp.CodeLensParams(document))
        assert lenses and [one.command.title for one in lenses if one.command][1:] == ["draw", "compile"]
        for command, key, start in (("archc.draw", "svg", "<svg"), ("archc.compile", "python", '"""')):
            asked = lsp.ExecuteCommandParams(command, [document.uri, "tiny"])
            found = await editor.client.workspace_execute_command_async(asked)
            value = found[key] if isinstance(found, dict) else getattr(found, key)
            assert start in value

    session(tmp_path, play, commands=True)


def test_over_tcp(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    async def play() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "archc", "lsp", "--tcp", "--port", str(port), stderr=subprocess.DEVNULL
        )
        client = LanguageClient("test", "1")
        for _ in range(200):
            try:
                await client.start_tcp("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.1)
        found = await client.initialize_async(lsp.InitializeParams(lsp.ClientCapabilities()))
        assert found.server_info is not None and found.server_info.name == "archc"
        await client.shutdown_async(None)
        client.exit(None)
        await asyncio.wait_for(process.wait(), 20)

    alone(play())


def test_without_the_extra_the_command_says_how_to_get_it(tmp_path: Path) -> None:
    script = "import sys; sys.modules['pygls'] = None; from archc.cli.main import run; sys.exit(run(['lsp']))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2 and "pip install 'archc[lsp]'" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["/a/b.arch", "/a b/ü.arch", "archc/specs/resnet.arch"])
def test_names_and_uris(name: str) -> None:
    uri = uri_of(name)
    assert uri.startswith("file:///") and " " not in uri
    assert name_of(uri).endswith(name.removeprefix("archc/"))
    assert name_of("file:///c%3A/x.arch") == "c:/x.arch" and name_of("untitled:One") == "untitled:One"
