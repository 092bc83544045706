"""The body of a class: what `__init__` builds, in order of execution, and `forward` as straight lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from archc.emit.classes import Build, Class
from archc.emit.expressions import literal, read
from archc.emit.growing import Grown, grown, shorter
from archc.emit.instances import Instance
from archc.emit.lines import LONG, SHORT, Lines, Refs, Value
from archc.emit.loops import turn
from archc.emit.modules import Modules, body_chain, columns, incoming
from archc.emit.statements import adds, flat, results, reused, starts
from archc.emit.vocabulary import UNKNOWN, Element, Inexpressible, Place, alike
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
    Node,
    Ref,
    Result,
    Scope,
    Statement,
)


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
    modules.enter(place, [t.instance.scope.inputs[0] for t in place.threads], 0)
    chains: list[Chain] = []
    for thread in place.threads:
        results = [s for s in thread.instance.scope.body if isinstance(s, Result)]
        if len(results) != len(thread.instance.scope.body):
            raise Inexpressible("statements in a sequence")
        chains.append(results[0].chains[0])
    scope = place.threads[0].instance.scope
    with modules.unrolling(scope):
        elements = modules.elements(place, chains)
    made.base = "nn.Sequential"
    made.super_call = f"super().__init__({modules.children(elements, not scope.gaps)})"
    made.outputs = [modules.texts(place, [t.instance.scope.outputs[0] for t in place.threads])]


class _Body(Lines):
    """Walks the body of a definition, all instances at once."""

    # -- beginning and end --------------------------------------------------------------------------------------------

    def begin(self, place: Place) -> None:
        heads = [t.instance.scope for t in place.threads]
        for position, name in enumerate(self.made.inputs):
            refs = tuple(h.inputs[position] for h in heads)
            self.variables[name] = refs
            self.typed.add(name)
            self.assigned.add(name)
            self.modules.enter(place, refs, position)
        for head in heads:
            self.training |= starts(head.body, training=True) - starts(head.body, training=False)
            self.bound |= {n for s in flat(head.body) if isinstance(s, Bind) for n in s.names}

    def finish(self, place: Place) -> None:
        self.made.forward = reused(self.made.forward, self.bound, self.made.inputs[0])
        for name, elements in self.lists.items():
            self.made.built.append((0, f"self.{name} = nn.ModuleList(({', '.join(e.text for e in elements)},))", ""))
        outputs = zip(*(t.instance.scope.outputs for t in place.threads), strict=True)
        self.made.outputs = [self.modules.texts(place, refs) for refs in outputs]

    # -- statements ----------------------------------------------------------------------------------------------------

    def statements(self, place: Place, bodies: Sequence[Sequence[Statement]]) -> Place:
        """The statements of a body; the place after them."""
        if len({tuple(s.is_a for s in b) for b in bodies}) > 1:
            raise Inexpressible("bodies that differ")
        rows = list(zip(*bodies, strict=True))
        training = [r for r in results(rows) if r[0].training]
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
            indent, text, _ = self.made.forward[-1]
            # An empty tensor stands in, so that evaluation keeps none alive that nobody reads.
            self.made.forward[-1] = (indent, f"{text} if self.training else torch.empty(0)", "for training only")
        for name, refs in zip(names, value.refs, strict=True):
            place = place.with_tensor(name, refs)
        return place

    def branch(self, place: Place, branches: Sequence[Branch]) -> Place:
        if all(b.value == branches[0].value for b in branches):
            return self.statements(place, [b.body for b in branches])
        condition = self.modules.say(place, [b.value for b in branches], branches[0].condition)
        self.flags += 1
        flag = "residual" if adds(branches) else "guarded"
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
        self.line(f"return class_{id(self.made)}_Outputs({', '.join(texts)})")
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

    # -- chains --------------------------------------------------------------------------------------------------------

    def chain(self, place: Place, chains: Sequence[Chain], value: Value | None = None) -> Value:
        """A chain, from the tensors it starts from, or from a value that the chain around it has come to."""
        if value is None:
            value = self.variable(self.sources(place, chains))
        for column in columns(chains):
            if value.rests and not (value.soft and self.wraps(place, column[0])):
                value = self.settle(place, value)
            value = self.item(place, column, value)
        return value

    def wraps(self, place: Place, item: Item) -> bool:
        """Whether a term is a function of one tensor, not a module."""
        if isinstance(item, Group) and item.scope is None and item.chain.items:
            return self.wraps(place, item.chain.items[0])
        if not isinstance(item, Layer):
            return False
        node = place.threads[0].instance.network.nodes[item.node]
        return not node.path and not node.head and len(node.types) == 1

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

    def paused(self, place: Place, node: Node, value: Value) -> Value:
        """After an activation, a pooling or several outputs the value gets a name."""
        if len(value.refs) > 1:
            return self.settle(place, value)
        family = type(node.op).look.family
        ends = family in ("activation", "pool") or len(value.texts[0]) > LONG
        return replace(value, rests=ends, soft=family == "pool" and len(value.texts[0]) < SHORT)

    def attribute(self, place: Place, scopes: Sequence[int], text: str, value: Value) -> Value:
        heads = [t.instance.network.scopes[s] for t, s in zip(place.threads, scopes, strict=True)]
        name = self.path(place, [h.path for h in heads])
        self.register(name, text)
        return self.called(place, heads, name, value)

    def grown(self, place: Place, scopes: Sequence[int], name: str) -> Grown:
        """The statements that build a sequence in loops; none where that cannot be."""
        if "." in name:
            return Grown([], {})
        try:
            return grown(self.modules, place, scopes, f"self.{name}")
        except Inexpressible:
            return Grown([], {})

    def called(self, place: Place, heads: Sequence[Scope], name: str, value: Value) -> Value:
        """The call of a module that has been built."""
        refs = tuple(zip(*(h.outputs for h in heads), strict=True))
        outer, _, last = name.rpartition(".")
        called = f"self.{f'{outer}[{last}]' if outer else name}({', '.join(value.texts)})"
        made = Value((called,), refs, "call")
        if len(refs) > 1:
            return self.settle(place, made)
        model = self.made.key[0] == "model"
        return replace(made, rests=model, soft=model and len(called) < SHORT)

    def labelled(self, place: Place, scopes: Sequence[int], value: Value) -> Value:
        heads = [t.instance.network.scopes[s] for t, s in zip(place.threads, scopes, strict=True)]
        if heads[0].sequential or heads[0].pure:
            name = self.path(place, [h.path for h in heads])
            lines, values = self.grown(place, scopes, name)
            try:
                text, before = self.modules.group(place, scopes)
            except Inexpressible:
                if not lines:
                    raise
                text, before = "", ""
            if lines and shorter(self.modules, lines, text and f"self.{name} = {text}"):
                self.made.built += lines
                for variable, row in values.items():
                    place.remember(variable, row)
                return self.called(place, heads, name, value)
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
        if sides[False] == "nn.Identity()":
            self.made.built.append((0, f"self.{name}: nn.Module = nn.Identity()", ""))
            self.made.built.append((0, f"if {condition}:", ""))
            self.made.built.append((4, f"self.{name} = {sides[True]}", ""))
        else:
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
            most = SHORT if last and not result.rests else 0
            if len(self.made.forward) == mark:
                most = LONG
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
        return replace(made, rests=len(text) > LONG)

    def start(self, place: Place, column: Sequence[Merge], i: int, value: Value) -> Value:
        chains = [m.branches[i] for m in column]
        refs = self.sources(place, chains)
        return value if refs == value.refs else self.variable(refs)


def _alone(elements: Sequence[Element]) -> str:
    """The children under a guard as one module."""
    if len(elements) == 1 and not elements[0].many:
        return elements[0].text
    if any(not e.name.startswith("?") or e.many for e in elements):
        raise Inexpressible("more than one module under a guard")
    return f"nn.Sequential({', '.join(e.text for e in elements)})"


def _made(column: Sequence[Layer], nodes: Sequence[Node]) -> Refs:
    return tuple(tuple(Ref(i.node, out) for i in column) for out in range(len(nodes[0].types)))


def _field(text: str, number: int) -> str:
    found = re.match(r"(?:self\.)?([a-z_]\w*)", text)
    return found[1] if found else f"output{number}"


def instance_of(place: Place) -> Instance:
    """The first instance."""
    return place.threads[0].instance
