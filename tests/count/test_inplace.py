"""The nodes counted as working in place are those of the emitted classes, interpreted node by node."""

from __future__ import annotations

import pytest

from archc.count.counts import executed
from archc.count.memory import Storages
from archc.ir import definition as d
from archc.ir.expr import Const
from archc.ir.network import Network
from archc.targets.pytorch.classes import translated
from archc.targets.pytorch.construct import Constructor
from archc.targets.pytorch.file import said_by
from archc.targets.pytorch.validate import validate
from tests.count.emitted import EXTRA, SMALL, small
from tests.support.random_networks import network_text
from tests.support.specs import in_model, network


def emitted(net: Network) -> set[int]:
    """The nodes that the emitted classes run in place in evaluation."""
    made = translated((net,))
    (entry,) = made.entries
    values = {n: e.value for n, e in entry.arguments.items() if isinstance(e, Const)}
    found = validate(entry.made, values, net, Constructor(made.kinds, made.functions, said_by(made)))
    return found & set(executed(net, training=False))  # of unread nodes, only calls are emitted


def counted(net: Network) -> set[int]:
    """The nodes that are counted as working in place in evaluation."""
    storages = Storages(net, 1, "float32", training=False, inplace=True)
    return {i for i in storages.order if storages.overwrites(net.nodes[i])}


def branching(net: Network, name: str | None) -> bool:
    """Whether a definition has a guard, a loop or a layer as parameter: one class for several paths."""
    body = next(one.body for one in net.definitions if one.name == name)

    def go(thing: object) -> bool:
        if isinstance(thing, tuple):
            return any(map(go, thing))
        if isinstance(thing, d.BoundGuard | d.BoundIf | d.BoundRepeat | d.BoundFor | d.BoundParameterCall):
            return True
        return any(go(getattr(thing, part, ())) for part in ("chain", "chains", "branches"))

    return go(body)


def definitions(net: Network, node: int) -> set[str | None]:
    """The definitions around a node."""
    found: set[str | None] = set()
    scope: int | None = net.nodes[node].scope
    while scope is not None:
        found.add(net.scopes[scope].definition)
        scope = net.scopes[scope].parent
    return found - {None}


@pytest.mark.parametrize("family", [*SMALL, *EXTRA])
def test_shipped_networks_work_in_place_as_counted(family: str) -> None:
    net = small(family)
    assert emitted(net) == counted(net)


@pytest.mark.parametrize("seed", [*range(40), 65, 278, 316, 339, 343, 360, 389])
def test_random_networks_work_in_place_as_counted(seed: int) -> None:
    """A class is the same code for all paths: a layer that may work in place on only some of them does not."""
    net = network(network_text(seed))
    runs, says = emitted(net), counted(net)
    assert runs <= says
    for index in says - runs:
        node = net.nodes[index]
        around = definitions(net, index) | definitions(net, node.inputs[0].node)
        assert any(branching(net, name) for name in around), (node.path, node.op)


BLOCKS = "block B(c) { ReLU - Conv(c) - BN }\nblock C(c) { y = Conv(c)\n  y - BN - HSwish }\n"


@pytest.mark.parametrize(
    ("chain", "kinds"),
    [
        ("Conv(4) - ReLU", ["ReLU"]),
        ("Conv(4) - B(4) - ReLU6", ["ReLU6"]),  # a block does not overwrite its input
        ("C(4) - SiLU", ["HSwish", "SiLU"]),
        ("Conv(4) - g: (ReLU - Conv(4))", ["ReLU"]),  # a sequence has no class
        ("Conv(4) - g: (ReLU - add { in | Conv(4) })", []),
        ("ReLU - ReLU6", []),
        ("Conv(4) - ReLU - ReLU6", ["ReLU"]),
        ("Conv(4) - Chunk(2) - Concat - SiLU - HSwish", ["SiLU", "HSwish"]),
        ("Conv(4) - add { SiLU | HSwish }", []),
    ],
)
def test_what_works_in_place(chain: str, kinds: list[str]) -> None:
    net = network(BLOCKS + in_model(chain))
    assert [net.nodes[i].op.kind() for i in sorted(counted(net))] == kinds
    assert emitted(net) == counted(net)


def test_what_training_reads_counts_as_read() -> None:
    body = "x = Conv(4)\n  y = x - SiLU - FC(2)\n  return y\n  return training y, x - FC(3)"
    net = network(f"model m {{\n  input 3x8x8\n  {body}\n}}\n")
    assert emitted(net) == counted(net) == set()
