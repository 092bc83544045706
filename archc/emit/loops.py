"""Repeats and `for`s among the children of a sequential module: written once where the turns are alike."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from archc.emit.expressions import Simplifier, literal, names_of, read, write
from archc.emit.vocabulary import UNKNOWN, Element, Inexpressible, Place, Thread
from archc.network.network import Call, Chain, Choice, Group, Item, Layer, Loop

if TYPE_CHECKING:
    from archc.emit.modules import Modules

_JOIN_FROM = 3
"""Turns from which on a comprehension over the loop's variable is preferred to a list."""


def turned(modules: Modules, place: Place, column: Sequence[Loop]) -> list[Element]:
    """The children that all turns of a loop become."""
    if len({len(loop.iterations) for loop in column}) > 1 or _parametric(modules, place, column[0]):
        return _counted(modules, place, column)
    turns = [
        modules.elements(turn(place, column, j), [loop.iterations[j].chain for loop in column])
        for j in range(len(column[0].iterations))
    ]
    if modules.unrolled:
        return [e for t in turns for e in t]
    runs = [(list(g), len(t)) for t, g in _runs(turns)]
    if all(not e.many and e.name.isdecimal() for t in turns for e in t):
        if len(runs) > 2 and len(runs) >= _JOIN_FROM and (joined := _joined(modules, place, column, turns)):
            return joined
        return [e for run, _ in runs for e in _repeated(run)]
    if len(turns) >= _JOIN_FROM and (joined := _joined(modules, place, column, turns)):
        return joined
    return [e for t in turns for e in t]


def _parametric(modules: Modules, place: Place, loop: Loop) -> bool:
    """Whether the number of turns is an element of a list that is a parameter: all of the list counts."""
    return loop.form == "repeat" and bool(re.search(r"\w\[\d+\]", modules.simplified(place, loop.over)))


def turn(place: Place, column: Sequence[Loop], j: int) -> Place:
    """The place in turn `j`, where the loop's variables are numbers if all threads agree on them."""
    for i, name in enumerate(column[0].names):
        values = [loop.iterations[j].values[i] for loop in column]
        same = all(repr(v) == repr(values[0]) for v in values)
        tree = _element(place, column[0].over, values, j) or (literal(values[0]) if same else None)
        place = place.knowing(name, tree or ast.Name(UNKNOWN, ast.Load()))
    return place


def _element(place: Place, over: str, values: Sequence[object], j: int) -> ast.expr | None:
    """What a list that is a parameter and that the loop runs over has at the place of the turn."""
    for name in sorted(names_of(over)):
        tree = read(f"{name}[{j}]")
        if isinstance(place.threads[0].values.get(name), tuple) and place.holds(tree, values):
            return tree
    return None


def _runs(turns: Sequence[list[Element]]) -> list[tuple[tuple[str, ...], list[list[Element]]]]:
    return [(key, list(group)) for key, group in groupby(turns, lambda t: tuple(e.text for e in t))]


def _repeated(run: Sequence[Sequence[Element]]) -> list[Element]:
    """Turns that are all alike."""
    first = run[0]
    if len(run) == 1 or not first:
        return list(first)
    if len(first) == 1:
        return [Element(f"*({first[0].text} for _ in range({len(run)}))", first[0].name, many=True)]
    inside = ", ".join(e.text for e in first)
    return [Element(f"*(layer for _ in range({len(run)}) for layer in ({inside}))", first[0].name, many=True)]


def _joined(
    modules: Modules, place: Place, column: Sequence[Loop], turns: Sequence[Sequence[Element]]
) -> list[Element] | None:
    """One comprehension over the loop's variable, for all turns or for all but the first."""
    if column[0].form != "repeat" or any(len(t) != 1 for t in turns):
        return None
    for start in (0, 1):
        if len(turns) - start < 2:
            continue
        try:
            text, label, name = _one(modules, place, column, start)
        except Inexpressible:
            continue
        count = f"range({start}, {len(turns)})" if start and name != "_" else f"range({len(turns) - start})"
        if label is not None:
            if any(not e.name.isidentifier() for t in turns for e in t):
                return None
            joined = Element(f"**{{{label}: {text} for {name} in {count}}}", many=True)
        else:
            joined = Element(f"*({text} for {name} in {count})", turns[start][0].name, many=True)
        return [*(e for t in turns[:start] for e in t), joined]
    return None


def _one(modules: Modules, place: Place, column: Sequence[Loop], start: int) -> tuple[str, str | None, str]:
    """The child of a turn in terms of the loop's variable, its label, and the variable ("_" if it is not used)."""
    sizes = dict(modules.sizes)
    threads: list[Thread] = []
    chains: list[Chain] = []
    name = column[0].names[0] if column[0].names else "i"
    numbers: list[int] = []
    for thread, loop in zip(place.threads, column, strict=True):
        for j in range(start, len(loop.iterations)):
            threads.append(replace(thread, values={**thread.values, name: j}))
            chains.append(loop.iterations[j].chain)
            numbers.append(j)
    names = {**place.names, name: ast.Name(name, ast.Load())}
    joint = replace(place, threads=tuple(threads), names=names, plain=start > 0)  # the first turn was the other case
    try:
        for refs in zip(*(c.source for c in chains), strict=True):
            for thread, ref in zip(threads, refs, strict=True):
                modules.sizes.pop((id(thread.instance.network), ref), None)
            modules.note(joint, refs, modules.texts(joint, refs))
        elements = modules.elements(joint, chains)
        if len(elements) != 1 or elements[0].many:
            raise Inexpressible("more than one child a turn")
        label = _label(chains[0].items[0])
        label = write(Simplifier(joint.names.get, joint.functions).visit(read(label))) if label else None
    finally:
        modules.sizes.clear()
        modules.sizes.update(sizes)
    used = name in names_of(elements[0].text) or (label is not None and name in names_of(label))
    return elements[0].text, label, name if used else "_"


def _label(item: Item) -> str | None:
    if isinstance(item, Choice):
        return _label(item.chain.items[0]) if item.chain.items else None
    return item.label if isinstance(item, Layer | Call | Group | Loop) else None


def _counted(modules: Modules, place: Place, column: Sequence[Loop]) -> list[Element]:
    """A loop whose number of turns differs between the threads."""
    counts = [len(loop.iterations) for loop in column]
    if column[0].form != "repeat" or min(counts) < 1:
        raise Inexpressible("a loop that varies")
    over = read(column[0].over)
    assert isinstance(over, ast.Call)
    count = modules.simplified(place, write(over.args[0]))
    if not place.holds(read(count), counts):
        count = modules.say(place, counts, count)
    try:
        text, label, name = _one(modules, place, column, 0)
        found = [Element(f"*({text} for {name} in range({count}))", many=True)]
    except Inexpressible:
        first = modules.elements(turn(place, column, 0), [loop.iterations[0].chain for loop in column])
        text, label, name = _one(modules, place, column, 1)
        rest = f"range({count} - 1)" if name == "_" else f"range(1, {count})"
        found = [*first, Element(f"*({text} for {name} in {rest})", many=True)]
    if label is not None:
        raise Inexpressible("a loop that varies, with names")
    for refs in zip(*(loop.iterations[-1].chain.result for loop in column), strict=True):
        modules.note(place, refs, modules.texts(place, refs))
    return found
