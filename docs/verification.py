"""Writes docs/verification.md, the table of proofs: `python -m docs.verification` (some minutes).

Compares every shipped network that names a reference with it, and needs torchvision and timm.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("verification.md")
MARK = "<!-- the table: python -m docs.verification -->\n"


def main() -> None:
    """Replace what follows the mark."""
    done = subprocess.run(
        [sys.executable, "-m", "archc", "verify", "--all", "--format", "markdown"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    head, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    PAGE.write_text(head + MARK + "\n" + done.stdout, encoding="utf-8")


if __name__ == "__main__":
    main()
