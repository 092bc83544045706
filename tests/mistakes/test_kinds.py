"""What is to be written for kinds of mistakes: functions of tensors, signs of figures, loops, other files."""

from __future__ import annotations

import pytest

from archc.analysis.repair.fix import fixed
from archc.diagnostics.source import Source
from archc.pipeline import check
from archc.syntax.foreign.keyboard import typed
from tests.mistakes.measure import networks
from tests.mistakes.told import ways
from tests.support.specs import in_model, load

NORMAL = "InstanceNorm - ReLU"
DOUBLED = "ConvTranspose(8, 3, 2, pad=1, output_pad=1)"
HEAD = "x = Conv(16)\n  y = Conv(16, 5)\n  "


@pytest.mark.parametrize(
    ("statement", "ours"),
    [
        ("z = x.clamp(min=0)", "`x - ReLU`"),
        ("z = torch.clamp(x, 0, 6)", "`x - ReLU6`"),
        ("z = F.pad(x, (2, 2, 2, 2))", "`x - Pad(2)`"),
        ("z = tf.pad(x, [[0, 0], [1, 1], [2, 2], [0, 0]])", "`x - Pad([[1, 1], [2, 2]])`"),
        ("z = torch.stack([x, y]).sum(0)", "`add { x | y }`"),
        ("z = tf.add_n([x, y])", "`add { x | y }`"),
        ("z = tf.image.resize(x, (48, 64))", '`x - Upsample(mode="bilinear", size=[48, 64])`'),
        ("z = tf.squeeze(x, [1, 2])", "`x - Flatten`"),
        ("z = x.transpose(2, 3)", "`x - Permute([0, 2, 1])`"),
        ("a, b = tf.split(x, 2, axis=-1)", "`x - Chunk(2)`"),
        ("a, b = torch.split(x, 8, dim=1)", "`Split([8, 8])`"),
        ("z = max(x, y)", "no maximum of tensors"),
        ("z = tf.matmul(x, W)", "weights of its own"),
        ("z = softmax @ y", "`(q, k, v) - Attention(heads)`"),
        ("z = layers.Lambda(lambda t: t * 0.5)(x)", "`z = x * 0.5`"),
        ("x, _ = nn.MultiheadAttention(16, 4)(x, x, x)", "`x = x - Attention(4)`"),
        ("z = slim.repeat(x, 3, slim.conv2d, 32, [3, 3])", "`x - [Conv(32, 3) - ReLU]x3`"),
        ("z = slim.stack(x, slim.fully_connected, [64, 32])", "`x - FC(64) - ReLU - FC(32) - ReLU`"),
        ("z = x - self._make_layer(Block, 32, 3, stride=2)", "Block(32, 2) - [Block(32)]x2"),
        ("z = BatchNormalization()(x, training=True)", "`z = x - BN`"),
        ("z = max_pool_2d(x, 2)", "`x - MPool(2)`"),
        ("x \u2297 y - GAPool", "`x * y - GAPool`"),
        ("z = 2x", "`z = 2 * x`"),
        ("x, y - Concat", "`(x, y) - Concat`"),
        ("for i in range(2) { x = x - Conv(16) - ReLU }", "`x = x - for i in range(2) { Conv(16) - ReLU }`"),
        ("for i in range(2) { if i == 1 { continue } Conv(16) }", "`for i in range(2) { Conv(16) if (i != 1) }`"),
        ("z = Conv(16) + Conv(16, 1)", "`z = add { Conv(16) | Conv(16, 1) }`"),
        ("z = x - Conv(16) - 1 - Sigmoid", "`1 - (x - Conv(16) - Sigmoid)`"),
        ("z = x - Conv(16) * 0.1 + y", "0.1 * (x - Conv(16)) + y"),
        ("return {'a': x, 'b': y}", "`return x, y`"),
        ("conv2.weight = conv1.weight", "`shared conv1: "),
        ("x_{0} = Conv(16)", "`x_0 = Conv(16)`"),
        ("y = x; z = y - ReLU", "begin a line"),
        ("z = x - 1", "`-1 + x`"),
        ("z = (x - Conv(16)) - 0.5", "`-0.5 + (x - Conv(16))`"),
        ("width: 64", "`let width = 64`"),
        ('paper: "1512.03385"', "`variant NAME = m {"),
    ],
)
def test_statements_of_tensors(statement: str, ours: str) -> None:
    assert ours in ways(in_model(HEAD + statement))


