"""Layers listed in files of settings, JSON, TOML and YAML, as the chain that they are here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from archc.diagnostics.words.meaning import Written, known_arguments, meaning, rewritten
from archc.diagnostics.words.table import folded, table

_KINDS = ("class_name", "type", "kind", "layer", "op", "_target_")
"""The settings that say what a layer is."""
_ASIDE = frozenset({"name", "id", "config", "trainable", "dtype", "build_config", "registered_name", "module"})
"""Settings that say nothing of the network, or are looked at by themselves."""
_PLAIN = {"pool": "MPool", "input": ""}
_WIDTHS = ("channels", "filters", "out_channels", "out")
"""What a column is called that holds channels, and widths as well."""
_MOST = 100_000
"""Letters of a file that is read."""
_LONGEST = 600
"""Letters of a chain that is shown."""


def chain(what: str, text: str) -> str:
    """The chain that a file lists, `what` it is, such as "JSON" or "YAML"; empty if not all of its layers are known."""
    if len(text) > _MOST:
        return ""
    try:
        lists = {"YAML": _from_yaml, "a table of layers": _from_table}
        found = list(lists[what](text) if what in lists else _layers(_parsed(what, text)))
    except (ValueError, RecursionError):
        return ""
    terms = [term(kind, arguments) for kind, arguments in found]
    whole = " - ".join(terms)
    return whole if len(terms) > 1 and all(terms) and len(whole) <= _LONGEST else ""


def _parsed(what: str, text: str) -> object:
    import json  # neither is needed for most files
    import tomllib

    return json.loads(text) if what == "JSON" else tomllib.loads(text)


def _layers(value: object) -> Iterator[tuple[str, Written]]:
    """The layers of nested settings, in order."""
    if isinstance(value, Mapping):
        kind = next((str(value[key]) for key in _KINDS if isinstance(value.get(key), str)), "")
        inside = value.get("config")
        if kind and not any(isinstance(each, list) and each and isinstance(each[0], Mapping) for each in
                            (*value.values(), *(inside.values() if isinstance(inside, Mapping) else ()))):  # fmt: skip
            given = {**(inside if isinstance(inside, Mapping) else {}), **value}
            labels = [key for key in given if key not in (*_KINDS, *_ASIDE)]
            yield kind, tuple((str(key), _text(given[key])) for key in labels if given[key] is not None)
            return
        for each in value.values():
            yield from _layers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _layers(each)


def _text(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, list):
        return f"({', '.join(map(_text, value))})"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _from_yaml(text: str) -> Iterator[tuple[str, Written]]:
    """The items of a list of layers: `- type: conv` with settings below, `- conv: 6`, `- conv: {filters: 6}`."""
    items = re.split(r"(?m)^[ \t]*-[ \t]+", text)[1:]
    for item in items:
        pairs = [(found[1], found[2].strip()) for found in re.finditer(r"(?m)^[ \t]*(\w+):[ \t]*(.*)$", item)]
        kind = next((value for key, value in pairs if key in _KINDS), "").rpartition(".")[2].strip("\"'")
        if kind:
            yield kind, tuple(p for p in pairs if p[0] not in (*_KINDS, *_ASIDE))
        elif pairs:
            key, value = pairs[0]
            inside = re.findall(r"(\w+):[ \t]*([^,{}]+)", value) if value.startswith("{") else []
            yield key, tuple((label, each.strip()) for label, each in inside) or (((None, value),) if value else ())
        else:
            yield item.split("\n")[0].strip(), ()


def _from_table(text: str) -> Iterator[tuple[str, Written]]:
    """The rows of a table with commas: the kind of a layer, and its settings in the order of the first row."""
    heads, *rows = ([cell.strip() for cell in line.split(",")] for line in text.strip().splitlines())
    for row in rows:
        yield row[0], tuple(pair for pair in zip(heads[1:], row[1:], strict=False) if pair[1])


def term(kind: str, arguments: Written) -> str:
    """The term for a layer with its settings; empty where it is not known."""
    name = kind.rpartition(".")[2]
    if folded(name) in ("fc", "linear", "dense"):  # tables have one column for the channels and the widths
        arguments = tuple(("width" if label in _WIDTHS else label, text) for label, text in arguments)
    meant = meaning(name, arguments) if re.fullmatch(r"[\w.]+", kind) else None
    if meant is not None:
        return meant.text
    ours = _PLAIN.get(name.lower()) or next((each for each in table().ours if folded(each) == folded(name)), "")
    return rewritten(ours, *known_arguments(ours, arguments)) if ours else ""
