"""StochasticDepth: a residual branch that is left out at random."""

from __future__ import annotations

from archc.network.arguments import Fraction, Mode
from archc.network.autograd import Saved, new
from archc.network.op import Example, Look, Op
from archc.network.torch_call import Expression, Module, TorchCall
from archc.network.types import TensorType, Types

_FUNCTION = '''\
def stochastic_depth(
    x: torch.Tensor,
    p: float,
    mode: str,
    training: bool,
) -> torch.Tensor:
    """In training, set samples (mode "row") or the batch to zero with probability `p`.

    What is kept is scaled by 1/(1-p).
    Source: Huang et al. 2016, arXiv:1603.09382.
    """
    if not training or p == 0.0:
        return x
    size = [x.shape[0] if mode == "row" else 1] + [1] * (x.dim() - 1)
    kept = torch.empty(size, dtype=x.dtype, device=x.device).bernoulli_(1.0 - p)
    return x * kept if p == 1.0 else x * kept.div_(1.0 - p)
'''
_MODULE = '''\
class StochasticDepth(nn.Module):
    """In training, leave out a residual branch with probability `p`."""

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return stochastic_depth(x, self.p, self.mode, self.training)
'''


class StochasticDepth(Op):
    """In training, sets a residual branch to zero with probability `p`, and scales the rest.

    Each sample has its own chance (`mode="row"`), or the whole batch has one (`mode="batch"`).

    Shape:  unchanged
    Cost:   none: it does nothing in evaluation
    Source: Huang et al. 2016, arXiv:1603.09382; `mode` as in torchvision.ops.StochasticDepth
    """

    p: Fraction
    mode: Mode = "row"

    look = Look("regularization", "StochasticDepth {p}")
    examples = (
        Example("StochasticDepth(0.2)", "64x7x7", "64x7x7"),
        Example('StochasticDepth(0.1, mode="batch")', "16", "16"),
    )
    needs_output = True

    def infer(self, xs: Types) -> TensorType:
        return xs[0]

    def saves(self, xs: Types, ys: Types) -> tuple[Saved, ...]:
        return () if self.p == 0 else (new("mask", 1, batch=self.mode == "batch"),)

    def views(self, xs: Types, training: bool) -> bool:
        return not training or self.p == 0

    def torch(self, xs: Types) -> TorchCall:
        args = (self.p,) if self.mode == "row" else (self.p, self.mode)
        return TorchCall(
            Module("StochasticDepth", args),
            Expression(f'stochastic_depth({{0}}, {{p}}, "{self.mode}", self.training)', {"p": self.p}),
            definition=_FUNCTION,
            module_definition=_MODULE,
        )
