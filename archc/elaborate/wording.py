"""Properties of a scope's text that do not depend on the branches taken: the naming and number of its modules.

A text is what is written in a scope, with unlabelled macros expanded; a labelled term opens a scope with its own text.
Nothing is reported: an error in a branch that is not taken is not an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.core import ErrorSentinel, Reporter
from archc.diagnostics.source import Span
from archc.elaborate.draft import Counts, advance
from archc.elaborate.expressions import Evaluator
from archc.elaborate.loops import flat
from archc.elaborate.state import ExpansionContext, ExpansionState
from archc.elaborate.values import Binding, DefinitionRef, Entry, Env, OpRef, Poisoned, Tensors, Value, typed
from archc.ir.definition import CALCULATIONS
from archc.ir.expr import NONE, Var
from archc.resolve.arguments import ArgumentMismatch, match_names
from archc.syntax import tree
from archc.syntax.operands import operands
from archc.syntax.walk import by_kind

_MOST = 1_000_000
"""The maximum number of turns of a loop that are counted: a network has no more."""

Text = tuple[tree.Statement, ...] | tree.Chain | tree.Term
"""The statements of a body, a chain, or one term."""


def read(state: ExpansionState, site: ExpansionContext, text: Text) -> None:
    """Determine, for a scope just opened, whether its modules are named by position, and the labels in its text."""
    reader = _Reader(state, site)
    reader.read(text, Env(site.env))
    site.scope.positional, site.scope.taken = reader.positional, frozenset(reader.labels)


def count(state: ExpansionState, site: ExpansionContext, text: Text, counts: Counts) -> Counts:
    """`counts` plus the modules of a text that is not taken; for a guard in it, those of the larger side."""
    if site.scope.positional:
        return counts
    counter = _Counter(state, site, dict(counts))
    counter.read(text, Env(site.env))
    return counter.counts


def count_beside(state: ExpansionState, site: ExpansionContext, before: Counts, left_out: Text | None) -> None:
    """Add the modules of the side of a choice that was not taken; `before` are the counts before the choice."""
    if left_out and not site.apart:
        at_least(site.scope.counts, count(state, site, left_out, before))


def count_once(state: ExpansionState, site: ExpansionContext, term: tree.Term) -> None:
    """Count the module that a term makes, where it is declared."""
    site.scope.counts = count(state, site, term, site.scope.counts)


class _Walk:
    """Visits a text. Recursive macros are visited once."""

    def __init__(self, state: ExpansionState, site: ExpansionContext) -> None:
        self.state = state
        self.site = site
        self.open: list[tree.Macro] = []

    def read(self, text: Text, env: Env) -> None:
        """Visit a text."""
        match text:
            case tuple():
                for statement in text:
                    self.statement(statement, env)
            case tree.Chain():
                for position, term in enumerate(text.terms):
                    self.term(term, env, first=position == 0)
            case _:
                self.term(text, env, first=False)

    def statement(self, statement: tree.Statement, env: Env) -> None:
        """Visit a statement."""
        match statement:
            case tree.Let():
                env.names[statement.name] = _entry(self.value(statement.value, env), statement.span)
            case tree.Bind():
                self.read(statement.chain, env)
                for name in statement.names:
                    env.names.setdefault(name.name, Poisoned())
            case tree.If():
                self.either(statement.then, statement.otherwise, env)
            case tree.Return():
                for chain in statement.chains:
                    self.read(chain, env)
            case tree.ChainStatement():
                self.read(statement.chain, env)
            case tree.Shared():
                self.term(statement.term, env, first=False)
                if statement.name is not None:
                    env.names[statement.name.name] = Poisoned()

    def term(self, term: tree.Term, env: Env, *, first: bool) -> None:
        """Visit a term, the `first` of its chain or a later one."""
        match term:
            case tree.Use():
                self.use(term, env, first=first)
            case tree.Guard():
                self.either(term.then, term.otherwise, env)
            case tree.For():
                self.turns(term, env)
            case tree.Absent():
                pass
            case tree.Constant() | tree.Calculation():
                self.calculation(term, env)
            case _ if term.label is not None:
                self.child(term.label, term.kind if isinstance(term, tree.Merge) else type(term).__name__, env)
            case tree.Group():
                self.read(term.chain, env)
            case tree.Repeat():
                self.turns(term, env)
            case tree.Merge():
                self.merge(term, env)

    def use(self, use: tree.Use, env: Env, *, first: bool) -> None:
        """Visit a term by name: the text of a macro, or one child."""
        entry = self.state.meaning(use, env)
        if isinstance(entry, DefinitionRef) and isinstance(macro := entry.tree, tree.Macro) and use.label is None:
            deep = len(self.open) > self.state.budget.limits.depth
            if macro not in self.open and not deep:
                self.state.spend(use.span, self.site)
                self.macro(macro, self.inside(entry, macro, use, env))
        elif isinstance(entry, OpRef | DefinitionRef):
            self.child(use.label, entry.name, env)
            if isinstance(entry, OpRef):
                self.added(use, env)

    def macro(self, macro: tree.Macro, inner: Env) -> None:
        """Visit the text of a macro."""
        self.open.append(macro)
        self.read(macro.chain, inner)
        self.open.pop()

    def child(self, label: tree.ModuleLabel | None, kind: str, env: Env) -> None:
        """Visit a term that becomes one child of the scope."""

    def added(self, use: tree.Use, env: Env) -> None:
        """Visit what a layer may add: the activation passed to it."""

    def merge(self, merge: tree.Merge, env: Env) -> None:
        """Visit a merge without a label."""
        inner = Env(env)
        inner.names["in"] = Poisoned()
        for branch in merge.branches:
            self.read(branch, inner)
        if merge.kind != "tuple":
            self.child(None, self.state.merging(merge.kind).kind(), env)

    def calculation(self, term: tree.Constant | tree.Calculation, env: Env) -> None:
        """Visit the operands of arithmetic."""
        if isinstance(term, tree.Calculation):
            for operand in term.operands:
                self.read(operand, env)

    def either(self, then: Text, otherwise: Text | None, env: Env) -> None:
        """Visit both sides of a guard or `if`."""
        for side in (then, otherwise):
            if side is not None:
                self.read(side, env)

    def turns(self, loop: tree.Repeat | tree.For, env: Env) -> None:
        """Visit the turns of a loop; its body belongs to the text even if it has no turns."""
        for inner in [inner for inner, _ in self.distinct(loop, env)] or [Env(env)]:
            self.read(loop.chain, inner)

    # -- values -----------------------------------------------------------------------------------------------------

    def distinct(self, loop: tree.Repeat | tree.For, env: Env) -> Iterator[tuple[Env, int]]:
        """The environments of a loop's turns, and the number of turns with each; one if it is unknown."""
        rows: Value | ErrorSentinel = None
        if isinstance(loop, tree.For):
            rows, target = self.value(loop.iterable, env), loop.target
        else:
            turns = self.value(loop.count, env)
            rows = tuple(range(min(turns, _MOST))) if isinstance(turns, int) else None
            target = tree.Target(loop.span, loop.variable or ())
        names = {t.names for t in flat(target) if isinstance(t.names, str)}
        if isinstance(rows, ErrorSentinel) or not isinstance(rows, tuple):
            rows = (None,)
        inside = by_kind(loop.chain)
        if not any(n.name in names for kind in (tree.Use, tree.Name) for n in inside.get(kind, ())):
            if rows:
                yield Env(env), len(rows)
            return
        for row in rows:
            self.state.spend(loop.span, self.site)
            inner = Env(env)
            _assign(inner, target, row)
            yield inner, 1

    def value(self, expression: tree.Expression, env: Env) -> Value | ErrorSentinel:
        """The value of an expression, or a sentinel if it has none."""
        state = self.state
        return Evaluator(env, Reporter(), state.budget, None, state.type_of, state.library.meaning).value(expression)

    def inside(self, defined: DefinitionRef, macro: tree.Macro, use: tree.Use, env: Env) -> Env:
        """The environment inside a macro."""
        inner = Env(defined.home)
        inner.names["in"] = Poisoned()
        matched = match_names(defined.name, tuple(p.name for p in macro.parameters), use.arguments or ())
        for parameter in macro.parameters:
            argument = None if isinstance(matched, ArgumentMismatch) else matched.get(parameter.name)
            value: Value | ErrorSentinel = ErrorSentinel()
            if argument is not None:
                value = self.value(argument.value, env)
            elif parameter.default is not None:
                value = self.value(parameter.default, inner)
            inner.names[parameter.name] = _entry(value, parameter.span)
        return inner


