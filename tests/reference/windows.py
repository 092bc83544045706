"""Windows of an image, and attention within them, position by position and head by head."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import isqrt, log
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tests.reference.layers import pair


def _places(spread: bool, count: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """The row and column in the image of each position in each window."""
    found = torch.zeros(*count, *size, 2, dtype=torch.long)
    for i, j, k, m in product(range(count[0]), range(count[1]), range(size[0]), range(size[1])):
        row = k * count[0] + i if spread else i * size[0] + k
        found[i, j, k, m] = torch.tensor((row, m * count[1] + j if spread else j * size[1] + m))
    return found


def in_windows(a: Mapping[str, Any], x: Tensor) -> Tensor:
    last = x if a["channels"] == "last" else x.permute(0, 2, 3, 1)
    size = pair(a["size"])
    places = _places(a["spread"], (last.shape[1] // size[0], last.shape[2] // size[1]), size)
    return last[:, places[..., 0], places[..., 1]]


def from_windows(a: Mapping[str, Any], x: Tensor) -> Tensor:
    n, rows, columns, h, w, c = x.shape
    places = _places(a["spread"], (rows, columns), (h, w))
    image = x.new_zeros(n, rows * h, columns * w, c)
    image[:, places[..., 0], places[..., 1]] = x
    return image if a["channels"] == "last" else image.permute(0, 3, 1, 2)


def attended_in_windows(kind: str, a: Mapping[str, Any], x: Tensor, w: Mapping[str, Tensor]) -> Tensor:
    """Attention window by window and head by head; pairs that are adjacent only because of the roll get -100."""
    n, rows, columns, h, width, c = x.shape
    heads, (down, across) = a["heads"], pair(a["shift"])
    size, cosine = c // heads, kind == "CosineWindowAttention"
    first, last = ("qkv", "proj") if cosine else a["names"]
    biases = w.get(f"{first}.bias")
    if cosine and biases is not None:
        biases = biases * torch.tensor([1.0, 0.0, 1.0], dtype=x.dtype).repeat_interleave(c)
    places = list(product(range(h), range(width)))
    relative = _relative(kind, a, w)
    out = torch.empty_like(x)
    for i, j in product(range(rows), range(columns)):
        made = functional.linear(x[:, i, j].reshape(n, h * width, c), w[f"{first}.weight"], biases)
        part = [(i == rows - 1 and k >= h - down, j == columns - 1 and m >= width - across) for k, m in places]
        apart = torch.tensor([[-100.0 * (one != other) for other in part] for one in part], dtype=x.dtype)
        means = []
        for head in range(heads):
            q, k, v = (t[:, :, head * size : (head + 1) * size] for t in made.chunk(3, 2))
            if cosine:
                q, k = (t / t.norm(dim=2, keepdim=True).clamp(min=1e-12) for t in (q, k))
                fit = q @ k.transpose(1, 2) * w["logit_scale"][head].clamp(max=log(100)).exp()
            else:
                fit = q @ k.transpose(1, 2) * (size**-0.5 if a["scale"] is None else a["scale"])
            means.append((fit + relative[head] + apart).softmax(2) @ v)
        out[:, i, j] = functional.linear(torch.cat(means, 2), w[f"{last}.weight"], w.get(f"{last}.bias")).reshape(
            n, h, width, c
        )
    return out


def _relative(kind: str, a: Mapping[str, Any], w: Mapping[str, Tensor]) -> Tensor:
    """The bias of each pair of positions, head by head."""
    index = w["relative_position_index"].reshape(-1)
    n = isqrt(len(index))
    if kind == "WindowAttention":
        return w["relative_position_bias_table"][index].T.reshape(-1, n, n)
    far = w["relative_coords_table"].reshape(-1, 2)[index]
    features = functional.linear(far, w["cpb_mlp.0.weight"], w["cpb_mlp.0.bias"]).clamp(min=0)
    return 16 * torch.sigmoid(functional.linear(features, w["cpb_mlp.2.weight"])).T.reshape(-1, n, n)
