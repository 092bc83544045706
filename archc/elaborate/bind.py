"""Binding: from a definition as written to one in which every name is bound (`archc/ir/definition.py`)."""

from __future__ import annotations

from collections.abc import Callable

from archc.elaborate.bindings import BindingScope
from archc.elaborate.calculations import calculated, leading
from archc.elaborate.positions import Unbound, by_name
from archc.elaborate.values import Binding, DefinitionRef, Entry, Env, OpRef, Value, data_of
from archc.elaborate.vocabulary import expression_of
from archc.ir import definition as bound
from archc.ir.data import Callee
from archc.ir.expr import BUILTINS, LENGTH, NONE, Const, Expr, IndexExpr, Lambda, Size, Type, Var, const, whole
from archc.ir.op import Op
from archc.resolve.arguments import ArgumentMismatch, match_names
from archc.support.limits import LIMITS
from archc.support.record import Record, Struct, field
from archc.syntax import tree

_AXES = ("channels", "height", "width")
_DEEPEST = 200


class Binder(Struct):
    """Binds one definition. `block` gives the name of a block's class; `function` records the use of a `fn`."""

    kinds: Callable[[str], type[Op] | None]
    meaning: Callable[[tree.Tree, str, Env], Entry | OpRef | None]
    block: Callable[[DefinitionRef], str]
    is_number: Callable[[tree.Use], bool]
    merges: dict[str, str]
    functions: dict[str, Lambda]
    tensors: list[str] = field(default_factory=list)
    loops: set[str] = field(default_factory=set)
    lists: set[int] = field(default_factory=set)
    """The tensors that are lists of several."""
    known: dict[str, DefinitionRef] = field(default_factory=dict)
    named: dict[int, str] = field(default_factory=dict)
    depth: int = 0
    terms: int = 0

    # -- definitions

    def definition(
        self, what: tree.Block | tree.ModelDef, home: Env
    ) -> tuple[tuple[bound.Statement, ...], BindingScope]:
        """Bind the statements of a block or model. Raises `Unbound`."""
        names = BindingScope(home)
        for each in what.over or (None,):
            number = self.tensor(each.name if each else "")
            if each:
                names.tensors[each.name] = number
            else:
                names.incoming = number
        if isinstance(what, tree.Block) and what.rest:
            self.lists.add(number)
        for parameter in what.parameters:
            names.values[parameter.name] = Var(name=parameter.name)
        return self.statements(what.body.statements, names), names

    def tensor(self, name: str = "") -> int:
        """The number of a new tensor."""
        self.tensors.append(name)
        return len(self.tensors) - 1

    # -- statements

    def statements(self, statements: tuple[tree.Statement, ...], names: BindingScope) -> tuple[bound.Statement, ...]:
        """Bind the statements of a body, or of one side of an `if`."""
        found: list[bound.Statement] = []
        for statement in statements:
            match statement:
                case tree.Let():
                    found.append(bound.BoundLet(name=statement.name, value=self.expr(statement.value, names)))
                    names.values[statement.name] = Var(name=statement.name)
                case tree.Bind():
                    chain = self.chain(statement.chain, names)
                    numbers = tuple(self.tensor(n.name) for n in statement.names)
                    names.tensors.update(zip((n.name for n in statement.names), numbers, strict=True))
                    if statement.rest:
                        self.lists.add(numbers[-1])
                    found.append(bound.BoundAssignment(tensors=numbers, chain=chain, rest=statement.rest))
                case tree.If():
                    found.append(self.branch(statement, names))
                case tree.Return():
                    chains = tuple(self.chain(c, names) for c in statement.chains)
                    found.append(bound.BoundReturn(chains=chains, training=statement.training))
                case tree.ChainStatement():
                    found.append(bound.BoundReturn(chains=(self.chain(statement.chain, names),)))
                case tree.Default():
                    names.defaults.extend(statement.layers)
                case tree.Shared() if statement.name is not None:
                    term = self.term(statement.term, names)
                    names.shared[statement.name.name] = term
                    found.append(bound.BoundShared(module=statement.name.name, term=term))
        return tuple(found)

    def branch(self, statement: tree.If, names: BindingScope) -> bound.BoundIf:
        """Bind an `if`; names that its sides define remain defined after it."""
        condition = self.expr(statement.condition, names)
        sides = (names.inside(), names.inside())
        then = self.statements(statement.then, sides[0])
        otherwise = self.statements(statement.otherwise, sides[1])
        joins: list[bound.Join] = []
        for name in dict.fromkeys((*sides[0].tensors, *sides[1].tensors)):
            one, other = sides[0].tensors.get(name), sides[1].tensors.get(name)
            if one != other:
                number = self.tensor(name)
                if one in self.lists or other in self.lists:
                    self.lists.add(number)
                joins.append(bound.Join(tensor=number, then=one, otherwise=other))
                names.tensors[name] = number
        for name in dict.fromkeys((*sides[0].values, *sides[1].values)):
            if name not in names.values:
                names.values[name] = Var(name=name)
        return bound.BoundIf(condition=condition, then=then, otherwise=otherwise, joins=tuple(joins))

    # -- chains

    def chain(self, chain: tree.Chain, names: BindingScope) -> bound.Chain:
        """Bind the terms of a chain."""
        count = leading(self, chain, names)
        start = calculated(self, chain.terms[:count], names) if count else ()
        rest = enumerate(chain.terms[count:], count)
        return (*start, *(self.term(t, names, first=i == 0) for i, t in rest))

    def term(self, term: tree.Term, names: BindingScope, *, first: bool = False) -> bound.Term:
        """Bind one term; `first`: the name of a tensor is allowed.

        Nested macros may double in size, so there is a limit.
        """
        self.terms += 1
        if self.terms > LIMITS.layers:
            raise Unbound("a definition of too many terms")
        match term:
            case tree.Use():
                return self.use(term, names)
            case tree.Group():
                return bound.BoundGroup(chain=self.chain(term.chain, names), label=self.label(term.label, names))
            case tree.Repeat():
                count, label = self.expr(term.count, names), self.label(term.label, names)
                inner = names.inside()
                variable = self.variable(term.variable, inner) if term.variable else None
                chain = self.chain(term.chain, inner)
                self.loops.discard(variable or "")
                return bound.BoundRepeat(chain=chain, count=count, variable=variable, label=label, every=term.every)
            case tree.For():
                over, inner = self.expr(term.iterable, names), names.inside()
                target = self.pattern(term.target, inner)
                chain = self.chain(term.chain, inner)
                self.loops.difference_update(target.names())
                return bound.BoundFor(target=target, over=over, chain=chain, every=term.every)
            case tree.Merge():
                inner = names.inside()
                inner.incoming = self.tensor()
                branches = tuple(self.chain(b, inner) for b in term.branches)
                label = self.label(term.label, names)
                kind = self.merges.get(term.kind, term.kind)
                return bound.BoundMerge(kind=kind, branches=branches, incoming=inner.incoming, label=label)
            case tree.Absent():
                return bound.BoundAbsent()
            case tree.Constant() | tree.Calculation():
                raise Unbound("arithmetic in the middle of a chain")
            case tree.Guard():
                condition = self.expr(term.condition, names)
                then = self.term(term.then, names, first=first)
                otherwise = self.term(term.otherwise, names, first=first) if term.otherwise else None
                return bound.BoundGuard(condition=condition, then=then, otherwise=otherwise)

    def variable(self, name: str, names: BindingScope) -> str:
        """Rename a loop variable if an enclosing loop has the same (a macro may use the same name)."""
        unique, number = name, 2
        while unique in self.loops:
            unique, number = f"{name}_{number}", number + 1
        self.loops.add(unique)
        names.values[name] = Var(name=unique)
        return unique

    def pattern(self, target: tree.Target, names: BindingScope) -> bound.Pattern:
        """The target of a loop."""
        if isinstance(target.names, str):
            return bound.Pattern(name=self.variable(target.names, names))
        return bound.Pattern(items=tuple(self.pattern(t, names) for t in target.names))

    def label(self, label: tree.ModuleLabel | None, names: BindingScope) -> Expr | None:
        """A label as an expression."""
        return None if label is None else self.expr(label.text, names)

    def use(self, use: tree.Use, names: BindingScope) -> bound.Term:
        """Bind a term by name."""
        if use.label is None and use.arguments is None:
            number = names.incoming if use.name == "in" else names.tensors.get(use.name)
            if number is not None:
                index = self.expr(use.index, names) if use.index is not None else None
                return bound.BoundTensor(tensor=number, index=index)
        if use.name in names.shared:
            return bound.BoundVisit(module=use.name, term=names.shared[use.name])
        label = self.label(use.label, names)
        value = names.values.get(use.name)
        passed = value.value.name if isinstance(value, Const) and isinstance(value.value, Callee) else None
        if value is not None and passed is None:
            arguments = tuple(
                bound.BoundArgument(name=a.name or "", value=self.expr(a.value, names)) for a in use.arguments or ()
            )
            return bound.BoundParameterCall(
                callee=value, arguments=arguments, defaults=self.all_defaults(names), label=label
            )
        entry: Value | Entry
        if passed is not None:  # expand the macro, and any macro passed to it
            entry = self.known.get(passed) or OpRef(passed)
        else:
            entry = self.meaning(use, use.name, names.home)
            entry = entry.value if isinstance(entry, Binding) else entry
        if isinstance(entry, OpRef) and (found := self.kinds(entry.name)) is not None:
            return self.layer(found, use, label, names)
        if isinstance(entry, DefinitionRef) and isinstance(entry.tree, tree.Block):
            return bound.BlockCall(
                block=self.block(entry), arguments=self.matched(entry.tree, use.arguments or (), names), label=label
            )
        if isinstance(entry, DefinitionRef) and isinstance(entry.tree, tree.Macro):
            return self.macro(entry, entry.tree, use, label, names)
        raise Unbound(use.name)

    def layer(self, kind: type[Op], use: tree.Use, label: Expr | None, names: BindingScope) -> bound.BoundLayer:
        """Bind a layer, with all arguments by name."""
        given = self.positioned(kind, use.arguments or (), names)
        have = {g.name for g in given}
        more = [g for d in self.defaults_of(kind.kind(), names) for g in d.arguments if g.name not in have]
        order = {name: i for i, name in enumerate(kind.model_fields)}
        both = sorted((*given, *more), key=lambda g: order[g.name])
        return bound.BoundLayer(kind=kind.kind(), arguments=tuple(both), label=label)

    def positioned(
        self, kind: type[Op], arguments: tuple[tree.Argument, ...], names: BindingScope
    ) -> list[bound.BoundArgument]:
        """The arguments of a layer by name."""
        values = [bound.BoundArgument(name=a.name or "", value=self.expr(a.value, names)) for a in arguments]
        return by_name(kind, values)

    def defaults_of(self, kind: str, names: BindingScope) -> list[bound.Defaults]:
        """The `default`s that apply to one op."""
        return [d for d in self.all_defaults(names) if d.kind == kind]

    def all_defaults(self, names: BindingScope) -> tuple[bound.Defaults, ...]:
        """The `default`s that apply, one for each op; the innermost takes precedence."""
        found: dict[str, dict[str, Expr]] = {}
        env: Env | None = names.home
        chain: list[Env] = []
        while env is not None:
            chain.append(env)
            env = env.parent
        rows = [(u, BindingScope(e)) for e in reversed(chain) for u in e.declared()] + [
            (u, names) for u in names.defaults
        ]
        for use, here in rows:
            kind = self.kinds(use.name)
            if kind is not None:
                for argument in (a for a in use.arguments or () if a.name in kind.model_fields):
                    found.setdefault(kind.kind(), {})[argument.name or ""] = self.expr(argument.value, here)
        return tuple(
            bound.Defaults(kind=k, arguments=tuple(bound.BoundArgument(name=n, value=v) for n, v in given.items()))
            for k, given in found.items()
        )

    def matched(
        self, what: tree.Block | tree.Macro, arguments: tuple[tree.Argument, ...], names: BindingScope
    ) -> tuple[bound.BoundArgument, ...]:
        """The arguments of a call by the names of the parameters, in order."""
        known = tuple(p.name for p in what.parameters)
        found = match_names(what.name.name, known, arguments)
        if isinstance(found, ArgumentMismatch):
            raise Unbound(what.name.name)
        return tuple(bound.BoundArgument(name=n, value=self.expr(found[n].value, names)) for n in known if n in found)

    def macro(
        self, defined: DefinitionRef, macro: tree.Macro, use: tree.Use, label: Expr | None, names: BindingScope
    ) -> bound.Term:
        """Expand a macro."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unbound(macro.name.name)
        inner = BindingScope(defined.home)
        for given in self.matched(macro, use.arguments or (), names):
            inner.values[given.name] = given.value
        for parameter in macro.parameters:
            if parameter.name not in inner.values:
                if parameter.default is None:
                    raise Unbound(parameter.name)
                inner.values[parameter.name] = self.expr(parameter.default, inner)
        inner.incoming = self.tensor()
        chain = self.chain(macro.chain, inner)
        self.depth -= 1
        return bound.BoundGroup(chain=chain, called=macro.name.name, label=label, incoming=inner.incoming)

    # -- expressions

    def expr(self, e: tree.Expression, names: BindingScope) -> Expr:
        """Bind the names in an expression."""
        return expression_of(e, _Words(self, names))

    def name(self, e: tree.Name, names: BindingScope) -> Expr:
        """The meaning of a name in an expression."""
        if e.name in names.values:
            return names.values[e.name]
        entry = self.meaning(e, e.name, names.home)
        if isinstance(entry, Binding):
            self.note(entry.value)
            return const(data_of(entry.value))
        if isinstance(entry, DefinitionRef | OpRef):
            self.note(entry)
            if isinstance(entry, DefinitionRef) and isinstance(entry.tree, tree.Block):
                self.block(entry)
            return const(Callee(name=entry.name))
        raise Unbound(e.name)

    def note(self, value: Value) -> None:
        """Record the definitions that a value refers to, since an expression has only their names."""
        if isinstance(value, DefinitionRef):
            self.known[value.name] = value
        elif isinstance(value, tuple):
            for item in value:
                self.note(item)

    def size(self, e: tree.Attribute, names: BindingScope) -> Expr:
        """`in.channels`, or `xs[i].channels`. For a list, it is the list of sizes."""
        if e.name not in _AXES:
            raise Unbound(e.name)
        axis = _AXES.index(e.name)
        if isinstance(e.of, tree.Index) and isinstance(e.of.of, tree.Name):
            listed = names.tensors.get(e.of.of.name)
            if listed is None or listed not in self.lists:
                raise Unbound(e.of.of.name)
            return IndexExpr(of=Size(tensor=listed, axis=axis), index=self.expr(e.of.index, names))
        if not isinstance(e.of, tree.Name):
            raise Unbound(e.name)
        number = names.incoming if e.of.name == "in" else names.tensors.get(e.of.name)
        if number is None:
            raise Unbound(e.of.name)
        return Size(tensor=number, axis=axis)

    def called(self, e: tree.CallExpression, names: BindingScope) -> tuple[str, Type]:
        """The name of a built-in function or `fn`, and the type of its result."""
        entry, name = self.meaning(e, e.function, names.home), e.function
        if isinstance(entry, DefinitionRef) and isinstance(entry.tree, tree.Function):
            name = self.function(entry, entry.tree)
        elif name not in BUILTINS:
            raise Unbound(name)
        known = self.functions.get(name)
        return name, "int" if known is not None and whole(known.body) else "any"

    def function(self, defined: DefinitionRef, function: tree.Function) -> str:
        """The name of a `fn` in the network: its own, numbered if another file has a `fn` of that name."""
        if (known := self.named.get(id(function))) is not None:
            return known
        name, number = defined.name, 2
        while name in self.functions or (number > 2 and name in BUILTINS):
            name, number = f"{defined.name}{number}", number + 1
        self.named[id(function)] = name
        self.functions[name] = Lambda(name=name, parameters=(), body=NONE)
        inner = BindingScope(defined.home)
        parameters: list[tuple[str, Expr | None]] = []
        for p in function.parameters:
            parameters.append((p.name, self.expr(p.default, inner) if p.default is not None else None))
            inner.values[p.name] = Var(name=p.name)
        body = self.expr(function.value, inner)
        self.functions[name] = Lambda(name=name, parameters=tuple(parameters), body=body)
        return name


class _Words(Record):
    """The meanings of names in expressions at one place."""

    binder: Binder
    names: BindingScope

    def name(self, e: tree.Name) -> Expr:
        """The meaning of a bare name."""
        return self.binder.name(e, self.names)

    def size(self, e: tree.Attribute) -> Expr:
        """`in.channels`."""
        return self.binder.size(e, self.names)

    def function(self, e: tree.CallExpression) -> tuple[str, Type]:
        """The name of a function, and the type of its result."""
        return self.binder.called(e, self.names)

    def length(self, named: tree.Name) -> Expr | None:
        """The number of tensors in a list."""
        number = self.names.tensors.get(named.name)
        return Size(tensor=number, axis=LENGTH) if number in self.binder.lists and number is not None else None
