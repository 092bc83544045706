"""What is to be written for terms of figures, for lists and calls of programs, for tables and settings."""

from __future__ import annotations

import pytest

from archc.analysis.repair.fix import fixed
from archc.diagnostics.source import Source
from archc.pipeline import check
from tests.mistakes.measure import networks
from tests.mistakes.told import ways
from tests.support.specs import in_model, load


@pytest.mark.parametrize(
    ("chain", "meant"),
    [
        ("96 @ 11x11 conv, stride 4 - ReLU", "Conv(96, 11, 4) - ReLU"),
        ("Conv(8)@ReLU - GAPool - FC(10)@softmax", "Conv(8) - ReLU - GAPool - FC(10) - SM"),
        ("(Conv(8) - ReLU)^3 - GAPool", "[Conv(8) - ReLU]x3 - GAPool"),
        ("[3x32x32] Conv(8) [8x32x32] MPool [8x16x16]", "Conv(8) - MPool"),
        ("Conv(8, 7) /2 - ReLU - MPool(3) /2", "Conv(8, 7, 2) - ReLU - MPool(3, 2)"),
        ("Conv(8)\n  , ReLU\n  , FC(10)", "Conv(8) - ReLU - FC(10)"),
        ("3072 -> 64 -> 10 -> 2", "FC(64) - FC(10) - FC(2)"),
        ("Inception(1x1: 4, 3x3=8, pool: 2)", "concat { Conv(4, 1) | Conv(8) | MPool(3, 1, pad=1) - Conv(2, 1) }"),
        ("fire: (s1x1=4, e1x1=8, e3x3=8)", "fire: (Conv(4, 1) - concat { Conv(8, 1) | Conv(8) })"),
        ("for i in 1:3 { Conv(8 * i) }", "for i in range(1, 4) { Conv(8 * i) }"),
        ("skip-1 = Conv(8)\n  add { skip-1 - ReLU | skip-1 }", "skip_1 = Conv(8)\n  add { skip_1 - ReLU | skip_1 }"),
        ("- {name: a, type: Conv, args: [8, 3]}\n  - {type: ReLU}", "a: Conv(8) - ReLU"),
        ("[Conv2D(8, 3, padding=\"same\"), MaxPooling2D()]", "Conv(8) - MPool"),
        ("xs = [Conv(8), nn.ReLU()]\n  x = xs[0](x)\n  x = xs[1](x)\n  x - FC(2)", "x = Conv(8)\n  x - ReLU - FC(2)"),
        ("x = Conv(8)\n  z = ReLU(x)\n  z - FC(2)", "x = Conv(8)\n  x - ReLU - FC(2)"),
        ("x = tf.cast(x, tf.float32) / 255.0\n  x - FC(2)", "x = in / 255.0\n  x - FC(2)"),
        ("Convolution(num_output=8, kernel_h=1, kernel_w=7, pad_h=0, pad_w=3)", "Conv(8, 1x7)"),
        ("FC(10, dtype=torch.float16)", "FC(10)"),
        ("ReLU if [1 > 2] else SiLU", "ReLU if (1 > 2) else SiLU"),
        ("conv5x5_16 - relu - maxpool2x2 - fc_10", "Conv(16, 5) - ReLU - MPool(2) - FC(10)"),
        ("Conv(8) -[ReLU]-> MPool -[Dropout(0.2)]-> FC(10)", "Conv(8) - ReLU - MPool - Dropout(0.2) - FC(10)"),
        ("Conv(K=8, F=5, S=1, P=2) - MPool(F=2)", "Conv(8, 5) - MPool(2)"),
        ("Conv(8) - FC 4096x128 - FC 128x10", "Conv(8) - FC(128) - FC(10)"),
        ("Conv(8) - 3 x {Conv(8) - ReLU} - FC(10)", "Conv(8) - [Conv(8) - ReLU]x3 - FC(10)"),
        ("Conv(8) (same padding) - ReLU", "Conv(8) - ReLU"),
        ("Conv(8) - ReLU - FC(10).", "Conv(8) - ReLU - FC(10)"),
        ("x = Conv(8)\n  y = x - ReLU\n    + x\n  y - FC(10)", "x = Conv(8)\n  y = (x - ReLU) + x\n  y - FC(10)"),
        ("Conv(8) - if 1 > 2 then BN else ReLU - FC(10)", "Conv(8) - BN if (1 > 2) else ReLU - FC(10)"),
        ("Conv(8, '3x3') - ReLU", "Conv(8, 3x3) - ReLU"),
        ("Dropout(keep_rate=0.9)", "Dropout(0.1)"),
        ("conv: 3x3, 8 - relu - pool: 2x2 - fc: 10", "conv: Conv(8, 3) - ReLU - pool: MPool(2) - fc: FC(10)"),
        ("Conv[k=3,s=2,c=8] - FC[10]", "Conv(8, 3, 2) - FC(10)"),
        ("Conv(8) - (/2) - Conv(8)", "Conv(8) - MPool(2) - Conv(8)"),
        ("Conv(8) - (Conv(4, 1) // Conv(4)) - FC(2)", "Conv(8) - concat { Conv(4, 1) | Conv(4) } - FC(2)"),
        ("x := Conv(8)\n  x - FC(2)", "x = Conv(8)\n  x - FC(2)"),
        ("ReLU if (3 is greater than 2)", "ReLU if (3 > 2)"),
        ("Conv2D(8, 3, activation=lambda x: tf.nn.leaky_relu(x, alpha=0.1))", "Conv(8, 3, pad=0) - LeakyReLU(0.1)"),
        ("Conv(8, pad_mode=\"mirror\")", "Conv(8, pad_mode=\"reflect\")"),
    ],
)  # fmt: skip
def test_chains_that_are_mended(chain: str, meant: str) -> None:
    after = check(Source("x.arch", fixed(Source("x.arch", in_model(chain)), load, unsafe=True)), load)
    assert networks(after) == networks(check(Source("x.arch", in_model(meant)), load)) != []


