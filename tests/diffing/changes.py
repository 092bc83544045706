"""Single changes of a correct spec, each one edit of its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from archc.syntax import tree
from archc.syntax.walk import walk
from tests.corpus.faults import Fault, Target


def inserted_layer(t: Target, random: Random) -> Fault | None:
    uses = [u for u in t.uses if u.name in ("BN", "ReLU", "Conv")]
    if not uses:
        return None
    use = random.choice(uses)
    return Fault(
        "inserted layer", (use.span.end, use.span.end), f" - {random.choice(('Dropout(0.4)', 'GELU', 'Mish'))}"
    )


def removed_layer(t: Target, random: Random) -> Fault | None:
    found = [
        (before.span.end, use.span.end)
        for chain, _ in walk(t.file)
        if isinstance(chain, tree.Chain)
        for before, use in zip(chain.terms, chain.terms[1:], strict=False)
        if isinstance(use, tree.Use) and use.span in t.live and use.name in ("BN", "ReLU", "ReLU6", "Dropout")
    ]
    return Fault("removed layer", random.choice(found), "") if found else None


def replaced_layer(t: Target, random: Random) -> Fault | None:
    uses = [u for u in t.uses if u.name in ("ReLU", "ReLU6", "MPool", "Sigmoid", "HSwish", "SiLU")]
    if not uses:
        return None
    use = random.choice(uses)
    new = "APool" if use.name == "MPool" else random.choice(("GELU", "Mish"))
    return Fault("replaced layer", (use.name_span.start, use.name_span.end), new)


def changed_number(t: Target, random: Random) -> Fault | None:
    numbers = [
        (use, argument.value)
        for use in t.uses
        for argument in use.arguments or ()
        if isinstance(argument.value, tree.Literal_) and type(argument.value.value) is int
    ]
    if not numbers:
        return None
    _, number = random.choice(numbers)
    value = number.value
    assert isinstance(value, int)
    new = random.choice([n for n in (value + 1, value + 2, value * 2, value - 1) if n > 0 and n != value])
    return Fault("changed number", (number.span.start, number.span.end), str(new))


def another_label(t: Target, random: Random) -> Fault | None:
    labels = [
        n for n, _ in walk(t.file)
        if isinstance(n, tree.ModuleLabel) and isinstance(n.text, tree.Literal_)
    ]  # fmt: skip
    if not labels:
        return None
    span = random.choice(labels).text.span
    return Fault("another label", (span.start, span.end), '"renamed"' if t.text(span)[0] == '"' else "renamed")


def swapped_layers(t: Target, random: Random) -> Fault | None:
    found = [
        (one, other)
        for chain, _ in walk(t.file)
        if isinstance(chain, tree.Chain)
        for one, other in zip(chain.terms, chain.terms[1:], strict=False)
        if isinstance(one, tree.Use) and isinstance(other, tree.Use) and {one.name, other.name} == {"BN", "ReLU"}
    ]
    if not found:
        return None
    one, other = random.choice(found)
    middle = t.source.text[one.span.end : other.span.start]
    return Fault("swapped layers", (one.span.start, other.span.end), f"{t.text(other.span)}{middle}{t.text(one.span)}")


def another_default(t: Target, random: Random) -> Fault | None:
    found = [
        a.value
        for d in t.file.declarations if isinstance(d, tree.Default)
        for use in d.layers for a in use.arguments or ()
        if isinstance(a.value, tree.Literal_) and isinstance(a.value.value, bool | float)
    ]  # fmt: skip
    if not found:
        return None
    literal = random.choice(found)
    value = literal.value
    new = str(not value).lower() if isinstance(value, bool) else str(float(value or 0) / 2)
    return Fault("another default", (literal.span.start, literal.span.end), new)


def another_parameter(t: Target, random: Random) -> Fault | None:
    """The default of a parameter of the model."""
    found = [
        p.default
        for d in t.file.declarations if isinstance(d, tree.ModelDef)
        for p in d.parameters
        if isinstance(p.default, tree.Literal_) and type(p.default.value) in (int, float)
    ]  # fmt: skip
    if not found:
        return None
    literal = random.choice(found)
    assert isinstance(literal.value, int | float)
    return Fault("another parameter", (literal.span.start, literal.span.end), str(literal.value * 2))


def renamed_block(t: Target, random: Random) -> Fault | None:
    """Another name for a block throughout: one edit from its first to its last place."""
    blocks = [d.name.name for d in t.file.declarations if isinstance(d, tree.Block)]
    used = {s.definition for s in t.network.scopes}
    blocks = [b for b in blocks if b in used]
    if not blocks:
        return None
    name = random.choice(blocks)
    found = list(re.finditer(rf"\b{name}\b", t.source.text))
    start, end = found[0].start(), found[-1].end()
    return Fault("renamed block", (start, end), re.sub(rf"\b{name}\b", "Otherwise", t.source.text[start:end]))


def another_input(t: Target, random: Random) -> Fault | None:
    found = [n.shape for n, _ in walk(t.file) if isinstance(n, tree.InputStatement) and isinstance(n.shape, tree.Shape)]
    shapes = [s for s in found if len(s.dims) == 3 and s.dims == t.network.nodes[0].types[0].dims]
    if not shapes:
        return None
    shape = random.choice(shapes)
    c, h, w = shape.dims
    return Fault("another input", (shape.span.start, shape.span.end), f"{c}x{h + 32}x{w + 32}")


CHANGES: dict[str, Callable[[Target, Random], Fault | None]] = {
    f.__name__: f
    for f in (
        inserted_layer, removed_layer, replaced_layer, changed_number, another_label, swapped_layers, another_default,
        another_parameter, renamed_block, another_input,
    )
}  # fmt: skip


def changed(t: Target, fault: Fault) -> str:
    """The text of a spec with a change in it."""
    start, end = fault.at
    return t.source.text[:start] + fault.new + t.source.text[end:]
