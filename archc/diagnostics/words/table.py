"""The table of words, read when a word is not known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from archc.support.record import Record


class WordTable(Record):
    """`words.toml`, which says what each section holds; `shipped`: the definitions of the shipped specs."""

    ours: Mapping[str, tuple[str, ...]]
    defaults: Mapping[str, Mapping[str, str]]
    """What arguments of layers are where they are not written."""
    activations: Mapping[str, str]
    terms: Mapping[str, Mapping[str, str]]
    alike: Mapping[str, tuple[Mapping[str, str], ...]]
    """The entries of `terms` by their names without case and underscores: those of several libraries."""
    functions: Mapping[str, str]
    tensors: Mapping[str, str]
    arguments: Mapping[str, tuple[str, ...]]
    initialisers: Mapping[str, str]
    needless: Mapping[str, str]
    missing: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    callables: Mapping[str, str]
    properties: Mapping[str, str]
    roles: Mapping[str, str]
    members: Mapping[str, str]
    methods: Mapping[str, str]
    tongues: Mapping[str, str]
    training: Mapping[str, str]
    connectors: frozenset[str]
    shipped: Mapping[str, tuple[str, str]]
    """For the name of a definition what it is and the file that has it."""


@cache
def table() -> WordTable:
    """The table."""
    import tomllib  # neither is needed where nothing is wrong
    from importlib.resources import files

    here = files("archc.diagnostics.words")
    read: Mapping[str, Any] = tomllib.loads(here.joinpath("words.toml").read_text(encoding="utf-8"))
    shipped = here.joinpath("shipped.txt").read_text(encoding="utf-8").splitlines()
    return WordTable(
        ours={name: tuple(pair.partition("=")[0] for pair in text.split()) for name, text in read["ours"].items()},
        defaults={
            name: dict(pair.split("=") for pair in text.split() if "=" in pair) for name, text in read["ours"].items()
        },
        activations=read["activations"],
        terms=_folded(read["terms"]),
        alike=_alike(read["terms"]),
        functions=read["functions"],
        tensors=read["tensors"],
        arguments={name: tuple(text.split()) for name, text in read["arguments"].items()},
        initialisers=read["initialisers"],
        needless=read["needless"],
        missing=read["missing"],
        values=read["values"],
        callables=read["callables"],
        properties=read["properties"],
        roles=read["roles"],
        members=read["members"],
        methods=read["methods"],
        training=read["training"],
        connectors=frozenset(read["connectors"]["words"].split()),
        tongues={word: ours for ours, words in read["tongues"].items() for word in words.split()},
        shipped={name: (what, file) for what, name, file in map(str.split, shipped)},
    )


def _folded(terms: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    """The entries by their names as they are, and folded where that is no other's; of two the first counts."""
    found: dict[str, Mapping[str, str]] = {}
    for name, entry in terms.items():
        found.setdefault(folded(name), entry)
    return {**found, **terms}


def _alike(terms: Mapping[str, Mapping[str, str]]) -> Mapping[str, tuple[Mapping[str, str], ...]]:
    found: dict[str, tuple[Mapping[str, str], ...]] = {}
    for name, entry in terms.items():
        found[folded(name)] = (*found.get(folded(name), ()), entry)
    return found


def folded(name: str) -> str:
    """A word without case and underscores, as words are compared."""
    return name.replace("_", "").lower()
