"""Names in chains: terms, their arguments and loop variables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from archc.diagnostics.core import Edit, Label
from archc.diagnostics.problems.names import NotATerm
from archc.diagnostics.problems.sharing import SharedReads
from archc.diagnostics.problems.structure import MisplacedAbsence, MisplacedTensor
from archc.diagnostics.source import Span
from archc.ir.op import Op, missing
from archc.resolve.advice import (
    activated,
    bound_elsewhere,
    described,
    label_read,
    named_here,
    no_list,
    not_a_term,
    unknown_use,
)
from archc.resolve.arithmetic import numbers_alone, numbers_side_by_side, tells
from archc.resolve.called import called_on, function_of_tensor, may_be_tensor
from archc.resolve.expressions import in_words
from archc.resolve.misplaced import misplaced, outset
from archc.resolve.names import Path, callee_of, is_list, is_tensor, meets, seen_of
from archc.resolve.sharing import Sharing
from archc.resolve.symbols import Definition, NameScope
from archc.syntax import tree
from archc.syntax.operands import is_constant, operands, optional
from archc.syntax.unparse import expression
from archc.syntax.unparse import term as term_text
from archc.syntax.walk import flat_targets, uses

_VALUES = ("parameter", "loop variable", "lost")
"""The kinds of definitions whose meaning depends on the call."""


class Terms(Sharing):
    """Resolves chains."""

    defaults: Mapping[str, set[str]]
    """The arguments that `default`s give to each layer, here or in the file."""
    paths: dict[Definition, Path]
    """The branches around the values of the body."""
    within: tree.Tree
    """The body."""
    naming: Collection[str] = ()
    """The tensors that the statement names."""

    def chain(self, chain: tree.Chain, scope: NameScope) -> None:
        """Resolve the names in a chain."""
        count = operands(chain, *tells(scope))
        if count and all(map(is_constant, chain.terms[:count])) and not self._is_unknown(chain.terms[count:], scope):
            problem, edits = numbers_alone(chain, count)
            self.report(problem, chain.terms[0].span, edits=edits)
        for position, term in enumerate(chain.terms):
            if position < count:
                self.operand(term, "-", scope)
            elif position or not self.starts(term, scope):
                if position and isinstance(term, tree.Guard):
                    self._guards_last(chain.terms[:position], term, scope)
                self.term(term, scope)

    def _is_unknown(self, terms: Sequence[tree.Term], scope: NameScope) -> bool:
        """Whether the first of these terms is an unknown name, which may have been meant as a tensor."""
        use = terms[0] if terms else None
        if not isinstance(use, tree.Use) or use.arguments is not None:
            return False
        found = scope.find(use.name) or self.layer(use.name)
        return found is None or found.kind == "lost"

    def _guards_last(self, before: Sequence[tree.Term], guard: tree.Guard, scope: NameScope) -> None:
        """Report a guard of only the last term whose other side is a tensor: it was probably meant for all terms."""
        other = guard.otherwise
        found = scope.find(other.name) if isinstance(other, tree.Use) and other.arguments is None else None
        if not isinstance(other, tree.Use) or found is None or not is_tensor(found):
            return
        terms = " - ".join(map(term_text, (*before, guard.then)))
        guarded = f"({terms}) if ({expression(guard.condition)}) else {other.name}"
        first, last = before[0].span, guard.then.span
        edits = (Edit(first._replace(end=first.start), "("), Edit(last._replace(start=last.end), ")"))
        self.report(MisplacedTensor(name=other.name, guarded=guarded), other.name_span, edits=edits)

    def starts(self, term: tree.Term, scope: NameScope) -> bool:
        """Whether the first term of a chain is a tensor that it starts from, possibly under a guard."""
        if type(term) is tree.Use and term.arguments is None and term.label is None:
            found = scope.find(term.name)
            if found is not None and is_tensor(found):
                if self.alone == "module" or (self.alone and term.name != "in"):
                    self.report(SharedReads(name=term.name), term.name_span)
                self.touch(term.name, found)
                self.refer(term.name_span, found, "read", term)
                self._place(term, found, scope)
                return True
        elif type(term) is tree.Guard:
            self.expression(term.condition, scope)
            for way, side in ((True, term.then), (False, term.otherwise)):
                if side is not None:
                    with self.branch(term, way):
                        if not self.starts(side, scope):
                            self.term(side, scope)
            return True
        return False

    def _place(self, use: tree.Use, found: Definition, scope: NameScope) -> None:
        """Resolve the index in `xs[i]`, which is only allowed for a list of tensors."""
        if use.index is not None:
            self.expression(use.index, scope)
            if not is_list(found):
                self._no_list(found, use)

    def _no_list(self, found: Definition, use: tree.Use) -> None:
        """Report the index of something that is not a list, once for each name."""
        if found in self.indexed:
            self.reporter.settled.add(use.name_span)
            return
        self.indexed.add(found)
        edits: tuple[Edit, ...] = ()
        if found.span is not None and isinstance(found.node, tree.Bind):
            self.reporter.settled.add(found.span)
            edits = (Edit(found.span._replace(end=found.span.start), "*"),)
        index = expression(use.index) if use.index is not None else ""
        if callee_of(found) is not None:
            edits = (Edit(use.span._replace(start=use.name_span.end), f"({index})"),)
        self.report(no_list(found, index), use.name_span, edits=edits)

    def term(self, term: tree.Term, scope: NameScope) -> None:
        """Resolve the names in a term."""
        _HANDLERS[type(term)](self, term, scope)

    # -- terms by name ----------------------------------------------------------------------------------------------

    def _use(self, use: tree.Use, scope: NameScope) -> None:
        if use.label is not None:
            self.label(use.label, use, scope)
        self._named(use, scope)
        self.values(use.arguments or (), scope)

    def _named(self, use: tree.Use, scope: NameScope) -> None:
        """Resolve the name of a term, and match its arguments with the parameters."""
        found = scope.find(use.name) or self.layer(use.name)
        if found is None and (found := self.prelude(use.name)) is not None:
            self.table.implicit.add(use)
        if found is None:
            self.unknown_term(use, scope)
            return
        if found.kind == "lost":
            self.table.bindings[use] = found
            return
        self.refer(use.name_span, found, "call", use)
        arguments = use.arguments or ()
        found_amiss = (
            called_on(use, lambda name: may_be_tensor(name, scope.find(name)))
            or activated(use, lambda name: scope.find(name) is not None)
            if arguments
            else None
        )
        if use.index is not None and not is_tensor(found):
            self.expression(use.index, scope)
            self._no_list(found, use)
        elif arguments and is_tensor(found) and found_amiss is not None:
            self._misplaced(use, found)
            self.unfit.update(arguments)
        elif found_amiss is not None:
            problem, span, edits = found_amiss
            self.report(problem, span, edits=edits)
            self.unfit.update(arguments)
        elif is_tensor(found):
            self.touch(use.name, found)
            self._place(use, found, scope)
            self._misplaced(use, found)
        elif found in self.shared:
            self.visit(use, found)
        elif (callee := callee_of(found)) is None:
            self._no_callee(use, found)
        elif callee.kind == "layer":
            self._layer(use, callee, scope)
        else:
            self.call(callee, arguments, use.name_span, scope, use)

    def _misplaced(self, use: tree.Use, found: Definition) -> None:
        """Report a tensor inside a chain."""
        told = misplaced(use, found, [each for each in uses(self.within) if each.name == use.name])
        if told.problem.shared and isinstance(made := found.node, tree.Bind):
            self.reporter.settled.add(outset(made.chain))
        self.report(told.problem, use.name_span, told.labels, told.edits)

    def prelude(self, name: str) -> Definition | None:
        """A block or macro of the shipped prelude."""
        return None

    def bound(self, name: str, at: Span) -> tuple[bool, bool] | None:
        """Whether a tensor of this name is defined in the same declaration, after `at`, and whether it is shared."""
        return None

    def unknown_term(self, use: tree.Use, scope: NameScope) -> None:
        """Report a term whose name is unknown, with what may be meant."""
        told = function_of_tensor(use, lambda name: (d := scope.find(name)) is not None and is_tensor(d))
        if use.name == "in":
            self.no_incoming(use.name_span, scope)
        elif told is not None:
            problem, edits = told
            self.unfit.update(use.arguments or ())
            self.report(problem, use.name_span, edits=edits)
        else:
            known = [*_terms(scope), *self.words.kinds]
            problem, edits = (named_here(use.name), ()) if use.name in self.naming else unknown_use(use, known)
            if not problem.nearest and use.arguments is None:
                if use.name in self.labels:
                    problem, edits = label_read(use.name), ()
                elif (there := self.bound(use.name, use.span)) is not None:
                    problem, edits = bound_elsewhere(use.name, *there), ()
            if not problem.nearest:
                self.unfit.update(use.arguments or ())  # they belong to another library
            self.unknown(problem, use.name_span, edits)

    def _no_callee(self, use: tree.Use, found: Definition) -> None:
        """Report a term that is certainly neither a layer nor a block."""
        if found.kind in _VALUES or (found.kind == "let" and not _is_plain(found)):
            return
        if found.kind == "let" and found in self.blamed:
            return
        if isinstance(found.node, tree.Function | tree.ModelDef | tree.Variant):
            problem, labels = not_a_term(use.name, found.node, in_words(found).rpartition(", ")[2])
            self.report(problem, use.name_span, labels)
            self.blamed.add(found)
            return
        labels = (Label(found.span, "it is a value from here"),) if found.span is not None else ()
        value = found.node.value if isinstance(found.node, tree.Let) else None
        what = described(value.value) if isinstance(value, tree.Literal_) else "a value"
        self.report(NotATerm(name=use.name, found=what), use.name_span, labels)

    def _layer(self, use: tree.Use, callee: Definition, scope: NameScope) -> None:
        """Match the arguments of a layer with its parameters."""
        kind, arguments = self.words.kinds[callee.name], use.arguments or ()
        known = list(kind.model_fields)
        if kind.positional.__func__ is not Op.positional.__func__:  # type: ignore[attr-defined]  # class methods
            named = [self._layer_named(a.value, scope) for a in arguments if a.name is None]
            if "" in named:
                self.match(kind.kind(), known, [a for a in arguments if a.name is not None], scope, use)
                return
            if any(named):
                first = kind.positional([name or 0 for name in named])
                known = [*first, *(name for name in known if name not in first)]
        given = self.match(kind.kind(), known, arguments, scope, use)
        if given is not None:
            self._missing(use, kind, given)

    def _layer_named(self, value: tree.Expression, scope: NameScope) -> str | None:
        """The layer that an argument certainly names; None if it is not a layer, empty if that depends on the call."""
        if type(value) is not tree.Name:
            return None
        found = scope.find(value.name) or self.layer(value.name)
        if found is None:
            return None
        while found.kind == "let" and found.alias is not None:
            found = found.alias
        if found.kind == "layer":
            return found.name
        return "" if found.kind in _VALUES else None

    def _missing(self, use: tree.Use, kind: type[Op], given: Mapping[str, tree.Argument]) -> None:
        """Report a missing required argument of a layer, for which there is no `default` or sketch rule either."""
        if kind.sketch.__func__ is not Op.sketch.__func__:  # type: ignore[attr-defined]  # a bound class method
            return
        usual = self.defaults.get(kind.kind(), ())
        for name, argument in kind.model_fields.items():
            if argument.is_required() and name not in given and name not in usual:
                self.report(missing(kind, name), use.name_span)
                return

    # -- brackets ---------------------------------------------------------------------------------------------------

    def _group(self, group: tree.Group, scope: NameScope) -> None:
        with self.module(group.label, group, scope):
            self.chain(group.chain, scope)

    def _guard(self, guard: tree.Guard, scope: NameScope) -> None:
        self.expression(guard.condition, scope)
        with self.branch(guard, True):
            self.term(guard.then, scope)
        if guard.otherwise is not None:
            with self.branch(guard, False):
                self.term(guard.otherwise, scope)

    def _merge(self, merge: tree.Merge, scope: NameScope) -> None:
        with self.module(merge.label, merge, scope), self.reading("merge" if self.alone else ""):
            inner = scope
            if scope.find("in") is None:
                inner = self.scope("merge", merge.span, scope)
                self.define(inner, "incoming", "in", None)
            if (listed := numbers_side_by_side(merge)) is not None:
                self.report(listed, merge.span)
                return
            for branch in merge.branches:
                if (guard := optional(branch)) is not None:
                    self._optional(guard, inner)
                else:
                    self.chain(branch, inner)

    def _optional(self, guard: tree.Term, scope: NameScope) -> None:
        """Resolve a branch that may be absent."""
        if isinstance(guard, tree.Guard):
            self.expression(guard.condition, scope)
            with self.branch(guard, True):
                self.chain(tree.Chain(guard.then.span, (guard.then,)), scope)
            with self.branch(guard, False):
                self._optional(guard.otherwise or guard.then, scope)

    def _absent(self, term: tree.Absent, scope: NameScope) -> None:
        """Report a `none` that is not a branch."""
        self.report(MisplacedAbsence(), term.span)

    def _repeat(self, repeat: tree.Repeat, scope: NameScope) -> None:
        self.expression(repeat.count, scope)
        with self.module(repeat.label, repeat, scope):
            inner = scope
            if repeat.variable is not None:
                inner = self.scope("loop", repeat.span, scope)
                span = Span(repeat.span.file, repeat.span.end - len(repeat.variable), repeat.span.end)
                self._loop_variable(repeat.variable, span, repeat, repeat.span, inner)
            self.turns += 1
            self.repeats.append(repeat)
            self.chain(repeat.chain, inner)
            self.repeats.pop()
            self.turns -= 1

    def _for(self, loop: tree.For, scope: NameScope) -> None:
        self.expression(loop.iterable, scope)
        inner = self.scope("loop", loop.span, scope)
        over = scope.find(loop.iterable.name) if isinstance(loop.iterable, tree.Name) else None
        for target in flat_targets(loop.target):
            if over is not None and is_tensor(over):  # reported: the meaning of the names is unknown
                self.define(inner, "lost", str(target.names), target.span, loop)
                continue
            self._loop_variable(str(target.names), target.span, loop, target.span, inner)
        self.turns += 1
        self.chain(loop.chain, inner)
        self.turns -= 1

    def _loop_variable(self, name: str, span: Span, loop: tree.Tree, place: Span, inner: NameScope) -> None:
        """Define a loop variable; `place` is where a forbidden name is reported."""
        if self.may_name(name, place):
            first = inner.find(name)
            if (
                first is not None
                and first.kind in ("parameter", "let", "loop variable", "module")
                and self.is_met(first)
            ):
                self.given_twice(name, place, first)
        self.define(inner, "loop variable", name, span, loop)

    def is_met(self, definition: Definition) -> bool:
        """Whether a value of this body is defined here, rather than only in another branch."""
        return meets(self.paths.get(definition, ()), (*self.behind, *self.path))

    @contextmanager
    def branch(self, choice: tree.Tree, side: bool) -> Iterator[None]:
        """Resolve inside one side of a choice."""
        around = self.path
        self.path = (*around, (id(choice), side))
        yield
        self.path = around


def _terms(scope: NameScope) -> list[str]:
    """The names that can be terms: layers, tensors, and parameters that are capitalised like blocks."""
    found = seen_of(scope, "block", "macro", "tensor", "module")
    found += [name for name in seen_of(scope, "parameter", "loop variable") if name[0].isupper()]
    return [
        *found,
        *(n for here in scope.outwards() for n, d in here.names.items() if d.kind == "let" and callee_of(d)),
    ]


def _is_plain(let: Definition) -> bool:
    """Whether a value is certainly a number, a text or a list."""
    value = let.node.value if isinstance(let.node, tree.Let) else None
    plain = tree.Literal_ | tree.Shape | tree.Sequence | tree.Template | tree.Unary | tree.Attribute
    return isinstance(value, plain) or (isinstance(value, tree.Binary) and value.operator not in ("and", "or"))


_HANDLERS: Mapping[type[tree.Tree], Callable[[Terms, Any, NameScope], None]] = {
    tree.Use: Terms._use,
    tree.Group: Terms._group,
    tree.Repeat: Terms._repeat,
    tree.For: Terms._for,
    tree.Merge: Terms._merge,
    tree.Guard: Terms._guard,
    tree.Absent: Terms._absent,
    tree.Constant: Terms.misplaced,
    tree.Calculation: Terms.misplaced,
}
