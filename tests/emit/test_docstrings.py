"""Docstrings of emitted code fill their lines, and no line is longer than 100 columns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archc.targets.pytorch import emit
from tests.support.specs import checked


def long(first: int) -> str:
    """A text whose words, except for the first, have one letter."""
    return f"{'a' * first} {'b ' * 120}".strip()


def written(text: str) -> list[str]:
    networks = list(checked(text).networks.values())
    return emit(networks, "archc compile t.arch", "0").splitlines()


def of_text(said: str) -> str:
    return f'block B(c) {{\n  "Sum. {said}"\n  Conv(c)\n}}\nmodel m {{\n  input 3x8x8\n  B(4) - B(8)\n}}\n'


def of_arguments(said: str) -> str:
    doc = f'"""Sum.\n\n  Args:\n    c: {said}\n  """'
    return f"block B(c) {{\n  {doc}\n  Conv(c)\n}}\nmodel m {{\n  input 3x8x8\n  B(4) - B(8)\n}}\n"


def of_paper(said: str) -> str:
    return f'model m(c) {{\n  input 3x8x8\n  Conv(c)\n}}\nvariant v = m(4) {{\n  paper: "{said}"\n}}\n'


def of_a_family(said: str) -> str:
    return f"{of_paper(said)}variant w = m(8)\n"


@pytest.mark.parametrize("spec", [of_text, of_arguments, of_paper, of_a_family])
def test_long_texts_fill_their_lines(spec: Callable[[str], str]) -> None:
    longest = [max(map(len, written(spec(long(first))))) for first in range(1, 5)]
    assert max(longest) == 100, longest


@pytest.mark.parametrize(
    ("passed", "kind"),
    [("ReLU, Tanh", "type[nn.Module]"), ("ReLU, Tanh, none", "type[nn.Module] | None")],
)
def test_a_layer_that_is_passed_may_be_none_only_where_one_is(passed: str, kind: str) -> None:
    calls = " - ".join(f"B({name})" for name in passed.split(", "))
    said = written(f"block B(Act) {{ Conv(4) - Act if (Act != none) }}\nmodel m {{\n  input 3x8x8\n  {calls}\n}}\n")
    (head,) = (line for line in said if "def __init__(self" in line and "act" in line)
    assert f"act: {kind})" in head


def test_a_summary_is_whole_if_a_docstring_of_one_line_would_be_100_columns() -> None:
    for words, whole in ((44, True), (45, False)):
        said = f"A{' b' * words}"
        lines = written(f'block B(c) {{\n  "{said}"\n  Conv(c)\n}}\nmodel m {{\n  input 3x8x8\n  B(4) - B(8)\n}}\n')
        assert any(line.startswith(f'    """{said}.') for line in lines) is whole
        assert (len(f'    """{said}."""') <= 100) is whole


def test_comments_know_the_functions_of_the_spec() -> None:
    text = (
        "fn half(c) = c // 2\nmodel m {\n  input 64x8x8\n  x = l: [Conv(half(in.channels)) - BN]x2\n"
        "  add { x | x - Conv(x.channels) } - Conv(half(x.channels)) - add { in | Conv(in.channels) }\n}\n"
    )
    assert any(line.endswith("  # 16x8x8") for line in written(text))


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("Conv(classes, 1)", "(N, classes, 8, 8)"),
        ("Conv(classes * 2) - GAPool", "(N, classes * 2, 1, 1)"),
        ("FC(classes + 1)", "logits (N, classes + 1)"),
        ("Conv(16)", "(N, 16, 8, 8)"),
    ],
)
def test_a_result_is_told_for_each_number_of_classes(term: str, said: str) -> None:
    text = f"model m(classes=5) {{\n  input 3x8x8\n  x = Conv(classes)\n  x * x - {term}\n}}\n"
    assert f"Map images (N, 3, 8, 8) to {said}." in "\n".join(written(text))


def test_a_docstring_does_not_begin_with_a_fourth_quote() -> None:
    lines = written(of_text("").replace("Sum. ", r"\"Wide\" blocks, as \"WRN\"."))
    assert any(line.startswith("    \"\"\"'Wide' blocks, as 'WRN'.") for line in lines), lines
