"""The lines of `forward`: which names tensors have, and when one may be used again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archc.emit.classes import Build, Class
from archc.emit.expressions import names_of
from archc.emit.layers import tidy
from archc.emit.modules import Modules
from archc.emit.vocabulary import UNKNOWN, Element, Inexpressible, Place
from archc.network.network import (
    Chain,
    Network,
    Ref,
)
from archc.network.torch_call import Expression
from archc.record import Record

_SPARE = ("y", "z", "u", "v", "w", "p", "q", "r", "s", "t")
LONG = 60
SHORT = 30
_LEVELS = {"sum": 0, "product": 1, "call": 2, "name": 3}
Refs = tuple[tuple[Ref, ...], ...]
"""For each tensor its reference in every thread."""


class Value(Record):
    """Tensors on their way: an expression for each (or names), what they are in each thread."""

    texts: tuple[str, ...]
    refs: Refs
    binding: str = "name"
    rests: bool = False
    """Whether it should get a name before it goes on."""
    soft: bool = False
    """Whether a function may still be put around it."""


class Lines:
    """Writes the lines of one class."""

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

    def is_tensor(self, text: str) -> bool:
        """Whether a type checker knows that an expression is a tensor, not just anything."""
        if text.startswith(("nn.functional.", "torch.")):
            return True
        if any(f"def {text.partition('(')[0]}(" in s and "-> torch.Tensor:" in s for s in self.build.sources):
            return True
        first = re.match(r"\(*([a-z_]\w*)(?=$| [-+*/] |\[|\.[a-z_]+\()", text)
        return first is not None and self.assure(first[1])

    def assure(self, name: str) -> bool:
        """Make sure that a variable is known to be a tensor: say so where it gets its value."""
        if name not in self.typed:
            if any(line[1].startswith(f"{name}: Tensor = ") for line in self.made.forward):
                return True
            rows = [i for i, line in enumerate(self.made.forward) if re.match(rf"{name} = ", line[1])]
            if not rows:
                return False
            indent, text, comment = self.made.forward[rows[0]]
            self.made.forward[rows[0]] = (indent, text.replace(" = ", ": Tensor = ", 1), comment)
            self.typed.add(name)
        return True

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
        rows = zip(self.made.instances, value.refs[0], strict=False)
        shapes = {str(instance.network.type_of(ref)) for instance, ref in rows}
        return shapes.pop() if len(shapes) == 1 else ""

    def line(self, text: str, comment: str = "") -> None:
        """A line of `forward`."""
        if UNKNOWN in text:
            raise Inexpressible("a tensor without a name")
        self.made.forward.append((self.indent * 4, text, comment))

    def path(self, place: Place, paths: Sequence[str]) -> str:
        """The module's path inside this class."""
        short = {p[len(t.instance.scope.path) :].lstrip(".") for t, p in zip(place.threads, paths, strict=True)}
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

    def unnamed(self, place: Place, base: str) -> str:
        """A name for a module without state that is called in `forward`."""
        network, prefix = place.threads[0].instance.network, place.threads[0].instance.scope.path
        taken = {n.path for n in network.nodes} | {s.path for s in network.scopes}
        name, number = base, 2
        while f"{prefix}.{name}".lstrip(".") in taken or any(f"self.{name}" in b[1] for b in self.made.built):
            name, number = f"{base}{number}", number + 1
        return name


def _bare(network: Network, ref: Ref) -> Ref:
    node = network.nodes[ref.node]
    return node.inputs[0] if node.head else ref
