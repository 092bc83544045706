"""Bodies of blocks and models: statements, results, and block calls."""

from __future__ import annotations

from archc.diagnostics import Label, Reported
from archc.elaborate.calls import Refs, bind, given_values
from archc.elaborate.chains import Chains
from archc.elaborate.draft import ScopeDraft
from archc.elaborate.environment import is_reserved
from archc.elaborate.layers import FAILED, Placed, named
from archc.elaborate.state import Site
from archc.elaborate.templates import add, begin, finish, fits, key_of, stand_in
from archc.elaborate.values import Bound, Defined, Env, Poisoned, Tensors, data_of
from archc.elaborate.wording import count_beside, read
from archc.network.expr import Var
from archc.network.network import Argument, Bind, Branch, Call, Chain, Let, Ref, Result, Statement
from archc.problems.names import DuplicateName, ReservedName
from archc.problems.structure import LostResult, Misplaced, NameCount, NoResult, SketchChoice, TensorCount
from archc.record import Struct, replace
from archc.source import Frame, Span
from archc.syntax import tree


class Outcome(Struct):
    """What a body came to: its results in both modes, None where they could not be worked out.

    `ended` says that a `return` or a last chain was met, after which only what training returns counts; `sound` that no
    statement failed.
    """

    refs: Refs = None
    training: Refs = None
    ended: bool = False
    sound: bool = True


