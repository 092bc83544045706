"""The parser's tables: built by Lark from the grammar, and kept in the user's cache.

The cache is Lark's own plain-data form of the tables written as JSON. Lark's `cache=` option and `Lark.save` would
pickle them, and reading a pickle runs what it says; JSON can at worst be wrong, and then the tables are built anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import lark
from lark.grammar import Rule
from lark.lexer import PatternStr, TerminalDef

from archc.resources import resource
from archc.syntax.build import TreeBuilder

STARTS = ["statement", "member", "expression", "unread"]


@dataclass(frozen=True)
class Tables:
    """What the parser runs on: Lark's LALR(1) tables, and the scanner made of the grammar's terminals."""

    lark: lark.Lark
    scanner: re.Pattern[str]
    words: dict[str, str]
    """The terminal of each word that can be a keyword."""
    signs: dict[str, str]
    """The text of each terminal that has only one, words and signs."""
    ignored: frozenset[str]
    """The terminals that separate tokens and are none: blanks and comments."""


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables of the shipped grammar, from the user's cache where they are there."""
    grammar = resource("grammar", "archc.lark").read_text(encoding="utf-8")
    return load_tables(grammar, cache_folder())


def load_tables(grammar: str, folder: Path | None) -> Tables:
    """The tables of `grammar`, kept in `folder`.

    A cache that is missing, unreadable, damaged or not writable costs the time to build the tables and is no error.
    """
    file = folder / f"grammar-{_key(grammar)}.json" if folder else None
    parser = _read(file) if file else None
    if parser is None:
        parser = lark.Lark(grammar, parser="lalr", lexer="basic", start=STARTS, transformer=TreeBuilder())
        if file:
            _write(file, parser)
    return _with_scanner(parser)


def cache_folder() -> Path | None:
    """The platform's folder for what a user's programs may lose, or None where there is no home."""
    try:
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return base / "archc"


def _key(grammar: str) -> str:
    """What the tables depend on, as a short name."""
    facts = "\0".join((grammar, lark.__version__, platform.python_version(), *STARTS))
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _read(file: Path) -> lark.Lark | None:
    """The parser that `file` holds, or None where there is none that works."""
    try:
        stored = json.loads(file.read_bytes(), object_hook=_numbered)
        parser: lark.Lark = lark.Lark._load_from_dict(**stored, transformer=TreeBuilder())  # type: ignore[no-untyped-call]
        return parser
    except Exception:
        # The file may hold anything at all: whatever Lark makes of it, the answer is to build the tables.
        return None


def _write(file: Path, parser: lark.Lark) -> None:
    """Keep the tables of `parser` in `file`: whole or not at all."""
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    data["options"].pop("transformer")
    name = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".tmp", delete=False) as temporary:
            name = temporary.name
            json.dump({"data": data, "memo": memo}, temporary)
        os.replace(name, file)
    except OSError:
        if name is not None:
            Path(name).unlink(missing_ok=True)


def _numbered(pairs: dict[str, Any]) -> dict[Any, Any]:
    """JSON has text keys only; those of Lark's tables that are digits were numbers."""
    return {int(key) if key.isdecimal() else key: value for key, value in pairs.items()}


def _with_scanner(parser: lark.Lark) -> Tables:
    """Add the scanner: the terminals in Lark's order, the strongest and then the longest first."""
    words = {t.pattern.value: t.name for t in parser.terminals if _is_word(t)}
    signs = {t.name: t.pattern.value for t in parser.terminals if isinstance(t.pattern, PatternStr)}
    scanned = [t for t in parser.terminals if not _is_word(t)]
    scanned.sort(key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    scanner = re.compile("|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in scanned))
    return Tables(parser, scanner, words, signs, frozenset(parser.lexer_conf.ignore))


def _is_word(terminal: TerminalDef) -> bool:
    return isinstance(terminal.pattern, PatternStr) and terminal.pattern.value.isalpha()
