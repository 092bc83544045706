"""Attention over several tensors is torch's own: its weights load strictly, and the results are equal."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from archc.runtime.live import live_class
from archc.targets.pytorch import emit
from tests.support.specs import network

CASES: dict[str, tuple[str, tuple[int, int], dict[str, Any]]] = {
    "keys and values of another": ("(x, memory) - look: Attention(4)", (16, 16), {}),
    "other features": ("(x, memory) - look: Attention(2)", (12, 12), {}),
    "three tensors": (
        "(x, memory, memory - ReLU - up: Linear(6)) - look: Attention(4, bias=false)",
        (12, 6),
        {"bias": False},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_torchs_attention(case: str) -> None:
    chain, (keys, values), more = CASES[case]
    text = f"block Look over (x, memory) {{ {chain} }}\n"
    text += f"model net {{\n  input x: 5x16\n  input memory: 7x{keys}\n  (x, memory) - only: Look\n}}\n"
    ours: Any = live_class(emit((network(text),), "archc compile", "test"))().double()
    heads = int(chain.partition("Attention(")[2][0])
    theirs = nn.MultiheadAttention(16, heads, batch_first=True, kdim=keys, vdim=values, **more).double()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter)
    ours.only.look.load_state_dict(theirs.state_dict())
    assert list(ours.only.look.state_dict()) == list(theirs.state_dict())
    x, memory = torch.randn(2, 5, 16).double(), torch.randn(2, 7, keys).double()
    given = ours.only.up(memory.relu()) if hasattr(ours.only, "up") else memory
    wanted, _ = theirs(x, memory, given)
    torch.testing.assert_close(ours(x, memory), wanted)