class _Reader(_Walk):
    """Finds whether the children of a scope are named rather than positional, and its literal labels."""

    def __init__(self, state: ExpansionState, site: ExpansionContext) -> None:
        super().__init__(state, site)
        self.positional = True
        self.labels: set[str] = set()
        self.known: set[object] = set()
        """The macros that have been visited, with their arguments; a second visit would find nothing new."""

    def macro(self, macro: tree.Macro, inner: Env) -> None:
        entries = [inner.names[p.name] for p in macro.parameters]
        key = macro, tuple(typed(e.value) if isinstance(e, Binding) else None for e in entries)
        if key not in self.known:
            self.known.add(key)
            super().macro(macro, inner)

    def statement(self, statement: tree.Statement, env: Env) -> None:
        match statement:
            case tree.Let() | tree.Bind() | tree.If() | tree.Shared():
                self.positional = False
            case tree.Return() if statement.training or len(statement.chains) != 1:
                self.positional = False
        super().statement(statement, env)

    def read(self, text: Text, env: Env) -> None:
        def is_tensor(use: tree.Use) -> bool:
            return use.name == "in" or isinstance(env.find(use.name), Tensors)

        def may_be_number(use: tree.Use) -> bool:
            return isinstance(env.find(use.name), Binding)

        if isinstance(text, tree.Chain) and operands(text, is_tensor, may_be_number):
            self.positional = False
        super().read(text, env)

    def use(self, use: tree.Use, env: Env, *, first: bool) -> None:
        entry = env.find(use.name)
        if isinstance(entry, Tensors) and first and use.name != "in":
            self.positional = False
        kind = self.state.kind(use.name)
        if kind is not None and kind.name in CALCULATIONS:
            self.positional = False
        super().use(use, env, first=first)

    def term(self, term: tree.Term, env: Env, *, first: bool) -> None:
        if isinstance(term, tree.Guard):
            for side in (term.then, term.otherwise):
                if side is not None:
                    self.term(side, env, first=first)
        else:
            super().term(term, env, first=first)

    def child(self, label: tree.ModuleLabel | None, kind: str, env: Env) -> None:
        if label is not None:
            self.positional = False
            if isinstance(label.text, tree.Literal_):
                self.labels.add(str(label.text.value).partition(".")[0])

    def calculation(self, term: tree.Constant | tree.Calculation, env: Env) -> None:
        self.positional = False
        super().calculation(term, env)

    def merge(self, merge: tree.Merge, env: Env) -> None:
        self.positional = False
        super().merge(merge, env)


