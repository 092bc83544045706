"""Documents whose commands are run: what stands below a command is what it prints.

In a block

    ```console
    $ archc outline lenet5
    Conv-Sigmoid-…
    ```

each line that starts with `$ ` is run by a shell, and the lines below it are its output, errors included. A block
headed `arch NAME.arch` or `python NAME.py` is written to that file first, so that the commands after it can use it; all
of a page run in one empty folder. `python -m tests.docs.pages` runs every page and writes the outputs anew.
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
    """The page with the output of every command as it is now."""
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
    """What a shell command prints in a folder, without colour, errors where they come, with a line end at its end."""
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