SHUFFLE = "x = Conv(8)\n  y = x.view(b, 4, 2, h, w).transpose(1, 2).contiguous().reshape(b, 8, h, w)"
KEPT = "self.a = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU())\n  self.b = nn.Linear(8, 2)"
EQUATION = "F(x) = Conv(3) - BN\n  y = F(x) + x\n  y - ReLU"


@pytest.mark.parametrize(
    ("chain", "ours"),
    [
        (SHUFFLE, "`x - Shuffle(4)`"),
        (KEPT, "`a: (Conv(8, 1) - ReLU) - b: FC(2)`"),
        (EQUATION, "`y = f + in`"),
        ("nn.utils.weight_norm(nn.Conv2d(3, 8, 1))", "without it, the layer is `Conv(8, 1)`"),
        ("Conv(8, from=[a, b])", "`concat { a | b } - Conv(16)`"),
        ("[convolutional]\n  filters=8\n  size=3\n  stride=1\n  dilation=2", "dilation=2)"),
        ("x = nn.Identity() if 1 == 2 else nn.Conv2d(3, 8, 1)\n  x", "`x = Identity if (1 == 2) else Conv(8, 1)`"),
        ("short = Conv(8)\n  y = Conv(8)\n  z = F.relu(y + short(x))\n  z", "`y + short - ReLU`"),
        ("out = Dense(10)(x)\n  model = Model(x, out)", "the result of a model is its last chain"),
        ("Tokens - AddPositionEmbs()", "`Positions(0.02)`"),
        ("x1 = Conv(8)\n  x2 = x1 - ReLU\n  concat { x1 | x3 }", "there are `x1`, `x2`"),
        ("Conv(8) - FC(width)", "`let width = …`"),
        ("APool(7) - Conv(8, 40, pad=0) - APool(7)", ""),
        ("[Conv(8, 3, 2)]x3 - APool(7)", "`GAPool` pools an image of any size"),
        ("Conv(8, 3x3x3)", "`input 3x16x112x112`"),
        ("Conv(8, [3])", "without brackets"),
        ('"A text\n  of two lines."\n  Conv(8)', '`"""`'),
        ("Conv(8, bias=false) - BN(0.99, 0.001)", "`BN(eps=0.001, momentum=0.01)`"),
        ("Conv(8, 3, 0.5)", "`ConvTranspose(32, 2, 2)`"),
        ("Conv(0, 3)", "a positive number"),
        ("Dropout(1.5)", "the share that is dropped"),
        ("MyAct(0.3)", "`block MyAct(a) {"),
        ("x = Conv(8)\n  x * (GAPool - Conv(4, 1) - Sigmoid)", "`GAPool - Conv(8, 1) - Sigmoid`"),
        ("Conv(8) - LeakyReLU(20)", "`LeakyReLU(slope=0.2)`"),
    ],
)
def test_what_is_told(chain: str, ours: str) -> None:
    assert ours in ways(in_model(chain))


def test_all_arguments_behind_the_channels_that_come_in_are_kept() -> None:
    assert "`Conv(64, 7, 2)`" in ways(in_model("Conv(3, 64, 7, 2)", "3x224x224"))


