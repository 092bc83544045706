"""Attention within windows, by classes that torch does not have."""

from __future__ import annotations

from archc.ir.torch_call import TorchCall, TorchModule, changed
from archc.ir.types import Types
from archc.ops.cosine_window_attention import CosineWindowAttention
from archc.ops.window_attention import USUAL, WindowAttention
from archc.targets.pytorch.registry import lowers

_SHARED = '''\
def relative_positions(height: int, width: int) -> torch.Tensor:
    """Give pairs of positions in a window the numbers of their relative positions."""
    rows = torch.arange(height).repeat_interleave(width)
    columns = torch.arange(width).repeat(height)
    down = rows[:, None] - rows + height - 1
    across = columns[:, None] - columns + width - 1
    return down * (2 * width - 1) + across


def kept_apart(x: torch.Tensor, shift: tuple[int, int]) -> torch.Tensor:
    """Make a mask for a rolled image: -100 between positions that were far apart.

    Only the last row and column of windows have such positions.
    """
    _, rows, columns, height, width, _ = x.shape
    part = x.new_zeros(rows, columns, height, width)
    part[-1, :, height - shift[0] :] += 1
    part[:, -1, :, width - shift[1] :] += 2
    places = part.flatten(2).flatten(0, 1)
    return (places[:, None, :] != places[:, :, None]).to(x.dtype)[:, None] * -100.0
'''
_ATTENTION = '''\
class {name}(nn.Module):
    """Self-attention within windows, with a learned bias for each relative position.

    Source: Liu et al. 2021, arXiv:2103.14030, equation 4.
    """

    def __init__(
        self,
        dim: int,
        window: tuple[int, int],
        num_heads: int,
        shift: tuple[int, int] = (0, 0),
        scale: float | None = None,
        bias: bool = True,
        flat: bool = True,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.shift = shift
        self.scale = (dim // num_heads) ** -0.5 if scale is None else scale
        positions = (2 * window[0] - 1) * (2 * window[1] - 1)
        table = nn.init.trunc_normal_(torch.empty(positions, num_heads), std=0.02)
        self.relative_position_bias_table = nn.Parameter(table)
        self.relative_position_index: torch.Tensor
        index = relative_positions(window[0], window[1])
        index = index.flatten() if flat else index
        self.register_buffer("relative_position_index", index)
        self.{first} = nn.Linear(dim, 3 * dim, bias=bias)
        self.{last} = nn.Linear(dim, dim, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        places = x.shape[3] * x.shape[4]
        size = x.shape[5] // self.num_heads
        made = self.{first}(x).reshape(-1, places, 3, self.num_heads, size)
        q, k, v = made.permute(2, 0, 3, 1, 4).unbind()
        weights = q * self.scale @ k.transpose(-2, -1)
        bias = self.relative_position_bias_table[self.relative_position_index.view(-1)]
        weights = weights + bias.view(places, places, -1).permute(2, 0, 1)
        if max(self.shift) > 0:
            by_window = torch.unflatten(weights, 0, (x.shape[0], -1))
            weights = (by_window + kept_apart(x, self.shift)).flatten(0, 1)
        mixed = weights.softmax(-1) @ v
        out: torch.Tensor = self.{last}(mixed.transpose(1, 2).reshape(x.shape))
        return out
'''
_COSINE = '''\
def relative_coordinates(height: int, width: int) -> torch.Tensor:
    """List the relative positions in a window, as logarithms from -1 to 1."""
    rows = torch.arange(1.0 - height, height) / max(height - 1, 1)
    columns = torch.arange(1.0 - width, width) / max(width - 1, 1)
    far = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), -1)[None] * 8
    return far.sign() * torch.log2(far.abs() + 1.0) / 3.0


class CosineWindowAttention(nn.Module):
    """Self-attention within windows by the angle of queries and keys.

    The bias of a relative position is computed from it.
    Source: Liu et al. 2022, arXiv:2111.09883, sections 3.2 and 3.3.
    """

    def __init__(
        self,
        dim: int,
        window: tuple[int, int],
        num_heads: int,
        shift: tuple[int, int] = (0, 0),
        bias: bool = True,
        hidden: int = 512,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.shift = shift
        self.logit_scale = nn.Parameter(torch.full((num_heads, 1, 1), 10.0).log())
        self.relative_coords_table: torch.Tensor
        table = relative_coordinates(window[0], window[1])
        self.register_buffer("relative_coords_table", table)
        self.relative_position_index: torch.Tensor
        index = relative_positions(window[0], window[1]).flatten()
        self.register_buffer("relative_position_index", index)
        self.qkv = nn.Linear(dim, 3 * dim, bias=bias)
        self.proj = nn.Linear(dim, dim, bias=bias)
        self.cpb_mlp = nn.Sequential(
            nn.Linear(2, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, num_heads, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        places, c = x.shape[3] * x.shape[4], x.shape[5]
        bias: torch.Tensor | None = self.qkv.bias  # without the keys' part
        if bias is not None:
            bias = torch.cat([bias[:c], torch.zeros_like(bias[:c]), bias[2 * c :]])
        made = F.linear(x, self.qkv.weight, bias)
        heads = made.reshape(-1, places, 3, self.num_heads, c // self.num_heads)
        q, k, v = heads.permute(2, 0, 3, 1, 4).unbind()
        q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
        scale = self.logit_scale.clamp(max=4.605170185988092).exp()  # at most 100
        table = self.cpb_mlp(self.relative_coords_table).view(-1, self.num_heads)
        relative = table[self.relative_position_index].view(places, places, -1)
        weights = q @ k.transpose(-2, -1) * scale
        weights = weights + 16 * torch.sigmoid(relative.permute(2, 0, 1))
        if max(self.shift) > 0:
            by_window = torch.unflatten(weights, 0, (x.shape[0], -1))
            weights = (by_window + kept_apart(x, self.shift)).flatten(0, 1)
        mixed = weights.softmax(-1) @ v
        out: torch.Tensor = self.proj(mixed.transpose(1, 2).reshape(x.shape))
        return out
'''


@lowers(WindowAttention)
def window_attention(op: WindowAttention, xs: Types) -> TorchCall:
    """Attention within windows, with a table of biases; a class for each pair of names."""
    *_, h, w, c = xs[0].dims
    first, last = op.names
    named = "" if op.names == USUAL else "".join(word.title().replace("_", "") for word in op.names)
    name = f"WindowAttention{named}"
    definition = _ATTENTION.replace("{name}", name).replace("{first}", first).replace("{last}", last)
    arguments = changed(shift=(op.shift, (0, 0)), scale=(op.scale, None), bias=(op.bias, True), flat=(op.flat, True))
    return _called(TorchModule(name, (c, (h, w), op.heads), arguments), definition)


@lowers(CosineWindowAttention)
def cosine_window_attention(op: CosineWindowAttention, xs: Types) -> TorchCall:
    """Attention within windows, with biases that are computed."""
    *_, h, w, c = xs[0].dims
    arguments = changed(shift=(op.shift, (0, 0)), bias=(op.bias, True), hidden=(op.hidden, 512))
    module = TorchModule("CosineWindowAttention", (c, (h, w), op.heads), arguments)
    return _called(module, _COSINE)


def _called(module: TorchModule, definition: str) -> TorchCall:
    """A module of a class, with the functions that the classes share."""
    return TorchCall(module, definition=definition, module_definition=_SHARED)
