"""The numbers in the names of modules and of classes."""

from __future__ import annotations

import pytest

from archc.ir.definition import BoundGroup
from archc.targets.pytorch import emit
from archc.targets.pytorch.names import chains_of
from archc.targets.pytorch.translate.free import free_names
from tests.emit.cases import classes, emitted, live, names
from tests.support.specs import network, parameter_paths


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ('([Conv(c)] x 3) if (way == "b") - conv1: Conv(c) - Conv(c)', ["conv1", "conv6"]),
        ('([Conv(c)] x 3) if (way == "b") - conv3: Conv(c) - Conv(c)', ["conv3", "conv6"]),
        ('([Conv(c)] x 3) if (way == "b") - Conv(c) - conv3: Conv(c)', ["conv5", "conv3"]),
        ('([Conv(c)] x 3) if (way == "b") - Conv(c) - conv5: Conv(c)', ["conv4", "conv5"]),
        ('([Conv(c)] x 3) if (way == "b") - Conv(c) - bn5: Conv(c)', ["conv4", "bn5"]),
    ],
)
def test_a_loop_that_is_not_there_counts_past_the_labels(body: str, wanted: list[str]) -> None:
    text = f'block B(c, way="a") {{ {body} }}\nmodel m {{\n  input 4x8x8\n  B(8) - B(4)\n}}\n'
    source = emitted(text)
    assert names(live(source)) == [f"{i}.{name}" for i in (0, 1) for name in wanted]
    assert classes(source) == ["B", "M"]


def test_classes_of_one_name_count_from_2() -> None:
    source = emitted("""
block B { add { a: (Conv(4) - add { Conv(4) | in }) | in } }
block C { concat { a: (Conv(4) - add { BN | in }) | in } }
block D { mul { a: (Conv(4) - add { ReLU - Conv(4) | in }) | in } }
model m {
  input 4x8x8
  B - C - Conv(4) - D
}
""")
    assert classes(source) == ["A", "B", "A2", "C", "A3", "D", "M"]


def test_what_a_group_reads_from_outside() -> None:
    """Its tensors, those whose sizes it reads, and its names; not the input of a merge or a macro in it."""
    net = network("""
macro Twice(k) = add { in | Conv(in.channels, k) }
block B(c, n) {
  y = Conv(c)
  z = Conv(2 * c)
  y - g: (add { in | y | Conv(in.channels, 1) } - [add { in | Conv(z.channels // 2) }] x n as k - Twice(3) - Conv(c))
}
model m {
  input 4x8x8
  B(4, 1) - B(4, 2)
}
""")
    (block,) = (d for d in net.definitions if d.name == "B")
    assert block.body is not None
    (chain,) = list(chains_of(block.body))[-1:]
    (group,) = (t for t in chain if isinstance(t, BoundGroup))
    y, z = (block.tensors.index(name) for name in "yz")
    free = free_names(group.chain)
    assert (set(free.tensors), set(free.sizes), set(free.names)) == ({y}, {z}, {"c", "n"})


@pytest.mark.parametrize(
    ("blocks", "chain"),
    [
        ("", 'LN(affine=false) - LN(over="last") - work: SM(over="last") - LN(affine=false) - LN(over="last")'),
        ("block Relu { Conv(4) }", "a: (q: Conv(4) - ReLU - Relu - ReLU - Relu - ReLU)"),
        ("block Relu_ { Conv(4) }", "a: (q: Conv(4) - Relu_ - for i in range(9) { ReLU - BN } - Relu_)"),
    ],
)
def test_layers_without_weights_take_no_name_of_a_numbered_module(blocks: str, chain: str) -> None:
    net = network(f"{blocks}\nmodel m {{\n  input 4x8x8\n  {chain}\n}}\n")
    assert list(live(emit((net,), "archc compile case.arch", "0")).state_dict()) == parameter_paths(net)
