"""Layers of a Caffe prototxt, in a file of their own or inside a model, as the terms that they are here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from archc.diagnostics.words.meaning import known_arguments, meaning, rewritten
from archc.diagnostics.words.table import table
from archc.syntax.foreign.graphs import GraphLayer, statements
from archc.syntax.foreign.statement import BrokenStatement, Foreign

_BEGINS = re.compile(r"\blayers?\s*\{")
_FIELD = re.compile(r"(\w+)\s*:\s*(?:\"([^\"]*)\"|([\w.+-]+))")
_ASIDE = re.compile(
    r"\b(\w+_filler|param|include|exclude|transform_param|data_param|input_param|loss_param)\s*\{[^{}]*\}"
)
"""What is in braces and says nothing of the network: how weights start and are trained, when a layer is there."""
_WIRING = frozenset({"name", "type", "bottom", "top", "phase", "lr_mult", "decay_mult", "blobs_lr", "engine"})
_NO_TERMS = frozenset({"data", "input", "imagedata", "accuracy", "softmaxwithloss", "silence"})
"""Layers of which nothing is written in a spec."""
_MERGES = {"concat": "concat", "eltwise": "add"}
"""Layers that merge tensors."""
_LONGEST = 600
"""Letters of a chain that is shown."""


class CaffeLayer(NamedTuple):
    """A layer of a prototxt: its term, what it reads and what it makes."""

    kind: str
    text: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]


def layer(body: str) -> CaffeLayer:
    """The layer with these settings; its text is empty where it is nothing here."""
    fields = [(found[1], found[2] or found[3] or "") for found in _FIELD.finditer(_ASIDE.sub("", body))]
    first = dict(reversed(fields))
    kind, name = first.get("type", ""), re.sub(r"\W", "_", first.get("name", ""))
    given = tuple((label, text) for label, text in fields if label not in _WIRING)
    meant = meaning(kind, given) if kind.replace("_", "").lower() not in _NO_TERMS else None
    text = meant.text if meant is not None else ""
    if meant is None and kind in table().ours:  # one of archc's own with Caffe's words for its arguments
        text = rewritten(kind, *known_arguments(kind, given))
    is_named = text and " - " not in text and re.fullmatch(r"[A-Za-z_]\w*", name)
    bottoms, tops = (tuple(t for label, t in fields if label == side) for side in ("bottom", "top"))
    return CaffeLayer(kind, f"{name}: {text}" if is_named else text, bottoms, tops)


def chain(text: str) -> str:
    """The chain that the layers of a prototxt are; empty where they are more than a chain, or not all known."""
    terms: list[str] = []
    last = ""
    for each in map(layer, _bodies(text)):
        if each.kind.replace("_", "").lower() in _NO_TERMS:
            last = last or "".join(each.tops[:1])
            continue
        if not each.text or len(each.bottoms) != 1 or (last and each.bottoms[0] != last):
            return ""
        last = "".join(each.tops[:1])
        terms.append(each.text)
    whole = " - ".join(terms)
    return whole if len(terms) > 1 and len(whole) <= _LONGEST else ""


def graph(text: str) -> list[str]:
    """The statements that the layers of a prototxt are; empty if not all are known."""
    made: dict[str, int] = {}
    layers: list[GraphLayer] = []
    for body in _bodies(text):
        each = layer(body)
        plain = each.kind.replace("_", "").lower()
        if plain in _NO_TERMS:
            made.update(dict.fromkeys(each.tops, -1))
            continue
        if plain == "scale" and len(each.bottoms) == 1:  # the second half of a batch normalisation
            made.update(dict.fromkeys(each.tops, made.get("".join(each.bottoms[:1]), -1)))
            continue
        merge = _MERGES.get(plain, "")
        if plain == "eltwise" and (found := re.search(r"operation\s*:\s*(\w+)", body)) is not None:
            merge = {"SUM": "add", "PROD": "mul"}.get(found[1], "")
        term = each.text.removeprefix(f"{_label(body)}: ")
        if not (term or merge) or not each.bottoms or (not merge and len(each.bottoms) != 1):
            return []
        layers.append(GraphLayer(_label(body), term, merge, tuple(made.get(b, -1) for b in each.bottoms)))
        made.update(dict.fromkeys(each.tops, len(layers) - 1))
    return statements(layers)


def _label(body: str) -> str:
    found = re.search(r"\bname\s*:\s*\"([^\"]*)\"", body)
    return re.sub(r"\W", "_", found[1]) if found else ""


def _bodies(text: str) -> Iterator[str]:
    """What is between the braces of each layer."""
    for found in _BEGINS.finditer(text):
        depth = 1
        for end in range(found.end(), len(text)):
            depth += (text[end] == "{") - (text[end] == "}")
            if depth == 0:
                yield text[found.end() : end]
                break


def _inside(s: BrokenStatement) -> Foreign | None:
    """`layer { name: "conv1" type: "Convolution" … }` inside a model."""
    if s.text(0) not in ("layer", "layers") or s.kind(1) not in ("BODY", "LBRACE"):
        return None
    found = layer(s.source.snippet(s.span(1)))
    if not found.kind:
        return None
    why = "this is a layer of a Caffe prototxt, and begins no chain"
    advice = f"write `{found.text}`, and join it to the others with `-`" if found.text else "leave it out"
    return Foreign(why, advice, s.span(0), (s.replaced(0, 1, found.text),) if s.last == 1 else ())


IDIOMS = (_inside,)
