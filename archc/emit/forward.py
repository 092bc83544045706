"""The body of a class: what `__init__` builds, in order of execution, and `forward` as straight lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from archc.emit.classes import Build, Class
from archc.emit.expressions import literal, names_of, read
from archc.emit.instances import Instance
from archc.emit.loops import turn
from archc.emit.modules import Element, Modules, body_chain, columns, incoming, tidy
from archc.emit.vocabulary import UNKNOWN, Inexpressible, Place, alike
from archc.network.network import (
    Bind,
    Branch,
    Call,
    Chain,
    Choice,
    Group,
    Item,
    Layer,
    Let,
    Loop,
    Merge,
    Network,
    Node,
    Ref,
    Result,
    Statement,
)
from archc.network.torch_call import Expression

_SPARE = ("y", "z", "u", "v", "w", "p", "q", "r", "s", "t")
_LONG = 60
_SHORT = 30
_LEVELS = {"sum": 0, "product": 1, "call": 2, "name": 3}
Refs = tuple[tuple[Ref, ...], ...]
"""For each tensor its reference in every thread."""


@dataclass(frozen=True)
class Value:
    """Tensors on their way: an expression for each (or names), what they are in each thread."""

    texts: tuple[str, ...]
    refs: Refs
    binding: str = "name"
    rests: bool = False
    """Whether it should get a name before it goes on."""
    soft: bool = False
    """Whether a function may still be put around it."""


def fill(build: Build, made: Class, place: Place) -> None:
    """Write the body of a class."""
    heads = [t.instance.scope for t in place.threads]
    if heads[0].sequential and heads[0].kind != "group":
        _sequence(build, made, place)
        return
    body = _Body(build, made)
    body.begin(place)
    body.statements(place, [h.body for h in heads])
    body.finish(place)


def _sequence(build: Build, made: Class, place: Place) -> None:
    """A class that is an `nn.Sequential`."""
    modules = Modules(build, made)
    refs = [t.instance.scope.inputs[0] for t in place.threads]
    modules.note(place, refs, modules.texts(place, refs))
    chains: list[Chain] = []
    for thread in place.threads:
        results = [s for s in thread.instance.scope.body if isinstance(s, Result)]
        if len(results) != len(thread.instance.scope.body):
            raise Inexpressible("statements in a sequence")
        chains.append(results[0].chains[0])
    elements = modules.elements(place, chains)
    made.base = "nn.Sequential"
    made.super_call = f"super().__init__({modules.children(elements, True)})"
    made.outputs = [modules.texts(place, [t.instance.scope.outputs[0] for t in place.threads])]


class _Body:
    def __init__(self, build: Build, made: Class) -> None:
        self.build = build
        self.made = made
        self.modules = Modules(build, made)
        self.variables: dict[str, tuple[Ref, ...]] = {}
        self.typed: set[str] = set()
        self.assigned: set[str] = set()
        self.current = made.inputs[0] if made.inputs else "x"
        self.bound: set[str] = set()
        self.indent = 0
        self.lists: dict[str, list[Element]] = {}
        self.threads: tuple[object, ...] = ()
        self.held: list[str] = []
        """Expressions that wait to be put into a later line: what they read must stay."""
        self.flags = 0
        self.training: set[str] = set()
        """Names of tensors that only training mode reads."""

    # -- beginning and end --------------------------------------------------------------------------------------------

    def begin(self, place: Place) -> None:
        heads = [t.instance.scope for t in place.threads]
        for position, name in enumerate(self.made.inputs):
            refs = tuple(h.inputs[position] for h in heads)
            self.variables[name] = refs
            self.typed.add(name)
            self.assigned.add(name)
            self.modules.note(place, refs, self.modules.texts(place, refs))
        for head in heads:
            self.training |= _starts(head.body, training=True) - _starts(head.body, training=False)
            self.bound |= {n for s in _flat(head.body) if isinstance(s, Bind) for n in s.names}

    def finish(self, place: Place) -> None:
        for name, elements in self.lists.items():
            self.made.built.append((0, f"self.{name} = nn.ModuleList(({', '.join(e.text for e in elements)},))", ""))
        outputs = zip(*(t.instance.scope.outputs for t in place.threads), strict=True)
        self.made.outputs = [self.modules.texts(place, refs) for refs in outputs]

    # -- statements -----------------------------------------------------------------------------------------------------

    def statements(self, place: Place, bodies: Sequence[Sequence[Statement]]) -> Place:
        """The statements of a body; the place after them."""
        if len({tuple(s.is_a for s in b) for b in bodies}) > 1:
            raise Inexpressible("bodies that differ")
        rows = list(zip(*bodies, strict=True))
        training = [r for r in _results(rows) if cast(Result, r[0]).training]
        for row in rows:
            match row[0]:
                case Let():
                    place = self.let(place, cast(Sequence[Let], row))
                case Bind():
                    place = self.bind(place, cast(Sequence[Bind], row))
                case Branch():
                    place = self.branch(place, cast(Sequence[Branch], row))
                case Result(training=False):
                    self.result(place, cast(Sequence[Result], row), training)
                case _:
                    pass
        return place

    def let(self, place: Place, lets: Sequence[Let]) -> Place:
        name, values = lets[0].name, [x.value for x in lets]
        try:
            text = self.modules.say(place, values, lets[0].text)
        except Inexpressible:
            return place.knowing(name, ast.Name(UNKNOWN, ast.Load()))
        tree = read(text)
        if isinstance(tree, ast.Name) or (
            all(alike(v, values[0]) for v in values) and name not in self.build.instances.kept[self.made.key]
        ):
            return place.knowing(name, tree if isinstance(tree, ast.Name) else literal(values[0]))
        self.made.built.append((0, f"{name} = {text}", ""))
        return place.knowing(name, ast.Name(name, ast.Load()), values)

    def bind(self, place: Place, binds: Sequence[Bind]) -> Place:
        mark = len(self.made.forward)
        value = self.chain(place, [b.chain for b in binds])
        names = binds[0].names
        value = self.settle(place, value, names)
        if set(names) <= self.training and len(self.made.forward) == mark + 1:
            (start,) = self.variable(self.sources(place, [binds[0].chain] * len(place.threads))).texts
            indent, text, _ = self.made.forward[-1]
            self.made.forward[-1] = (indent, f"{text} if self.training else {start}", "used in training only")
        for name, refs in zip(names, value.refs, strict=True):
            place = place.with_tensor(name, refs)
        return place

    def branch(self, place: Place, branches: Sequence[Branch]) -> Place:
        if all(b.value == branches[0].value for b in branches):
            return self.statements(place, [b.body for b in branches])
        condition = self.modules.say(place, [b.value for b in branches], branches[0].condition)
        self.flags += 1
        flag = "residual" if _adds(branches) else "guarded"
        flag = flag if self.flags == 1 else f"{flag}{self.flags}"
        self.made.built.append((0, f"self.{flag} = {condition}", ""))
        for side in (True, False):
            rows = [(t, b) for t, b in zip(place.threads, branches, strict=True) if b.value is side]
            bodies = [b.body for _, b in rows]
            if not all(len(b) == 1 and isinstance(b[0], Result) for b in bodies):
                raise Inexpressible("statements under a guard that varies")
            variables, typed = dict(self.variables), set(self.typed)
            self.variables = {
                n: tuple(r for r, b in zip(refs, branches, strict=True) if b.value is side)
                for n, refs in variables.items()
            }
            if side:
                self.line(f"if self.{flag}:")
            self.indent += side
            self.statements(place.only([t for t, _ in rows]), bodies)
            self.indent -= side
            self.variables, self.typed = variables, typed
        return place

    def result(self, place: Place, results: Sequence[Result], training: Sequence[Sequence[Result]]) -> None:
        values: list[Value] = []
        for i in range(len(results[0].chains)):
            values.append(self.chain(place, [r.chains[i] for r in results]))
            self.held.extend(values[-1].texts)
        if not training:
            self.give([t for v in values for t in v.texts], values)
            return
        main = [self.settle(place, v, ("logits",) if v.binding != "name" else None) for v in values]
        self.line("if self.training:")
        self.indent += 1
        fields: list[str] = []
        texts: list[str] = []
        for i in range(len(training[0][0].chains)):
            value = self.chain(place, [r.chains[i] for r in training[0]])
            fields.append(_field(value.texts[0], len(fields)))
            texts.extend(value.texts)
            self.held.extend(value.texts)
        self.made.training = tuple(fields)
        self.line(f"return {self.made.key[1]}Outputs({', '.join(texts)})")
        self.indent -= 1
        self.give([t for v in main for t in v.texts], main)

    def give(self, texts: Sequence[str], values: Sequence[Value]) -> None:
        if len(texts) > 1:
            self.made.returns = f"tuple[{', '.join('Tensor' for _ in texts)}]"
            self.line(f"return {', '.join(texts)}")
            return
        text, shape = texts[0], self.shape(values[0])
        last = self.made.forward[-1] if self.made.forward else (-1, "", "")
        if last[0] == self.indent * 4 and re.match(rf"{text}(: Tensor)? = ", last[1]) and text.isidentifier():
            self.made.forward.pop()
            text = last[1].partition(" = ")[2]
        if self.is_tensor(text):
            self.line(f"return {text}", shape)
            return
        name = "logits" if self.made.key[0] == "model" else "out"
        name = name if name not in self.assigned else f"{name}{len(self.assigned)}"
        self.assigned.add(name)
        self.line(f"{name}: Tensor = {text}", shape)
        self.line(f"return {name}")

    def is_tensor(self, text: str) -> bool:
        """Whether a type checker knows that an expression is a tensor, not just anything."""
        if text.startswith(("nn.functional.", "torch.")):
            return True
        first = re.match(r"\(*([a-z_]\w*)(?=$| [-+*/] |\[|\.[a-z_]+\()", text)
        return first is not None and self.assure(first[1])

    def assure(self, name: str) -> bool:
        """Make sure that a variable is known to be a tensor: say so where it gets its value."""
        if name not in self.typed:
            rows = [i for i, line in enumerate(self.made.forward) if re.match(rf"{name} = ", line[1])]
            if not rows:
                return False
            indent, text, comment = self.made.forward[rows[0]]
            self.made.forward[rows[0]] = (indent, text.replace(" = ", ": Tensor = ", 1), comment)
            self.typed.add(name)
        return True

    # -- chains ---------------------------------------------------------------------------------------------------------

    def chain(self, place: Place, chains: Sequence[Chain], value: Value | None = None) -> Value:
        """A chain, from the tensors it starts from."""
        if value is None:
            value = self.variable(self.sources(place, chains))
        for column in columns(chains):
            if value.rests and not (value.soft and self.wraps(place, column[0])):
                value = self.settle(place, value)
            value = self.item(place, column, value)
        return value

    def wraps(self, place: Place, item: Item) -> bool:
        """Whether a term is a function of one tensor, not a module."""
        if not isinstance(item, Layer):
            return False
        node = place.threads[0].instance.network.nodes[item.node]
        return not node.path and not node.head and len(node.types) == 1

    def sources(self, place: Place, chains: Sequence[Chain]) -> Refs:
        """What chains start from; the logits where the spec speaks of the probability head's output."""
        return tuple(
            tuple(_bare(t.instance.network, r) for t, r in zip(place.threads, refs, strict=True))
            for refs in zip(*(c.source for c in chains), strict=True)
        )

    def variable(self, refs: Refs) -> Value:
        """The names that tensors have."""
        names: list[str] = []
        for wanted in refs:
            found = [n for n, have in self.variables.items() if have == wanted]
            names.append(found[0] if found else UNKNOWN)
        return Value(tuple(names), refs)

    def item(self, place: Place, column: Sequence[Item], value: Value) -> Value:
        first = column[0]
        match first:
            case Layer():
                return self.layer(place, cast(Sequence[Layer], column), value)
            case Call():
                scopes = [cast(Call, i).scope for i in column]
                return self.attribute(place, scopes, self.modules.call(place, scopes), value)
            case Group(scope=int()) | Loop(scope=int()):
                return self.labelled(place, [cast(int, cast(Group, i).scope) for i in column], value)
            case Group():
                inner = incoming(place, column)
                return self.chain(inner, [cast(Group, i).chain for i in column], value)
            case Choice():
                return self.choice(place, cast(Sequence[Choice], column), value)
            case Merge():
                return self.merge(place, cast(Sequence[Merge], column), value)
            case Loop():
                loops = cast(Sequence[Loop], column)
                if len({len(x.iterations) for x in loops}) > 1:
                    raise Inexpressible("a loop that varies")
                for j in range(len(loops[0].iterations)):
                    value = self.chain(turn(place, loops, j), [x.iterations[j].chain for x in loops], value)
                return value

    def layer(self, place: Place, column: Sequence[Layer], value: Value) -> Value:
        nodes = [t.instance.network.nodes[i.node] for t, i in zip(place.threads, column, strict=True)]
        if nodes[0].head:
            return value
        refs = _made(column, nodes)
        plain = len({n.op.kind() for n in nodes}) == 1
        if plain and not nodes[0].path:
            call = self.modules.calls(place, nodes, as_module=False)
            if call.expression is not None:
                self.modules.bring(call, as_module=False)
                inplace = call.inplace and self.modules.overwrites(place, nodes)
                text, level = self.expression(place, call.expression, value, inplace)
                made = Value((text,) * 1, refs, level)
                return self.paused(place, nodes[0], made)
        text = self.modules.module(place, nodes)
        name = self.path(place, [n.path for n in nodes]) if nodes[0].path else self.unnamed(place, "act")
        called = f"{self.register(name, text)}({', '.join(value.texts)})"
        return self.paused(place, nodes[0], Value((called,), refs, "call"))

    def unnamed(self, place: Place, base: str) -> str:
        """A name for a module without state that is called in `forward`."""
        network, prefix = place.threads[0].instance.network, place.threads[0].instance.scope.path
        taken = {x.path for x in (*network.nodes, *network.scopes)}
        name, number = base, 2
        while f"{prefix}.{name}".lstrip(".") in taken or any(f"self.{name}" in b[1] for b in self.made.built):
            name, number = f"{base}{number}", number + 1
        return name

    def paused(self, place: Place, node: Node, value: Value) -> Value:
        """After an activation, a pooling or several outputs the value gets a name."""
        if len(value.refs) > 1:
            return self.settle(place, value)
        ends = type(node.op).look.family in ("activation", "pool") or len(value.texts[0]) > _LONG
        return replace(value, rests=ends)

    def attribute(self, place: Place, scopes: Sequence[int], text: str, value: Value) -> Value:
        heads = [t.instance.network.scopes[s] for t, s in zip(place.threads, scopes, strict=True)]
        name = self.path(place, [h.path for h in heads])
        refs = tuple(zip(*(h.outputs for h in heads), strict=True))
        called = f"{self.register(name, text)}({', '.join(value.texts)})"
        made = Value((called,), refs, "call")
        if len(refs) > 1:
            return self.settle(place, made)
        model = self.made.key[0] == "model"
        return replace(made, rests=model, soft=model and len(called) < _SHORT)

    def labelled(self, place: Place, scopes: Sequence[int], value: Value) -> Value:
        heads = [t.instance.network.scopes[s] for t, s in zip(place.threads, scopes, strict=True)]
        if heads[0].sequential or heads[0].pure:
            text, before = self.modules.group(place, scopes)
            if before:
                value = replace(value, texts=(f"torch.flatten({value.texts[0]}, 1)",))
            return self.attribute(place, scopes, text, value)
        if heads[0].kind == "repeat":
            self.lists.setdefault(self.path(place, [h.path for h in heads]), [])
            return self.chain(place, [body_chain(h) for h in heads], value)
        return self.attribute(place, scopes, self.modules.call(place, scopes), value)

    def choice(self, place: Place, column: Sequence[Choice], value: Value) -> Value:
        if all(c.value == column[0].value for c in column):
            return self.chain(place, [c.chain for c in column], value)
        condition = self.modules.say(place, [c.value for c in column], column[0].condition)
        sides: dict[bool, str] = {True: "nn.Identity()", False: "nn.Identity()"}
        names: set[str] = set()
        for side in (True, False):
            rows = [(t, c) for t, c in zip(place.threads, column, strict=True) if c.value is side]
            chains = [c.chain for _, c in rows]
            if not any(c.items for c in chains):
                continue
            elements = self.modules.elements(place.only([t for t, _ in rows]), chains)
            sides[side] = _alone(elements)
            names |= {e.name for e in elements if not e.name.startswith("?")}
        if len(names) > 1:
            raise Inexpressible("a guard around two names")
        name = names.pop() if names else self.unnamed(place, "shortcut")
        self.made.built.append((0, f"if {condition}:", ""))
        self.made.built.append((4, f"self.{name}: nn.Module = {sides[True]}", ""))
        self.made.built.append((0, "else:", ""))
        self.made.built.append((4, f"self.{name} = {sides[False]}", ""))
        refs = tuple(zip(*(c.chain.result for c in column), strict=True))
        for each in refs:
            self.modules.note_choice(place, each, [c.value for c in column], condition)
        return Value((f"self.{name}({value.texts[0]})",), refs, "call")

    def merge(self, place: Place, column: Sequence[Merge], value: Value) -> Value:
        value = self.settle(place, value)
        inner = incoming(place, column)
        before = self.current
        results: list[Value] = []
        for i in range(len(column[0].branches)):
            mark = len(self.made.forward)
            self.current = before
            result = self.chain(inner, [m.branches[i] for m in column], self.start(place, column, i, value))
            last = i == len(column[0].branches) - 1
            most = _SHORT if last and not result.rests else 0
            if len(self.made.forward) == mark:
                most = _LONG
            if result.binding != "name" and len(result.texts[0]) > most:
                result = self.settle(place, result)
            results.append(result)
            self.held.extend(result.texts)
        del self.held[len(self.held) - len(results) :]
        self.current = before
        nodes = [t.instance.network.nodes[m.node] for t, m in zip(place.threads, column, strict=True)]
        call = self.modules.calls(place, nodes, as_module=False)
        assert call.expression is not None
        joined = Value(tuple(r.texts[0] for r in results), tuple(r.refs[0] for r in results), "name")
        text, level = self.expression(place, call.expression, joined, False, [r.binding for r in results])
        refs = (tuple(Ref(m.node, 0) for m in column),)
        made = Value((text,), refs, level)
        return replace(made, rests=len(text) > _LONG)

    def start(self, place: Place, column: Sequence[Merge], i: int, value: Value) -> Value:
        chains = [m.branches[i] for m in column]
        refs = self.sources(place, chains)
        return value if refs == value.refs else self.variable(refs)

    def expression(
        self,
        place: Place,
        expression: Expression,
        value: Value,
        inplace: bool,
        bindings: Sequence[str] | None = None,
    ) -> tuple[str, str]:
        """An op written on its inputs, and how tightly it binds."""
        template = re.sub(r"(?<![\w.])F\.", "nn.functional.", expression.template)
        needs = _LEVELS[expression.precedence]
        texts: list[str] = []
        for text, binding in zip(value.texts, bindings or [value.binding] * len(value.texts), strict=True):
            bare = expression.precedence == "call" and not re.search(r"\{\d\}[.\[]", template)
            level = _LEVELS[binding]
            texts.append(text if bare or level >= min(needs, 2) else f"({text})")

        def slot(match: re.Match[str]) -> str:
            name = match[1]
            if name == "*":
                return ", ".join(texts)
            if name.isdecimal():
                return texts[int(name)]
            return self.stored(place, tidy(expression.values[name]))

        filled = re.sub(r"\{(\w+|\*)\}", slot, template)
        filled = re.sub(r"(?<=, ):(?=self\.)", ": ", filled)  # as formatters space a slice
        filled = re.sub(r"(?<=, )(self\.\w+):(?=\])", r"\1 :", filled)
        return (f"{filled[:-1]}, inplace=True)" if inplace else filled), expression.precedence

    def stored(self, place: Place, text: str) -> str:
        """An argument that `forward` needs: names of `__init__` are kept as attributes."""
        for name in sorted(names_of(text) & set(place.threads[0].values)):
            line = (0, f"self.{name} = {name}", "")
            if line not in self.made.built:
                self.made.built.append(line)
            text = re.sub(rf"(?<![\w.]){name}\b", f"self.{name}", text)
        return text

    # -- names ----------------------------------------------------------------------------------------------------------

    def settle(self, place: Place, value: Value, wanted: Sequence[str] | None = None) -> Value:
        """Give the value a name, by a line of its own unless it has one."""
        if value.binding == "name" and wanted is None:
            return value
        names = tuple(wanted) if wanted else ()
        if value.binding == "name" and names:
            return self.renamed(value, names)
        for refs in value.refs[len(names) :]:
            names = (*names, self.pick(place, refs, names))
        self.line(f"{', '.join(names)} = {value.texts[0]}", self.shape(value))
        for name, refs in zip(names, value.refs, strict=True):
            self.variables[name] = refs
            if name not in self.assigned and len(names) == 1 and self.is_tensor(value.texts[0]):
                self.typed.add(name)
            self.assigned.add(name)
        self.current = names[0] if len(names) == 1 and names[0] not in self.bound else self.current
        return Value(names, value.refs)

    def renamed(self, value: Value, names: tuple[str, ...]) -> Value:
        """Tensors that get a second name: the line that made the first one says the second instead."""
        if value.texts == names:
            return value
        if self.made.forward and self.made.forward[-1][0] == self.indent * 4:
            indent, text, comment = self.made.forward[-1]
            target, _, rest = text.partition(" = ")
            if target == ", ".join(value.texts) and not set(value.texts) & set(self.made.inputs[1:]):
                self.made.forward[-1] = (indent, f"{', '.join(names)} = {rest}", comment)
                for old in value.texts:
                    self.variables.pop(old, None)
                self.variables.update(zip(names, value.refs, strict=True))
                self.assigned.update(names)
                return Value(names, value.refs)
        return value

    def pick(self, place: Place, refs: tuple[Ref, ...], taken: Sequence[str]) -> str:
        """A free name: the current one if nobody needs what it holds, else another."""
        spare = [n for n in _SPARE if n not in self.bound]
        for name in (self.current, *self.made.inputs, *spare):
            if name in taken or name in self.bound or any(name in names_of(t) for t in self.held):
                continue
            if name not in self.variables or self.dead(place, self.variables[name], refs):
                return name
        number = 1
        while (name := f"y{number}") in self.variables:
            number += 1
        return name

    def dead(self, place: Place, old: tuple[Ref, ...], new: tuple[Ref, ...]) -> bool:
        """Whether nothing reads `old` once `new` is made."""
        for thread, before, after in zip(place.threads, old, new, strict=True):
            if thread.instance.last_use.get(before, -1) > after.node:
                return False
        return True

    def shape(self, value: Value) -> str:
        """The shape comment of a line of the model."""
        if self.made.key[0] != "model" or len(value.refs) != 1:
            return ""
        return str(self.made.instances[0].network.type_of(value.refs[0][0]))

    def line(self, text: str, comment: str = "") -> None:
        """A line of `forward`."""
        if UNKNOWN in text:
            raise Inexpressible("a tensor without a name")
        self.made.forward.append((self.indent * 4, text, comment))

    def path(self, place: Place, paths: Sequence[str]) -> str:
        """The module's path inside this class."""
        short = {
            p[len(t.instance.scope.path) :].lstrip(".") for t, p in zip(place.threads, paths, strict=True)
        }
        if len(short) != 1:
            raise Inexpressible("names that differ")
        return short.pop()

    def register(self, path: str, text: str) -> str:
        """Build a module in `__init__`; how `forward` calls it."""
        outer, _, name = path.rpartition(".")
        if outer:
            self.lists.setdefault(outer, []).append(Element(text, name))
            return f"self.{outer}[{name}]"
        self.made.built.append((0, f"self.{name} = {text}", ""))
        return f"self.{name}"


