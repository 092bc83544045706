"""The differences between two state dicts: key by key, or grouped by modules that only one of them has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import torch

Layout: TypeAlias = Mapping[str, tuple[tuple[int, ...], torch.dtype]]
"""The shape and dtype of each entry of a state dict."""


def layout_of(state: Mapping[str, torch.Tensor]) -> Layout:
    """The layout of a state dict."""
    return {key: (tuple(tensor.shape), tensor.dtype) for key, tensor in state.items()}


def every_difference(ours: Layout, theirs: Layout) -> tuple[str, ...]:
    """A line for each key that differs."""
    return (
        *(f"{key} is missing" for key in theirs if key not in ours),
        *(f"{key} is too much" for key in ours if key not in theirs),
        *_reshaped(ours, theirs),
    )


def grouped_differences(ours: Layout, theirs: Layout) -> tuple[str, ...]:
    """The same, with one line for a module that only one of the two has."""
    return (
        *(f"{part} missing" for part in _parts(theirs, ours)),
        *(f"{part} too much" for part in _parts(ours, theirs)),
        *_reshaped(ours, theirs),
    )


def _reshaped(ours: Layout, theirs: Layout) -> Iterable[str]:
    """The keys that both have with a different shape or dtype."""
    for key, entry in ours.items():
        if key in theirs and entry != theirs[key]:
            yield f"{key} is {_shown(entry)}, not {_shown(theirs[key])}"


def _parts(of: Layout, without: Layout) -> Iterable[str]:
    """The largest modules of which the other layout has no key, and single keys next to others that it has."""
    known = {prefix for key in without for prefix in _prefixes(key)}
    counts: dict[str, int] = {}
    for key in of:
        if key not in without:
            part = next((prefix for prefix in _prefixes(key) if prefix not in known), key)
            counts[part] = counts.get(part, 0) + 1
    for part, count in counts.items():
        yield f"{part} is" if part in of else f"{part}* ({count} {'keys' if count > 1 else 'key'}) is"


def _prefixes(key: str) -> Iterable[str]:
    """The modules that contain a key, outermost first: `layer1.` and `layer1.0.` of `layer1.0.weight`."""
    names = key.split(".")[:-1]
    return (".".join(names[: i + 1]) + "." for i in range(len(names)))


def _shown(entry: tuple[tuple[int, ...], torch.dtype]) -> str:
    return "x".join(map(str, entry[0])) + f" {str(entry[1]).removeprefix('torch.')}"
