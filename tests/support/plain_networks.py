"""Random networks of the language, as spec texts: blocks with parameters and guards, loops, tables, merges, names.

Every text is a valid spec of one model `m` on small images. Use `specs()` as a hypothesis strategy.
"""

from __future__ import annotations

from hypothesis import strategies as st

Draw = st.DrawFn
_CHANNELS = st.sampled_from([4, 8, 12])
_LAYERS = (
    "Conv({c})",
    "Conv({c}, 1, bias=false) - BN",
    "Conv({c}, 1x3) - Tanh",
    "Conv({c}, 3, groups=2) - ReLU",
    "DWConv(3) - BN - ReLU6",
    "BN - ReLU",
    "ReLU",
    "MPool(3, 1, pad=1)",
    "APool(3, 1, pad=1) - HSwish",
    "mul {{ in | GAPool - Conv(in.channels, 1) - Sigmoid }}",
    "concat {{ in | Conv({c}) | ReLU - Conv({c}, 1) }}",
    "add {{ in | Conv(in.channels) - BN }} - ReLU",
    "Shuffle(2)",
)


@st.composite
def chains(draw: Draw, channels: str, least: int = 1, most: int = 3) -> str:
    """Layers that keep the size of the image; `channels` is an expression for their output channels."""
    terms = draw(st.lists(st.sampled_from(_LAYERS), min_size=least, max_size=most))
    return " - ".join(term.format(c=channels) for term in terms)


@st.composite
def blocks(draw: Draw, name: str) -> str:
    """A block with the parameters `c` and `s`: it makes `c` channels, with a stride of `s`."""
    body = draw(chains("c", 0, 2))
    between = f" - {body}" if body else ""
    form = draw(st.sampled_from(("plain", "residual", "returns", "split", "sequence")))
    if form == "plain":
        inside = f"  conv1: Conv(c, 3, s){between} - conv2: Conv(c, 1) - bn2: BN - ReLU"
    elif form == "residual":
        inside = (
            f"  let mid = c // 2\n  add {{\n      conv1: Conv(mid, 3, s) - ReLU{between.replace('(c', '(mid')}"
            " - conv2: Conv(c, 1) - BN\n"
            "    | down: (Conv(c, 1, s, bias=false) - BN) if (s != 1 or in.channels != c)\n  } - ReLU"
        )
    elif form == "returns":
        inside = (
            "  y = work: (Conv(c, 3, s) - ReLU - Conv(c, 1))\n"
            "  if s == 1 and in.channels == c { return add { in | y } } else { return y }"
        )
    elif form == "split":
        inside = (
            "  let half = c // 2\n  y = first: Conv(c, 3, s) - ReLU\n  keep, work = y - Chunk(2)\n"
            "  concat { keep | work - branch: (Conv(half) - BN - ReLU) } - Shuffle(2)"
        )
    else:
        inside = "  Conv(c, 3, s) - BN - ReLU - Dropout(0.1)"
    doc = draw(st.sampled_from(("", '  "A block of a random network."\n')))
    return f"block {name}(c, s=1) {{\n{doc}{inside}\n}}\n"


@st.composite
def stages(draw: Draw, number: int, names: list[str]) -> str:
    """A part of the model."""
    block = draw(st.sampled_from(names))
    c, d, n = draw(_CHANNELS), draw(_CHANNELS), draw(st.integers(1, 4))
    table = ", ".join(f"({draw(_CHANNELS)}, {draw(st.integers(1, 3))})" for _ in range(draw(st.integers(2, 4))))
    rows = draw(st.lists(_CHANNELS, min_size=2, max_size=4))
    return draw(
        st.sampled_from(
            (
                f"{block}({c}) - {block}({d}, 2)",
                f"stage{number}: [{block}({c}, 2 if k == 0 else 1)] x {n} as k",
                f'for (i, c) in enumerate({rows}) {{ "part{number}_{{i+1}}": {block}(c, 2 if i == 1 else 1) }}',
                f"part{number}: (for (c, n) in [{table}] {{ [Conv(c) - ReLU] x n }} - BN)",
                f"part{number}: (stem: Conv({c}) - for (i, (c, n)) in enumerate([{table}]) "
                f'{{ "sub{{i}}": (["unit{{k}}": {block}(c)] x n as k) - "tail{{i}}": Conv({d}, 1) if (i < 1) }})',
                f"part{number}: ([{block}({c}, 2 if k == 0 else 1)] x {n} as k - Conv({d}, 1))",
                f"[Conv({c}) - BN - ReLU] x {n}",
                f"part{number}: ({draw(chains(str(c)))})",
                draw(chains(str(d))),
            )
        )
    )


@st.composite
def specs(draw: Draw) -> str:
    """A spec of one model, `m`, on images of 4x16x16."""
    names = ["BlockA", "BlockB"][: draw(st.integers(1, 2))]
    declared = "".join(draw(blocks(name)) for name in names)
    parts = [draw(stages(number, names)) for number in range(1, draw(st.integers(2, 4)))]
    width = draw(_CHANNELS)
    chain = "\n  - ".join([f"stem: Conv({width}) - ReLU", *parts, "GAPool - fc: FC(classes) - SM"])
    return f"{declared}model m(classes=5) {{\n  input 4x16x16\n  {chain}\n}}\n"
