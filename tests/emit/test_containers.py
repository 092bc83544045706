"""Modules that only contain others, and children whose names are not identifiers."""

from __future__ import annotations

import pytest

from archc.ir.state import layout
from tests.emit.cases import emitted, live
from tests.support.specs import network

HELD = """
block Two(c, n) {
  a = "convs.0": Conv(c)
  b = "convs.1": Conv(c)
  add { a | b } - "block1-0": Conv(c) - for i in range(n) { add { in | "more.{i}": BN } } - "at.x": BN
}
model m {
  input 3x8x8
  "0": Two(8, 2) - "1": Two(8, 3) - [add { in | "{k+2}": Conv(8) }]x2 as k
}
"""


def test_what_only_holds_modules_is_a_list_or_a_dictionary() -> None:
    source = emitted(HELD)
    assert "class Two(nn.ModuleDict):" in source and "class M(nn.ModuleList):" in source
    for line in (
        "self.convs = nn.ModuleList(",
        'self["block1-0"] = nn.Conv2d(8, 8, 3, padding=1)',
        "self.more = nn.ModuleList(nn.BatchNorm2d(8) for _ in range(n))",
        'self.at = nn.ModuleDict({"x": nn.BatchNorm2d(8)})',
        'x = self["block1-0"](self.convs[0](x) + self.convs[1](x))',
        "self.append(Two(3, 2))",
        "x = self[0](x)",
    ):
        assert line in source, line
    assert "get_submodule" not in source and "add_module" not in source


def test_children_that_do_not_count_from_0_are_a_dictionary() -> None:
    text = """
block B(c, flag) {
  add { "a.1": Conv(c) | ("a.0": Conv(c) - BN) if (flag) else ("a.2": Conv(c) - ReLU) }
}
model m {
  input 8x8x8
  B(8, true) - B(8, false)
}
"""
    assert "self.a = nn.ModuleDict()" in emitted(text)


def test_what_holds_modules_stands_where_its_first_child_does() -> None:
    text = """
block B(c, n, flag) {
  [Conv(c) - "a.n{k}": Conv(c)] x n as k
  - (Conv(c) - "b.0": Conv(c)) if (flag) else ("b.1.x": Conv(c) - BN) - "b.2": Conv(c)
}
model m {
  input 8x8x8
  B(8, 2, true) - B(8, 3, false) - B(8, 0, true)
}
"""
    assert "hasattr" in emitted(text)


HOLDS = """
block B(c, f, n) {{
  {body}
}}
model m {{
  input 8x8x8
  B(8, true, 2) - B(8, false, 0) - B(8, true, 0) - B(8, false, 2)
}}
"""


@pytest.mark.parametrize(
    "body",
    [
        '("b.0": Conv(c) - ReLU) if (f) else (BN - Tanh) - "b.1": Conv(c)',
        '("b.0": Conv(c) - ReLU) if (f) - Scale - "b.1": Conv(c)',
        '("b.0": Conv(c)) if (f) - BN - "b.1": Conv(c)',
        '("b.0": Conv(c)) if (f) else BN - "b.1": Conv(c)',
        '(("b.0": Conv(c)) if (f) - BN - "b.1": Conv(c)) if (n > 0) else "b.2": Conv(c)',
        '[ReLU - "b.n{k}": Conv(c)] x n as k - BN - "b.z": Conv(c)',
        '[[ReLU - "b.n{k}{j}": Conv(c)] x k as j - BN] x n as k - ReLU if (f)',
        '[add { in | [ReLU - "b.n{k}{j}": Conv(c)] x (k // (1 if f else 2)) as j - BN }] x n as k',
        'if f { x = "b.0": Conv(c) } else { x = BN - "d.0": Conv(c) }\n  x - "d.1": Conv(c) - "b.1": Conv(c)',
    ],
)
def test_what_may_be_missing_makes_no_container_before_its_place(body: str) -> None:
    """The order of the state dict, which `emitted` compares, is that of the spec on every path."""
    emitted(HOLDS.format(body=body))


@pytest.mark.parametrize(
    "body",
    [
        '("b.0": Conv(c) - ReLU) if (f) else Tanh - "b.1": Conv(c)',
        '("b.0": Conv(c) - ReLU) if (f) else ("b.2": Conv(c) - Tanh) - BN - "b.1": Conv(c)',
        '[ReLU - "b.n{k}": Conv(c)] x n as k - Tanh if (f) - "b.z": Conv(c)',
        '[ReLU - "b.n{k}": Conv(c)] x 2 as k - BN - "b.z": [BN] x n - Tanh if (f)',
    ],
)
def test_a_container_is_made_once_where_its_first_child_is_next_on_every_way(body: str) -> None:
    source = emitted(HOLDS.format(body=body))
    assert source.count("self.b = nn.ModuleDict") == 1 and "hasattr" not in source


def test_a_learned_tensor_may_have_any_name_too() -> None:
    text = """
block B(c, n) {
  [add { in | "g{k}": Scale }] x n as k - "convs.0": Conv(c) - "convs.g": Scale - "0": Scale - "p-0": BN
}
model m {
  input 8x8x8
  "1": B(8, 2) - "2": B(8, 3)
}
"""
    source = emitted(text)
    assert 'self.get_parameter(f"g{k}")' in source and 'self.convs.register_parameter("g", ' in source


@pytest.mark.parametrize("child", ["[DWConv(3)]x 0", "[DWConv(3)]x n", "(concat { in })", "(mul { Sigmoid | in })"])
def test_a_child_without_modules_opens_its_module_all_the_same(child: str) -> None:
    text = f"""
model m(n=0) {{
  input 4x9x9
  "cells.1": {child} - RMSNorm(over="channels") - "cells.0": Conv(4)
}}
"""
    assert list(live(emitted(text)).state_dict()) == ["cells.0.weight", "cells.0.bias", "rmsnorm1.weight"]
    assert list(layout(network(text))) == ["cells.0.weight", "cells.0.bias", "rmsnorm1.weight"]


@pytest.mark.parametrize("later", ["[B(4)]x2", "(B(4) - concat { in })", "[ReLU]x0"])
def test_a_module_stands_where_the_first_of_its_children_does(later: str) -> None:
    text = f"""
block B(c) {{ Conv(c, bias=false) - ReLU }}
model m {{
  input 4x9x9
  "cells.0": BN(affine=false) - B(4) - "cells.1": {later}
}}
"""
    keys = list(live(emitted(text)).state_dict())
    assert keys[0] == "cells.0.running_mean" and keys == list(layout(network(text)))


@pytest.mark.parametrize("tensor", ["Scale(0.5)", "Positions(0.02)"])
@pytest.mark.parametrize("layers", ["[{}]x n - Conv(4) - BN - ReLU", "Conv(4) - [{}]x n", "[{} - BN]x n - Conv(4)"])
def test_a_list_holds_no_tensors(tensor: str, layers: str) -> None:
    """`nn.ModuleList` counts only modules, so that `append` would take a number that a parameter has."""
    text = f"block B(n) {{ add {{ in | branch: ({layers.format(tensor)}) }} }}\n"
    text += "model m {\n  input 4x8x8\n  B(0) - B(1) - B(2)\n}\n"
    assert set(live(emitted(text)).state_dict()) == set(layout(network(text)))
