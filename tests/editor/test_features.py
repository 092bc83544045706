"""Each feature, queried at every name of every shipped spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from archc.count.table import shape
from archc.diagnostics.core import Edit, Severity
from archc.diagnostics.source import Source, Span
from archc.editor import fixes, marks, names, renaming
from archc.editor.calls import signature
from archc.editor.completion import completions
from archc.editor.data import Fold, NotPossible
from archc.editor.hover import hover
from archc.editor.listing import coloured, folds, found, symbols
from archc.editor.preview import LEVELS, preview
from archc.editor.problems import problems
from archc.editor.style import format_edits
from archc.editor.view import View
from archc.ops import registry
from archc.syntax import tree
from archc.syntax.walk import walk
from archc.zoo import shipped_source
from tests.editor.support import FOLDER, SPECS, Opened, finished, literally, opened, shipped
from tests.support.everything import one_in

NAME = re.compile(r"[A-Za-z_]\w*")


@pytest.fixture(scope="module", params=SPECS)
def spec(request: pytest.FixtureRequest) -> Opened:
    return shipped(request.param)


def offsets(one: Opened, every: int = 1) -> Iterator[int]:
    for number, match in enumerate(NAME.finditer(one.view.source.text)):
        if number % every == 0:
            yield match.start() + 1


def words(one: Opened, span: Span) -> str:
    return one.space.words(span.file)[span.start : span.end].strip('"')


# -- the figure beside the text ----------------------------------------------------------------------------------------


def test_every_box_of_the_figure_has_a_place_and_every_name_a_figure(spec: Opened) -> None:
    made = None
    for level in LEVELS.values():
        made = preview(spec.view, 0, level)
        if made is None:  # the file has only blocks
            assert spec.view.analysis.members == ()
            return
        ids = set(re.findall(r' id="([^"]+)"', made.svg))
        assert ids and ids <= {unescape(path) for path in made.places}, level
    assert made is not None and made.counts.endswith("iB") and made.member in {*map(str, spec.view.analysis.members)}


def test_the_cursor_is_in_a_term_and_what_is_around_it() -> None:
    one = opened(
        "block U(c) { Conv(c) - ReLU }\nmodel m {\n  input 3x8x8\n  a: U(4) - (b: Conv(2) - ReLU) - FC(2)\n}\n"
    )
    made = preview(one.view, one.at("Conv(2)"))
    assert made is not None and made.member == "m" and made.at[0].endswith("b")
    inside = preview(one.view, one.at("Conv(c)"))
    assert inside is not None and inside.at == ("a.0",)
    assert words(one, inside.places["a"]) == "a: U(4)" and words(one, inside.places["a.0"]) == "Conv(c)"


# -- on every shipped spec --------------------------------------------------------------------------------------------


def test_what_is_told_of_a_shipped_spec_is_no_error(spec: Opened) -> None:
    assert [t for t in problems(spec.view) if t.severity is Severity.ERROR] == []


def test_every_layer_and_definition_has_a_hover(spec: Opened) -> None:
    view, kinds = spec.view, registry()
    for use in view.symbols.references:
        real = view.outside(use.span)
        if use.span.file != view.name or real is None or use.definition is None:
            continue
        said = hover(view, real.start)
        if use.definition.kind in ("layer", "block", "macro", "model", "variant", "function"):
            assert said is not None and said.span == real, words(spec, real)
            start = kinds[use.definition.name].kind() if use.definition.kind == "layer" else use.definition.name
            assert start in said.text


def test_a_term_says_the_shapes_that_its_network_has(spec: Opened) -> None:
    view = spec.view
    for declaration in view.analysis.module.file.declarations:
        real = view.outside(declaration.span)
        assert real is not None
        member = view.member_at(real.start)
        shown = view.shown(member)
        for node, _ in walk(declaration):
            if isinstance(node, tree.Use) and shown is not None and node.span in shown.nodes:
                made = shown.network.nodes[shown.nodes[node.span][0]]
                place = view.outside(node.name_span)
                assert place is not None
                said = hover(view, place.start)
                assert said is not None and f"**{shape(made.types[0].dims)}" in said.text


def test_names_lead_to_their_definitions_and_back(spec: Opened) -> None:
    view = spec.view
    for offset in offsets(spec, every=3):
        target = names.definition(view, offset)
        if target is None or target.start == target.end:
            continue
        found_ = view.named(offset)
        assert found_ is not None
        if found_[1].kind != "module":
            aliases = {found_[1].name, words(spec, view.outside(found_[0]) or target)}
            assert words(spec, target) in aliases
        uses = names.references([view], view, offset)
        assert target in uses
        assert {m.span for m in names.highlights(view, offset)} >= {s for s in uses if s.file == view.name} - {target}


@pytest.mark.parametrize("name", one_in(3, SPECS))
def test_all_names_can_be_given_others_and_nothing_changes(name: str) -> None:
    """Names at different places are renamed together, because checking a family again takes seconds."""
    spec = shipped(name)
    view, done = spec.view, set[Span]()
    before = [r.counted.params for r in view.analysis.results.values() if r.counted is not None]
    rounds: list[list[Edit]] = []
    for offset in offsets(spec, every=4):
        target = names.definition(view, offset)
        if target in done or len(done) >= 12:
            continue
        try:
            made = renaming.rename(spec.space, [view], view, offset, f"another_{len(done)}")
        except NotPossible:
            continue
        assert target is not None
        done.add(target)
        edits = [e for e in made.edits if e.span.file == view.name]
        together = next((r for r in rounds if not any(_meet(a, b) for a in r for b in edits)), None)
        if together is None:
            rounds.append(together := [])
        together += edits
    assert done
    for edits in rounds:
        text = literally(view.source.text, edits)
        again = opened(text, view.name.rpartition("/")[2])
        assert [t for t in problems(again.view) if t.severity is Severity.ERROR] == [], text
        after = [r.counted.params for r in again.view.analysis.results.values() if r.counted is not None]
        assert after == before


def _meet(one: Edit, other: Edit) -> bool:
    return one.span.start < other.span.end and other.span.start < one.span.end


def test_the_outline_has_every_declaration(spec: Opened) -> None:
    declared = [
        d for d in spec.view.analysis.module.file.declarations
        if isinstance(d, tree.Block | tree.ModelDef | tree.Variant | tree.Macro | tree.Function | tree.Let)
    ]  # fmt: skip
    listed = symbols(spec.view)
    assert [s.name for s in listed] == [d.name if isinstance(d, tree.Let) else d.name.name for d in declared]
    for one in listed:
        assert words(spec, one.span) == one.name
        for child in one.children:
            assert one.whole.start <= child.whole.start and child.whole.end <= one.whole.end


def test_what_stands_in_a_text_is_offered_there(spec: Opened) -> None:
    """The completions at the place of a layer, block, macro or tensor include it."""
    view = spec.view
    for number, use in enumerate(view.symbols.references):
        real = view.outside(use.span)
        if number % 5 or use.span.file != view.name or real is None or use.definition is None:
            continue
        if use.role == "call" and use.definition.kind in ("layer", "block", "macro"):
            labels = {item.label for item in completions(spec.space, view, real.start)}
            assert words(spec, real) in labels or use.definition.name in labels, view.source.text[real.start - 40 :][
                :60
            ]


def test_calls_have_signatures(spec: Opened) -> None:
    view = spec.view
    for declaration in view.analysis.module.file.declarations:
        for node, _ in walk(declaration):
            if isinstance(node, tree.Use) and node.arguments and node.name != "in":
                end = view.outside(node.arguments[0].span)
                said = signature(view, end.start) if end is not None else None
                known = view.symbols.visible(view.name, node.span.start).get(node.name)
                if known is None or known.kind in ("block", "macro"):
                    assert said is not None and said.text.startswith(f"{node.name}(")
                    assert said.active is not None and said.text[slice(*said.parameters[said.active])]


def test_colours_cover_words_in_order_and_on_one_line(spec: Opened) -> None:
    tokens = coloured(spec.view)
    text = spec.view.source.text
    for one, other in zip(tokens, tokens[1:], strict=False):
        assert one.span.end <= other.span.start
    assert all("\n" not in text[t.span.start : t.span.end] and t.span.start < t.span.end for t in tokens)
    classes = [t for t in tokens if t.kind == "class" and "defaultLibrary" in t.modifiers]
    assert all(
        text[t.span.start : t.span.end] in {n for k in registry().values() for n in (k.kind(), *k.aliases)}
        for t in classes
    )


def test_folds_are_regions_that_do_not_cross(spec: Opened) -> None:
    lines = spec.view.source.text.count("\n")
    made = folds(spec.view.source)
    assert made and all(0 <= f.first < f.last <= lines for f in made)
    for one in made:
        for other in made:
            assert not one.first < other.first <= one.last < other.last or one.last == other.first


def test_each_member_has_its_counts_over_it(spec: Opened) -> None:
    over = [one for one in marks.lenses(spec.view) if "MACs" in one.text and "·" in one.text]
    assert len(over) == len([m for m in spec.view.analysis.members if m is not None])
    kept = [one for one in marks.lenses(spec.view) if one.text[0] in "✓✗"]
    assert all(one.text.startswith("✓") for one in kept)


def test_hints_say_shapes_of_the_networks(spec: Opened) -> None:
    shapes = {
        shape(t.dims)
        for r in spec.view.analysis.results.values() if r.network is not None
        for n in r.network.nodes for t in n.types
    }  # fmt: skip
    text = spec.view.source.text
    for hint in marks.hints(spec.view, wanted="all"):
        if "→" in hint.text:
            first = hint.text.partition("→ ")[2].removesuffix(" …").split(", ")[0]
            assert first in shapes or first.endswith("…")
            assert text[hint.offset - 1] not in " \n"
    assert not marks.hints(spec.view, wanted="none")


def test_a_shipped_spec_is_in_the_style(spec: Opened) -> None:
    assert format_edits(spec.view.source) == ()


# -- by example -------------------------------------------------------------------------------------------------------

TINY = """block Unit(c, stride=1) {
  "Two convolutions."
  let width = c * 2
  add {
      conv1: Conv(width, 3, stride) - ReLU - conv2: Conv(c)
    | short: Conv(c, 1, stride) if (stride != 1 or in.channels != c)
  }
}

