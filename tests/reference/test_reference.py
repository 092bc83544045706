"""archc and the reference agree about random networks and edits, which cover the language."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from archc.ops import registry
from tests.reference.compare import compare, differences
from tests.reference.coverage import EDITS, EXPECTED, constructs
from tests.reference.dense import dense_text
from tests.reference.layers import SIGNATURES
from tests.reference.network import reference
from tests.reference.shrinking import shrunk
from tests.reference.tree import Invalid
from tests.support.random_networks import edited_text, network_text

SEED = int(os.environ.get("ARCHC_SEED", "9000"))
NETWORKS, EDITED, DENSE = 300, 100, 300
PART = 25
"""How many texts a test draws, so that several processes share the work."""


@pytest.mark.parametrize("first", range(0, NETWORKS, PART))
def test_random_texts_are_the_same_network(first: int) -> None:
    _agree(network_text, None, first)


@pytest.mark.parametrize("first", range(0, EDITED, PART))
def test_random_edits_make_the_same_network(first: int) -> None:
    _agree(edited_text, "v", first)


@pytest.mark.parametrize("first", range(0, DENSE, PART))
def test_forms_put_together_blindly_are_the_same_network(first: int) -> None:
    _agree(dense_text, "m", first)


def _agree(draw: Callable[[int], str], name: str | None, first: int) -> None:
    print(f"ARCHC_SEED={SEED}")
    wrong: list[str] = []
    for seed in range(SEED + first, SEED + first + PART):
        text = draw(seed)
        if (found := compare(text, name)) is not None:
            wrong.append(f"ARCHC_SEED={seed}: {found}\n\n{_shortest(text, name, found.kind) if not wrong else ''}")
    assert not wrong, f"{len(wrong)} of {PART} differ, of which the first is\n{wrong[0]}"


def _shortest(text: str, name: str | None, kind: str) -> str:
    def fails(shorter: str) -> bool:
        try:
            found = compare(shorter, name)
        except (Invalid, IndexError, RecursionError):
            return False
        return found is not None and found.kind == kind

    return shrunk(text, fails)


def test_random_texts_contain_what_the_language_contains() -> None:
    networks = set().union(*(constructs(network_text(seed)) for seed in range(200)))
    assert networks >= EXPECTED, sorted(EXPECTED - networks)
    edits = set().union(*(constructs(edited_text(seed)) for seed in range(150)))
    assert edits >= EDITS, sorted(EDITS - edits)


def test_random_texts_contain_every_layer() -> None:
    """Layers over different numbers of tensors count separately: attention over one, two and three."""
    networks = (reference(network_text(seed), "m") for seed in range(300))
    found = {(n.kind, len(n.inputs)) for network in networks for n in network.nodes}
    assert {kind for kind, _ in found} == {*SIGNATURES, "input"}
    assert registry().keys() - {"Input"} == SIGNATURES.keys()
    assert {("Attention", many) for many in (1, 2, 3)} <= found


def test_a_seed_gives_its_text_again() -> None:
    for draw in (network_text, edited_text):
        assert draw(7) == draw(7) != draw(8)


MODEL = """block B(c, s=1) {
  y = Conv(c, 3, s) - BN
  if s == 1 { return add { y | in } } else { return y - ReLU }
}
model m {
  input 4x8x8
  B(4) - B(8, 2) - GAPool - fc: FC(3)
}
"""
CHANGES = {
    "a stride": ("c, 3, s", "c, 3, 1", "MACs counted"),
    "a width": ("B(8, 2)", "B(6, 2)", "parameters counted"),
    "a label": ("fc: FC(3)", "fd: FC(3)", "state"),
    "a layer without weights": ("y - ReLU", "y - Tanh", "numbers in evaluation"),
    "the branch of an if": ("s == 1 {", "s != 1 {", "refused"),
    "what is merged": ("add {", "mul {", "numbers in evaluation"),
    "statistics": ("- BN", "- BN(momentum=0.2)", "statistics"),
    "a number for stability": ("- BN", "- BN(eps=1e-2)", "numbers in evaluation"),
    "results": ("fc: FC(3)", "Flatten - fc: Linear(3) - Sigmoid", "numbers in evaluation"),
}


@pytest.mark.parametrize(("old", "new", "kind"), CHANGES.values(), ids=CHANGES.keys())
def test_a_difference_is_found(old: str, new: str, kind: str) -> None:
    assert MODEL.count(old) == 1
    other = MODEL.replace(old, new)
    if kind == "refused":
        with pytest.raises(Invalid):
            reference(other)
        return
    found = next(differences(reference(other), MODEL, None), None)
    assert found is not None and found.kind == kind


def test_loops_in_loops_number_their_children() -> None:
    text = """block Named(c, n=1) {
  for i in range(2) { ["a{i}_{j}": ["b{k}": Conv(c, 1)] x 3 as k] x n as j }
}
model m { input 4x8x8
  Named(8) }
"""
    assert compare(text) is None


def test_a_text_is_made_short() -> None:
    text = network_text(3)
    short = shrunk(text, lambda text: "Conv(" in text)
    assert "Conv(" in short and len(short) < len(text) / 8
