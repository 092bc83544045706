"""Cases that the battery's draws rarely cover: windows at edges, costs by hand, and the inputs of a position."""

from __future__ import annotations

import warnings
from math import prod
from random import Random
from typing import Any

import pytest
import torch

from archc.diagnostics.core import InputRef, ParamRef, Problem
from archc.diagnostics.problems.paddings import PoolPadding
from archc.diagnostics.problems.shapes import GroupsDoNotDivide, KernelTooLarge, SliceOutOfRange
from archc.diagnostics.problems.windows import NoSuchAxis, UnevenWindows
from archc.ir.cost import extent
from archc.ir.op import Op, Sketch
from archc.ir.types import TensorType, Types
from archc.ir.window import POINT, half
from archc.ops import lookup, registry
from archc.ops._table import runs
from archc.targets.pytorch.registry import torch_call
from tests.support.terms import expanded, op_of, outputs, types_of
from tests.support.torch_calls import dims, live, shapes

SEED = 14
"""What the windows are drawn from."""


def of(kind: str, **arguments: Any) -> Op:
    found = lookup(kind)
    assert found is not None
    op = found.build(arguments)
    assert isinstance(op, Op), op
    return op


def cost(term: str, inputs: str) -> tuple[int, int, int | None]:
    """Multiply-accumulates, element-wise operations and connections."""
    xs = types_of(inputs)
    op = op_of(term).around(xs).op
    ys = outputs(op, xs)
    assert not isinstance(ys, Problem), ys
    found = op.cost(xs, ys)
    return found.macs.value, found.elementwise.value, None if found.connections is None else found.connections.value


# -- shapes -----------------------------------------------------------------------------------------------------------


def windows(random: Random, kind: str) -> dict[str, Any]:
    """Arguments of a sliding layer, separate for rows and columns; even kernels are as frequent as odd ones."""

    def pair(low: int, high: int) -> tuple[int, int]:
        return random.randint(low, high), random.randint(low, high)

    kernel = pair(*random.choice([(1, 2), (1, 4), (2, 5)]))
    found: dict[str, Any] = {"kernel": kernel, "stride": pair(1, 3), "pad": pair(0, 3), "dilation": pair(1, 2)}
    if kind == "Conv":
        return found | {"channels": 2, "pad": random.choice(["half", found["pad"]])}
    if kind == "DWConv":
        return found
    found["ceil"] = random.random() < 0.5
    if kind == "APool":
        del found["dilation"]
    return found


@pytest.mark.parametrize("kind", ["Conv", "DWConv", "MPool", "APool"])
def test_a_window_fits_where_torch_says_so(kind: str) -> None:
    """Sizes are equal, and exactly what torch rejects is a problem."""
    random = Random(f"{SEED} {kind}")
    fits = 0
    for _ in range(300):
        arguments = windows(random, kind)
        xs = (TensorType(dims=(2, random.randint(1, 9), random.randint(1, 9))),)
        op = of(kind, **arguments)
        ys = outputs(op, xs)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = live(op, xs)[0](torch.rand(1, *xs[0].dims))
        except RuntimeError:
            assert isinstance(ys, Problem), (op, xs)
            continue
        assert not isinstance(ys, Problem) and dims(ys) == shapes(result), (op, xs, ys)
        fits += 1
    assert 30 <= fits <= 290, "both outcomes are to be seen"


def test_half_is_what_torch_pads_before() -> None:
    """`padding="same"` of torch puts the smaller half of `dilation*(kernel-1)` first."""
    for kernel in range(1, 9):
        for dilation in range(1, 5):
            conv = torch.nn.Conv2d(1, 1, (kernel, 3), padding="same", dilation=(dilation, 2))
            assert half((kernel, 3), (dilation, 2)) == (conv._reversed_padding_repeated_twice[2], 2)


