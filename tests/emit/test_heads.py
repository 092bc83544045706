"""A final `SM` moves from `forward` to `probabilities`, wherever it is written, unless it is also read elsewhere."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.emit.cases import emitted, live

HEAD = "block Head(c) { GAPool - FC(c) - SM }\nblock Deep(c) {\n  x = Conv(c)\n  x - GAPool - Head(c)\n}\n"


BLOCKS = """
block Pair(c) {
  y = GAPool - FC(c) - SM
  z = y - Linear(c)
  return y, z
}
block Keep(c) {
  y = GAPool - FC(c) - SM
  _z = y - Linear(3)
  return y
}
block Chosen(c) {
  if c > 5 { y = GAPool - FC(c) - SM } else { y = GAPool - FC(3) - SM }
  return y
}
block With(B, c) {
  y = B(c)
  return y
}
"""


def run(body: str, wide: bool = True) -> tuple[nn.Module, tuple[Tensor, ...], Tensor]:
    """The module of a body, its output for some images, and their probabilities."""
    module = live(emitted(f"{HEAD}{BLOCKS}model m(wide={str(wide).lower()}) {{\n  input 4x8x8\n  {body}\n}}\n")).eval()
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
        "Conv(8) - (Head(10) if (wide) else (GMPool - Head(5)))",
        "y = Conv(8) - Head(10)\n  return y",
        "y = Conv(8) - Head(10)\n  z = in - Conv(4)\n  return y, z",
        "y = Conv(8) - GAPool - FC(10) - prob: SM\n  z = in - Conv(4)\n  return y, z",
        "if wide { y = Head(10) } else { y = Head(5) }\n  return y",
        "if wide { y = Conv(3) - Head(10) } else { y = GAPool - FC(5) - SM }\n  return y",
        "y = Head(5)\n  if wide { y = Conv(3) - Head(10) }\n  return y",
        "if wide { _z = Head(7) - FC(3)\n y = Head(10) } else { _z = Conv(4)\n y = Head(5) }\n  return y",
        "if wide { if in.height > 4 { y = Head(10) } else { y = Head(7) } } else { y = Head(5) }\n  return y",
        "y = Head(10 if wide else 5)\n  z = y\n  return z",
        "Chosen(10 if wide else 5)",
        "With(Head, 10 if wide else 5)",
        "y = Head(10 if wide else 5)\n  z = in - Head(4)\n  return training y, z\n  return y",
        "y = Head(10 if wide else 5)\n  z = in - Head(4)\n  return training z\n  return y",
        "shared h: Head(10 if wide else 5)\n  h",
        "Head(10 if wide else 5) - extra: [Linear(3)]x0",
        "Head(10 if wide else 5) - [Linear(3) - ReLU]x(0 if wide else 0)",
        "z = in - Conv(3)\n  return Head(10 if wide else 5) - concat { in | Conv(3) if (1 > 2) else none }, z",
    ],
)
@pytest.mark.parametrize("wide", [True, False])
def test_forward_gives_logits(body: str, wide: bool) -> None:
    _, (logits, *_), probabilities = run(body, wide)
    assert logits.shape[0] == 2 and logits.shape[1] in (10, 5, 3) and logits.abs().sum() > 0
    torch.testing.assert_close(probabilities, logits.softmax(1))
    assert not torch.allclose(logits.sum(1), torch.ones(2))


@pytest.mark.parametrize(
    "body",
    [
        "y = GAPool - FC(10) - SM\n  z = y - Linear(3)\n  return y, z",
        "y = GAPool - FC(10) - prob: SM\n  z = y - Linear(3)\n  return y, z",
        "y = Head(10)\n  z = y - Linear(3)\n  return y, z",
        "y = Head(10)\n  return y, y",
        "y = Head(10)\n  return training y, y - Linear(3)\n  return y",
        "Pair(10)",
        "Conv(8) - Keep(10)",
        "shared h: Head(10)\n  y = Conv(4) - h\n  z = Conv(4) - h\n  return y, z",
    ],
)
def test_probabilities_that_are_read_elsewhere_are_returned(body: str) -> None:
    source = emitted(f"{HEAD}{BLOCKS}model m {{\n  input 4x8x8\n  {body}\n}}\n")
    module = live(source).eval()
    found = module(torch.randn(2, 4, 8, 8))
    probabilities = found[0] if isinstance(found, tuple) else found
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))
    assert not hasattr(module, "probabilities")


@pytest.mark.parametrize(
    "body",
    [
        "Conv(8) - Head(10) if (wide) else (GAPool - FC(5))",
        "if wide { return Head(10) } else { return GAPool - FC(5) }",
        "if wide { y = Conv(3) - Head(10) } else { y = GAPool - FC(5) }\n  return y",
        'Conv(8) - GAPool - FC(10) - (SM if (wide) else SM(over="last"))',
    ],
)
def test_whether_there_is_a_head_depends_on_an_argument(body: str) -> None:
    text = f"{HEAD}model m(wide=true) {{\n  input 4x8x8\n  {body}\n}}\nvariant narrow = m(wide=false) {{}}\n"
    for name in ("m", "narrow"):
        module = live(emitted(text, name)).eval()
        logits = module(torch.randn(2, 4, 8, 8))
        assert hasattr(module, "probabilities") == (name == "m" or "over" in body)
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
