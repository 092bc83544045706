"""The parser's tables: made by Lark from the grammar when archc is built, and read when it runs.

They are plain JSON: `Lark.save` would pickle them, and unpickling can run code. In a checkout whose grammar has changed
they are rebuilt; only that imports Lark.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.support.record import Record
from archc.support.resources import resource
from archc.syntax.build import TreeBuilder
from archc.syntax.lalr import Parser, Part, Rule

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

STARTS = ["statement", "member", "expression", "unread"]
_FORM = 3
"""The version of the file format; tables of another version are rebuilt."""


class Tables(Record):
    """What the parser runs on: Lark's LALR(1) tables, and the scanner made of the grammar's terminals."""

    parser: Parser
    scanner: re.Pattern[str]
    words: dict[str, str]
    """The terminal of each word that can be a keyword."""
    signs: dict[str, str]
    """The text of each terminal that has only one, words and signs."""
    ignored: frozenset[str]
    """The terminals that separate tokens and are discarded: blanks and comments."""


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables of the shipped grammar."""
    grammar = resource("grammar", "archc.lark").read_text(encoding="utf-8")
    return load_tables(grammar, resource("grammar", "tables.json"))


def load_tables(grammar: str, file: Traversable) -> Tables:
    """The tables of `grammar`: those in `file`, or new ones, written there, if it is missing, damaged or out of date.

    If the file cannot be written, the next run makes the tables again; this is not an error.
    """
    try:
        plain = json.loads(file.read_bytes())
        if plain["made_of"] == [_FORM, grammar]:
            return _ready(plain)
    except (OSError, ValueError, LookupError, TypeError):
        pass
    plain = make_tables(grammar)
    if isinstance(file, Path):
        with suppress(OSError):
            write_tables(file, plain)
    return _ready(plain)


def make_tables(grammar: str) -> dict[str, Any]:
    """The tables of `grammar` as JSON has them, and what they are made of."""
    from archc.syntax.grammar import plain_tables

    return {"made_of": [_FORM, grammar], **plain_tables(grammar, STARTS)}


def write_tables(file: Path, plain: dict[str, Any]) -> None:
    """Write tables to `file` atomically."""
    import tempfile  # needed only where archc is built

    with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".tmp", delete=False) as temporary:
        try:
            json.dump(plain, temporary)
            temporary.close()
            os.chmod(temporary.name, 0o644)
            os.replace(temporary.name, file)
        except OSError:
            Path(temporary.name).unlink(missing_ok=True)
            raise


def _ready(plain: dict[str, Any]) -> Tables:
    """Tables from their plain form (see `grammar.plain_tables`)."""
    rules = [
        Rule(origin, size, tuple(Part(*part) for part in parts), nones, build, single)
        for origin, size, parts, nones, build, single in plain["rules"]
    ]
    parser = Parser.of(tuple(plain["actions"]), rules, plain["starts"], plain["ends"], TreeBuilder())
    scanner = re.compile(plain["scanner"])
    return Tables(parser, scanner, plain["words"], plain["signs"], frozenset(plain["ignored"]))
