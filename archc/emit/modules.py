"""What `__init__` says: block calls, groups, repeats and guards as expressions that build modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from typing import Any, cast

from archc.emit.classes import Argument, Class
from archc.emit.expressions import Simplifier, read, write
from archc.emit.instances import Instance
from archc.emit.layers import Layers
from archc.emit.loops import turned
from archc.emit.vocabulary import UNKNOWN, Element, Inexpressible, Place, Thread
from archc.network.network import (
    Bind,
    Call,
    Callee,
    Chain,
    Choice,
    Group,
    Item,
    Layer,
    Loop,
    Result,
    Scope,
)


class Modules(Layers):
    """Writes the modules of one class."""

    unrolled = False
    """Whether every turn of a loop is written out."""

    # -- blocks -----------------------------------------------------------------------------------------------------

    def call(self, place: Place, scopes: Sequence[int]) -> str:
        """A module with a class of its own, built."""
        instances = [self.instance(t, s) for t, s in zip(place.threads, scopes, strict=True)]
        classes = [self.build.of(i) for i in instances]
        made = classes[0]
        if any(c is not made for c in classes):
            raise Inexpressible("different classes")
        arguments: list[str] = []
        values: dict[str, ast.expr] = {}
        skipped = False
        for argument in made.arguments:
            text = self.argument(place, instances, argument)
            values[argument.name] = read(text)
            if argument.default is not None and text == argument.default:
                skipped = True
                continue
            arguments.append(f"{argument.name}={text}" if skipped else text)
        for i, texts in enumerate(made.outputs):
            refs = [x.scope.outputs[i] for x in instances]
            sized = tuple(
                write(Simplifier(values.get, place.functions).visit(read(t))) if t else UNKNOWN for t in texts
            )
            self.note(place, refs, sized)
            self.note(place, refs, self.texts(place, refs))
        return f"{_Name(made)}({', '.join(arguments)})"

    def argument(self, place: Place, instances: Sequence[Instance], argument: Argument) -> str:
        """What is passed for one parameter."""
        spec, pair = argument.spec, argument.type == "tuple[int, int]"
        if not spec:
            text = self.texts(place, [i.scope.inputs[argument.input] for i in instances])[argument.axis]
            if text == UNKNOWN:
                raise Inexpressible("sizes of a tensor")
            return text
        values = [i.values[spec] for i in instances]
        if pair:
            values = [(v, v) if type(v) is int else v for v in values]
        texts = [a.text for a in instances[0].scope.arguments if a.name == spec and a.given]
        if any(isinstance(v, Callee) for v in values):
            return self.kind(place, values)
        if instances[0].key[0] == "group":
            texts = [spec]
        return self.say(place, values, texts[0]) if texts else place.say(values)

    def kind(self, place: Place, values: Sequence[object]) -> str:
        """A kind of layer as an argument: `nn.ReLU`, or the parameter that it was passed as."""
        first = values[0]
        if any(v != first for v in values):
            found = place.searched(values)
            if found is None:
                raise Inexpressible("a kind of layer")
            return found
        for thread in place.threads:
            for node in thread.instance.network.nodes:
                if isinstance(first, Callee) and node.op.kind() == first.name:
                    call = node.op.torch(tuple(thread.instance.network.type_of(r) for r in node.inputs))
                    if call.module:
                        self.bring(call, as_module=True)
                        return call.module.target
        raise Inexpressible("a block as a parameter")

    def instance(self, thread: Thread, scope: int) -> Instance:
        """The instance that a scope is."""
        return self.build.instances.at[id(thread.instance.network), scope]

    # -- sequentials ------------------------------------------------------------------------------------------------

    def group(self, place: Place, scopes: Sequence[int]) -> tuple[str, str]:
        """A labelled group or repeat that runs as one `nn.Sequential`, and what must come before it ("" if nothing)."""
        heads = [t.instance.network.scopes[s] for t, s in zip(place.threads, scopes, strict=True)]
        with self.unrolling(heads[0]):
            elements = self.elements(place, [body_chain(h) for h in heads])
        before = ""
        if elements and elements[0].implicit:
            before, elements = elements[0].text, elements[1:]
        positional = heads[0].sequential and not heads[0].gaps
        return f"nn.Sequential({self.children(elements, positional)})", before

    @contextmanager
    def unrolling(self, scope: Scope) -> Iterator[None]:
        """While its children are written: where names have gaps, each child is written with its name."""
        before, self.unrolled = self.unrolled, scope.gaps
        yield
        self.unrolled = before

    def children(self, elements: Sequence[Element], positional: bool) -> str:
        """The arguments of an `nn.Sequential`."""
        if positional and not any(e.implicit for e in elements):
            return ", ".join(e.text for e in elements)
        named = _named(elements)
        if all(e.many or e.name.isidentifier() for e in named):
            return f"OrderedDict({', '.join(e.text if e.many else f'{e.name}={e.text}' for e in named)})"
        parts: list[str] = []
        for implicit, group in groupby(zip(elements, named, strict=True), lambda pair: pair[0].implicit):
            run = [e for _, e in group]
            if implicit or not any(e.many for e in run):
                parts += [f'("{e.name}", {e.text})' for e in run]
                continue
            start = "" if run[0].name == "0" else f", {run[0].name}"
            inside = ", ".join(e.text for e in run)
            parts.append(f"*((str(i), layer) for i, layer in enumerate([{inside}]{start}))")
        return f"OrderedDict([{', '.join(parts)}])"

    def elements(self, place: Place, chains: Sequence[Chain]) -> list[Element]:
        """The children of a sequential module, in order."""
        found: list[Element] = []
        for column in columns(chains):
            found.extend(self.element(place, column))
        return found

    def element(self, place: Place, column: Sequence[Item]) -> list[Element]:
        """The children that one term becomes."""
        first = column[0]
        match first:
            case Layer():
                nodes = [
                    t.instance.network.nodes[cast(Layer, i).node] for t, i in zip(place.threads, column, strict=True)
                ]
                name = nodes[0].path.rpartition(".")[2] or f"?{nodes[0].op.kind().lower()}"
                if nodes[0].head:
                    return []
                return [Element(self.module(place, nodes), name, implicit=nodes[0].implicit)]
            case Call():
                scopes = [cast(Call, i).scope for i in column]
                return [Element(self.call(place, scopes), self.scope_name(place, scopes))]
            case Group(scope=int()):
                scopes = [cast(int, cast(Group, i).scope) for i in column]
                return [Element(self.labelled(place, scopes), self.scope_name(place, scopes))]
            case Group():
                return self.elements(incoming(place, column), [cast(Group, i).chain for i in column])
            case Choice():
                return self.choice(place, cast(Sequence[Choice], column))
            case Loop(scope=int()):
                scopes = [cast(int, cast(Loop, i).scope) for i in column]
                return [Element(self.labelled(place, scopes), self.scope_name(place, scopes))]
            case Loop():
                return turned(self, place, cast(Sequence[Loop], column))
            case _:
                raise Inexpressible("a merge in a sequence")

    def labelled(self, place: Place, scopes: Sequence[int]) -> str:
        """A labelled group or repeat as a child."""
        head = place.threads[0].instance.network.scopes[scopes[0]]
        if not (head.sequential or head.pure):
            return self.call(place, scopes)
        text, before = self.group(place, scopes)
        if before:
            return text.replace("nn.Sequential(", f"nn.Sequential({before}, ", 1) if not head.sequential else _fail()
        return text

    def scope_name(self, place: Place, scopes: Sequence[int]) -> str:
        """The name of a child."""
        return place.threads[0].instance.network.scopes[scopes[0]].name

    def choice(self, place: Place, column: Sequence[Choice]) -> list[Element]:
        """A guarded term among the children."""
        if all(c.value == column[0].value for c in column):
            return self.elements(place, [c.chain for c in column])
        condition = self.say(place, [c.value for c in column], column[0].condition)
        sides: list[list[Element]] = []
        for side in (True, False):
            chosen = [(t, c) for t, c in zip(place.threads, column, strict=True) if c.value is side]
            sides.append(self.elements(place.only([t for t, _ in chosen]), [c.chain for _, c in chosen]))
        for each in zip(*(c.chain.result for c in column), strict=True):
            self.note_choice(place, each, [c.value for c in column], condition)
        then, otherwise = (", ".join(e.text for e in s) for s in sides)
        if len(sides[0]) == len(sides[1]) == 1:
            return [Element(f"{then} if {condition} else {otherwise}", sides[0][0].name)]
        names = [e.name for s in sides for e in s]
        if not all(n.isdecimal() for n in names):
            if len(names) == 1 and sides[0]:
                return [Element(f'**({{"{names[0]}": {then}}} if {condition} else {{}})', names[0], many=True)]
            raise Inexpressible("a guard around names")
        return [Element(f"*([{then}] if {condition} else [{otherwise}])", many=True)]


# -- small things -----------------------------------------------------------------------------------------------------


class _Name(str):
    """A class's name that may still change: it is filled in when the file is written."""

    def __new__(cls, made: Class) -> _Name:
        return super().__new__(cls, f"class_{id(made)}_")


