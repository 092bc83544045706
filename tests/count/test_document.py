"""The JSON form satisfies its published schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from archc.count.conventions import names
from archc.count.counts import count
from archc.count.document import schema, text
from archc.count.facts import PARTS, facts
from tests.count.emitted import small


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    found = schema()
    jsonschema.Draft202012Validator.check_schema(found)
    return found


@pytest.mark.parametrize("parts", [(), PARTS], ids=["cheap", "everything"])
@pytest.mark.parametrize("family", ["googlenet", "mobilenet", "lenet"])
def test_the_document_satisfies_its_schema(family: str, parts: tuple[str, ...], published: dict[str, Any]) -> None:
    net = small(family)
    counts = count(net)
    read = json.loads(text([(counts, facts(net, counts, parts, names() if parts else ()))]))
    jsonschema.validate(read, published, cls=jsonschema.Draft202012Validator)
    wanted = {"name", "input", "output", "params", "trainable", "frozen", "buffers", "macs", "flops", "layers", "depth"}
    assert wanted <= read.keys()
    assert set(PARTS) <= read.keys() if parts else not set(PARTS) & read.keys()
    assert read["macs"] == sum(kind["macs"] for kind in read["kinds"])


def test_the_schema_refuses_what_is_no_document(published: dict[str, Any]) -> None:
    net = small("lenet")
    counts = count(net)
    read = json.loads(text([(counts, facts(net, counts))]))
    for wrong in ({**read, "macs": "many"}, {k: v for k, v in read.items() if k != "depth"}, {**read, "more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, published, cls=jsonschema.Draft202012Validator)


def test_several_are_an_array() -> None:
    net = small("lenet")
    counts = count(net)
    one = (counts, facts(net, counts))
    assert json.loads(text([one, one])) == [json.loads(text([one]))] * 2
