"""The state of the expansion of one network, and its current place in the spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NoReturn

from archc.diagnostics.core import ErrorSentinel, Problem, Reporter
from archc.diagnostics.problems.limits import TooManyLayers
from archc.diagnostics.source import Frame, Span
from archc.elaborate.draft import Draft, NodeDraft, ScopeDraft
from archc.elaborate.expressions import Evaluator
from archc.elaborate.values import Binding, DefinitionRef, Entry, Env, OpRef, Tensors, Value
from archc.elaborate.vocabulary import in_vocabulary
from archc.ir.expr import NONE, const, weight
from archc.ir.network import ArgumentValue, Ref
from archc.ir.op import Op
from archc.ir.types import TensorType, Types
from archc.resolve.budget import Budget
from archc.support.record import Record, Struct, field
from archc.syntax import tree

if TYPE_CHECKING:
    from archc.elaborate.library import Compilation
    from archc.elaborate.template import BlockTemplate, Layers


Visit = Literal["first", "later"]
_LONG = 16
"""The complexity (names and numbers) of an expression per step."""


Outcome = tuple[Types | Problem, bool]
"""The result of a layer: the types of its outputs, or a problem; and whether it has weights."""


class Stopped(Exception):
    """Ends the expansion of a network that exceeds a limit, which has been reported. Never leaves `models`."""


class ExpansionContext(Record):
    """A place in the spec during expansion: the meanings of names, and where modules go.

    `frame` and `expansion` are the enclosing call, for diagnostics and for the network. `depth` counts enclosing
    constructs, `merges` those that named the incoming tensor. `new`: inside an inserted chain. `visit`: inside a use of
    a shared module.
    """

    env: Env
    scope: ScopeDraft
    frame: Frame | None
    expansion: int | None
    depth: int
    merges: int = 1
    new: bool = False
    visit: Visit | None = None

    @property
    def apart(self) -> bool:
        """Whether what is placed here is not part of the scope's text: it is inserted by an edit, or shared."""
        return self.visit == "later" or (self.new and self.scope.base is not None)

    def add(self, child: ScopeDraft | NodeDraft) -> None:
        """Append a child to the scope."""
        self.scope.add(child, apart=self.apart, counted=self.visit is not None)

    def inside(self, env: Env | None = None, scope: ScopeDraft | None = None, depth: int = 1) -> ExpansionContext:
        """The place one construct deeper, or at the same depth (`depth` 0) with other names."""
        inner_env, inner_scope = env or Env(self.env), scope or self.scope
        return ExpansionContext(
            inner_env, inner_scope, self.frame, self.expansion, self.depth + depth, self.merges, self.new
        )


class GivenLayer(Record):
    """An op with its arguments: what they are bound to and whether each was given, and as the network keeps them."""

    op: Op
    bound: dict[str, tuple[Binding, bool]]
    arguments: tuple[ArgumentValue, ...]


