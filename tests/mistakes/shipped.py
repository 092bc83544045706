"""The definitions of shipped specs, for archc's table of words: `python -m tests.mistakes.shipped` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.specs import SPECS

FILE = Path(__file__).parents[2] / "archc" / "diagnostics" / "words" / "shipped.txt"


def definitions() -> str:
    """A line for each name that only one spec defines: the kind, the name, the file."""
    found: dict[str, list[tuple[str, str]]] = {}
    for file in sorted(SPECS.glob("*.arch")):
        for what, name in re.findall(
            r"^(block|macro|model|variant) (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE
        ):
            found.setdefault(name, []).append((what, file.name))
    return "".join(f"{each[0][0]} {name} {each[0][1]}\n" for name, each in sorted(found.items()) if len(each) == 1)


if __name__ == "__main__":
    FILE.write_text(definitions(), encoding="utf-8")
