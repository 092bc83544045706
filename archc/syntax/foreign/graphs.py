"""Networks of other files whose layers are more than a chain, as the statements that they are here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from keyword import iskeyword
from typing import NamedTuple

_LONGEST = 900
"""Letters of statements that are shown."""


class GraphLayer(NamedTuple):
    """A layer of a graph: its name, its term, or the word for what it merges, and the layers that it reads.

    A layer is known by its number; -1 is what comes into the network.
    """

    name: str
    term: str
    merge: str
    inputs: tuple[int, ...]


def statements(layers: Sequence[GraphLayer], results: Sequence[int] = ()) -> list[str]:
    """The statements for a graph: a name for each tensor that is read twice, chains in between.

    Empty if there are none for it, or they are long. Without `results`, what nobody reads is the result.
    """
    uses = Counter(index for each in layers for index in each.inputs)
    ends = list(results) or [i for i in range(len(layers)) if not uses[i]]
    uses.update(results)
    texts: dict[int, str] = {-1: ""}
    lines: list[str] = []
    for index, each in enumerate(layers):
        inputs = [texts[i] for i in each.inputs]
        if each.merge:
            text = f"{each.merge} {{ {' | '.join(i or 'in' for i in inputs)} }}"
        elif len(inputs) == 1:
            text = " - ".join(filter(None, (inputs[0], each.term)))
        else:
            return []
        if len(text) > _LONGEST:
            return []
        if uses[index] > 1 or (index in ends and len(ends) > 1):
            name = _name(each.name, index)
            lines.append(f"{name} = {text}")
            text = name
        texts[index] = text
    if len(ends) == 1:
        lines.append(texts[ends[0]])
    elif ends:
        lines.append(f"return {', '.join(texts[i] for i in ends)}")
    return lines if len("".join(lines)) <= _LONGEST else []


def _name(text: str, index: int) -> str:
    """A name for a tensor."""
    plain = re.sub(r"\W+", "_", text).strip("_")
    return plain if plain.isidentifier() and not iskeyword(plain) and len(plain) > 1 else f"x{index}"
