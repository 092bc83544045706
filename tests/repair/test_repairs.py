"""Suggested repairs correct errors, and applied fixes leave fewer problems."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archc.analysis.repair.edits import applied, compatible
from archc.analysis.repair.fix import fixed
from archc.analysis.repair.search import MOST, with_repairs
from archc.analysis.repair.trial import Outcome, Trials
from archc.diagnostics.core import Edit, Severity
from archc.diagnostics.problems.facts import ExpectationFailed
from archc.diagnostics.problems.names import ImportNotFound
from archc.diagnostics.source import Source, Span
from archc.pipeline import DEFAULTS, Checked, check
from archc.syntax.format.formatter import formatted
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from archc.zoo import Files
from tests.repair.broken import CASES, Broken
from tests.support.specs import SPECS, load

IDS = list(CASES)


def errors(checked: Checked, *, expectations: bool = True) -> int:
    return sum(
        d.severity is Severity.ERROR and (expectations or not isinstance(d.problem, ExpectationFailed))
        for d in checked.diagnostics
    )


@cache
def advised(name: str) -> tuple[Broken, Source, Checked]:
    case = CASES[name]
    source = case.source()
    checked = check(source, load, case.member)
    return case, source, with_repairs(checked, source, load, case.member)


@cache
def mended(name: str, unsafe: bool, /) -> str:
    case, source, _ = advised(name)
    return fixed(source, load, case.member, unsafe=unsafe)


# -- edits ------------------------------------------------------------------------------------------------------------


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(Span("x", start, end), text)


def test_edits_are_made_where_they_stand() -> None:
    assert applied("abcdef", [edit(4, 5, ""), edit(0, 1, "XY"), edit(2, 2, "-")]) == "XYb-cdf"


def test_what_is_alone_on_its_line_takes_it_along() -> None:
    assert applied("a\n  b\nc\n", [edit(4, 5, "")]) == "a\nc\n"
    assert applied("a\n  b # d\nc\n", [edit(4, 5, "")]) == "a\n   # d\nc\n"


def test_edits_that_touch_each_other_are_not_made_together() -> None:
    one, inside, beside, same = (edit(0, 4, "a"),), (edit(2, 3, "b"),), (edit(4, 5, "c"),), (edit(0, 4, "a"),)
    assert compatible([one, inside, beside, same]) == [one, beside]
    assert compatible([(edit(1, 1, "a"),), (edit(1, 1, "b"),)]) == [(edit(1, 1, "a"),)]


# -- the search -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", IDS)
def test_every_suggested_repair_leaves_fewer_errors(name: str) -> None:
    case, source, checked = advised(name)
    before = errors(checked, expectations=False) or 1
    for diagnostic in checked.diagnostics:
        assert len(diagnostic.repairs) <= MOST
        for repair in diagnostic.repairs:
            after = check(Source(source.name, applied(source.text, repair)), load, case.member)
            assert errors(after, expectations=False) < before


@pytest.mark.parametrize("name", [n for n in IDS if CASES[n].mended])
def test_the_fault_is_mended(name: str) -> None:
    """The original text, or an equivalent one, is among the repairs."""
    case, source, _ = advised(name)
    text = mended(name, True)
    assert not check(Source(source.name, text), load, case.member).failed


def test_the_smallest_change_comes_first() -> None:
    _, source, checked = advised("one number off")
    (problem,) = (d for d in checked.diagnostics if d.severity is Severity.ERROR)
    first = problem.repairs[0]
    assert [(source.snippet(e.span), e.text) for e in first] == [("out + 1", "out")]
    assert problem.edits == first


BACK = [
    "one number off", "the wrong name", "the wrong factor", "stride in one branch only", "swapped arguments",
    "a missing stage", "a stage too long", "a width that is no number", "no whole number", "a model for a block",
    "a stray tensor", "a name too many", "a bracket not closed",
]  # fmt: skip


@pytest.mark.parametrize("name", BACK)
def test_what_is_expected_tells_which_repair_is_meant(name: str) -> None:
    """The variant's expectations hold only for the original text, which the repair restores."""
    case, source, _ = advised(name)
    whole = source.text.replace(case.new, case.old)
    text = mended(name, True)
    assert _words(text) == _words(fixed(Source(source.name, whole), load, case.member, unsafe=True))


