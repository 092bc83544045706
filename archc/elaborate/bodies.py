"""Bodies of blocks and models: statements, results, and block calls."""

from __future__ import annotations

from archc.diagnostics.core import ErrorSentinel, Label
from archc.diagnostics.problems.names import DuplicateName, ReservedName
from archc.diagnostics.problems.results import NoResult
from archc.diagnostics.problems.structure import Misplaced, NameCount, SketchChoice, TensorCount
from archc.diagnostics.source import Frame, Span
from archc.elaborate.arguments import is_called_on
from archc.elaborate.calls import bind, given_values
from archc.elaborate.draft import ScopeDraft
from archc.elaborate.layers import PlacedTerm, Refs, WrittenTerm, hole
from archc.elaborate.merges import Merges
from archc.elaborate.state import ExpansionContext
from archc.elaborate.templates import add, begin, finish, fits, key_of, stand_in
from archc.elaborate.values import (
    Binding,
    DefinitionRef,
    Env,
    Poisoned,
    SharedModule,
    Tensors,
    called_each,
    data_of,
    named_tensors,
)
from archc.elaborate.wording import count_beside, count_once, read
from archc.ir.expr import Var
from archc.ir.network import (
    ArgumentValue,
    CallItem,
    ItemChain,
    LetValue,
    Ref,
    ScopeResult,
    Statement,
    TakenBranch,
    TensorAssignment,
)
from archc.resolve.bodies import flat
from archc.resolve.naming import is_reserved
from archc.support.record import Struct, replace
from archc.syntax import tree


class BodyOutcome(Struct):
    """The outcome of a body: its results in both modes, None if there are none.

    `ended`: a `return` or last chain has been reached, after which only what training returns matters. `sound`: no
    statement has failed.
    """

    refs: Refs | None = None
    training: Refs | None = None
    ended: bool = False
    sound: bool = True


