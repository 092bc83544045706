"""Layers and blocks as values, in each form of expression: archc's network equals that of the reference."""

from __future__ import annotations

import pytest
import torch

from tests.reference.compare import compare

BLOCKS = """
fn pick(k, a=SiLU) = a if k == 0 else ReLU
fn at(k) = [ReLU, SiLU, Tanh][k]
fn optional(k) = ReLU if k == 0 else none
fn is_relu(a) = a == ReLU
fn kind_of(k) = B if k else D
fn pair(k) = (BlurPool, Tanh)
let ACTS = [ReLU, SiLU]
let ACT = Tanh if len(ACTS) > 2 else HSwish
macro M(a, c) = Conv(c) - a
block B(c, act) { Conv(c, 1) - act }
block D(c, act=ReLU) { Conv(c, 3) - act }
block E(c, kind) { kind(c, ReLU) - kind(c, Tanh) }
block G(c, flag=true) { D(c, act=SiLU if flag else ReLU) - B(c, ReLU if flag else Tanh) }
block H(c, act, n=2) {
  let mine = act if n > 1 else Tanh
  [B(c, mine) - D(c, act=pick(k)) - K(c, optional(k)) - B(c, pair(k)[k % 2]) - (Tanh if (is_relu(act)))] x n as k
}
block J(c, kinds) { for k in kinds { k(c, ReLU) } }
block K(c, act=none) { Conv(c) - act if (act != none) }
"""
FORMS = (
    "for c, a in [(4, ReLU), (8, SiLU), (6, Tanh)] { B(c, a) }",
    "[B(8, [ReLU, SiLU, Tanh][k])]x3 as k",
    "[B(8, SiLU if k == 0 else ReLU)]x2 as k",
    "[B(8, SiLU if k == 0 else (Tanh if k == 1 else ReLU))]x3 as k",
    "for a in [ReLU, SiLU] { B(8, a) - D(4, act=a) }",
    "for c, (a, b) in [(4, (ReLU, Tanh)), (8, (SiLU, ReLU))] { B(c, a) - B(c, b) }",
    "for kind in [B, D] { E(8, kind) }",
    "[E(8, B if k == 0 else D)]x2 as k",
    "G(4) - G(8, false)",
    "for k, a in enumerate([ReLU, SiLU, Tanh]) { B(4 * k + 4, a) }",
    "for c, a in zip([4, 8], [ReLU, Tanh]) { B(c, a) }",
    "for a in [ReLU, none, SiLU] { B(8, a) if (a != none) }",
    "for a in [ReLU, SiLU] { B(8, a) if (a == ReLU) else B(4, Tanh) }",
    "[B(8, pick(k))]x2 as k",
    "[B(8, at(k))]x3 as k",
    "B(8, ACT) - [B(4, ACTS[k])]x2 as k",
    "[M(at(k), 8)]x2 as k",
    "H(8, SiLU) - H(4, ReLU, 1)",
    "[H(8, at(k), k)]x3 as k",
    "[J(8, [kind_of(k == 0), D])]x2 as k - J(8, [B])",
    "K(8) - K(8, ReLU) - K(8, at(2))",
    "B(8, ReLU if (in.channels > 3) else Tanh) - B(8, ReLU if (in.channels > 3) else Tanh)",
)


@pytest.mark.parametrize("around", ["{chain} - GAPool - FC(2)", "Z(2) - Z(3) - GAPool - FC(2)"], ids=["model", "block"])
@pytest.mark.parametrize("chain", FORMS)
def test_a_layer_is_a_value(chain: str, around: str) -> None:
    torch.set_num_threads(1)
    blocks = BLOCKS if around.startswith("{") else f"{BLOCKS}block Z(t) {{ {chain} }}\n"
    text = f"{blocks}model m {{\n  input 3x64x64\n  {around.format(chain=chain)}\n}}\n"
    found = compare(text)
    assert found is None, f"{found}\n{text}"
