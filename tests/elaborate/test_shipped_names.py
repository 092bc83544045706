"""The names in the state dicts of shipped networks do not change, since published weights use them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from tests.support.shipped import networks
from tests.support.specs import parameter_paths

GOLDEN = Path(__file__).with_name("shipped_names.txt")
"""Each line has the name of a network and the start of the SHA-256 of its sorted keys; see `lines`."""


def lines() -> list[str]:
    """The lines of GOLDEN."""
    keys = {name: "\n".join(sorted(parameter_paths(net))) for name, net in networks().items()}
    return [f"{name} {sha256(text.encode()).hexdigest()[:16]}" for name, text in sorted(keys.items())]


def test_no_shipped_name_changes() -> None:
    assert lines() == GOLDEN.read_text(encoding="utf-8").splitlines()