@pytest.mark.parametrize(
    ("chain", "meant"),
    [
        ("Conv(3\u219264, 3) - FC(64\u219210)", "Conv(64, 3) - FC(10)"),
        ("Conv(16) \u21932 - Conv(16) \u21912", "Conv(16) - MPool(2) - Conv(16) - Upsample(2)"),
        ("Conv(16)\u00b7BN\u00b7ReLU", "Conv(16) - BN - ReLU"),
        ("GAPool - FC(1) - \u03c3", "GAPool - FC(1) - Sigmoid"),
        ("Conv(16\uac1c) - FC(10\uac1c)", "Conv(16) - FC(10)"),
        ("\ucc44\u315c\u314d(16) - ReLU", "Conv(16) - ReLU"),
        ("Conv[16, 3] - FC[10]", "Conv(16, 3) - FC(10)"),
        ("Conv{16, 3} - FC{10}", "Conv(16, 3) - FC(10)"),
        ("Conv { num_output: 16 kernel_size: 3 } - ReLU", "Conv(16, 3) - ReLU"),
        ("Conv(16) (x2) - ReLU", "[Conv(16)]x2 - ReLU"),
        ("ReLU(BN(Conv(16))) - GAPool", "Conv(16) - BN - ReLU - GAPool"),
        ("-0.5 + in - ReLU", "(-0.5 + in) - ReLU"),
        ("c7s1-8 - d16 - u8", f"Conv(8, 7) - {NORMAL} - Conv(16, 3, 2) - {NORMAL} - {DOUBLED} - {NORMAL}"),
        ("c7s2-8 - R8", f"Conv(8, 7, 2) - {NORMAL} - add {{ Conv(8) - {NORMAL} - Conv(8) - InstanceNorm | in }}"),
        ("Conv(8, batch_normalize=1, activation=leaky)", "Conv(8, bias=false) - BN - LeakyReLU(0.1)"),
        ("Conv(8, size=3, bias=0)", "Conv(8, 3, bias=false)"),
        ("20C4-MP2-150N", "Conv(20, 4, pad=0) - MPool(2) - FC(150)"),
        ("Conv 3x3, 16 filters \u2192 ReLU \u2192 MaxPool 2x2 \u2192 FC 10", "Conv(16, 3) - ReLU - MPool(2) - FC(10)"),
        ("3x3x16 conv - ReLU - 1x1x32 conv, stride 2", "Conv(16, 3) - ReLU - Conv(32, 1, stride=2)"),
        ("[1x1, 8 | 3x3, 8] x 2 - GAPool", "[Conv(8, 1) - Conv(8, 3)]x2 - GAPool"),
        ("add { d7\u00d77, 3 - ReLU | in }", "add { DWConv(7) - ReLU | in }"),
        ("FC(784 -> 64) - ReLU - FC(64 -> 10)", "FC(64) - ReLU - FC(10)"),
        ("Conv(16) - nn.PReLU(16)", "Conv(16) - PReLU(false)"),
        ("paddle.nn.Conv2D(3, 16, 3) - paddle.nn.Linear(14400, 10)", "Conv(16, 3, pad=0) - FC(10)"),
        ("Convolution(num_output: 16, kernel_size: 5) - InnerProduct(num_output: 10)", "Conv(16, 5, pad=0) - FC(10)"),
        ("nn.Conv(16, (3, 3), strides=2) - nn.Dense(10)", 'Conv(16, 3, 2, pad="same") - FC(10)'),
        ("nn.Sequential([nn.Dense(8), lambda x: x.reshape(-1), nn.Dense(2)])", "FC(8) - Flatten - FC(2)"),
        ("Conv(16) - ReLU6 if (1 > 2) otherwise ReLU", "Conv(16) - ReLU6 if (1 > 2) else ReLU"),
        ("Conv(16) - ReLU unless (1 > 2)", "Conv(16) - ReLU if (not (1 > 2))"),
        ("Conv(64 >> 2) - ReLU", "Conv(64 // 4) - ReLU"),
        ("Concat { Conv(8, 1), Conv(8) } - ReLU", "concat { Conv(8, 1) | Conv(8) } - ReLU"),
        ("Conv(8), ReLU, FC(10),", "Conv(8) - ReLU - FC(10)"),
        ("Conv(8) - ReLU(max_value=6)", "Conv(8) - ReLU6"),
    ],
)
def test_chains_that_are_mended(chain: str, meant: str) -> None:
    after = fixed(Source("x.arch", in_model(chain)), load, unsafe=True)
    assert networks(check(Source("x.arch", after), load)) == networks(check(Source("x.arch", in_model(meant)), load))


VARIANT = 'from "resnet.arch" use resnet18, resnet50\nvariant v = resnet18 {\n  %s\n}\n'


