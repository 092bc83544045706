"""Normalisations and attention that a model computes itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn
from torch.nn import functional

import archc
from archc.cli.main import cli
from tests.importing.test_importing import compact

Normed = Callable[[Tensor, nn.Parameter, nn.Parameter], Tensor]


class Norm(nn.Module):
    """A normalisation by a function of a tensor and two weights."""

    def __init__(self, function: Normed, names: tuple[str, str], size: int) -> None:
        super().__init__()
        for name in names:
            self.register_parameter(name, nn.Parameter(torch.rand(size)))
        self.function, self.names = function, names

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *(getattr(self, name) for name in self.names))


class Image(nn.Module):
    """A convolution and a normalisation of its result, an image or a list of tokens."""

    def __init__(self, function: Normed, names: tuple[str, str] = ("weight", "bias"), tokens: bool = False) -> None:
        super().__init__()
        self.conv, self.norm, self.tokens = nn.Conv2d(3, 4, 1), Norm(function, names, 4), tokens

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        normed: Tensor = self.norm(x.flatten(2).transpose(1, 2) if self.tokens else x)
        return normed


def imported(model: nn.Module) -> str:
    return compact(archc.import_module(model, (3, 6, 6)))


# -- normalisations ---------------------------------------------------------------------------------------------------


def of_convnext(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    u = x.mean(1, keepdim=True)
    s = (x - u).pow(2).mean(1, keepdim=True)
    x = (x - u) / torch.sqrt(s + 1e-6)
    return weight[:, None, None] * x + bias[:, None, None]


def of_restormer(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    u = x.mean(1, keepdim=True)
    d = x - u
    y = d * torch.rsqrt((d * d).mean(dim=1, keepdim=True) + 1e-6)
    return y.mul(weight.view(1, -1, 1, 1)).add(bias.view(1, -1, 1, 1))


def by_variance(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    mean, variance = x.mean(1, keepdim=True), x.var(1, keepdim=True, unbiased=False)
    return (x - mean) / (variance + 1e-6) ** 0.5 * weight.reshape(-1, 1, 1) + bias.reshape(-1, 1, 1)


@pytest.mark.parametrize("function", [of_convnext, of_restormer, by_variance])
def test_a_normalisation_of_channels_becomes_a_layer(function: Normed) -> None:
    assert 'conv: Conv(4, 1) - norm: LN(1e-06, over="channels")' in imported(Image(function))


def of_tokens(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    d = x - x.mean(-1, keepdim=True)
    return weight * (d / torch.sqrt(d.pow(2).mean(-1, keepdim=True) + 1e-6)) + bias


def by_torch(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return functional.layer_norm(x, (4,), weight, bias, 1e-6)


@pytest.mark.parametrize("function", [of_tokens, by_torch])
def test_a_normalisation_of_features_becomes_a_layer(function: Normed) -> None:
    assert 'Tokens - norm: LN(1e-06, over="last")' in imported(Image(function, tokens=True))


class Computed(nn.Module):
    """A convolution and a function of its result, as tokens or as an image, with a weight for each channel."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], tokens: bool = False) -> None:
        super().__init__()
        self.conv, self.norm, self.tokens = nn.Conv2d(3, 4, 1), nn.Module(), tokens
        self.norm.register_parameter("weight", nn.Parameter(torch.rand(4)))
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x = x.flatten(2).transpose(1, 2) if self.tokens else x
        weight = self.norm.weight
        assert isinstance(weight, Tensor)
        return self.function(x, weight if self.tokens else weight[:, None, None])


def _centred(x: Tensor) -> Tensor:
    return x - x.mean(1, keepdim=True)


def _root(x: Tensor) -> Tensor:
    return torch.sqrt(_centred(x).pow(2).mean(1, keepdim=True) + 1e-6)


