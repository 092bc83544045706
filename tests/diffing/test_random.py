"""Scripts of random networks and edits: empty for equal ones, one edit for one, and inverse in reverse."""

from __future__ import annotations

import os

import pytest

from archc.diagnostics.source import Source
from archc.diffing import diff
from archc.diffing.align import aligned
from archc.diffing.text import as_text
from archc.diffing.union import union
from archc.ir.network import Network
from archc.pipeline import check
from tests.diffing.test_keys import assert_each_tensor_once
from tests.diffing.test_script import assert_inverse
from tests.diffing.test_single import whole
from tests.support.everything import EVERYTHING
from tests.support.random_networks import edited_text, network_text
from tests.support.specs import load

SEED = int(os.environ.get("ARCHC_SEED", "0"))
COUNT = 400 if EVERYTHING else 12


def network(text: str, name: str = "m") -> Network:
    return check(Source("random.arch", text), load, name).networks[name]


@pytest.mark.parametrize("seed", range(SEED, SEED + COUNT))
def test_a_random_network_against_itself_written_anew_is_empty(seed: int) -> None:
    text = network_text(seed)
    one, other = network(text), network(f"# moved\n\n{text}")
    assert diff(one, other).equal, f"seed {seed}"


@pytest.mark.parametrize("seed", range(SEED, SEED + COUNT))
def test_edits_of_a_random_network_and_their_inverse(seed: int) -> None:
    text = edited_text(seed)
    one, other = network(text), network(text, "v")
    script = diff(one, other)
    told = f"seed {seed}\n{as_text(script)}"
    assert script.equal == (whole(one) == whole(other)), told
    assert_inverse(script, diff(other, one))
    assert_each_tensor_once(one, other, script.keys)


@pytest.mark.parametrize("seed", range(SEED, SEED + COUNT))
def test_two_random_networks_have_a_script_and_a_union(seed: int) -> None:
    one, other = network(network_text(seed)), network(network_text(seed + 5000))
    assert_inverse(diff(one, other), diff(other, one))
    both, fates = union(aligned(one, other))
    gone = sum(fate == "gone" for fate in fates.values())
    assert len(both.nodes) == len(other.nodes) + gone
    assert gone == len(one.nodes) - sum(fates.get(n) != "new" for n in range(len(both.nodes))) + gone
    assert all(ref.node < n for n, node in enumerate(both.nodes) for ref in node.inputs), "every wire leads forward"
