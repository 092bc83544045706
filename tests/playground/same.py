"""Run by CPython and by Pyodide: prints archc's results for all networks of some families as lines of JSON."""

import json
import sys
from hashlib import sha256

import archc
from archc.zoo import find_family


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def told(family: str) -> list[dict[str, object]]:
    spec = find_family(family)
    checked = archc.check(spec.source.text, name=spec.source.name)
    models = [archc.Model(network) for network in checked.networks.values()]
    return [
        {
            "name": model.name, "params": model.count().params, "macs": model.count().macs,
            "svg": [digest(model.draw(level).to("svg")) for level in ("stage", "block", "layer")],
            "source": digest(model.source().encode()),
        }
        for model in models
    ]  # fmt: skip


for family in sys.argv[1:]:
    for one in told(family):
        print(json.dumps(one))
