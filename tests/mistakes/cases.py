"""Specs as people write them, each with one known mistake and the expected message.

They are in the TOML files of this folder; the first lines of `own.toml` explain the fields.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from archc.diagnostics.source import Source

HERE = Path(__file__).parent
FILES = (
    *("given", "own", "fresh", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *(
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
        "twentyfirst",
        "twentysecond",
    ),
)
"""Those collected before this work, and those written here, each file before any message was changed for it."""


@dataclass(frozen=True)
class Case:
    """A broken spec, the expected message, and the intended text, None if there is none."""

    name: str
    text: str
    codes: tuple[str, ...]
    at: str
    cause: tuple[str, ...]
    help: tuple[str, ...]
    meant: str | None
    said: int

    @property
    def source(self) -> Source:
        """The spec as a source."""
        return Source("mistake.arch", self.text)


def _model(chain: str) -> str:
    return f"model m {{\n  input 3x32x32\n  {chain}\n}}\n"


def _case(fields: dict[str, Any]) -> Case:
    text = fields.get("spec") or _model(fields["chain"])
    code, meant = fields.get("code", ()), text
    pairs = fields.get("fix", [])
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in meant, f"{fields['name']}: {old!r} is not in the spec"
        meant = meant.replace(old, new)
    if "meant" in fields:
        meant = fields["meant"] if "spec" in fields else _model(fields["meant"])
    return Case(
        fields["name"],
        text,
        (code,) if isinstance(code, str) else tuple(code),
        fields["at"],
        tuple(fields["cause"]),
        tuple(fields["help"]),
        meant if meant != text else None,
        fields.get("said", 1),
    )


@cache
def cases(file: str) -> tuple[Case, ...]:
    """The cases of one file."""
    with (HERE / f"{file}.toml").open("rb") as stream:
        return tuple(map(_case, tomllib.load(stream)["case"]))
