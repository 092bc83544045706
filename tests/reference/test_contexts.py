"""Every layer in every form of the language: archc's network equals that of the reference.

Every registered op is tested. With `ARCHC_ALL=1`, it is tested in all forms, otherwise in two.
"""

from __future__ import annotations

import math
import os

import pytest
import torch

from archc.ops import registry
from tests.reference.compare import compare
from tests.reference.tree import Invalid

FORMS = (
    "block B {{ {term} }}\nmodel m {{\n{input}  in - B\n}}",
    "block B(flag=false, n=1) {{ [{term} if (flag) else ReLU]x(n) }}\n"
    "model m {{\n{input}  in - B(true) - ReLU - B(n=2)\n}}",
    "model m {{\n{input}  [{term}]x2\n}}",
    "model m {{\n{input}  a1: [b: {term} - ReLU]x2\n}}",
    "model m {{\n{input}  y = in - ReLU - add {{ in | {term} }} - ReLU\n  y\n}}",
    "model m {{\n{input}  concat {{ in | {term} - ReLU | u: (ReLU - {term}) }} - ReLU\n}}",
    "model m {{\n{input}  mul {{ {term} - Sigmoid | in }} - every [ReLU - {term}]x2\n}}",
    'model m {{\n{input}  y = in - "0": {term}\n  z = in - ReLU - "k-1": {term} - ReLU\n  return y, z\n}}',
    "model m {{\n{input}  y = in - {term}\n  z = in - ReLU - h: {term} - ReLU\n  return training z, y\n  return y\n}}",
    'model m {{\n{input}  for k in range(2) {{ "c{{k}}": (ReLU - {term}) }}\n}}',
    "model m {{\n{input}  shared e: ({term} - ReLU)\n  y = in - e\n  z = in - Tanh - e\n  return y, 0.5 * z - y\n}}",
    "model m {{\n{input}  a: ReLU - b: {term} - c: ReLU\n}}\n"
    "variant v = m {{\n  insert after b: {term}\n  replace a: ReLU - {term}\n  freeze all except b\n}}",
    "model m {{\n{input}  a: ReLU - b: {term} - c: ReLU\n}}\nvariant v = m {{\n  truncate after b\n  remove a\n}}",
    "block B over (x, y) {{\n  q = x - {term}\n  return q, y - ReLU - {term}\n}}\n"
    "model m {{\n{input}  (in - ReLU, in) - B - add {{ in }}\n}}",
)
RANDOM = {"Dropout", "Dropout2d", "StochasticDepth"}
"""The reference would have to draw the same numbers in the same order."""
LARGE = 30_000
"""The numbers of an input, beyond which its example is tried on a smaller one."""
EXAMPLES = [
    (kind.kind(), e.term, e.inputs)
    for kind in registry().values()
    for e in kind.examples
    if e.inputs and ";" not in e.inputs and kind.kind() not in RANDOM
]


def smaller(shape: str) -> str:
    """A small shape with the same number of axes and channels, for a quick run."""
    channels, *rest = map(int, shape.split("x"))
    if channels * math.prod(rest) <= LARGE or len(rest) < 2:
        return shape
    return "x".join(map(str, (channels, *(min(n, 9) for n in rest))))


def chosen() -> list[tuple[str, str, str]]:
    """The terms, input shapes and forms to test."""
    every = os.environ.get("ARCHC_ALL") == "1"
    return [
        (term, smaller(shape), form)
        for number, (_, term, shape) in enumerate(EXAMPLES)
        for form in (FORMS if every else (FORMS[number % len(FORMS)], FORMS[(5 * number + 7) % len(FORMS)]))
    ]


@pytest.mark.parametrize(("term", "shape", "form"), chosen())
def test_a_layer_means_the_same_in_every_form(term: str, shape: str, form: str) -> None:
    torch.set_num_threads(1)
    text = form.format(term=term, input=f"  input {shape}\n") + "\n"
    try:
        found = compare(text, "v" if "variant" in text else None)
    except Invalid:  # the shapes do not fit; the random networks test that archc rejects them, too
        return
    assert found is None, f"{found}\n{text}"
