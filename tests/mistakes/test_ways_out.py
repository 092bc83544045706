"""What is to be written, for each kind of mistake that a rule is about: of printouts, other formats, tables, slips."""

from __future__ import annotations

import pytest

from archc.diagnostics.source import Source
from archc.pipeline import check
from tests.mistakes.told import ways
from tests.support.specs import in_model, load


@pytest.mark.parametrize(
    ("term", "ours"),
    [
        ("BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)", "`BN`"),
        ("BatchNorm2d(64, track_running_stats=False)", "archc has nothing for `track_running_stats`"),
        ("BatchNormalization(scale=False)", "archc has nothing for `scale`"),
        ("MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)", "`MPool(3, 2, 1)`"),
        ("Pooling(pool=AVE, global_pooling=true)", "`GAPool`"),
        ("Pooling(pool=MAX, global_pooling=true)", "`GMPool`"),
        ("Pooling(pool=AVE, global_pooling=false, kernel_size=2)", "`APool(2)`"),
        ('Conv2D(32, 3, strides=2, padding="same")', 'pad="same"'),
        ('Conv2D(32, 3, padding="same")', "`Conv(32, 3)`"),
        ("Conv(64, kernel_shape=[3, 3], pads=[0, 1, 0, 1])", "pad=[[0, 0], [1, 1]]"),
        ('MPool(3, 1, padding="same")', "`MPool(3, 1, pad=1)`"),
        ('MaxPool2D(2, 2, padding="same")', "`MPool(2, 2)`"),
        ("AdaptiveConcatPool2d()", "`concat { GMPool | GAPool }`"),
        ("ConvLayer(3, 32, stride=2)", "`Conv(32, stride=2, bias=false) - BN - ReLU`"),
        ("MBConv6(24)", "mobilenet.arch"),
        ("FC(10, activation=softmax)", "act=SM"),
        ("Conv(64, padding=valid)", "pad=0"),
    ],
)
def test_terms_of_others(term: str, ours: str) -> None:
    assert ours in ways(in_model(f"{term} - FC(10)"))


@pytest.mark.parametrize(
    ("chain", "ours"),
    [
        ("hk.Conv2D(32, 3) - FC(10)", "`Conv(32, 3)`"),
        ("nnx.Conv(3, 32, kernel_size=(3, 3), rngs=rngs) - FC(10)", "`Conv(32, 3)`"),
        ("stax.serial(stax.Conv(32, (3, 3)), stax.Relu, stax.Dense(10))", "`Conv(32, 3, pad=0) - ReLU - FC(10)`"),
        ("nn.LazyConv2d(32, 3, padding=1) - nn.LazyLinear(10)", "`Conv(32, 3) - FC(10)`"),
        ("FC(98) - nn.Unflatten(1, (2, 7, 7))", "`Reshape([2, 7, 7])`"),
        ("x = Conv(8)\n  y = tf.reshape(x, [-1, 7 * 7 * 64])\n  y - FC(10)", "`x - Flatten`"),
        ("x = Conv(8)\n  y = tf.reduce_mean(x, axis=[1, 2])\n  y - FC(10)", "`x - GAPool`"),
        ("x = Conv(8)\n  y = tf.nn.max_pool(x, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1])\n  y", "`x - MPool(3, 2)`"),
        ("x = Conv(8)\n  a, b = torch.split(x, [2, 6], dim=1)\n  a", "`x - Split([2, 6])`"),
        ("x = tf.nn.conv2d(x, W1, padding='SAME')\n  x", "a layer has weights of its own"),
        ("dict(type='Conv2d', out_channels=64, kernel_size=3, padding=1) - FC(10)", "`Conv(64, 3)`"),
        ("net.add(nn.Conv2D(6, 5))\n  net.add(nn.Dense(10))", "`Conv(6, 5, pad=0)`"),
    ],
)
def test_programs(chain: str, ours: str) -> None:
    assert ours in ways(in_model(chain))


