"""Names in the bodies of blocks and models, and properties of results that need no expansion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archc.diagnostics.core import Edit, Label
from archc.diagnostics.problems.parameters import UnnamedDefault
from archc.diagnostics.problems.results import LostResult, NoResult
from archc.diagnostics.problems.structure import Misplaced, TensorCount
from archc.diagnostics.source import Span
from archc.diagnostics.words.unknown import unknown_arguments, unknown_initialisation
from archc.resolve.arguments import argument_name
from archc.resolve.misplaced import outset
from archc.resolve.names import Path, excludes, is_list
from archc.resolve.symbols import Definition, NameScope
from archc.resolve.terms import Terms
from archc.support.record import Struct
from archc.syntax import tree
from archc.syntax.unparse import chain as chain_text
from archc.syntax.unparse import expression
from archc.syntax.walk import uses

_QUIET = (tree.Default, tree.Init, tree.InputStatement, tree.Shared)
"""Statements that produce no tensors, so that a chain before them can still be the last."""
_WORDS = {tree.InputStatement: "`input`", tree.Init: "`init`", tree.Shared: "`shared`"}
"""The first words of statements that hold for a whole body, whichever branches are taken in it."""


class Assignment(Struct):
    """An assignment of a tensor, with the branches around it and the next statement."""

    name: tree.Name
    path: Path
    then: tree.Statement | None
    is_read: bool = False


class Bodies(Terms):
    """Resolves bodies."""

    live: dict[str, list[Assignment]]
    """The assignments of each tensor of the body that may reach this point."""
    assigned: list[tuple[Assignment, NameScope]]
    """All assignments so far, with their scopes."""
    inputs: tuple[str, ...] = ()
    """The names of the inputs of the body."""

    def body(self, body: tree.Body, scope: NameScope, name: tree.Name, *, is_model: bool) -> None:
        """Resolve the names in a body, whose scope already holds the parameters."""
        before = self.reporter.errors
        around = self.live, self.paths, self.labels, self.defaults
        self.live, self.paths, self.labels, self.within = {}, {}, {}, body
        named = (s.name for s in body.statements if isinstance(s, tree.InputStatement))
        self.inputs = tuple(name.name for name in named if name is not None)
        self.defaults = self._defaults_with(body.statements)
        self.statements(body.statements, scope, last=True, is_model=is_model)
        if body.complete and not _may_end(body.statements) and self.reporter.errors == before:
            self.report(NoResult(name=name.name), name.span)
        self.live, self.paths, self.labels, self.defaults = around

    def statements(self, statements: Sequence[tree.Statement], scope: NameScope, *, last: bool, is_model: bool) -> None:
        """Resolve the names in statements, in order; `last`: the last one may give the body's result."""
        end = len(statements)
        while end and isinstance(statements[end - 1], _QUIET):
            end -= 1
        lost = [
            s
            for i, s in enumerate(statements)
            if isinstance(s, tree.ChainStatement) and not (last and i == end - 1) and not self._is_call(s, scope)
        ]
        self._lost([s for s in lost if not self._mislabelled(s, statements, scope)], statements)
        behind = self.behind
        for position, statement in enumerate(statements):
            match statement:
                case tree.ChainStatement():
                    self.chain(statement.chain, scope)
                case tree.Bind():
                    following = statements[position + 1] if position + 1 < len(statements) else None
                    self._bind(statement, following, scope)
                case tree.If():
                    self.expression(statement.condition, scope)
                    ends = (last and position >= end - 1) or self._choice(statement)
                    for side, branch in ((True, statement.then), (False, statement.otherwise)):
                        with self.branch(statement, side):
                            self.statements(branch, scope, last=ends, is_model=is_model)
                    self._join(statement)
                    if (then := _returns(statement.then)) != _returns(statement.otherwise):
                        self.behind = (*self.behind, (id(statement), not then))
                case tree.InputStatement() | tree.Init() if not is_model:
                    self.report(Misplaced(what=_WORDS[type(statement)], where="a block"), statement.span)
                case tree.InputStatement() | tree.Init() | tree.Shared() if self.path:
                    self.report(Misplaced(what=_WORDS[type(statement)], where="an `if`"), statement.span)
                    _HANDLERS[type(statement)](self, statement, scope)
                    if isinstance(statement, tree.InputStatement) and (name := statement.name) is not None:
                        self.define(scope, "lost", name.name, name.span, statement)
                case _:
                    _HANDLERS[type(statement)](self, statement, scope)
        self.behind = behind

    def _choice(self, choice: tree.If) -> bool:
        """Report a choice between chains, each alone in its branch, whose result is lost. Returns whether it is one."""
        if [type(s) for s in (*choice.then, *choice.otherwise)] != [tree.ChainStatement] * 2 or not choice.otherwise:
            return False
        first, second = (s.chain for s in (*choice.then, *choice.otherwise) if isinstance(s, tree.ChainStatement))
        sides = [chain_text(c) if len(c.terms) == 1 else f"({chain_text(c)})" for c in (first, second)]
        guard = f"{sides[0]} if ({expression(choice.condition)}) else {sides[1]}"
        self.report(LostResult(guard=guard), first.span, (Label(second.span, "and so is this"),))
        return True

    def _is_call(self, statement: tree.ChainStatement, scope: NameScope) -> bool:
        """Whether a statement calls a function that is not known, as `print(x)`: the name is what is reported."""
        first, *more = statement.chain.terms
        if more or not isinstance(first, tree.Use) or first.arguments is None:
            return False
        return first.name[0].islower() and scope.find(first.name) is None

    def _lost(self, lost: Sequence[tree.ChainStatement], statements: Sequence[tree.Statement]) -> None:
        """Report all chains of a body whose results are lost together: usually each should continue the one before."""
        if not lost:
            return
        labels = tuple(Label(chain.span, "and so is this") for chain in lost[1:])
        after = [statements[statements.index(chain) + 1 :][:1] for chain in lost]
        edits: list[Edit] = []
        for following in (f[0] for f in after if f and isinstance(f[0], tree.ChainStatement)):
            edits.append(Edit(Span(following.span.file, following.span.start, following.span.start), "- "))
        self.report(LostResult(), lost[0].span, labels, tuple(edits) if len(edits) == len(lost) else ())

    def _mislabelled(self, lost: tree.ChainStatement, statements: Sequence[tree.Statement], scope: NameScope) -> bool:
        """Report a chain whose result is lost, if its first label is later read as a tensor."""
        label = getattr(lost.chain.terms[0], "label", None)
        if label is None or not isinstance(label.text, tree.Literal_):
            return False
        name = str(label.text.value)
        if not name.isidentifier() or scope.find(name) is not None:
            return False
        after = statements[statements.index(lost) + 1 :]
        if not any(use.name == name and use.arguments is None for s in after for use in uses(s)):
            return False
        labels = (Label(label.span, f"names a module, and `{name}` is read as a tensor"),)
        self.report(LostResult(name=name), lost.span, labels, (Edit(label.span, f"{name} ="),))
        self.define(scope, "lost", name, label.span, lost)
        return True

    # -- names ------------------------------------------------------------------------------------------------------

    def _let(self, let: tree.Let, scope: NameScope) -> None:
        before = self.reporter.errors
        self.value_of(let, scope)
        if self.reporter.errors > before:  # its consequences are not further mistakes
            self.define(scope, "lost", let.name, let.name_span, let)
            return
        if not self.may_name(let.name, let.name_span):
            return
        first = scope.names.get(let.name)
        if first is not None and first.kind != "lost" and self.is_met(first):
            self.given_twice(let.name, let.name_span, first)
            return
        self.paths[self.let(let, scope)] = (*self.behind, *self.path)

    def let(self, let: tree.Let, scope: NameScope) -> Definition:
        """Define the name of a `let`."""
        alias = None
        if isinstance(let.value, tree.Name):
            alias = scope.find(let.value.name) or self.layer(let.value.name)
        return self.define(scope, "let", let.name, let.name_span, let, alias=alias)

    def _bind(self, bind: tree.Bind, following: tree.Statement | None, scope: NameScope) -> None:
        self._of_inputs(bind)
        self.naming = {name.name for name in bind.names}
        self.chain(bind.chain, scope)
        self.naming = set()
        for name in bind.names:
            self.may_name(name.name, name.span)
            first = scope.names.get(name.name)
            if first is not None and first.kind == "tensor":
                self.refer(name.span, first, "write")
                if is_list(first) != (bind.rest and name is bind.names[-1]):
                    self.given_twice(name.name, name.span, first)
            elif first is not None and first in self.shared:
                self.given_twice(name.name, name.span, first)
                continue
            else:
                self.define(scope, "tensor", name.name, name.span, bind)
            assignment = Assignment(name, self.path, following)
            before = self.live.get(name.name, ())
            kept = [a for a in before if a.path[: len(self.path)] != self.path]
            self.live[name.name] = [*kept, assignment]
            self.assigned.append((assignment, scope))

    def _of_inputs(self, bind: tree.Bind) -> None:
        """Report a tensor that is made of all inputs at once by a layer for one, and was meant for each of them."""
        first = bind.chain.terms[0]
        kind = self.words.kinds.get(first.name) if isinstance(first, tree.Use) else None
        if len(self.inputs) < 2 or len(bind.names) > 1 or kind is None or kind.inputs != (1, 1):
            return
        read = [use for use in uses(self.within) if use.name == bind.names[0].name]
        if len(read) < 2 or any(use.arguments for use in read):  # a call of it is reported
            return
        text = chain_text(bind.chain)
        declared = f"shared {bind.names[0].name}: {text if len(bind.chain.terms) == 1 else f'({text})'}"
        advice = (
            f"a module that several chains go through is `{declared}`, as in `{self.inputs[0]} - {bind.names[0].name}`"
        )
        problem = TensorCount(name=kind.kind(), wanted="1 tensor", given=len(self.inputs), advice=advice)
        self.report(
            problem, outset(bind.chain), (Label(bind.span, "this reads all inputs"),), (Edit(bind.span, declared),)
        )
        self.reporter.settled.add(outset(bind.chain))

    def _join(self, choice: tree.If) -> None:
        """Forget assignments that both sides of a choice replace."""
        sides = {(*self.path, (id(choice), side)) for side in (True, False)}
        for name, live in self.live.items():
            if sides <= {a.path for a in live}:
                self.live[name] = [a for a in live if a.path[: len(self.path) + 1] in sides]

    def touch(self, name: str, tensor: Definition) -> None:
        """Record that a tensor is read, whichever assignment it comes from."""
        for assignment in self.live.get(name, ()):
            if not excludes(assignment.path, self.path):
                assignment.is_read = True

    # -- other statements -------------------------------------------------------------------------------------------

    def _return(self, statement: tree.Return, scope: NameScope) -> None:
        for chain in statement.chains:
            self.chain(chain, scope)

    def _input(self, statement: tree.InputStatement, scope: NameScope) -> None:
        self.expression(statement.shape, scope)

    def _default(self, default: tree.Default, scope: NameScope) -> None:
        for use in default.layers:
            self.default(use, scope)

    def default(self, use: tree.Use, scope: NameScope) -> None:
        """Resolve the names in a `default`, whose arguments must be named."""
        arguments = use.arguments or ()
        self.values(arguments, scope)
        layer = self.layer(use.name)
        if layer is None:
            self.unknown_layer(use.name, use.name_span, is_defined=scope.find(use.name) is not None)
            return
        self.refer(use.name_span, layer, "call")
        kind = self.words.kinds[use.name]
        fields = iter(kind.model_fields)
        for argument in arguments:
            if argument.name is None:
                name = next(fields, "")
                if isinstance(argument.value, tree.Shape) and "kernel" in kind.model_fields:
                    name = "kernel"
                value = expression(argument.value)
                self.report(UnnamedDefault(kind=use.name, name=name, value=value), argument.value.span)
            elif argument.name not in kind.model_fields:
                known = tuple(kind.model_fields)
                problem = unknown_arguments(kind.kind(), [(argument.name, expression(argument.value))], known)
                self.report(problem, argument_name(argument))

    def init(self, init: tree.Init, scope: NameScope) -> None:
        """Resolve the names in an `init`."""
        layer = self.layer(init.kind.name)
        if layer is None:
            self.unknown_layer(init.kind.name, init.kind.span, is_defined=scope.find(init.kind.name) is not None)
        else:
            self.refer(init.kind.span, layer, "value")
            if init.function not in self.words.initialisers:
                self.report(unknown_initialisation(init.function, self.words.initialisers), init.function_span)
        self.values(init.arguments, scope)

    def _defaults_with(self, statements: Sequence[tree.Statement]) -> Mapping[str, set[str]]:
        """The arguments given by `default`s, including those of some statements."""
        own = [use for statement in flat(statements) if isinstance(statement, tree.Default) for use in statement.layers]
        if not own:
            return self.defaults
        found = {kind: set(names) for kind, names in self.defaults.items()}
        for use in own:
            self.add_default(use, found)
        return found

    def add_default(self, use: tree.Use, found: dict[str, set[str]]) -> None:
        """Add the arguments of a `default` to those of others."""
        op = self.words.kinds.get(use.name)
        if op is not None:
            found.setdefault(op.kind(), set()).update(a.name for a in use.arguments or () if a.name is not None)


