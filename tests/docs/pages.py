"""Documents whose commands are run: the lines below a command are its output.

In a block

    ```console
    $ archc outline lenet5
    Conv-Sigmoid-…
    ```

each line that starts with `$ ` is run by a shell, and the lines below it are its output, errors included. A block
headed `arch NAME.arch` or `python NAME.py` is written to that file first, so that later commands can use it. All
commands of a page run in one empty folder. `python -m tests.docs.pages` runs every page and updates the outputs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(console|(?:arch|python) [\w.]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
PAGES = tuple(page for page in DOCUMENTS if "```console\n" in page.read_text(encoding="utf-8"))


def rewritten(page: Path) -> str:
    """The page with the current output of every command."""
    with tempfile.TemporaryDirectory() as folder:

        def block(match: re.Match[str]) -> str:
            kind, text = match.groups()
            if kind != "console":
                (Path(folder) / kind.split()[1]).write_text(text, encoding="utf-8")
                return match[0]
            commands = [line for line in text.splitlines() if line.startswith("$ ")]
            return "```console\n" + "".join(f"{c}\n{output(c.removeprefix('$ '), folder)}" for c in commands) + "```"

        return BLOCK.sub(block, page.read_text(encoding="utf-8"))


def output(command: str, folder: str) -> str:
    """The output of a shell command in a folder, without colour, errors included in order, ending in a line end."""
    tools = str(Path(sys.executable).parent)
    environment = os.environ | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout if done.stdout.endswith("\n") or not done.stdout else done.stdout + "\n"


if __name__ == "__main__":
    for each in PAGES:
        each.write_text(rewritten(each), encoding="utf-8")
