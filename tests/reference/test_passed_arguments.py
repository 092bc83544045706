"""Each argument of each layer, passed through parameters, conditions, lists, loops and functions.

archc's network equals that of the reference, or both reject the text. With `ARCHC_ALL=1`, each argument is passed in
all forms, otherwise in two.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch

import archc
from archc.ir.op import Op
from archc.ops import registry
from tests.reference.compare import differences
from tests.reference.network import reference
from tests.reference.test_contexts import RANDOM, smaller
from tests.reference.tree import Invalid
from tests.support.interpreter import module_from
from tests.support.specs import codes

VALUES = (
    "1", "2", "true", "false", '"same"', '"half"', "0", "3x3", "1x3", "[[0, 1], [1, 2]]", "0.5", '"channels"', '"last"',
    '"reflect"', '"zeros"', '"bilinear"', '"nearest"', '"tanh"', '"none"', "none", "4", "[1, 2]", "[1, 1, 1]",
)  # fmt: skip
FORMS = (
    "block B(v) {{ {term} }}\nmodel m {{\n{input}  add {{ B({one}) - GAPool | B({two}) - GAPool }}\n}}",
    "block B(v) {{ {term} }}\n"
    "model m {{\n{input}  add {{ for k in range(2) {{ B({one} if k == 0 else {two}) - GAPool }} }}\n}}",
    "block B(v) {{ {term} }}\nmodel m {{\n{input}  add {{ for k in range(2) {{ B([{one}, {two}][k]) - GAPool }} }}\n}}",
    "model m {{\n{input}  add {{ for v in [{one}, {two}] {{ {term} - GAPool }} }}\n}}",
    "model m {{\n{input}  add {{ for (n, v) in [(1, {one}), (2, {two})] {{ [Tanh]x n - {term} - GAPool }} }}\n}}",
    "fn f(k, d={two}) = {one} if k == 0 else d\nblock B(n) {{\n  let v = f(n)\n  {term} - GAPool\n}}\n"
    "model m {{\n{input}  add {{ B(0) | B(1) }}\n}}",
    "fn same(v) = v\nblock B(a) {{\n  let v = same(a)\n  {term} - GAPool\n}}\n"
    "model m {{\n{input}  add {{ B({one}) | B({two}) }}\n}}",
    "let TABLE = [{one}, {two}]\nblock B(k) {{\n  let v = TABLE[k]\n  {term} - GAPool\n}}\n"
    "model m {{\n{input}  add {{ B(0) | B(1) }}\n}}",
    "block B(vs) {{\n  let v = vs[0]\n  {term} - GAPool\n}}\n"
    "model m {{\n{input}  add {{ B([{one}]) | B([{two}]) }}\n}}",
    "block B(v={one}) {{ {term} - GAPool }}\nblock C(v={two}, flag=true) {{ B(v if flag else {one}) }}\n"
    "model m {{\n{input}  add {{ B() | C() | C(flag=false) }}\n}}",
)


def passed(kind: type[Op]) -> Iterator[tuple[str, str, str, str]]:
    """Terms with an argument `v`, the input's shape, and two values that the argument may have."""
    for example in [e for e in kind.examples if e.inputs and ";" not in e.inputs][:1]:
        name, bracket, given = example.term.removesuffix(")").partition("(")
        shape = smaller(example.inputs)
        for field in kind.model_fields:
            for before in dict.fromkeys(("", f"{given}, " if bracket else "")):
                term = f"{name}({before}{field}="
                fit = [v for v in VALUES if not codes(f"model m {{\n  input {shape}\n  {term}{v})\n}}\n")]
                if len(fit) > 1:
                    yield f"{term}v)", shape, fit[0], fit[-1]


KINDS = [pytest.param(k, id=k.kind()) for k in registry().values() if k.model_fields and k.kind() not in RANDOM]


@pytest.mark.parametrize("kind", KINDS)
def test_an_argument_may_be_any_expression(kind: type[Op]) -> None:
    torch.set_num_threads(1)
    every = os.environ.get("ARCHC_ALL") == "1"
    for number, (term, shape, one, two) in enumerate(passed(kind)):
        some = (FORMS[number % len(FORMS)], FORMS[(3 * number + 5) % len(FORMS)])
        for form in FORMS if every else some:
            check(form.format(term=term, input=f"  input {shape}\n", one=one, two=two) + "\n")


def check(text: str) -> None:
    try:
        wanted = reference(text)
    except (Invalid, TypeError, ValueError, IndexError, KeyError):  # values that the reference does not know
        if not codes(text):  # what archc accepts can be built all the same
            made = module_from(archc.compile_text(text).source())
            getattr(made, made.__all__[0])()
        return
    found = next(differences(wanted, text), None)
    assert found is None or found.kind == "refused", f"{found}\n{text}"
