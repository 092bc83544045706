"""Renaming in random specs keeps the network, and reports the new names of its weights."""

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
from tests.editor.support import Opened, literally, opened, shipped
from tests.support.random_networks import edited_text, network_text

EACH, MANY = 4, 150 if os.environ.get("ARCHC_ALL") == "1" else 12
ALLOWED = ("of the language", "archc reads")
"""Reasons for which a renaming may be refused."""


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
        assert is_same, changed  # not compared by `==`: pytest's diff would take minutes
        looked_at = next(n for n in before if one.view.member_at(place(one, each, None)) == n.name)
        other = after.networks["another_name" if looked_at.name == each.name else looked_at.name]
        told = dict(made.keys.keys) if made.keys is not None else {}
        is_told = [told.get(key, key) for key in layout(looked_at)] == list(layout(other))
        assert is_told, changed
        assert bool(made.modules) <= (each.kind in ("module", "block")), each.kind


def renamed(one: Opened, each: Definition, rng: Random | None) -> Renaming | None:
    new = "another_name"
    if each.kind == "module" and "{" in each.name and each.span is not None:  # a computed label: its expressions stay
        new, rng = f"another_{one.view.words(each.span)[1:-1]}", None
    try:
        return rename(one.space, [one.view], one.view, place(one, each, rng), new)
    except NotPossible as refusal:
        assert any(why in str(refusal) for why in ALLOWED), refusal
        return None


def place(one: Opened, each: Definition, rng: Random | None) -> int:
    """The place where a name is defined, or a random one where it is used."""
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


EDITS = [
    ("freeze cell1.0", "freeze unit1.0"),
    ("freeze cell*", "freeze unit*"),
    ('freeze "cel?1"', 'freeze "unit1"'),
    ("freeze all except cell1, stem", "freeze all except unit1, stem"),
    ('freeze "cell1"', 'freeze "unit1"'),
    ("remove cell1.1", "remove unit1.1"),
    ("replace cell1: Conv(4)", "replace unit1: Conv(4)"),
    ("insert after cell1.0: ReLU", "insert after unit1.0: ReLU"),
    ("truncate after cell1", "truncate after unit1"),
    ("return cell*, stem", "return unit*, stem"),
    ("freeze *", "freeze *"),
]


def an_edit_follows(text: str, place: str, name: str, after: str) -> None:
    """Check a renaming: the edit of the variant `v` becomes this, and there are no errors."""
    one = opened(text)
    made = rename(one.space, [one.view], one.view, one.at(place), name)
    changed = literally(one.view.source.text, made.edits)
    assert f"variant v = m {{ {after} }}\n" in changed
    assert not check(Source("x.arch", changed), one.space.load).failed


@pytest.mark.parametrize(("before", "after"), EDITS)
def test_paths_name_modules_by_a_block_of_another_name(before: str, after: str) -> None:
    also = "variant w = m { freeze stem, cell1.0 }\n"
    an_edit_follows(f"{TEXT}variant v = m {{ {before} }}\n{also}", "Cell(c)", "Unit", after)


PATTERNS = [
    ("freeze st*", "freeze first"),
    ("freeze s*, fc*", "freeze first, fc*"),
    ('freeze "[sc]*"', 'freeze "[sc]*", "first"'),
    ("freeze stem.*", "freeze first.*"),
    ("replace st*: Conv(8)", "replace first: Conv(8)"),
    ("remove st*.1", "remove first.0.1, first.1"),
]


@pytest.mark.parametrize(("before", "after"), PATTERNS)
def test_patterns_mean_a_label_of_another_name(before: str, after: str) -> None:
    an_edit_follows(f"{TEXT}variant v = m {{ {before} }}\n", "stem", "first", after)


def test_a_pattern_in_another_file_is_changed_for_all_of_its_members() -> None:
    user = 'from "mine.arch" use m\nvariant v = m { freeze st*.0, cell* }\nvariant w = v { freeze fc1 }\n'
    one, other = opened(TEXT, user=user), opened(user, "user.arch", mine=TEXT)
    made = rename(other.space, [one.view, other.view], one.view, one.at("stem"), "first")
    assert [edit.text for edit in made.edits if edit.span.file == other.view.name] == ["first.0"]


LOOP = """model m {
  input 3x8x8
  for i in range(3) { "layer{i}": (Conv(4 * (i + 1)) - BN) } - GAPool - FC(2)
}
variant v = m { replace layer1.0: Conv(8, 1)
  freeze layer[01], "layer2.1" }
variant w = v { remove layer1.1
  freeze layer* }
"""


@pytest.mark.parametrize("new", ["stage{i}", '"stage{i}"'])
def test_a_label_that_is_made_of_values_is_made_otherwise(new: str) -> None:
    one = opened(LOOP)
    made = rename(one.space, [one.view], one.view, one.at('"layer'), new)
    assert literally(LOOP, made.edits) == LOOP.replace("layer", "stage")
    assert made.modules[:2] == (("layer0", "stage0"), ("layer1", "stage1"))


def test_other_values_in_a_label_are_told_module_by_module() -> None:
    one = opened(LOOP)
    changed = literally(LOOP, rename(one.space, [one.view], one.view, one.at('"layer'), "s{i+1}").edits)
    assert 'replace s2.0: Conv(8, 1)\n  freeze s1, s2, "s3.1"' in changed and "remove s2.1\n  freeze s*" in changed


@pytest.mark.parametrize(("at", "new", "why"), [
    ('"layer', "stage", "this name is already in use"),
    ("layer1", "stage1", "made of values"),
    ('"layer', "{i}*x", "cannot be a label"),
])  # fmt: skip
def test_a_label_that_is_made_of_values_stays_where_modules_would_be_one(at: str, new: str, why: str) -> None:
    one = opened(LOOP)
    with pytest.raises(NotPossible, match=why):
        rename(one.space, [one.view], one.view, one.at(at), new)


def test_a_parameter_is_renamed_in_variants_and_in_what_describes_it() -> None:
    one = shipped("vgg")
    text = one.view.source.text
    changed = literally(text, rename(one.space, [one.view], one.view, one.at("bn=false"), "normalised").edits)
    assert "variant vgg11_bn = VGG(A, normalised=true)" in changed and "BN if (normalised)" in changed
    assert "    normalised: Whether to normalise batches." in changed and "bn=" not in changed
    assert not check(Source("vgg.arch", changed), one.space.load).failed
