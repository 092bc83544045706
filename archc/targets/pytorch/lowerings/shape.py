"""Ops that move numbers without computing any."""

from __future__ import annotations

from archc.ir.sym import same
from archc.ir.torch_call import Expression, TorchCall, TorchModule, changed, function, square
from archc.ir.types import Types
from archc.ops.chunk import Chunk
from archc.ops.concat import Concat
from archc.ops.crop import Crop
from archc.ops.flatten import Flatten
from archc.ops.from_tokens import FromTokens
from archc.ops.from_windows import FromWindows
from archc.ops.pad import Pad
from archc.ops.pad_channels import PadChannels
from archc.ops.permute import Permute
from archc.ops.pixel_shuffle import PixelShuffle
from archc.ops.pixel_unshuffle import PixelUnshuffle
from archc.ops.reshape import Reshape
from archc.ops.roll import Roll
from archc.ops.shuffle import Shuffle
from archc.ops.slice import Slice
from archc.ops.split import Split
from archc.ops.tokens import Tokens
from archc.ops.upsample import Upsample
from archc.ops.windows import Windows
from archc.targets.pytorch.registry import constant, lowers

_CHANNEL_SHUFFLE = '''\
def channel_shuffle(x: torch.Tensor, groups: int) -> torch.Tensor:
    """Take the first channel of each group, then the second of each, and so on.

    Source: Zhang et al. 2017, arXiv:1707.01083, section 3.1.
    """
    grouped = x.reshape(x.shape[0], groups, x.shape[1] // groups, -1)
    return grouped.transpose(1, 2).reshape(x.shape)
'''
_CHANNEL_SHUFFLE_MODULE = '''\
class ChannelShuffle(nn.Module):
    """The first channel of each group, then the second of each: `channel_shuffle`."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return channel_shuffle(x, self.groups)
'''
_CHANNEL_SLICE = '''\
class ChannelSlice(nn.Module):
    """The channels from `start` up to, but not including, `stop`."""

    def __init__(self, start: int, stop: int | None) -> None:
        super().__init__()
        self.start = start
        self.stop = stop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.start : self.stop]
'''
_AXIS_SLICE = '''\
class AxisSlice(nn.Module):
    """Every `step`th position of an axis, from `start` up to `stop`, exclusive."""

    def __init__(self, axis: int, start: int, stop: int | None, step: int) -> None:
        super().__init__()
        self.axis = axis
        self.start = start
        self.stop = stop
        self.step = step

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        moved = x.transpose(0, self.axis)
        return moved[self.start : self.stop : self.step].transpose(0, self.axis)
'''

_PERMUTE = '''\
class Permute(nn.Module):
    """The axes in another order; axis 0 is the batch."""

    def __init__(self, order: list[int]) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(self.order)
'''
_TOKENS = '''\
class Tokens(nn.Module):
    """The positions of an image, row by row, with the channels last."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).transpose(1, 2)
'''
_FROM_TOKENS = '''\
class FromTokens(nn.Module):
    """The image whose positions, row by row, are the tokens."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height = height
        self.width = width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.unflatten(x.transpose(1, 2), 2, (self.height, self.width))
'''
_CROP = '''\
def center_crop(x: torch.Tensor, size: list[int]) -> torch.Tensor:
    """Take the centre of each axis after the channels."""
    for axis, n in enumerate(size, 2):
        x = x.narrow(axis, (x.shape[axis] - n) // 2, n)
    return x
'''
_CROP_MODULE = '''\
class CenterCrop(nn.Module):
    """The centre of each axis after the channels: `center_crop`."""

    def __init__(self, size: list[int]) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return center_crop(x, self.size)
'''

_WINDOWS = '''\
def windows(x: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Cut an image, channels last, into windows: their rows and columns come first."""
    rows = torch.unflatten(x, 1, (-1, size[0]))
    return torch.unflatten(rows, 3, (-1, size[1])).transpose(2, 3)
'''
_FROM_WINDOWS = '''\
def from_windows(x: torch.Tensor) -> torch.Tensor:
    """Join windows to an image, channels last."""
    return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)
'''
_GRID = '''\
def grid(x: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Cut an image, channels last, into windows whose positions are spread over it."""
    rows = torch.unflatten(x, 1, (size[0], -1))
    return torch.unflatten(rows, 3, (size[1], -1)).permute(0, 2, 4, 1, 3, 5)
'''
_FROM_GRID = '''\
def from_grid(x: torch.Tensor) -> torch.Tensor:
    """Join windows whose positions are spread over an image, channels last."""
    return x.permute(0, 3, 1, 4, 2, 5).flatten(3, 4).flatten(1, 2)
'''

