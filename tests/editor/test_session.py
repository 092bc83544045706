"""A recorded session of code-server is replayed: each request gets an answer of its kind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import converters, types
from lsprotocol.types import METHOD_TO_TYPES

from tests.vscode.record import FOLDER

SESSION = Path(__file__).with_name("session.jsonl")
GIVEN_UP = {types.LSPErrorCodes.ContentModified.value, types.LSPErrorCodes.RequestCancelled.value}
PATIENCE = 120


def sent(folder: Path) -> list[dict[str, Any]]:
    """The client's messages, in this folder, without its responses, whose request numbers differ."""
    text = SESSION.read_text(encoding="utf-8").replace(FOLDER, folder.as_uri())
    said = [json.loads(line.replace(FOLDER.removeprefix("file://"), folder.as_posix())) for line in text.splitlines()]
    assert said[0]["method"] == "initialize" and said[-1]["method"] == "exit"
    said[0]["params"]["processId"] = None  # the recorded process no longer exists
    return [one for one in said if "method" in one]


def framed(message: dict[str, Any]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, dict[str, Any]]]:
    """The answers to the requests, with their methods; requests of the server get null."""
    messages, found = sent(tmp_path_factory.mktemp("session")), []
    command = [sys.executable, "-m", "archc", "lsp"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None and server.stdout is not None
        for message in messages:
            server.stdin.write(framed(message))
            server.stdin.flush()
            while "id" in message:
                length = int(server.stdout.readline().partition(b":")[2])
                while server.stdout.readline().strip():
                    pass
                heard = json.loads(server.stdout.read(length))
                if "method" in heard and "id" in heard:
                    server.stdin.write(framed({"id": heard["id"], "result": None}))
                    server.stdin.flush()
                elif heard.get("id") == message["id"]:
                    found.append((message["method"], heard))
                    break
        server.stdin.close()
        assert server.wait(PATIENCE) == 0
    return found


def test_each_request_is_answered_in_its_form(answers: list[tuple[str, dict[str, Any]]]) -> None:
    converter = converters.get_converter()
    for method, heard in answers:
        if "error" in heard:
            assert heard["error"]["code"] in GIVEN_UP, (method, heard)
        else:
            form: Any = METHOD_TO_TYPES[method][1]
            converter.structure(heard, form)


def test_the_session_asks_what_an_editor_asks(answers: list[tuple[str, dict[str, Any]]]) -> None:
    answered = {method for method, heard in answers if heard.get("result")}
    assert answered >= {
        "initialize", "textDocument/hover", "textDocument/completion", "textDocument/signatureHelp",
        "textDocument/definition", "textDocument/references", "textDocument/documentHighlight",
        "textDocument/documentSymbol", "textDocument/rename", "textDocument/prepareRename", "textDocument/codeAction",
        "textDocument/codeLens", "textDocument/inlayHint", "textDocument/foldingRange",
        "textDocument/semanticTokens/full", "textDocument/prepareCallHierarchy", "callHierarchy/incomingCalls",
        "workspace/executeCommand",
    }  # fmt: skip
