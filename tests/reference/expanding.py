"""From tree to graph: chains, bodies, blocks, the names of modules, and edits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.reference import layers, naming
from tests.reference.arithmetic import Calculator, may_be_absent, operands
from tests.reference.graph import Call, Ended, Module, Node, Scope
from tests.reference.tree import (
    Absent,
    Arguments,
    Arithmetic,
    Bind,
    Chain,
    Default,
    Edit,
    For,
    Group,
    Guard,
    If,
    Incoming,
    Invalid,
    Let,
    Merge,
    Number,
    Repeat,
    Result,
    Return,
    Shared,
    Statement,
    Term,
    Use,
)
from tests.reference.values import (
    Defined,
    Layer,
    Listed,
    Names,
    SharedModule,
    Tensor,
    Tensors,
    Unknown,
    bound,
    named,
    value,
)

MERGED = {"add": "Add", "concat": "Concat", "mul": "Mul"}
LIMIT = 20000


@dataclass
class Expansion:
    """The network as expanded so far. `edits` are the edits of modules, by path; `unedited`: the paths without them."""

    edits: dict[str, dict[str, Edit]] = field(default_factory=dict)
    unedited: Collection[str] = ()
    edit_names: Names | None = None
    levels: list[str] = field(default_factory=list)
    """The modules whose outputs are the network's."""
    blocks: int = 0
    """The blocks around what is expanded."""
    given: dict[str, Tensors] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    modules: dict[str, Module] = field(default_factory=dict)
    applied: set[tuple[str, str]] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    """The terms that are taken out, with nothing in their place."""
    calls: list[Call] = field(default_factory=list)
    shared: list[range] = field(default_factory=list)
    """The nodes of the uses of shared modules that are used more than once."""
    training: Tensors | None = None
    branches: int = 0
    depth: int = 0

    # -- scopes and bodies ------------------------------------------------------------------------------------------

    def scope(self, path: str, text: naming.Text, names: Names, editable: bool) -> Scope:
        positional = naming.positional(text, names)
        taken = set(naming.labels(text, names))
        return Scope(path, positional, taken, editable=editable)

    def body(self, text: tuple[Statement, ...], names: Names, tensors: Tensors, scope: Scope) -> Tensors:
        """The result of a body."""
        found, last = self.statements(text, names, tensors, scope)
        out = found if found is not None else last
        if out is None:
            raise Invalid("a body without a result")
        return out

    def statements(
        self, text: tuple[Statement, ...], names: Names, tensors: Tensors, scope: Scope
    ) -> tuple[Tensors | None, Tensors | None]:
        """The returned tensors, and the result of the last chain."""
        last: Tensors | None = None
        for place, statement in enumerate(text):
            match statement:
                case Let():
                    names.values[names.free(statement.name)] = value(statement.value, names)
                case Default():
                    naming.set_defaults(statement, names)
                case Shared():
                    if not scope.positional:
                        naming.count(Chain((statement.term,)), names, scope.counts, scope.taken)
                    label = str(statement.term.label)
                    names.values[names.free(label)] = SharedModule(statement.term, names.copy())
                case Bind():
                    made = self.chain(statement.chain, names, tensors, scope)
                    names.values.update(named(statement.names, statement.rest, made))
                case Result():
                    last = self.chain(statement.chain, names, tensors, scope)
                    if place < len(text) - 1 and not isinstance(text[-1], Return):
                        raise Invalid("a result that is not the last statement")
                case If():
                    returned, last = self.if_(statement, names, tensors, scope)
                    if returned is not None:
                        return returned, None
                case Return():
                    made = self.returned(statement, names, tensors, scope)
                    if not statement.training:
                        self.statements(text[place + 1 :], names, tensors, scope)  # `return training` may follow
                        return made, None
                case _:
                    pass
        return None, last

    def returned(self, statement: Return, names: Names, tensors: Tensors, scope: Scope) -> Tensors:
        made: Tensors = ()
        several = len(statement.chains) > 1  # a network cannot end in one of several
        self.branches += several
        for chain in statement.chains:
            result = self.chain(chain, names, tensors, scope)
            if not (statement.training and self.gone & {id(t) for t in ends(chain)}):  # removed as a whole
                made += result
        self.branches -= several
        if statement.training:
            self.training = made
        return made

    def if_(self, statement: If, names: Names, tensors: Tensors, scope: Scope) -> tuple[Tensors | None, Tensors | None]:
        holds = value(statement.condition, names)
        taken, left = (statement.then, statement.otherwise) if holds else (statement.otherwise, statement.then)
        other = self.not_taken(left, names, scope)
        found = self.statements(taken, names, tensors, scope)
        naming.larger(scope.counts, other)
        return found

    def not_taken(self, text: naming.Text, names: Names, scope: Scope) -> naming.Counts:
        counts = dict(scope.counts)
        if not scope.positional:
            naming.count(text, names, counts, scope.taken)
        return counts

    # -- chains -----------------------------------------------------------------------------------------------------

    def chain(self, chain: Chain, names: Names, tensors: Tensors, scope: Scope, first: bool = True) -> Tensors:
        count = operands(chain, names) if first else 0
        if count:
            tensors = (self.calculated(chain.terms[:count], names, tensors, scope),)
        for place, term in enumerate(chain.terms[count:], count):
            tensors = self.term(term, names, tensors, scope, first and place == 0)
        return tensors

    def calculated(self, terms: tuple[Term, ...], names: Names, tensors: Tensors, scope: Scope) -> Tensor:
        """The tensor that the arithmetic at the start of a chain computes; each operand reads the chain's input."""

        def tensor(chain: Chain) -> Tensor:
            made = self.chain(chain, names, tensors, scope)
            if len(made) != 1:
                raise Invalid("an operand is one tensor")
            return made[0]

        self.branches += 1  # a network cannot end in an operand
        found = Calculator(names, tensor, self.add).difference(terms)
        self.branches -= 1
        if not isinstance(found, Tensor):
            raise Invalid("arithmetic without a tensor")
        return found

    def term(self, term: Term, names: Names, tensors: Tensors, scope: Scope, first: bool = False) -> Tensors:
        match term:
            case Use():
                return self.use(term, names, tensors, scope, first)
            case Incoming():
                if not first:
                    raise Invalid("`in` can only begin a chain")
                return (_single(names.find("in")),)
            case Guard():
                return self.guard(term, names, tensors, scope, first)
            case Number() | Arithmetic():
                if not first:
                    raise Invalid("arithmetic can only begin a chain")
                return (self.calculated((term,), names, tensors, scope),)
            case Absent():
                raise Invalid("only a branch can be absent")
            case For():
                return self.turns(term, names, tensors, scope)
            case Group() | Repeat() | Merge():
                if term.label is None:
                    return self.splice(term, names, tensors, scope, first)
                name = naming.computed(term.label, names)
                return self.named(term, name, names, tensors, scope, first)

    def splice(
        self, term: Group | Repeat | Merge, names: Names, tensors: Tensors, scope: Scope, first: bool
    ) -> Tensors:
        match term:
            case Group():
                return self.chain(term.chain, names, tensors, scope, first)
            case Repeat():
                return self.turns(term, names, tensors, scope)
            case Merge():
                return self.merge(term, names, tensors, scope)

    def turns(self, term: Repeat | For, names: Names, tensors: Tensors, scope: Scope) -> Tensors:
        """The turns of a loop, each reading the previous one: the result of the last, or of `every` turn."""
        found: Tensors = ()
        for inner in naming.turns(term, names):
            tensors = self.chain(term.chain, inner, tensors, scope, first=False)
            found += tensors
        return found if term.every else tensors

    def merge(self, term: Merge, names: Names, tensors: Tensors, scope: Scope) -> Tensors:
        inner = names.inner({"in": tensors[0] if len(tensors) == 1 else Unknown()})
        found: Tensors = ()
        self.branches += 1
        for branch in term.branches:
            found += self.branch(branch, term.kind, inner, tensors, scope)
        self.branches -= 1
        if term.kind == "tuple":
            return found
        if not found:
            raise Invalid("a merge of nothing")
        if len(found) == 1 and any(map(may_be_absent, term.branches)):
            return found
        return self.add(MERGED[term.kind], {}, found)

    def branch(self, branch: Chain | None, kind: str, names: Names, tensors: Tensors, scope: Scope) -> Tensors:
        """The results of a branch. A `for` alone is a branch for each turn."""
        if self.is_absent(may_be_absent(branch), names, scope):
            return ()
        loop = branch.terms[0] if branch is not None and len(branch.terms) == 1 else None
        if isinstance(loop, For) and not loop.every:
            turns = naming.turns(loop, names)
            return tuple(t for inner in turns for t in self.branch(loop.chain, kind, inner, tensors, scope))
        made = tensors if branch is None else self.chain(branch, names, tensors, scope)
        several = kind == "tuple" or (branch is not None and _is_several(branch.terms[-1], names))
        if len(made) != 1 and not several:
            raise Invalid("a branch gives one tensor")
        return made

    def is_absent(self, guard: Term | None, names: Names, scope: Scope) -> bool:
        if not isinstance(guard, Guard):
            return isinstance(guard, Absent)
        if value(guard.condition, names) or not self.is_absent(guard.otherwise, names, scope):
            return False
        naming.larger(scope.counts, self.not_taken(Chain((guard.term,)), names, scope))
        return True

    def guard(self, term: Guard, names: Names, tensors: Tensors, scope: Scope, first: bool) -> Tensors:
        holds = value(term.condition, names)
        taken, left = (term.term, term.otherwise) if holds else (term.otherwise, term.term)
        other = self.not_taken(Chain((left,)), names, scope) if left is not None else {}
        if taken is not None:
            tensors = self.term(taken, names, tensors, scope, first)
        naming.larger(scope.counts, other)
        return tensors

    def use(self, term: Use, names: Names, tensors: Tensors, scope: Scope, first: bool) -> Tensors:
        found = naming.resolved(term.name, names)
        if isinstance(found, Tensor | Listed):
            if not first or term.arguments is not None or term.label is not None:
                raise Invalid(f"the tensor {term.name} can only begin a chain")
            if isinstance(found, Tensor):
                if term.place is not None:
                    raise Invalid(f"{term.name} is no list")
                return (found,)
            return found.tensors if term.place is None else (_at(found, value(term.place, names)),)
        if term.place is not None:
            raise Invalid(f"{term.name} is no list of tensors")
        if isinstance(found, SharedModule):
            return self.visit(found, term, tensors, scope)
        if naming.is_macro(found) and term.label is None:
            return self.macro(found, term.arguments or (), names, tensors, scope, first)
        label = None if term.label is None else naming.computed(term.label, names)
        if scope.positional:
            name: str | None = str(scope.position)
            scope.position += 1
        elif (kind := naming.counted(found)) is not None:
            name = naming.ordinal(kind, label, scope.counts, scope.taken)
        else:
            name = label
        if name is not None:
            return self.named(term, name, names, tensors, scope, first)
        return self.build(term, None, names, tensors, scope.editable, first)

    def visit(self, shared: SharedModule, term: Use, tensors: Tensors, scope: Scope) -> Tensors:
        """A use of a shared module, with the same names and weights each time."""
        if term.arguments is not None or term.label is not None:
            raise Invalid(f"{term.name} is there already")
        start, scope.again = len(self.nodes), shared.first is not None
        out = self.named(shared.term, term.name, shared.names.inner({}), tensors, scope)
        scope.again = False
        layer = isinstance(shared.term, Use) and isinstance(naming.resolved(shared.term.name, shared.names), Layer)
        axes = [] if layer else [len(t.shape) for t in tensors]
        made = (
            axes,
            [
                (
                    n.kind,
                    n.arguments,
                    n.path,
                    layers.made_for(n.kind, n.arguments, xs[0]),
                    [w.shape for w in layers.weights(n.kind, n.arguments, *xs)],
                )
                for n in self.nodes[start:]
                for xs in ([t.shape for t in n.inputs],)
            ],
        )
        if shared.first is not None and shared.first != made:
            raise Invalid(f"{term.name} would be another module")
        shared.first = made
        shared.uses.append(range(start, len(self.nodes)))
        self.shared += [use for use in shared.uses if len(shared.uses) > 1]
        return out

    def macro(
        self, macro: Defined, arguments: Arguments, names: Names, tensors: Tensors, scope: Scope, first: bool
    ) -> Tensors:
        given = bound(macro.definition.parameters, arguments, names, macro.names)
        incoming = tensors[0] if len(tensors) == 1 else Unknown()
        self.deeper()
        assert isinstance(macro.definition.body, Chain)
        out = self.chain(macro.definition.body, macro.names.inner({**given, "in": incoming}), tensors, scope)
        self.depth -= 1
        return out

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > 40:
            raise Invalid("calls without end")

    # -- modules ----------------------------------------------------------------------------------------------------

    def named(
        self, term: Term, name: str, names: Names, tensors: Tensors, scope: Scope, first: bool = False
    ) -> Tensors:
        """A named module, after edits."""
        path = scope.path_of(name)
        edits = self.edits.get(path, {}) if scope.editable else {}
        scope.children += "remove" not in edits
        if "remove" in edits:
            out = tensors
            self.applied.add((path, "remove"))
            if "insert" not in edits:
                self.gone.add(id(term))
        elif "replace" in edits:
            out = self.replaced(edits["replace"], term, name, names, tensors, scope)
            self.applied.add((path, "replace"))
        else:
            scope.child(name)
            start = len(self.nodes)
            out = self.build(term, path, names, tensors, scope.editable, first)
            self.register(path, term, names, tensors, out, range(start, len(self.nodes)), scope)
        if "insert" in edits:
            out = self.insert(edits["insert"], out, scope)
            self.applied.add((path, "insert"))
        if "truncate" in edits:
            self.applied.add((path, "truncate"))
            if self.branches or self.training is not None:
                raise Invalid(f"the network cannot end after {path}")
            raise Ended(out)
        if "return" in edits:
            self.level(path, out, scope)
        return out

    def level(self, path: str, out: Tensors, scope: Scope) -> None:
        """Add the output of a module to the results; the network ends after the last of them."""
        self.applied.add((path, "return"))
        if self.branches or self.training is not None or len(out) != 1 or self.blocks:
            raise Invalid(f"{path} gives no result of the network")
        self.given[path] = out
        if set(self.given) == set(self.levels):
            raise Ended(tuple(t for level in self.levels for t in self.given[level]))

    def register(
        self, path: str, term: Term, names: Names, tensors: Tensors, out: Tensors, nodes: range, scope: Scope
    ) -> None:
        kind = "scope"
        if isinstance(term, Use):
            found = naming.resolved(term.name, names)
            kind = found.kind if isinstance(found, Layer) else found.definition.kind
            own = [w for n in nodes if self.nodes[n].kind == kind for w in self._weights(self.nodes[n])]
            if isinstance(found, Layer) and term.label is None and not scope.positional and not own:
                return  # a layer without weights needs no name
        shapes = tuple(t.shape for t in tensors), tuple(t.shape for t in out)
        self.modules.setdefault(path, Module(path, kind, *shapes, nodes, self.branches > 0))

    def _weights(self, node: Node) -> list[layers.Weight]:
        return layers.weights(node.kind, node.arguments, *(t.shape for t in node.inputs))

    def replaced(self, edit: Edit, old: Term, name: str, names: Names, tensors: Tensors, scope: Scope) -> Tensors:
        """Replace a module; if the old one flattened its input, the new one does, too."""
        found = naming.resolved(old.name, names) if isinstance(old, Use) else None
        if isinstance(found, Layer) and found.kind == "FC":
            tensors = self.flat(tensors)
        term = _one(edit.chain)
        path = scope.child(getattr(term, "label", None) or name)
        return self.build(term, path, self.inside(tensors), tensors, False)

    def insert(self, edit: Edit, tensors: Tensors, scope: Scope) -> Tensors:
        """Insert a module, named by its label, by its position if that is free, or else by its kind and a number."""
        term = _one(edit.chain)
        names = self.inside(tensors)
        name = getattr(term, "label", None)
        if name is None and scope.positional and self._is_free(scope.path_of(str(scope.children))):
            name = str(scope.children)
        scope.children += 1
        if name is None:
            found = naming.resolved(term.name, names) if isinstance(term, Use) else None
            kind = found.kind.lower() if isinstance(found, Layer) else naming.counted(found) or "group"
            if scope.totals.get(kind) or (kind in scope.inserted and not scope.again):
                raise Invalid("the documentation says `its kind and a number`, and more than one would do")
            scope.inserted.add(kind)
            name = naming.ordinal(kind, None, {}, scope.taken)
        return self.build(term, scope.child(name), names, tensors, False)

    def _is_free(self, path: str) -> bool:
        """Whether no module of the edited network has a path that is a position."""
        if any({"truncate", "return"} & some.keys() for some in self.edits.values()):
            raise Invalid("what is left is known only at the end")
        edits = self.edits.get(path, {})
        moved = "replace" in edits and getattr(_one(edits["replace"].chain), "label", None) is not None
        return path not in self.unedited or moved or "remove" in edits

    def inside(self, tensors: Tensors) -> Names:
        assert self.edit_names is not None
        return self.edit_names.inner({"in": tensors[0] if len(tensors) == 1 else Unknown()})

    def build(
        self, term: Term, path: str | None, names: Names, tensors: Tensors, editable: bool, first: bool = False
    ) -> Tensors:
        """A term as the module `path`."""
        if not isinstance(term, Use):
            return self.opened(term, path or "", names, tensors, editable, first)
        found = naming.resolved(term.name, names)
        if isinstance(found, Layer):
            return self.layer(found.kind, term.arguments or (), names, tensors, path)
        if isinstance(found, Defined) and found.definition.kind == "block":
            return self.block(found, term.arguments or (), names, tensors, path or "", editable)
        if naming.is_macro(found):
            chain, inner = naming.spliced(found, term.arguments or (), names)
            scope = self.counted_scope(path or "", chain, inner, editable)
            return self.macro(found, term.arguments or (), names, tensors, scope, first)
        raise Invalid(f"there is no layer, block or tensor {term.name}")

    def opened(self, term: Term, path: str, names: Names, tensors: Tensors, editable: bool, first: bool) -> Tensors:
        """A labelled group, repeat or merge: a scope of its own."""
        if isinstance(term, Group | Repeat):
            text = term.chain
            counted = term.chain if isinstance(term, Group) else Chain((replace(term, label=None),))
        elif isinstance(term, Merge):
            text = counted = Chain((Merge(term.kind, term.branches),))
        else:
            raise Invalid("no module")
        scope = self.counted_scope(path, text, names, editable, counted)
        return self.splice(term, names, tensors, scope, first)

    def counted_scope(
        self, path: str, text: naming.Text, names: Names, editable: bool, counted: naming.Text | None = None
    ) -> Scope:
        scope = self.scope(path, text, names, editable)
        if not scope.positional and self.edits:
            naming.count(counted or text, names, scope.totals, scope.taken)
        return scope

    def block(
        self, block: Defined, arguments: Arguments, names: Names, tensors: Tensors, path: str, editable: bool
    ) -> Tensors:
        definition = block.definition
        given = bound(definition.parameters, arguments, names, block.names)
        own = named(definition.over or ("in",), definition.rest, tensors)
        self.deeper()
        inner = block.names.inner({**given, "in": Unknown(), **own})
        assert isinstance(definition.body, tuple)
        scope = self.counted_scope(path, definition.body, inner, editable)
        self.blocks += 1
        out = self.body(definition.body, inner, tensors, scope)
        self.blocks -= 1
        self.depth -= 1
        self.calls.append(Call(definition.name, given, tuple(t.shape for t in tensors), len(out), path))
        return out

    # -- layers -----------------------------------------------------------------------------------------------------

    def layer(self, kind: str, arguments: Arguments, names: Names, tensors: Tensors, path: str | None) -> Tensors:
        given: dict[str, Any] = {}
        free = list(layers.SIGNATURES[kind])
        for argument in arguments:
            if argument.name is None and not free:
                raise Invalid("too many arguments")
            name = free[0] if argument.name is None else argument.name
            if name not in free:
                raise Invalid(f"{kind} has no {name} left")
            free.remove(name)
            given[name] = value(argument.value, names)
        complete = layers.completed(kind, given, names.default(kind))
        if kind == "FC":
            tensors = self.flat(tensors)
        act = complete.pop("act", None)
        out = self.add(kind, complete, tensors, path)
        if act is not None:
            out = self.add(act.kind, layers.completed(act.kind, {}, {}), out)
        return out

    def flat(self, tensors: Tensors) -> Tensors:
        if len(tensors) == 1 and len(tensors[0].shape) > 1:
            return self.add("Flatten", {}, tensors)
        return tensors

    def add(self, kind: str, arguments: dict[str, Any], inputs: Tensors, path: str | None = None) -> Tensors:
        shapes = layers.shapes(kind, arguments, tuple(t.shape for t in inputs))
        if len(self.nodes) > LIMIT:
            raise Invalid("too many layers")
        self.nodes.append(Node(kind, arguments, inputs, shapes, path))
        return tuple(Tensor(len(self.nodes) - 1, i, shape) for i, shape in enumerate(shapes))


