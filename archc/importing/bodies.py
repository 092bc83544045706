"""A scope's dataflow as chains: merges around their forks, and names for tensors that are read twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from archc.importing.scopes import ScopeInstance
from archc.importing.shared import USE
from archc.importing.steps import ListValue, OpStep
from archc.importing.terms import (
    BindingTerm,
    BodyTerms,
    CallTerm,
    Chain,
    Expr,
    ExprList,
    GroupTerm,
    LayerTerm,
    Lit,
    MergeTerm,
    Op2,
    SharedTerm,
    StartTerm,
    Term,
)
from archc.support.record import replace

Item: TypeAlias = "OpStep | ScopeInstance"
MERGES = {
    "Add": "add", "Mul": "mul", "Concat": "concat", "Sub": "sub", "Div": "div", "ConcatLast": "concat_last",
    "Beside": "tuple", "MatMul": "mat_mul", "MatMulTransposed": "mat_mul_transposed",
}  # fmt: skip
_NOWHERE = -(10**9)
"""The predecessor of the inputs of a model that has several; not a tensor."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class NoChain(Exception):
    """A scope cannot be written as chains. The message has the reason, with the line or module."""


def body_of(
    scope: ScopeInstance,
    term_of: Callable[[ScopeInstance], Term],
    outputs: tuple[int, ...],
    training: tuple[int, ...] | None = None,
    avoid: frozenset[str] = frozenset(),
    inputs: Sequence[str] = ("",),
) -> BodyTerms:
    """The statements of a scope; several inputs are named. Raises `NoChain`."""
    if len(scope.inputs) != len(inputs):
        raise NoChain(f"{scope.path or 'the model'} reads {len(scope.inputs)} tensors")
    given = dict(zip(scope.inputs, inputs, strict=True)) if len(inputs) > 1 else {}
    return _Writer(scope, term_of, outputs, training, avoid.union(inputs), given).body()


