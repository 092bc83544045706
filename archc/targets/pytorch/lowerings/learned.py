"""Learned tensors, which are parameters of the enclosing module, and the layers of transformers."""

from __future__ import annotations

from archc.ir.sym import floating, same
from archc.ir.torch_call import Expression, TorchCall, TorchModule, changed
from archc.ir.types import Types
from archc.ops.attention import Attention
from archc.ops.param import LearnedTensor
from archc.ops.positions import Positions
from archc.ops.scale import LayerScale
from archc.targets.pytorch.registry import lowers

_ATTENTION = '''\
class SelfAttention(nn.Module):
    """Multi-head self-attention with the weights of `nn.MultiheadAttention`.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2.
    """

    def __init__(self, embed_dim: int, num_heads: int, bias: bool = True) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * embed_dim, embed_dim))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim)) if bias else None
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        nn.init.xavier_uniform_(self.in_proj_weight)
        if bias:
            nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made = nn.functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        heads = torch.unflatten(made, 2, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(heads[0], heads[1], heads[2])
        out: torch.Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return out
'''

_CROSS = '''\
class CrossAttention(nn.Module):
    """Multi-head attention of tokens to others, weighted as `nn.MultiheadAttention`.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.3.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        bias: bool = True,
        kdim: int | None = None,
        vdim: int | None = None,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        if {kdim or embed_dim, vdim or embed_dim} == {embed_dim}:
            self.in_proj_weight = nn.Parameter(torch.empty(3 * embed_dim, embed_dim))
        else:
            self.q_proj_weight = nn.Parameter(torch.empty(embed_dim, embed_dim))
            self.k_proj_weight = nn.Parameter(torch.empty(embed_dim, kdim or embed_dim))
            self.v_proj_weight = nn.Parameter(torch.empty(embed_dim, vdim or embed_dim))
        for weight in self.parameters():
            nn.init.xavier_uniform_(weight)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * embed_dim)) if bias else None
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias)
        if bias:
            nn.init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor | None = None,
    ) -> torch.Tensor:
        if hasattr(self, "in_proj_weight"):
            q_weight, k_weight, v_weight = self.in_proj_weight.chunk(3)
        else:
            q_weight, k_weight = self.q_proj_weight, self.k_proj_weight
            v_weight = self.v_proj_weight
        q = nn.functional.linear(query, q_weight)
        k = nn.functional.linear(key, k_weight)
        v = nn.functional.linear(key if value is None else value, v_weight)
        if self.in_proj_bias is not None:
            q_bias, k_bias, v_bias = self.in_proj_bias.chunk(3)
            q, k, v = q + q_bias, k + k_bias, v + v_bias
        heads = (self.num_heads, -1)
        q = torch.unflatten(q, 2, heads).transpose(1, 2)
        k = torch.unflatten(k, 2, heads).transpose(1, 2)
        v = torch.unflatten(v, 2, heads).transpose(1, 2)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        out: torch.Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return out
'''


_NORMAL = '''\
def normal(mean: float, std: float, *size: int) -> torch.Tensor:
    """Draw a tensor on the current device, as `torch.normal` does not."""
    return torch.empty(size).normal_(mean, std)
'''


def _filled(shape: tuple[int, ...], mean: float, std: float, use: Expression) -> TorchCall:
    """A learned tensor, initialised with one number or normally distributed."""
    if not same(std, 0.0):
        return TorchCall(TorchModule("normal", (mean, std, *shape), use=use), module_definition=_NORMAL)
    if same(mean, 0.0):
        return TorchCall(TorchModule("torch.zeros", (shape,), use=use))
    if same(mean, 1.0):
        return TorchCall(TorchModule("torch.ones", (shape,), use=use))
    return TorchCall(TorchModule("torch.full", (shape, floating(mean)), use=use))


@lowers(LayerScale)
def scale(op: LayerScale, xs: Types) -> TorchCall:
    """A learned factor."""
    return _filled(op.shape(xs[0]), op.init, 0.0, Expression("{w} * {0}", precedence="product"))


@lowers(Positions)
def positions(op: Positions, xs: Types) -> TorchCall:
    """A learned tensor that is added."""
    return _filled((1, *xs[0].dims), 0.0, op.std, Expression("{0} + {w}", precedence="sum"))


@lowers(LearnedTensor)
def param(op: LearnedTensor, xs: Types) -> TorchCall:
    """A learned tensor, for each sample."""
    return _filled((1, *op.shape), op.init, op.std, Expression(f"{{w}}.expand({{0}}.shape[0]{', -1' * len(op.shape)})"))


@lowers(Attention)
def attention(op: Attention, xs: Types) -> TorchCall:
    """Attention by a class of its own: in torch `forward` takes three tensors and gives two."""
    width = xs[0].dims[1]
    if len(xs) == 1:
        module = TorchModule("SelfAttention", (width, op.heads), changed(bias=(op.bias, True)))
        return TorchCall(module, definition=_ATTENTION)
    widths = changed(bias=(op.bias, True), kdim=(xs[1].dims[1], width), vdim=(xs[-1].dims[1], width))
    return TorchCall(TorchModule("CrossAttention", (width, op.heads), widths), definition=_CROSS)
