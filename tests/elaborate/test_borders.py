"""Messages about what the language does not do (docs/borders.md) suggest something else, which is valid."""

from __future__ import annotations

import pytest

from archc.diagnostics.core import Severity
from tests.support.specs import checked

CASES = {
    "a list beside a sign": ("*xs = (Conv(8), Conv(8))\n  y = xs + in\n  y", "E0404", "add { xs | y }",
                             "*xs = (Conv(3), Conv(3))\n  y = add { xs | in }\n  y"),
    "numbers in brackets": ("x = in - [0.5, 0.4, 0.3]\n  x", "E0001", "`let mean = [0.5, 0.4, 0.3]`, then `in - mean`",
                            "let mean = [0.5, 0.4, 0.3]\n  x = in - mean\n  x"),
    "numbers in brackets to divide by": ("x = in / [0.5, 0.4, 0.3]\n  x", "E0001", "`let mean = ",
                                         "let deviation = [0.5, 0.4, 0.3]\n  x = in / deviation\n  x"),
    "tensors in brackets": ("x = Conv(3)\n  add { [x, x] }", "E0001", "`(x, y)`; brackets repeat",
                            "x = Conv(3)\n  (x, in) - Add"),
    "a shared module for a block": ("shared head: Conv(3)\n  head - B(head)", "E0202", "go through it here, `… - head`",
                                    "shared head: Conv(3)\n  head - B - head"),
    "a shared module in an if": ("if in.height > 4 { shared head: Conv(3)\n  x = head - head }\n  else { x = in }\n  x",
                                 "E0408", "put the choice inside",
                                 "shared head: (Conv(3) if (in.height > 4) else ReLU)\n  head - head"),
    "a power beside a tensor": ("let d = 4\n  x = d ** -0.5 * in\n  x", "E0001", "`let scale = d ** -0.5`, then `scale",
                                "let d = 4\n  let scale = d ** -0.5\n  x = scale * in\n  x"),
    "a default by its place": ("default BN(1e-3)\n  BN", "E0204", "write `eps=0.001`", "default BN(eps=1e-3)\n  BN"),
    "a loop over tensors": ("*xs = (Conv(8), Conv(8))\n  add { for x in xs { x - ReLU } }", "E0202",
                            "`for i in range(len(xs)) { xs[i] - … }`",
                            "*xs = (Conv(8), Conv(8))\n  add { for i in range(len(xs)) { xs[i] - ReLU } }"),
    "a branch that depends on data": ("x = Conv(3)\n  if x > 0 { y = Conv(3) } else { y = x }\n  y", "E0202",
                                      "`x.channels`", "x = Conv(3)\n  if x.height > 3 { y = in } else { y = x }\n  y"),
    "a square": ("x = Conv(3)\n  y = x ** 2\n  y", "E0001", "a square is `x * x`", "x = Conv(3)\n  x * x"),
    "a comparison": ("x = Conv(3)\n  y = x > 0\n  y", "E0001", "`+`, `-`, `*` and `/`", "x = Conv(3)\n  x - ReLU"),
    "processing of results": ("x = Conv(3)\n  y = x - Conv(4)\n  (x, y) - NMS(0.5)", "E0101", "`return a, b`",
                              "x = Conv(3)\n  y = x - Conv(4)\n  return x, y"),
    "a table of a file": ('let t = load("t.npy")\n  Affine(t, 0)', "E0101", "numbers stand in a list",
                          "let t = [1, 2, 3]\n  Affine(t, 0)"),
    "recurrence": ("LSTM(8)", "E0101", "no recurrent layers", "Conv(8)"),
    "a mask of an attention": (
        "x = Tokens - Linear(8)\n  x - Attention(2, causal=true)", "E0103", "`Linear`, `MatMul` and `SM`",
        "x = Tokens - Linear(8)\n  k = x - Linear(8)\n  y = (x - Linear(8), k) - MatMul(transpose=true)\n"
        "  w = y - SM(over=\"last\")\n  (w, x - Linear(8)) - MatMul - Linear(8)"),
    "a mixture of experts": ("MoE(4)", "E0101", "emit each expert as a network", "Conv(8) - FC(4)"),
    "anchors": ("x = Conv(8)\n  x - AnchorGenerator(8)", "E0101", "`return training a, b`",
                "x = Conv(8)\n  return training x, x - Conv(4)\n  return x"),
    "a loss": ("Conv(8) - CrossEntropyLoss", "E0101", "a spec has no loss", "Conv(8) - FC(3)"),
    "a lower precision": ('Conv(8, dtype="float16")', "E0103", "weights are float32", "Conv(8)"),
    "a cycle": (
        "x = y - Conv(3)\n  y = x - Conv(3)\n  y", "E0101", "named further down",
        "x = in - Conv(3)\n  y = x - Conv(3)\n  y"),
    "a condition of tensors": ("x = Conv(3)\n  where(x > 0, x, in)", "E0101", "a layer of your own",
                              "x = Conv(3)\n  x - ReLU"),
    "windows that do not divide": ("Conv(8) - Windows(3)", "E0344", "windows of 2",
                                   "Conv(8) - Pad([[0, 1]]) - Windows(3)"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_error_says_what_to_do_instead(case: str) -> None:
    wrong, code, advice, right = CASES[case]
    frame = "block B(T=none) {{ ReLU }}\nmodel m {{\n  input 3x8x8\n  {}\n}}\n"
    errors = [d.problem for d in checked(frame.format(wrong)).diagnostics if d.severity is Severity.ERROR]
    assert [e.code for e in errors] == [code], [e.message() for e in errors]
    assert advice in errors[0].help()
    assert not [d for d in checked(frame.format(right)).diagnostics if d.severity is Severity.ERROR]


def test_the_number_of_a_list_is_an_argument() -> None:
    text = (
        "block B over (*xs) { add { xs } - Chunk(len(xs)) - Concat }\nmodel m {\n  input 4x8x8\n  (in, ReLU) - B\n}\n"
    )
    assert not checked(text).diagnostics


@pytest.mark.parametrize(
    ("text", "code", "help_"),
    [
        ("model m {\n  input 3xHxW\n  Conv(8)\n}\n", "E0007", "state the usual one"),
        (
            "block B { a: Conv(8) - b: Conv(8) }\nmodel m {\n  input 3x8x8\n  body: B - FC(10)\n}\n"
            "variant v = m { return body.a }\n",
            "E0906",
            "let the block return it: `return x, y`",
        ),
    ],
)
def test_borders_outside_of_a_body(text: str, code: str, help_: str) -> None:
    (found,) = [d for d in checked(text).diagnostics if d.code[0] == "E"]
    assert found.code == code and help_ in found.help
