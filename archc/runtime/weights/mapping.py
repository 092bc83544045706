"""Maps of keys, as written by `archc diff --keys`: the names of a network's tensors in another network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archc.runtime.weights.errors import WeightsError
from archc.support.record import Record

KIND = "key map"


class KeyMapping(Record):
    """The fate of a file's keys: `keys` maps them to the network's, `dropped` are omitted, `new` are initialised."""

    keys: Mapping[str, str]
    left_out: frozenset[str]
    new: frozenset[str]

    def knows(self, key: str) -> bool:
        """Whether the map contains a key of the file."""
        return key in self.keys or key in self.left_out


def read_map(path: Path) -> KeyMapping:
    """Read a map from a file. Raises `WeightsError`."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, RecursionError):
        raise WeightsError(f"{path} is not a map of keys: it is not JSON") from None
    if not isinstance(value, dict) or value.get("archc") != KIND:
        raise WeightsError(f"{path} is not a map of keys: `archc diff OLD NEW --keys FILE` writes one")
    fields: tuple[Any, ...] = tuple(value.get(name) for name in ("keys", "dropped", "new", "reshaped"))
    keys, dropped, new, reshaped = fields
    if not (isinstance(keys, dict) and _texts(keys) and _texts(dropped) and _texts(new) and _pairs(reshaped)):
        raise WeightsError(f"{path} is not a map of keys: `keys`, `dropped`, `new` and `reshaped` are not all present")
    if len(set(keys.values())) != len(keys):
        raise WeightsError(f"{path} gives two tensors one name")
    left_out = frozenset([*dropped, *(old for old, _ in reshaped)])
    return KeyMapping(keys, left_out - set(keys), frozenset([*new, *(name for _, name in reshaped)]))


def _texts(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(text, str) for text in value.values())
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _pairs(value: Any) -> bool:
    return isinstance(value, list) and all(_texts(pair) and isinstance(pair, list) and len(pair) == 2 for pair in value)