def _starts(body: Sequence[Statement], training: bool) -> set[str]:
    """The named tensors that chains start from: those of `return training`, or all others."""
    found: set[str] = set()
    for statement in _flat(body):
        if isinstance(statement, Result) and statement.training == training:
            found |= {s for c in statement.chains for s in _names_in(c)}
        elif isinstance(statement, Bind) and not training:
            found |= _names_in(statement.chain)
    return found


def _names_in(chain: Chain) -> set[str]:
    found = {chain.start} if chain.start else set()
    for item in chain.items:
        if isinstance(item, Merge):
            found |= {n for b in item.branches for n in _names_in(b)}
        elif isinstance(item, Group | Choice):
            found |= _names_in(item.chain)
        elif isinstance(item, Loop):
            found |= {n for turn_ in item.iterations for n in _names_in(turn_.chain)}
    return found


def _alone(elements: Sequence[Element]) -> str:
    """The children under a guard as one module."""
    if len(elements) == 1 and not elements[0].many:
        return elements[0].text
    if any(not e.name.startswith("?") or e.many for e in elements):
        raise Inexpressible("more than one module under a guard")
    return f"nn.Sequential({', '.join(e.text for e in elements)})"


def _bare(network: Network, ref: Ref) -> Ref:
    node = network.nodes[ref.node]
    return node.inputs[0] if node.head else ref


