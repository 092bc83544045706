"""All differences between two aligned networks, each with its causes; `folding` turns them into a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from archc.diagnostics.source import value_text
from archc.diffing.causes import NOTHING, Cause, Causes, Reasons
from archc.diffing.pairing import Pairing
from archc.diffing.parts import TreePart
from archc.diffing.returned import ReturnEdit
from archc.diffing.wires import Wires
from archc.ir.expr import Const, Expr, Var, const
from archc.ir.network import ArgumentValue, Initialisation, Loop
from archc.support.record import Struct, field


class Difference(Struct):
    """One difference.

    `action`: what was done (`added`, `removed`, `changed`, `replaced`, `moved`, `renamed`, `wrapped`, `unwrapped`,
    `rewired`, `froze`, `thawed`), to which kind of thing, `what`: a layer, a block, an argument, … `a` and `b`: its
    parts in the two networks, several for a run. `home`: the module in whose vocabulary it is described; `parent`: the
    module that contains it. `name`, `before`, `after`: of an argument or name. `causes`: what it follows from; None
    for a cause.
    """

    action: str
    what: str
    home: Pairing
    parent: Pairing
    a: list[TreePart] = field(default_factory=list)
    b: list[TreePart] = field(default_factory=list)
    name: str = ""
    before: Expr | None = None
    after: Expr | None = None
    causes: Causes | None = None
    cause: Cause | None = None
    """This difference as a cause of others."""


def differences(root: Pairing, reasons: Reasons, wires: Wires) -> list[Difference]:
    """All differences, with the causes of others last."""
    results = ReturnEdit(root, wires)
    found = list(_Finder(root, reasons, wires, results).all())
    found += _of_networks(root, wires, reasons, results)
    found = found or list(_of_names(root, reasons))
    return [*found, *_causes(found, reasons)]


def _causes(found: Sequence[Difference], reasons: Reasons) -> Iterator[Difference]:
    """The differences that others follow from and that do not belong to a part."""
    known = {d.cause for d in found}
    wanted = dict.fromkeys(cause for d in found for cause in sorted(d.causes or (), key=_order))
    for cause in wanted:
        if cause in known:
            continue
        pair = reasons.pairings[cause.at] if cause.at >= 0 else reasons.root
        home = pair if cause.what in ("let", "fn", "condition") else reasons.home(pair.parent or pair)
        parts = ([pair.a], [pair.b]) if cause.what == "argument" else ([], [])
        yield Difference("changed", cause.what, home, pair, *parts, cause.name, cause.before, cause.after, None, cause)


def _order(cause: Cause) -> tuple[int, str, str]:
    return cause.at, cause.what, cause.name


class _Finder:
    def __init__(self, root: Pairing, reasons: Reasons, wires: Wires, results: ReturnEdit) -> None:
        self.root, self.reasons, self.wires, self.results = root, reasons, wires, results
        self.following: dict[int, Causes] = {}
        """The cause of everything in modules that are calls of a different block."""

    def all(self) -> Iterator[Difference]:
        for pair in self.root.all():
            yield from self._of(pair)
        for pair in self.wires.changed():
            home = self.reasons.home(pair.parent)
            causes = self._inherited(pair)
            if causes is None and self.reasons.says_the_same(home):
                causes = self.reasons.outside(home)
            if causes is None and any(pair.a.around) and any(pair.b.around):
                causes = self.reasons.of_guards(home)
            yield Difference("rewired", "layer", home, pair.parent or pair, [pair.a], [pair.b], causes=causes)

    def _inherited(self, pair: Pairing | None) -> Causes | None:
        """The cause of everything in a module that calls a different block."""
        while pair is not None:
            if id(pair) in self.following:
                return self.following[id(pair)]
            pair = pair.parent
        return None

    def _of(self, pair: Pairing) -> Iterator[Difference]:
        if pair.a.look == pair.b.look and not pair.moved and pair.a.name == pair.b.name:
            return
        a, b, parent = pair.a, pair.b, pair.parent or pair
        home = self.reasons.home(pair.parent)
        over = NOTHING if a.implicit and b.implicit else self._inherited(pair.parent)
        if pair.moved and not any(map(pair.follows, parent.pairs)):
            causes = over if over is not None else self._outside(home)
            run = [pair]
            while (found := next((p for p in parent.pairs if p.follows(run[-1])), None)) is not None:
                run.append(found)
            ours, theirs = [p.a for p in run], [p.b for p in run]
            yield Difference("moved", _what(*ours), home, parent, ours, theirs, causes=causes)
        if pair.replaced:
            causes = over if over is not None else self.reasons.of_kind(pair, home)
            yield Difference("replaced", _what(a, b), home, parent, [a], [b], causes=causes)
            return
        if a.name != b.name and (a.labelled or b.labelled) and pair.parent is not None:
            causes = over if over is not None else self._outside(home)
            yield Difference("renamed", "label", home, parent, [a], [b], a.name, causes=causes)
        if a.node is not None:
            yield from self._layers(pair, home, over)
            return
        if a.kind != b.kind and pair.parent is not None:
            yield from self._calls(pair, home, over)
            over = self._inherited(pair)
        inside = self.reasons.home(pair)
        yield from self._runs(pair, inside, "removed", pair.gone, over)
        yield from self._runs(pair, inside, "added", pair.new, over)
        for action, modules in (("wrapped", pair.wrapped), ("unwrapped", pair.unwrapped)):
            for module in modules:
                ours, theirs = ([module], []) if action == "unwrapped" else ([], [module])
                causes = over if over is not None else self._outside(inside)
                yield Difference(action, _what(module), inside, pair, ours, theirs, causes=causes)

    def _outside(self, home: Pairing) -> Causes | None:
        return self.reasons.outside(home) if self.reasons.says_the_same(home) else None

    # -- layers -------------------------------------------------------------------------------------------------------

    def _layers(self, pair: Pairing, home: Pairing, over: Causes | None) -> Iterator[Difference]:
        a, b = pair.a, pair.b
        one, other = a.layer, b.layer
        before, after = a.arguments, b.arguments
        for name in one.op.model_fields:
            old, new = getattr(one.op, name), getattr(other.op, name)
            if old == new:
                continue
            x, y = before.get(name), after.get(name)
            was, now = _said(x, old), _said(y, new)
            what = "input" if a.kind == "Input" else "argument"
            causes = over
            if causes is None and what == "argument" and _otherwise(pair):
                causes = self.reasons.of_guards(home, pair.parent)
            if causes is None and what == "argument":
                causes = self._of_value(pair, home, was, now, stated=x is not None or y is not None)
            yield Difference("changed", what, home, pair.parent or pair, [a], [b], name, was, now, causes)
        if one.frozen != other.frozen:
            action = "froze" if other.frozen else "thawed"
            yield Difference(action, "layer", home, pair.parent or pair, [a], [b])

    def _of_value(self, pair: Pairing, home: Pairing, was: Expr, now: Expr, *, stated: bool) -> Causes | None:
        """Why an argument has a different value."""
        if not stated:
            return NOTHING  # a sketch: it follows from the input
        if was == now and not isinstance(was, Const):
            return self.reasons.of_expression(was, home, pair)
        return self._outside(home)

    # -- modules ------------------------------------------------------------------------------------------------------

    def _calls(self, pair: Pairing, home: Pairing, over: Causes | None) -> Iterator[Difference]:
        """A module that belongs to a different block, has become a block, or is no longer one."""
        a, b = pair.a, pair.b
        passed = self.reasons.of_callee(pair, home)
        before = {d.name for d in a.network.definitions}
        after = {d.name for d in b.network.definitions}
        if a.kind not in after and b.kind not in before and (passed is None or self.reasons.says_the_same(pair)):
            yield Difference("renamed", "block", home, pair.parent or pair, [a], [b], a.kind, causes=over)
            return
        causes = over if over is not None else self.reasons.of_kind(pair, home)
        own = Cause("call", self.reasons.numbers[id(pair)], a.kind, const(a.kind), const(b.kind))
        self.following[id(pair)] = causes if causes is not None else frozenset({own})
        cause = own if causes is None else None
        yield Difference("replaced", "block", home, pair.parent or pair, [a], [b], causes=causes, cause=cause)

    def _runs(
        self, pair: Pairing, home: Pairing, action: str, parts: Sequence[TreePart], over: Causes | None
    ) -> Iterator[Difference]:
        """Parts that exist in one network only. Consecutive ones with the same cause are one difference."""
        ours = action == "removed"
        module, other = (pair.a, pair.b) if ours else (pair.b, pair.a)
        place = {id(child): i for i, child in enumerate(module.children)}

        def causes_of(part: TreePart) -> Causes | None:
            if over is not None:
                return over
            if self.results.cause is not None and self.results.follows(part, ours):
                return frozenset({self.results.cause})
            return NOTHING if part.implicit else self.reasons.of_absence(part, other, home, pair, ours)

        told = [(part, causes_of(part)) for part in sorted(parts, key=lambda part: place.get(id(part), 0))]
        numbered = list(enumerate(told))

        def run(item: tuple[int, tuple[TreePart, Causes | None]]) -> object:
            i, (part, causes) = item
            return place.get(id(part), -i) - i, causes

        for _, group in groupby(numbered, run):
            members = [(part, causes) for _, (part, causes) in group]
            run_of = [part for part, _ in members]
            what = _what(*run_of)
            sides = (run_of, []) if ours else ([], run_of)
            yield Difference(action, what, home, pair, *sides, causes=members[0][1])


def _of_names(root: Pairing, reasons: Reasons) -> Iterator[Difference]:
    """Names that are not labels: they depend on whether a body is a single chain or has several statements."""
    for module in root.all():
        pairs = [pair for pair in module.pairs if pair.a.name != pair.b.name]
        if pairs:
            ours, theirs = [pair.a for pair in pairs], [pair.b for pair in pairs]
            before, after = (Var(name=", ".join(p.name or "none" for p in side)) for side in (ours, theirs))
            home = reasons.home(module)
            yield Difference("renamed", "names", home, module, ours, theirs, before=before, after=after)


def _of_networks(root: Pairing, wires: Wires, reasons: Reasons, results: ReturnEdit) -> Iterator[Difference]:
    """The differences of the networks as a whole: what they return, and how weights are initialised."""
    if results.cause is not None:
        cause = results.cause
        yield Difference("rewired", "result", root, root, before=cause.before, after=cause.after, cause=cause)
    for training in (False, True) if results.cause is None else ():
        if wires.returns(training) and not (training and wires.returns(False)):
            name = "in training" if training else ""
            causes = reasons.outside(root) if reasons.says_the_same(root) else None
            yield Difference("rewired", "result", root, root, name=name, causes=causes)
    before = {(i.kind, i.weight): i for i in root.a.network.inits}
    after = {(i.kind, i.weight): i for i in root.b.network.inits}
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old != new:
            was, now = _started(old), _started(new)
            yield Difference("changed", "init", root, root, name=f"{key[0]}.{key[1]}", before=was, after=now)


def _otherwise(pair: Pairing) -> bool:
    """Whether two layers stand on different sides of a condition."""
    sides = ([s.item.value for s in part.around if not isinstance(s.item, Loop)] for part in (pair.a, pair.b))
    one, other = sides
    return len(one) == len(other) and one != other


def _started(one: Initialisation | None) -> Expr | None:
    if one is None:
        return None
    given = tuple((f"{name}=" if name else "") + value_text(value) for name, value in one.arguments)
    return Var(name=f"{one.function}({', '.join(given)})" if given else one.function)


def _said(argument: ArgumentValue | None, value: Any) -> Expr:
    """The text of an argument; its value if it is not written."""
    return argument.expr if argument is not None else const(value)


def _what(*parts: TreePart) -> str:
    """The common name of several parts."""
    if all(part.node is not None for part in parts):
        return "layer" if len(parts) == 1 else "layers"
    if len(parts) == 1:
        return "block" if parts[0].scope is not None and parts[0].module.kind == "block" else "module"
    return "parts"
