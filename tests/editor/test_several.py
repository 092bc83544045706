"""Features on several inputs, lists of tensors, shared modules, `every` and arithmetic, by example."""

from __future__ import annotations

import pytest

from archc.editor import marks, names
from archc.editor.completion import completions
from archc.editor.data import NameUse
from archc.editor.hover import hover
from archc.editor.listing import coloured, symbols
from archc.editor.problems import problems
from tests.editor.support import Opened, opened, shipped

TEXT = """let mean = [0.4, 0.5, 0.6]
macro Half = 0.5 * in

block Parts(c, parts=4) {
  *xs = Conv(parts * c, 1) - Chunk(parts)
  (xs[0] - every [(add { in | xs[i] } if (i > 0)) - "convs.{i}": Conv(c)] x (parts - 1) as i, xs[-1]) - Concat
}

block Exchange(c) over (first, *ys) {
  return first, (for i in range(len(ys)) {
    add { ys[i] - Conv(c, 1) | (first - Conv(c) - ReLU) if (c > 4) else none }
  },)
}

model both(classes=10) {
  input left: 3x32x32
  input right: 1x32x32
  shared code: (Conv(16) - ReLU)
  a = left - mean - stem: Conv(8) - code
  b = right - Half - Conv(8) - code - Conv(24, 1)
  *zs = (a, a, b) - Exchange(16)
  x = add { zs } - Parts(8)
  gate = x - GAPool - Sigmoid
  gate * x + 0.1 * x - small: Conv(4) - GAPool - fc: FC(classes)
}
"""


@pytest.fixture(scope="module")
def spec() -> Opened:
    return opened(TEXT)


def test_the_example_is_in_order(spec: Opened) -> None:
    assert problems(spec.view) == () and spec.view.analysis.results["both"].network is not None


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("left: 3", "tensor left\n```\n\n3x32x32 in both"),
        ("right - Half", "1x32x32 in both"),
        ("xs = Conv", "tensor *xs\n```\n\n8x32x32, 8x32x32, 8x32x32, 8x32x32 in both"),
        ("xs[i]", "8x32x32, 8x32x32, 8x32x32, 8x32x32 in both"),
        ("first, *ys", "tensor first\n```\n\n16x32x32 in both"),
        ("ys) {", "tensor *ys\n```\n\n16x32x32, 24x32x32 in both"),
        ("zs }", "16x32x32, 16x32x32, 16x32x32 in both"),
        ("code: (", "`code` in both\n\nIn both: 8x32x32 → **16x32x32**, the first of 2"),
        ("code - Conv(24", "1,168 parameters"),
        ("* x + 0.1", "32x1x1, 32x32x32 → **32x32x32**"),
        ("Half - Conv", "macro Half"),
        ("i > 0", "`0`, `1`, `2` in both"),
        ("mean - stem", "`[0.4, 0.5, 0.6]` in both"),
    ],
)
def test_hovers(spec: Opened, place: str, said: str) -> None:
    found = hover(spec.view, spec.at(place))
    assert found is not None and said in found.text, found


def test_hints(spec: Opened) -> None:
    told = {TEXT[: hint.offset].rpartition("\n")[2].lstrip(): hint.text for hint in marks.hints(spec.view)}
    assert told["a = left - mean - stem: Conv(8) - code"] == "→ 16x32x32"  # a use of a shared module
    assert told["*zs = (a, a, b) - Exchange(16)"] == "→ 16x32x32, 16x32x32, 16x32x32"
    assert "gate * x" not in told  # the output has the shape of `x`


def test_a_shape_that_nobody_knows_is_told_as_such() -> None:
    block = "block B over (*xs) {\n  return xs[0] - Cnov, xs[1]\n}\n"
    one = opened(f"{block}model m {{\n  input 4x8x8\n  *ys = (in, in) - B\n  add {{ ys }}\n}}\n")
    told = {h.text for h in marks.hints(one.view)}
    assert "→ ?, 4x8x8" in told


