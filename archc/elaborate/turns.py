"""Repeats and loops: the same chain several times, each reading the output of the turn before it."""

from __future__ import annotations

from archc.diagnostics.core import Edit, ErrorSentinel
from archc.diagnostics.problems.parameters import WrongType
from archc.elaborate.chains import Chains
from archc.elaborate.layers import PlacedTerm, Refs
from archc.elaborate.loops import assign, flat, least_layers, targets_are_free
from archc.elaborate.state import ExpansionContext
from archc.elaborate.values import Env, Value, describe
from archc.elaborate.vocabulary import in_vocabulary
from archc.elaborate.wording import read
from archc.ir.data import Data
from archc.ir.expr import Apply
from archc.ir.network import Iteration, Loop, Ref
from archc.support.record import replace
from archc.syntax import tree

TURN = 6
"""The steps for a turn of a loop."""


class Turns(Chains):
    """Expands `[ … ] x n` and `for`."""

    def repeat(self, repeat: tree.Repeat, refs: Refs, site: ExpansionContext) -> PlacedTerm | None:
        """Expand `[ … ] x n as k`."""
        label = self.named(repeat.label, site)
        turns = self.state.value(repeat.count, site)
        if isinstance(turns, ErrorSentinel):
            return None
        if isinstance(turns, bool) or not isinstance(turns, int) or turns < 0:
            self.state.report(WrongType(what="a repeat", found=describe(turns)), repeat.count.span, site)
            return None
        limits = self.state.budget.limits
        if turns * least_layers(repeat.chain, site.env) > limits.layers or turns > limits.steps:
            self.state.too_many(repeat.span, site)
        target = tree.Target(repeat.span, repeat.variable) if repeat.variable else None
        if target is not None and not targets_are_free(self.state, target, site):
            return None
        scope = self.open(site, "repeat", label, "repeat", repeat.span, site.frame) if label else None
        inner = site.inside(scope=scope)
        if scope:
            read(self.state, inner, replace(repeat, label=None))
        iterations, out = self._turns(repeat, target, tuple(range(turns)), refs, inner)
        inner.scope.pure = inner.scope.pure and not (repeat.every and turns != 1)
        loop = Loop.model_construct(
            is_a="loop",
            form="repeat",
            names=(repeat.variable,) if repeat.variable else (),
            over=Apply(function="range", arguments=(in_vocabulary(repeat.count, site.env),)),
            iterations=iterations,
            scope=scope.module if scope else None,
            every=repeat.every,
        )
        placed = PlacedTerm((loop,), out)
        self.close(scope, refs, out, placed.alone(refs))
        return placed

    def loop(self, loop: tree.For, refs: Refs, site: ExpansionContext) -> PlacedTerm | None:
        """Expand `for targets in iterable { … }`."""
        rows = self.rows(loop, site)
        if rows is None:
            return None
        site.scope.pure = site.scope.pure and not (loop.every and len(rows) != 1)
        iterations, out = self._turns(loop, loop.target, rows, refs, site.inside())
        return PlacedTerm((self.loop_item(loop, iterations, site),), out)

    def rows(self, loop: tree.For, site: ExpansionContext) -> tuple[Value, ...] | None:
        """The items of a `for`; None if it has none because of a reported error."""
        rows = self.state.value(loop.iterable, site)
        if isinstance(rows, ErrorSentinel):
            return None
        if not isinstance(rows, tuple):
            advice = f"`range({rows})` counts from 0" if type(rows) is int else ""
            problem = WrongType(what="`for`", found=describe(rows), wanted="a list", advice=advice)
            edits = (Edit(loop.iterable.span, f"range({rows})"),) if advice else ()
            self.state.reporter.add(problem, loop.iterable.span, frame=site.frame, edits=edits)
            return None
        return rows if targets_are_free(self.state, loop.target, site) else None

    def loop_item(self, loop: tree.For, iterations: tuple[Iteration, ...], site: ExpansionContext) -> Loop:
        """A `for` with the turns that it expanded to."""
        return Loop.model_construct(
            is_a="loop",
            form="for",
            names=tuple(t.names for t in flat(loop.target) if isinstance(t.names, str)),
            over=in_vocabulary(loop.iterable, site.env),
            iterations=iterations,
            scope=None,
            every=loop.every,
        )

    def _turns(
        self,
        loop: tree.Repeat | tree.For,
        target: tree.Target | None,
        rows: tuple[Value, ...],
        refs: Refs,
        site: ExpansionContext,
    ) -> tuple[tuple[Iteration, ...], Refs]:
        """Expand the turns of a loop. A turn whose values do not match the target becomes a hole and ends the loop.

        The output is that of the last turn, or of all turns with `every`.
        """
        turns: list[Iteration] = []
        outputs: list[Ref] = []
        for row in rows:
            self.state.spend(loop.chain.span, site, TURN)
            inner = site.inside(Env(site.env), depth=0)
            values: list[Data] = []
            if target is not None and not assign(self.state, inner.env, target, row, values, site):
                missing = self.hole(loop, refs, inner)
                chain = missing.alone(refs)
                turns.append(Iteration.model_construct(values=tuple(values), chain=chain))
                return tuple(turns), missing.refs
            chain, refs = self.chain(loop.chain, refs, inner)
            outputs.extend(refs)
            turns.append(Iteration.model_construct(values=tuple(values), chain=chain))
        return tuple(turns), tuple(outputs) if loop.every else refs
