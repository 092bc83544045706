"""Commands whose libraries are missing print one line with the installation of everything that they need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SAID = [
    ("torch", "verify resnet18", "oracles"),
    ("torch", "import net.py:net --input 3x32x32", "import"),
    ("torch", "finetune tiny.arch --data pictures -o run", "finetune"),
    ("lightning", "finetune tiny.arch --data pictures -o run", "finetune"),
    ("torch", "predict run picture.png", "finetune"),
    ("torch", "embed run picture.png -o vectors.npz", "finetune"),
    ("torch", "evaluate run --data pictures", "finetune"),
    ("torch", "prove run", "finetune"),
    ("safetensors", "export run -o net.safetensors", "finetune"),
    ("watchfiles", "watch tiny.arch", "watch"),
    ("pygls", "lsp", "lsp"),
    ("lsprotocol", "lsp", "lsp"),
    ("PIL", "draw tiny.arch -o net.png", "png"),
    ("matplotlib", "draw tiny.arch -o net.pdf", "png"),
    ("fontTools", "draw tiny.arch -o net.pdf", "png"),
    ("jinja2", "zoo lenet -o zoo", "gallery"),
    ("pygments", "zoo lenet -o zoo", "gallery"),
    ("matplotlib", "chart -o chart.svg", "png"),
]
NEEDED_BY_NONE = "check tiny.arch", "count tiny.arch", "draw tiny.arch -o net.svg", "compile tiny.arch -o net.py"
EVERY = sorted({library for library, _, _ in SAID})
RUNNER = """
import json, os, sys
from archc.cli.main import run

for blocked, words in json.loads(sys.argv[1]):
    if os.fork() == 0:
        sys.modules.update(dict.fromkeys(blocked))
        sys.stderr = sys.stdout
        print(flush=True)
        status = run(words.split())
        print(f"status {status}", flush=True)
        os._exit(0)
    os.wait()
"""


def said(folder: Path, runs: list[tuple[list[str], str]]) -> list[list[str]]:
    """The output of commands, each in a separate process, without some libraries."""
    for name in ("run", "pictures"):
        (folder / name).mkdir()
    (folder / "tiny.arch").write_text("model tiny {\n  input 3x32x32\n  Conv(4) - GAPool - FC(2)\n}\n")
    (folder / "net.py").write_text("import torch\n\nnet = torch.nn.Conv2d(3, 4, 3)\n")
    command = [sys.executable, "-c", RUNNER, json.dumps(runs)]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=True)
    found = [lines.strip().splitlines() for lines in made.stdout.split("\n\n") if lines.strip()]
    return found if len(found) == len(runs) else [made.stdout.splitlines()]


def test_one_line_says_what_to_install(tmp_path: Path) -> None:
    lines = said(tmp_path, [([library], words) for library, words, _ in SAID])
    assert lines == [
        [f"error: {library} is not installed: pip install 'archc[{extra}]'", "status 2"] for library, _, extra in SAID
    ]


def test_the_plain_commands_need_none_of_them(tmp_path: Path) -> None:
    for lines in said(tmp_path, [(EVERY, words) for words in NEEDED_BY_NONE]):
        assert lines[-1] == "status 0" or "status 0" in lines, lines