@pytest.mark.parametrize(
    ("term", "inputs", "problem"),
    [
        ("Conv(4, 5x3, pad=1x0)", "3x2x9",
         KernelTooLarge(kind="Conv", input=(3, 2, 9), reach=(5, 3), padded=(4, 9), at=ParamRef("kernel"))),
        ("Conv(4, 3x5, pad=0x1)", "3x9x2",
         KernelTooLarge(kind="Conv", input=(3, 9, 2), reach=(3, 5), padded=(9, 4), at=ParamRef("kernel"))),
        ("Conv(4, 3, pad=0, dilation=1x3)", "3x9x6",
         KernelTooLarge(kind="Conv", input=(3, 9, 6), reach=(3, 7), padded=(9, 6), at=ParamRef("kernel"))),
        ("MPool(5x3, 1, pad=2x1)", "3x1x9", None),
        ("MPool(7x3, 1, pad=2x1)", "3x2x8",
         KernelTooLarge(kind="MPool", input=(3, 2, 8), reach=(7, 3), padded=(6, 10), at=ParamRef("kernel"))),
        ("APool(3x7, 1, pad=1x2)", "3x8x2",
         KernelTooLarge(kind="APool", input=(3, 8, 2), reach=(3, 7), padded=(10, 6), at=ParamRef("kernel"))),
        ("MPool(3x4, 1, pad=2x2)", "3x8x8", PoolPadding(kind="MPool", pad=(2, 2), most=(1, 2), at=ParamRef("pad"))),
        ("MPool(4x3, 1, pad=2x2)", "3x8x8", PoolPadding(kind="MPool", pad=(2, 2), most=(2, 1), at=ParamRef("pad"))),
        ("MPool(4x4, 1, pad=2x2)", "3x8x8", None),
        ("MPool(3, 1, pad=2, dilation=2)", "3x8x8",
         PoolPadding(kind="MPool", pad=(2, 2), most=(1, 1), at=ParamRef("pad"))),
        ("MPool(3, 1, pad=1, dilation=2)", "3x8x8", None),
        ("Conv(4, groups=2)", "3x8x8", GroupsDoNotDivide(kind="Conv", groups=2, channels=3, at=ParamRef("groups"))),
        ("Conv(3, groups=2)", "4x8x8",
         GroupsDoNotDivide(kind="Conv", groups=2, channels=3, side="output", at=ParamRef("groups"))),
        ("Slice(0, 5)", "5x2x2", None),
        ("Slice(0, 6)", "5x2x2", SliceOutOfRange(index=5, channels=5, at=ParamRef("stop"))),
        ("Slice(5)", "5x2x2", SliceOutOfRange(index=5, channels=5, at=ParamRef("start"))),
        ("Slice(4)", "5x2x2", None),
        ("Slice(0, 3, axis=1)", "5x2x2", SliceOutOfRange(index=2, channels=2, axis=1, at=ParamRef("stop"))),
        ("Slice(0, axis=3)", "5x2x2", NoSuchAxis(axis=3, input=(5, 2, 2), at=ParamRef("axis"))),
        ("Windows(2)", "5x4x6", None), ("Windows(2, channels=\"last\")", "4x6x5", None),
        ("Windows(2)", "5x4x7", UnevenWindows(size=(2, 2), rows=4, columns=7, at=ParamRef("size"))),
        ("Windows(2, channels=\"last\")", "3x6x4", UnevenWindows(size=(2, 2), rows=3, columns=6, at=ParamRef("size"))),
    ],
)  # fmt: skip
def test_a_problem_says_what_was_there(term: str, inputs: str, problem: Problem | None) -> None:
    found = op_of(term).infer(types_of(inputs))
    assert (found if isinstance(found, Problem) else None) == problem