class Expander(Merges):
    """Expands whole networks."""

    def block(self, site: ExpansionContext, use: tree.Use, defined: DefinitionRef, refs: Refs) -> PlacedTerm | None:
        """Expand a block call to one module, with a vocabulary of its own."""
        block = defined.tree
        assert isinstance(block, tree.Block)
        label = self.named(use.label, site)
        env = Env(defined.home)
        if not block.over:
            env.names["in"] = Tensors(refs, "in_")
        arguments = bind(self.state, env, defined, block.parameters, use, site)
        taken = self._taken(defined, block, refs, site, use)
        if isinstance(arguments, ErrorSentinel) or taken is None:
            return None
        refs = taken
        if not block.over:
            env.names["in"] = Tensors(refs, "in_")
        env.names.update(named_tensors(block.over, block.rest, refs))
        path = site.scope.next_path(label.name if label else None)
        frame = Frame(defined.name, use.span, path, site.frame, given_values(arguments))
        scope = self.open(site, "block", label, defined.name, use.span, frame)
        scope.definition = self.definition(defined, scope)
        if self.state.sums is None:
            scope.arguments = arguments_of(arguments)
        expansion = self.state.draft.expansion(frame, site.expansion, scope)
        scope.expansion = expansion
        if defined.prelude:
            self._note_choices(defined, arguments, use, site)
        inner = ExpansionContext(env, scope, frame, expansion, site.depth + 1, new=site.new)
        outputs = self._inside(defined, block, arguments, refs, inner)
        scope.pass_tensors(refs, outputs)
        return PlacedTerm((CallItem.model_construct(is_a="call", scope=scope.index),), outputs)

    def _inside(
        self,
        defined: DefinitionRef,
        block: tree.Block,
        arguments: dict[str, tuple[Binding, bool]],
        refs: Refs,
        site: ExpansionContext,
    ) -> Refs:
        """The outputs of a block's body, expanded into the scope of `site` or copied from an earlier expansion."""
        state = self.state
        if state.templates is None:
            return self.body(block.body, refs, site, defined.name, block.name.span)[0]
        key = key_of(state, defined, arguments, refs)
        known = state.templates.get(key)
        if known is not None and fits(known, state, site):
            state.shares = state.shares or known.shares
            put = add if state.sums is None else stand_in
            state.spend(block.span, site, known.steps)
            return put(known, state, site, refs)
        sums, state.sums = state.sums, None  # a template contains all nodes
        start = begin(state, site)
        outputs, _ = self.body(block.body, refs, site, defined.name, block.name.span)
        state.templates[key] = finish(state, site, start, refs, outputs)
        state.sums = sums
        return outputs

    def definition(self, defined: DefinitionRef, scope: ScopeDraft) -> str:
        """The name of the class for a block call."""
        return self.state.definition(defined)

    def _taken(
        self, defined: DefinitionRef, block: tree.Block, refs: Refs, site: ExpansionContext, use: tree.Use
    ) -> Refs | None:
        """The input tensors of a block; None if there are too few or too many, which is reported."""
        least = len(block.over) - block.rest
        if block.rest and len(refs) >= least:
            return refs
        taken = self.state.spread(refs, least or 1)
        if taken is None and is_called_on(use, site):
            from archc.elaborate.unknown import report_called_on

            report_called_on(self.state, use, site)
        elif taken is None:
            wanted = f"{least}{' or more' if block.rest else ''} tensors" if block.over else "1 tensor"
            there = (Label(block.over[0].span.to(block.over[-1].span), "it names them here"),) if block.over else ()
            problem = TensorCount(name=defined.name, wanted=wanted, given=len(refs))
            self.state.reporter.add(problem, use.name_span, labels=there, frame=site.frame)
        return taken

    def _note_choices(
        self, defined: DefinitionRef, arguments: dict[str, tuple[Binding, bool]], use: tree.Use, site: ExpansionContext
    ) -> None:
        if all(given for _, given in arguments.values()):
            return
        values = ", ".join(str(b.value) for b, _ in arguments.values())
        self.state.report(SketchChoice(what=defined.name, value=f"{defined.name}({values})"), use.name_span, site)

    # -- statements -------------------------------------------------------------------------------------------------

    def body(
        self, body: tree.Body, refs: Refs, site: ExpansionContext, name: str, name_span: Span
    ) -> tuple[Refs, Refs | None]:
        """Expand a body that reads `refs` into the scope of `site`. Returns its results, and those of training only."""
        outcome = BodyOutcome()
        self.state.whole = self.state.whole and body.complete
        read(self.state, site, body.statements)
        statements = self.statements(body.statements, refs, site, outcome, last=True)
        site.scope.body = tuple(statements)
        if outcome.refs is None:
            if outcome.sound and body.complete and not outcome.ended:
                self.state.report(NoResult(name=name), name_span, site)
            return self._no_result(name, name_span, refs, site), outcome.training
        return outcome.refs, outcome.training

    def _no_result(self, name: str, span: Span, refs: Refs, site: ExpansionContext) -> Refs:
        """The result of a body without one: a tensor of unknown type."""
        placed = hole(self.state, site, name, "no result", refs, WrittenTerm(span, span))
        chain = placed.alone(refs)
        result = ScopeResult.model_construct(is_a="result", chains=(chain,), training=False)
        site.scope.body = (*site.scope.body, result)
        return placed.refs

    def statements(
        self,
        statements: tuple[tree.Statement, ...],
        refs: Refs,
        site: ExpansionContext,
        outcome: BodyOutcome,
        *,
        last: bool,
    ) -> list[Statement]:
        """Expand statements in order. `last`: the last one may give the body's result."""
        built: list[Statement] = []
        for position, statement in enumerate(statements):
            if outcome.ended and not any(map(_is_for_training, statements[position:])):
                break
            is_last = last and all(_is_quiet(s) for s in statements[position + 1 :])
            done = self.statement(statement, refs, site, outcome, is_last)
            if done is not None:
                built.append(done)
        return built

    def statement(
        self, statement: tree.Statement, refs: Refs, site: ExpansionContext, outcome: BodyOutcome, last: bool
    ) -> Statement | None:
        """Expand one statement; None if it adds nothing to the structure of the network."""
        match statement:
            case tree.Let():
                return self.let(statement, site)
            case tree.Bind():
                return self.name_tensors(statement, refs, site, outcome)
            case tree.If():
                return self.choose(statement, refs, site, outcome, last)
            case tree.Return(training=False) | tree.ChainStatement() if outcome.ended:
                return None
            case tree.Return():
                return self.give(statement.chains, refs, site, outcome, training=statement.training)
            case tree.ChainStatement():
                if not last:
                    return self._lost(statement, refs, site, outcome)
                return self.give((statement.chain,), refs, site, outcome, training=False)
            case tree.Default():
                for use in statement.layers:
                    self.declare_default(use, site)
            case tree.Shared():
                self.share(statement, site)
            case tree.InputStatement() if site.scope.kind != "model":
                self.state.report(Misplaced(what="`input`", where="a block"), statement.span, site)
            case tree.Init() if site.scope.kind != "model":
                self.state.report(Misplaced(what="`init`", where="a block"), statement.span, site)
        return None

    def _lost(
        self, statement: tree.ChainStatement, refs: Refs, site: ExpansionContext, outcome: BodyOutcome
    ) -> TensorAssignment:
        """Expand a chain whose result is unread, which has been reported where names are resolved."""
        outcome.sound = False
        nodes = len(self.state.draft.nodes)
        chain, _ = self.chain(statement.chain, refs, site)
        self.mark(nodes)
        return TensorAssignment.model_construct(is_a="bind", names=(), chain=chain)

    def declare_default(self, use: tree.Use, site: ExpansionContext) -> None:
        """Declare a `default` in the environment of `site`."""
        kind = self.state.kinds.get(use.name)
        if kind is not None:  # otherwise it has been reported
            site.env.add_default(kind, use)

    def let(self, let: tree.Let, site: ExpansionContext) -> LetValue | None:
        """Define a compile-time value."""
        bound = self.state.bound(let.value, site)
        if not self._is_free(let.name, let.name_span, site):
            return None
        if isinstance(bound, ErrorSentinel):
            site.env.names[let.name] = Poisoned()
            return None
        site.env.names[let.name] = Binding(bound.value, Var(name=let.name), let.value.span)
        return LetValue.model_construct(is_a="let", name=let.name, expr=bound.expr, value=data_of(bound.value))

    def share(self, statement: tree.Shared, site: ExpansionContext) -> None:
        """Declare a shared module. Its ordinal is determined here; the first chain that uses it makes it."""
        if statement.name is None:
            return  # it has been reported
        site.scope.pure = False
        self.state.shares = True
        count_once(self.state, site, statement.term)
        site.env.names[statement.name.name] = SharedModule(statement.term, site.env.copy(), site.merges)

    def _is_free(self, name: str, span: Span, site: ExpansionContext) -> bool:
        if is_reserved(name):
            self.state.report(ReservedName(name=name, reason="Python keeps this name for itself"), span, site)
            return False
        if (entry := site.env.own(name)) is not None and not isinstance(entry, Poisoned):
            there = (Label(entry.span, "it has this meaning here"),) if isinstance(entry, Binding) else ()
            self.state.reporter.add(DuplicateName(name=name), span, labels=there, frame=site.frame)
            return False
        return True

    def name_tensors(
        self, bind: tree.Bind, refs: Refs, site: ExpansionContext, outcome: BodyOutcome
    ) -> Statement | None:
        """Expand `a, b = chain`."""
        site.scope.pure = False
        return self.name_results(bind, *self.chain(bind.chain, refs, site), site, outcome)

    def name_results(
        self, bind: tree.Bind, chain: ItemChain, out: Refs, site: ExpansionContext, outcome: BodyOutcome
    ) -> Statement | None:
        """Name the results of a chain."""
        least = len(bind.names) - bind.rest
        tensors = out if bind.rest and len(out) >= least else self.state.spread(out, least)
        if tensors is None:
            problem = NameCount(names=len(bind.names), tensors=len(out), rest=bind.rest)
            self.state.report(problem, bind.names[0].span.to(bind.names[-1].span), site)
            missing = self.unknown(bind, out, site)
            chain = chain.model_copy({"items": (*chain.items, *missing.items), "result": missing.refs})
            tensors = missing.refs * len(bind.names)
        for name in bind.names:
            if is_reserved(name.name):
                reason = "Python keeps this name for itself"
                self.state.report(ReservedName(name=name.name, reason=reason), name.span, site)
        named = named_tensors(bind.names, bind.rest, tensors)
        for called, found in named.items():
            if not isinstance(site.env.own(called), SharedModule):  # otherwise it has been reported
                site.env.names[called] = found
        names = tuple(each for tensors in named.values() for each in called_each(tensors))
        return TensorAssignment.model_construct(is_a="bind", names=names, chain=chain)

    def choose(
        self, choice: tree.If, refs: Refs, site: ExpansionContext, outcome: BodyOutcome, last: bool
    ) -> Statement | None:
        """Expand `if cond { … } else { … }`: the statements taken belong to the enclosing body."""
        value = self.state.value(choice.condition, site)
        if isinstance(value, ErrorSentinel):
            return self._undecided(choice, refs, site, outcome)
        taken, left_out = (choice.then, choice.otherwise) if value else (choice.otherwise, choice.then)
        before = dict(site.scope.counts)
        body = self.statements(taken, refs, replace(site, depth=site.depth + 1), outcome, last=last)
        count_beside(self.state, site, before, left_out)
        return TakenBranch.model_construct(
            is_a="branch",
            value=bool(value),
            otherwise=bool(choice.otherwise),
            body=tuple(body),
        )

    def _undecided(self, choice: tree.If, refs: Refs, site: ExpansionContext, outcome: BodyOutcome) -> Statement:
        """Stand in for an `if` whose condition is unknown: all names that it may define are unknown."""
        outcome.sound = False
        placed = self.unknown(choice, refs, site)
        chain = placed.alone(refs)
        names: dict[str, bool] = {}
        for statement in flat((choice,)):
            match statement:
                case tree.Bind():
                    last = statement.names[-1].name if statement.rest else None
                    names |= {name.name: name.name == last for name in statement.names}
                case tree.Let():
                    site.env.names[statement.name] = Poisoned()
                case tree.Return(training=False):
                    outcome.ended, outcome.refs = True, placed.refs
                case _:
                    pass
        for name in names:
            site.env.names[name] = Tensors(placed.refs, name, names[name])
        if outcome.ended:
            return ScopeResult.model_construct(is_a="result", chains=(chain,), training=False)
        return TensorAssignment.model_construct(is_a="bind", names=tuple(names), chain=chain)

    def give(
        self,
        chains: tuple[tree.Chain, ...],
        refs: Refs,
        site: ExpansionContext,
        outcome: BodyOutcome,
        *,
        training: bool,
    ) -> ScopeResult | TensorAssignment | None:
        """Expand `return …`, or the last chain."""
        built: list[ItemChain] = []
        out: list[Ref] = []
        if len(chains) != 1 or training:
            site.scope.pure = False
        for chain in chains:
            done, made = self.chain(chain, refs, site)
            built.append(done)
            out.extend(made)
        outcome.ended = outcome.ended or not training
        if training:
            outcome.training = tuple(out)
        else:
            outcome.refs = tuple(out)
        return ScopeResult.model_construct(is_a="result", chains=tuple(built), training=training)


def arguments_of(arguments: dict[str, tuple[Binding, bool]]) -> tuple[ArgumentValue, ...]:
    """The arguments of a call in the form that the network keeps."""
    return tuple(
        ArgumentValue.model_construct(name=n, expr=b.expr, value=data_of(b.value), span=b.span, given=given)
        for n, (b, given) in arguments.items()
    )


def _is_quiet(statement: tree.Statement) -> bool:
    """Whether a statement produces no tensors, so that a chain before it can still be the last."""
    return isinstance(statement, tree.Default | tree.Init | tree.InputStatement | tree.Shared)


def _is_for_training(statement: tree.Statement) -> bool:
    """Whether a statement defines, or may define, what training returns."""
    if isinstance(statement, tree.If):
        return any(map(_is_for_training, (*statement.then, *statement.otherwise)))
    return isinstance(statement, tree.Return) and statement.training
