"""Results from inside labelled groups and repeats of a network: `return features.5, features.10`."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from archc.count.counts import count
from archc.diagnostics.core import Severity
from tests.emit.cases import emitted, live
from tests.support.specs import checked, network

NESTED = """
block B(c) { c1: Conv(c) - ReLU }
model m {
  input 3x16x16
  features: (Conv(4) - ReLU - BN - ReLU)
  - body: (a: Conv(4) - deep: [B(4) - "inner{k}": (b: Conv(4, 3, 2) - Tanh)]x2 as k - last: [Conv(4) - ReLU]x2)
  - GAPool - fc: FC(5)
}
"""


@pytest.mark.parametrize(
    "levels",
    ["features.0, features.2", "features.0, features.1", "body.a, body.deep.inner0, fc", "body.deep.b2, features.3",
     "body.last.0, body.deep.inner1.b, body", "features, body.deep", "body.last.1"],
)  # fmt: skip
def test_each_gives_what_it_gives_in_the_whole_network(levels: str) -> None:
    _the_same(NESTED, levels)


BLOCK = "block B(c) { Conv(c) - ReLU }\nmodel m {\n  input 3x16x16\n  "


@pytest.mark.parametrize(
    ("body", "levels"),
    [
        ("B(4) - B(5) - B(6)", "0, 2"),
        ("(B(4) - B(5)) - B(6)", "1, 2"),
        ("b: (a: Conv(4) - add { in | ReLU } - c: (Conv(4) - add { BN | in } - d: Conv(4)) - ReLU)", "b.a, b.c.d"),
        ("b: (a: Conv(4) - concat { c: (d: Conv(4) - Tanh) | in } - ReLU)", "b.a, b"),
    ],
)
def test_behind_merges_and_by_position(body: str, levels: str) -> None:
    _the_same(f"{BLOCK}{body}\n}}\n", levels)


def _the_same(model: str, levels: str) -> None:
    text = f"{model}variant v = m {{ return {levels} }}\n"
    whole, found = live(emitted(model, "m")).eval(), live(emitted(text, "v")).eval()
    state = whole.state_dict()
    found.load_state_dict({key: state[key] for key in found.state_dict()})
    names, wanted = levels.split(", "), dict[str, torch.Tensor]()

    def keep(name: str, module: nn.Module, xs: object, y: torch.Tensor) -> None:
        wanted[name] = y.clone()

    for name in names:
        whole.get_submodule(name).register_forward_hook(partial(keep, name))
    x = torch.randn(2, 3, 16, 16)
    whole(x)
    results = found(x)
    for name, tensor in zip(names, results if len(names) > 1 else (results,), strict=True):
        torch.testing.assert_close(tensor, wanted[name])
    assert count(network(text, member="v")).output_names == (tuple(names) if len(names) > 1 else ("",))


def test_what_lies_in_a_block_is_none() -> None:
    found = checked(f"{NESTED}variant v = m {{ return body.deep.b1.c1 }}\n", member="v")
    (error,) = (d.problem for d in found.diagnostics if d.severity is Severity.ERROR)
    assert error.code == "E0906" and "it lies in `body.deep.b1`" in error.message()


@pytest.mark.parametrize(
    "edit",
    [
        "replace features.0: other: Conv(8)",
        "replace features.1: Conv(4) - GELU",
        "replace features.1: other: (Conv(4) - b: BN)",
        "replace body.a: [Conv(4) - ReLU]x2",
        "replace body.a: mixed: add { Conv(4) | Conv(4, 1) }",
        "insert after features.1: BN",
        "insert after body.a: extra: BN",
        "insert after body.deep.inner0.b: Conv(4, 1)",
        "remove features.1",
    ],
)
def test_an_edit_beside_levels_gives_the_names_that_it_gives_alone(edit: str) -> None:
    returned = "return features.3, body.deep.inner0.b, fc"
    text = f"{NESTED}variant v = m {{\n  {edit}\n}}\nvariant w = m {{\n  {returned}\n  {edit}\n}}\n"
    alone, beside = ([n.path for n in network(text, member=member).nodes if n.path] for member in ("v", "w"))
    assert alone == beside


@pytest.mark.parametrize("end", ["return body.a", "return features, body.a", "truncate after body.a"])
@pytest.mark.parametrize("edit", ["replace body: other: Conv(4)", "remove body"])
@pytest.mark.parametrize("turned", [False, True])
def test_an_end_in_what_another_edit_takes_away_is_lost(end: str, edit: str, turned: bool) -> None:
    """Whatever comes first, in one variant or in two."""
    members = "\n  ".join([edit, end] if turned else [end, edit])
    one = f"{NESTED}variant v = m {{\n  {members}\n}}\n"
    two = f"{NESTED}variant u = m {{ {end} }}\nvariant v = u {{ {edit} }}\n"
    for text in (one, two):
        found = [d for d in checked(text, member="v").diagnostics if d.severity is Severity.ERROR]
        assert [(d.code, d.problem.message().split()[0]) for d in found] == [("E0902", "`body.a`")]


def test_a_repeat_without_turns_is_a_level() -> None:
    model = "model m {\n  input 3x16x16\n  z = Conv(4)\n  z - empty: [Conv(4)]x0 - a: Identity - fc: FC(5)\n}\n"
    x = torch.randn(2, 3, 16, 16)
    for levels, same in (("empty", 1), ("empty, a", 2), ("a, empty, conv1", 3)):
        made = live(emitted(f"{model}variant v = m {{ return {levels} }}\n", "v")).eval()
        given = made(x)
        for tensor in given if same > 1 else (given,):
            torch.testing.assert_close(tensor, made.get_submodule("conv1")(x))


def test_a_group_with_levels_is_frozen_by_its_name() -> None:
    text = f"{NESTED}variant v = m {{\n  return features.2, body.a, fc\n  freeze features, body.deep\n}}\n"
    frozen = {n.path for n in network(text, member="v").nodes if n.frozen}
    assert frozen == {n.path for n in network(text, member="v").nodes if n.path.startswith(("features.", "body.deep."))
                      and n.op.kind() in ("Conv", "BN")}  # fmt: skip
