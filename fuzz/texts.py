"""Texts for fuzzing, each generated from a number: modified specs and networks, and sequences of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from random import Random

from archc.diagnostics.source import Source
from archc.pipeline import check
from archc.support.resources import specs_root
from archc.zoo import Files

_WORD = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\"[^\"\n]*\"|\s+|.")
WORDS = """
    model block macro variant fn let default init input expect from use over return training if else for in as and or
    not true false none add concat mul allow replace freeze x m B half Conv DWConv FC Linear MPool APool Pool GAPool BN
    LN GN ReLU SM Dropout Flatten Chunk Split Slice Shuffle Upsample Identity Incept Affine RBF Subsample PadChannels
    in.channels in.height range len min max sum zip enumerate round int floor stride groups kernel bias pad
    ( ) [ ] { } - | , : = == != < <= > >= + * / // % ** . ; @ $ # ]x3 ]x0 ]xn 0 1 2 3 7 8 16 64 0.5 1e-3 1e308 -1
    99999999999 2147483647 1x7 3x8x8 3x32x32 1x1x1 "a" "b{i}" "{" \\ \" \"\"\" W0101
""".split()
_SIGNS = "\n\n\n\t\0\u202e가\u0301\ufeff\r–“"
_VALUES = """
    null true 0 1 -1 1.5 1e999 NaN 123456789012345678901234567890 "" "Conv" "a{b}" "\\ud800" [] {} [[]] [0,0] [9,9]
    {"kind":[]} {"kind":"Conv"} {"kind":"ReLU"} {"dims":[]} {"dims":[0]} , : [ ] { } "
""".split()


@cache
def shipped() -> tuple[str, ...]:
    """The shipped specs."""
    files = sorted((f for f in specs_root().iterdir() if f.name.endswith(".arch")), key=lambda f: f.name)
    return tuple(f.read_text(encoding="utf-8") for f in files)


@cache
def graphs() -> tuple[str, ...]:
    """The JSON of the networks of small specs, smallest first."""
    specs = ("model m {\n  input 3x8x8\n  add { Conv(3) | in }\n}\n", *SMALL)
    found = (check(Source("fuzz.arch", spec), Files().load).networks.values() for spec in specs)
    return tuple(network.model_dump_json() for networks in found for network in networks)


def text(seed: int) -> str:
    """The text of a number."""
    random = Random(seed)
    return random.choice((changed, changed, soup, nested, joined))(random)


def text_for(target: str, seed: int) -> str:
    """The text of a number for a target; the one that reads JSON gets JSON."""
    return graph(Random(seed)) if target == "json" and seed % 2 else text(seed)


def graph(random: Random) -> str:
    """A network's JSON with a few values changed, or nested lists and objects."""
    if random.random() < 0.1:
        depth = random.choice((100, 300, 3_000, 100_000))
        opening, closing = random.choice((("[", "]"), ('{"nodes":', "}"), ('{"items":[', "]}"), ('[{"kind":', "}]")))
        return opening * depth + random.choice(_VALUES) + closing * (depth if random.random() < 0.8 else 0)
    return altered(random.choice(graphs()), random)


def changed(random: Random) -> str:
    """A shipped spec, or a small one, with a few words changed."""
    return altered(_piece(random), random)


def altered(text: str, random: Random) -> str:
    """A text with a few words left out, doubled, exchanged, replaced or inserted."""
    words = _WORD.findall(text) or [""]
    word = _value if text.startswith("{") else _word
    for _ in range(random.choice((1, 1, 1, 2, 3, 5, 20))):
        at, other = random.randrange(len(words)), random.randrange(len(words))
        match random.randrange(6):
            case 0:
                words[at] = ""
            case 1:
                words[at] += words[other]
            case 2:
                words[at], words[other] = words[other], words[at]
            case 3:
                words[at] = word(random)
            case 4:
                words[at] += f" {word(random)} "
            case 5:
                del words[at : at + random.randrange(1, 20)]
                words.append("\n")
    return "".join(words)


def soup(random: Random) -> str:
    """A sequence of words, inside or outside of a model."""
    words = " ".join(_word(random) for _ in range(random.randrange(1, 60)))
    return words if random.random() < 0.3 else f"model m {{\n  input 3x8x8\n  {words}\n}}\n"


def nested(random: Random) -> str:
    """A deeply nested construct, closed or not."""
    opening, closing = random.choice(
        (("(", ")"), ("[", "]x2"), ("add { in | ", "}"), ("block B { ", " }"), ("if true { ", " }"), ("Conv(", ")"),
         ("for i in range(3) { ", " }"), ("ReLU if (true) else ", ""), ("- ", ""), ("x = ", ""), ("a: ", ""))
    )  # fmt: skip
    depth = random.choice((3, 30, 62, 70, 300))
    inside = _word(random) if random.random() < 0.3 else "ReLU"
    closed = closing * (depth if random.random() < 0.8 else depth // 2)
    return f"model m {{\n  input 3x8x8\n  {opening * depth}{inside}{closed}\n}}\n"


def joined(random: Random) -> str:
    """Statements of shipped specs in random order."""
    lines = "\n".join(shipped()).splitlines()
    return "\n".join(random.choice(lines) for _ in range(random.randrange(1, 40)))


def _piece(random: Random) -> str:
    """A shipped spec, or more often a small one, which suffices for most defects."""
    return random.choice((random.choice(shipped()), *SMALL, *SMALL))


def _value(random: Random) -> str:
    return random.choice(_VALUES)


def _word(random: Random) -> str:
    return random.choice(_SIGNS) if random.random() < 0.1 else random.choice(WORDS)


SMALL: Sequence[str] = (
    """default Conv(bias=false), BN(eps=1e-3)
fn divisible(v, d=8) = max(d, int(v + d / 2) // d * d)
let rows = [(1, 16, 1, 2), (6, 24, 2, 2)]
macro CBR(c, k=3, s=1) = Conv(c, k, s) - BN - ReLU
block Unit(c, stride=1, groups=1) {
  "A unit."
  let mid = divisible(c // 2)
  add {
      conv1: CBR(mid, 1) - conv2: Conv(mid, 3, stride, groups=groups) - conv3: Conv(c, 1)
    | short: (Conv(c, 1, stride) - BN) if (stride != 1 or in.channels != c)
  } - ReLU
}
model Net(Block, wide=1.0, classes=10) {
  input 3x32x32
  init Conv = kaiming_normal(mode="fan_out")
  stem: CBR(16)
  - for (t, c, s, n) in rows { "stage{t}": [Block(divisible(c * wide), s if k == 0 else 1)] x n as k }
  - GAPool - Dropout(0.2) - fc: FC(classes) - SM
}
variant small = Net(Unit, 0.5) {
  paper: "none"
  expect params < 100_000
}
""",
    """block Dual(r) over (a, b) {
  y = concat { a | b } - Conv(r * 2, 1)
  return add { a | y - Slice(0, r) }, y
}
block Deep(n) { add { ReLU | (Conv(8) - Deep(n - 1)) if (n > 0) } }
model m {
  input 8x16x16
  left, right = Chunk(2)
  z = mul { left | GAPool - Conv(8, 1) - Sigmoid } if (left.channels == 8) else left
  if right.height > 4 { w = right - MPool } else { w = right }
  p, q = (concat { z | right }) - Chunk(2)
  concat { p | q } - Shuffle(2) - Deep(2) - GAPool - fc: FC(10)
  return training fc, w
}
""",
    "Conv-Pool-[Conv-ReLU]x3-Incept-APool-FC-FC(SM)\n",
)