@pytest.mark.parametrize(
    ("chain", "ours"),
    [
        ("(conv1): Conv2d(3, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3))", "`conv1: Conv(64, 7, 2)`"),
        ("Conv2d-1           [-1, 64, 32, 32]           1,792", "`Conv(64, …)`"),
        ("dense (Dense)                (None, 10)                72010", "`FC(10)`"),
        ("0 conv     32  3 x 3 / 1   416 x 416 x   3   ->   416 x 416 x  32", "`Conv(32, 3, 1)`"),
        ("1 max          2 x 2 / 2   416 x 416 x  32   ->   208 x 208 x  32", "`MPool(2, 2)`"),
        ("Conv dw / s1   3 × 3 × 32 dw", "`DWConv(3, 1)`"),
        ("[convolutional]\n  filters=32\n  size=3\n  stride=1\n  activation=leaky", "LeakyReLU(0.1)"),
        (
            'layer {\n  name: "c"\n  type: "Convolution"\n  convolution_param { num_output: 20 kernel_size: 5 }\n }',
            "`c: Conv(",
        ),
        ("- conv: {filters: 64, kernel: 3}\n  - relu", "`Conv(channels=64, kernel=3)`"),
        ("[1x1, 64; 3x3, 64; 1x1, 256] x 3 - FC(10)", "`Conv(64, 1) - Conv(64, 3) - Conv(256, 1)`"),
        ("7×7, 64, stride 2 - FC(10)", "`Conv(64, 7, 2)`"),
        ("GAPool - 1000-d fc, softmax", "`FC(1000)`"),
        ("Conv(64, 3, 2) 16x16x64 - FC(10)", "leave the sizes out"),
        ("Conv 96@55x55 - FC(10)", "`Conv(96, …)`"),
        ("Conv 6@5x5 - FC(10)", "`Conv(6, 5)`"),
        ("[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX", "write numbers"),
    ],
)
def test_printouts_and_tables(chain: str, ours: str) -> None:
    assert ours in ways(in_model(chain))


@pytest.mark.parametrize(
    ("chain", "ours"),
    [
        ("Conv(64,, 3) - FC(10)", "`Conv(64, 3)`"),
        ("for c in [8 16 32] { Conv(c) }\n  - FC(10)", "`[8, 16, 32]`"),
        ("Conv(16) - add { Conv(16) + in } - FC(10)", "`Conv(16) - add { Conv(16) | in } - FC(10)`"),
        ("* Conv(32)\n  * FC(10)", "joined with `-`, not listed"),
        ("GroupNorm(8, 64, eps=1e-05) - FC(10)", "`GN(8)`"),
        ("Conv(kernel=5, 64) - FC(10)", "`Conv(64, kernel=5)`"),
        ("[Conv(64) - ReLU}x3 - FC(10)", "write `]`"),
        ("concat { Conv(16, 1); Conv(16, 3) } - FC(10)", "write `|`"),
        ("Conv(64) - ReLU   첫 번째 층\n  - FC(10)", "`# 첫 번째 층`"),
        ("Conv(64) - ReLU x 3 - FC(10)", "`[Conv(64) - ReLU]x3`"),
        ("x: Conv(16) - BN - Conv(16) + x - FC(10)", "`x = Conv(16)`"),
        ("c1 = Conv(16)\n  c1 - Conv(16) - add(c1) - FC(10)", "`add { in | c1 }`"),
        ("x = a - encoder\n  shared encoder: Conv(8)\n  x", "`encoder` is named further down"),
        ("return - Conv(4) - ReLU", "leave the `-` out, or write `-(Conv(4))`"),
        ("y = -Conv(4) - ReLU\n  y", "leave the `-` out, or write `-(Conv(4))`"),
    ],
)
def test_slips(chain: str, ours: str) -> None:
    assert ours in ways(in_model(chain))


