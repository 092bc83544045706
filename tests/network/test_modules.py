"""Facts of whole networks: heads, freezing, overwriting, and the entries of a state dict that edits keep."""

from __future__ import annotations

import pytest

from archc.diagnostics.source import Span
from archc.ir.definition import Pattern
from archc.ir.freezing import frozen_modules
from archc.ir.heads import heads
from archc.ir.network import Node
from archc.ir.paths import outer_names
from archc.ir.state import changes, layout, module_order
from archc.ops.relu import ReLU
from archc.targets.pytorch.overwriting import InPlace, may_overwrite
from tests.support.specs import in_model, network

TWO = """
block U(n) { conv: Conv(n) - bn: BN - ReLU }
model m {
  input 3x8x8
  y = a: U(4) - b: (c: U(4) - d: U(5)) - Dropout
  z = y - fc: FC(3) - SM
  return z
  return training z, y - aux: FC(3)
}
"""


def test_what_is_opened_again_stands_where_it_was_opened_first() -> None:
    found = network("""
model m {
  input 3x8x8
  "a.0": Conv(4) - b: Conv(5) - "a.1": Conv(6) - ReLU - c: Conv(7)
}
""")
    paths = [found.nodes[i].path for i in module_order(found) if found.nodes[i].path]
    assert [p for p in paths if "." in p or p in "bc"] == ["a.0", "a.1", "b", "c"]


@pytest.mark.parametrize(
    ("edits", "frozen"),
    [
        ("", ()), ("freeze a", ("a",)), ("freeze a.conv", ("a.conv",)), ("freeze a.conv, a.bn", ("a",)),
        ("freeze b.c, b.d", ("b",)), ("freeze b.c, b.d.conv", ("b.c", "b.d.conv")), ("freeze a, b, fc, aux", ("",)),
        ("freeze a, b, fc", ("a", "b", "fc")), ("freeze a, b\n unfreeze b.d.bn", ("a", "b.c", "b.d.conv")),
    ],
)  # fmt: skip
def test_the_largest_frozen_modules(edits: str, frozen: tuple[str, ...]) -> None:
    member = f"variant v = m {{ {edits} }}\n"
    assert frozen_modules(network(TWO + member, member="v")) == frozen


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Conv(4) - fc: FC(3)", ["fc"]), ("Conv(4) - fc: FC(3) - ReLU - SM", ["fc"]),
        ("Conv(4) - last: Conv(3, 1) - GAPool - Flatten", ["last"]), ("add { a: FC(3) | b: FC(3) }", []),
        ("add { a: Conv(3) | in } - bn: BN", ["bn"]), ("ReLU - MPool", []),
    ],
)  # fmt: skip
def test_the_head_is_the_last_layer_with_weights(body: str, found: list[str]) -> None:
    assert [n.path for n in heads(network(in_model(body)))] == found


def test_heads_of_training_come_after() -> None:
    assert [n.path for n in heads(network(TWO))] == ["fc", "aux"]


@pytest.mark.parametrize(
    ("body", "kind", "may"),
    [
        ("Conv(4) - ReLU", "ReLU", True), ("Conv(4) - BN - ReLU", "ReLU", True),
        ("ReLU - Conv(4)", "ReLU", False),  # what comes in from outside
        ("Conv(4) - Sigmoid - ReLU", "ReLU", False),  # its maker reads it again
        ("Conv(4) - Flatten - ReLU", "ReLU", False),  # it shares memory
        ("Conv(4) - Chunk(2) - Concat - ReLU", "Concat", False), ("Conv(4) - add { in | BN }", "Add", False),
        ("Conv(4) - Conv(4)", "MPool", False), ("Conv(4) - GAPool", "GAPool", False),
    ],
)  # fmt: skip
def test_what_may_be_overwritten(body: str, kind: str, may: bool) -> None:
    net = network(in_model(body if kind in body or kind in ("Add", "Concat") else f"{body} - {kind}"))
    node = next(n for n in net.nodes if n.op.kind() == kind)
    assert (node in InPlace(net)) == may


def test_what_another_reads_or_makes_is_not_overwritten() -> None:
    assert may_overwrite(1, own=True)
    assert not may_overwrite(2, own=True) and not may_overwrite(0, own=True) and not may_overwrite(1, own=False)


EDITED = """
model m {
  input 3x8x8
  a: Conv(4) - b: Conv(4) - bn: BN - c: Conv(4) - fc: FC(3)
}
"""


def kept(edits: str) -> dict[str, tuple[str, object, object, bool]]:
    text = f"{EDITED}variant v = m {{ {edits} }}\n"
    found = changes(network(text, member="m"), network(text, member="v"))
    return {k.key: (k.status, k.shape, k.before, k.frozen) for k in found}


def test_what_edits_keep() -> None:
    found = kept("replace fc: FC(5)\n freeze a")
    assert found["a.weight"] == ("kept", (4, 3, 3, 3), (4, 3, 3, 3), True)
    assert found["b.weight"] == ("kept", (4, 4, 3, 3), (4, 4, 3, 3), False)
    assert [v for k, v in found.items() if k.startswith("fc.weight")] == [("dropped", None, (3, 256), False)]
    assert [(k, v[0]) for k, v in found.items() if k.startswith("fc")] == [
        ("fc.weight", "dropped"),
        ("fc.bias", "dropped"),
    ]


def test_what_edits_reshape_and_drop() -> None:
    found = kept("replace b: Conv(6)\n remove bn")
    assert found["c.weight"] == ("reshaped", (4, 6, 3, 3), (4, 4, 3, 3), False)
    assert found["c.bias"] == ("kept", (4,), (4,), False)
    assert {k for k, v in found.items() if v[0] == "dropped" and k.startswith("bn.")} == {
        "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked",
    }  # fmt: skip
    assert found["bn.num_batches_tracked"][2] == ()


def test_the_layout_of_a_state_dict() -> None:
    net = network(EDITED)
    found = layout(net)
    assert list(found)[:5] == ["a.weight", "a.bias", "b.weight", "b.bias", "bn.weight"]
    assert all(entry.key == key and key.startswith(entry.node.path) for key, entry in found.items())
    assert found["bn.running_mean"].weight.kind == "buffer"


def test_facts_by_name() -> None:
    net = network(in_model("ReLU") + "variant v = m { top1: 70.5 }\n", member="v")
    assert (net.fact("top1"), net.fact("paper")) == (70.5, None)


def test_the_modules_around_one() -> None:
    assert outer_names("a.b.c") == ("a", "a.b") and outer_names("a") == ()


def test_a_node_is_nothing_that_is_not_said() -> None:
    node = Node(op=ReLU(), inputs=(), types=(), path="", scope=0, span=Span("", 0, 0))
    assert not (node.implicit or node.head or node.added or node.frozen or node.wrong) and node.shared is None


def test_the_names_of_a_loop_fit_what_has_their_form() -> None:
    names = Pattern(items=(Pattern(name="a"), Pattern(items=(Pattern(name="b"), Pattern(name="c")))))
    row: dict[str, object] = {}
    assert names.fit((1, (2, 3)), row) and row == {"a": 1, "b": 2, "c": 3}
    for other in (1, (1, 2), (1, (2,)), (1, (2, 3), 4)):
        assert not names.fit(other, {})