def _made(column: Sequence[Layer], nodes: Sequence[Node]) -> Refs:
    return tuple(tuple(Ref(i.node, out) for i in column) for out in range(len(nodes[0].types)))


def _flat(body: Sequence[Statement]) -> list[Statement]:
    return [s for x in body for s in (x, *(_flat(x.body) if isinstance(x, Branch) else ()))]


def _results(rows: Sequence[Sequence[Statement]]) -> list[list[Result]]:
    found: list[list[Result]] = []
    for row in rows:
        if isinstance(row[0], Result):
            found.append([cast(Result, r) for r in row])
        elif isinstance(row[0], Branch) and row[0].value:
            bodies = [cast(Branch, b).body for b in row]
            if len({len(b) for b in bodies}) == 1:
                found.extend(_results(list(zip(*bodies, strict=True))))
    return found


def _adds(branches: Sequence[Branch]) -> bool:
    return any(
        isinstance(i, Merge) for b in branches if b.value for s in b.body if isinstance(s, Result) for c in s.chains
        for i in c.items
    )  # fmt: skip


def _field(text: str, number: int) -> str:
    found = re.match(r"(?:self\.)?([a-z_]\w*)", text)
    return found[1] if found else f"output{number}"


def instance_of(place: Place) -> Instance:
    """The first instance."""
    return place.threads[0].instance
