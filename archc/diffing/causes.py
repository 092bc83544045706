"""Why something differs: the argument, `let`, `fn`, repeat or condition of the text that a difference follows from.

A difference is explained if the text is the same on both sides but names something that differs. Names are followed
upwards, through calls, to the place where the texts differ; that is the cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from archc.diffing.pairing import Pairing
from archc.diffing.parts import Surround, TreePart
from archc.ir.data import Callee
from archc.ir.definition import BoundDefinition, BoundGuard, BoundIf
from archc.ir.expr import Apply, Const, Expr, Var, leaves
from archc.ir.network import ArgumentValue, Choice, Loop, TakenBranch
from archc.ir.value import Value
from archc.support.record import Record


class Cause(Record):
    """A place where the texts differ: `what` is an argument, a `let`, a `fn`, a repeat or a condition called `name`.

    `at` is the index of the pairing that contains it, -1 for the file. `before` and `after` are the two texts.
    """

    what: str
    at: int
    name: str
    before: Expr | None
    after: Expr | None

    def __hash__(self) -> int:
        return hash((self.what, self.at, self.name))


Causes = frozenset[Cause]
NOTHING: Causes = frozenset()


class Reasons:
    """Finds the causes of differences between two aligned networks."""

    def __init__(self, root: Pairing) -> None:
        self.root = root
        self.pairings = list(root.all())
        self.numbers = {id(pair): i for i, pair in enumerate(self.pairings)}
        self._same: dict[tuple[str, str], bool] = {}
        self._open: set[tuple[int, str]] = set()

    # -- what differs in the files ------------------------------------------------------------------------------------

    @cached_property
    def constants(self) -> dict[str, Cause]:
        """The file-level values and functions that differ, by name."""
        before, after = self.root.a.network, self.root.b.network
        found: dict[str, Cause] = {}
        here = {let.name: let for let in before.constants}
        for let in after.constants:
            old = here.get(let.name)
            if old is not None and old.value != let.value:
                found[let.name] = Cause("let", -1, let.name, old.expr, let.expr)
        functions = {f.name: f for f in before.functions}
        for function in after.functions:
            known = functions.get(function.name)
            if known is not None and known != function:
                found[function.name] = Cause("fn", -1, function.name, known.body, function.body)
        return found

    def definition(self, part: TreePart) -> BoundDefinition | None:
        """The definition of a model or a block's call."""
        name = part.module.definition
        return next((d for d in part.network.definitions if d.name == name), None)

    def says_the_same(self, home: Pairing) -> bool:
        """Whether two modules have the same text, so that all differences in them come from outside."""
        if home.a.module.edited or home.b.module.edited:
            return False
        key = home.a.module.definition or "", home.b.module.definition or ""
        if key not in self._same:
            one, other = self.definition(home.a), self.definition(home.b)
            self._same[key] = one is not None and other is not None and one.body is not None and one.body == other.body
        return self._same[key]

    # -- the modules around -------------------------------------------------------------------------------------------

    def home(self, pair: Pairing | None) -> Pairing:
        """The model or block in whose vocabulary the contents of a pairing are written."""
        while pair is not None:
            if pair.a.scope is not None and pair.b.scope is not None:
                defined = pair.a.module.definition, pair.b.module.definition
                if all(defined) or pair.parent is None:
                    return pair
            pair = pair.parent
        return self.root

    # -- expressions --------------------------------------------------------------------------------------------------

    def of_expression(self, expr: Expr, home: Pairing, pair: Pairing | None) -> Causes | None:
        """Why an expression that both texts contain has different values at a pairing; None if nothing explains it."""
        found: set[Cause] = set()
        explained = False
        for leaf in leaves(expr):
            if isinstance(leaf, Apply) and leaf.function in self.constants:
                found.add(self.constants[leaf.function])
                explained = True
            if not isinstance(leaf, Var) or leaf.name.startswith("in_") or "." in leaf.name:
                explained |= not isinstance(leaf, Var | Const | Apply) and type(leaf).__name__ == "Size"
                explained |= isinstance(leaf, Var)
                continue
            causes = self.of_name(leaf.name, home, pair)
            if causes is not None:
                found |= causes
                explained = True
        return frozenset(found) if explained else None

    def of_name(self, name: str, home: Pairing, pair: Pairing | None) -> Causes | None:
        """Why a name has different values; None if they are the same."""
        key = id(home), name
        if key in self._open:
            return NOTHING
        self._open.add(key)
        try:
            return self._of_name(name, home, pair)
        finally:
            self._open.discard(key)

    def _of_name(self, name: str, home: Pairing, pair: Pairing | None) -> Causes | None:
        if (turns := self._loop_values(name, home, pair)) is not None:
            (old, one), (new, other) = turns
            if old == new:
                return None
            return self.of_expression(one.over, home, None) or NOTHING if one.over == other.over else NOTHING
        one_let, other_let = home.a.lets.get(name), home.b.lets.get(name)
        if one_let is not None and other_let is not None:
            if one_let.value == other_let.value:
                return None
            causes = self.of_expression(one_let.expr, home, pair) if one_let.expr == other_let.expr else None
            own = Cause("let", self.numbers[id(home)], name, one_let.expr, other_let.expr)
            return causes if causes is not None else frozenset({own})
        before, after = home.a.arguments.get(name), home.b.arguments.get(name)
        if before is not None and after is not None:
            return self.of_argument(home, before, after)
        known = self.constants.get(name)
        return frozenset({known}) if known is not None else None

    def of_argument(self, call: Pairing, before: ArgumentValue, after: ArgumentValue) -> Causes | None:
        """Why an argument of a call differs; None if it does not."""
        if before.value == after.value:
            return None
        if call.parent is not None and before.expr == after.expr:
            causes = self.of_expression(before.expr, self.home(call.parent), call)
            if causes is not None:
                return causes
        return frozenset({Cause("argument", self.numbers[id(call)], before.name, before.expr, after.expr)})

    def _loop_values(
        self, name: str, home: Pairing, pair: Pairing | None
    ) -> tuple[tuple[object, Loop], tuple[object, Loop]] | None:
        """The values of a loop's variable around a pairing, and the loops."""
        while pair is not None and pair is not home:
            one, other = _turn(pair.a.around, name), _turn(pair.b.around, name)
            if one is not None and other is not None:
                return one, other
            pair = pair.parent
        return None

    def outside(self, home: Pairing) -> Causes:
        """The causes of everything that enters a module: its arguments, and the values of the file."""
        found: set[Cause] = set()
        there = home.b.arguments
        for name, before in home.a.arguments.items():
            if name in there:
                found |= self.of_argument(home, before, there[name]) or NOTHING
        return frozenset(found) or frozenset(self.constants.values())

    # -- parts that are there or not ----------------------------------------------------------------------------------

    def of_absence(self, part: TreePart, other: TreePart, home: Pairing, parent: Pairing, ours: bool) -> Causes | None:
        """Why a part has no counterpart in the module `other`; `ours`: it belongs to the first network."""
        for around in part.around:
            if isinstance(around.item, Loop):
                causes = self._of_loop(around, other, home, parent, ours)
            else:
                causes = self.of_guards(home, parent)
            if causes is not None:
                return causes
        return self.outside(home) if self.says_the_same(home) else None

    def _of_loop(self, around: Surround, other: TreePart, home: Pairing, parent: Pairing, ours: bool) -> Causes | None:
        loop = around.item
        assert isinstance(loop, Loop)
        values = [turn.values for turn in loop.iterations]
        alike = [t for t in other.loops if (t.form, t.names, t.over) == (loop.form, loop.names, loop.over)]
        for twin in alike:
            if [turn.values for turn in twin.iterations] != values:
                return self.of_expression(loop.over, home, parent)
        if alike:
            return None
        found = self._twin(loop, parent, ours)
        if found is None or len(found.iterations) == len(values):
            return None
        before, after = (loop, found) if ours else (found, loop)
        return frozenset(
            {Cause("repeat", self.numbers[id(parent)], ", ".join(loop.names) or "turns", before.over, after.over)}
        )

    def _twin(self, loop: Loop, parent: Pairing, ours: bool) -> Loop | None:
        """The loop of the other network around the counterparts of a loop's contents."""
        for pair in parent.pairs:
            here, there = (pair.a, pair.b) if ours else (pair.b, pair.a)
            if any(one.item is loop for one in here.around):
                found = [o.item for o in there.around if isinstance(o.item, Loop) and o.item.form == loop.form]
                return found[-1] if found else None
        return None

    def of_guards(self, home: Pairing, inside: Pairing | None = None) -> Causes | None:
        """Why different branches are taken in a module; None if the conditions do not explain it.

        A condition on the incoming shape may have different values although its text is the same; `inside`: where.
        """
        one, other = self._conditions(home.a), self._conditions(home.b)
        if one == other:
            found: set[Cause] = set()
            for condition in one:
                found |= self.of_expression(condition, home, None) or NOTHING
            flipped = inside is not None and inside.a.choices != inside.b.choices
            return frozenset(found) or (NOTHING if flipped else None)
        apart = [(x, y) for x, y in zip(one, other, strict=False) if x != y]
        if len(one) == len(other) and len(apart) == 1:
            ((before, after),) = apart
            return frozenset({Cause("condition", self.numbers[id(home)], "", before, after)})
        return None

    def _conditions(self, part: TreePart) -> list[Expr]:
        definition = self.definition(part)
        return list(_conditions(definition.body or ())) if definition is not None else []

    # -- other blocks, other wires ------------------------------------------------------------------------------------

    def of_callee(self, pair: Pairing, home: Pairing) -> Causes | None:
        """Why a parameter stands for a different layer or block; None if it does not."""
        before, after = home.a.arguments, home.b.arguments
        for name, one in before.items():
            other = after.get(name)
            if other is not None and one.value == Callee(name=pair.a.kind) and other.value == Callee(name=pair.b.kind):
                return self.of_argument(home, one, other)
        return None

    def of_kind(self, pair: Pairing, home: Pairing) -> Causes | None:
        """Why a place has a different layer or block: a parameter stands for it, or a condition chooses it."""
        passed = self.of_callee(pair, home)
        if passed is not None:
            return passed
        guarded = any(isinstance(s.item, Choice | TakenBranch) for s in (*pair.a.around, *pair.b.around))
        if guarded and (causes := self.of_guards(home)) is not None:
            return causes
        return self.outside(home) if self.says_the_same(home) else None


def _turn(around: Iterable[Surround], name: str) -> tuple[object, Loop] | None:
    """The value of a variable in the innermost loop that has it."""
    found = None
    for one in around:
        if isinstance(one.item, Loop) and name in one.item.names:
            values = one.item.iterations[one.turn].values
            found = values[one.item.names.index(name)], one.item
    return found


def _conditions(value: object) -> Iterator[Expr]:
    """The conditions of a bound body, in order."""
    if isinstance(value, tuple):
        for item in value:
            yield from _conditions(item)
    elif isinstance(value, Value):
        if isinstance(value, BoundGuard | BoundIf):
            yield value.condition
        for name in ("chain", "branches", "then", "otherwise", "chains"):
            yield from _conditions(getattr(value, name, None))
