"""The build hook: makes the parser's tables from the grammar, so that a wheel ships them and a checkout has them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GrammarTables(BuildHookInterface[Any]):
    """Writes `grammar/tables.json` before the files of the wheel are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the tables, for a wheel and for an editable install alike."""
        sys.path.insert(0, self.root)
        try:
            from archc.syntax.tables import make_tables, write_tables
        finally:
            sys.path.remove(self.root)
        folder = Path(self.root, "grammar")
        write_tables(folder / "tables.json", make_tables((folder / "archc.lark").read_text(encoding="utf-8")))