@pytest.mark.parametrize(
    ("tokens", "wanted", "function"),
    [
        (
            True,
            'Tokens - norm: RMSNorm(1e-06, over="last")',
            lambda x, w: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * w,
        ),
        (
            False,
            '1.5 * (conv: Conv(4, 1) - LN(affine=false, over="channels"))',
            lambda x, w: 1.5 * (_centred(x) / (_centred(x).square().mean((1,), True) + 1e-5).sqrt()),
        ),
    ],
)
def test_a_normalisation_without_a_bias_or_without_weights(
    tokens: bool, wanted: str, function: Callable[[Tensor, Tensor], Tensor]
) -> None:
    model = Computed(function, tokens)
    if "norm:" not in wanted:
        del model.norm.weight
        model.norm.weight = torch.ones(4)
    assert wanted in imported(model)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x, w: _centred(x) / (x.std(1, keepdim=True) + 1e-6) * w, "torch.Tensor.std"),
        (lambda x, w: _centred(x) / torch.sqrt(x.var(1, keepdim=True) + 1e-6) * w, "torch.Tensor.var"),
        (lambda x, w: _centred(x) / torch.sqrt(_centred(x).pow(2).mean(2, keepdim=True) + 1e-6) * w, "torch.sqrt"),
        (lambda x, w: _centred(x) / torch.sqrt(x.pow(2).mean(1, keepdim=True) + 1e-6) * w, "torch.sqrt"),
        (lambda x, w: torch.div(_centred(x), _root(x), rounding_mode="floor") * w, "torch.sqrt"),
    ],
)
def test_what_only_resembles_a_normalisation_is_rejected_with_its_line(
    function: Callable[[Tensor, Tensor], Tensor], reason: str
) -> None:
    with pytest.raises(archc.NotImported, match=f"(?s)E0802.*{reason} at test_written.py"):
        imported(Computed(function))


def test_a_part_that_is_read_again_is_no_part_of_a_layer() -> None:
    def function(x: Tensor, w: Tensor) -> Tensor:
        d = _centred(x)
        return d / torch.sqrt(d.pow(2).mean(1, keepdim=True) + 1e-6) * w + d

    with pytest.raises(archc.NotImported, match="E0802"):
        imported(Computed(function))


@pytest.mark.parametrize("names", [("gamma", "beta"), ("bias", "weight")])
def test_weights_with_other_names_are_said(names: tuple[str, str]) -> None:
    one, other = names
    said = f"a normalisation with the weights `norm.{one}` and `norm.{other}`, not .* at test_written.py:.* return"
    with pytest.raises(archc.NotImported, match=said):
        imported(Image(of_convnext, names))


class Unbiased(nn.Module):
    """Tokens, and layer normalisations without a bias or without weights."""

    def __init__(self, features: int | tuple[int, ...] = 4) -> None:
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(3, 4, 1), nn.LayerNorm(features, bias=False), nn.Linear(4, 5)
        nn.init.uniform_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x).flatten(2).transpose(1, 2))
        scores: Tensor = self.head(functional.layer_norm(x, (4,)))
        return scores


def test_a_layer_normalisation_without_a_bias_is_one_without_weights_and_a_scale() -> None:
    text = imported(Unbiased())
    assert 'LN(over="last") - norm: (weight: Scale(over="last")) - LN(over="last")' in text
    assert "default LN(affine=false)" in text


def test_a_layer_normalisation_without_a_bias_over_several_axes_is_rejected() -> None:
    with pytest.raises(archc.NotImported, match="without a bias over several axes"):
        imported(Unbiased((36, 4)))


# -- weights that are read in parts -----------------------------------------------------------------------------------


