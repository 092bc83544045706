"""Methods of tensors in programs, `x.flatten(1)`, and the terms that do the same."""

from __future__ import annotations

import re

from archc.diagnostics.words.meaning import Written, meaning
from archc.diagnostics.words.table import table
from archc.syntax.foreign.statement import BrokenStatement

_NOTHING = frozenset("contiguous detach clone to cuda cpu float half type size numpy".split())
"""Methods that change nothing of what is computed."""
_BATCH = re.compile(r"-?\d+|[a-zA-Z_]\w*(\.\w+)*(\(0\)|\[0\])?")
"""How the number of samples is written where a shape is given."""
FUNCTIONS = frozenset({"reshape", "reduce_mean", "mean"})
"""Methods that libraries have as functions of a tensor too."""
_EXCHANGED = {"1,3": "[2, 1, 0]", "2,3": "[0, 2, 1]"}
"""Two axes of a batch of images, and the order of those of one once they are exchanged."""
_IMAGE = frozenset({"2,3", "-1,-2", "-2,-1", "3,2", "1,2"})
"""The rows and columns of an image, after the batch and the channels or before the latter."""


def method(name: str, arguments: Written, before: tuple[str, ...]) -> tuple[str, ...] | None:
    """The terms of a chain once a method is called on it; None where there are none for it.

    Args:
        name: The method.
        arguments: Its arguments.
        before: The terms of the chain up to it, the last of which may belong to it: `x.flatten(2).transpose(1, 2)`.
    """
    given = _numbers(arguments)
    if name in _NOTHING:
        return before
    if name == "squeeze" and before[-1:] in (("GAPool",), ("GMPool",)):
        return (*before, "Flatten")
    if name in ("transpose", "permute", "swapaxes") and before[-1:] == ("Flatten",):
        return (*before[:-1], "Tokens") if given in (["1", "2"], ["0", "2", "1"], ["-1", "-2"]) else None
    if name in ("transpose", "swapaxes") and (order := _EXCHANGED.get(",".join(sorted(given)))) is not None:
        return (*before, f"Permute({order})")
    if name == "permute" and given and sorted(given) == [str(i) for i in range(len(given))] and given[0] == "0":
        return (*before, f"Permute([{', '.join(str(int(n) - 1) for n in given[1:])}])")
    if name in ("view", "reshape", "flatten"):
        return (*before, _shaped(name, given))
    if name in ("mean", "reduce_mean") and ",".join(given) in _IMAGE:
        return (*before, "GAPool")
    if name == "chunk" and given:
        return (*before, f"Chunk({given[0]})")
    if name in table().methods:
        return None
    meant = meaning(name, arguments) if name.islower() else None
    return (*before, meant.text) if meant is not None and meant.text else None


def _numbers(arguments: Written) -> list[str]:
    """The arguments without brackets, those that are no axis or size left out."""
    texts = [text for label, text in arguments if label in (None, "dim", "axis", "dims")]
    whole = ",".join(texts)
    if whole[:1] in ("(", "[") and whole[-1:] in (")", "]"):
        whole = whole[1:-1]
    return [part.strip() for part in whole.split(",") if part.strip()]


def _shaped(name: str, given: list[str]) -> str:
    """The term for another shape: `Flatten`, or `Reshape` to sizes that are written out after the batch."""
    sizes = given[1:]
    if name == "flatten" or len(sizes) < 2 or not _BATCH.fullmatch(given[0]):
        return "Flatten"
    return f"Reshape([{', '.join(sizes)}])" if all(re.fullmatch(r"-?\w+", size) for size in sizes) else "Flatten"


def indexed(index: str) -> tuple[str, ...]:
    """The terms for `x[:, 0]`, the first token, and `x[:, 1:]`, all behind it."""
    if (first := re.fullmatch(r":\s*,\s*:\s*(\d+)", index)) is not None:
        return (f"Slice(0, {first[1]})",)
    found = re.fullmatch(r":\s*,\s*(-?\d+)(\s*:\s*(\d*))?", index)
    if found is None:
        return ()
    if found[2] is None:
        return (f"Slice({found[1]}, {int(found[1]) + 1})", "Flatten") if int(found[1]) >= 0 else ()
    return (f"Slice({found[1]}{f', {found[3]}' if found[3] else ''})",)


def shuffled(s: BrokenStatement, at: int) -> tuple[int, str] | None:
    """`.view(b, g, c // g, h, w).transpose(1, 2).reshape(b, c, h, w)`: channels that change places, and the groups."""
    methods: list[tuple[str, list[str], int]] = []
    while s.kind(at) == "DOT" and s.kind(at + 2) == "LPAR":
        closing = s.closing(at + 2)
        methods.append((s.text(at + 1), [text for _, text in s.arguments(at + 2)], closing))
        at = closing + 1
    names = [name for name, _, _ in methods if name != "contiguous"]
    if len(names) < 3 or names[0] not in ("view", "reshape") or names[1] not in ("transpose", "permute", "swapaxes"):
        return None
    sizes, order = methods[0][1], methods[1][1]
    exchanged = order in (["1", "2"], ["2", "1"], ["0", "2", "1", "3", "4"])
    if len(sizes) != 5 or not exchanged or names[2] not in ("view", "reshape", "flatten"):
        return None
    end = next(closing for name, _, closing in methods[2:] if name != "contiguous")
    return end, sizes[1]
