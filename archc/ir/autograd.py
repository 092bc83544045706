"""What autograd keeps of a layer for the backward pass.

Source: PyTorch's `tools/autograd/derivatives.yaml` and, for composite functions, their definitions in
`torch/nn/functional.py`. The tests compare every op with `saved_tensors_hooks`.
"""

from __future__ import annotations

from typing import Literal

from archc.support.record import Record

Keeps = Literal["inputs", "outputs", "either", "nothing"]


class Saved(Record):
    """A tensor that is kept from the forward pass for the backward pass.

    `of`: input or output number `index` of the layer, or a new tensor that exists for this purpose only. For a new one:
    `name` describes it, `elements` is its size (for one sample, or for the batch if `batch`), and `dtype` is "same" for
    that of the activations, "float32" for at least that, or "int64".
    `needs`: it is kept only if this input needs a gradient; None if it is kept whenever the layer needs one.
    `trained`: it is kept only if the layer is not frozen: for the gradient of weights, or in training mode.
    """

    of: Literal["input", "output", "new"]
    index: int = 0
    name: str = ""
    elements: int = 0
    dtype: Literal["same", "float32", "int64"] = "same"
    batch: bool = False
    needs: int | None = None
    trained: bool = False


def new(
    name: str,
    elements: int,
    dtype: Literal["same", "float32", "int64"] = "same",
    *,
    batch: bool = False,
    trained: bool = False,
) -> Saved:
    """A tensor that exists for the backward pass only: a mask, indices, statistics."""
    return Saved("new", name=name, elements=elements, dtype=dtype, batch=batch, trained=trained)