@pytest.mark.parametrize(
    ("before", "there", "absent"),
    [
        ("macro Half = 0.5 * ", {"in", "Conv", "mean"}, {"code"}),
        ("range(len(", {"ys", "first"}, {"Conv"}),
        ("in | xs[", {"i", "parts", "len"}, {"Conv", "in"}),
        ("(xs[0] - every [", {"xs", "in", "Conv", "Parts"}, {"none"}),
        ("if (c > 4) else ", {"none", "Conv", "first", "ys"}, set()),
        ("input right: ", {"classes", "mean"}, {"Conv"}),
        ("shared code: ", {"Conv", "Parts"}, {"in"}),
        ("gate * x + ", {"x", "gate", "zs", "left", "Conv"}, {"in"}),
        ("mean - stem: Conv(8) - ", {"code", "Parts"}, {"in"}),
    ],
)
def test_completions(spec: Opened, before: str, there: set[str], absent: set[str]) -> None:
    labels = {item.label for item in completions(spec.space, spec.view, spec.at(before, within=len(before)))}
    assert there <= labels and not absent & labels


@pytest.mark.parametrize(
    ("place", "uses"),
    [("left: 3", 2), ("xs = ", 4), ("ys) {", 3), ("zs = ", 2), ("code: (", 3), ("i > 0", 4), ("x = add", 4)],
)
def test_references_highlights_and_definitions(spec: Opened, place: str, uses: int) -> None:
    offset = spec.at(place)
    found = names.references([spec.view], spec.view, offset)
    assert len(found) == uses
    assert {m.span for m in names.highlights(spec.view, offset)} == set(found)
    assert len({names.definition(spec.view, span.start) for span in found}) == 1
    assert sum(isinstance(m, NameUse) and m.writes for m in names.highlights(spec.view, offset)) == 1


def test_colours(spec: Opened) -> None:
    kinds = {TEXT[t.span.start : t.span.end]: t.kind for t in coloured(spec.view)}
    assert {kinds[word] for word in ("xs", "ys", "zs", "left", "first", "gate")} == {"variable"}
    assert {kinds[word] for word in ("shared", "every", "over", "none", "input")} == {"keyword"}
    assert kinds["code"] == "property" and kinds["Half"] == "macro"


def test_the_outline_has_inputs_lists_and_shared_modules(spec: Opened) -> None:
    inside = {s.name: {c.name for c in s.children} for s in symbols(spec.view)}
    assert {"left", "right", "code", "zs", "gate", "fc"} <= inside["both"] and "xs" in inside["Parts"]
    assert {"first", "ys"} <= inside["Exchange"]


def test_a_hint_that_is_too_long_ends_behind_a_comma() -> None:
    found = [hint.text for hint in marks.hints(shipped("fpn").view)]
    assert "→ 256x56x56, 512x28x28, 1024x14x14, …" in found
    one = opened(f"let sizes = range({10**6}, {10**6 + 20})\n")
    assert [hint.text for hint in marks.hints(one.view)] == ["= [1000000, 1000001, 1000002, 1000003, …"]


VARIED = """model m {
  input 3x8x8
  Conv(8, %s) - BN - [Conv(8)] x %s - GAPool - FC(2)
}
variant v = m { freeze all %s }
"""


@pytest.mark.parametrize(("given", "expected", "unexpected"), [
    (('pad=|"half"', "2", "BN"), {'"half"', '"same"'}, {"half", '"zeros"'}),
    (('pad_mode="|"', "2", "BN"), {"zeros", "reflect", "replicate", "circular"}, {"pad="}),
    (("3, 1, |", "2", "BN"), {'"half"', "pad=", "stride="}, {'"zeros"'}),
    (("3", "|2", "BN"), {"len", "max"}, {"Conv"}),
    (("3", "2", "|"), {"except", "Conv", "BN", "FC"}, {"GAPool", "all", "bn1"}),
])  # fmt: skip
def test_what_an_argument_a_repeat_or_an_edit_may_say(
    given: tuple[str, str, str], expected: set[str], unexpected: set[str]
) -> None:
    text = VARIED % given
    at = text.index("|")
    one = opened(text.replace("|", ""))
    found = {item.label for item in completions(one.space, one.view, at)}
    assert expected <= found and not unexpected & found