class _Writer:
    """Finds the names that are needed, then writes the chains."""

    def __init__(
        self,
        scope: ScopeInstance,
        term_of: Callable[[ScopeInstance], Term],
        outputs: tuple[int, ...],
        training: tuple[int, ...] | None,
        avoid: frozenset[str],
        given: Mapping[int, str],
    ) -> None:
        self.scope, self.term_of = scope, term_of
        self.outputs, self.training = outputs, training
        self.given = given
        self.source = _NOWHERE if given else scope.inputs[0]
        self.makers: dict[int, Item] = {n: item for item in scope.items for n in item.outputs}
        self.order = {id(item): i for i, item in enumerate(scope.items)}
        self.above = self._dominators()
        self.names: dict[int, str] = {}
        self.free = iter(n for n in _names() if n not in avoid)
        again = [scope.label(i.path).partition(USE)[0] for i in scope.items if USE in scope.label(i.path)]
        self.shared: dict[str, Term | None] = dict.fromkeys(again)
        for item in scope.items:
            if len(item.outputs) > 1:
                self.names |= {n: next(self.free) for n in item.outputs}
            elif isinstance(item, ScopeInstance) and len(item.inputs) != 1:
                raise NoChain(f"{item.path} reads {len(item.inputs)} tensors")
        if training is not None and training != outputs:  # a head runs at its original position, not at the end
            self.names |= {n: next(self.free) for n in training if n in self.makers and n not in self.names}

    # -- which tensors need a name --

    def body(self) -> BodyTerms:
        while True:
            visits: Counter[int] = Counter()
            goals = [*self.outputs, *(self.training or ()), *self.names]
            for goal in dict.fromkeys(goals):
                self._visit(goal, None, visits, named=goal in self.names)
            if self.training is not None and self.training != self.outputs:
                for both in set(self.training) & set(self.outputs):
                    if both in self.makers and both not in self.names:
                        visits[self.order[id(self.makers[both])]] += 1
            again = [i for i, times in visits.items() if times > 1 and not self._named(self.scope.items[i])]
            if not again:
                return self._written(visits)
            item = self.scope.items[max(again)]
            self.names[item.outputs[0]] = next(self.free)

    def _named(self, item: Item) -> bool:
        return all(n in self.names for n in item.outputs)

    def _visit(self, number: int, stop: int | None, visits: Counter[int], named: bool = False) -> bool:
        """Count the items of a chain to a tensor. Returns whether it starts at `stop`."""
        while number != stop and number != self.source:
            if number in self.given:
                return False
            if number in self.names and not named:
                return False
            named = False
            item = self.makers[number]
            visits[self.order[id(item)]] += 1
            if visits[self.order[id(item)]] > 1:  # everything before it has been counted
                return True
            number, goes_on = self._before(item, lambda n, fork: self._visit(n, fork, visits))
            if not goes_on:
                return False
        return True

    def _before(self, item: Item, branch: Callable[[int, int], bool]) -> tuple[int, bool]:
        """The tensor that a term reads, and whether it reads it at all: the branches of a merge may start elsewhere."""
        if not is_merge(item):
            return item.inputs[0], True
        fork = self._fork(item)
        reached = [branch(n, fork) for n in item.inputs]
        return fork, any(reached)

    def _dominators(self) -> dict[int, int]:
        """The immediate dominator of each tensor: the nearest earlier one on every path to it."""
        above = dict.fromkeys(self.given, _NOWHERE)
        self.depth = {self.source: 0, **dict.fromkeys(self.given, 1)}
        for item in self.scope.items:
            nearest = item.inputs[0]
            for number in item.inputs[1:]:
                nearest = self._common(nearest, number, above)
            for number in item.outputs:
                above[number] = nearest
                self.depth[number] = self.depth.get(nearest, 0) + 1
        return above

    def _common(self, a: int, b: int, above: Mapping[int, int]) -> int:
        while a != b:
            if self.depth.get(a, 0) < self.depth.get(b, 0):
                a, b = b, a
            a = above[a]
        return a

    def _fork(self, item: Item) -> int:
        fork = item.inputs[0]
        for number in item.inputs[1:]:
            fork = self._common(fork, number, self.above)
        return fork

    # -- writing --

    def _written(self, visits: Counter[int]) -> BodyTerms:
        for i, item in enumerate(self.scope.items):
            stateful = isinstance(item, ScopeInstance) or item.stateful
            if not visits[i] and stateful and not self._named(item):
                raise NoChain(f"what {item.path} makes is never read")
        self._rename()
        bindings = []
        done: set[int] = set()
        for item in self.scope.items:
            named = [n for n in item.outputs if n in self.names]
            if named and id(item) not in done:
                done.add(id(item))
                bindings.append(
                    BindingTerm(tuple(self.names[n] for n in named), self._chain(named[0], None, named=True))
                )
        results = tuple(self._chain(n, None) for n in self.outputs)
        training = None
        if self.training is not None and self.training != self.outputs:
            training = tuple(self._chain(n, None) for n in self.training)
        modules = [BindingTerm((), (term,), True) for term in self.shared.values() if term is not None]
        body = BodyTerms((*modules, *bindings), results, training)
        return self._in_order(body) if self._may_be_positional(body) else body

    def _rename(self) -> None:
        """Name the tensors in the order in which they are made."""
        names = sorted(self.names.values(), key=_rank)
        order = sorted(self.names, key=lambda n: (self.order[id(self.makers[n])], self.makers[n].outputs.index(n)))
        self.names = dict(zip(order, names, strict=True))

    def _chain(self, number: int, stop: int | None, named: bool = False) -> Chain:
        terms: list[Term] = []
        while number != stop:
            if number in self.given:
                terms.append(StartTerm(self.given[number]))
                break
            if number in self.names and not named:
                terms.append(StartTerm(self.names[number]))
                break
            if number == self.source:
                if stop is not None or (not terms and stop is None):
                    terms.append(StartTerm("in"))
                break
            named = False
            item = self.makers[number]
            if not is_merge(item):
                terms += reversed(self._terms(item))
                number = item.inputs[0]
                continue
            fork = self._fork(item)
            assert isinstance(item, OpStep)
            branches = tuple(self._chain(n, fork) for n in item.inputs)
            terms.append(MergeTerm(MERGES[item.kind], branches))
            if all(map(_begins_elsewhere, branches)):
                break
            number = fork
        return _tidy(tuple(reversed(terms)))

    def _terms(self, item: Item) -> list[Term]:
        if isinstance(item, ScopeInstance):
            return self._once(self.term_of(item), self.scope.label(item.path))
        name = Lit(self.scope.label(item.path)) if item.stateful else None
        given = tuple((key, _value(value)) for key, value in item.arguments.items())
        return self._once(LayerTerm(name, item.kind, given), self.scope.label(item.path))

    def _once(self, term: Term, label: str) -> list[Term]:
        """A term, or the use of a module that runs several times, whose declaration is recorded."""
        name = label.partition(USE)[0]
        if name not in self.shared:
            return [term]
        if not name.isidentifier() or not isinstance(term, LayerTerm | CallTerm | GroupTerm):
            raise NoChain(f"`{name}` runs several times, and its name is not an identifier")
        declared = replace(term, name=Lit(name))
        if self.shared[name] not in (None, declared):
            raise NoChain(f"`{name}` runs several times, as part of different modules")
        self.shared[name] = declared
        return [SharedTerm(name)]

    # -- names by position --

    def _may_be_positional(self, body: BodyTerms) -> bool:
        """Whether the children's names are their positions, and everything that runs is a child."""
        module = self.scope.module
        in_order = module.in_order or not self.scope.called
        if not in_order or body.bindings or body.training is not None or len(body.results) != 1:
            return False
        items = self.scope.items
        if any(is_merge(item) for item in items):
            return False
        children = [item for item in items if not self._is_silent(item)]
        owners = {item.path.rpartition(".")[0] for item in children}
        names = [item.path.rpartition(".")[2] for item in children]
        return names == [str(i) for i in range(len(names))] and owners == {self.scope.path}

    def _is_silent(self, item: Item) -> bool:
        """Whether an item is the flattening before an `FC`, which has no position."""
        if isinstance(item, ScopeInstance) or item.kind != "Flatten" or item.path:
            return False
        after = self.order[id(item)] + 1
        following = self.scope.items[after] if after < len(self.scope.items) else None
        return isinstance(following, OpStep) and following.kind == "FC"

    def _in_order(self, body: BodyTerms) -> BodyTerms:
        chain: list[Term] = []
        for item in self.scope.items:
            if not self._is_silent(item):
                chain += [_unlabelled(term) for term in self._terms(item)]
        return BodyTerms((), (tuple(chain),), None, positional=True)


