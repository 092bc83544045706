"""The JSON form of `archc count --json`: counts and facts as one object, and its schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from archc.count.counts import Counts
from archc.count.facts import Facts


def text(counted: Sequence[tuple[Counts, Facts]]) -> str:
    """One network as an object, several as an array."""
    documents = [_one(counts, facts) for counts, facts in counted]
    return documents[0] if len(documents) == 1 else f"[{','.join(documents)}]"


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the object for one network."""
    from pydantic import TypeAdapter

    from archc.count.conventions import Counted  # noqa: F401  # pydantic finds these by name, here
    from archc.count.formulas import DerivationJson  # noqa: F401
    from archc.count.memory import Memory  # noqa: F401
    from archc.count.traffic import Traffic  # noqa: F401
    from archc.count.training import Training  # noqa: F401

    found: dict[str, Any] = Counts.model_json_schema(mode="serialization")
    more = TypeAdapter(Facts).json_schema(mode="serialization")
    optional = {f.name for f in fields(Facts) if f.default is None}
    found["properties"] |= more["properties"]
    found["required"] = [*found["required"], *(name for name in more["properties"] if name not in optional)]
    found["$defs"] = {**found.get("$defs", {}), **more.get("$defs", {})}
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = "archc count --json"
    found["description"] = f"{Counts.__doc__}\n\n{Facts.__doc__}"
    return found


def _one(counts: Counts, facts: Facts) -> str:
    """The fields of the counts, then those of the facts that are present."""
    known = {f.name: plain(value) for f in fields(facts) if (value := getattr(facts, f.name)) is not None}
    return counts.model_dump_json()[:-1] + "," + json.dumps(known, separators=(",", ":"), ensure_ascii=False)[1:]


def plain(value: object) -> object:
    """Convert dataclasses and tuples to objects and arrays."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    return value
