"""Functions of programs whose counterpart depends on their arguments: `clamp(x, 0, 6)`, `tf.split(x, 2)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

Given = Sequence[tuple[str | None, str]]
"""The arguments of a call without the tensor: the name of each, if it has one, and its text."""

_FLAT = frozenset({"", "1,2", "2,3", "-1,-2", "-2,-1", "-1", "3", "2"})
"""Axes of rows and columns, which `squeeze` removes."""
_CALLED = frozenset({"ReLU", "GELU", "SiLU", "Tanh", "Sigmoid", "BN", "GAPool", "Flatten"})
"""Layers that people call on a tensor, and that take no word for an argument."""
_WORDS = frozenset("inplace training true false none yes no on off inf nan".split())
"""Words that are values."""
_LIBRARIES = ("tf.", "jnp.", "np.")
"""Libraries whose `split` is told the number of parts, and not their size."""


def of_tensors(name: str, arguments: Given) -> tuple[str, str] | None:
    """The term for a function, empty if there is none, and what to do then; None for any other function."""
    if name in _CALLED and (found := _called(name, arguments)) is not None:
        return found
    known = _FUNCTIONS.get(name.rpartition(".")[2].lower())
    return known(name, arguments) if known is not None else None


def _called(name: str, arguments: Given) -> tuple[str, str] | None:
    """`ReLU(y)`: a layer without arguments that is called on a tensor."""
    label, text = arguments[0] if len(arguments) == 1 else (None, "")
    is_tensor = label is None and re.fullmatch(r"[a-z]\w*", text) is not None and text not in _WORDS
    return (f"{text} - {name}", "") if is_tensor else None


def _clipped(_: str, arguments: Given) -> tuple[str, str] | None:
    """`clamp(x, 0, 6)`, `x.clamp(min=0)`."""
    given = [text for label, text in arguments if label != "max"]
    low = next(iter(given), "")
    high = next((text for label, text in arguments if label == "max"), given[1] if len(given) > 1 else "None")
    if re.fullmatch(r"0(\.0*)?", low) is None:
        return None
    if high == "None":
        return "ReLU", ""
    return ("ReLU6", "") if re.fullmatch(r"6(\.0*)?", high) else None


def _split(name: str, arguments: Given) -> tuple[str, str] | None:
    """`tf.split(x, 2)`, which tells the number of parts, and `torch.split(x, 16)`, which tells their size."""
    size = next((text for label, text in arguments if label not in ("dim", "axis")), "")
    if not size.isdigit():
        return None
    if name.startswith(_LIBRARIES):
        return f"Chunk({size})", ""
    return "", f"equal parts are told by their number: `Chunk(2)`; or by the sizes of all: `Split([{size}, {size}])`"


def _resized(name: str, arguments: Given) -> tuple[str, str] | None:
    """`tf.image.resize(x, (64, 64))`, `jax.image.resize(x, (1, 64, 64, 3), "nearest")`."""
    sizes = re.findall(r"-?\w+", arguments[0][1]) if arguments and ".image." in name else []
    sizes = sizes[1:3] if len(sizes) == 4 else sizes
    if len(sizes) != 2:
        return None
    words = " ".join(text.lower() for _, text in arguments[1:])
    mode = next((each for each in ("nearest", "bicubic") if each in words), "bilinear")
    return f'Upsample(mode="{mode}", size=[{", ".join(sizes)}])', ""


def _squeezed(_: str, arguments: Given) -> tuple[str, str] | None:
    """`tf.squeeze(x, [1, 2])`."""
    axes = ",".join(re.findall(r"-?\d+", " ".join(text for _, text in arguments)))
    return ("Flatten", "") if axes in _FLAT else None


def _greatest(name: str, arguments: Given) -> tuple[str, str] | None:
    """`max(a, b)` of two tensors."""
    tensors = [text for label, text in arguments if label is None and re.fullmatch(r"[A-Za-z_]\w*", text)]
    if len(tensors) < 2:
        return None
    word = "minimum" if name.lower().startswith("min") else "maximum"
    return "", f"archc has no {word} of tensors; a sum is `{' + '.join(tensors)}`, a product `{' * '.join(tensors)}`"


def _relu(_: str, arguments: Given) -> tuple[str, str] | None:
    """`layers.ReLU(6.)`, `ReLU(max_value=6)`."""
    high = next((text for label, text in arguments if label in (None, "max_value")), "")
    return ("ReLU6", "") if re.fullmatch(r"6(\.0*)?", high) else None


def _product(_: str, arguments: Given) -> tuple[str, str] | None:
    """`tf.matmul(x, W)`."""
    names = [text for label, text in arguments if label is None and re.fullmatch(r"[A-Za-z_]\w*", text)]
    if not names:
        return None
    advice = "a layer has weights of its own: a product with a matrix is `FC(10)`, one of two tensors `(a, b) - MatMul`"
    return "", advice


_FUNCTIONS: Mapping[str, Callable[[str, Given], tuple[str, str] | None]] = {
    **dict.fromkeys(("clamp", "clip", "clip_by_value", "clamp_"), _clipped),
    "split": _split,
    "resize": _resized,
    "squeeze": _squeezed,
    "relu": _relu,
    **dict.fromkeys(("matmul", "bmm", "mm"), _product),
    **dict.fromkeys(("max", "min", "maximum", "minimum"), _greatest),
}
