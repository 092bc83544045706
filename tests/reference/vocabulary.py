"""The vocabulary of random chains: labels, names of tensors, and layers."""

from __future__ import annotations

LABELS = (
    "stem", "body", "proj", "work", "extra", "down", "branch", "tail", "neck", "mix", "conv", "bn", "norm",
    "conv1", "conv2", "bn1", "fc1", "unit", "gate", "side",
)  # fmt: skip
TENSORS = ("x", "y", "z", "out", "all", "a", "b", "self_", "keep", "input_", "t1", "h", "sum_", "skip")
PLAIN = (
    "ReLU", "ReLU", "ReLU6", "SiLU", "Tanh", "HSwish", "Sigmoid", "GELU", "BN", "BN", "BN(eps=1e-3)",
    "BN(affine=false)",
    "Identity", "Dropout(0)", "StochasticDepth(0)", "MPool(3, 1, pad=1)", "APool(3, 1, pad=1)",
    "APool(3, 1, pad=1, count_pad=false)", "Tanh(1.5, 0.5)", "HSigmoid", "DWConv", "DWConv(5, bias=false)",
    'GELU("tanh")', "SM", 'SM(over="last")',
    "LeakyReLU", "LeakyReLU(0.2)", "PReLU", "PReLU(shared=false)", "ELU", "CELU(0.5)", "SELU", "Mish", "Softplus",
    "InstanceNorm(affine=true)", "RMSNorm", 'LN(over="channels")', 'LN(over="last")', "RMSNorm(over=\"channels\")",
    "Dropout2d(0)", 'DWConv(3, pad="same")', 'DWConv(4, pad="same", bias=false)', "DWConv(2, pad=[[0, 1]])",
    'DWConv(3, pad_mode="replicate")', "Scale(0.5)", 'Scale(0.1, over="last")', 'Scale(2, over="all")',
    "Positions(0.02)", "GN(2)", "GN(1, affine=false)", "LN", "LN(affine=false)", "LogSoftmax", 'LogSoftmax("last")',
    "(Conv(8, 1) - GLU)", "(Upsample(2) - MPool(2))", '(Upsample(2, mode="nearest-exact") - MPool(3, 2, pad=1))',
    "Param([in.channels, 2], 1) - Flatten - FC(4)",
)  # fmt: skip
"""Layers that keep the size of what comes in, of any number of axes."""
OF_IMAGES = (
    "DWConv(1x3)", "Shuffle(2)", "BlurPool(3, 1)", "Permute([0, 1, 2])", "Roll([0, 1, -2])", "Norm", "Norm(3, k=1)",
    "(Windows(2) - WindowAttention(2, shift=1) - FromWindows)", "(Windows(1x2) - FromWindows)",
    "(Windows(2x1, spread=true) - CosineWindowAttention(1, hidden=4) - FromWindows(spread=true))",
    '(Permute([1, 2, 0]) - Windows(2, channels="last") - WindowAttention(2, scale=0.5, flat=false, bias=false) '
    '- FromWindows(channels="last") - Permute([2, 0, 1]))',
    '(Permute([1, 2, 0]) - Linear(6) - LN(over="last") - GLU(over="last") - Permute([2, 0, 1]))',
    "(PixelUnshuffle - Conv(8, 1) - PixelShuffle)", "(Conv(9, 1) - PixelShuffle(3) - APool(3))",
    '(Upsample(2, mode="bilinear") - APool(2))', '(Upsample(1x2, mode="bicubic", align=true) - MPool(1x2))',
    "(Pad(1x2) - Crop([in.height, in.width]))", '(Pad([[1, 0], [2, 1]], pad_mode="circular") - Slice(1, axis=1))',
    "(APool(2) - Upsample(size=[in.height, in.width]))", "PadChannels(16, before=1)", "Slice(0, step=2)",
    "(Tokens - FromTokens([in.height, in.width]))", "(Flatten - Reshape([in.channels, in.height, in.width]))",
    "(Tokens - Attention(1) - Permute([1, 0]) - Reshape([in.channels, in.height, in.width]))",
)  # fmt: skip
SHRINKING = (
    "MPool(2)",
    "MPool(2, 2, ceil=true)",
    "MPool(3, 2, pad=1)",
    "APool(2)",
    "APool(3, 1)",
    "MPool(2, 1)",
    "LPPool(2)",
    "AdaptiveAPool(4)",
    "AdaptiveMPool(3)",
    "ConvTranspose(4)",
    "ConvTranspose(8, 3, 2, pad=1, output_pad=1)",
    "Crop(5)",
    "GMPool",
    "Slice(1, axis=1)",
)
SHRINKING_IMAGES = (
    "BlurPool",
    "BlurPool(5, 3)",
    "Subsample",
    "Subsample(3, 2)",
    "PixelUnshuffle",
    "Pad([[0, 1]]) - MPool(3, 2)",
    'Pad(1, pad_mode="reflect") - APool(3, 2)',
    "Pad([[-1, 0], [1, 0]])",
    "Pad(1x0) - MPool(2)",
    "AdaptiveAPool(3x5)",
    "Slice(0, step=2, axis=2)",
    "ConvTranspose(4, 3x2, 1x2, groups=2, bias=false)",
)
