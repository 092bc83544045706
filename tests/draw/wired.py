"""Random networks with crossing paths: named tensors read far away, blocks over several tensors, several outputs.

`tests/support/random_networks.py` covers blocks, loops and guards; these networks test the lines of figures.
"""

from __future__ import annotations

from random import Random

BLOCKS = """
block Plain(c) { Conv(c) - BN - ReLU }
block Res(c) { add { Conv(c) - ReLU - Conv(c) - BN | Conv(c, 1) } - ReLU }
block Cross(c) over (a, b) {
  x = a - Conv(c) - ReLU
  y = b - Conv(c, 1)
  return y, x
}
block Mix(c) over (a, b) { concat { a | b - Conv(c) } - Conv(c, 1) }
block Deep(c) { Plain(c) - [Res(c)]x2 }
"""
TERMS = (
    "Conv(8)",
    "Conv(8, 1) - BN - ReLU",
    "ReLU",
    "Plain(8)",
    "Res(8)",
    "Deep(8)",
    "[Plain(8)]x3",
    "[Conv(8) - ReLU - Conv(8, 1)]x2",
    "g{n}: (Conv(8) - BN - MPool(3, 1, pad=1))",
    "g{n}: (Conv(8) - add {{ in | {t} }})",
    "g{n}: ([Res(8)]x2 - Conv(8, 3, groups=4))",
    "concat {{ in | {t} }} - Conv(8, 1)",
    "add {{ in | {t} - Conv(8, 3, dilation=2, pad=2) | Conv(8, 1) }}",
    "mul {{ in | GAPool - Conv(8, 1) - Sigmoid }}",
)


def wired_text(seed: int) -> str:
    """A spec of one model, `m`."""
    rng = Random(f"wired {seed}")
    tensors = ["t0"]
    lines = ["t0 = stem: Conv(8) - ReLU"]
    for n in range(1, rng.randint(3, 9)):
        source, other = rng.choice(tensors), rng.choice(tensors)
        form = rng.randint(0, 9)
        if form == 0:
            more = rng.choice(("", " - Cross(8) - Cross(8)"))
            lines.append(f"t{n}, u{n} = {source} - Chunk(2) - cross{n}: Cross(8){more}")
            tensors += [f"t{n}", f"u{n}"]
            continue
        if form == 1:
            lines.append(f"t{n} = {source} - Conv(8) - Chunk(2) - Mix(8)")
        elif form == 2:
            names = rng.choices(tensors, k=rng.randint(2, 4))
            lines.append(f"t{n} = concat {{ {' | '.join(names)} }} - Conv(8, 1)")
        else:
            terms = rng.choices(TERMS, k=rng.randint(1, 3))
            told = [term.format(n=f"{n}_{i}", t=other) for i, term in enumerate(terms)]
            lines.append(f"t{n} = {source} - {' - '.join(told)}")
        tensors.append(f"t{n}")
    if rng.random() < 0.5:
        lines.append(f"return {', '.join(dict.fromkeys([tensors[-1], rng.choice(tensors)]))}")
    else:
        lines.append(f"{tensors[-1]} - GAPool - fc: FC(5) - SM")
    body = "\n  ".join(lines)
    return f"{BLOCKS}model m {{\n  input 4x16x16\n  {body}\n}}\n"