@pytest.mark.parametrize(
    ("term", "inputs", "at"),
    [(t, i, InputRef(0)) for t in ("Norm", "Subsample", "Affine([1], [0])", "PixelShuffle", "PixelUnshuffle",
                                          "BlurPool") for i in ("8", "4x4", "4x4x4x4")]
    + [(t, i, InputRef(0)) for t in ("Conv(4)", "DWConv", "MPool", "APool", "LPPool", "GAPool", "GMPool", "Upsample",
                                  "AdaptiveAPool(1)", "AdaptiveMPool(1)", "InstanceNorm", "Dropout2d")
       for i in ("8", "4x4x4x4x4")]
    + [("BN", "4x4x4x4x4", InputRef(0)), ("PadChannels(9)", "4x4x4x4", InputRef(0))]
    + [(t, "4x4", InputRef(0)) for t in ("FC(3)", "RBF(3)")]
    + [("Add", "2x3; 2x3; 2x4", InputRef(2)), ("Add", "2; 3", InputRef(1)),
       ("Mul", "2x3; 2x3; 4x3", InputRef(2)), ("Mul", "2x3x3; 2", InputRef(1)),
       ("Concat", "2x3; 4x3; 2x4", InputRef(2)), ("Concat", "2x3; 2x3x1", InputRef(1)),
       ("GN(3)", "4x2x2", ParamRef("groups")), ("Shuffle(3)", "4x2x2", ParamRef("groups")),
       ("Chunk(3)", "4", ParamRef("n")),
       ("Split([1, 2])", "4", ParamRef("sizes")), ("Affine([1, 2], [1])", "2x3x3", ParamRef("shift")),
       ("Affine([1], [1, 2])", "2x3x3", ParamRef("scale")), ("PadChannels(5, before=2)", "4x1x1", ParamRef("channels")),
       ("Roll([1, 1])", "2x3x3", ParamRef("shift")), ("Windows(2)", "8x8", InputRef(0)),
       ("Windows(2x2x2)", "8x8x8", ParamRef("size")), ("FromWindows", "8x8x8", InputRef(0)),
       ("WindowAttention(2)", "49x8", InputRef(0)), ("WindowAttention(3)", "2x2x3x3x8", ParamRef("heads")),
       ("WindowAttention(2, shift=3x0)", "2x2x3x3x8", ParamRef("shift")),
       ("CosineWindowAttention(2, shift=0x3)", "2x2x3x3x8", ParamRef("shift")),
       ("CosineWindowAttention(2)", "8x8x8", InputRef(0)), ("CosineWindowAttention(3)", "2x2x3x3x8", ParamRef("heads")),
       ('Concat(over="last")', "2x3; 4x5", InputRef(1)),
       ("GLU", "3x2x2", InputRef(0)), ("InstanceNorm", "4x1x1", InputRef(0)), ("InstanceNorm", "4x1", InputRef(0)),
       ("PixelShuffle", "6x2x2", InputRef(0)), ("PixelUnshuffle", "4x2x3", InputRef(0)),
       ("PixelUnshuffle", "4x3x2", InputRef(0)),
       ("BlurPool(5)", "4x2x9", ParamRef("kernel")), ("BlurPool(5)", "4x9x2", ParamRef("kernel")),
       ("Conv(4, 3x1)", "2x9", ParamRef("kernel")), ("Conv(4, 3x1)", "2x9x9x9", ParamRef("kernel")),
       ("Conv(4, 3x1x1)", "2x9x9", ParamRef("kernel")), ("Conv(4, 3, 1x2x1)", "2x9x9", ParamRef("stride")),
       ("MPool(2, 1x2)", "2x9", ParamRef("stride")), ("APool(2, pad=0x1)", "2x9", ParamRef("pad")),
       ("Conv(4, 3, pad=[[0, 1], [1, 0]])", "2x9", ParamRef("pad")), ("AdaptiveMPool(2x3)", "2x9", ParamRef("size")),
       ("Upsample(2x3)", "2x9", ParamRef("scale")), ("Upsample(size=(2, 3))", "2x9", ParamRef("size")),
       ('Upsample(mode="bilinear")', "2x9", ParamRef("mode")), ('Upsample(mode="linear")', "2x9x9", ParamRef("mode")),
       ('Upsample(mode="bicubic")', "2x9x9x9", ParamRef("mode")), ("Upsample(align=true)", "2x9x9", ParamRef("align")),
       ('Conv(4, 3, 2, pad="same", pad_mode="reflect")', "2x9x9", ParamRef("pad_mode")),
       ('Conv(4, 7, pad_mode="reflect")', "2x3x9", ParamRef("pad")),
       ('Conv(4, 9, pad_mode="circular")', "2x9x3", ParamRef("pad")),
       ('Conv(1, 3, table=[[0]], pad_mode="reflect")', "2x9x9", ParamRef("pad")),
       ("Conv(1, 3, table=[[0]], pad=[[0, 1]])", "2x9x9", ParamRef("pad")),
       ("Conv(1, 3, table=[[0]])", "2x9", InputRef(0))],
)  # fmt: skip
def test_a_problem_says_where(term: str, inputs: str, at: object) -> None:
    xs = types_of(inputs)
    found = op_of(term).around(xs).op.infer(xs)
    assert isinstance(found, Problem) and found.at == at
    assert found.message() and isinstance(found.label() + found.help(), str)


def test_what_fits_exactly_is_no_problem() -> None:
    for term, inputs in (
        ("BN", "4"), ("BN", "4x4"), ("BN", "4x4x4"), ("PadChannels(5, before=1)", "4x2x2"), ("GN(4)", "4x3"),
        ("Mul", "1x3x1; 2x1x3; 2x3x3"), ("Concat", "2x3; 5x3"), ("Conv(4, 3, pad=0)", "3x3x3"),
    ):  # fmt: skip
        assert not isinstance(op_of(term).infer(types_of(inputs)), Problem), term


