"""Explanations of layers: every kind of line, for every way in which a name gets its value."""

from __future__ import annotations

from textwrap import dedent

from archc.count.explain import SYMBOLS, explain, explainable
from archc.ir.network import Network
from tests.support.specs import network

SPEC = """\
let wide = 8
default Conv(bias=false)
block Inner(c, stride=1) {
  if c > 4 { let twice = c * 2 } else { let twice = c }
  conv: Conv(twice, 3, stride) - ReLU
}
model m(classes=10) {
  input 3x6x6
  for (n, s) in [(4, 1), (wide, 2)] { "stage{n}": Inner(n, s) }
  - (sum: add { a: Conv(4, 1, bias=true) | Conv(4, 1) }) - dw: DWConv(3x1) - g: Conv(4, 1, groups=2)
  - fc: FC(classes)
}
"""


def lines(net: Network, path: str, text: str = SPEC) -> str:
    return explain(net, explainable(net)[path], lambda span: f"<{text[span.start : span.end]}>")


def test_a_layer_of_a_block_in_a_loop() -> None:
    assert lines(network(SPEC), "stage8.conv") == dedent("""\
        stage8.conv: Conv, 4x6x6 -> 16x3x3
          written at <conv: Conv(twice, 3, stride)>
          in Inner(8, 2), expanded at <"stage{n}": Inner(n, s)>, as stage8

          reads 4x6x6 from ReLU at <ReLU>
          channels = twice = 16, at <twice>
            twice = c * 2 = 16, a let of Inner
              c = n = 8, passed to Inner at <n>
                n = 8, in a turn of the loop over ((4, 1), (wide, 2))
          kernel = 3x3, at <3>
          stride = 2x2, at <stride>
            stride = s = 2, passed to Inner at <s>
              s = 2, in a turn of the loop over ((4, 1), (wide, 2))
          pad = half, the default of Conv
          groups = 1, the default of Conv
          dilation = 1x1, the default of Conv
          bias = false, at <false>, by a default statement
          table = none, the default of Conv
          pad_mode = zeros, the default of Conv

          parameters    D_K·D_K·M·N = 3·3·4·16 = 576
          MACs          D_K·D_K·M·N·D_F·D_F = 3·3·4·16·3·3 = 5,184
          activations   N·D_F·D_F = 16·3·3 = 144
          connections   D_K·D_K·M·N·D_F·D_F = 3·3·4·16·3·3 = 5,184

          D_K       3  rows and columns of the kernel
          M         4  channels that come in
          N        16  channels that go out
          D_F       3  rows and columns of the feature map
        """)


def test_a_default_argument_and_a_constant() -> None:
    net = network(SPEC)
    assert "  width = classes = 10, at <classes>\n    classes = 10, the default of m\n" in lines(net, "fc")
    first = lines(net, "stage4.conv")
    assert "  reads 3x6x6 from the input\n" in first and "    twice = c = 4, a let of Inner\n" in first
    text = lines(net, "dw")
    assert "  kernel = 3x1, at <3x1>\n" in text and "  bias = true, the default of DWConv\n" in text
    assert "  K_H       3  rows of the kernel\n  K_W       1  columns of the kernel\n" in text
    assert "  M/G       2  channels that come in, in each group\n" in lines(net, "g")


def test_a_merge_has_no_path_and_its_branches_tell_their_maker() -> None:
    net = network(SPEC)
    assert set(explainable(net)) == {node.path for node in net.nodes if node.path}
    assert "  reads 4x3x3 from dw\n" in lines(net, "g")
    assert "  reads 4x3x3 from Add at <sum: add { a: Conv(4, 1, bias=true) | Conv(4, 1) }>\n" in lines(net, "dw")
    assert "  reads 16x3x3 from ReLU at <ReLU>\n" in lines(net, "sum.a")


def test_a_constant_of_the_file() -> None:
    text = "let wide = 8\nlet more = wide * 2\nmodel m {\n  input 3x6x6\n  c: Conv(more + 1, 1)\n}\n"
    found = lines(network(text), "c", text)
    assert (
        "  channels = more + 1 = 17, at <more + 1>\n    more = wide * 2 = 16, a let of the file\n"
        "      wide = 8, a let of the file\n" in found
    )


def test_a_name_is_told_once_and_by_the_loop_that_has_it() -> None:
    text = (
        "block B(c) {\n  let one = c\n  let two = c\n  k: Conv(one + two)\n}\nmodel m {\n  input 3x6x6\n"
        '  for n in [4] { "a{n}": Conv(n, 1) } - for s in [5] { "b{s}": B(s) }\n}\n'
    )
    found = lines(network(text), "b5.k", text)
    assert "\n    one = c = 5, a let of B\n      c = s = 5, passed to B at <s>\n        s = 5, in a turn of " in found
    assert "\n    two = c = 5, a let of B\n  kernel = 3x3" in found


def test_a_block_that_was_passed_is_told_by_name() -> None:
    text = (
        "block A(c) { conv: Conv(c) }\nblock B(Kind, c) { k: Kind(c) }\n"
        "model m {\n  input 3x6x6\n  b: B(A, 4) - r: B(Kind=A, c=6)\n}\n"
    )
    found = lines(network(text), "b.k.conv", text)
    assert "  in A(4), expanded at <k: Kind(c)>, as b.k\n  in B(A, 4), expanded at <b: B(A, 4)>, as b\n" in found


def test_the_symbols_are_those_of_formulas() -> None:
    images = {"D_K", "K_H", "K_W", "M", "M/G", "N", "D_F", "H", "W", "T", "W_H", "W_W"}
    assert images | {f"{letter}_{axis}" for letter in "KLW" for axis in (1, 2, 3)} == set(SYMBOLS)
