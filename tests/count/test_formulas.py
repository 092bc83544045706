"""Every printed formula of all shipped networks evaluates to its number."""

from __future__ import annotations

import re
from math import prod

import pytest

from archc.count.counts import count, is_input
from archc.count.explain import explain, explainable
from archc.count.formulas import QUANTITIES, Derivation, as_json, as_latex, as_table, as_text, derivations
from archc.count.table import as_markdown
from archc.ir.cost import Formula
from tests.support.shipped import FAMILIES, family
from tests.support.specs import network


def evaluated(numbers: str) -> int:
    """The value of a printed sum of products."""
    return sum(prod(map(int, term.split("·"))) for term in numbers.split(" + "))


@pytest.mark.parametrize("name", FAMILIES)
def test_every_formula_evaluates_to_its_number(name: str) -> None:
    seen: set[str] = set()
    for net in family(name).values():
        layers = [i for i, node in enumerate(net.nodes) if not is_input(node)]
        rows = dict(zip(layers, count(net).layers, strict=True))
        told: dict[tuple[int, str], Derivation] = {(d.node, d.quantity): d for d in derivations(net)}
        for index, row in rows.items():
            for quantity in QUANTITIES:
                number = getattr(row, quantity) or 0
                found = told.get((index, quantity))
                assert (found.formula.value if found else 0) == number
                if found is None or str(found.formula) in seen:
                    continue
                text = str(found.formula)
                seen.add(text)
                symbols, *_, last = text.split(" = ")
                assert int(last.replace(",", "")) == number
                assert evaluated(found.formula.numbers) == number
                assert [t.count("·") for t in symbols.split(" + ")] == [
                    t.count("·") for t in found.formula.numbers.split(" + ")
                ]
                assert evaluated_latex(found.formula.latex) == number


def evaluated_latex(text: str) -> int:
    """The value of a formula in LaTeX, computed from its numbers, which must equal its stated result."""
    *_, numbers, last = ["", *text.split(" = ")]
    value = int(last.replace("{,}", "")) if re.fullmatch(r"[\d{},]+", last) else -1
    if re.fullmatch(r"[\d+ ]*(\\cdot [\d+ ]*)*", numbers) and numbers:
        assert evaluated(numbers.replace(r" \cdot ", "·")) == value
    return value


NET = network("model m {\n  input 3x8x8\n  c: Conv(4, 3, groups=1) - g: Conv(4, 1, groups=2) - fc: FC(2)\n}\n")


def test_in_text_and_latex_and_markdown_and_json() -> None:
    found = list(derivations(NET, ("params", "macs")))
    assert as_text(found).splitlines()[:2] == [
        "c   Conv  parameters  D_K·D_K·M·N + N = 3·3·3·4 + 4 = 112",
        "c   Conv  MACs        D_K·D_K·M·N·D_F·D_F = 3·3·3·4·8·8 = 6,912",
    ]
    latex = r"D_K \cdot D_K \cdot M \cdot N + N = 3 \cdot 3 \cdot 3 \cdot 4 + 4 = 112"
    assert as_json(found[0]).latex == latex
    assert (as_json(found[0]).symbols, as_json(found[0]).value) == ("D_K·D_K·M·N + N", 112)
    assert rf"\texttt{{c}} Conv & parameters & ${latex}$ \\" in as_latex(found)
    assert f"| c | Conv | parameters | ${latex}$ | 112 |" in as_markdown(as_table(found))
    assert any(d.formula.latex.startswith(r"\frac{M}{G} \cdot N") for d in found)


def test_a_number_is_not_told_twice() -> None:
    assert Formula.of(("N", 10)).latex == "N = 10"
    assert Formula().latex == "0"
    assert Formula.of(("(size+4)", 9), ("N", 2)).latex == r"(\mathrm{size}+4) \cdot N = 9 \cdot 2 = 18"


SPEC = """
default Conv(bias=false)
fn wide(n) = 2 * n
block Unit(planes, stride=1) {
  let width = planes * 4
  conv: Conv(width, 3, stride) - ReLU
}
model m(base=8) {
  input 3x32x32
  "stem": Conv(base)
  - for (i, n) in enumerate([1, 2]) { "stage{i}": [Unit(wide(base) * 2**i, 2 if k == 0 else 1)] x n as k }
}
"""


def test_an_explanation_goes_back_to_the_spec() -> None:
    """Each argument is shown with its expression, and each name in it likewise, down to literal numbers."""
    net = network(SPEC)
    text = explain(net, explainable(net)["stage1.1.conv"], lambda span: SPEC[span.start : span.end])
    assert text.splitlines()[0] == "stage1.1.conv: Conv, 128x8x8 -> 128x8x8"
    assert "  in Unit(32, 1), expanded at Unit(wide(base) * 2**i, 2 if k == 0 else 1), as stage1.1" in text
    assert "  channels = width = 128, at width\n" in text
    assert "    width = planes * 4 = 128, a let of Unit\n" in text
    assert "      planes = wide(base) * 2**i = 32, passed to Unit at wide(base) * 2**i\n" in text
    assert "        i = 1, in a turn of the loop over enumerate((1, 2))\n" in text
    assert "        base = 8, the default of m\n" in text
    assert "      k = 1, in a turn of the loop over range(n)\n" in text
    assert "  bias = false, at false, by a default statement\n" in text
    assert "  MACs          D_K·D_K·M·N·D_F·D_F = 3·3·128·128·8·8 = 9,437,184\n" in text
    assert "  M       128  channels that come in\n" in text


@pytest.mark.parametrize("name", ["resnet", "densenet", "mobilenet", "googlenet", "lenet"])
def test_every_layer_can_be_explained(name: str) -> None:
    net = next(iter(family(name).values()))
    for index in explainable(net).values():
        text = explain(net, index, lambda span: f"{span.start}")
        assert text.startswith(net.nodes[index].path)
