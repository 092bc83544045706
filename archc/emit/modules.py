"""What `__init__` says: layers, block calls, groups, repeats and guards as expressions that build modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, cast

from archc.emit.classes import Argument, Build, Class
from archc.emit.expressions import Simplifier, evaluate, literal, read, write
from archc.emit.instances import Instance
from archc.emit.vocabulary import UNKNOWN, Inexpressible, Place, Thread
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
    Node,
    Ref,
    Result,
    Scope,
)
from archc.network.sym import is_symbolic, text_of
from archc.network.torch_call import Module, TorchCall
from archc.network.types import TensorType

Texts = tuple[str, ...]


@dataclass(frozen=True)
class Element:
    """A child of a sequential module. `many` is an expression that is already unpacked: `*(…)` or `**{…}`."""

    text: str
    name: str = ""
    many: bool = False
    implicit: bool = False


class Modules:
    """Writes the modules of one class. `sizes` has the texts of the sizes of every tensor that came by."""

    def __init__(self, build: Build, made: Class) -> None:
        self.build = build
        self.made = made
        self.sizes: dict[tuple[int, Ref], Texts] = {}

    # -- tensors ----------------------------------------------------------------------------------------------------

    def texts(self, place: Place, refs: Sequence[Ref]) -> Texts:
        """The sizes of a tensor in words, one text for all threads; UNKNOWN where there is none."""
        types = [t.instance.network.type_of(r).dims for t, r in zip(place.threads, refs, strict=True)]
        if len({len(t) for t in types}) > 1:
            raise Inexpressible("images and vectors")
        known = [self.sizes.get((id(t.instance.network), r)) for t, r in zip(place.threads, refs, strict=True)]
        found: list[str] = []
        for axis in range(len(types[0])):
            candidates = {k[axis] for k in known if k is not None and k[axis] not in ("", UNKNOWN)}
            try:
                found.append(place.say([t[axis] for t in types], *sorted(candidates)))
            except Inexpressible:
                found.append(UNKNOWN)
        return tuple(found)

    def note(self, place: Place, refs: Sequence[Ref], texts: Texts) -> None:
        """Remember the sizes of a tensor in words."""
        for thread, ref in zip(place.threads, refs, strict=True):
            self.sizes[id(thread.instance.network), ref] = texts

    def note_choice(self, place: Place, refs: Sequence[Ref], taken: Sequence[bool], condition: str) -> None:
        """Remember the sizes of a tensor that a guard decides about."""
        known = [self.sizes.get((id(t.instance.network), r)) for t, r in zip(place.threads, refs, strict=True)]
        yes = next((k for k, v in zip(known, taken, strict=True) if v), None)
        no = next((k for k, v in zip(known, taken, strict=True) if not v), None)
        texts = self.texts(place, refs)
        if yes and no:
            guarded = tuple(f"({a}) if {condition} else ({b})" for a, b in zip(yes, no, strict=True))
            types = [t.instance.network.type_of(r).dims for t, r in zip(place.threads, refs, strict=True)]
            tries = enumerate(zip(texts, guarded, strict=True))
            texts = tuple(self.best(place, [t[i] for t in types], text, other) for i, (text, other) in tries)
        self.note(place, refs, texts)

    def best(self, place: Place, values: Sequence[object], text: str, other: str) -> str:
        """`text` if it is known, else `other` if it holds."""
        if text != UNKNOWN or UNKNOWN in other:
            return text
        try:
            return place.say(values, other)
        except Inexpressible:
            return UNKNOWN

    def simplified(self, place: Place, text: str) -> str:
        """A text with the tensors' sizes and the class's names put in."""
        return write(Simplifier(lambda n: self.word(place, n), place.functions).visit(read(text)))

    def word(self, place: Place, name: str) -> ast.expr | None:
        """How the spec's name (or size of a tensor) is written here."""
        tensor, _, what = name.partition(".")
        if what in ("channels", "height", "width") and all(tensor in t.tensors for t in place.threads):
            texts = self.texts(place, [t.tensors[tensor] for t in place.threads])
            axis = ("channels", "height", "width").index(what)
            return read(texts[axis]) if axis < len(texts) else None
        return place.names.get(name)

    def say(self, place: Place, values: Sequence[object], text: str) -> str:
        """The text of a value here."""
        return place.say(values, self.simplified(place, text))

    # -- layers -----------------------------------------------------------------------------------------------------

    def calls(self, place: Place, nodes: Sequence[Node], *, as_module: bool) -> TorchCall:
        """How torch writes a layer, checked to be the same in all threads; notes the sizes of its outputs."""
        first = nodes[0]
        if len({n.op.kind() for n in nodes}) > 1:
            raise Inexpressible("different kinds of layers")
        words = self.fields(place, nodes)
        inputs = [
            self.texts(place, [n.inputs[i] for n in nodes]) for i in range(len(first.inputs))
        ]
        found: TorchCall | None = None
        written = ""
        for thread, node in zip(place.threads, nodes, strict=True):
            call, outputs = self.one(place, thread, node, words, inputs)
            text = repr((_shown(call, as_module), call.definition))
            if found is not None and text != written:
                raise Inexpressible(first.op.kind())
            found, written = call, text
            if thread is place.threads[0]:
                sized = outputs
        if UNKNOWN in written:
            raise Inexpressible(first.op.kind())
        for i, texts in enumerate(sized):
            refs = [Ref(self.number(n), i) for n in nodes]
            self.note(place, refs, texts)
            self.note(place, refs, self.texts(place, refs))
        assert found is not None
        return found

    def fields(self, place: Place, nodes: Sequence[Node]) -> dict[str, str]:
        """The text of each argument that is not a plain constant."""
        words: dict[str, str] = {}
        given = {a.name: a.text for a in nodes[0].arguments}
        for name in type(nodes[0].op).model_fields:
            values = [getattr(n.op, name) for n in nodes]
            raw = [{a.name: a.value for a in n.arguments}.get(name, getattr(n.op, name)) for n in nodes]
            if name in given:
                text = self.given(place, raw, given[name])
                if text != write(literal(raw[0])):
                    words[name] = text
            elif any(v != values[0] for v in values):
                words[name] = place.say(values)
        return words

    def given(self, place: Place, values: Sequence[object], text: str) -> str:
        """The text of an argument; a size that is passed on may be a pair."""
        try:
            return self.say(place, values, text)
        except Inexpressible:
            pairs = [(v, v) if type(v) is int else v for v in values]
            return self.say(place, pairs, text)

    def one(
        self, place: Place, thread: Thread, node: Node, words: dict[str, str], inputs: Sequence[Texts]
    ) -> tuple[TorchCall, list[Texts]]:
        """The call of one thread on symbols, and the texts of its outputs' sizes."""
        op = node.op
        network = thread.instance.network
        if words:
            raw = {a.name: a.value for a in node.arguments}
            values = {n: getattr(op, n) for n in type(op).model_fields}
            values |= {n: _argument(place, thread, raw.get(n, values[n]), t) for n, t in words.items()}
            built = type(op).build(values)
            if isinstance(built, tuple):
                raise Inexpressible(op.kind())
            op = built
        xs = tuple(
            TensorType.model_construct(
                dims=tuple(_symbol(place, d, t) for d, t in zip(network.type_of(r).dims, texts, strict=True))
            )
            for r, texts in zip(node.inputs, inputs, strict=True)
        )
        inferred = op.infer(xs)
        ys = inferred if isinstance(inferred, tuple) else (inferred,)
        sizes = [
            tuple(_plain(d) for d in y.dims) if isinstance(y, TensorType) else (UNKNOWN,) * 3 for y in ys
        ]
        return op.torch(xs), sizes

    def module(self, place: Place, nodes: Sequence[Node]) -> str:
        """A layer as an expression that builds a module."""
        if (passed := self.passed(place, nodes)) is not None:
            return passed
        call = self.calls(place, nodes, as_module=True)
        if call.module is None:
            raise Inexpressible(f"{nodes[0].op.kind()} is no module")
        self.bring(call, as_module=True)
        inplace = call.inplace and self.overwrites(place, nodes)
        return _halved(place, _module_text(call.module, inplace))

    def number(self, node: Node) -> int:
        """The number of a node in its network."""
        return self.build.instances.numbers[id(node)]

    def bring(self, call: TorchCall, *, as_module: bool) -> None:
        """Note the definitions that a call uses."""
        for source in (call.definition, call.module_definition if as_module else ""):
            if source:
                self.build.sources.setdefault(source)

    def passed(self, place: Place, nodes: Sequence[Node]) -> str | None:
        """A layer whose kind is a parameter: `act(inplace=True)`."""
        kinds = [Callee(name=n.op.kind()) for n in nodes]
        if all(k == kinds[0] for k in kinds):
            return None
        found = place.searched(kinds)
        if found is None:
            raise Inexpressible("a kind of layer")
        inplace: set[bool] = set()
        for thread, node in zip(place.threads, nodes, strict=True):
            call = node.op.torch(tuple(thread.instance.network.type_of(r) for r in node.inputs))
            if call.module is None or call.module.args or call.module.kwargs:
                raise Inexpressible("a kind of layer with arguments")
            inplace.add(call.inplace)
        if len(inplace) > 1:
            raise Inexpressible("kinds of layers that differ in place")
        refs = [Ref(self.number(n), 0) for n in nodes]
        self.note(place, refs, self.texts(place, [n.inputs[0] for n in nodes]))
        return f"{found}({'inplace=True' if inplace == {True} and self.overwrites(place, nodes) else ''})"

    def overwrites(self, place: Place, nodes: Sequence[Node]) -> bool:
        """Whether these layers may all work in place: nobody else reads their input, not even its maker."""
        for thread, node in zip(place.threads, nodes, strict=True):
            network = thread.instance.network
            ref = node.inputs[0]
            maker = network.nodes[ref.node]
            if not maker.inputs or type(maker.op).needs_output or len(maker.types) > 1:
                return False
            if self.build.instances.consumers[id(network), ref] != 1 or node.types[0] != network.type_of(ref):
                return False
        return True

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
        text = self.say(place, values, texts[0]) if texts else place.say(values)
        return text

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
        elements = self.elements(place, [body_chain(h) for h in heads])
        before = ""
        if elements and elements[0].implicit:
            before, elements = elements[0].text, elements[1:]
        return f"nn.Sequential({self.children(elements, heads[0].sequential)})", before

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
                nodes = [t.instance.network.nodes[cast(Layer, i).node] for t, i in zip(place.threads, column, strict=True)]
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
                from archc.emit.loops import turned

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
                return [Element(f"**({{\"{names[0]}\": {then}}} if {condition} else {{}})", names[0], many=True)]
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