def _at(found: Listed, place: Any) -> Tensor:
    if type(place) is not int or not -len(found) <= place < len(found):
        raise Invalid(f"no tensor {place} in a list of {len(found)}")
    return found.tensors[place]


def _is_several(term: Term | None, names: Names) -> bool:
    """Whether the text shows that a branch ending in this term makes several tensors."""
    match term:
        case Repeat() | For():
            return term.every
        case Merge():
            return term.kind == "tuple"
        case Group():
            return _is_several(term.chain.terms[-1], names)
        case Guard():
            return _is_several(term.term, names) or _is_several(term.otherwise, names)
        case Use():
            return term.place is None and isinstance(naming.resolved(term.name, names), Listed)
        case _:
            return False


def _single(found: Any) -> Tensor:
    if not isinstance(found, Tensor):
        raise Invalid("there is no single incoming tensor here")
    return found


def _one(chain: Chain | None) -> Term:
    """The chain of an edit as one term; a chain that cannot have a label itself becomes a group."""
    assert chain is not None
    alone = len(chain.terms) == 1 and not isinstance(chain.terms[0], Guard | For)
    return chain.terms[0] if alone else Group(chain)


def ends(chain: Chain) -> Iterator[Term]:
    """The terms that a chain may end in."""
    terms = list(chain.terms[-1:])
    while terms:
        term = terms.pop()
        if isinstance(term, Guard):
            terms += [term.term] if term.otherwise is None else [term.term, term.otherwise]
        elif isinstance(term, Group) and term.label is None:
            terms += term.chain.terms[-1:]
        else:
            yield term
