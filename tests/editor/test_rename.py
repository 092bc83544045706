"""A name of a random spec gets another: the network stays as it is, and what its weights are called is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random

import pytest

from archc.diagnostics.source import Source
from archc.editor.data import NotPossible
from archc.editor.renaming import Renaming, rename
from archc.ir.network import Network
from archc.ir.state import layout
from archc.pipeline import check
from archc.resolve import Definition
from tests.editor.support import Opened, opened
from tests.editor.test_features import literally
from tests.support.random_networks import edited_text, network_text

EACH, MANY = 4, 150 if os.environ.get("ARCHC_ALL") == "1" else 12
ALLOWED = ("made of values", "of the language", "cannot be a label", "archc reads", "not be the same network")
"""Why a name may keep the one that it has."""


@pytest.mark.parametrize("draw", [network_text, edited_text])
@pytest.mark.parametrize("seed", range(MANY))
def test_the_network_is_the_same(draw: Callable[[int], str], seed: int) -> None:
    one, rng = opened(draw(seed)), Random(seed)
    before = [r.network for r in one.view.analysis.results.values() if r.network is not None]
    own = [d for d in one.view.symbols.definitions if d.span is not None and d.span.file == one.view.name]
    for each in rng.sample(own, min(EACH, len(own))):
        made = renamed(one, each, rng)
        if made is None:
            continue
        changed = literally(one.view.source.text, made.edits)
        after = check(Source(one.view.name, changed), one.space.load)
        assert not after.failed, changed
        is_same = list(map(plain, before)) == list(map(plain, after.networks.values()))
        assert is_same, changed  # what differs would take minutes to tell
        looked_at = next(n for n in before if one.view.member_at(place(one, each, None)) == n.name)
        other = after.networks["another_name" if looked_at.name == each.name else looked_at.name]
        told = dict(made.keys.keys) if made.keys is not None else {}
        is_told = [told.get(key, key) for key in layout(looked_at)] == list(layout(other))
        assert is_told, changed
        assert bool(made.modules) <= (each.kind in ("module", "block")), each.kind


def renamed(one: Opened, each: Definition, rng: Random) -> Renaming | None:
    try:
        return rename(one.space, [one.view], one.view, place(one, each, rng), "another_name")
    except NotPossible as refusal:
        assert any(why in str(refusal) for why in ALLOWED), refusal
        return None


def place(one: Opened, each: Definition, rng: Random | None) -> int:
    """Where a name is defined, or with chance where it is used."""
    uses = one.view.symbols.references_to(each)
    span = rng.choice(uses).span if rng is not None and uses and rng.random() < 0.5 else each.span
    real = one.view.outside(span) if span is not None else None
    assert real is not None
    return real.start


def plain(network: Network) -> list[object]:
    """A network without names."""
    nodes = [(n.op.model_copy({"name": ""}) if n.op.kind() == "Input" else n.op) for n in network.nodes]
    wires = [(n.inputs, n.types, n.frozen, n.head, n.shared, n.scope) for n in network.nodes]
    scopes = [(s.kind, s.inputs, s.outputs, s.parent, s.shared) for s in network.scopes]
    return [nodes, wires, scopes, network.outputs, network.training_outputs]


@pytest.mark.parametrize("draw", [network_text, edited_text])
def test_names_of_all_kinds_are_given_others(draw: Callable[[int], str]) -> None:
    kinds: set[str] = set()
    for seed in range(25):
        one, rng = opened(draw(seed)), Random(seed)
        for each in (d for d in one.view.symbols.definitions if d.span is not None and d.kind not in kinds):
            if renamed(one, each, rng) is not None:
                kinds.add(each.kind)
    assert kinds >= {"block", "model", "parameter", "let", "loop variable", "tensor", "module"}


TEXT = """block Cell(c) { Conv(c) - BN }
model m {
  input 3x8x8
  Cell(4) - stem: (Cell(8) - Conv(8)) - GAPool - FC(2)
}
"""


def test_a_block_names_the_modules_of_its_calls() -> None:
    one = opened(TEXT)
    made = rename(one.space, [one.view], one.view, one.at("Cell(c)"), "Unit")
    assert made.modules == (("cell1", "unit1"),) and made.keys is not None
    assert ("cell1.0.weight", "unit1.0.weight") in made.keys.renamed
    assert ("stem.1.weight", "stem.1.weight") in made.keys.keys


def test_a_label_in_a_file_without_models_is_told_of_one_that_leads_there() -> None:
    user = 'from "parts.arch" use Cell\nmodel m {\n  input 3x8x8\n  a: Cell(4) - b: Cell(4)\n}\n'
    one = opened("block Cell(c) { first: Conv(c) - BN }\n", "parts.arch", user=user)
    other = opened(user, "user.arch", parts="block Cell(c) { first: Conv(c) - BN }\n")
    made = rename(one.space, [other.view], one.view, one.at("first"), "conv")
    assert made.modules == (("a.first", "a.conv"), ("b.first", "b.conv"))


def test_modules_without_a_label_are_numbered_anew() -> None:
    one = opened("model m {\n  input 3x8x8\n  Conv(4) - conv: Conv(4) - conv2: Conv(4) - Conv(4) - GAPool\n}\n")
    made = rename(one.space, [one.view], one.view, one.at("conv2"), "last")
    assert made.modules == (("conv2", "last"),) or ("conv2", "last") in made.modules
    after = check(Source("x.arch", literally(one.view.source.text, made.edits)), one.space.load).networks["m"]
    assert made.keys is not None and [new for _, new in made.keys.keys] == list(layout(after))


@pytest.mark.parametrize("edit", ["freeze cell1.0", "freeze cell*", "remove cell1.1"])
def test_what_edits_call_by_the_name_of_a_block_keeps_it(edit: str) -> None:
    one = opened(f"{TEXT}variant v = m {{ {edit} }}\n")
    with pytest.raises(NotPossible, match="v would not be the same network"):
        rename(one.space, [one.view], one.view, one.at("Cell(c)"), "Unit")


def test_a_pattern_that_means_a_label_keeps_it() -> None:
    one = opened(f"{TEXT}variant v = m {{ freeze st* }}\n")
    with pytest.raises(NotPossible, match="edits name modules by it"):
        rename(one.space, [one.view], one.view, one.at("stem"), "first")
    assert rename(one.space, [one.view], one.view, one.at("stem"), "start").modules == (("stem", "start"),)
