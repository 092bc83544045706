"""A closing `SM` is what `probabilities` adds to `forward`, also with a label, in a block or of a named tensor."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.emit.cases import emitted, live

HEAD = "block Head(c) { GAPool - FC(c) - SM }\nblock Deep(c) {\n  x = Conv(c)\n  x - GAPool - Head(c)\n}\n"


def run(body: str) -> tuple[nn.Module, tuple[Tensor, ...], Tensor]:
    """The module of a body, what it gives for some images, and their probabilities."""
    module = live(emitted(f"{HEAD}model m(wide=true) {{\n  input 4x8x8\n  {body}\n}}\n")).eval()
    x = torch.randn(2, 4, 8, 8)
    found = module(x)
    return module, found if isinstance(found, tuple) else (found,), getattr(module, "probabilities")(x)  # noqa: B009


@pytest.mark.parametrize(
    "body",
    [
        "Conv(8) - Head(10)",
        "Conv(8) - out: Head(10)",
        "Conv(8) - Deep(10)",
        "Conv(8) - GAPool - FC(10) - prob: SM",
        "Conv(8) - head: (GAPool - FC(10) - prob: SM)",
        "Conv(8) - Head(10) if (wide) else Head(5)",
        "Conv(8) - (Head(10) if (wide))",
        "y = Conv(8) - Head(10)\n  return y",
        "y = Conv(8) - Head(10)\n  z = in - Conv(4)\n  return y, z",
        "y = Conv(8) - GAPool - FC(10) - prob: SM\n  z = in - Conv(4)\n  return y, z",
        'y = GAPool - FC(10) - prob: SM(over="last")\n  z = y - Identity\n  return y, z',
    ],
)
def test_forward_gives_logits(body: str) -> None:
    _, (logits, *_), probabilities = run(body)
    assert logits.shape == (2, 10) and logits.abs().sum() > 0
    torch.testing.assert_close(probabilities, logits.softmax(1))
    assert not torch.allclose(logits.sum(1), torch.ones(2))


def test_a_block_that_is_no_end_keeps_its_softmax() -> None:
    module, _, _ = run("y = in - Head(3)\n  z = in - Head(3)\n  return z, y - FC(2)")
    x = torch.randn(2, 4, 8, 8)
    probabilities, logits = (module.get_submodule(name)(x) for name in ("head1", "head2"))
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))
    assert not torch.allclose(logits.sum(1), torch.ones(2))
    torch.testing.assert_close(module(x)[1], module.get_submodule("fc1")(probabilities))


@pytest.mark.parametrize("body", ["y - Conv(8)", "y - Conv(8) - ReLU - Conv(8)", "y - Two(8)", "y - (Conv(8) - BN)"])
def test_a_chain_from_the_name_of_the_only_input(body: str) -> None:
    text = f"block Two(c) {{ Conv(c) - Conv(c) }}\nmodel m {{\n  input y: 4x8x8\n  {body}\n}}\n"
    assert live(emitted(text)).eval()(torch.randn(2, 4, 8, 8)).shape == (2, 8, 8, 8)
