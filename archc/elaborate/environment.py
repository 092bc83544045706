"""The names that a spec may not give."""

from __future__ import annotations

import keyword

RESERVED = frozenset(
    {
        "self",
        "super",
        "torch",
        "nn",
        "math",
        "F",
        "Tensor",
        "OrderedDict",
        "NamedTuple",
        "in_channels",
        "range",
        "enumerate",
        "zip",
    }
)
"""Names that emitted code gives a meaning of its own."""


def is_reserved(name: str) -> bool:
    """Whether a value or parameter may not be called `name`, because emitted Python could not call it so."""
    return (
        keyword.iskeyword(name)
        or name in RESERVED
        or name.startswith("__")
        or (name.startswith("in_") and name[3:].isdigit())
        or name == "in_"
    )