lowers(Flatten)(constant("nn.Flatten", "torch.flatten({0}, 1)"))


@lowers(Concat)
def concat(op: Concat, xs: Types) -> TorchCall:
    """Channels of several tensors, one after the other."""
    return TorchCall(expression=Expression(f"torch.cat([{{*}}], {1 if op.over == 'channels' else -1})"))


@lowers(Chunk)
def chunk(op: Chunk, xs: Types) -> TorchCall:
    """Channels in equal parts. One part is taken out of its tuple."""
    only = "[0]" if op.n == 1 else ""
    return TorchCall(expression=Expression(f"{{0}}.chunk({{n}}, 1){only}", {"n": op.n}))


@lowers(Split)
def split(op: Split, xs: Types) -> TorchCall:
    """Channels in parts of given sizes. One part is taken out of its tuple."""
    only = "[0]" if len(op.sizes) == 1 else ""
    values = {f"n{i}": n for i, n in enumerate(op.sizes)}
    slots = ", ".join(f"{{{name}}}" for name in values)
    return TorchCall(expression=Expression(f"torch.split({{0}}, [{slots}], 1){only}", values))


@lowers(Slice)
def channel_slice(op: Slice, xs: Types) -> TorchCall:
    """Some of the channels, or of the positions of another axis."""
    start = "" if same(op.start, 0) else "{start}"
    end = "" if op.stop is None else "{stop}"
    step = "" if op.step == 1 else ":{step}"
    axes = ":, " * next(i for i in range(1, len(xs[0].dims) + 1) if op.axis == i - 1)
    values = {name: n for name, n in (("start", op.start), ("stop", op.stop), ("step", op.step)) if n is not None}
    expression = Expression(f"{{0}}[{axes}{start}:{end}{step}]", values)
    at = axes.count(":")
    if not step and at == 1:
        return TorchCall(TorchModule("ChannelSlice", (op.start, op.stop)), expression, module_definition=_CHANNEL_SLICE)
    module = TorchModule("AxisSlice", (at, op.start, op.stop, op.step))
    return TorchCall(module, expression, module_definition=_AXIS_SLICE)


@lowers(PadChannels)
def pad_channels(op: PadChannels, xs: Types) -> TorchCall:
    """Channels of zeros before and after."""
    (x,) = xs
    axes = len(x.dims)
    after = op.channels - x.channels - op.before
    kept = "0, 0, " * (axes - 1)
    return TorchCall(
        TorchModule(f"nn.ZeroPad{axes}d", ((*(0, 0) * (axes - 1), op.before, after),)),
        Expression(f"F.pad({{0}}, ({kept}{{before}}, {{after}}))", {"before": op.before, "after": after}),
    )


_PADDINGS = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}
"""The names of torch's padding layers, `nn.ZeroPad2d` and so on."""


@lowers(Pad)
def pad(op: Pad, xs: Types) -> TorchCall:
    """Rows and columns around an image. Torch expects the last axis first."""
    sides = tuple(n for side in reversed(op.sides()) for n in side)
    values = {f"n{i}": n for i, n in enumerate(sides)}
    slots = ", ".join(f"{{{name}}}" for name in values)
    mode = "" if op.pad_mode == "zeros" else f', mode="{op.pad_mode}"'
    given = sides[0] if all(same(n, sides[0]) for n in sides) else sides
    return TorchCall(
        TorchModule(f"nn.{_PADDINGS[op.pad_mode]}Pad{xs[0].axes}d", (given,)),
        Expression(f"F.pad({{0}}, ({slots}){mode})", values),
    )


@lowers(Shuffle)
def shuffle(op: Shuffle, xs: Types) -> TorchCall:
    """The channel shuffle, which torch has under another contract."""
    return TorchCall(
        TorchModule("ChannelShuffle", (op.groups,)),
        function("channel_shuffle", op.groups),
        definition=_CHANNEL_SHUFFLE,
        module_definition=_CHANNEL_SHUFFLE_MODULE,
    )


@lowers(PixelShuffle)
def pixel_shuffle(op: PixelShuffle, xs: Types) -> TorchCall:
    """Channels that become rows and columns."""
    return TorchCall(TorchModule("nn.PixelShuffle", (op.scale,)), function("F.pixel_shuffle", op.scale))


