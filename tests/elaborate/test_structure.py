"""The structure of a network is that of its spec: statements, labels, loops, choices and calls."""

from __future__ import annotations

from typing import Any

import pytest

from archc.ir.expr import python
from archc.ir.network import (
    CallItem,
    Choice,
    GroupItem,
    LayerItem,
    LetValue,
    Loop,
    MergeItem,
    Network,
    ScopeResult,
    TakenBranch,
    TensorAssignment,
)
from tests.support.specs import checked, in_model, network

TEXT = """\
block U(c, twice=false) {
  let wide = c * 2
  if twice { let more = wide * 2
    y = Conv(more) } else { y = Conv(wide) - ReLU }
  if wide > 4 { y - BN } else { y }
}
macro M(c) = Conv(c) - ReLU
model m(n=2) {
  input 4x8x8
  a = U(2) - named: U(4, true)
  b, c = a - Chunk(2)
  "s{n}": (M(4) - [Conv(k + 1)]x n as k) - l: [ReLU]x1 - macro: M(3)
  - (BN if (n > 3) else ReLU) - (BN if (n > 3)) - add { in | sum: mul { in | Sigmoid } }
}
"""


def shape(thing: Any, net: Network) -> Any:
    """A structure as text."""
    match thing:
        case tuple():
            return [shape(t, net) for t in thing]
        case LetValue():
            return ("let", thing.name, python(thing.expr), thing.value)
        case TensorAssignment():
            return ("bind", thing.names, shape(thing.chain.items, net))
        case TakenBranch():
            return ("if", thing.value, thing.otherwise, shape(thing.body, net))
        case ScopeResult():
            return ("result", thing.training, [shape(c.items, net) for c in thing.chains])
        case LayerItem():
            return net.nodes[thing.node].op.kind()
        case CallItem():
            return ("call", net.scopes[thing.scope].path)
        case GroupItem():
            path = None if thing.scope is None else net.scopes[thing.scope].path
            return ("group", path, thing.incoming, shape(thing.chain.items, net))
        case Loop():
            turns = [(i.values, shape(i.chain.items, net)) for i in thing.iterations]
            path = None if thing.scope is None else net.scopes[thing.scope].path
            return (thing.form, thing.names, python(thing.over), path, turns)
        case Choice():
            return ("choice", thing.value, thing.otherwise, shape(thing.chain.items, net))
        case MergeItem():
            kind = net.nodes[thing.node].op.kind() if thing.node is not None else "tuple"
            return (kind, thing.incoming, [shape(b.items, net) for b in thing.branches])
    raise AssertionError(thing)


def test_statements_of_a_block() -> None:
    net = network(TEXT.replace('  "s{n}":', '  y = a - BN\n  y - "s{n}":'))
    one, two = (scope for scope in net.scopes if scope.definition == "U")
    assert (one.path, two.path) == ("u1", "named")
    assert shape(one.body, net) == [
        ("let", "wide", "c * 2", 4),
        ("if", False, True, [("bind", ("y",), ["Conv", "ReLU"])]),
        ("if", False, True, [("result", False, [[]])]),
    ]
    assert shape(two.body, net) == [
        ("let", "wide", "c * 2", 8),
        ("if", True, True, [("let", "more", "wide * 2", 16), ("bind", ("y",), ["Conv"])]),
        ("if", True, True, [("result", False, [["BN"]])]),
    ]
    assert [(a.name, python(a.expr), a.value, a.given) for a in two.arguments] == [
        ("c", "4", 4, True),
        ("twice", "True", True, True),
    ]
    assert [(a.name, a.value, a.given) for a in one.arguments] == [("c", 2, True), ("twice", False, False)]


def test_chains_of_a_model() -> None:
    net = network(TEXT)
    *binds, result = shape(net.scopes[0].body, net)
    assert binds == [
        ("bind", ("a",), [("call", "u1"), ("call", "named")]),
        ("bind", ("b", "c"), ["Chunk"]),
    ]
    kind, training, (items,) = result
    assert (kind, training) == ("result", False)
    assert items == [
        ("group", "s2", None, [
            ("group", None, "in_", ["Conv", "ReLU"]),
            ("repeat", ("k",), "range(n)", None, [((0,), ["Conv"]), ((1,), ["Conv"])]),
        ]),
        ("repeat", (), "range(1)", "l", [((), ["ReLU"])]),
        ("group", "macro", "in_2", ["Conv", "ReLU"]),
        ("group", None, None, [("choice", False, True, ["ReLU"])]),
        ("group", None, None, [("choice", False, False, [])]),
        ("Add", "in_2", [[], [("group", "sum", None, [("Mul", "in_2", [[], ["Sigmoid"]])])]]),
    ]  # fmt: skip


def test_modules_are_sequences_where_they_are_chains() -> None:
    net = network(
        "block P { Conv(4) - ReLU }\nblock Q { a: Conv(4) - ReLU }\nblock R { add { in | Conv(in.channels) } }\n"
        + in_model(
            "p: P - q: Q - r: R - g: (Conv(4) - BN) - h: (x: Conv(4) - BN) - l: [Conv(4)]x2 - n: (add { in | in })"
        )
    )
    found = {s.path: (s.kind, s.sequential, s.pure) for s in net.scopes}
    assert found == {
        "": ("model", False, True),
        "p": ("block", True, True),
        "q": ("block", False, True),
        "r": ("block", False, False),
        "g": ("group", True, True),
        "h": ("group", False, True),
        "l": ("repeat", True, True),
        "n": ("group", False, False),
    }


BLOCKS = "block A(c) { B(c + 1) }\nblock B(c) { conv: Conv(c) - M }\nmacro M = ReLU\n"


def test_the_trail_of_a_layer() -> None:
    net = network(BLOCKS + in_model("x: A(3) - A(4)"))
    conv = next(n for n in net.nodes if n.path == "x.0.conv")
    steps = []
    at = conv.expansion
    while at is not None:
        step = net.expansions[at]
        steps.append((step.call, step.path))
        at = step.parent
    assert steps == [("B(4)", "x.0"), ("A(3)", "x")]
    relu = next(n for n in net.nodes if n.op.kind() == "ReLU")
    assert relu.expansion is not None and net.expansions[relu.expansion].call == "M"


def test_only_a_head_that_training_returns_too_is_taken_off() -> None:
    net = network(
        "model m {\n  input 3x8x8\n  x = Conv(4)\n  y = x - FC(3) - SM\n  return y\n  return training y, x - FC(2)\n}\n"
    )
    assert [net.nodes[r.node].op.kind() for r in net.outputs] == ["FC"]
    assert [str(net.type_of(r)) for r in net.training_outputs] == ["3", "2"]
    assert [n.head for n in net.nodes if n.op.kind() == "SM"] == [True]
    assert [n.head for n in network(in_model("FC(3) - SM - ReLU")).nodes] == [False] * 5


@pytest.mark.parametrize(
    ("written", "stated"),
    [
        ("784", "784"), ("(28, 28)", "3x28x28"), ("(32, 32, 3)", "3x32x32"), ("(8, 16, 16, 3)", "3x16x16"),
        ("(1, 2, 3, 4, 5)", "(1, 2, 3, 4, 5)"), ("shape=(3, 32, 32)", "3x32x32"),
    ],
)  # fmt: skip
def test_an_input_that_is_written_as_a_layer_is_stated(written: str, stated: str) -> None:
    found = checked(f"model m {{\n  Input({written}) - Conv(8) - GAPool - FC(10)\n}}\n").diagnostics
    assert f"`Input` is a statement, before the chain: `input {stated}`" in [d.problem.help() for d in found]