def _words(text: str) -> str:
    return "".join(text.split())


def test_of_repairs_that_check_those_are_shown_with_which_the_expectations_hold() -> None:
    case, source, checked = advised("the wrong name")
    (problem,) = (d for d in checked.diagnostics if d.severity is Severity.ERROR)
    assert [[(source.snippet(e.span), e.text) for e in r] for r in problem.repairs] == [[("planes", "out")]]
    unknown = Source(source.name, re.sub(r"  expect .*\n", "", source.text))
    told = with_repairs(check(unknown, load, case.member), unknown, load, case.member)
    (problem,) = (d for d in told.diagnostics if d.severity is Severity.ERROR)
    assert len(problem.repairs) == MOST


def test_a_path_that_is_misspelt_is_that_of_the_near_spec(tmp_path: Path) -> None:
    (tmp_path / "blocks.arch").write_text("block B { ReLU }\n", encoding="utf-8")
    files = Files(tmp_path)
    for wrong, near in (("block.arch", "blocks.arch"), ("alexnt.arch", "alexnet.arch"), ("nowhere.arch", "")):
        problem = files.load(wrong, Source("m.arch", ""))
        assert isinstance(problem, ImportNotFound) and problem.nearest == near
    text = 'from "block.arch" use B\nmodel m {\n  input 3x8x8\n  B\n}\n'
    assert fixed(Source("m.arch", text), files.load, unsafe=True) == text.replace("block.arch", "blocks.arch")
    assert fixed(Source("m.arch", text), files.load) == text
    alone = 'from "nowhere.arch" use C\nmodel m {\n  input 3x8x8\n  ReLU\n}\n'
    assert fixed(Source("m.arch", alone), files.load, unsafe=True) == alone.partition("\n")[2]


def test_a_missing_layer_is_put_where_the_file_has_it_elsewhere() -> None:
    case, source, checked = advised("a missing normalisation")
    assert any("BN" in e.text for d in checked.diagnostics for r in d.repairs for e in r)


def test_what_was_tried_takes_the_place_of_general_advice() -> None:
    _, _, checked = advised("the wrong name")
    (problem,) = (d for d in checked.diagnostics if d.severity is Severity.ERROR)
    assert problem.problem.help() and not problem.help


def test_a_shortcut_is_projected_where_the_shape_changes() -> None:
    _, source, checked = advised("a shortcut not projected")
    (problem,) = (d for d in checked.diagnostics if d.severity is Severity.ERROR)
    projection = "(Conv(out, 1, stride) - BN) if (stride != 1 or in.channels != out)"
    assert [(source.snippet(e.span), e.text) for e in problem.edits] == [("in", projection)]


@pytest.mark.parametrize("name", IDS)
def test_a_trial_counts_the_errors_that_a_check_finds(name: str) -> None:
    case, source, checked = advised(name)
    trials = Trials(source, load, case.member, DEFAULTS)
    before = trials.outcome((), 99)
    assert before is not None and before.errors == errors(checked, expectations=False)
    whole = Trials(case.source(), load, case.member, DEFAULTS)
    back = Edit(Span(source.name, source.text.index(case.new), source.text.index(case.new) + len(case.new)), case.old)
    assert whole.outcome((back,), 99) == Outcome(0)


@pytest.mark.parametrize("family", ["densenet", "googlenet", "lenet", "resnet"])
def test_a_trial_of_a_shipped_spec_finds_nothing(family: str) -> None:
    source = Source(f"{family}.arch", (SPECS / f"{family}.arch").read_text(encoding="utf-8"))
    assert Trials(source, load, None, DEFAULTS).outcome((), 99) == Outcome(0)