@lowers(PixelUnshuffle)
def pixel_unshuffle(op: PixelUnshuffle, xs: Types) -> TorchCall:
    """Rows and columns that become channels."""
    return TorchCall(TorchModule("nn.PixelUnshuffle", (op.scale,)), function("F.pixel_unshuffle", op.scale))


@lowers(Upsample)
def upsample(op: Upsample, xs: Types) -> TorchCall:
    """Resizing. Torch takes no `align_corners` for the nearest neighbour."""
    where = {"scale_factor": (square(op.scale), None)} if op.size is None else {"size": (square(op.size), None)}
    aligned = {} if op.nearest else {"align_corners": (op.align, False)}
    arguments = changed(**where, mode=(op.mode, "nearest"), **aligned)
    return TorchCall(TorchModule("nn.Upsample", (), arguments), function=f"F.interpolate:{op.mode}")


@lowers(Permute)
def permute(op: Permute, xs: Types) -> TorchCall:
    """The axes in another order. In torch, the first is the batch."""
    order = [0, *(i + 1 for i in op.order)]
    said = ", ".join(map(str, order))
    return TorchCall(TorchModule("Permute", (order,)), Expression(f"{{0}}.permute({said})"), module_definition=_PERMUTE)


@lowers(Reshape)
def reshape(op: Reshape, xs: Types) -> TorchCall:
    """The same numbers in another shape."""
    values = {f"n{i}": n for i, n in enumerate(op.shape)}
    slots = ", ".join(f"{{{name}}}" for name in values)
    return TorchCall(
        TorchModule("nn.Unflatten", (1, op.shape)) if not xs[0].axes else None,
        Expression(f"{{0}}.reshape(-1, {slots})", values),
    )


@lowers(Tokens)
def tokens(op: Tokens, xs: Types) -> TorchCall:
    """The positions of an image as a list."""
    return TorchCall(TorchModule("Tokens"), Expression("{0}.flatten(2).transpose(1, 2)"), module_definition=_TOKENS)


@lowers(FromTokens)
def from_tokens(op: FromTokens, xs: Types) -> TorchCall:
    """An image from a list of tokens."""
    h, w = op.size
    return TorchCall(
        TorchModule("FromTokens", (h, w)),
        Expression("torch.unflatten({0}.transpose(1, 2), 2, ({rows}, {columns}))", {"rows": h, "columns": w}),
        module_definition=_FROM_TOKENS,
    )


@lowers(Crop)
def crop(op: Crop, xs: Types) -> TorchCall:
    """The centre of an image."""
    sizes = {f"n{i}": n for i, n in enumerate(op.size)}
    slots = ", ".join(f"{{{name}}}" for name in sizes)
    return TorchCall(
        TorchModule("CenterCrop", (list(op.size),)),
        Expression(f"center_crop({{0}}, [{slots}])", sizes),
        definition=_CROP,
        module_definition=_CROP_MODULE,
    )


@lowers(Roll)
def roll(op: Roll, xs: Types) -> TorchCall:
    """Axes that are rolled; the others are not named."""
    moved = [i for i, n in enumerate(op.shift) if not same(n, 0)] or [0]
    values = {f"n{i}": op.shift[i] for i in moved}
    slots = ", ".join(f"{{{name}}}" for name in values)
    axes = ", ".join(str(i + 1) for i in moved)
    return TorchCall(expression=Expression(f"{{0}}.roll(({slots}), ({axes}))", values))


@lowers(Windows)
def windows(op: Windows, xs: Types) -> TorchCall:
    """An image in windows."""
    name, definition = ("grid", _GRID) if op.spread else ("windows", _WINDOWS)
    last = "{0}.permute(0, 2, 3, 1)" if op.channels == "first" else "{0}"
    h, w = op.size
    expression = Expression(f"{name}({last}, ({{rows}}, {{columns}}))", {"rows": h, "columns": w})
    return TorchCall(expression=expression, definition=definition)


@lowers(FromWindows)
def from_windows(op: FromWindows, xs: Types) -> TorchCall:
    """Windows as an image."""
    name, definition = ("from_grid", _FROM_GRID) if op.spread else ("from_windows", _FROM_WINDOWS)
    first = ".permute(0, 3, 1, 2)" if op.channels == "first" else ""
    return TorchCall(expression=Expression(f"{name}({{0}}){first}"), definition=definition)