def test_a_pooled_signal_is_no_list_of_tokens() -> None:
    text = in_model("Conv1D(8, 9, activation='relu') - GlobalMaxPooling1D() - Dense(5)", "1x1600")
    assert "`Conv(8, 9, pad=0) - ReLU - GMPool - FC(5)`" in ways(text)


def test_a_dropout_of_a_prototxt_is_one_of_its_chain() -> None:
    layers = (
        ("Convolution", "convolution_param { num_output: 8 kernel_size: 1 }"),
        ("Dropout", "dropout_param { dropout_ratio: 0.4 }"),
    )
    text = "".join(
        f'layer {{ name: "l{i}" type: "{kind}" bottom: "{"l0" if i else "data"}" top: "l0" {rest} }}\n'
        for i, (kind, rest) in enumerate(layers)
    )
    assert "`l0: Conv(8, 1) - l1: Dropout(p=0.4)`" in ways(f'name: "net"\ninput: "data"\n{text}')


def test_a_text_over_lines_is_told_once() -> None:
    found = check(Source("x.arch", in_model('"A text\n  of two lines."\n  Conv(8)')), load).diagnostics
    assert [d.code for d in found] == ["E0006"]


@pytest.mark.parametrize("chain", ["Conv(-1, 3)", "Dropout(1.5)", 'Conv(8, pad_mode="odd")'])
def test_no_value_is_suggested_where_nothing_tells_which(chain: str) -> None:
    source = Source("x.arch", in_model(chain))
    assert fixed(source, load, unsafe=True) == source.text


def test_a_number_in_quotes_loses_them_where_it_is_written() -> None:
    text = 'model m(w="0.5") {\n  input 3x8x8\n  Conv(int(8 * w))\n}\n'
    assert fixed(Source("x.arch", text), load, unsafe=True) == text.replace('"0.5"', "0.5")


@pytest.mark.parametrize(
    ("member", "ours"),
    [
        ("freeze conv1 + bn1", "`freeze conv1, bn1`"),
        ("replace fc: Dropout(0.5) + FC(5)", "`replace fc: Dropout(0.5) - FC(5)`"),
        ("fc.replace(nn.Linear(512, 5))", "`replace fc: FC(5)`"),
        ("replace fc: FC(8), ReLU, FC(5)", "`replace fc: FC(8) - ReLU - FC(5)`"),
        ("freeze everything except layer4 and fc", "`freeze all except layer4, fc`"),
        ('name: "A", paper: "B"', '`paper: "B"`'),
        ("replace fc => FC(5)", "`replace fc: FC(5)`"),
        ("replace layer1[-1]: Conv(64)", "`layer1.1`"),
        ("insert Dropout(0.3) before fc", "`insert after PATH: Dropout(0.3)`"),
    ],
)
def test_edits(member: str, ours: str) -> None:
    assert ours in ways(f'from "resnet.arch" use resnet18\nvariant v = resnet18 {{\n  {member}\n}}\n')


FORWARD = """def forward(self, x):
    out = F.relu(self.conv1(x))
    out += x
    return F.relu(out)
"""


def test_what_a_forward_computes_is_written_statement_by_statement() -> None:
    text = f"block B(c) {{\n  {FORWARD}}}\n" + in_model("Conv(8) - B(8)")
    assert "`out = in - conv1: Conv(…) - ReLU`, `out = out + in`, `return out - ReLU`" in ways(text)


def test_a_layer_of_a_let_is_a_macro() -> None:
    text = "let conv = nn.Conv2d(3, 8, 1)\n" + in_model("conv - ReLU")
    assert "`macro conv = Conv(8, 1)`" in ways(text)
    after = check(Source("x.arch", fixed(Source("x.arch", text), load, unsafe=True)), load)
    assert networks(after) == networks(check(Source("x.arch", in_model("Conv(8, 1) - ReLU")), load))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("type,filters,size\nconv,8,3\nfc,10,\n", "`Conv(channels=8, kernel=3) - FC(width=10)`"),
        ("Layer      Output      Params\nconv1      16x32x32    448\nfc         10          163850\n", "as a chain"),
        ("[model]\nlayers = conv32, relu\ninput = 3x32x32\n", "as a chain"),
        ("FROM python:3.11\nRUN pip install torch\n", "as a chain"),
        ("#!/bin/sh\npip install torch\npython train.py\n", "as a chain"),
    ],
)
def test_other_files(text: str, what: str) -> None:
    found = check(Source("x.arch", text), load).diagnostics
    assert [d.code for d in found] == ["E0011"] and what in found[0].help