def _value(value: object) -> Expr:
    """An argument. A list is converted item by item, or to a product if its items are equal."""
    if not isinstance(value, ListValue):
        return Lit(value)
    if len(value) > 3 and len(set(value)) == 1:
        return Op2("*", Lit(ListValue(value[:1])), Lit(len(value)))
    return ExprList(tuple(map(_value, value)))


def _unlabelled(term: Term) -> Term:
    return replace(term, name=None) if isinstance(term, LayerTerm | CallTerm | GroupTerm) else term


def is_merge(item: Item) -> bool:
    """Whether an item merges branches."""
    return isinstance(item, OpStep) and item.kind in MERGES


def _begins_elsewhere(chain: Chain) -> bool:
    """Whether a chain reads only named tensors."""
    first = chain[0] if chain else None
    if isinstance(first, MergeTerm):
        return all(map(_begins_elsewhere, first.branches))
    return isinstance(first, StartTerm)


def _tidy(chain: Chain) -> Chain:
    """A chain without the flattening that an `FC` implies."""
    found: list[Term] = []
    for term in chain:
        if isinstance(term, LayerTerm) and term.kind == "FC" and found:
            before = found[-1]
            if isinstance(before, LayerTerm) and before.kind == "Flatten":
                found.pop()
        found.append(term)
    if len(found) > 1 and found[0] == StartTerm("in"):
        found.pop(0)
    return tuple(found)


def _names() -> Iterator[str]:
    yield from _LETTERS[:8]
    yield from _LETTERS[13:]
    number = 1
    while True:
        yield f"x{number}"
        number += 1


def _rank(name: str) -> tuple[int, int, str]:
    return len(name) > 1, len(name), name


def only_chain(body: BodyTerms) -> Chain | None:
    """The chain of a body that consists of a single chain."""
    if body.bindings or body.training is not None or len(body.results) != 1:
        return None
    return body.results[0]


def labels(chain: Sequence[Term]) -> bool:
    """Whether a term of a chain has a label."""
    return any(getattr(term, "name", None) is not None for term in chain)
