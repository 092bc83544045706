"""A class is its block: it is right for arguments that its file does not use, before and after specialising."""

from __future__ import annotations

import os

import pytest

from tests.reference.fresh import FAMILIES, Told, load, tried
from tests.support.everything import EVERYTHING
from tests.support.random_networks import network_text

SEED = int(os.environ.get("ARCHC_SEED", "9000"))
NETWORKS = 300 if EVERYTHING else 30


@pytest.mark.parametrize("family", FAMILIES if EVERYTHING else ["squeezenet"])
def test_classes_of_the_zoo(family: str) -> None:
    told = tried(load(f"{family}.arch"), SEED, load, 3 if EVERYTHING else 2)
    print(f"ARCHC_SEED={SEED}", told.fixed)
    assert not told.wrong, told.wrong[0]
    assert told.calls >= told.classes


def test_classes_of_random_networks() -> None:
    told = Told()
    for seed in range(SEED, SEED + NETWORKS):
        one = tried(network_text(seed), seed)
        assert not one.wrong, one.wrong[0]
        told.classes, told.calls = told.classes + one.classes, told.calls + one.calls
    print(f"ARCHC_SEED={SEED}: {told.classes} classes, {told.calls} calls")
    assert told.calls > 0.9 * told.classes > NETWORKS
