"""A sequential module that grows in loops: `for`s of the spec stay `for`s, each turn adds its children.

    channels = 64
    for i, n in enumerate((6, 12, 24, 16)):
        denseblock = nn.Sequential()
        for k in range(n):
            denseblock.add_module(f"denselayer{k + 1}", DenseLayer(channels))
            channels += 32
        self.features.add_module(f"denseblock{i + 1}", denseblock)

What the turns have in common is found as in a class: every turn of every instance is a thread, and an expression is
written only if it is right in all of them. A size that no expression over the loop's names gives is carried along in a
variable.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

from archc.emit.classes import snake
from archc.emit.expressions import CannotEvaluate, Simplifier, evaluate, names_of, read, write
from archc.emit.layout import laid_out
from archc.emit.modules import Modules, body_chain, columns, incoming
from archc.emit.vocabulary import UNKNOWN, Element, Inexpressible, Place, Thread, alike
from archc.network.network import Call, Callee, Chain, Choice, Group, Item, Layer, Loop, Ref

Line = tuple[int, str, str]
_CARRIERS = {3: ("channels", "width", "c_in"), 1: ("features", "size", "f_in")}
"""How the variable that carries a size is called, by the number of axes."""


_LONG = 40
"""A size is not carried by a longer expression."""


class Grown(NamedTuple):
    """Statements, and the values that their variables have in the end, one for each thread."""

    lines: list[Line]
    values: dict[str, list[int]]


def grown(modules: Modules, place: Place, scopes: Sequence[int], target: str) -> Grown:
    """The statements that build a labelled group or repeat as `target`. Raises `Inexpressible`.

    Whether this is shorter than one expression is for the caller to see. Nothing is remembered if it fails.
    """
    heads = [t.instance.network.scopes[s] for t, s in zip(place.threads, scopes, strict=True)]
    chains = [body_chain(h) for h in heads]
    if not _loops(chains[0]) or any(h.gaps for h in heads):
        raise Inexpressible("a sequence without loops, or with children of names that are not their positions")
    sizes, sources = dict(modules.sizes), dict(modules.build.sources)
    grower = _Grower(modules)
    try:
        grower.sequence(place, chains, target, heads[0].sequential, 0)
        return Grown(grower.lines, grower.values)
    except Inexpressible:
        modules.sizes.clear()
        modules.sizes.update(sizes)
        modules.build.sources = sources
        raise


def shorter(modules: Modules, lines: Sequence[Line], text: str) -> bool:
    """Whether the statements are to be preferred to the statement `text`: they are fewer, or as few and plainer."""
    if not text:
        return True
    names = {f"class_{id(c)}_": c.name for c in modules.build.classes}
    grown, whole = (_height(rows, names) for rows in (lines, [(0, text, "")]))
    plainer = "**{" in text or any(re.match(r"for [^_].* in (?!range)", line) for _, line, _ in lines)
    return grown <= whole if plainer else grown < whole


def _height(lines: Sequence[Line], names: Mapping[str, str]) -> int:
    """How many lines statements take in `__init__`."""
    named = [(i, re.sub(r"class_\d+_", lambda m: names.get(m[0], m[0]), t)) for i, t, _ in lines]
    return sum(len(laid_out(text, 8 + indent)) for indent, text in named)


def _loops(chain: Chain) -> bool:
    return any(
        (isinstance(i, Loop) and len(i.iterations) > 1)
        or (isinstance(i, Group) and i.scope is None and _loops(i.chain))
        for i in chain.items
    )


class _Grower:
    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.lines: list[Line] = []
        self.carrier = ""
        self.values: dict[str, list[int]] = {}
        self.target = ""
        self.positional = False
        self.names: set[str] = set()

    # -- sequences --------------------------------------------------------------------------------------------------

    def sequence(self, place: Place, chains: Sequence[Chain], target: str, positional: bool, indent: int) -> None:
        """Build `target` from its first children, then add the others."""
        outer = self.target, self.positional, self.names
        self.target, self.positional, self.names = target, positional, set()
        first: list[Element] = []
        started = False
        for column in self.flat(place, chains):
            if not started and not _is_loop(column[0]):
                first += self.modules.element(place, column)
                continue
            if not started:
                self.start(first, indent)
                started = True
            place = self.item(place, column, indent)
        if not started:
            raise Inexpressible("a sequence without loops")
        self.target, self.positional, self.names = outer

    def flat(self, place: Place, chains: Sequence[Chain]) -> list[tuple[Item, ...]]:
        """The terms, those in plain brackets too."""
        found: list[tuple[Item, ...]] = []
        for column in columns(chains):
            if isinstance(column[0], Group) and column[0].scope is None and column[0].incoming in (None, "in_"):
                found += self.flat(place, [cast(Group, i).chain for i in column])
            else:
                found.append(column)
        return found

    def start(self, first: Sequence[Element], indent: int) -> None:
        if any(e.implicit for e in first):
            raise Inexpressible("a flattening in a sequence that grows")
        self.names |= {e.name for e in first}
        text = self.modules.children(first, self.positional) if first else ""
        self.line(indent, f"{self.target} = nn.Sequential({text})")

    # -- terms ------------------------------------------------------------------------------------------------------

    def chain(self, place: Place, chains: Sequence[Chain], indent: int) -> Place:
        """A chain whose terms are added one by one."""
        for column in columns(chains):
            place = self.item(place, column, indent)
        return place

    def item(self, place: Place, column: Sequence[Item], indent: int) -> Place:
        """One term."""
        first = column[0]
        match first:
            case Loop(scope=None):
                return self.loop(place, cast(Sequence[Loop], column), indent)
            case Group(scope=None):
                return self.chain(incoming(place, column), [cast(Group, i).chain for i in column], indent)
            case Choice():
                return self.choice(place, cast(Sequence[Choice], column), indent)
            case Group(scope=int()) | Loop(scope=int()):
                return self.child(place, column, indent)
            case Layer() | Call():
                for element in self.modules.element(place, column):
                    if element.many or element.implicit:
                        raise Inexpressible("a term that is no single child")
                    self.add(place, first, element.text, element.name, indent)
            case _:
                raise Inexpressible("a merge in a sequence")
        return place

    def child(self, place: Place, column: Sequence[Item], indent: int) -> Place:
        """A labelled group or repeat: grown on its own if it has loops."""
        scopes = [cast(int, cast(Group, i).scope) for i in column]
        heads = [t.instance.network.scopes[s] for t, s in zip(place.threads, scopes, strict=True)]
        chains = [body_chain(h) for h in heads]
        if any(h.gaps for h in heads):
            raise Inexpressible("children whose names are not their positions")
        if not (heads[0].sequential or heads[0].pure) or not any(_loops(c) for c in chains):
            (element,) = self.modules.element(place, column)
            self.add(place, column[0], element.text, element.name, indent)
            return place
        name = re.sub(r"\W|\d+$", "", heads[0].name) or "children"
        if name in place.threads[0].values:
            raise Inexpressible("a name that is taken")
        self.sequence(place, chains, name, heads[0].sequential, indent)
        self.add(place, column[0], name, heads[0].name, indent)
        refs = [h.outputs[0] for h in heads]
        return self.known(place, refs, [_dims(t, r)[0] for t, r in zip(place.threads, refs, strict=True)])

    def add(self, place: Place, item: Item, text: str, name: str, indent: int) -> None:
        """Add a child."""
        if UNKNOWN in text:
            raise Inexpressible("a child")
        if self.positional:
            self.line(indent, f"{self.target}.append({text})")
            return
        label = getattr(item, "label", None)
        if label is not None:
            word = write(Simplifier(place.names.get, place.functions).visit(read(label)))
        elif indent == 0:
            name = name.removeprefix("?")
            word = f'"{name}"'
            if name in self.names:
                raise Inexpressible("a name that is taken")
            self.names.add(name)
        else:
            raise Inexpressible("a child without a label in a loop")
        self.line(indent, f"{self.target}.add_module({word}, {text})")

    def choice(self, place: Place, column: Sequence[Choice], indent: int) -> Place:
        """A guarded term; an `if` where it depends on the turn."""
        if all(c.value == column[0].value for c in column):
            return self.chain(place, [c.chain for c in column], indent)
        if not any(c.chain.items for c in column if c.value):
            raise Inexpressible("a guard that only leaves out")
        condition = self.modules.say(place, [c.value for c in column], column[0].condition)
        place = self.carried(place, [c.chain.source[0] for c in column], indent)
        sizes: list[int | None] = [None] * len(column)
        for side, head in ((True, f"if {condition}:"), (False, "else:")):
            rows = [j for j, c in enumerate(column) if c.value is side]
            chains = [column[j].chain for j in rows]
            if not any(chain.items for chain in chains):
                continue
            self.line(indent, head)
            inner = self.chain(place.only([place.threads[j] for j in rows]), chains, indent + 4)
            refs = [chain.result[0] for chain in chains]
            self.carried(inner, refs, indent + 4)
            for j, ref in zip(rows, refs, strict=True):
                sizes[j] = _dims(place.threads[j], ref)[0]
        return self.known(place, [c.chain.result[0] for c in column], sizes)

    # -- loops ------------------------------------------------------------------------------------------------------

    def loop(self, place: Place, column: Sequence[Loop], indent: int) -> Place:
        """A loop, and what its turns add."""
        first = column[0]
        if any(not loop.iterations for loop in column):
            raise Inexpressible("a loop without turns")
        over = self.over(place, column)
        place = self.carried(place, [loop.iterations[0].chain.source[0] for loop in column], indent)
        renamed = {n: snake(n) if any(isinstance(t.values[i], Callee) for t in first.iterations) else n
                   for i, n in enumerate(first.names)}  # fmt: skip
        threads: list[Thread] = []
        chains: list[Chain] = []
        for thread, loop in zip(place.threads, column, strict=True):
            for turn in loop.iterations:
                own = dict(zip(renamed.values(), turn.values, strict=True))
                threads.append(replace(thread, values={**thread.values, **own}))
                chains.append(turn.chain)
        names = {**place.names, **{n: ast.Name(r, ast.Load()) for n, r in renamed.items()}}
        joint = replace(place, threads=tuple(threads), names=names)
        sources = [c.source[0] for c in chains]
        fresh = not self.carrier and len({_dims(t, r)[0] for t, r in zip(threads, sources, strict=True)}) > 1
        if fresh:
            self.carry(place, column, indent)
        joint = self.known(joint, sources, [_dims(t, r)[0] for t, r in zip(threads, sources, strict=True)])
        mark = len(self.lines)
        joint = self.chain(joint, chains, indent + 4)
        self.carried(joint, [c.result[0] for c in chains], indent + 4)
        self.lines.insert(mark, (indent, self.head(renamed, first, over, self.lines[mark:]), ""))
        refs = [loop.iterations[-1].chain.result[0] for loop in column]
        place = self.known(place, refs, [_dims(t, r)[0] for t, r in zip(place.threads, refs, strict=True)])
        if fresh:
            if not indent:
                self.values[self.carrier] = [_dims(t, r)[0] for t, r in zip(place.threads, refs, strict=True)]
            self.carrier = ""
        return place

    def over(self, place: Place, column: Sequence[Loop]) -> str:
        """What the loop runs over, checked in every thread."""
        text = _spelled(read(column[0].over), lambda t: self.modules.simplified(place, t))
        for thread, loop in zip(place.threads, column, strict=True):
            try:
                found = evaluate(read(text), thread.values, place.functions)
            except CannotEvaluate:
                raise Inexpressible("what a loop runs over") from None
            rows = [_flat(row) for row in found]
            turns = [t.values for t in loop.iterations]
            if loop.names and not alike(tuple(rows), tuple(turns)):
                raise Inexpressible("what a loop runs over")
        return text

    def head(self, renamed: dict[str, str], loop: Loop, over: str, body: Sequence[Line]) -> str:
        """`for targets in over:`, with `_` for what the body does not use."""
        used = set(re.findall(r"(?<![.\w])[A-Za-z_]\w*(?![\w=])", " ".join(text for _, text, _ in body)))
        words = {n: r if r in used else "_" for n, r in renamed.items()}
        targets = re.sub(r"[A-Za-z_]\w*", lambda m: words.get(m[0], m[0]), loop.targets)
        if targets.startswith("_, ") and over.startswith("enumerate("):
            targets, over = targets[3:], over[len("enumerate(") : -1]
            targets = targets[1:-1] if targets.startswith("(") else targets
        return f"for {targets} in {over}:"

    # -- sizes ------------------------------------------------------------------------------------------------------

    def carry(self, place: Place, column: Sequence[Loop], indent: int) -> None:
        """Start to carry a size in a variable."""
        refs = [loop.iterations[0].chain.source[0] for loop in column]
        axes = len(_dims(place.threads[0], refs[0]))
        taken = set(place.threads[0].values)
        self.carrier = next((n for n in _CARRIERS.get(axes, ()) if n not in taken), "")
        text = self.modules.texts(place, refs)[0]
        if not self.carrier or UNKNOWN in text:
            raise Inexpressible("a size to carry")
        self.line(indent, f"{self.carrier} = {text}")

    def carried(self, place: Place, refs: Sequence[Ref], indent: int) -> Place:
        """Bring the variable up to date with these tensors."""
        if not self.carrier or any(self.carrier not in t.values for t in place.threads):
            return place
        sizes = [_dims(t, r)[0] for t, r in zip(place.threads, refs, strict=True)]
        if any(t.values[self.carrier] != s for t, s in zip(place.threads, sizes, strict=True)):
            text = self.modules.texts(place, refs)[0]
            if UNKNOWN in text or len(text) > _LONG:
                raise Inexpressible("a size that is carried")
            self.line(indent, _assigned(self.carrier, text))
        return self.known(place, refs, list(sizes))

    def known(self, place: Place, refs: Sequence[Ref], sizes: Sequence[int | None]) -> Place:
        """The place once the variable has these values, which are the channels of `refs`."""
        if not self.carrier:
            for thread, ref in zip(place.threads, refs, strict=True):
                self.modules.sizes.pop((id(thread.instance.network), ref), None)
            self.modules.note(place, refs, self.modules.texts(place, refs))
            return place
        threads = tuple(
            replace(t, values={**t.values, self.carrier: s if s is not None else t.values[self.carrier]})
            for t, s in zip(place.threads, sizes, strict=True)
        )
        place = replace(place, threads=threads)
        for thread, ref in zip(threads, refs, strict=True):
            self.modules.sizes.pop((id(thread.instance.network), ref), None)
        texts = self.modules.texts(place, refs)
        self.modules.note(place, refs, (self.carrier, *texts[1:]))
        return place

    def line(self, indent: int, text: str) -> None:
        self.lines.append((indent, text, ""))


def _is_loop(item: Item) -> bool:
    return isinstance(item, Loop) and item.scope is None and len(item.iterations) > 1


def _dims(thread: Thread, ref: Ref) -> tuple[int, ...]:
    return thread.instance.network.type_of(ref).dims


def _spelled(tree: ast.expr, simplified: Callable[[str], str]) -> str:
    """What a loop runs over: `enumerate`, `zip` and `range` stay, what is in them is simplified."""
    match tree:
        case ast.Call(ast.Name("enumerate" | "zip" as name), arguments):
            inside = [_spelled(a, simplified) for a in arguments]
            return f"{name}({', '.join(inside)}{', strict=True' if name == 'zip' else ''})"
        case ast.Call(ast.Name("range"), arguments):
            return f"range({', '.join(simplified(write(a)) for a in arguments)})"
        case _:
            return simplified(write(tree))


def _flat(value: object) -> tuple[object, ...]:
    """A row of a table as its loop's variables have it."""
    return tuple(x for v in value for x in _flat(v)) if isinstance(value, tuple) else (value,)


def _assigned(name: str, text: str) -> str:
    """`channels = channels + 32` as people write it."""
    tree = read(text)
    match tree:
        case ast.BinOp(ast.Name(left), ast.Add() | ast.Mult() | ast.FloorDiv() | ast.Sub() as op, right) if (
            left == name and name not in names_of(write(right))
        ):
            word = {ast.Add: "+", ast.Mult: "*", ast.FloorDiv: "//", ast.Sub: "-"}[type(op)]
            return f"{name} {word}= {write(right)}"
        case _:
            return f"{name} = {text}"