def _argument(place: Place, thread: Thread, value: object, text: str) -> Any:
    """An argument that remembers its text; a pair remembers it by halves."""
    if isinstance(value, tuple) or type(value) is int:
        found = evaluate(read(text), thread.values, place.functions)
        if isinstance(found, tuple) and len(found) == 2:
            return tuple(place.symbol(v, f"{text}[{i}]") for i, v in enumerate(found))
    return place.symbol(value, text)


def _symbol(place: Place, value: object, text: str) -> Any:
    return place.symbol(value, text)


def _plain(value: int) -> str:
    text = text_of(value)
    return UNKNOWN if UNKNOWN in text else text


def _shown(call: TorchCall, as_module: bool) -> object:
    """What of a call is written."""
    if call.module and (as_module or call.expression is None):
        return call.module.target, text_of(tuple(call.module.args)), _kwargs(call.module.kwargs)
    return call.expression and (call.expression.template, _kwargs(call.expression.values))


def _kwargs(values: Any) -> tuple[tuple[str, str], ...]:
    return tuple((n, text_of(v)) for n, v in values.items())


def tidy(value: object) -> str:
    """The text of an argument, without needless brackets."""
    text = text_of(value)
    if not is_symbolic(value):
        return text
    text = write(Simplifier(lambda _: None, {}).visit(read(text)))
    return re.sub(r"^\((\w+)\[0\], \1\[1\]\)$", r"\1", text)


def _module_text(module: Module, inplace: bool) -> str:
    parts = [tidy(a) for a in module.args]
    kwargs = dict(module.kwargs)
    if module.target == "nn.Conv2d" and len(parts) == 3 and is_symbolic(kwargs.get("stride")):
        parts.append(tidy(kwargs.pop("stride")))  # as people write it: Conv2d(a, b, 3, stride, ...)
    if "Pool" in module.target and len(parts) == 1 and "stride" in kwargs:
        parts.append(tidy(kwargs.pop("stride")))
    parts += [f"{n}={tidy(v)}" for n, v in kwargs.items()]
    if inplace:
        parts.append("inplace=True")
    return f"{module.target}({', '.join(parts)})"


def _halved(place: Place, text: str) -> str:
    """`(kernel - 1) // 2` is `kernel // 2` where all kernels are odd."""

    def half(match: re.Match[str]) -> str:
        values = [t.values.get(match[1]) for t in place.threads]
        odd = all(type(v) is int and v % 2 for v in values)
        return f"{match[1]} // 2" if odd else match[0]

    return re.sub(r"\((\w+) - 1\) // 2", half, text)


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