@pytest.mark.parametrize(
    ("body", "ours"),
    [
        ("input(channels=3, height=32, width=32)\n  FC(10)", "`input 3x32x32`"),
        ("inputs {\n    a: 3x32x32\n    b: 1x32x32\n  }\n  a - FC(10)", "`input a: 3x32x32`, `input b: 1x32x32`"),
        ("input a: 3x8x8\n  input b: 1x8x8\n  concat { in[0] | in[1] } - FC(1)", "`a` for `in[0]`, `b` for `in[1]`"),
        ("a = keras.Input(shape=(28, 28, 1))\n  b = keras.Input(shape=(28, 28, 1))\n  a", "`input a: 1x28x28`"),
    ],
)
def test_inputs(body: str, ours: str) -> None:
    assert ours in ways(f"model m {{\n  {body}\n}}\n")


@pytest.mark.parametrize(
    ("edit", "ours"),
    [
        ("fc: nn.Linear(2048, 5)", "`replace fc: FC(5)`"),
        ("assert params < 12M", "`expect params < 12M`"),
        ("expect size < 45MB", "a parameter takes 4 bytes"),
        ("replace ReLU: GELU", "`ReLU` is a kind of layer"),
        ("freeze first 5 layers", "its modules are `conv1`"),
    ],
)
def test_variants(edit: str, ours: str) -> None:
    assert ours in ways(f'from "resnet.arch" use resnet18\nvariant v = resnet18 {{\n  {edit}\n}}\n')


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ('from "resnet.arch"\nvariant v = resnet50 { replace fc: FC(5) }\n', '`from "resnet.arch" use resnet50`'),
        ('import { resnet50 } from "resnet.arch"\nvariant v = resnet50 {\n}\n', '`from "resnet.arch" use resnet50`'),
        ("learn = vision_learner(dls, resnet34)\n" + in_model("FC(10)"), "`archc finetune`"),
        ("x = layers.Dense(8)(x)\ny = layers.Dense(10)(x)\n", "`FC(8) - FC(10)`"),
    ],
)
def test_files(text: str, ours: str) -> None:
    assert ours in ways(text)


def test_a_call_of_a_program_is_told_once() -> None:
    found = check(Source("x.arch", in_model("x = Conv(8)\n  print(x.shape)\n  x - FC(10)")), load).diagnostics
    assert [d.code for d in found] == ["E0101"]


def test_nested_printouts() -> None:
    printed = "(features): Sequential(\n    (0): Conv2d(3, 8, kernel_size=(3, 3))\n    (1): ReLU()\n  )"
    assert '`features: ("0": Conv(8, 3, pad=0) - "1": ReLU)`' in ways(in_model(printed))


def test_an_unknown_value_may_be_a_longer_name() -> None:
    block = "block Unit(channels, s=1) {\n  Conv(ch, 3, s)\n}\n"
    assert "`channels`" in ways(block + in_model("Unit(16) - FC(10)"))


LENET = """name: "Net"
input: "data"
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 64 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool" type: "Pooling" bottom: "conv1" top: "pool" pooling_param { pool: AVE global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 10 } }
"""
DARKNET = """[net]
channels=3

[convolutional]
filters=16
size=3
stride=1
activation=leaky

[avgpool]

[connected]
output=10
activation=linear
"""


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (LENET, "`conv1: Conv(64, 3) - relu1: ReLU - pool: GAPool - fc: FC(10)`"),
        (DARKNET, "`Conv(16, 3, 1) - LeakyReLU(0.1) - GAPool - FC(10)`"),
    ],
)
def test_files_whose_layers_are_a_chain(text: str, ours: str) -> None:
    assert ours in ways(text)


def test_files_whose_layers_are_more_than_a_chain_are_not_made_one() -> None:
    two_results, joined = (
        ways(LENET.replace('bottom: "pool"', 'bottom: "conv1"')),
        ways(DARKNET.replace("[avgpool]", "[route]\nlayers=-1,-2\n\n[avgpool]")),
    )
    assert "as a chain" not in two_results and "as a chain" not in joined
    assert "`pool = relu1 - GAPool`, `fc = relu1 - FC(10)`, `return pool, fc`" in two_results
    assert "concat {" in joined and "} - GAPool" in joined
