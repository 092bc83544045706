"""Writes the table of docs/verification.md, one network at a time: `python -m docs.verification [NAME…]`.

Each network is compared with the reference that its spec names, which needs torchvision and timm, and its row is
written immediately. Without names, the networks without a row are compared, so that an interrupted run continues; with
`--again`, all of them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from archc.pipeline import DEFAULTS
from archc.zoo import find, shipped_members

PAGE = Path(__file__).with_name("verification.md")
MARK = "<!-- the table: python -m docs.verification -->\n"
AT = "3x64x64"
LARGE = re.compile(r"regnet_.*_(3_2|8|16|32|128)gf|(efficientnet|convnext)_.*")
"""The networks that are compared at a small image."""


def main() -> None:
    """Write the rows of the given networks, or of all that are missing."""
    head, _, old = PAGE.read_text(encoding="utf-8").partition(MARK)
    rows = {line.split(" | ")[0].strip("| "): line for line in old.splitlines() if line.startswith("| ")}
    heading = rows.pop("network", "")
    used = {word for line in old.splitlines() if " equal; " in line for word in line.partition("; ")[2].split(", ")}
    names = [name for name in shipped_members() if _has_reference(name)]
    rows = {name: rows[name] for name in names if name in rows}
    chosen = [name for name in sys.argv[1:] if not name.startswith("-")]
    again = names if "--again" in sys.argv else [name for name in names if name not in rows]
    for name in chosen or again:
        heading, rows[name], versions = proof(name)
        named = {word.partition(" ")[0] for word in versions}
        used = {*versions, *(word for word in used if word.partition(" ")[0] not in named)}
        in_order = [rows[each] for each in names if each in rows]
        equal = sum(row.endswith("| equal |") for row in in_order)
        ruler = "|---|---|---|" + "---:|" * (heading.count("|") - 5) + "---|"
        table = "\n".join(
            [heading, ruler, *in_order, "", f"{equal} of {len(in_order)} equal; {', '.join(sorted(used))}"]
        )
        PAGE.write_text(f"{head}{MARK}\n{table}\n", encoding="utf-8")


def proof(name: str) -> tuple[str, str, list[str]]:
    """The heading, the row and the versions of a network's proof."""
    command = [sys.executable, "-m", "archc", "verify", name, "--format", "markdown"]
    small = ["--at", AT] if LARGE.fullmatch(name) else []
    done = subprocess.run([*command, *small], stdout=subprocess.PIPE, text=True, check=False)
    heading, _, row, _, told = done.stdout.splitlines()
    return heading, row, told.partition("; ")[2].split(", ")


def _has_reference(name: str) -> bool:
    network = find(name).checked(DEFAULTS).networks.get(name)
    return network is not None and network.fact("like") is not None


if __name__ == "__main__":
    main()
