"""The shipped networks, checked once per process."""

from __future__ import annotations

from functools import cache

from archc.diagnostics.core import Severity
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import check
from tests.support.specs import SPECS, load

FAMILIES = tuple(sorted(p.stem for p in SPECS.glob("*.arch") if p.stem not in ("common", "sketch")))


@cache
def family(name: str) -> dict[str, Network]:
    """All networks of a shipped spec, by name. Asserts that it has no errors."""
    source = Source(f"{name}.arch", (SPECS / f"{name}.arch").read_text(encoding="utf-8"))
    result = check(source, load)
    assert not [d.problem.message() for d in result.diagnostics if d.severity is Severity.ERROR]
    return dict(result.networks)


@cache
def networks() -> dict[str, Network]:
    """All shipped networks, by name. Asserts that names are unique."""
    found: dict[str, Network] = {}
    for name in FAMILIES:
        for key, network in family(name).items():
            assert key not in found, f"{key} is defined twice"
            found[key] = network
    return found


def with_reference() -> dict[str, str]:
    """The networks that name a reference, with that reference."""
    found = {name: network.fact("like") for name, network in networks().items()}
    return {name: like for name, like in found.items() if isinstance(like, str)}