def _fail() -> str:
    raise Inexpressible("a flattening in front of a sequence")


def columns(chains: Sequence[Chain]) -> list[tuple[Item, ...]]:
    """The items of chains that were one chain in the spec, side by side."""
    rows = [c.items for c in chains]
    if len({tuple(i.is_a for i in row) for row in rows}) > 1:
        raise Inexpressible("chains that differ")
    return list(zip(*rows, strict=True))


def incoming(place: Place, column: Sequence[Any]) -> Place:
    """The place inside a macro or merge, where the incoming tensor has a name."""
    name = column[0].incoming
    if name is None or name == "in_":
        return place
    chains = [i.chain if isinstance(i, Group) else i.branches[0] for i in column]
    return place.with_tensor(name, [c.source[0] for c in chains]) if chains[0].source else place


def body_chain(scope: Scope) -> Chain:
    """The chain of a group or repeat."""
    (result,) = scope.body
    assert isinstance(result, Result) and not isinstance(result, Bind)
    chain = result.chains[0]
    if scope.kind != "repeat":
        return chain
    (loop,) = chain.items
    return chain.model_copy(update={"items": (loop.model_copy(update={"scope": None, "label": None}),)})


def _named(elements: Sequence[Element]) -> list[Element]:
    taken = {e.name for e in elements}
    found: list[Element] = []
    for e in elements:
        name = "?flatten" if e.implicit else e.name
        if name.startswith("?"):
            base = name[1:]
            name, number = base, 2
            while name in taken:
                name, number = f"{base}{number}", number + 1
            taken.add(name)
        found.append(replace(e, name=name))
    return found