@pytest.mark.parametrize(
    ("member", "ours"),
    [
        ("insert after layer4 Dropout(0.2)", "`insert after layer4: Dropout(0.2)`"),
        ("rename fc: head", "`replace fc: head: FC(10)`"),
        ("replace avgpool: none", "`remove avgpool`"),
        ("truncate after layer3, layer4", "`return layer3, layer4`"),
        ("freeze layer1~layer3", "`layer[1-3]`"),
        ("freeze BN", "`freeze all BN`"),
        ("expect macs <= 1.9 GMACs", "`1.9G`"),
        ("expect params == 11.689.512", "`11_689_512`"),
        ("expect { params == 1\n    macs == 2 }", "`expect params == 1`, `expect macs == 2`"),
        ("expect params <= resnet50.params", "`archc count resnet50`"),
        ("like: torchvision.models.resnet18", '`"torchvision:resnet18"`'),
    ],
)
def test_members_of_variants(member: str, ours: str) -> None:
    assert ours in ways(VARIANT % member)


MODEL = "model m {\n  input 3x8x8\n  Conv(4)\n}\n"


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ('from "vit.arch" use ViT-B/16\n', "`vit_b_16`"),
        ('from "resnet.arch" use resnet50\nvariant v = ResNet-50 { replace fc: FC(5) }\n', "`variant v = resnet50`"),
        (
            'from "resnet.arch" use resnet50\nvariant v = resnet50 with { replace fc: FC(5) }\n',
            "`variant v = resnet50 {`",
        ),
        ('net = torch.hub.load("pytorch/vision", "resnet18")\nnet.fc = nn.Linear(512, 5)\n', "replace fc: FC(5)"),
        (f"block B(c) over a, b {{ a + b }}\n{MODEL}", "`block B(c) over (a, b) {`"),
        (f"let w: int = 16\n{MODEL}", "`let w = 16`"),
        (f"let w = math.ceil(1.5)\n{MODEL}", "`ceil(1.5)`"),
        (f"let w = np.sqrt(16)\n{MODEL}", "`16**0.5`"),
        (f"let w = 16 * [1, 2]\n{MODEL}", "write it out"),
        (f"let c = in.channels\n{MODEL}", "the body of a model"),
        (f"@register\n{MODEL}", "leave the line out"),
        (f'{MODEL}if __name__ == "__main__":\n    run()\n', "leave it and its lines out"),
        (f"allow W301\n{MODEL}", "`W0301`"),
        (f"allow E0301\n{MODEL}", "an error cannot be allowed"),
        (f"init all = kaiming_normal\n{MODEL}", "`init Conv = kaiming_normal`"),
        (f"default Conv(3x3)\n{MODEL}", "`kernel=3x3`"),
        ("model m { input 3x8x8 Conv(4) - ReLU }\n", "begin a line before `Conv`"),
        ("model m {\n  input 8\u00b2\u00d73\n  Conv(4)\n}\n", "`input 3x8x8`"),
        ("model m {\n  input 784\n  256 - 64 - 256\n}\n", "`FC(256) - FC(64) - FC(256)`"),
        (in_model("Conv(8, 7x7/2)"), "a stride is an argument of its own"),
        (in_model("for c in (8, 16):\n    x = nn.Conv(c, (3, 3))(x)\n  x"), "`x = for c in [8, 16] { Conv(c, 3) }`"),
        (
            in_model("| layer | filters | size |\n  |---|---|---|\n  | conv | 8 | 3 |\n  | relu | | |"),
            "`Conv(channels=8, kernel=3) - ReLU`",
        ),
        (in_model('[{"type": "conv", "filters": 8}, {"type": "relu"}]'), "`Conv(channels=8) - ReLU`"),
        (
            '[model]\nname = "m"\n[[layers]]\ntype = "conv"\nfilters = 8\n[[layers]]\ntype = "relu"\n',
            "`Conv(channels=8) - ReLU`",
        ),
        ("head:\n  - conv3x3: 8\n  - maxpool: 2\n  - gap\n", "`Conv(8, 3) - MPool(2) - GAPool`"),
        ("flowchart LR\n  A[Conv] --> B[ReLU]\n  B --> C[FC]\n", "write its layers as a chain"),
    ],
)
def test_files_and_definitions(text: str, ours: str) -> None:
    assert ours in ways(text)


PROTOTXT = """layer { name: "data" type: "Input" top: "data" }
layer { name: "a" type: "Convolution" bottom: "data" top: "a" convolution_param { num_output: 8 kernel_size: 1 } }
layer { name: "b" type: "Convolution" bottom: "data" top: "b" convolution_param { num_output: 8 kernel_size: 1 } }
layer { name: "bn" type: "BatchNorm" bottom: "b" top: "b" }
layer { name: "scale" type: "Scale" bottom: "b" top: "b" }
layer { name: "out" type: "%s" bottom: "a" bottom: "b" top: "out" }
"""
CFG = """[net]
channels=3
[convolutional]
filters=8
size=3
stride=1
activation=relu
[maxpool]
size=2
stride=2
[upsample]
stride=2
[%s]
%s
"""


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (PROTOTXT % "Concat", "`concat { Conv(8, 1) | Conv(8, 1) - BN }`"),
        (PROTOTXT % "Eltwise", "`add { Conv(8, 1) | Conv(8, 1) - BN }`"),
        (CFG % ("route", "layers=-1, 0"), "concat { x0 - MPool(2, 2) - Upsample(2) | x0 }"),
        (CFG % ("shortcut", "from=-3"), "add { x0 - MPool(2, 2) - Upsample(2) | x0 }"),
    ],
)
def test_graphs_of_other_files(text: str, ours: str) -> None:
    assert ours in ways(text)


