"""Safetensors files: their keys, shapes and metadata, without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archc.runtime.weights.errors import WeightsError, needs
from archc.support.record import Record

ENDING = ".safetensors"
ABOUT = "archc"
"""The metadata entry of archc: JSON with `digest`, the spec's SHA-256, `spec`, `classes` and `preprocess`.

There is only one entry because the library writes several in arbitrary order, and equal runs must give equal bytes.
"""


class Header(Record):
    """The metadata of a safetensors file, without its tensors."""

    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, str]
    metadata: Mapping[str, str]

    @property
    def digest(self) -> str | None:
        """The SHA-256 of the spec that the weights were trained with; None if the file lacks it."""
        found = about(self.metadata).get("digest")
        return found if isinstance(found, str) else None


def about(metadata: Mapping[str, str]) -> Mapping[str, Any]:
    """What archc wrote into a file's metadata about its weights; empty if the file has another origin."""
    try:
        found = json.loads(metadata.get(ABOUT, "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def read_header(path: Path) -> Header:
    """The header of a file. Raises `WeightsError`."""
    with opened(path, "numpy") as file:
        slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118 - the library's file is no mapping
        return Header(
            {key: tuple(s.get_shape()) for key, s in slices.items()},
            {key: str(s.get_dtype()) for key, s in slices.items()},
            dict(file.metadata() or {}),
        )


def opened(path: Path, framework: str) -> Any:
    """Open a safetensors file. Raises `WeightsError`."""
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise needs("finetune", error) from None
    try:
        return safe_open(path, framework)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"cannot read {path}: {str(error).splitlines()[0] if str(error) else error!r}") from None
