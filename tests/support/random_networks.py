"""Random networks of the language, as spec texts that a seed determines.

Each text is valid according to the reference (`tests.reference`). Networks are small: 4 to 12 channels, on images of
8x8 to 16x16.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.reference.blocks import Blocks
from tests.reference.drawing import Place
from tests.reference.network import Network, reference
from tests.reference.tree import Invalid
from tests.reference.vocabulary import TENSORS

LARGEST = 220
"""Layers in a network."""
SIZES = {1: ("16", "18"), 2: ("8x8", "8x8", "9x9", "12x10", "16x16"), 3: ("6x6x6", "4x6x5")}
"""Axes of an image, a signal and a volume."""


def network_text(seed: int) -> str:
    """A spec of blocks, macros, functions and one model `m`."""
    rng = Random(f"network {seed}")
    axes = rng.choice((1, 2, 2, 2, 2, 2, 2, 3))
    return _valid(rng, lambda rng: Specs(rng, axes=axes).text())


def edited_text(seed: int) -> str:
    """The same with a variant `v` of `m` that has one to four edits."""
    from tests.reference.editing import edits

    rng = Random(f"edited {seed}")
    while True:
        text = _valid(rng, lambda rng: Specs(rng, small=True).text())
        base = reference(text, "m")
        for _ in range(8):
            whole = f"{text}\nvariant v = m {{\n{edits(rng, base)}}}\n"
            if _is_valid(whole, "v"):
                return whole


def _valid(rng: Random, draw: object) -> str:
    while True:
        text: str = draw(rng)  # type: ignore[operator]
        if _is_valid(text, "m"):
            return text


def _is_valid(text: str, name: str) -> bool:
    try:
        return small_enough(reference(text, name))
    except Invalid:
        return False


def small_enough(network: Network) -> bool:
    """Whether a network is small enough to be compiled and run quickly."""
    most = max(max(n.shapes[0]) for n in network.nodes)
    return len(network.nodes) < LARGEST and most <= 4096 and network.params < 300_000


class Specs(Blocks):
    """Generates a whole spec."""

    def text(self) -> str:
        rng = self.rng
        if rng.random() < 0.3:
            self.parts.append(rng.choice(("default Conv(bias=false)", "default BN(eps=1e-3), Conv(bias=false)")))
        if rng.random() < 0.3:
            self.parts.append("fn wider(c, by=2) = max(4, c * by // 4 * 4)")
        if rng.random() < 0.3:
            self.parts.append(
                f"let sizes = [{', '.join(str(rng.choice((4, 8, 12))) for _ in range(rng.randint(1, 3)))}]"
            )
        self.declare(rng.randint(1, 2 if self.small else 4))
        self.parts.append(self.model())
        return "\n".join(self.parts) + "\n"

    # -- the model --------------------------------------------------------------------------------------------------

    def model(self) -> str:
        rng = self.rng
        size = rng.choice(SIZES[self.axes])
        parameters = ["classes=5"]
        place = Place(
            ("4", "8", "12"),
            tuple(self.callees),
            keep=False,
            style=rng.choice(("plain", "mixed", "labelled", "labelled")),
        )
        if rng.random() < 0.4:
            parameters.append(f"deep={rng.choice(('true', 'false'))}")
            place = replace(place, conditions=("deep",))
        if rng.random() < 0.4:
            parameters.append(f"w={rng.choice((4, 8))}")
            place = replace(place, widths=("w", "w", "4", "8"))
        if rng.random() < 0.4:
            parameters.append(f"depths=[{rng.randint(1, 2)}, {rng.randint(0, 2)}]")
            place = replace(place, counts=("depths[0]", "depths[1]"))
        if "fn wider" in "".join(self.parts):
            place = replace(place, widths=(*place.widths, "wider(4)", "wider(4, by=3)"))
        if any(p.startswith("let sizes") for p in self.parts):
            place = replace(place, widths=(*place.widths, "sizes[0]", "sizes[-1]"))
        default = "  default Conv(bias=false)\n" if rng.random() < 0.15 else ""
        if rng.random() < 0.15:
            return f"model m({', '.join(parameters)}) {{\n{default}{self.several_inputs(place, size)}}}"
        return f"model m({', '.join(parameters)}) {{\n  input 4x{size}\n{default}{self.model_body(place)}}}"

    def several_inputs(self, place: Place, size: str) -> str:
        """A model of two inputs, through a shared module, through separate modules, or both."""
        rng, write = self.rng, self.writer
        a, b, x, y = rng.sample(TENSORS, 4)
        place = replace(place, labels={"fc", "code"}, style="mixed", has_in=False)
        one, other = (write.chain(place, 1, 2) for _ in range(2))
        inside = write.chain(replace(place.scope("mixed"), labels=set()), 1, 3)
        code = rng.choice((f"({inside} - Conv(8))", f"[{inside} - Conv(4)]x2", "Conv(4)", "BN", "PReLU", "Scale(0.5)",
                           "(BN - ReLU)", *(self.calls(place)[:1] or ["FC(8)"])))  # fmt: skip
        shared = f"  shared code: {code}\n" if not code.startswith("code:") else ""
        uses = rng.choice((
            f"  {x} = {a} - code\n  {y} = {b} - code\n",
            f"  {x} = {a} - {one} - Conv(4) - code\n  {y} = {b} - code - code\n",
            f"  {x} = {a} - [code]x2\n  {y} = {b} - code - {other}\n", f"  {x} = {a} - {one}\n  {y} = {b} - {other}\n",
            f"  {x} = {a} - code if (1 > 2) else ReLU\n  {y} = add {{ {a} | {b} - code }}\n",
        ))  # fmt: skip
        shared = shared if " code" in uses or "[code" in uses else ""
        end = rng.choice((f"return {x}, {y}",
                          f"add {{ {x} - Flatten - FC(4) | {y} - Flatten - FC(4) }}",
                          f"concat {{ {x} - FC(3) | {y} - FC(4) }} - fc: FC(classes) - SM",
                          *((f"({x} - Tokens, {y} - Tokens) - Attention(1) - FC(4)",) * 2 if self.axes == 2 else ()),
                          ))  # fmt: skip
        other = rng.choice(SIZES[self.axes]) if rng.random() < 0.4 else size
        return f"  input {a}: 4x{size}\n  input {b}: 4x{other}\n{shared}{uses}  {end}\n"

    def calls(self, place: Place) -> list[str]:
        """Calls of most declarations."""
        found: list[str] = []
        for callee in self.callees:
            if self.rng.random() < (0.4 if self.small else 0.6):
                only = replace(place, callees=(callee, *(c for c in place.callees if c.inputs == 1)))
                called = replace(
                    only, callees=only.callees if callee.parameters[:1] == (("B", "block"),) else (callee,)
                )
                found.append(self.writer.pair(called) if callee.inputs == 2 else self.writer.call(called))
        return found

    def model_body(self, place: Place) -> str:
        rng, write = self.rng, self.writer
        head = rng.choice(("GAPool - fc: FC(classes)", "GAPool - fc: FC(classes) - SM", "FC(classes)",
        "fc: FC(classes, SM)",
                           "GAPool - Flatten - Linear(classes)",
                           "classifier: (FC(8, act=ReLU) - FC(classes)) - SM", "ReLU"))  # fmt: skip
        if rng.random() < 0.3:
            head = self.ending()
        if place.style == "plain":
            head = head.replace("fc: ", "").replace("classifier: ", "")
        parts = 2 if self.small else 3
        if place.style == "plain" or rng.random() < 0.4:
            terms = [*self.calls(place), *(write.chain(place, 1, 2) for _ in range(rng.randint(1, parts)))]
            rng.shuffle(terms)
            return "  " + "\n  - ".join([*terms, head]) + "\n"
        x, y, z = rng.sample(TENSORS, 3)
        place = replace(place, labels={"fc", "aux", "classifier"})
        c1, c2, c3 = (write.chain(place, 1, 2) for _ in range(3))
        c1 = " - ".join([c1, *self.calls(place)])
        read = replace(place, tensors=(x,))
        form = rng.randrange(7)
        if form == 0:
            return f"  {x} = {c1}\n  {y} = {x} - {c2}\n  {y} - {write.module(read)} - {c3} - {head}\n"
        if form == 1:
            return f"  {x} = {c1}\n  {z} = {x} - {c2}\n  {x} = {x} - Conv(4)\n  {x} - {c3} - {head}\n"
        if form == 2:
            aux = rng.choice(("aux: FC(3)", "aux: (Conv(4) - FC(3))", "aux: (GAPool - FC(3))"))
            logits = f"  {x} = {c1}\n  {y} = {x} - {c2} - {c3} - {head}\n"
            return f"{logits}  return {y}\n  return training {y}, {x} - {aux}\n"
        if form == 3:
            return f"  {x} = {c1}\n  {y} = {x} - {c2}\n  return {y} - {c3}, {x} - {head}\n"
        if form == 4 and place.conditions:
            return f"  {x} = {c1}\n  if deep {{ {x} = {x} - {c2} }}\n  {x} - {c3} - {head}\n"
        if form == 6 and place.conditions:
            sides = f"{{ {z} = {x} - {head} }} else {{ {z} = {x} - {c3} - GAPool - FC(classes) - SM }}"
            return f"  {x} = {c1}\n  if deep {sides}\n  return {z}\n"
        split = f"  {x}, {y} = {c1} - Conv(8) - Split([2, 6])\n"
        return f"{split}  concat {{ {x} - {c2} - GAPool | {y} - GAPool }} - {c3} - {head}\n"

    def ending(self) -> str:
        """A call of a block that ends in probabilities, which another layer may read."""
        body = self.rng.choice((
            "GAPool - FC(c) - SM", "GAPool - fc: FC(c) - prob: SM", "y = GAPool - FC(c)\n  y - SM",
            "y = FC(c) - SM\n  return y", "y = GAPool - FC(c) - SM\n  _z = y - Linear(3)\n  return y",
            "if c > 4 { y = FC(c) - SM } else { y = GAPool - FC(c) - SM }\n  return y",
            "if c > 4 { return GAPool - FC(c) }\n  GAPool - FC(c) - SM",
        ))  # fmt: skip
        self.parts.append(f"block End(c) {{\n  {body}\n}}")
        return self.rng.choice(("End(classes)", "fc: End(classes)", "End(classes) if (classes > 4) else FC(3)"))