# -- fixing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unsafe", [False, True])
@pytest.mark.parametrize("name", IDS)
def test_a_fix_leaves_fewer_errors_or_the_text(name: str, unsafe: bool) -> None:
    case, source, checked = advised(name)
    text = mended(name, unsafe)
    if text != source.text:
        assert errors(check(Source(source.name, text), load, case.member)) < errors(checked)
        if formatted(source) == source.text:
            assert formatted(Source(source.name, text)) == text


@pytest.mark.parametrize("name", ["misspelt layer", "misspelt argument", "misspelt name"])
def test_a_misspelt_name_is_mended_without_asking(name: str) -> None:
    case, source, _ = advised(name)
    assert mended(name, False) == source.text.replace(case.new, case.old)


def test_an_unused_value_goes_with_its_line() -> None:
    text = "model m {\n  input 3x8x8\n  let wide = 8\n  Conv(16) - GAPool - FC(10)\n}\n"
    assert fixed(Source("m.arch", text), load) == text.replace("  let wide = 8\n", "")


@pytest.mark.parametrize("name", ["one number off", "wrong expectation", "bad groups"])
def test_what_may_be_meant_is_not_changed_unasked(name: str) -> None:
    case, source, _ = advised(name)
    assert mended(name, False) == source.text


def mutated(text: str, random: Random) -> str:
    """A text with one or two of its tokens changed, left out or swapped."""
    for _ in range(random.choice([1, 1, 2])):
        tokens = [t for t in scan(Source("x", text), tables()) if t.type in ("NAME", "NUMBER", "MINUS", "COMMA")]
        token = random.choice(tokens)
        start, end = token.span.start, token.span.end
        new = {
            "NAME": [token.text[:-1], token.text + "s", token.text[1:] + token.text[0]],
            "NUMBER": [f"{token.text}0", "3", "2", "1"],
        }.get(token.type, ["", "|", "-"])
        text = text[:start] + random.choice(new) + text[end:]
    return text


@settings(deadline=None, derandomize=True, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([("alexnet", "alexnet"), ("lenet", "lenet5"), ("shufflenet", "shufflenet_v2_x0_5")]),
    st.integers(0, 2**32),
)
def test_whatever_is_broken_a_fix_leaves_fewer_errors(which: tuple[str, str], seed: int) -> None:
    family, member = which
    text = mutated((SPECS / f"{family}.arch").read_text(encoding="utf-8"), Random(seed))
    source = Source(f"{family}.arch", text)
    before = check(source, load, member)
    result = fixed(source, load, member, unsafe=True)
    after = check(Source(source.name, result), load, member)
    assert (
        result == text
        or errors(after) < errors(before)
        or (errors(after) == errors(before) and len(after.diagnostics) < len(before.diagnostics))
    )


def test_a_trial_stops_at_as_many_errors_as_there_were() -> None:
    case, source, _ = advised("one number off")
    trials = Trials(source, load, case.member, DEFAULTS)
    assert trials.outcome((), 1) is None


def test_what_is_passed_is_known_however_long_the_call_is() -> None:
    """A trail abbreviates a long list; the arguments after it are still known."""
    text = (
        "block B(ws, c) { add { in | Conv(c) } }\n"
        "model m { input 3x8x8\n  Conv(16) - B([1, 2, 3, 4, 5, 6, 7], 8) - FC(2) }\n"
    )
    source = Source("long.arch", text)
    (found,) = with_repairs(check(source, load), source, load).diagnostics
    assert found.frame is not None and found.frame.call == "B([1, 2, 3, 4, 5, 6, …], 8)"
    assert dict(found.frame.arguments) == {"ws": (1, 2, 3, 4, 5, 6, 7), "c": 8}
    at = text.index("8) - FC")
    assert (Edit(Span("long.arch", at, at + 1), "16"),) in found.repairs