# -- costs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "inputs", "macs", "elementwise", "connections"),
    [
        ("Conv(6, 3x2, pad=0)", "4x5x7", 3 * 2 * 4 * 6 * 3 * 6, 6 * 3 * 6, 6 * 3 * 6 * (3 * 2 * 4 + 1)),
        ("Conv(6, 1, bias=false)", "4x5x7", 4 * 6 * 35, 0, 4 * 6 * 35),
        ("Conv(6, 3, groups=2)", "4x5x5", 9 * 2 * 6 * 25, 6 * 25, 25 * 6 * (9 * 2 + 1)),
        ("Conv(3, 5, pad=0, table=[[0, 1], [1, 2], [0, 1, 2]])", "3x7x7", 25 * 7 * 9, 27, 25 * 7 * 9 + 27),
        ("DWConv(3, multiplier=2)", "4x5x5", 9 * 8 * 25, 8 * 25, 8 * 25 * 10),
        ("FC(5)", "7", 35, 5, 40),
        ("Linear(5)", "2x3x7", 2 * 3 * 7 * 5, 30, 2 * 3 * (7 * 5 + 5)),
        ("Linear(5, bias=false)", "7", 35, 0, 35),
        ("RBF(5)", "7", 0, 3 * 35, 35),
        ("Subsample(2x3)", "4x8x9", 0, 4 * 4 * 3 * 7, 4 * 4 * 3 * 7),
        ("BN", "4x5x7", 0, 2 * 140, None),
        ("GN(2)", "4x5x7", 0, 7 * 140, None),
        ("GN(2, affine=false)", "4x5x7", 0, 5 * 140, None),
        ("LN", "4x5x7", 0, 7 * 140, None),
        ("LN(affine=false)", "4x5x7", 0, 5 * 140, None),
        ("Norm(3)", "4x5x7", 0, 7 * 140, None),
        ("Affine([1, 2], [3, 4])", "2x5x7", 0, 2 * 70, None),
        ("ReLU", "4x5", 0, 20, None), ("ReLU6", "4x5", 0, 2 * 20, None), ("GELU", "4x5", 0, 5 * 20, None),
        ("SiLU", "4x5", 0, 5 * 20, None), ("Sigmoid", "4x5", 0, 4 * 20, None), ("HSigmoid", "4x5", 0, 4 * 20, None),
        ("HSwish", "4x5", 0, 5 * 20, None), ("SM", "4x5", 0, 3 * 20, None), ("Tanh", "4x5", 0, 20, None),
        ("Tanh(1.7, 1)", "4x5", 0, 3 * 20, None), ("Tanh(1, 0.5)", "4x5", 0, 3 * 20, None),
        ("LeakyReLU", "4x5", 0, 2 * 20, None), ("PReLU", "4x5", 0, 2 * 20, None), ("ELU", "4x5", 0, 4 * 20, None),
        ("CELU", "4x5", 0, 5 * 20, None), ("SELU", "4x5", 0, 5 * 20, None), ("Mish", "4x5", 0, 5 * 20, None),
        ("Softplus", "4x5", 0, 3 * 20, None), ("Softplus(2)", "4x5", 0, 5 * 20, None), ("GLU", "4x5", 0, 5 * 10, None),
        ("LogSoftmax", "4x5", 0, 3 * 20, None), ("InstanceNorm", "4x5x7", 0, 5 * 140, None),
        ("InstanceNorm(affine=true)", "4x5x7", 0, 7 * 140, None), ("RMSNorm", "4x5", 0, 4 * 20, None),
        ("RMSNorm(affine=false)", "4x5", 0, 3 * 20, None), ("GMPool", "2x5x7", 0, 70, None),
        ("AdaptiveMPool(2x3)", "2x5x7", 0, 2 * (3 + 3) * (3 + 3 + 3), None),
        ("AdaptiveMPool(5x7)", "2x5x7", 0, 70, None),
        ("LPPool(3x2, 1)", "2x5x5", 0, 50 + 6 * 2 * 3 * 4 + 24, None), ("PixelShuffle", "4x5x7", 0, 0, None),
        ("PixelUnshuffle", "4x6x8", 0, 0, None), ("BlurPool", "2x5x7", 9 * 2 * 3 * 4, 0, None),
        ("Dropout2d", "4x5x5", 0, 0, None), ('Upsample(2, mode="bicubic")', "2x5x7", 0, 31 * 4 * 70, None),
        ('Upsample(2, mode="linear")', "2x5", 0, 3 * 2 * 10, None),
        ('Upsample(2, mode="trilinear")', "2x3x5x7", 0, 15 * 8 * 210, None),
        ("Conv(6, 9)", "4x50", 9 * 4 * 6 * 50, 300, 300 * 37), ("MPool(4)", "2x16", 0, 4 * 8, None),
        ("Conv(6, 3x1x2, pad=0)", "4x5x5x7", 6 * 4 * 6 * 3 * 5 * 6, 6 * 90, 6 * 90 * 25),
        ("AdaptiveAPool(3)", "2x7", 0, 2 * (3 + 3 + 3), None), ("APool(2)", "2x4x4x4", 0, 8 * 16, None),
        ("Dropout", "4x5", 0, 0, None), ("StochasticDepth(0.5)", "4x5", 0, 0, None), ("Identity", "4x5", 0, 0, None),
        ("MPool(3x2, 1)", "2x5x5", 0, 6 * 2 * 3 * 4, None), ("APool(3x2, 1)", "2x5x5", 0, 6 * 2 * 3 * 4, None),
        ("GAPool", "2x5x7", 0, 70, None), ("AdaptiveAPool(5x7)", "2x5x7", 0, 70, None),
        ("AdaptiveAPool(2x3)", "2x5x7", 0, 2 * (3 + 3) * (3 + 3 + 3), None),
        ("Upsample", "2x5x7", 0, 0, None), ('Upsample(2, mode="bilinear")', "2x5x7", 0, 7 * 4 * 70, None),
        ("Add", "4x5; 4x5", 0, 20, None), ("Add", "4x5; 4x5; 4x5", 0, 40, None),
        ("Neg", "4x5", 0, 20, None),
        ("Mul", "4x5; 4x5", 0, 20, None), ("Mul", "4x5; 4x1; 4x5", 0, 40, None), ("Concat", "4x5; 4x5", 0, 0, None),
        ("WindowAttention(2)", "2x3x2x2x8", 6 * (4 * 4 * 64 + 2 * 16 * 8), 6 * (5 * 2 * 16 + 4 * 4 * 8), None),
        ("WindowAttention(2, shift=0x1, bias=false)", "2x3x2x2x8", 6 * (4 * 4 * 64 + 2 * 16 * 8), 6 * 6 * 2 * 16, None),
        ("CosineWindowAttention(2, hidden=5)", "2x3x2x2x8", 6 * (4 * 4 * 64 + 2 * 16 * 8) + 9 * 5 * 4,
         6 * (6 * 2 * 16 + 4 * 4 * 8), None),
        ("Flatten", "4x5", 0, 0, None), ("Shuffle(2)", "4x5x5", 0, 0, None), ("Chunk(2)", "4x5", 0, 0, None),
    ],
)  # fmt: skip
def test_costs_by_hand(term: str, inputs: str, macs: int, elementwise: int, connections: int | None) -> None:
    """The numbers in the docstrings, for work that torch's counter does not see."""
    assert cost(term, inputs) == (macs, elementwise, connections)


