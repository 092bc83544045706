"""Values of each type, passed in each way and used in each way: archc's network equals that of the reference.

With `ARCHC_ALL=1`, each pair of values is passed in all ways, otherwise in two.
"""

from __future__ import annotations

import os

import pytest
import torch

from tests.reference.test_passed_arguments import FORMS, check

USES = {
    "[Conv(4)]x v": [("1", "3"), ("0", "2")],
    "Conv(4) if (v)": [("true", "false"), ("0", "2"), ("2.5", "0.0")],
    "Conv(4) if (v == 2) else Tanh": [("2", "3"), ("2.0", "2"), ("none", "2"), ('"a"', "2")],
    'Conv(4) if (v == "a") else ReLU': [('"a"', '"b"'), ("none", '"a"')],
    "Conv(4) if (v != none) else Sigmoid": [("none", "2"), ("none", "ReLU"), ("none", "0"), ("none", "[1]")],
    'Conv(4) - "l{v}": Conv(4, 1)': [("1", "2"), ('"a"', '"b"'), ("0", "10")],
    "Conv(4 * v + 4)": [("1", "2"), ("0", "1")],
    "for k in range(v) { Conv(4 + k) }": [("1", "3"), ("0", "2")],
    "Conv([4, 8, 12][v])": [("0", "2"), ("-1", "1")],
    "v * in": [("2", "0.5"), ("0.1", "3"), ("-1", "2.5")],
    "in + v": [("2", "0.5"), ("1", "3.0")],
    "Conv(len(v))": [("[1, 2]", "[1, 2, 3]"), ("(1, 2)", "[4]")],
    "for a in v { Conv(a) }": [("[4, 8]", "[8]"), ("[4]", "[]"), ("(4, 6)", "[2]")],
    "Conv(sum(v)) - Conv(max(v))": [("[4, 8]", "[8, 1]"), ("[4]", "(2, 2)")],
    "Conv(v[0], v[1])": [("[4, 3]", "[8, 1]"), ("(4, 1)", "[2, 5]"), ("[4, 1x3]", "[2, 3]")],
    "Conv(8, v)": [("3", "1x3"), ("3x3", "5"), ("1", "[3, 1]")],
    "for (c, k) in v { Conv(c, k) }": [("[(4, 3), (8, 1)]", "[(2, 5)]"), ("[(4, 1x3)]", "[(2, 3), (4, 1)]")],
    "concat { for c in v { Conv(c) } }": [("[4, 8]", "[8]"), ("[4, 4]", "[2, 2]")],
    "Dropout(v * 0) - Conv(int(v * 10))": [("0.4", "0.8"), ("1", "0.5")],
    "Conv(v if v > 4 else 4) - Conv(min(v, 6))": [("2", "8"), ("4", "5")],
    "[Conv(4) - ReLU if (k < v)]x3 as k": [("1", "2"), ("0", "3")],
    "[Conv(4, stride=2 if k == v else 1)]x2 as k": [("0", "1"), ("1", "5")],
    "Conv(8) - Conv(8, groups=v) - GN(v)": [("1", "8"), ("2", "4")],
    "a, b = Conv(8) - Split([v, 8 - v])\n  concat { b | a }": [("1", "4"), ("2", "6")],
    "y = Conv(v)\n  y - Conv(y.channels + v)": [("2", "4")],
    "if v > 2 { y = Conv(v) } else { y = Conv(3) - ReLU }\n  y - Conv(4)": [("2", "4"), ("3", "1")],
    "if v { return Conv(4) }\n  Conv(4, 1) - ReLU": [("true", "false"), ("1", "0")],
    "Conv(4 if v else 6, bias=not v)": [("true", "false"), ("1", "0")],
    "Conv(round(v * 4)) - Conv(ceil(v)) - Conv(floor(v) + 1)": [("1.5", "2.2"), ("1", "2.5")],
}
"""A chain with a value `v`, and pairs of values."""
WAYS = (
    *(form.replace("GAPool", "GAPool - FC(3)") for form in FORMS if "block B(" in form),
    "model n(v={one}) {{\n{input}  {term}\n}}\nvariant other = n({two})",
    "block B(v) {{ {term} }}\nmodel m {{\n{input}  [B({one} if q == 0 else {two}) - Conv(3)]x3 as q\n}}",
    "block B(v) {{ {term} }}\nmodel m {{\n{input}  shared e: (B({one}) - GAPool - FC(3))\n  x = in - e\n"
    "  y = in - Tanh - e\n  add {{ x | y | in - B({two}) - GAPool - FC(3) }}\n}}",
)


@pytest.mark.parametrize("use", USES)
def test_a_value_is_used_as_it_is_passed(use: str) -> None:
    torch.set_num_threads(1)
    every = os.environ.get("ARCHC_ALL") == "1"
    for number, (one, two) in enumerate(USES[use]):
        first = 2 * number + len(use)
        some = (WAYS[first % len(WAYS)], WAYS[(first + 5) % len(WAYS)])
        for way in WAYS if every else some:
            if "\n" not in use or "{term} -" not in way:  # several statements are no chain
                check(way.format(term=use, input="  input 3x9x9\n", one=one, two=two) + "\n")