def test_a_recursion_that_counts_down_is_ended() -> None:
    text = "block Dense(n) {\n  concat { in | Conv(4) } - Dense(n - 1)\n}\nmodel m {\n  input 3x8x8\n  Dense(4)\n}\n"
    assert "Dense(n - 1) if (n > 1)" in fixed(Source("x.arch", text), load, unsafe=True)


def test_an_unknown_name_before_a_dot_is_told_once() -> None:
    found = check(Source("x.arch", in_model("Conv(4) - ReLU if (self.training)")), load).diagnostics
    assert [d.code for d in found] == ["E0101"] and "`return training a, b`" in found[0].help


def test_a_module_of_another_body_is_used_there() -> None:
    model = "model m {\n  input 3x8x8\n  shared enc: Conv(4)\n  add { B | Conv(4) - enc } - enc\n}\n"
    assert "`enc` belongs to the body that declares it" in ways(f"block B {{ Conv(4) - enc }}\n{model}")


@pytest.mark.parametrize(
    ("keys", "word"), [("\ucc44\u315c\u314d", "Conv"), ("\u3161\u3150\u3147\ub514", "model"), ("\uac00", "")]
)
def test_words_of_a_korean_keyboard(keys: str, word: str) -> None:
    assert typed(keys) == word


UNIT = "  add { Conv(c) - BN - ReLU - Conv(c) - BN | in } - ReLU\n"
CALLS = "model m {\n  input 3x8x8\n  Conv(16) - Unit(16) - Unit(32) - FC(10)\n}\n"
LAYERS = "block Unit(n) {\n  layers = [Conv(8)]\n%s\n  return nn.Sequential(*layers)\n}\n"


@pytest.mark.parametrize(
    ("text", "part", "meant"),
    [
        ("fn act(k) = ReLU if k == 0 else GELU\n" + in_model("Conv(8) - act(0)"), "fn act(k) = ReLU if k == 0",
         "macro act(k) = ReLU if (k == 0)"),
        (f"block Unit(c) {{\n{UNIT}}}\n{CALLS}", "| in", "| (Conv(c, 1) - BN) if (in.channels != c)"),
        (f"block Unit(c) {{\n  y = Conv(c) - ReLU\n  y + in\n}}\n{CALLS}", "y + in",
         "y + ((Conv(c, 1) - BN) if (in.channels != c))"),
        (in_model("Conv(8) - add { Conv(16) - ReLU - Conv(16) | in }"), "| in", "| Conv(16, 1)"),
        ('from "resnet.arch" use resnet18\nvariant v = resnet18(5)\n', "resnet18(5)", "resnet18(classes=5)"),
        ('from "vgg.arch" use vgg16\nvariant v = vgg16 {\n  freeze features until 12\n}\n', "features until 12",
         "features.[0-9], features.1[0-2]"),
    ],
)  # fmt: skip
def test_repairs_that_are_made(text: str, part: str, meant: str) -> None:
    assert fixed(Source("x.arch", text), load, unsafe=True) == text.replace(part, meant)


@pytest.mark.parametrize(
    ("filled", "chain"),
    [
        ("  layers += [nn.ReLU(), nn.MaxPool2d(2)]", "Conv(8) - ReLU - MPool(2)"),
        ("  for i in range(n):\n    layers.append(Conv(8))\n    layers.append(ReLU)",
         "Conv(8) - for i in range(n) { Conv(8) - ReLU }"),
        ("  for i in range(n) { layers += [Conv(8), ReLU] }", "Conv(8) - for i in range(n) { Conv(8) - ReLU }"),
    ],
)  # fmt: skip
def test_a_list_that_a_program_fills_is_a_chain(filled: str, chain: str) -> None:
    text = LAYERS % filled + "model m {\n  input 3x8x8\n  Unit(2) - FC(10)\n}\n"
    found = check(Source("x.arch", text), load).diagnostics
    assert [d.code for d in found] == ["E0001"] and f"`{chain}`" in found[0].help
    assert f"{{\n  {chain}\n}}" in fixed(Source("x.arch", text), load, unsafe=True)