def test_adaptive_pooling_reads_what_torch_reads() -> None:
    """The windows of a row or column, determined by changing one number of the input."""
    for size in range(1, 10):
        for windows_ in range(1, 10):
            found = cost(f"AdaptiveAPool({windows_}x1)", f"1x{size}x1")[1]
            rows = torch.nn.functional.adaptive_avg_pool2d(torch.eye(size).view(1, size, size, 1), (windows_, 1))
            assert found == int((rows > 0).sum())


@pytest.mark.parametrize(
    ("term", "inputs", "symbols"),
    [
        ("Conv(6)", "4x5x5", "D_K·D_K·M·N·D_F·D_F"), ("Conv(6, 1x3)", "4x5x7", "K_H·K_W·M·N·H·W"),
        ("Conv(6, 1)", "4x5x5", "M·N·D_F·D_F"), ("Conv(6, groups=2)", "4x5x5", "D_K·D_K·M/G·N·D_F·D_F"),
        ("DWConv", "4x5x5", "D_K·D_K·M·D_F·D_F"), ("DWConv(multiplier=2)", "4x5x5", "D_K·D_K·N·D_F·D_F"),
        ("FC(5)", "7", "M·N"), ("Linear(5)", "2x3x7", "L_1·L_2·M·N"),
    ],
)  # fmt: skip
def test_symbols_are_the_lecture_s(term: str, inputs: str, symbols: str) -> None:
    op, xs = op_of(term), types_of(inputs)
    ys = outputs(op, xs)
    assert not isinstance(ys, Problem)
    assert op.cost(xs, ys).macs.symbols == symbols


def test_a_table_s_rows_of_one_length_run_together() -> None:
    assert runs(((0,), (1,), (0, 1), (0,))) == ((1, 2), (2, 1), (1, 1))
    weights = op_of("Conv(3, 3x2, table=[[0], [1], [0, 1]])").weights(types_of("2x5x5"))
    assert {n: (w.shape, w.axes) for n, w in weights.items()} == {
        "convs.0.weight": ((2, 1, 3, 2), ("N_1", "M_1", "K_H", "K_W")),
        "convs.0.bias": ((2,), ("N_1",)),
        "convs.1.weight": ((1, 2, 3, 2), ("N_2", "M_2", "K_H", "K_W")),
        "convs.1.bias": ((1,), ("N_2",)),
    }


# -- what a bare term in a lecture's line means -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("previous", "pooled", "channels"),
    [(None, False, 64), (None, True, 64), (96, False, 96), (96, True, 192), (255, True, 510), (256, True, 512),
     (257, True, 512), (511, True, 512), (512, True, 512), (513, True, 513), (1024, True, 1024), (1024, False, 1024)],
)  # fmt: skip
def test_a_bare_convolution_doubles_after_a_pooling_up_to_512(
    previous: int | None, pooled: bool, channels: int
) -> None:
    given = Sketch(previous=previous, pooled=pooled, last=False, classes=10, input=TensorType(dims=(3, 8, 8)))
    assert registry()["Conv"].sketch(given) == {"channels": channels}


@pytest.mark.parametrize(("last", "width"), [(True, 17), (False, 512)])
def test_a_bare_fully_connected_layer_has_the_classes_at_the_end(last: bool, width: int) -> None:
    given = Sketch(previous=3, pooled=True, last=last, classes=17, input=TensorType(dims=(8,)))
    assert registry()["FC"].sketch(given) == {"width": width}