class Expander(Chains):
    """Expands whole networks."""

    def block(self, site: Site, use: tree.Use, defined: Defined, refs: Refs) -> Placed:
        """Expand a block call: one module, with a vocabulary of its own."""
        block = defined.tree
        assert isinstance(block, tree.Block)
        label = named(use.label, site, self.state)
        env = Env(defined.home)
        if refs is None:
            env.names["in"] = Poisoned()
        elif not block.over:
            env.names["in"] = Tensors(refs, "in_")
        arguments = bind(self.state, env, defined, block.parameters, use, site)
        self._name_inputs(env, block, refs, site, use)
        if isinstance(arguments, Reported) or isinstance(label, Reported):
            return FAILED
        if not block.over and refs is not None and len(refs) != 1:
            problem = TensorCount(name=defined.name, wanted="1 tensor", given=len(refs))
            self.state.report(problem, use.name_span, site)
            return FAILED
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
        inner = Site(env, scope, frame, expansion, site.depth + 1, new=site.new)
        outputs = self._inside(defined, block, arguments, refs, inner)
        if outputs is None or refs is None:
            return FAILED
        scope.pass_tensors(refs, outputs)
        return Placed((Call.model_construct(is_a="call", scope=scope.index),), outputs)

    def _inside(
        self, defined: Defined, block: tree.Block, arguments: dict[str, tuple[Bound, bool]], refs: Refs, site: Site
    ) -> Refs:
        """The outputs of a block's body, expanded into the scope of `site` or copied from where it was before."""
        state = self.state
        if refs is None or state.templates is None:
            return self.body(block.body, refs, site, defined.name, block.name.span).refs
        key = key_of(state, defined, arguments, refs)
        known = state.templates.get(key)
        if known is not None and fits(known, state, site):
            put = add if state.sums is None else stand_in
            return put(known, state, site, refs) if state.may_go_on(block.span, site, known.steps) else None
        sums, state.sums = state.sums, None  # a template holds all nodes
        start = begin(state, site)
        outputs = self.body(block.body, refs, site, defined.name, block.name.span).refs
        state.templates[key] = finish(state, site, start, refs, outputs)
        state.sums = sums
        return outputs

    def definition(self, defined: Defined, scope: ScopeDraft) -> str:
        """The name of the class that a block call becomes."""
        return self.state.definition(defined)

    def _name_inputs(self, env: Env, block: tree.Block, refs: Refs, site: Site, use: tree.Use) -> None:
        if not block.over:
            return
        for position, name in enumerate(block.over):
            if refs is not None and len(refs) == len(block.over):
                env.names[name.name] = Tensors((refs[position],), name.name)
            else:
                env.names[name.name] = Poisoned()
        if refs is not None and len(refs) != len(block.over):
            problem = TensorCount(name=block.name.name, wanted=f"{len(block.over)} tensors", given=len(refs))
            labels = (Label(block.over[0].span.to(block.over[-1].span), "it names them here"),)
            self.state.reporter.add(problem, use.name_span, labels=labels, frame=site.frame)

    def _note_choices(
        self, defined: Defined, arguments: dict[str, tuple[Bound, bool]], use: tree.Use, site: Site
    ) -> None:
        if all(given for _, given in arguments.values()):
            return
        values = ", ".join(str(b.value) for b, _ in arguments.values())
        self.state.report(SketchChoice(what=defined.name, value=f"{defined.name}({values})"), use.name_span, site)

    # -- statements -------------------------------------------------------------------------------------------------

    def body(self, body: tree.Body, refs: Refs, site: Site, name: str, name_span: Span) -> Outcome:
        """Expand a body that reads `refs`, into the scope of `site`."""
        outcome = Outcome()
        read(self.state, site, body.statements)
        statements = self.statements(body.statements, refs, site, outcome, last=True)
        site.scope.body = tuple(statements)
        if not outcome.ended:
            if outcome.sound and body.complete:
                self.state.report(NoResult(name=name), name_span, site)
            return Outcome()
        return outcome

    def statements(
        self, statements: tuple[tree.Statement, ...], refs: Refs, site: Site, outcome: Outcome, *, last: bool
    ) -> list[Statement]:
        """Expand statements in order. `last` says that the last one may give the body's result."""
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
        self, statement: tree.Statement, refs: Refs, site: Site, outcome: Outcome, last: bool
    ) -> Statement | None:
        """Expand one statement; None for one that leaves nothing in the network's structure."""
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
                    self.state.report(LostResult(), statement.span, site)
                    outcome.sound = False
                    return None
                return self.give((statement.chain,), refs, site, outcome, training=False)
            case tree.Default():
                for use in statement.layers:
                    self.declare_default(use, site)
            case tree.InputStatement() if site.scope.kind != "model":
                self.state.report(Misplaced(what="`input`", where="a block"), statement.span, site)
            case tree.Init() if site.scope.kind != "model":
                self.state.report(Misplaced(what="`init`", where="a block"), statement.span, site)
        return None

    def declare_default(self, use: tree.Use, site: Site) -> None:
        """Declare a `default` in the environment of `site`."""
        kind = self.state.kinds.get(use.name)
        if kind is None:
            self.unknown(use, site)
        else:
            site.env.add_default(kind.kind(), use)

    def let(self, let: tree.Let, site: Site) -> Let | None:
        """Name a compile-time value."""
        bound = self.state.bound(let.value, site)
        if not self._is_free(let.name, let.name_span, site):
            return None
        if isinstance(bound, Reported):
            site.env.names[let.name] = Poisoned()
            return None
        site.env.names[let.name] = Bound(bound.value, Var(name=let.name), let.value.span)
        return Let.model_construct(is_a="let", name=let.name, expr=bound.expr, value=data_of(bound.value))

    def _is_free(self, name: str, span: Span, site: Site) -> bool:
        if is_reserved(name):
            self.state.report(ReservedName(name=name, reason="Python keeps this name for itself"), span, site)
            return False
        if (entry := site.env.own(name)) is not None and not isinstance(entry, Poisoned):
            there = (Label(entry.span, "it has this meaning here"),) if isinstance(entry, Bound) else ()
            self.state.reporter.add(DuplicateName(name=name), span, labels=there, frame=site.frame)
            return False
        return True

    def name_tensors(self, bind: tree.Bind, refs: Refs, site: Site, outcome: Outcome) -> Statement | None:
        """`a, b = chain`."""
        site.scope.pure = False
        return self.name_results(bind, *self.chain(bind.chain, refs, site), site, outcome)

    def name_results(
        self, bind: tree.Bind, chain: Chain | None, out: Refs, site: Site, outcome: Outcome
    ) -> Statement | None:
        """Give the results of the chain their names."""
        if out is not None and len(out) != len(bind.names):
            problem = NameCount(names=len(bind.names), tensors=len(out))
            self.state.report(problem, bind.names[0].span.to(bind.names[-1].span), site)
            out = None
        for position, name in enumerate(bind.names):
            if is_reserved(name.name):
                reason = "Python keeps this name for itself"
                self.state.report(ReservedName(name=name.name, reason=reason), name.span, site)
            poisoned = out is None
            site.env.names[name.name] = Poisoned() if poisoned or out is None else Tensors((out[position],), name.name)
        if chain is None or out is None:
            outcome.sound = False
            return None
        return Bind.model_construct(is_a="bind", names=tuple(n.name for n in bind.names), chain=chain)

    def choose(self, choice: tree.If, refs: Refs, site: Site, outcome: Outcome, last: bool) -> Branch | None:
        """`if cond { … } else { … }`: the statements taken belong to the body around."""
        value = self.state.value(choice.condition, site)
        if isinstance(value, Reported):
            outcome.sound = False
            return None
        taken, left_out = (choice.then, choice.otherwise) if value else (choice.otherwise, choice.then)
        before = dict(site.scope.counts)
        body = self.statements(taken, refs, replace(site, depth=site.depth + 1), outcome, last=last)
        count_beside(self.state, site, before, left_out)
        return Branch.model_construct(
            is_a="branch",
            value=bool(value),
            otherwise=bool(choice.otherwise),
            body=tuple(body),
        )

    def give(
        self, chains: tuple[tree.Chain, ...], refs: Refs, site: Site, outcome: Outcome, *, training: bool
    ) -> Result | None:
        """`return …`, or the last chain."""
        built: list[Chain] = []
        out: list[Ref] = []
        failed = False
        if len(chains) != 1 or training:
            site.scope.pure = False
        for chain in chains:
            done, made = self.chain(chain, refs, site)
            if done is None or made is None:
                failed = True
                continue
            built.append(done)
            out.extend(made)
        outcome.ended = outcome.ended or not training
        if failed:
            outcome.sound = False
            return None
        if training:
            outcome.training = tuple(out)
        else:
            outcome.refs = tuple(out)
        return Result.model_construct(is_a="result", chains=tuple(built), training=training)


def arguments_of(arguments: dict[str, tuple[Bound, bool]]) -> tuple[Argument, ...]:
    """The arguments of a call as the network keeps them."""
    return tuple(
        Argument.model_construct(name=n, expr=b.expr, value=data_of(b.value), span=b.span, given=given)
        for n, (b, given) in arguments.items()
    )


def _is_quiet(statement: tree.Statement) -> bool:
    """Whether a statement gives no tensors, so that a chain before it can still be the last."""
    return isinstance(statement, tree.Default | tree.Init | tree.InputStatement)


def _is_for_training(statement: tree.Statement) -> bool:
    """Whether a statement says what training returns, or may say so."""
    if isinstance(statement, tree.If):
        return any(map(_is_for_training, (*statement.then, *statement.otherwise)))
    return isinstance(statement, tree.Return) and statement.training
