"""Writes the syntax files for editors from one table: `python -m tests.editor.grammars`."""

from __future__ import annotations

from pathlib import Path

from archc.editor.grammar import textmate, vim

ROOT = Path(__file__).resolve().parents[2]


def files() -> dict[Path, str]:
    """The files, with their contents."""
    return {
        ROOT / "editors/vscode/syntaxes/arch.tmLanguage.json": textmate(),
        ROOT / "editors/vim/syntax/arch.vim": vim(),
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