def test_the_poolings_of_a_sketch() -> None:
    """They halve the image, except for a pooling to one number."""
    assert {name for name, kind in registry().items() if kind.pools} == {
        "APool",
        "BlurPool",
        "LPPool",
        "MPool",
        "Subsample",
    }


def test_what_takes_how_many_tensors() -> None:
    several = {name: kind.inputs for name, kind in registry().items() if kind.inputs != (1, 1)}
    any_number = dict.fromkeys(("Add", "Concat", "Mul"), (2, None))
    two = dict.fromkeys(("Sub", "Div", "MatMul"), (2, 2))
    assert several == any_number | two | {"Attention": (1, 3), "Input": (0, 0)}


def test_one_row_is_the_least_that_is_left() -> None:
    assert outputs(op_of("Pad([[-7, 0], [0, -7]])"), types_of("4x8x8")) == types_of("4x1x1")
    assert isinstance(outputs(op_of("Pad([[-8, 0], [0, 0]])"), types_of("4x8x8")), Problem)


@pytest.mark.parametrize("kind", ["LN", "RMSNorm"])
@pytest.mark.parametrize("over", ["all", "last", "channels"])
def test_a_weight_has_the_axes_that_it_is_told_by(kind: str, over: str) -> None:
    xs = types_of("4x5x6")
    weight = op_of(f'{kind}(over="{over}")').weights(xs)["weight"]
    sizes = dict(extent(xs[0]))
    assert prod(sizes[axis] for axis in weight.axes) == prod(weight.shape)


def writes_over(kind: type[Op]) -> bool:
    """Whether torch's layer may overwrite its input."""
    xs = types_of(kind.examples[0].inputs) if kind.examples else ()
    return bool(xs) and torch_call(op_of(kind.examples[0].term).around(xs).op, xs).inplace


@pytest.mark.parametrize("kind", [*filter(writes_over, registry().values())], ids=lambda k: k.kind())
def test_an_output_that_autograd_keeps_is_not_written_over(kind: type[Op]) -> None:
    """Some layers keep their output only if they have overwritten their input."""
    xs = types_of(kind.examples[0].inputs)
    form = live(op_of(kind.examples[0].term).around(xs).op, xs)[0].train()
    form.__dict__["inplace"] = True
    made = form(torch.randn(2, *xs[0].dims, requires_grad=True) * 1.0)
    made.mul_(2)
    try:
        made.sum().backward()
        kept = False
    except RuntimeError:
        kept = True
    assert kind.needs_output or not kept


@pytest.mark.parametrize(
    ("term", "inputs", "came", "axis"),
    [
        ("Tokens", "8x3x5", 0, 1), ("FromTokens(3x5)", "15x8", 1, 0), ("Positions", "15x8", 0, 1),
        ("FromWindows", "3x2x2x4x8", 4, 0), ('FromWindows(channels="last")', "3x2x2x4x8", 4, 2),
        ("Positions", "8x3x5", 0, 0), ("Conv(4)", "8x3x5", 0, 0), ("Linear(4)", "15x8", 1, 1),
    ],
)  # fmt: skip
def test_which_axis_has_the_channels(term: str, inputs: str, came: int, axis: int) -> None:
    xs = types_of(inputs)
    op = op_of(term).around(xs).op
    y = op.infer(xs)
    assert isinstance(y, TensorType)
    assert op.channel_axis(came, xs[0], y) == axis


# -- what a place is computed from ------------------------------------------------------------------------------------

SLIDING = (
    "Conv(2, 3)", "Conv(2, 4x2, pad=1)", "Conv(2, 3x1, 2x3, pad=0)", "Conv(2, 2x3, dilation=3x2)", "DWConv(4x5, 2)",
    "MPool", "MPool(3x2, 2x1, pad=1)", "MPool(2x3, dilation=3x1)", "APool(3, 1, pad=1)", "APool(1x2, 3)",
    "APool(2, 2, pad=1, count_pad=false)", "Subsample", "Subsample(3x2, 2x1)", "AdaptiveAPool(3x4)",
    "AdaptiveAPool(1x6)", "GAPool", "Upsample", "Upsample(3x1)", "BN", "LN", "GN(2)", "ReLU", "SM", "Norm(3)",
    "ConvTranspose(2)",
    "Shuffle(2)", "Identity", "Tanh(2, 1)", "AdaptiveMPool(3x4)", "LPPool(3x2, 2x1)", "GMPool", "PixelUnshuffle(3)",
    "PixelShuffle", "InstanceNorm", "RMSNorm", "LogSoftmax", "GLU", "PReLU", "Dropout2d", "Upsample(size=24x36)",
    'Conv(2, 3, 2, pad="same")', 'Conv(2, 4, pad="same")', "Conv(2, 3, 2, pad=[[0, 1]])", "BlurPool(4, 3)",
    'Conv(2, 4x3, 3, pad=[[2, 0], [0, 1]], pad_mode="replicate")',
    "Affine([1, 2, 3, 4], [4, 3, 2, 1])", "AdaptiveAPool(5x5)",
)  # fmt: skip
NO_WINDOW = ("GAPool", "LN", "GN(2)", "GMPool", "InstanceNorm", "RMSNorm", "AdaptiveAPool(5x5)")
"""What reads all places, or not as many for each."""