class _Counter(_Walk):
    """Counts the children of each kind."""

    def __init__(self, state: ExpansionState, site: ExpansionContext, counts: Counts) -> None:
        super().__init__(state, site)
        self.taken = site.scope.taken
        self.counts = counts

    def child(self, label: tree.ModuleLabel | None, kind: str, env: Env) -> None:
        advance(self.counts, self.taken, kind.lower(), labelled=label is not None)

    def added(self, use: tree.Use, env: Env) -> None:
        for argument in use.arguments or ():
            if isinstance(argument.value, tree.Name):
                entry = self.state.meaning(argument.value, env)
                if isinstance(entry, OpRef):
                    self.child(None, entry.name, env)

    def either(self, then: Text, otherwise: Text | None, env: Env) -> None:
        before = dict(self.counts)
        self.read(then, env)
        if otherwise is not None:
            first, self.counts = self.counts, before
            self.read(otherwise, env)
            self.counts, other = first, self.counts
            at_least(self.counts, other)

    def turns(self, loop: tree.Repeat | tree.For, env: Env) -> None:
        for inner, left in self.distinct(loop, env):
            while left:
                self.state.spend(loop.span, self.site)
                before = dict(self.counts)
                self.read(loop.chain, inner)
                left -= 1
                added = {kind: n - before.get(kind, 0) for kind, n in self.counts.items()}
                if not any(added[kind] and self._is_ahead(kind, before.get(kind, 0)) for kind in added):
                    self.counts.update({kind: self.counts[kind] + left * n for kind, n in added.items()})
                    left = 0

    def _is_ahead(self, kind: str, count: int) -> bool:
        """Whether a label uses an ordinal of this kind greater than `count`."""
        numbers = (name.removeprefix(kind) for name in self.taken if name.startswith(kind))
        return any(n.isdecimal() and int(n) > count for n in numbers)


def at_least(counts: Counts, other: Counts) -> None:
    """Raise each count to that of the other side."""
    for kind, n in other.items():
        counts[kind] = max(counts.get(kind, 0), n)


def _entry(value: Value | ErrorSentinel, span: Span) -> Entry:
    return Poisoned() if isinstance(value, ErrorSentinel) else Binding(value, NONE, span)


def _assign(env: Env, target: tree.Target, row: Value) -> None:
    if isinstance(target.names, str):
        env.names[target.names] = Binding(row, Var(name=target.names), target.span)
        return
    parts = row if isinstance(row, tuple) and len(row) == len(target.names) else (None,) * len(target.names)
    for part, value in zip(target.names, parts, strict=True):
        _assign(env, part, value)
