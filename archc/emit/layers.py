"""Layers as expressions: an op's own rules run on sizes and arguments that remember how they are written."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archc.emit.classes import Build, Class
from archc.emit.expressions import Simplifier, evaluate, literal, read, write
from archc.emit.vocabulary import UNKNOWN, Inexpressible, Place, Thread
from archc.network.inplace import may_overwrite
from archc.network.network import (
    Callee,
    Node,
    Ref,
)
from archc.network.sym import is_symbolic, text_of
from archc.network.torch_call import Module, TorchCall
from archc.network.types import TensorType

Texts = tuple[str, ...]


class Layers:
    """Writes the layers of one class. `sizes` has the texts of the sizes of every tensor that came by."""

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

    def enter(self, place: Place, refs: Sequence[Ref], position: int) -> None:
        """Note the sizes of an input: by name those that are parameters though they are one number here."""
        texts = list(self.texts(place, refs))
        for argument in self.made.arguments:
            if not argument.spec and argument.input == position and texts[argument.axis].isdecimal():
                texts[argument.axis] = argument.name
        self.note(place, refs, tuple(texts))

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
        inputs = [self.texts(place, [n.inputs[i] for n in nodes]) for i in range(len(first.inputs))]
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
        sizes = [tuple(_plain(d) for d in y.dims) if isinstance(y, TensorType) else (UNKNOWN,) * 3 for y in ys]
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
        """Whether these layers may all work in place."""
        consumers = self.build.instances.consumers
        return all(
            may_overwrite(t.instance.network, node, consumers[id(t.instance.network), node.inputs[0]])
            for t, node in zip(place.threads, nodes, strict=True)
        )


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
        return _fraction(value) if isinstance(value, float) and len(text) > 12 else text
    text = write(Simplifier(lambda _: None, {}).visit(read(text)))
    return re.sub(r"^\((\w+)\[0\], \1\[1\]\)$", r"\1", text)


def _fraction(value: float) -> str:
    """`2 / 3` for 0.6666666666666666."""
    near = Fraction(value).limit_denominator(100)
    exact = near.numerator / near.denominator == value
    return f"{near.numerator} / {near.denominator}" if exact else repr(value)


def _module_text(module: Module, inplace: bool) -> str:
    parts = [tidy(a) for a in module.args]
    kwargs = dict(module.kwargs)
    if module.target == "nn.Conv2d" and len(parts) == 3 and is_symbolic(kwargs.get("stride")):
        parts.append(tidy(kwargs.pop("stride")))  # as people write it: Conv2d(a, b, k, stride, k // 2, ...)
        if is_symbolic(kwargs.get("padding")):
            parts.append(tidy(kwargs.pop("padding")))
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
