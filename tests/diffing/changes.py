"""Single changes of a correct spec, each one edit of its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import TypeVar

from archc.syntax import tree
from archc.syntax.walk import walk
from tests.corpus.faults import Fault, Range, Target

Node = TypeVar("Node", tree.Merge, tree.Repeat, tree.Guard)


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


# -- counterparts of the faults of the corpus that leave no network, at the same places --------------------------------


def added_argument(t: Target, random: Random) -> Fault | None:
    """A wrong number of groups is a fault; two groups are often valid."""
    convs = [u for u in t.convs if len(u.arguments or ()) < 5 and "groups" not in t.text(u.span)]
    return _inserted(random, [u.span.end - 1 for u in convs], ", groups=2")


def removed_argument(t: Target, random: Random) -> Fault | None:
    """A misspelt argument is a fault; the default is often valid."""
    found = [
        (before.span.end, argument.span.end)
        for use in t.uses
        for before, argument in zip(use.arguments or (), (use.arguments or ())[1:], strict=False)
        if argument.name is not None
    ]
    return _replaced(random, [(at, "") for at in found])


def halved_width(t: Target, random: Random) -> Fault | None:
    """A width that is not an integer is a fault; half of it is often valid."""
    spans = [u.arguments[0].span for u in t.convs if u.arguments]
    return _replaced(random, [((s.start, s.end), f"({t.text(s)}) // 2") for s in spans])


def wider_branch(t: Target, random: Random) -> Fault | None:
    """Another width at the end of a branch is a fault; one inside it is often valid."""
    ends = {use.span for use in t.ends_of_branches()}
    spans = [u.arguments[0].span for u in t.convs if u.arguments and u.span not in ends]
    return _replaced(random, [((s.start, s.end), f"{t.text(s)} + 8") for s in spans])


def added_shortcut(t: Target, random: Random) -> Fault | None:
    """`- in` without a merge is a fault; a merge with it is valid."""
    spans = [u.span for u in t.uses if u.name in ("ReLU", "BN") and u.label is None]
    return _replaced(random, [((s.start, s.end), f"add {{ in | {t.text(s)} }}") for s in spans])


def removed_shortcut(t: Target, random: Random) -> Fault | None:
    found = [
        ((merge.span.start, merge.span.end), f"({t.text(merge.branches[0].span)})")
        for merge in _live(t, tree.Merge)
        if merge.kind == "add" and merge.label is None and len(merge.branches) == 2
    ]
    return _replaced(random, found)


def removed_branch(t: Target, random: Random) -> Fault | None:
    found = [
        ((before.span.end, branch.span.end), "")
        for merge in _live(t, tree.Merge)
        if merge.kind == "concat" and len(merge.branches) > 2
        for before, branch in zip(merge.branches, merge.branches[1:], strict=False)
    ]
    return _replaced(random, found)


def swapped_branches(t: Target, random: Random) -> Fault | None:
    found = []
    for merge in _live(t, tree.Merge):
        if merge.kind == "concat" and len(merge.branches) > 1:
            one, other = merge.branches[:2]
            middle = t.source.text[one.span.end : other.span.start]
            found.append(((one.span.start, other.span.end), f"{t.text(other.span)}{middle}{t.text(one.span)}"))
    return _replaced(random, found)


def another_block(t: Target, random: Random) -> Fault | None:
    """A model in place of a block is a fault; another block is often valid."""
    blocks = [d.name.name for d in t.file.declarations if isinstance(d, tree.Block)]
    places = [u.name_span for u in t.uses if u.name in blocks]
    places += [
        a.value.span
        for d in t.file.declarations if isinstance(d, tree.Variant)
        for a in d.arguments or () if isinstance(a.value, tree.Name) and a.value.name in blocks
    ]  # fmt: skip
    return _replaced(random, [((s.start, s.end), b) for s in places for b in blocks if b != t.text(s)])


def bypassed_block(t: Target, random: Random) -> Fault | None:
    """A block that contains itself is a fault; one that is not called is often valid."""
    blocks = [d.name.name for d in t.file.declarations if isinstance(d, tree.Block)]
    spans = [(u.name_span.start, u.span.end) for u in t.uses if u.name in blocks]
    return _replaced(random, [(at, "Identity") for at in spans])


def another_count(t: Target, random: Random) -> Fault | None:
    """Another count of a repeat."""
    spans = [repeat.count.span for repeat in _live(t, tree.Repeat)]
    return _replaced(random, [((s.start, s.end), f"({t.text(s)} + 1)") for s in spans])


def another_row(t: Target, random: Random) -> Fault | None:
    """A row of the wrong length is a fault; another number in it is often valid."""
    numbers = [
        item
        for rows, _ in walk(t.file)
        if isinstance(rows, tree.Sequence)
        for item in rows.items
        if isinstance(item, tree.Literal_) and type(item.value) is int and item.value > 0
    ]
    return _replaced(random, [((n.span.start, n.span.end), f"{int(str(n.value)) + 1}") for n in numbers])


def another_condition(t: Target, random: Random) -> Fault | None:
    spans = [guard.condition.span for guard in _live(t, tree.Guard)]
    return _replaced(random, [((s.start, s.end), f"not ({t.text(s)})") for s in spans])


def another_value(t: Target, random: Random) -> Fault | None:
    """A misspelt name is a fault; another parameter is often valid."""
    found = []
    for block in t.file.declarations:
        if isinstance(block, tree.Block | tree.ModelDef):
            names = [p.name for p in block.parameters]
            values = [
                a.value
                for u in t.uses if block.span.start <= u.span.start < block.span.end
                for a in u.arguments or () if isinstance(a.value, tree.Name) and a.value.name in names
            ]  # fmt: skip
            found += [((v.span.start, v.span.end), n) for v in values for n in names if n != t.text(v.span)]
    return _replaced(random, found)


def boxed_layer(t: Target, random: Random) -> Fault | None:
    """A bracket without its pair is a fault; a labelled group is valid."""
    spans = [u.span for u in t.uses if u.name in ("ReLU", "BN", "Conv", "MPool")]
    return _replaced(random, [((s.start, s.end), f"boxed: ({t.text(s)})") for s in spans])


def frozen_module(t: Target, random: Random) -> Fault | None:
    paths = [node.path for node in t.network.nodes if node.path and node.op.kind() in ("Conv", "BN", "FC")]
    ends = [
        d.span.end - 1
        for d in t.file.declarations
        if isinstance(d, tree.Variant) and d.name.name == t.network.name and t.text(d.span)[-1] == "}"
    ]
    return _inserted(random, ends, f"  freeze {random.choice(paths)}\n") if paths else None


def unused_name(t: Target, random: Random) -> Fault | None:
    """A second `let` of one name is a fault; a `let` of a new name changes nothing."""
    starts = [d.body.statements[0].span.start for d in t.file.declarations if isinstance(d, tree.Block | tree.ModelDef)]
    return _inserted(random, starts, "let never_used = 3\n  ")


def _live(t: Target, kind: type[Node]) -> Iterator[Node]:
    """The terms of a kind with a layer or call in them that the network has."""
    for node, _ in walk(t.file):
        if isinstance(node, kind) and any(node.span.start <= s.start and s.end <= node.span.end for s in t.live):
            yield node


def _replaced(random: Random, found: Sequence[tuple[Range, str]]) -> Fault | None:
    at, new = random.choice(found) if found else ((0, 0), None)
    return None if new is None else Fault("", at, new)


def _inserted(random: Random, found: Sequence[int], new: str) -> Fault | None:
    return _replaced(random, [((at, at), new) for at in found])


CHANGES: dict[str, Callable[[Target, Random], Fault | None]] = {
    f.__name__: f
    for f in (
        inserted_layer, removed_layer, replaced_layer, changed_number, another_label, swapped_layers, another_default,
        another_parameter, renamed_block, another_input, added_argument, removed_argument, halved_width, wider_branch,
        added_shortcut, removed_shortcut, removed_branch, swapped_branches, another_block, bypassed_block,
        another_count, another_row, another_condition, another_value, boxed_layer, frozen_module, unused_name,
    )
}  # fmt: skip


def changed(t: Target, fault: Fault) -> str:
    """The text of a spec with a change in it."""
    start, end = fault.at
    return t.source.text[:start] + fault.new + t.source.text[end:]
