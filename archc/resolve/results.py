"""The number of tensors that chains and bodies produce, as far as it is known without expansion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from archc.diagnostics.core import Label, Reporter
from archc.diagnostics.problems.results import SecondResult
from archc.diagnostics.problems.structure import NameCount
from archc.diagnostics.source import Span
from archc.ir.op import Op
from archc.resolve.arithmetic import tells
from archc.resolve.bodies import flat
from archc.resolve.names import Path, callee_of, is_list, is_tensor
from archc.resolve.symbols import Definition, NameScope
from archc.syntax import tree
from archc.syntax.operands import operands, optional
from archc.syntax.walk import flat_targets, spliced


class BodyResult(NamedTuple):
    """A result of a body: its place, the number of its tensors if known, and the branches around it."""

    span: Span
    number: int | None
    path: Path


class Results:
    """Counts the results of declarations, given their scopes and the ops by name."""

    def __init__(self, scopes: Mapping[Definition, NameScope], kinds: Mapping[str, type[Op]]) -> None:
        self.scopes = scopes
        self.kinds = kinds
        self._known: dict[Definition, int | None] = {}

    def check(self, reporter: Reporter) -> None:
        """Report assignments to a wrong number of names, and results that hide others."""
        for owner, scope in self.scopes.items():
            if not isinstance(what := owner.node, tree.Block | tree.ModelDef):
                continue
            given, statements = _given(what), flat(what.body.statements)
            for bind in statements:
                if isinstance(bind, tree.Bind):
                    count = self.chain(bind.chain, scope, given)
                    if count is not None and not _enough(bind, count):
                        span = bind.names[0].span.to(bind.names[-1].span)
                        reporter.add(NameCount(names=len(bind.names), tensors=count, rest=bind.rest), span)
            for training in (False, True):
                for first, second in _successive(list(_results(what.body.statements, training=training)), training):
                    labels = (Label(first, f"this is the result of {'training' if training else 'the body'}"),)
                    reporter.add(SecondResult(training=training), second, labels=labels)

    def uneven(self) -> Iterator[tuple[Definition, BodyResult, BodyResult]]:
        """Pairs of results of one body that differ in number, depending on an `if`."""
        for owner, scope in self.scopes.items():
            if isinstance(what := owner.node, tree.Block | tree.ModelDef):
                results = self.body(what, scope)
                first = results[0] if results else None
                for other in results[1:]:
                    if first and other.number != first.number and None not in (first.number, other.number):
                        if other.path[: len(first.path)] != first.path:
                            yield owner, first, other
                        break

    def body(self, what: tree.Block | tree.ModelDef, scope: NameScope) -> list[BodyResult]:
        """The results of a body, except those for training only."""
        found: list[BodyResult] = []
        for chains, span, path in _results(what.body.statements):
            counts = [self.chain(chain, scope, _given(what)) for chain in chains]
            found.append(BodyResult(span, None if None in counts else sum(c or 0 for c in counts), path))
        return found

    def chain(self, chain: tree.Chain, scope: NameScope, given: int | None) -> int | None:
        """The number of tensors that a chain produces from `given`; None if that depends on the call."""
        if count := operands(chain, *tells(scope)):
            given = 1
        for position, term in enumerate(chain.terms[count:], count):
            if position == 0 and isinstance(term, tree.Use):
                found = scope.find(term.name)
                if found is not None and found.kind == "tensor":
                    given = None if is_list(found) and term.index is None else 1
                    continue
            given = self._term(term, scope, given)
        return given

    def _term(self, term: tree.Term, scope: NameScope, given: int | None) -> int | None:
        match term:
            case tree.Use():
                found = scope.find(term.name)
                if found is not None and found.kind == "module":
                    return self._term(found.node, scope, given)  # type: ignore[arg-type]  # a shared module
                return given if found is not None and is_tensor(found) else self._callee(term.name, found)
            case tree.Group():
                return self.chain(term.chain, scope, given)
            case tree.Merge(kind="tuple"):
                counts = [None if spliced(b) or optional(b) else self.chain(b, scope, given) for b in term.branches]
                return None if None in counts else sum(c or 0 for c in counts)
            case tree.Merge() | tree.Absent() | tree.Constant() | tree.Calculation():
                return 1
            case tree.Guard():
                then = self._term(term.then, scope, given)
                other = given if term.otherwise is None else self._term(term.otherwise, scope, given)
                return then if then == other else None
            case tree.Repeat(every=True) | tree.For(every=True):
                return None
            case tree.For() if any(scope.find(str(t.names)) for t in flat_targets(term.target)):
                return None
            case tree.Repeat() | tree.For():
                turned = self.chain(term.chain, scope, given)
                return given if turned == given else None

    def _callee(self, name: str, found: Definition | None) -> int | None:
        callee = callee_of(found) if found is not None else None
        if found is None or (callee is not None and callee.kind == "layer"):
            op = self.kinds.get(callee.name if callee is not None else name)
            return 1 if op is not None and _is_single(op) else None
        return self._definition(callee) if callee is not None else None

    def _definition(self, callee: Definition) -> int | None:
        """The number of tensors that a block or macro produces."""
        if callee not in self._known:
            self._known[callee] = None  # a recursive one has no number
            scope, counts = self.scopes.get(callee), set[int | None]()
            if scope is not None and isinstance(callee.node, tree.Macro):
                counts = {self.chain(callee.node.chain, scope, None)}
            elif scope is not None and isinstance(callee.node, tree.Block):
                counts = {result.number for result in self.body(callee.node, scope)}
            self._known[callee] = counts.pop() if len(counts) == 1 else None
        return self._known[callee]


def _enough(bind: tree.Bind, tensors: int) -> bool:
    """Whether each name of an assignment gets a tensor. A list may be empty."""
    return tensors >= len(bind.names) - 1 if bind.rest else tensors == len(bind.names)


def _given(what: tree.Block | tree.ModelDef) -> int | None:
    """The number of inputs of a body; None for any number."""
    if isinstance(what, tree.Block) and what.rest:
        return None
    return len(what.over) or 1


def _results(
    statements: Sequence[tree.Statement], path: Path = (), *, training: bool = False
) -> Iterator[tuple[Sequence[tree.Chain], Span, Path]]:
    """The possible results of a body, or those for training only: chains, place and branches."""
    for position, statement in enumerate(statements):
        match statement:
            case tree.Return(chains=chains) if statement.training == training:
                yield chains, statement.span, path
            case tree.ChainStatement(chain=chain) if position == len(statements) - 1 and not training:
                yield (chain,), statement.span, path
            case tree.If():
                yield from _results(statement.then, (*path, (id(statement), True)), training=training)
                yield from _results(statement.otherwise, (*path, (id(statement), False)), training=training)


def _successive(
    results: Sequence[tuple[Sequence[tree.Chain], Span, Path]], training: bool
) -> Iterator[tuple[Span, Span]]:
    """Pairs of results of which the second is unreachable, since the first comes before it on every path.

    What training returns ends no body, so that there a pair only has to have a path in common.
    """
    for number, (_, second, path) in enumerate(results):
        for _, first, before in results[:number]:
            if path[: len(before)] == before or (training and before[: len(path)] == path):
                yield first, second
                break


def _is_single(op: type[Op]) -> bool:
    """Whether a layer always produces one tensor: it has examples, and none shows more."""
    examples = getattr(op, "examples", ())
    return bool(examples) and all(";" not in example.outputs for example in examples)
