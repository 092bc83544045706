"""The parser's tables: made by Lark from the grammar, and kept in the user's cache.

The cache is JSON of our own form. Lark's `cache=` option and `Lark.save` would pickle the tables, and reading a pickle
runs what it says; JSON can at worst be wrong, and then the tables are built anew. Lark is only imported to build them.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from archc.record import Record
from archc.resources import resource
from archc.syntax.build import TreeBuilder
from archc.syntax.lalr import Parser, Part, Rule
from archc.version import __version__

STARTS = ["statement", "member", "expression", "unread"]
_FORM = "2"
"""Of what is kept: another form has another name."""


class Tables(Record):
    """What the parser runs on: Lark's LALR(1) tables, and the scanner made of the grammar's terminals."""

    parser: Parser
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
    ready = _read(file) if file else None
    if ready is None:
        from archc.syntax.grammar import plain_tables

        plain = plain_tables(grammar, STARTS)
        ready = _ready(plain)
        if file:
            _write(file, plain)
    return ready


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
    facts = "\0".join((grammar, __version__, _FORM, platform.python_version(), *STARTS))
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _read(file: Path) -> Tables | None:
    """The tables that `file` holds, or None where there are none that work."""
    try:
        return _ready(json.loads(file.read_bytes()))
    except Exception:
        # The file may hold anything at all: whatever comes of it, the answer is to build the tables.
        return None


def _write(file: Path, plain: dict[str, Any]) -> None:
    """Keep tables in `file`: whole or not at all."""
    name = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".tmp", delete=False) as temporary:
            name = temporary.name
            json.dump(plain, temporary)
        os.replace(name, file)
    except OSError:
        if name is not None:
            Path(name).unlink(missing_ok=True)


def _ready(plain: dict[str, Any]) -> Tables:
    """Tables from their plain form (see `grammar.plain_tables`)."""
    rules = [
        Rule(origin, size, tuple(Part(*part) for part in parts), nones, build, single)
        for origin, size, parts, nones, build, single in plain["rules"]
    ]
    parser = Parser.of(tuple(plain["actions"]), rules, plain["starts"], plain["ends"], TreeBuilder())
    scanner = re.compile(plain["scanner"])
    return Tables(parser, scanner, plain["words"], plain["signs"], frozenset(plain["ignored"]))