class Placed(nn.Module):
    """Tokens, and a function of them and of their positions."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.conv, self.positions = nn.Conv2d(3, 4, 1), nn.Parameter(torch.rand(1, 36, 4))
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.conv(x).flatten(2).transpose(1, 2), self.positions)


def test_a_slice_of_all_positions_is_the_positions() -> None:
    model = Placed(lambda x, positions: x + positions[:, : x.shape[1]])
    assert "Tokens - positions: Positions" in imported(model)


@pytest.mark.parametrize("index", [[3, 2, 1, 0], [0, 1, 2, 3]])
def test_an_order_of_weights_is_not_the_weights(index: list[int]) -> None:
    with pytest.raises(archc.NotImported, match="(?s)E0802.*a sum with a tensor at test_written.py"):
        imported(Placed(lambda x, positions: x + positions[:, :, index]))


# -- attention --------------------------------------------------------------------------------------------------------

Attended = Callable[[Tensor, Tensor, Tensor], Tensor]


class Attention(nn.Module):
    """Attention of tokens to each other, as in vision transformers."""

    def __init__(self, take: Callable[[Tensor], tuple[Tensor, ...]], attend: Attended) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)
        self.take, self.attend = take, attend

    def forward(self, x: Tensor) -> Tensor:
        batch, places, features = x.shape
        query, key, value = self.take(self.qkv(x))
        x = self.attend(query, key, value).transpose(1, 2)
        projected: Tensor = self.proj(x.reshape(batch, places, features))
        return projected


class Transformer(nn.Module):
    """A block with attention."""

    def __init__(self, take: Callable[[Tensor], tuple[Tensor, ...]], attend: Attended) -> None:
        super().__init__()
        self.embed, self.norm, self.head = nn.Conv2d(3, 8, 2, 2), nn.LayerNorm(8), nn.Linear(8, 5)
        self.attn = Attention(take, attend)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x).flatten(2).transpose(1, 2)
        x = x + self.attn(self.norm(x))
        scores: Tensor = self.head(x[:, 0])
        return scores


def _heads(x: Tensor) -> Tensor:
    return x.reshape(x.shape[0], x.shape[1], 3, 2, 4).permute(2, 0, 3, 1, 4)


def by_unbind(x: Tensor) -> tuple[Tensor, ...]:
    return _heads(x).unbind(0)


def by_index(x: Tensor) -> tuple[Tensor, ...]:
    heads = _heads(x)
    return heads[0], heads[1], heads[2]


def by_iteration(x: Tensor) -> tuple[Tensor, ...]:
    query, key, value = _heads(x)
    return query, key, value


def by_chunk(x: Tensor) -> tuple[Tensor, ...]:
    return tuple(t.reshape(*t.shape[:2], 2, 4).transpose(1, 2) for t in x.chunk(3, dim=-1))


def by_hand(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.transpose(-2, -1) * 4**-0.5).softmax(dim=-1) @ value


def by_functions(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return torch.matmul(functional.softmax(torch.matmul(query / 2, key.mT), dim=3), value)


def by_letters(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    weights = torch.einsum("b h i d, b h j d -> b h i j", query * 0.5, key).softmax(-1)
    return torch.einsum("bhij,bhjd->bhid", weights, value)


@pytest.mark.parametrize("take", [by_unbind, by_index, by_iteration, by_chunk])
@pytest.mark.parametrize("attend", [by_hand, by_functions, by_letters, functional.scaled_dot_product_attention])
def test_attention_becomes_products(take: Callable[[Tensor], tuple[Tensor, ...]], attend: Attended) -> None:
    text = imported(Transformer(take, attend))
    assert 'SM("last")' in text and "qkv: Linear(24)" in text and text.count("MatMul") == 2
    assert "MatMul(transpose=true)" in text or (take is by_chunk and attend is not by_letters)


def test_attention_becomes_a_block_that_is_imported_again(tmp_path: Path) -> None:
    text = archc.import_module(Transformer(by_unbind, by_hand), (3, 6, 6))
    spec, code = tmp_path / "net.arch", tmp_path / "net.py"
    spec.write_text(text)
    for command in (["compile", str(spec), "-o", str(code)], ["diff", str(spec), f"{code}:Transformer"]):
        more = ["--input", "3x6x6"] if command[0] == "diff" else []
        done = CliRunner().invoke(cli, [*command, *more])
        assert done.exit_code == 0, done.output
    assert "equal" in done.output


def masked(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(query, key, value, is_causal=True)


def weighed(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return query @ torch.ones(4, 4) + key + value


def other_letters(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return torch.einsum("bhid,bhij->bhjd", query, query @ key.transpose(-2, -1)) + value


def broadcast(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return query @ (key[:, :1].transpose(-2, -1) @ value[:, :1])


@pytest.mark.parametrize(
    ("attend", "reason"),
    [
        (masked, "F.scaled_dot_product_attention with a mask or dropout"),
        (weighed, "a matrix product with a weight or a constant"),
        (other_letters, "torch.einsum of `bhid,bhij->bhjd`"),
        (broadcast, "a matrix product that repeats its input"),
    ],
)
def test_other_products_are_rejected_with_their_lines(attend: Attended, reason: str) -> None:
    with pytest.raises(archc.NotImported, match=f"(?s)E0802.*{reason} at test_written.py"):
        imported(Transformer(by_unbind, attend))