def read_by_each(op: Op, xs: Types, axis: int, places: int) -> list[list[int]]:
    """For each row (or column) of the output, those of the input that it depends on."""
    form = live(op, xs)[0].eval()
    read: list[list[int]] = [[] for _ in range(places)]
    for at in range(xs[0].dims[axis]):
        x = torch.rand(1, *xs[0].dims)
        x.narrow(axis + 1, at, 1).fill_(torch.nan)
        with torch.no_grad():
            touched = form(x).isnan().movedim(axis + 1, 0).flatten(1).any(1)
        for place in touched.nonzero().flatten().tolist():
            read[place].append(at)
    return read


@pytest.mark.parametrize("axis", [1, 2], ids=["rows", "columns"])
@pytest.mark.parametrize("term", SLIDING)
def test_a_window_is_what_a_place_depends_on(term: str, axis: int) -> None:
    """A row (or column) of NaN spreads to exactly the positions that read it. Dilation leaves some out."""
    xs = types_of("4x12x12")
    op = op_of(term).around(xs).op
    ys = outputs(op, xs)
    assert not isinstance(ys, Problem)
    window, size, places = op.window(xs, ys), 12, ys[0].dims[axis]
    assert (window is None) == (term in NO_WINDOW)
    for place, found in enumerate(read_by_each(op, xs, axis, places)):
        if window is None:
            assert len(found) == size or size % places, term
            continue
        stride, pad, reach, scale = (pair[axis - 1] for pair in (window.stride, window.pad, window.reach, window.scale))
        first = place * stride // scale - pad
        inside = [r for r in range(first, first + reach) if 0 <= r < size]
        assert set(found) <= set(inside)
        if first >= 0 and first + reach <= size:
            assert (min(found), max(found)) == (inside[0], inside[-1]), term


@pytest.mark.parametrize("axis", [1, 2], ids=["rows", "columns"])
@pytest.mark.parametrize("term", [
    "ConvTranspose(2, 3, 2, pad=1, output_pad=1)", "ConvTranspose(2, 5x4, 1x3, pad=2x1)", "ConvTranspose(2, 3, 3)",
    "ConvTranspose(2, 4x5, 2, pad=1x3)", "ConvTranspose(2, 2x3, 4x2, output_pad=3x1)",
])  # fmt: skip
def test_a_window_is_what_neighbouring_places_depend_on(term: str, axis: int) -> None:
    """The outputs that an enlarging layer makes for one position read different ones: the window contains them all."""
    op, xs = op_of(term), types_of("4x12x12")
    ys = outputs(op, xs)
    assert not isinstance(ys, Problem)
    window, size, places = op.window(xs, ys), 12, ys[0].dims[axis]
    assert (window is None) == (term in NO_WINDOW)
    assert window is not None
    stride, pad, reach, scale = (pair[axis - 1] for pair in (window.stride, window.pad, window.reach, window.scale))
    assert stride == 1
    read = read_by_each(op, xs, axis, places)
    for start in range(0, places - scale + 1, scale):
        found = {at for one in read[start : start + scale] for at in one}
        first = start // scale - pad
        assert found <= set(range(first, first + reach))
        if first >= 0 and first + reach <= size:
            assert (min(found), max(found)) == (first, first + reach - 1)


