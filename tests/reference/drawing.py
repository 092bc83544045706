"""Random chains, merges, loops and guards for the bodies of random networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from tests.reference.vocabulary import LABELS, OF_IMAGES, PLAIN, SHRINKING, SHRINKING_IMAGES


@dataclass(frozen=True)
class Callee:
    """A definition that chains may call: the kinds of its parameters, and the numbers of its inputs and outputs."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()
    required: int = 0
    inputs: int = 1
    outputs: int = 1
    keeps: bool = True
    macro: bool = False
    merges: bool = False


@dataclass(frozen=True)
class Place:
    """The context of a chain: the names that it may use, and the result that is expected of it."""

    widths: tuple[str, ...]
    callees: tuple[Callee, ...] = ()
    conditions: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    tensors: tuple[str, ...] = ()
    outer: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    labels: set[str] = field(default_factory=set)
    style: str = "mixed"
    has_in: bool = True
    keep: bool = True
    depth: int = 0
    stride: str | None = None

    def scope(self, style: str) -> Place:
        """The place inside a module with its own scope."""
        return replace(self, labels=set(), style=style, turns=(), depth=self.depth + 1)


class Writer:
    """Generates texts from one random generator."""

    def __init__(self, rng: Random, axes: int = 2) -> None:
        self.rng = rng
        self.keeping = PLAIN + (OF_IMAGES if axes == 2 else ())
        self.shrinking = SHRINKING + (SHRINKING_IMAGES if axes == 2 else ())

    def often(self, chance: float) -> bool:
        return self.rng.random() < chance

    def width(self, place: Place) -> str:
        if place.has_in and self.often(0.2):
            return "in.channels"
        if place.tensors and self.often(0.1):
            return f"{self.rng.choice(place.tensors)}.channels"
        width = self.rng.choice(place.widths)
        return f"{width} * 2" if width.isidentifier() and self.often(0.1) else width

    def condition(self, place: Place) -> str:
        choices = [*place.conditions, *place.conditions, "true", "1 > 2"]
        if place.inside:
            turn = self.rng.choice(place.inside)
            choices += [f"{turn} == 0", f"{turn} > 0", f"{turn} % 2 == 1", f"{turn} < 2"]
        if place.has_in:
            choices += [f"in.channels == {self.rng.choice(place.widths)}", f"in.channels > {self.rng.choice((4, 8))}"]
        one = self.rng.choice(choices)
        if self.often(0.15):
            one = self.rng.choice((f"not ({one})", f"{one} and {self.rng.choice(choices)}", f"{one} or 2 > 3"))
        return one

    def label(self, place: Place) -> str | None:
        """A label that is new in its scope; in a loop, it contains the number of the turn."""
        if place.style == "plain":
            return None
        free = [name for name in LABELS if name not in place.labels]
        if not free:
            return None
        name = self.rng.choice(free)
        if place.turns and (name[-1].isdigit() or name in ("conv", "bn")):  # a number would make it another name
            return None
        place.labels.add(name)
        if not place.turns:
            return self.odd(name, place) if self.often(0.2) else name
        turns = "_".join(self.rng.choice((f"{{{t}}}", f"{{{t} + 1}}", f"{{{t}}}")) for t in place.turns)
        between = self.rng.choice(("", "", "", "s.", "-", "s.n"))
        return f'"{name}{between}{turns}"'

    def odd(self, name: str, place: Place) -> str:
        """A label that is not an identifier, or a dotted one for a module inside another."""
        cell = next(i for i in range(100) if place.labels.isdisjoint((f"cells.{i}", f"{i + 40}")))
        place.labels.add(label := self.rng.choice((name, f"{name}-0", f"_{name}", f"{cell + 40}", f"cells.{cell}",
                                                   f"cells.{cell}", f"cells.{cell}", f"at.{name}")))  # fmt: skip
        return f'"{label}"'

    # -- chains -----------------------------------------------------------------------------------------------------

    def chain(self, place: Place, least: int = 1, most: int = 3) -> str:
        terms = [self.term(place) for _ in range(self.rng.randint(least, most))]
        return " - ".join(terms)

    def term(self, place: Place) -> str:
        deep = place.depth >= 3
        forms: list[tuple[Callable[[Place], str], float]] = [(self.layer, 6), (self.convolution, 4)]
        if not deep:
            forms += [(self.guard, 1.2), (self.group, 0.8), (self.repeat, 1.0), (self.loop, 0.7)]
            forms += [(self.call, 3.0)] if any(c.inputs == 1 for c in place.callees) else []
            forms += [(self.pair, 0.7)] if any(c.inputs == 2 for c in place.callees) else []
            if place.style != "plain":
                forms += [(self.merge, 1.8), (self.module, 1.2)]
        write = self.rng.choices([f for f, _ in forms], [w for _, w in forms])[0]
        return write(place)

    def labelled(self, place: Place, text: str, chance: float = 0.35) -> str:
        label = self.label(place) if self.often(chance) else None
        return f"{label}: {text}" if label else text

    def layer(self, place: Place) -> str:
        if place.layers and self.often(0.4):
            name = self.rng.choice(place.layers)
            return f"{name} if ({name} != none)"
        if not place.keep and self.often(0.3):
            return self.rng.choice(self.shrinking)
        if self.often(0.05):
            scale, shift = (
                self.rng.choice((f"[{number}] * {self.n_channels(place)}", number)) for number in ("2.0", "0.5")
            )
            return f"Affine({scale}, {shift})"
        return self.labelled(place, self.keeper(place), 0.2)

    def keeper(self, place: Place) -> str:
        """A layer that keeps the size of its input; it may use a size of `in` if that is a single tensor."""
        return self.rng.choice(self.keeping if place.has_in else [one for one in self.keeping if "in." not in one])

    def n_channels(self, place: Place) -> str:
        return "in.channels" if place.has_in else "4"

    def convolution(self, place: Place) -> str:
        width = self.width(place)
        more = self.rng.choice((
            "", "", ", 1", ", 1, bias=false", ", 3, groups=2", ", 1x3", ", 5", ", dilation=2", ', 3, pad="same"',
            ', 3, pad_mode="reflect"', ', 5, pad_mode="circular"', ", 3, pad=[[0, 2], [2, 0]]",
        ))  # fmt: skip
        if not place.keep and self.often(0.15):
            more = self.rng.choice((
                ", 2", ", 4", ", 3, 2", ", 3, pad=0", ", 2, 2", ", 4, 2", ", 2x1", ', 4, 2, pad="same"',
                ", 3, 2, pad=[[0, 1]]",
            ))  # fmt: skip
        if self.often(0.05):
            return self.labelled(place, f"ConvTranspose({width}, 3, 1, pad=1)")
        if self.often(0.06):
            gain = self.rng.choice(("", ", gamma=1.5", ", gain=false", ', 3, pad="same", bias=false'))
            return self.labelled(place, f"ScaledStdConv({width}{gain})")
        return self.labelled(place, f"Conv({width}{more})")

    def guard(self, place: Place) -> str:
        """A guard over a layer, a group or a merge, with and without `else`."""
        inner = replace(place, depth=place.depth + 1)
        term = self.bracketed(inner)
        text = f"{term} if ({self.condition(place)})"
        return f"{text} else {self.bracketed(inner)}" if self.often(0.4) else text

    def bracketed(self, place: Place) -> str:
        form = self.rng.random()
        if form < 0.4:
            return f"({self.chain(place, 1, 3)})"
        if form < 0.55 and place.style != "plain":
            return self.merge(place)
        if form < 0.7 and any(c.inputs == 1 for c in place.callees):
            return self.call(place)
        text = self.convolution(place) if self.often(0.7) else self.keeper(place)
        return "ReLU" if text == "Identity" else text  # under a guard, it would be the only term

    def group(self, place: Place) -> str:
        return f"({self.chain(replace(place, depth=place.depth + 1), 1, 3)})"

    def module(self, place: Place) -> str:
        """A labelled group or repeat: a scope that may read tensors from outside."""
        label = self.label(place)
        if label is None:
            return self.group(place)
        inner = place.scope(self.rng.choice(("plain", "mixed", "mixed", "labelled")))
        if self.often(0.35):
            return f"{label}: {self.repeat(inner)}"
        if inner.style != "plain" and self.often(0.15):
            return f"{label}: {self.merge(inner)}"
        text = self.chain(inner, 1, 4)
        if place.tensors and inner.style != "plain" and self.often(0.3):
            text += f" - {self.reading(inner)}"
        return f"{label}: ({text})"

    def reading(self, place: Place) -> str:
        """A merge that reads a named tensor."""
        name = self.rng.choice(place.tensors)
        chain = self.chain(replace(place, depth=place.depth + 2, has_in=True), 0, 1)
        chain = f"{chain} - " if chain else ""
        return self.rng.choice((
            f"add {{ {chain}Conv({name}.channels, 1) | {name} }}",
            f"concat {{ in | {name} }}", f"concat {{ {name} - ReLU | {chain}ReLU }}",
        ))  # fmt: skip

    def number(self, place: Place) -> str:
        if place.counts and self.often(0.5):
            return self.rng.choice(place.counts)
        return str(self.rng.choice((0, 1, 2, 2, 2, 3)))

    def variable(self, place: Place) -> str:
        return next(v for v in ("k", "j", "i", "m", "q", "r") if v not in place.inside)

    def repeat(self, place: Place) -> str:
        times = self.number(place)
        turn = self.variable(place)
        inner = replace(
            place, inside=(*place.inside, turn), turns=(*place.turns, turn), depth=place.depth + 1, tensors=(),
            widths=(*place.widths, f"4 * ({turn} + 1)"),
        )  # fmt: skip
        text = self.chain(inner, 1, 2)
        if turn in words(text):
            return f"[{text}] x {times} as {turn}"
        return f"[{text}]x{times}" if times.isdigit() else f"[{text}] x {times}"

    def loop(self, place: Place) -> str:
        """A `for` over a list, a range, a table, a ragged table, or zipped or numbered rows."""
        turn = self.variable(place)
        width = f"w{len(place.inside)}"
        numbers = [str(self.rng.choice((4, 8, 12))) for _ in range(self.rng.randint(1, 3))]
        base = replace(
            place, inside=(*place.inside, turn), turns=(*place.turns, turn), depth=place.depth + 1, tensors=()
        )
        wide = replace(base, widths=(*place.widths, width, width))
        rows = ", ".join(numbers)
        form = self.rng.choice(("range", "enumerate", "table", "zip", "ragged", "layers", "blocks"))
        if form == "range":
            return f"for {turn} in range({self.number(place)}) {{ {self.chain(base, 1, 2)} }}"
        if form == "enumerate":
            return f"for ({turn}, {width}) in enumerate([{rows}]) {{ {self.chain(wide, 1, 2)} }}"
        if form == "zip":
            return f"for ({turn}, {width}) in zip(range({len(numbers)}), [{rows}]) {{ {self.chain(wide, 1, 2)} }}"
        if form == "table":
            table = ", ".join(f"({n}, {self.rng.randint(0, 2)})" for n in numbers)
            times = f"n{len(place.inside)}"
            inner = replace(wide, counts=(*place.counts, times))
            return f"for ({turn}, ({width}, {times})) in enumerate([{table}]) {{ {self.chain(inner, 1, 2)} }}"
        if form == "layers":
            table = ", ".join(f"({n}, {self.rng.choice(('ReLU', 'SiLU', 'none', 'BN'))})" for n in numbers)
            layer = f"L{len(place.inside)}"
            inner = replace(wide, layers=(layer,))
            return f"for ({turn}, ({width}, {layer})) in enumerate([{table}]) {{ {self.chain(inner, 1, 2)} }}"
        if form == "blocks" and (
            blocks := [c for c in place.callees if c.required == 1 and not c.macro and c.inputs == 1]
        ):
            table = ", ".join(f"({self.rng.choice(blocks).name}, {n})" for n in numbers)
            body = self.labelled(base, f"T({width})", 0.6)
            return f"for ({turn}, (T, {width})) in enumerate([{table}]) {{ {body} - ReLU }}"
        ragged = ", ".join(f"[{', '.join(self.rng.choices(('4', '8'), k=self.rng.randint(0, 2)))}]" for _ in numbers)
        return (
            f"for ({turn}, {width}) in enumerate([{ragged}]) "
            f"{{ for u{len(place.inside)} in {width} {{ Conv(u{len(place.inside)}, 1) - ReLU }} - BN }}"
        )

    def merge(self, place: Place) -> str:
        inner = replace(place, has_in=True, keep=True, depth=place.depth + 1)
        one = self.chain(inner, 1, 2)
        other = self.rng.choice(("in", "", "Conv(in.channels, 1)", "ReLU", self.guarded(inner)))
        if self.often(0.3):
            return self.arithmetic(inner)
        kind = self.rng.choice(("add", "add", "concat", "mul", "gate", "growth", "slices", "wide", "turns", "every"))
        if kind in ("turns", "every"):
            return self.several(place, kind)
        if kind == "add":
            text = f"add {{ {one} - Conv(in.channels, 1) | {other} }}"
        elif kind == "concat":
            text = f"concat {{ {one} - Conv({self.rng.choice(('4', '2'))}, 1) | {self.rng.choice(('in', 'Conv(4)'))} }}"
        elif kind == "gate":
            text = "mul { in | GAPool - Conv(in.channels, 1) - Sigmoid }"
        elif kind == "growth":
            text = "concat { in | BN - ReLU - Conv(2) }"
        elif kind == "slices":
            text = "concat { Slice(0, 2) - Conv(3) | Slice(2) - Conv(in.channels - 2, 1) }"
        elif kind == "wide":
            text = f"concat {{ Conv(2) | {self.chain(inner, 1, 1)} - Conv(3, 1) | in - Conv(3, 1) }}"
        else:
            text = f"mul {{ {one} - Conv(in.channels, 1) - Sigmoid | {other} }}"
        return text.replace("|  }", "| }")

    def several(self, place: Place, kind: str) -> str:
        """A merge of the turns of a loop, which are parallel branches, or consecutive turns that are all kept."""
        turn, times = self.variable(place), self.number(place)
        inside, turns = (*place.inside, turn), (*place.turns, turn)
        inner = replace(place, has_in=True, inside=inside, turns=turns, depth=place.depth + 2, tensors=())
        text = f"{self.chain(inner, 1, 1)} - Conv(4, 1)"
        if kind == "turns":
            return f"concat {{ in | for {turn} in range({times}) {{ {text} }} }}"
        return f"{self.rng.choice(('concat { in', 'add { Conv(4)'))} | every [{text}] x {times} as {turn} }}"

    def arithmetic(self, place: Place) -> str:
        """A merge with arithmetic in its branches, or with branches that may be absent."""
        one, condition = self.chain(place, 1, 2), self.condition(place)
        number = self.rng.choice(("0.17", "2", "0.5", "1e-1", *place.factors))
        return self.rng.choice((
            f"add {{ {number} * ({one} - Conv(in.channels, 1)) | in }}", "concat { in / 2 | Conv(4) - BN }",
            "mul { in | 1 - (GAPool - Conv(in.channels, 1) - Sigmoid) }",
            f"add {{ in - {number} * (ReLU - Conv(in.channels, 1)) - 1 * in | -in / {number} }}",
            f"concat {{ ({one} - Conv(in.channels, 1)) + in | -(Conv(2) - BN) * {number} - 1 }}",
            f"add {{ in / (in * in + 1) + {number} | (Conv(in.channels, 1)) - (in if ({condition}) else (2 * in)) }}",
            f"concat {{ in - ({one} - Conv(in.channels, 1)) - ReLU | {number} / (1 + (Sigmoid)) }}",
            f"add {{ {one} - Conv(in.channels, 1) | in | BN if ({condition}) else none }}",
            f"concat {{ in | ({one} - Conv(3, 1)) if ({condition}) else none }}",
            f"mul {{ Sigmoid if ({condition}) else none | {one} }}",
        ))  # fmt: skip

    def guarded(self, place: Place) -> str:
        """A branch that may be the identity, depending on its guard."""
        return f"(Conv(in.channels, 1) - BN) if ({self.condition(place)})"

    # -- calls ------------------------------------------------------------------------------------------------------

    def call(self, place: Place) -> str:
        fitting = [c for c in place.callees if c.inputs == c.outputs == 1 and (c.keeps or not place.keep)]
        if place.style == "plain" or place.turns:
            fitting = [c for c in fitting if not c.macro or not c.merges]
        if not fitting:
            return self.convolution(place)
        return self.labelled(place, self.called(self.rng.choice(fitting), place), 0.4)

    def pair(self, place: Place) -> str:
        """Two tensors that pass through blocks over two, and are merged."""
        twos = [c for c in place.callees if c.inputs == 2]
        ends = [c for c in twos if c.outputs == 1]
        chosen = [self.called(c, place) for c in self.rng.choices([c for c in twos if c.outputs == 2] or twos, k=1)]
        callee = next(c for c in twos if chosen[0].split("(")[0] == c.name)
        beside = ("(Conv(4), Conv(4, 1))", "(Conv(4), Conv(4) - ReLU)") if place.style != "plain" else ()
        head = self.rng.choice(("Chunk(2)", "Conv(8) - Split([4, 4])", *beside))
        middle = chosen[0]
        if callee.outputs == 1:
            return f"{head} - {middle}"
        if self.often(0.5):
            middle = f"[{middle}]x{self.rng.choice((1, 2, 2, 3))}"
        label = self.label(place) if self.often(0.6) else None
        if label is not None:
            middle = f"{label}: {middle if middle.startswith('[') else f'({middle})'}"
        end = (
            self.called(self.rng.choice(ends), place)
            if ends and self.often(0.5)
            else self.rng.choice(("Concat", "Add"))
        )
        return f"{head} - {middle} - {end}"

    def called(self, callee: Callee, place: Place) -> str:
        """A call with arguments of the right kinds, by position or by name."""
        given: list[str] = []
        named = False
        for number, (name, kind) in enumerate(callee.parameters):
            if number >= callee.required and self.often(0.4):
                named = True
                continue
            said = self.argument(kind, place, callee)
            given.append(f"{name}={said}" if named or (number > 0 and self.often(0.15)) else said)
            named = named or "=" in given[-1].split("(")[0]
        return f"{callee.name}({', '.join(given)})" if given or self.often(0.1) else callee.name

    def argument(self, kind: str, place: Place, callee: Callee) -> str:
        if kind == "width":
            return self.width(place)
        if kind == "stride":
            if place.keep or self.often(0.6):
                return "1"
            return f"2 if {place.inside[-1]} == 0 else 1" if place.inside else "2"
        if kind == "flag":
            return self.rng.choice(("true", "false", *place.conditions[:1]))
        if kind == "layer":
            chosen = [f"Tanh if {condition} else SiLU" for condition in place.conditions[:1]]
            turn = [f"[ReLU, BN, none][{place.inside[-1]} % 3]"] if place.inside else []
            return self.rng.choice(("ReLU", "SiLU", "none", "Tanh", "HSwish", "BN", *chosen, *turn))
        if kind == "count":
            return self.rng.choice(("0", "1", "2", "3", *place.counts))
        if kind == "deep":
            return self.rng.choice(("0", "1", "2"))
        if kind == "kernel":
            return self.rng.choice(("1", "3", "5", "1x3"))
        if kind == "factor":
            return self.rng.choice(("0.1", "0.5", "2", "-1", "1 / 3"))
        if kind == "even":
            return self.rng.choice(("2", "3", "4"))
        if kind == "widths":
            return f"[{self.rng.choice((4, 8))}, {self.rng.choice((4, 8))}]"
        if kind == "block":
            fitting = [c.name for c in place.callees if c.required == 1 and not c.macro and c.inputs == c.outputs == 1
                       and c.keeps and c.name != callee.name]  # fmt: skip
            return self.rng.choice(fitting or ["Conv"])
        raise NotImplementedError(kind)


def words(text: str) -> list[str]:
    """The words in a text."""
    return "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
