"""Checking random edits gives a consistent network or a diagnostic, never an internal fault."""

from __future__ import annotations

import os
import random

import pytest

from archc.diagnostics.core import Problem, Severity
from archc.ir.network import Network, Ref, Scope
from archc.ir.types import UNKNOWN, TensorType
from tests.support.specs import checked, network

BLOCKS = """
macro CB(c) = Conv(c) - BN
block Unit(c) {
  add { CB(c) - ReLU - Conv(c) | p: Conv(c, 1) if (in.channels != c) } - ReLU
}
block Early(c, wide=false) {
  let half = c // 2
  if wide { return Conv(c, 5) - BN }
  y = Conv(half) - (g: BN) if (half > 2)
  z = y - Conv(c)
  if half > 2 { n = z - BN } else { n = z }
  concat { n | y } - Conv(c)
}
block Two(c) over (a, b) {
  return a - Conv(c), b - Conv(c) - ReLU
}
"""
MODELS = (
    "stem: CB(4) - ReLU - body: [Unit(4)]x2 - u: Unit(8) - GAPool - fc: FC(5)",
    "Conv(4) - BN - ReLU - f: (Conv(4) - (ReLU - Conv(8)) - BN) - Early(8) - e: Early(4, true) - FC(6) - SM",
    "a: (Conv(4) - ReLU) - b: (l: Conv(4) - [Conv(4) - n: Unit(4)]x1) - head: (Dropout - FC(8) - ReLU - FC(3)) - SM",
    "Conv(4) - Chunk(2) - body: [Two(2)]x2 - Concat - m: add { Conv(4) | in } - GAPool - FC(3)",
    "y = s: Conv(4)\n  z = y - Unit(4) - Early(3)\n  return z - fc: FC(3)\n  return training z - f: FC(3), y - FC(2)",
    'for i in range(3) { "s{i}": Unit(4 * (i + 1)) } - Early(4) - q: [ReLU - Conv(4)]x2 - fc: FC(4, act=ReLU)',
)
CHAINS = (
    "ReLU", "BN", "Conv(4)", "Conv(8, 1)", "(Conv(4) - BN)", "x: Conv(in.channels)", "(Dropout - FC(3))", "Identity",
    "Unit(4)", "add { Conv(in.channels) | in }", "stem: ReLU", "(a: Conv(2) - Early(4))", "FC(7)", "[Conv(3)]x2", "in",
    "ReLU if (in.channels > 4) else Conv(4)", "[ReLU]x0", "CB(4)", "fc: (FC(4) - ReLU)", "SM",
)  # fmt: skip


def drawn_edits(chance: random.Random, paths: list[str]) -> str:
    """One to four edits of some of these modules."""
    lines = []
    for _ in range(chance.randint(1, 4)):
        path, chain = chance.choice(paths), chance.choice(CHAINS)
        if chance.random() < 0.1:
            path = path.rpartition(".")[0] + ".*" if "." in path else f"{path}*"
        forms = (f"replace {path}: {chain}", f"remove {path}", f"insert after {path}: {chain}", f"freeze {path}")
        cut = (f"truncate after {path}",) if chance.random() < 0.4 else ()
        lines.append(chance.choice((*forms, *cut, forms[0], forms[2])))
    return "\n  ".join(lines)


def names_in(net: Network) -> list[str]:
    """The paths of all modules but the network itself."""
    return [p for p in (*(s.path for s in net.scopes[1:]), *(n.path for n in net.nodes)) if p]


def holds_together(net: Network) -> None:
    """Check that tensors precede their readers and have the types of their ops, and that names are unique."""
    for index, node in enumerate(net.nodes):
        assert all(ref.node < index for ref in node.inputs)
        if node.inputs:
            xs = tuple(map(net.type_of, node.inputs))
            known = all(x.is_known for x in xs)
            ys = node.op.infer(xs) if known else UNKNOWN
            if isinstance(ys, Problem):
                assert node.wrong
                ys = UNKNOWN
            assert node.types == ((ys,) if isinstance(ys, TensorType) else ys)
            assert node.path or not known or not node.op.weights(xs), node
        scope: Scope = net.scopes[node.scope]
        assert not node.path or node.path.rpartition(".")[0] == scope.path
    paths = names_in(net)
    assert len(set(paths)) == len(paths)
    assert all(s.path for s in net.scopes[1:])
    made = {Ref(i, o) for i, node in enumerate(net.nodes) for o in range(len(node.types))}
    assert {*net.outputs, *net.training_outputs, *(r for s in net.scopes for r in (*s.inputs, *s.outputs))} <= made


@pytest.mark.parametrize("seed", range(2000 if os.environ.get("ARCHC_ALL") else 60))
def test_edits_end_in_a_network_or_a_diagnostic(seed: int) -> None:
    chance = random.Random(seed)
    model = f"{BLOCKS}model m {{\n  input 3x8x8\n  {chance.choice(MODELS)}\n}}\n"
    (base,) = checked(model).networks.values()
    paths = sorted({*names_in(base)})
    spec = f"{model}variant v = m {{\n  {drawn_edits(chance, paths)}\n}}\n"
    if chance.random() < 0.3:
        spec += f"variant w = v {{\n  {drawn_edits(chance, paths)}\n}}\n"
    result = checked(spec)
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    assert errors or {"v"} <= result.networks.keys(), spec
    for net in result.networks.values():
        holds_together(net)


@pytest.mark.parametrize(
    ("edits", "sizes"),
    [
        ("remove aux", [3]),
        ("remove aux\n  insert after aux: FC(5)", [3, 5]),
        ("insert after aux: FC(5)", [3, 5]),
        ("replace aux: FC(4)", [3, 4]),
    ],
)
def test_a_head_of_training_is_gone_only_if_nothing_takes_its_place(edits: str, sizes: list[int]) -> None:
    model = (
        "model m {\n  input 3x8x8\n  x = a: Conv(4)\n  z = x - fc: FC(3)\n"
        "  return z\n  return training z, x - aux: FC(3)\n}\n"
    )
    net = network(f"{model}variant v = m {{\n  {edits}\n}}\n", member="v")
    assert [net.type_of(ref).channels for ref in net.training_outputs] == sizes
