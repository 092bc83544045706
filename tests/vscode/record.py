"""A server that records its client: `python -m tests.vscode.record FILE`, for the setting `archc.command`.

It recorded `tests/editor/session.jsonl` in code-server, from opening to closing one page.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = "file:///a/folder"
"""What the folder that is open is called in a recorded session."""


def main() -> None:
    """Forward the client's messages to a server, and record them, one per line."""
    file = Path(sys.argv[1])
    server = subprocess.Popen([sys.executable, "-m", "archc", "lsp"], stdin=subprocess.PIPE)
    assert server.stdin is not None
    folder = ""
    while head := sys.stdin.buffer.readline():
        rest = sys.stdin.buffer.readline()
        body = sys.stdin.buffer.read(int(head.partition(b":")[2]))
        message: dict[str, Any] = json.loads(body)
        if message.get("method") == "initialize":
            folder = message["params"]["workspaceFolders"][0]["uri"]
        said = json.dumps(message, ensure_ascii=False).replace(folder, FOLDER)
        if folder:
            said = said.replace(folder.removeprefix("file://"), FOLDER.removeprefix("file://"))
        with file.open("a", encoding="utf-8") as record:
            record.write(f"{said}\n")
        server.stdin.write(head + rest + body)
        server.stdin.flush()
    server.stdin.close()
    server.wait()


if __name__ == "__main__":
    main()