@pytest.mark.parametrize("term", ['Upsample(2, mode="bilinear")', 'Upsample(3x2, mode="bilinear")'])
def test_bilinear_interpolation_reads_its_neighbours(term: str) -> None:
    op, xs = op_of(term), types_of("1x6x6")
    (y,) = outputs(op, xs)  # type: ignore[misc]
    window = op.window(xs, (y,))
    assert window is not None and (window.reach, window.pad, window.stride) == ((3, 3), (1, 1), (1, 1))
    assert window.scale == (y.height // 6, y.width // 6)


def test_layers_whose_windows_differ_have_none() -> None:
    for term, none in (("AdaptiveAPool(5x6)", True), ("AdaptiveAPool(6x5)", True), ("AdaptiveAPool(6)", False),
                       ("AdaptiveAPool(1)", True), ("AdaptiveAPool(1x2)", False)):  # fmt: skip
        op, xs = op_of(term), types_of("4x12x12")
        assert (op.window(xs, outputs(op, xs)) is None) == none, term  # type: ignore[arg-type]


def test_a_linear_layer_mixes_the_last_axis_and_slides_over_none() -> None:
    for term, inputs, window in (("Linear(8)", "4", POINT), ("Linear(8)", "4x6x6", None)):
        xs = types_of(inputs)
        op = op_of(term)
        assert op.window(xs, outputs(op, xs)) == window, inputs  # type: ignore[arg-type]


# -- how figures and emitted code see it ------------------------------------------------------------------------------

FAMILIES = {
    "input": "Input",
    "conv": "Conv ConvTranspose DWConv ScaledStdConv",
    "linear": "Attention CosineWindowAttention FC Linear RBF WindowAttention",
    "pool": "APool MPool GAPool GMPool AdaptiveAPool AdaptiveMPool LPPool BlurPool Subsample",
    "norm": "BN GN InstanceNorm LN RMSNorm Norm Affine Positions Scale",
    "activation": "CELU ELU GELU GLU HSigmoid HSwish LeakyReLU Mish PReLU ReLU ReLU6 SELU SiLU Sigmoid Softplus Tanh",
    "regularization": "Dropout Dropout2d StochasticDepth",
    "merge": "Add Arithmetic Concat Div MatMul Mul Neg Sub",
    "shape": "Chunk Crop Flatten FromTokens FromWindows Identity Pad PadChannels Param Permute PixelShuffle "
    "PixelUnshuffle Reshape Roll Shuffle Slice Split Tokens Upsample Windows",
    "head": "SM LogSoftmax",
}


def test_families_of_colours() -> None:
    wanted = {name: family for family, names in FAMILIES.items() for name in names.split()}
    assert {name: registry()[name].family for name in wanted} == wanted
    assert {kind.family for kind in registry().values()} == {*FAMILIES}


def test_names_and_aliases_are_kinds() -> None:
    for name, kind in registry().items():
        assert lookup(name) is kind and kind.kind() == name
        assert all(lookup(alias) is kind for alias in kind.aliases)
    assert lookup("Nope") is None


def written(term: str, inputs: str) -> tuple[Any, ...]:
    """The constructor of a layer: its class, its arguments by position and by name."""
    op, xs = op_of(term), types_of(inputs)
    module = torch_call(expanded(op, xs)[-1], xs).module
    assert module is not None
    return module.target, module.args, dict(module.kwargs)


@pytest.mark.parametrize(
    ("term", "inputs", "expected"),
    [
        ("Conv(4)", "3x8x8", ("nn.Conv2d", (3, 4, 3), {"padding": 1})),
        ("Conv(4, 1)", "3x8x8", ("nn.Conv2d", (3, 4, 1), {})),
        ("Conv(4, 3x1, 1x2, bias=false)", "3x8x8",
         ("nn.Conv2d", (3, 4, (3, 1)), {"stride": (1, 2), "padding": (1, 0), "bias": False})),
        ("DWConv", "3x8x8", ("nn.Conv2d", (3, 3, 3), {"padding": 1, "groups": 3})),
        ("MPool", "3x8x8", ("nn.MaxPool2d", (2,), {})),
        ("MPool(3, 2, pad=1, ceil=true, dilation=2)", "3x8x8",
         ("nn.MaxPool2d", (3,), {"stride": 2, "padding": 1, "dilation": 2, "ceil_mode": True})),
        ("APool(3, 3)", "3x9x9", ("nn.AvgPool2d", (3,), {})),
        ("APool(2, 1, count_pad=false)", "3x9x9", ("nn.AvgPool2d", (2,), {"stride": 1, "count_include_pad": False})),
        ("Subsample", "6x4x4", ("Subsample", (6,), {})),
        ("Subsample(3, 2)", "6x8x8", ("Subsample", (6,), {"kernel_size": 3, "stride": 2})),
        ("Norm", "4x3x3", ("nn.LocalResponseNorm", (5,), {"alpha": 5e-4, "k": 2.0})),
        ("LN", "8", ("nn.LayerNorm", (8,), {})),
        ("LN", "8x2", ("nn.LayerNorm", ((8, 2),), {})),
        ("Dropout", "8", ("nn.Dropout", (), {})),
        ("Dropout(0.1)", "8", ("nn.Dropout", (0.1,), {})),
        ("Upsample", "2x3x3", ("nn.Upsample", (), {"scale_factor": 2})),
        ("StochasticDepth(0.1)", "8", ("StochasticDepth", (0.1,), {})),
        ('StochasticDepth(0.1, mode="batch")', "8", ("StochasticDepth", (0.1, "batch"), {})),
        ("PadChannels(9, before=2)", "4x2x2", ("nn.ZeroPad3d", ((0, 0, 0, 0, 2, 3),), {})),
    ],
)  # fmt: skip
def test_what_torch_assumes_is_not_written(term: str, inputs: str, expected: Types) -> None:
    assert written(term, inputs) == expected
