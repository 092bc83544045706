"""Known faults are reported: at their place, with as many errors as faults, and with a way out.

`python -m tests.corpus.measure --seed N` draws another corpus; nothing is tuned to this one.
"""

from __future__ import annotations

import pytest

from tests.corpus.faults import KINDS
from tests.corpus.measure import Figures, measured
from tests.corpus.mutate import case, target

SEED, COUNT = 1, 100


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measured(SEED, COUNT, mend_every=3)


def test_figures(figures: Figures) -> None:
    told = figures.told() + "\n" + "\n".join(figures.misses)
    print(told)
    assert figures.cases == COUNT
    assert figures.several >= 0.3 * figures.cases, told
    assert figures.rejected == figures.cases, told
    assert figures.placed >= 0.95 * figures.faults, told
    assert figures.as_many >= 0.95 * figures.cases, told
    assert figures.mended >= 0.8 * figures.tried, told
    assert figures.clean >= 0.8 * figures.tried, told
    assert not figures.unlawful, told
    assert figures.restored >= 0.7 * figures.tried, told


def test_the_corpus_has_every_kind_of_fault_and_is_the_same_every_time() -> None:
    kinds = set[str]()
    for number in range(2 * COUNT):
        kinds |= {kind for kind, _ in case(SEED, number).faults}
        if len(kinds) == len(KINDS):
            break
    assert len(kinds) == len(KINDS)
    assert [case(SEED, number) for number in range(5)] == [case(SEED, number) for number in range(5)]


def test_what_is_broken_was_sound() -> None:
    assert all(target(member).network.nodes for member in ("lenet5", "resnet50"))
