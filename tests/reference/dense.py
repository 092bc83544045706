"""Small networks that nest the forms of the language in every way, three deep: guards in merges in loops in groups.

Nearly every tensor is 8x6x6, so that forms can be combined freely. The networks of `tests.support.random_networks`
resemble those that people write; these do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from tests.reference.network import reference
from tests.reference.tree import Invalid

Label = Callable[[str], str]
"""Makes a label of a word; "" where modules cannot have labels."""

LAYERS = (
    "Conv(8)", "Conv(8, 1)", "Conv(in.channels, 1)", "ReLU", "ReLU", "ReLU", "BN", "Dropout(0)", "Identity", "GELU",
    "Scale", "MPool(3, 1, pad=1)", "Sigmoid", "Shuffle(2)", "SiLU", "PReLU",
)  # fmt: skip
LABELS = ("a", "b", "u", "n", "out", "x", "body", "conv1", "relu", "self", "mix", "B")
TENSORS = ("x", "y", "out", "t", "self1")


def _plain(label: str) -> str:
    return label


def _none(label: str) -> str:
    return ""


@dataclass(frozen=True)
class Scene:
    """The names that a term can use: conditions, tensors, blocks, terms; the enclosing loops; how labels are made."""

    conditions: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    tensors: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()
    counts: tuple[str, ...] = ("0", "1", "2", "2")
    blocks: tuple[Callable[[Scene, int], str], ...] = ()
    label: Label = _plain
    single: bool = True
    """Whether one tensor is `in`."""


def dense_text(seed: int) -> str:
    """A spec of blocks and one model `m`, valid by the reference."""
    rng = Random(f"dense {seed}")
    while True:
        text = Dense(rng).text()
        try:
            reference(text, "m")
        except Invalid:
            continue
        return text


@dataclass
class Dense:
    """Generates one text."""

    rng: Random
    labels: int = 0
    blocks: list[Callable[[Scene, int], str]] = field(default_factory=list)

    def may(self, chance: float) -> bool:
        return self.rng.random() < chance

    def text(self) -> str:
        """Up to three blocks and a model `m`."""
        parts = [self.block(name) for name in "BCD"[: self.rng.choice((0, 1, 1, 2, 3))]]
        here = Scene(conditions=("w > 4", "w > 100"), blocks=tuple(self.blocks))
        inputs = self.rng.choice(("input 8x6x6", "input 8x6x6", "input 8x6x6", "input x: 8x6x6\n  input y: 8x6x6"))
        if "y:" in inputs:
            here = replace(here, tensors=("x", "y"), single=False)
        lines = self.body(3, here, "end" if self.may(0.2) else "")
        return "".join(parts) + f"model m(w=8) {{\n  {inputs}\n" + "".join(f"  {line}\n" for line in lines) + "}\n"

    # -- blocks

    def block(self, name: str) -> str:
        """Declare a block over one or two tensors, whose calls are terms for the following bodies."""
        conditions, terms, counts = ("flag", "n > 1", "c > 4"), ("Conv(c)", "act"), ("n", "n - 1", "2")
        here = Scene(conditions, terms, counts=counts, blocks=tuple(self.blocks))
        inputs = self.rng.choice(("", "", "", " over (a, b)"))
        if inputs:
            here = replace(here, tensors=("a", "b"), single=False)
        lines = self.body(2, here, "")
        default = self.rng.choice(("", "", "", "  default Conv(bias=false)\n", "  let half = c // 2\n"))
        if "half" in default:
            lines[-1] += " - Conv(half, 1) - Conv(8, 1)"

        def call(scene: Scene, depth: int) -> str:
            acts = [f"8, act=GELU if {condition} else Tanh" for condition in scene.conditions[:2]]
            acts += ["8, act=act", "8, act=[act, SiLU][n % 2]"] if "act" in scene.terms else ["8, act=GELU"]
            given = self.rng.choice(("8", "8, true", "8, n=2", "8, flag=true, n=2", "16 // 2, n=2", *acts))
            if not inputs:
                return f"{name}({given})"
            inside = replace(scene, single=True)
            return f"({self.branch(depth, inside)}, {self.branch(depth, inside)}) - {name}({given})"

        self.blocks.append(call)
        head = f"block {name}(c, flag=false, n=1, act=ReLU){inputs} {{\n{default}"
        return head + "".join(f"  {line}\n" for line in lines) + "}\n"

    def body(self, depth: int, here: Scene, end: str) -> list[str]:
        """The statements of a body."""
        lines: list[str] = []
        if self.may(0.15):
            lines.append(f"shared s: {self.atom(depth - 1, replace(here, tensors=(), single=False))}")
            here = replace(here, terms=(*here.terms, "s", "s", "s"), label=_none)  # it is a module directly in the body
        for _ in range(self.rng.choice((0, 0, 1, 2))):
            line, here = self.named(depth, here)
            lines.append(line)
        if "flag" in here.conditions and self.may(0.3):
            lines += self.choice(depth, here)
        if not here.tensors:
            return [*lines, self.chain(depth, here)]
        if end:
            results = ", ".join(f"{t} - {self.chain(1, here)}" if self.may(0.5) else t for t in here.tensors[:2])
            lines.append(f"return {results}")
            if self.may(0.4):
                lines.append(f"return training {here.tensors[-1]} - {self.chain(1, here)}, {results}")
            return lines
        together = f"add {{ {' | '.join(here.tensors)} }}", f"({' + '.join(here.tensors)})"
        start = self.rng.choice((*here.tensors, *together))
        return [*lines, f"{start} - {self.chain(depth, here)}"]

    def named(self, depth: int, here: Scene) -> tuple[str, Scene]:
        """A statement that names a tensor."""
        start = f"{self.rng.choice(here.tensors)} - " if here.tensors else ""
        name = self.rng.choice(TENSORS)
        after = replace(here, tensors=tuple(dict.fromkeys((*here.tensors, name))))
        kind = self.rng.random()
        if kind < 0.12 and here.tensors:
            one, other = self.rng.choice(here.tensors), self.rng.choice(here.tensors)
            value = self.rng.choice((f"{one} + {other}", f"0.5 * {one}", f"{one} * {other}", f"1 - {one}", f"-{one}"))
            return f"{name} = {value}", after
        if kind < 0.2:
            parts = f"*xs = {start}{self.chain(depth, here)} - Chunk(2)"
            return f"{parts}\n  {name} = (xs[1], xs[0] - Conv(4)) - Concat", after
        if kind < 0.3:
            other = "z"
            both = f"{name}, {other} = {start}{self.chain(depth, here)} - Split([4, 4])"
            return f"{both}\n  {name} = concat {{ {name} | {other} - Conv(4, 1) }}", after
        return f"{name} = {start}{self.chain(depth, here)}", after

    def choice(self, depth: int, here: Scene) -> list[str]:
        """An `if` statement that returns or names."""
        condition = self.rng.choice(here.conditions)
        start = f"{self.rng.choice(here.tensors)} - " if here.tensors else ""
        if not here.tensors or self.may(0.5):
            return [f"if {condition} {{ return {start}{self.chain(depth - 1, here)} }}"]
        name = self.rng.choice(here.tensors)
        sides = [f"{{ {name} = {name} - {self.chain(depth - 1, here)} }}" for _ in range(2)]
        return [f"if {condition} {sides[0]}" + (f" else {sides[1]}" if self.may(0.5) else "")]

    # -- terms

    def chain(self, depth: int, here: Scene) -> str:
        return " - ".join(self.term(depth, here) for _ in range(self.rng.choice((1, 2, 2, 3))))

    def term(self, depth: int, here: Scene) -> str:
        """A term, perhaps with a label."""
        kind = self.rng.random()
        if depth <= 0 or kind < 0.3:
            return self.labelled(self.layer(here), here)
        if kind < 0.42:
            return self.labelled(f"({self.chain(depth - 1, here)})", here)
        if kind < 0.55:
            return self.repeat(depth, here)
        if kind < 0.77:
            return self.merge(depth, here)
        if kind < 0.88:
            return self.labelled(self.guard(depth, here), here)
        if kind < 0.95 and here.blocks:
            return self.labelled(self.rng.choice(here.blocks)(here, depth - 1), here)
        return self.loop(depth, here)

    def layer(self, here: Scene) -> str:
        found = self.rng.choice((*LAYERS, *here.terms, *here.terms))
        return found if here.single or "in." not in found else "Conv(8)"

    def labelled(self, term: str, here: Scene) -> str:
        """A term with or without a label."""
        self.labels += 1
        label = here.label(f"{self.rng.choice(LABELS)}{self.labels}")
        if not label or term == "s" or ") - " in term or self.may(0.6):
            return f"({term})" if ") - " in term else term
        return f"{label}: {term}"

    def condition(self, here: Scene) -> str:
        known = (("in.channels > 8", "in.channels == 8", "in.height > 4") if here.single else ()) + here.conditions
        found = self.rng.choice(known)
        if self.may(0.15):
            found = f"not ({found})"
        return f"{found} {self.rng.choice(('and', 'or'))} {self.rng.choice(known)}" if self.may(0.1) else found

    def guard(self, depth: int, here: Scene) -> str:
        other = f" else {self.atom(depth - 1, here)}" if self.may(0.5) else ""
        return f"({self.atom(depth - 1, here)} if ({self.condition(here)}){other})"

    def atom(self, depth: int, here: Scene) -> str:
        return self.rng.choice((self.layer(here), f"({self.chain(depth, here)})"))

    def merge(self, depth: int, here: Scene) -> str:
        """A merge of two or three branches, some perhaps absent; a convolution returns a `concat` to 8 channels."""
        kind = self.rng.choice(("add", "add", "concat", "concat", "mul"))
        inside = replace(here, single=True)
        branches = [self.branch(depth - 1, inside) for _ in range(self.rng.choice((2, 2, 3)))]
        given = []
        for branch in branches:
            way = self.rng.random()
            guard = f" if ({self.condition(inside)})" if way > 0.7 else ""
            given.append(branch + guard + (" else none" if way > 0.86 else ""))
        if self.may(0.1):
            turn = self.chain(depth - 1, replace(inside, label=_none))
            given[-1] = f"every [{turn}] x ({self.rng.choice(here.counts)})"
        made = self.labelled(f"{kind} {{ {' | '.join(given)} }}", here)
        return f"({made} - Conv(8, 1))" if kind == "concat" else made

    def branch(self, depth: int, here: Scene) -> str:
        return self.rng.choice(("in", self.term(depth, here), f"({self.chain(depth, here)})", *here.tensors))

    def repeat(self, depth: int, here: Scene) -> str:
        count = self.rng.choice(here.counts)
        if self.may(0.35):
            index, inside = self.inside(here, self.rng.choice("ijk"), "{0} > 0", "{0} == 0")
            return self.labelled(f"[{self.chain(depth - 1, inside)}] x ({count}) as {index}", here)
        return self.labelled(f"[{self.chain(depth - 1, replace(here, label=_none))}] x ({count})", here)

    def loop(self, depth: int, here: Scene) -> str:
        index, inside = self.inside(here, self.rng.choice("pq"), "{0} > 4")
        over = self.rng.choice(("[8]", "[4, 8]", "[6, 8]", "range(2)", *(f"range({c})" for c in here.counts)))
        return f"for {index} in {over} {{ {self.chain(depth - 1, inside)} }}"

    def inside(self, here: Scene, index: str, *conditions: str) -> tuple[str, Scene]:
        """The index of a loop, and the scene inside it, where labels contain the indices of all loops."""
        while index in here.loops:
            index += "2"

        def label(word: str) -> str:
            around = here.label(word)
            return f'"{around.strip(chr(34))}_{{{index}}}"' if around else ""

        told = tuple(c.format(index) for c in conditions)
        return index, replace(here, loops=(*here.loops, index), conditions=(*here.conditions, *told), label=label)