def flat(statements: Sequence[tree.Statement]) -> list[tree.Statement]:
    """Statements, with those in branches."""
    found: list[tree.Statement] = []
    waiting = list(reversed(statements))
    while waiting:
        statement = waiting.pop()
        found.append(statement)
        if isinstance(statement, tree.If):
            waiting.extend(reversed((*statement.then, *statement.otherwise)))
    return found


def _may_end(statements: Sequence[tree.Statement]) -> bool:
    """Whether a body may have a result: it returns one somewhere, or ends with a chain."""
    every = flat(statements)
    if any(isinstance(statement, tree.Return) for statement in every):
        return True
    return any(isinstance(statement, tree.ChainStatement) for statement in every)


def _returns(statements: Sequence[tree.Statement]) -> bool:
    """Whether statements return the body's result, whatever branches are taken in them."""
    return any(
        (isinstance(s, tree.Return) and not s.training)
        or (isinstance(s, tree.If) and _returns(s.then) and _returns(s.otherwise))
        for s in statements
    )


_HANDLERS: Mapping[type[tree.Tree], Callable[[Bodies, Any, NameScope], None]] = {
    tree.Let: Bodies._let,
    tree.Return: Bodies._return,
    tree.InputStatement: Bodies._input,
    tree.Default: Bodies._default,
    tree.Init: Bodies.init,
    tree.Shared: Bodies.share,
}