class ExpansionState(Struct):
    """The expansion of one network.

    `library` has the meanings of names. `kinds`: all ops by name and alias. `last_of_kind`: the terms of the model that
    are the last of their kind, for the sketch rules. `templates`: the blocks that have been expanded, None for one that
    is not cached; without templates, every call is expanded. `deepest`: the greatest nesting so far. `sums` is set if
    only the layers of the network are needed: expressions are then omitted, and a block that was expanded before adds
    its layers, and a single node in place of its own. The number of that node is in `stand_ins`, with those nodes of
    the block that the sketch rules can ask for.
    """

    library: Compilation
    reporter: Reporter
    kinds: Mapping[str, type[Op]]
    classes: int | None
    budget: Budget
    draft: Draft = field(default_factory=Draft)
    deep: bool = False
    """Whether too deep nesting has been reported, so that the result is not a network."""
    whole: bool = True
    """Whether the type of every tensor is known."""
    last_of_kind: Callable[[], frozenset[int]] = frozenset
    built: dict[object, Op] = field(default_factory=dict)
    outcomes: dict[tuple[Op, Types], Outcome] = field(default_factory=dict)
    given: dict[tuple[tree.Use, type[Op]], GivenLayer] = field(default_factory=dict)
    """The layers of terms whose arguments are all written out."""
    templates: dict[object, BlockTemplate | None] | None = None
    deepest: int = 0
    sums: list[Layers] | None = None
    shares: bool = False
    """Whether a module is used more than once, so that sums over layers are not those of the network."""
    stand_ins: dict[int, tuple[NodeDraft, ...]] = field(default_factory=dict)
    definitions: dict[str, DefinitionRef] = field(default_factory=dict)

    def definition(self, defined: DefinitionRef) -> str:
        """The name of a block's class: its own, numbered if another file has a block of that name."""
        name, number = defined.name, 1
        while self.definitions.setdefault(name, defined).tree is not defined.tree:
            number += 1
            name = f"{defined.name}{number}"
        return name

    def outcome(self, op: Op, xs: Types) -> Outcome:
        """The result of a layer for inputs of known types. Equal layers with equal inputs share it."""
        found = self.outcomes.get((op, xs))
        if found is None:
            result = op.infer(xs)
            ys = (result,) if isinstance(result, TensorType) else result
            stateful = not isinstance(ys, Problem) and bool(op.weights(xs))
            found = self.outcomes[op, xs] = ys, stateful
        return found

    def evaluator(self, site: ExpansionContext) -> Evaluator:
        """An evaluator for the expressions at `site`."""
        return Evaluator(site.env, self.reporter, self.budget, site.frame, self.type_of, self.library.meaning)

    def value(self, expression: tree.Expression, site: ExpansionContext) -> Value | ErrorSentinel:
        """The value of an expression at `site`."""
        return self.evaluator(site).value(expression)

    def bound(self, expression: tree.Expression, site: ExpansionContext) -> Binding | ErrorSentinel:
        """The value of an expression, with the expression and its place."""
        env = site.env
        if type(expression) is tree.Name and type(entry := env.find(expression.name)) is Binding:
            value, expr = entry.value, entry.expr
        elif type(expression) is tree.Literal_:
            value, expr = expression.value, const(expression.value)
        else:
            found = self.value(expression, site)
            if isinstance(found, ErrorSentinel):
                return found
            value, expr = found, in_vocabulary(expression, env) if self.sums is None else NONE
        if long := weight(expr) // _LONG:
            self.spend(expression.span, site, long)
        return Binding(value, expr, expression.span, expression, env)

    def spend(self, span: Span, site: ExpansionContext, steps: int = 1) -> None:
        """Count steps of expanding the term at `span`. Raises `Stopped` if a limit is exceeded."""
        passed = self.budget.spend(steps)
        if passed is None:
            return
        if isinstance(passed, Problem):
            self.report(passed, span, site)
        raise Stopped

    def too_many(self, span: Span, site: ExpansionContext) -> NoReturn:
        """Report that the network has too many layers, and stop."""
        self.report(TooManyLayers(limit=self.budget.limits.layers), span, site)
        raise Stopped

    def type_of(self, tensors: Tensors) -> TensorType | None:
        """The type of a named tensor; None for several tensors."""
        return self.draft.type_of(tensors.refs[0]) if len(tensors.refs) == 1 else None

    def spread(self, refs: tuple[Ref, ...], number: int) -> tuple[Ref, ...] | None:
        """The tensors if there are this many, else None. A tensor of unknown type counts as any number."""
        if len(refs) == number:
            return refs
        unknown = next((ref for ref in refs if not self.draft.type_of(ref).is_known), None)
        return None if unknown is None else (unknown,) * number

    def kind(self, name: str) -> OpRef | None:
        """The op called `name`, which may be an alias."""
        op = self.kinds.get(name)
        return OpRef(op.kind()) if op else None

    def meaning(self, use: tree.Use | tree.Name, env: Env) -> Entry | OpRef | None:
        """The meaning of a term or name; a value that is an op, block or macro is resolved to it."""
        entry = self.library.meaning(use, use.name, env)
        if isinstance(entry, Binding) and isinstance(entry.value, DefinitionRef | OpRef):
            return entry.value
        return entry

    def merging(self, kind: str) -> type[Op]:
        """The op that performs a merge."""
        return next(op for op in self.kinds.values() if op.merge == kind)

    def report(self, problem: Problem, span: Span, site: ExpansionContext) -> ErrorSentinel:
        """Report a problem at a place inside the expansion of `site`."""
        return self.reporter.add(problem, span, frame=site.frame)