model tiny(width=16, classes=10) {
  input 3x32x32
  stem: Conv(width) - Unit(width, 2) - Unit(width) - GAPool - fc: FC(classes)
}

variant small = tiny(width=8) {
  expect params <= 10K
  replace fc: FC(3)
  freeze all except fc
}
"""


@pytest.fixture(scope="module")
def tiny() -> Opened:
    return opened(TINY)


def labels(one: Opened, offset: int) -> list[str]:
    return [item.label for item in completions(one.space, one.view, offset)]


def test_an_argument_says_where_its_value_comes_from(tiny: Opened) -> None:
    said = hover(tiny.view, tiny.at("Conv(width, 3", within=6))
    assert said is not None
    assert (
        "channels = width = 16" in said.text
        and "a let of Unit" in said.text
        and "passed to Unit at mine.arch" in said.text
    )


def test_a_label_says_its_paths(tiny: Opened) -> None:
    said = hover(tiny.view, tiny.at("conv1:", within=2))
    assert said is not None and "`unit1.conv1`" in said.text and "`unit2.conv1`" in said.text


def test_a_block_says_its_instances(tiny: Opened) -> None:
    said = hover(tiny.view, tiny.at("block Unit", within=7))
    assert said is not None and "2 in small" in said.text and "8x32x32 → 8x16x16" in said.text


def test_a_model_says_its_counts(tiny: Opened) -> None:
    said = hover(tiny.view, tiny.at("variant small", within=9))
    assert said is not None and "parameters" in said.text and "MACs" in said.text


def test_lenses_say_how_near_an_expectation_is(tiny: Opened) -> None:
    (near,) = [one.text for one in marks.lenses(tiny.view) if "%" in one.text]
    counted = tiny.view.analysis.results["small"].counted
    assert counted is not None and near == f"✓ {100 * counted.params / 10_000:.0f} %"


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("stem: Conv(width) - ", {"Conv", "Unit", "in", "add", "ReLU"}),
        ("Unit(width, ", {"stride=", "width", "c="}),
        ("Conv(width, 3, ", {"bias=", "groups=", "c", "width"}),
        ("  expect ", {"params", "macs", "peak_memory"}),
        ("  freeze all except ", {"fc", "stem", "unit1", "unit2"}),
        ("variant small = ", {"tiny"}),
        ("variant small = tiny(", {"classes=", "width="}),
        ("model tiny(width=16, classes=10) {\n", {"input", "let", "Conv", "Unit", "return"}),
        ("variant small = tiny(width=8) {\n", {"expect params", "paper", "replace", "freeze"}),
    ],
)  # fmt: skip
def test_completions(tiny: Opened, before: str, wanted: set[str]) -> None:
    assert wanted <= set(labels(tiny, tiny.at(before, within=len(before))))


def test_completions_while_a_definition_cannot_be_read() -> None:
    one = opened("block Unit(c, stride=1) {\n  let w = c * 2\n  Conv(w) - Con")
    assert {"c", "Conv"} <= set(labels(one, len(one.view.source.text)))
    one = opened('from "com')
    assert "common.arch" in labels(one, len(one.view.source.text))
    one = opened('from "common.arch" use ')
    assert "SE" in labels(one, len(one.view.source.text))
    one = opened("model m {\n  # Con")
    assert labels(one, len(one.view.source.text)) == []


def test_paths_are_completed_part_by_part() -> None:
    one = opened(TINY.replace("freeze all except fc", "freeze unit1."))
    assert {"conv1", "conv2", "short"} <= set(labels(one, one.at("freeze unit1.", within=13)))


def test_the_next_parameter_is_told(tiny: Opened) -> None:
    said = signature(tiny.view, tiny.at("Conv(width, 3, stride)", within=14))
    assert said is not None and said.active is not None
    assert said.text[slice(*said.parameters[said.active])].startswith("stride")
    named = signature(tiny.view, tiny.at("tiny(width=8", within=12))
    assert named is None or named.active is not None


def test_a_label_is_renamed_in_the_paths_of_edits(tiny: Opened) -> None:
    made = renaming.rename(tiny.space, [tiny.view], tiny.view, tiny.at("fc: FC(classes)", within=1), "head")
    text = literally(TINY, made.edits)
    assert "head: FC(classes)" in text and "replace head: FC(3)" in text and "freeze all except head" in text
    assert ("fc", "head") in made.modules and made.keys is not None
    assert ("fc.weight", "head.weight") in made.keys.renamed


@pytest.mark.parametrize(
    ("place", "new", "why"),
    [
        ("Conv(width)", "Other", "a layer of the language"),
        ("block Unit", "ReLU", "what the language calls a layer"),
        ("let width", "c", "other names would change their meaning"),
        ("block Unit", "for", "keeps for itself"),
        ("block Unit", "1x", "not a name"),
        ("fc: FC(classes)", "train", "cannot be a label"),
    ],
)
def test_what_cannot_be_renamed(tiny: Opened, place: str, new: str, why: str) -> None:
    within = 7 if place.startswith("block") else 5 if place.startswith("let") else 1
    with pytest.raises(NotPossible, match=why):
        renaming.rename(tiny.space, [tiny.view], tiny.view, tiny.at(place, within=within), new)


def test_names_are_found_and_renamed_in_all_files() -> None:
    parts = "block Unit(c) {\n  Conv(c) - ReLU\n}\n"
    user = 'from "parts.arch" use Unit\n\nmodel m {\n  input 3x8x8\n  Unit(4) - GAPool\n}\n'
    one = opened(user, parts=parts, other=user)
    here = one.at("Unit(4)", within=1)
    assert names.definition(one.view, here) == Span(f"{FOLDER}/parts.arch", 6, 10)
    others = [View(finished(one.space, name)) for name in one.space.specs()]
    assert len(names.references(others, one.view, here)) == 5
    made = renaming.rename(one.space, others, one.view, here, "Cell")
    assert {e.span.file for e in made.edits} == set(one.space.open)
    assert names.definition(one.view, one.at('"parts.arch"', within=3)) == Span(f"{FOLDER}/parts.arch", 0, 0)


def test_a_shipped_definition_is_found_and_kept() -> None:
    one = opened('from "common.arch" use SE\n\nmodel m {\n  input 8x8x8\n  SE - GAPool\n}\n')
    target = names.definition(one.view, one.at("SE - ", within=1))
    assert target is not None and target.file == "archc/specs/common.arch"
    assert shipped_source("common.arch").text[target.start : target.end] == "SE"
    with pytest.raises(NotPossible, match="shipped"):
        renaming.renamable(one.view, one.at("SE - ", within=1))


def test_what_is_wrong_in_another_file_is_told_at_the_import() -> None:
    one = opened(
        'from "parts.arch" use Unit\n\nmodel m {\n  input 3x8x8\n  Unit(4)\n}\n',
        parts="block Unit(c) {\n  Cnov(c)\n}\n",
    )
    told = [t for t in problems(one.view) if "Cnov" in t.message]
    assert told and words(one, told[0].span) == "parts.arch"
    assert told[0].related[0][0].file == f"{FOLDER}/parts.arch"


def test_both_places_of_a_mismatch_are_told() -> None:
    one = opened(TINY.replace("conv2: Conv(c)", "conv2: Conv(c + 1)"))
    told = next(t for t in problems(one.view) if t.code == "E0301")
    assert any("channels are made here" in text for _, text in told.related)
    actions = fixes.fixes(one.space, one.view, told.span.start, told.span.end)
    assert any(literally(one.view.source.text, a.edits) == TINY for a in actions), [a.title for a in actions]


def test_a_warning_can_be_allowed() -> None:
    one = opened("let unused = 3\n\nmodel m {\n  input 3x8x8\n  Conv(4) - GAPool\n}\n")
    (told,) = problems(one.view)
    assert told.unused
    action = fixes.fixes(one.space, one.view, told.span.start, told.span.end)[-1]
    assert not problems(opened(literally(one.view.source.text, action.edits)).view)


def test_the_values_of_lets_are_hinted() -> None:
    one = opened("let a = 3\nlet b = a * 4\n\nmodel m {\n  input 3x8x8\n  Conv(b) - GAPool\n}\n")
    assert [h.text for h in marks.hints(one.view)] == ["= 12", "→ 12x8x8", "→ 12x1x1"]


def test_what_a_sketch_rule_chose_is_hinted() -> None:
    one = opened("model m {\n  input 3x8x8\n  Conv - Pool - Conv - FC\n}\n")
    assert "(channels=64) → 64x8x8" in [h.text for h in marks.hints(one.view)]


def test_lines_are_formatted_alone() -> None:
    text = "let a=1\n\nlet b=2\n\nlet c=3\n"
    assert literally(text, format_edits(Source("x", text), 3, 3)) == "let a=1\n\nlet b = 2\n\nlet c=3\n"


def test_symbols_of_all_specs_are_found() -> None:
    one = opened(TINY, other="block Another(c) {\n  Conv(c)\n}\n")
    assert {s.name for s in found(one.space, "nt")} == {"Unit", "Another", "tiny"} - {"tiny"}
    assert [s.name for s in found(one.space, "tny")] == ["tiny"]


def test_brackets_docstrings_comments_and_imports_fold() -> None:
    text = 'from "a" use A\nfrom "b" use B\n\n# one\n# two\nmodel m {\n  """A\n  b\n  """\n  Conv\n  Conv\n}\n'
    made = folds(Source("x", text))
    assert Fold(0, 1, "imports") in made and Fold(3, 4, "comment") in made and Fold(6, 8, "comment") in made
    assert Fold(5, 10) in made


def test_a_shared_module_is_found_completed_and_renamed_where_it_is_used() -> None:
    words = (
        "model pair {\n  input left: 8\n  input right: 8\n  shared code: FC(4)\n"
        "  concat { left - code | right - code }\n}\n"
    )
    spec = opened(words)
    declared, used = spec.at("code: FC"), spec.at("- code", within=3)
    where = names.definition(spec.view, used)
    assert where is not None and where.start == declared
    assert len(names.references([spec.view], spec.view, used)) == 3
    made = renaming.rename(spec.space, [spec.view], spec.view, used, "encoder")
    assert len(made.edits) == 3 and made.modules == (("code", "encoder"),)
    found = completions(spec.space, spec.view, spec.at("- code", within=4))
    assert {"code", "left", "right"} <= {item.label for item in found[:4]}
