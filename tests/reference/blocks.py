"""Random blocks and macros of the kinds that occur in networks."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.reference.drawing import Callee, Place, Writer
from tests.reference.vocabulary import TENSORS


class Blocks:
    """Declares blocks: `parts` are their texts, `callees` are what chains may call."""

    def __init__(self, rng: Random, small: bool = False, axes: int = 2) -> None:
        self.rng = rng
        self.writer = Writer(rng, axes)
        self.small = small
        self.axes = axes
        self.callees: list[Callee] = []
        self.parts: list[str] = []

    def declare(self, many: int) -> None:
        """Declare some blocks of different kinds."""
        makers = [self.plain, self.residual, self.returning, self.binding, self.choosing, self.growing, self.split,
                  self.over, self.two, self.recursive, self.wrapping, self.stacked, self.listed, self.even, self.free,
                  self.tensors, self.sharing, self.gated, self.scaled, self.named,
                  self.macro, self.macro]  # fmt: skip
        if self.axes == 2:
            makers += [self.attending, self.attending]
        for number, make in enumerate(self.rng.sample(makers, many)):
            make("ABCDE"[number])

    def place(self, **more: object) -> Place:
        """A place inside a block of width `c`."""
        place = Place(("c", "c", "4", "8"), tuple(c for c in self.callees if c.inputs == 1), depth=1)
        return replace(place, **more)  # type: ignore[arg-type]

    def block(
        self, name: str, parameters: list[tuple[str, str, str | None]], body: str, over: str = "", **of: object
    ) -> None:
        said = ", ".join(n if d is None else f"{n}={d}" for n, _, d in parameters)
        doc = '\n  "A block of a random network."' if self.rng.random() < 0.2 else ""
        body = body if body.startswith("\n") else f" {body} "
        if doc and not body.startswith("\n"):
            body = f"\n  {body.strip()}\n"
        self.parts.append(f"block {name}({said}){over} {{{doc}{body}}}")
        kinds = tuple((n, k) for n, k, _ in parameters)
        self.callees.append(Callee(name, kinds, sum(d is None for _, _, d in parameters), **of))  # type: ignore[arg-type]

    def flags(self) -> tuple[list[tuple[str, str, str | None]], dict[str, object]]:
        """More parameters, and terms for chains that use them."""
        parameters: list[tuple[str, str, str | None]] = []
        more: dict[str, object] = {}
        if self.rng.random() < 0.5:
            parameters.append(("flag", "flag", self.rng.choice(("true", "false"))))
            more["conditions"] = ("flag", "not flag")
        if self.rng.random() < 0.4:
            parameters.append(("Act", "layer", self.rng.choice(("none", "ReLU"))))
            more["layers"] = ("Act",)
        if self.rng.random() < 0.4:
            parameters.append(("n", "count", str(self.rng.randint(0, 2))))
            more["counts"] = ("n",)
        return parameters, more

    def plain(self, letter: str) -> None:
        more, allowed = self.flags()
        style = self.rng.choice(("plain", "mixed", "labelled"))
        chain = self.writer.chain(self.place(style=style, **allowed), 1, 4)
        self.block(f"Plain{letter}", [("c", "width", None), ("s", "stride", "1"), *more], f"Conv(c, 3, s) - {chain}")

    def free(self, letter: str) -> None:
        more, allowed = self.flags()
        chain = self.writer.chain(self.place(keep=False, **allowed), 1, 4)
        self.block(f"Free{letter}", [("c", "width", None), *more], chain, keeps=False)

    def even(self, letter: str) -> None:
        body = self.rng.choice((
            "Conv(c, k) - BN - ReLU", "Conv(c, k, pad=k // 2) - DWConv(k) - Conv(c, 1)",
            "conv1: Conv(c, k, 2) - MPool(k, 1)",
            "add { Conv(c, k) | Conv(c, k, bias=false) - BN } - ReLU",
        ))  # fmt: skip
        self.block(f"Even{letter}", [("c", "width", None), ("k", "even", "2")], body, keeps=False)

    def residual(self, letter: str) -> None:
        more, allowed = self.flags()
        inner = self.writer.chain(self.place(**allowed, labels={"conv1", "down"}, has_in=False), 0, 2)
        inner = f" - {inner}" if inner else ""
        body = (
            "\n  let mid = c // 2\n"
            f"  add {{\n      conv1: Conv(mid, 3, s) - ReLU{inner} - Conv(c, 1) - BN\n"
            "    | down: (Conv(c, 1, s, bias=false) - BN) if (s != 1 or in.channels != c)\n  } - ReLU\n"
        )
        self.block(f"Residual{letter}", [("c", "width", None), ("s", "stride", "1"), *more], body)

    def returning(self, letter: str) -> None:
        more, allowed = self.flags()
        name = self.rng.choice(TENSORS)
        place = self.place(**allowed)
        one, other = self.writer.chain(place, 1, 3), self.writer.chain(place, 1, 3)
        condition = self.writer.condition(place)
        form = self.rng.randrange(4)
        if form == 0:
            body = f"\n  if {condition} {{ return {one} }} else {{ return {other} }}\n"
        elif form == 1:
            body = f"\n  if {condition} {{ return {one} - Conv(c) }}\n  Conv(c, 3) - {other}\n"
        elif form == 2:
            body = (
                f"\n  {name} = Conv(c, 3, s) - ReLU\n"
                f"  if s == 1 and in.channels == c {{ return add {{ in | {name} }} }}"
                f" else {{ return {name} - {other} }}\n"
            )
        else:
            body = (
                f"\n  {name} = {one}\n  if {condition} {{\n"
                f"    if {self.writer.condition(place)} {{ return {name} - BN }}\n"
                f"    return {name} - {other}\n  }}\n  return concat {{ {name} | {name} - Conv(4) }}\n"
            )
        self.block(f"Returning{letter}", [("c", "width", None), ("s", "stride", "1"), *more], body)

    def binding(self, letter: str) -> None:
        more, allowed = self.flags()
        x, y, z = self.rng.sample(TENSORS, 3)
        place = self.place(**allowed)
        c1, c2, c3 = (self.writer.chain(place, 1, 2) for _ in range(3))
        condition = self.writer.condition(place)
        within = replace(place, tensors=(x,))
        form = self.rng.randrange(5)
        if form == 0:
            body = f"\n  {x} = Conv(c)\n  if {condition} {{ {x} = {x} - {c1} }}\n  {x} - {c2}\n"
        elif form == 1:
            body = f"\n  if {condition} {{ {x} = {c1} }} else {{\n    {x} = {c2} - Conv(c, 1)\n  }}\n"
            body += f"  {x} - {c3} - {self.writer.reading(within)}\n"
        elif form == 2:
            body = f"\n  {x} = {c1}\n  {y} = {x} - {c2}\n  {z} = {y} - Conv(c, 1)\n  {x} = {x} - Conv(c, 1)\n"
            body += f"  add {{ {x} | {z} }} - {c3}\n"
        elif form == 3:  # an unread tensor
            body = f"\n  {x} = {c1}\n  {y} = {x} - {c2}\n  {x} - {c3}\n"
        else:
            group = f"g: ({c2} - {self.writer.reading(within)})"
            body = f"\n  {x} = {c1}\n  ({x} - Conv(c)) if ({condition}) else Conv(c, 1) - {group}\n"
        self.block(f"Binding{letter}", [("c", "width", None), *more], body)

    def choosing(self, letter: str) -> None:
        more, allowed = self.flags()
        place = self.place(**allowed)
        one, other = self.writer.chain(place, 1, 3), self.writer.chain(place, 1, 3)
        body = f"\n  if {self.writer.condition(place)} {{ {one} }} else {{ {other} }}\n"
        if self.rng.random() < 0.3:
            third = self.writer.chain(place, 1, 2)
            body = f"\n  if flag {{ {one} }} else if {self.writer.condition(place)} {{ {other} }} else {{ {third} }}\n"
            more = [m for m in more if m[0] != "flag"] + [("flag", "flag", "true")]
        self.block(f"Choosing{letter}", [("c", "width", None), *more], body)

    def growing(self, letter: str) -> None:
        """A block whose channels grow in one loop or two, as in DenseNet."""
        label = self.rng.choice(("", "dense: ", ""))
        grow = self.rng.choice(("BN - ReLU - Conv(g)", "Conv(g, 1) - Conv(g)", "LAYER"))
        if grow == "LAYER":
            self.block(f"Layer{letter}", [("g", "width", None)], "concat { in | BN - ReLU - Conv(g) }")
            inner = f"Layer{letter}(g)"
            if not label and self.rng.random() < 0.5:
                inner = '"layer{i + 1}": ' + inner
        else:
            inner = f"concat {{ in | {grow} }}"
        body = f"{label}[{inner}] x n as i - Conv(c, 1)"
        if self.rng.random() < 0.4:
            inner = inner.replace("layer{i + 1}", "layer{j}_{i}")
            body = f"[[{inner}] x n as i - BN] x 2 as j - Conv(c, 1)"
        self.block(f"Growing{letter}", [("c", "width", None), ("n", "count", "2"), ("g", "width", "4")], body)

    def split(self, letter: str) -> None:
        more, allowed = self.flags()
        a, b = self.rng.sample(TENSORS, 2)
        inner = self.writer.chain(self.place(**allowed, labels={"branch"}), 0, 2)
        inner = f"{inner} - " if inner else ""
        body = (
            f"\n  let half = c // 2\n  {a}, {b} = Conv(c, 3, s) - ReLU - Chunk(2)\n"
            f"  concat {{ {a} | {b} - branch: ({inner}Conv(half) - BN - ReLU) }} - Shuffle(2)\n"
        )
        self.block(f"Split{letter}", [("c", "width", None), ("s", "stride", "1"), *more], body)

    def over(self, letter: str) -> None:
        """A block from two tensors to one."""
        a, b = self.rng.sample(TENSORS, 2)
        place = self.place(has_in=False, tensors=(a, b))
        chain = self.writer.chain(place, 1, 2)
        body = self.rng.choice((
            f"concat {{ {a} | {b} }} - {chain}", f"concat {{ {a} - Conv(c) | {b} - Conv(c, 1) }} - {chain}",
            f"Concat - {chain}", f"add {{ {a} - Conv(c, 1) | {b} - Conv(c) - BN }} - g: ({chain})",
        ))  # fmt: skip
        self.block(f"Over{letter}", [("c", "width", None)], body, f" over ({a}, {b})", inputs=2)

    def tensors(self, letter: str) -> None:
        """A block that makes a list of tensors and reads it."""
        xs, ys = self.rng.sample(TENSORS, 2)
        chain = self.writer.chain(self.place(style="labelled", has_in=False), 1, 2)
        if self.rng.random() < 0.4:
            row = self.rng.choice((
                f"{xs}[j] - Conv(c, 1) - BN", f"{xs}[j] - (Conv(c) if (i != j) else Conv(c, 1))",
                f"{xs}[j] - Conv({xs}[j].channels // 2 + {xs}[0].channels, 1) - Conv(c, 1)",
            ))  # fmt: skip
            self.parts.append(
                f"block Fuse{letter}(c) over (*{xs}) {{\n  return (for i in range(len({xs})) {{"
                f" add {{ for j in range(len({xs})) {{ {row} }} }} - ReLU }},)\n}}"
            )
        parts = "n + 1"
        width = self.rng.choice(("4", f"{xs}[i].channels + 1", f"{xs}[-1].channels"))
        body = self.rng.choice((
            f"\n  *{xs} = every [Conv(c) - ReLU] x n as k\n"
            f"  concat {{ in | for i in range(len({xs})) {{ {xs}[i] - Conv({width}, 1) }} | {xs} }} - {chain}\n",
            f"\n  *{xs} = Conv(c * 3) - Chunk(3)\n  *{ys} = ({xs}[0] - every [(add {{ in | {xs}[k] }} if (k > 0))"
            f" - Conv(c) - BN] x 2 as k, {xs}[-1])\n  {ys} - Concat - {chain}\n",
            f"\n  {ys}, *{xs} = (for i in range({parts}) {{ \"cell{{i}}\": (Conv(c) - ReLU) }},)\n"
            f"  add {{ {ys} | {xs} }} - {chain}\n",
        ))  # fmt: skip
        if f"block Fuse{letter}" in "".join(self.parts):
            body = (
                f"\n  *{xs} = (for i in range({parts}) {{ Conv(4 + 4 * i) }}, in)\n"
                f"  {xs} - Fuse{letter}(c) - Concat - {chain}\n"
            )
        self.block(f"Tensors{letter}", [("c", "width", None), ("n", "count", "1")], body)

    def attending(self, letter: str) -> None:
        """A block with attention over one, two or three tensors, or with matrix products."""
        q, k, y = self.rng.sample(TENSORS, 3)
        heads, end = self.rng.choice((1, 2, 4)), "FromTokens([in.height, in.width])"
        more, norm = self.rng.choice(("", ", bias=false")), 'LN(over="last")'
        other = self.rng.choice(("Conv(6, 3, 2) - Tokens", "Tokens - Linear(c)", "Tokens", "Param([3, c], std=0.5)"))
        body = self.rng.choice((
            f"{y} = Tokens - Linear(c)\n  {y} = {y} + ({y} - {norm} - Attention({heads}{more}))\n  {y} - {end}",
            f"concat {{ cls: Param([1, c], 1) | Tokens - Linear(c) }} - pos: Positions(0.1) - Attention({heads}{more})"
            f" - Slice(1) - {end}",
            f"{q} = Tokens - Linear(c)\n  {k} = {other}\n  {y} = ({q}, {k}) - look: Attention({heads}{more})\n"
            f"  add {{ {q} | {y} }} - {end}",
            f"{k} = {other}\n  {q} = Tokens - Linear(c)\n"
            f"  ({q}, {k}, {k} - ReLU - Linear(5)) - Attention({heads}{more}) - {end}",
            f"{q}, {k} = (Tokens - Linear(4), {other} - Linear(4))\n"
            f"  {y} = ({q}, {k}) - MatMul(transpose=true) - SM(over=\"last\")\n"
            f"  ({y}, {k} - Linear(c)) - MatMul - {end}",
            f"{q} = Tokens - Linear(c)\n"
            f"  ({q}, {q} - Roll([1, 0])) - Concat(over=\"last\") - GLU(over=\"last\") - {end}",
            f"{y} = Param([3, c], std=1)\n  {q} = ({y}, Tokens) - Attention({heads}{more})\n"
            f"  {q} - Permute([1, 0]) - Conv(c, 2) - Flatten - LN - RBF(3) - Reshape([3, 1, 1]) - Conv(c, 1)",
        ))  # fmt: skip
        self.block(f"Attending{letter}", [("c", "width", None)], f"\n  {body}\n", keeps="FromTokens" in body)

    def two(self, letter: str) -> None:
        """A block from two tensors to two."""
        a, b, p = self.rng.sample(TENSORS, 3)
        chain = self.writer.chain(self.place(has_in=False), 1, 2)
        body = self.rng.choice((
            f"return {a} - Conv(c), {b} - ReLU",
            f"\n  {p} = {a} - {chain} - Conv(c, 1)\n  {b} = {b} - Conv(c, 1)\n  return {p}, {b}\n",
            f"\n  {p} = concat {{ {a} | {b} }} - Conv(c + 4)\n  return {p} - Slice(0, c), {p} - Slice(4)\n",
            f"\n  {p} = concat {{ {a} | {b} }} - {chain}\n  return {b}, {p} - Conv(c)\n",
            f"\n  if flag {{ return {b} - Conv(c), {a} - Conv(c) }}\n  return {a} - Conv(c), {b} - w: (Conv(c) - BN)\n",
        ))  # fmt: skip
        parameters: list[tuple[str, str, str | None]] = [("c", "width", None)]
        if "flag" in body:
            parameters.append(("flag", "flag", "false"))
        self.block(f"Two{letter}", parameters, body, f" over ({a}, {b})", inputs=2, outputs=2)

    def recursive(self, letter: str) -> None:
        name = f"Tree{letter}"
        y = self.rng.choice(TENSORS)
        chain = self.writer.chain(self.place(), 1, 2)
        body = self.rng.choice((
            f"\n  if d == 0 {{ return {chain} - Conv(c) }}\n  {y} = {name}(c, d - 1)\n"
            f"  concat {{ {name}(c, d - 1) | {y} - Conv(c) }} - Conv(c, 1)\n",
            f"Conv(c) - {name}(c, d - 1) if (d > 0) - BN",
            f"conv: Conv(c) - deeper: {name}(c, d - 1) if (d > 0) - add {{ in | Conv(in.channels, 1) }}",
        ))  # fmt: skip
        self.block(name, [("c", "width", None), ("d", "deep", "1")], body)

    def sharing(self, letter: str) -> None:
        """A block that uses a shared module several times."""
        more, allowed = self.flags()
        x = self.rng.choice(TENSORS)
        place = self.place(**allowed, labels={"step"})
        inner = self.writer.chain(replace(place.scope("mixed"), has_in=False), 1, 2)
        module = self.rng.choice((f"({inner} - Conv(c))", f"[{inner} - Conv(c)]x2", "Conv(c)", "BN", "Scale(0.5)",
                                  "Conv(c, 1, bias=false)"))  # fmt: skip
        chain = self.writer.chain(place, 1, 2)
        body = self.rng.choice((
            f"{x} = Conv(c)\n  add {{ {x} - step | {x} - step - step }} - {chain}",
            f"Conv(c) - step - {chain} - Conv(c) - step",
            f"{x} = Conv(c) - step\n  {x} - [add {{ in | step }}] x {self.writer.number(place)} - {chain}",
            f"Conv(c) - step if ({self.writer.condition(place)}) - {chain} - Conv(c) - step",
            f"{x} = Conv(c)\n  concat {{ {x} - step | {x} - MPool(3, 1, pad=1) - step }} - {chain} - conv4: Conv(c)",
        ))  # fmt: skip
        self.block(f"Sharing{letter}", [("c", "width", None), *more], f"\n  shared step: {module}\n  {body}\n")

    def wrapping(self, letter: str) -> None:
        """A block with a block as argument."""
        blocks = [c for c in self.callees if c.required == 1 and not c.macro and c.inputs == c.outputs == 1 and c.keeps]
        if not blocks:
            self.block(f"Unit{letter}", [("c", "width", None), ("s", "stride", "1")], "Conv(c, 3, s) - BN - ReLU")
        more, allowed = self.flags()
        chain = self.writer.chain(self.place(**allowed), 1, 2)
        body = self.rng.choice((
            f"B(c) - {chain}", f"add {{ B(c) - Conv(c, 1) | Conv(c, 1) }} - {chain}", "[B(c) - ReLU]x2",
            f"first: B(c) - B(c) - {chain}",
            f"y = B(c)\n  add {{ y - Conv(c, 1) | Conv(c, 1) }} - {chain}",
        ))  # fmt: skip
        body = f"\n  {body}\n" if "\n" in body else body
        self.block(f"Wrap{letter}", [("B", "block", None), ("c", "width", None), *more], body)

    def stacked(self, letter: str) -> None:
        """A repeat of a block whose first turn differs."""
        units = [c for c in self.callees if len(c.parameters) > 1 and c.parameters[1] == ("s", "stride")]
        if not units:
            self.residual(letter)
            units = self.callees[-1:]
        unit = self.rng.choice(units).name
        body = self.rng.choice((
            f"[{unit}(c, s if k == 0 else 1)] x n as k", f"[{unit}(c, s if k == 0 else 1)] x n as k - Conv(c, 1)",
            f'["unit{{k + 1}}": {unit}(c, s if k == 0 else 1)] x n as k - Conv(c)',
            f"b: [{unit}(c * (k + 1), s if k == 0 else 1)] x n as k - BN",
        ))  # fmt: skip
        self.block(f"Stack{letter}", [("c", "width", None), ("s", "stride", "1"), ("n", "count", "2")], body)

    def listed(self, letter: str) -> None:
        """A block with a list as parameter."""
        chain = self.writer.chain(self.place(widths=("4", "w"), style="plain", inside=("i",), turns=("i",)), 1, 2)
        body = self.rng.choice((
            f"for (i, w) in enumerate(ws) {{ Conv(w) - {chain} }}",
            f'for (i, w) in enumerate(ws) {{ "f{{i}}": (Conv(w) - {chain}) }}',
            "Conv(ws[0]) - BN - Conv(ws[1], 3) - ReLU", "concat { Conv(ws[0]) | Conv(ws[1]) - BN } - Conv(sum(ws), 1)",
        ))  # fmt: skip
        self.block(f"Listed{letter}", [("ws", "widths", None), ("c", "width", "4")], body)

    def named(self, letter: str) -> None:
        """Sequences with computed names, in loops, loops in loops and groups, beside modules without a label."""
        more, allowed = self.flags()
        chain = self.writer.chain(self.place(), 0, 1) or "BN"
        self.block(f"Unit{letter}", [("c", "width", None)], f"Conv(c) - {chain}")
        unit = f"Unit{letter}(c)"
        body = self.sequence(unit, self.place(**allowed, style="plain"), 0)
        body = self.rng.choice((body, f"{body} - Conv(c, 1)", f"Conv(c) - {body}", f"body: ({body} - BN) - Conv(c, 1)"))
        self.block(f"Named{letter}", [("c", "width", None), *more], body)

    def sequence(self, unit: str, place: Place, deep: int) -> str:
        """A loop whose terms are modules with and without computed names, guards and loops."""
        turn = "ijk"[deep]
        place = replace(place, inside=(*place.inside, turn), turns=(*place.turns, turn))
        turns = place.inside
        used = self.rng.choice(("first", "part", "s", "conv"))
        terms: list[str] = []
        for number in range(self.rng.randint(1, 3)):
            told = "_".join(f"{{{t}}}" for t in turns) if self.rng.random() < 0.8 else f"{{{turn}}}"
            label = f'"{used}{"abc"[number]}{told}": ' if self.rng.random() < 0.6 else ""
            inner = self.rng.choice((unit, "Conv(c, 1)", "BN", f"({unit} - ReLU)", f"[{unit}]x2", "[Conv(c) - BN]x2"))
            if deep < 2 and self.rng.random() < 0.4:
                scope = replace(place, inside=(), turns=()) if label else place
                inner = self.sequence(unit, scope, deep + 1)
                inner = f"({inner})" if label and not inner.startswith("[") else inner
            guard = f" if ({self.writer.condition(place)})" if self.rng.random() < 0.2 else ""
            guard = f"{guard} else Tanh" if guard and self.rng.random() < 0.3 else guard
            terms.append(f"{label}{inner}{guard}")
        chain = " - ".join(terms)
        times = self.writer.number(place)
        if self.rng.random() < 0.6:
            return f"[{chain}] x {times} as {turn}"
        return f"for {turn} in range({times}) {{ {chain} }}"

    def gated(self, letter: str) -> None:
        """A block with gates and differences of tensors, as in a highway network."""
        x, y, z = self.rng.sample(TENSORS, 3)
        chain = self.writer.chain(self.place(), 1, 2)
        body = self.rng.choice((
            f"\n  {x} = Conv(c) - Sigmoid\n  {y} = {chain} - Conv(c, 1)\n"
            f"  {x} * {y} + (1 - {x}) * (Conv(c, 1)) - BN\n",
            f"\n  {x} = Conv(c)\n  {y} = {x} - {chain} - Conv(c, 1)\n  {z} = {x} - {y}\n"
            f"  return concat {{ {z} | -{z} * {x} - 0.5 * {y} }} - Conv(c, 1)\n",
            f"\n  {x} = (Conv(c)) + (Conv(c, 1)) - ReLU\n  {y} = {x} / (1 + {x} * {x})\n"
            f"  if c > 4 {{ {y} = {y} - {x} }}\n  {y} - {chain}\n",
        ))  # fmt: skip
        self.block(f"Gated{letter}", [("c", "width", None)], body)

    def scaled(self, letter: str) -> None:
        """A block whose branches are scaled by a parameter, as in Inception-ResNet, or by a number per channel."""
        chain = self.writer.chain(self.place(factors=("s",)), 1, 2)
        body = self.rng.choice((
            f"\n  let t = 1 - s\n  s * ({chain} - Conv(c, 1)) + t * (Conv(c, 1)) - ReLU\n",
            f"up: ({chain} - Conv(c, 1)) - add {{ in | s * (conv: Conv(c) - BN) | (BN - ReLU) if (c > 4) else none }}",
            f"\n  x = {chain} - Conv(c, 1)\n  x * s - (x - BN) / 4\n",
            f"\n  let t = [s] * (c - 1) + [2]\n  x = {chain} - Conv(c, 1)\n  (x - t) / t + t * (x - BN)\n",
        ))  # fmt: skip
        self.block(f"Scaled{letter}", [("c", "width", None), ("s", "factor", "0.17")], body)

    def macro(self, letter: str) -> None:
        merges = self.rng.random() < 0.4
        more, allowed = ([("Act", "layer", "none")], {"layers": ("Act",)}) if self.rng.random() < 0.3 else ([], {})
        place = self.place(style="mixed" if merges else "plain", **allowed)
        chain = self.writer.chain(
            replace(place, labels={*()}, callees=tuple(c for c in place.callees if not c.macro)), 1, 3
        )
        if merges and self.rng.random() < 0.3:
            chain = "0.5 * in" if self.rng.random() < 0.5 else "(BN - ReLU) - in / 2 - BN"
            self.parts.append(f"macro Sum{letter}(c) = {chain}")
            self.callees.append(Callee(f"Sum{letter}", (("c", "width"),), 1, macro=True, merges=True))
        if merges:
            chain = self.writer.merge(replace(place, style="plain"))
        said = "".join(f", {n}={d}" for n, _, d in more)
        self.parts.append(f"macro Macro{letter}(c, size=3{said}) = Conv(c, size) - {chain}")
        parameters = (("c", "width"), ("size", "kernel"), *((n, kind) for n, kind, _ in more))
        self.callees.append(Callee(f"Macro{letter}", parameters, 1, macro=True, merges=merges))
