"""Incremental checking gives the same result as checking the whole text.

With `ARCHC_ALL=1`, more edits and all broken specs are tested.
"""

from __future__ import annotations

from random import Random

import pytest

from archc.diagnostics.core import Diagnostic
from archc.diagnostics.source import Source, Span
from archc.editor.analysis import Dropped
from archc.editor.pieces import Reading
from archc.editor.workspace import Workspace
from archc.pipeline import check
from archc.zoo import families, shipped_source
from tests.corpus.mutate import case
from tests.editor.support import FOLDER, finished
from tests.repair.broken import CASES
from tests.support.everything import EVERYTHING, one_in

EDITS = 12 if EVERYTHING else 4


def said(diagnostic: Diagnostic) -> object:
    frames = diagnostic.frame.trail() if diagnostic.frame is not None else ()
    trail = tuple((f.callee, f.span, f.path, str(f.arguments)) for f in frames)
    words = diagnostic.problem.message(), diagnostic.label, diagnostic.problem.note(), diagnostic.help
    return diagnostic.span, diagnostic.code, words, diagnostic.labels, diagnostic.edits, diagnostic.more_calls, trail


def whole(space: Workspace, name: str) -> set[object]:
    return set(map(said, check(Source(name, space.words(name)), space.load).diagnostics))


def piecewise(space: Workspace, name: str) -> set[object]:
    return set(map(said, finished(space, name).diagnostics()))


def edited(words: str, original: str, random: Random) -> str:
    """The text with a character inserted or deleted, or unchanged."""
    at, what = random.randrange(len(words)), random.random()
    if what < 0.2:
        return original
    if what < 0.5:
        return words[:at] + words[at + 1 :]
    return words[:at] + random.choice(("1", "x", " ", "\n", "(", '"', "-", "}", "# ")) + words[at:]


@pytest.mark.parametrize("family", one_in(3, families()))
def test_after_each_edit_it_says_what_check_says(family: str) -> None:
    space, name, random = Workspace(), f"{FOLDER}/{family}.arch", Random(family)
    original = words = shipped_source(f"{family}.arch").text
    for _ in range(EDITS):
        space.put(name, words)
        assert piecewise(space, name) == whole(space, name), words
        words = edited(words, original, random)


@pytest.mark.parametrize("number", range(12))
def test_it_says_what_check_says_of_the_corpus(number: int) -> None:
    broken, space = case(3, number), Workspace()
    name = f"{FOLDER}/{broken.family}.arch"
    space.put(name, shipped_source(f"{broken.family}.arch").text)
    finished(space, name)
    space.put(name, broken.text)
    assert piecewise(space, name) == whole(space, name)


@pytest.mark.parametrize("what", one_in(4, CASES))
def test_it_says_what_check_says_of_broken_specs(what: str) -> None:
    source, space = CASES[what].source(), Workspace()
    name = f"{FOLDER}/{source.name}"
    space.put(name, shipped_source(source.name).text)
    finished(space, name)
    space.put(name, source.text)
    found = piecewise(space, name)
    assert found == whole(space, name) and found


def test_networks_are_those_of_check() -> None:
    space, name = Workspace(), f"{FOLDER}/resnet.arch"
    words = shipped_source("resnet.arch").text
    space.put(name, words)
    finished(space, name)
    space.put(name, words.replace("let width = planes", "let width =  planes"))  # shifts all later places by one
    analysis = finished(space, name)
    networks = check(Source(name, space.words(name)), space.load).networks
    for member, network in networks.items():
        kept = analysis.results[member].network
        assert kept is not None
        assert [n.path for n in kept.nodes] == [n.path for n in network.nodes]
        assert [analysis.outside(n.span) for n in kept.nodes if n.inputs] == [n.span for n in network.nodes if n.inputs]


# -- what is kept -----------------------------------------------------------------------------------------------------


def waiting_after(old: str, new: str, family: str = "resnet") -> list[str | None]:
    space, name = Workspace(), f"{FOLDER}/{family}.arch"
    words = shipped_source(f"{family}.arch").text
    space.put(name, words)
    finished(space, name)
    assert old in words
    space.put(name, words.replace(old, new, 1))
    return list(space.analysis(name).waiting())


def test_nothing_is_checked_again_for_a_comment() -> None:
    assert waiting_after("# Section 3.3", "# Section 3.3!") == []


def test_one_member_is_checked_for_a_change_in_it() -> None:
    assert waiting_after("variant resnet34 = ResNet(BasicBlock, [3", "variant resnet34 = ResNet(BasicBlock, [4") == [
        "resnet34"
    ]


def test_those_that_a_block_is_in_are_checked_for_a_change_of_it() -> None:
    found = waiting_after("let out = planes * 4", "let out = planes * 8")
    assert found == ["resnet50", "resnet101", "resnet152", "wide_resnet50_2", "wide_resnet101_2"]


def test_all_of_a_file_are_checked_for_a_default() -> None:
    assert len(waiting_after("default Conv(bias=false)", "default Conv(bias=true)")) == 20


def test_what_comes_back_is_known() -> None:
    space, name = Workspace(), f"{FOLDER}/vgg.arch"
    words = shipped_source("vgg.arch").text
    for each in (words, words.replace("Conv(c,", "Conv(c + 1,"), words):
        space.put(name, each)
        known = list(space.analysis(name).waiting())
        finished(space, name)
    assert known == []


def test_a_change_in_another_file_is_seen_without_saving() -> None:
    space = Workspace()
    parts, mine = f"{FOLDER}/parts.arch", f"{FOLDER}/mine.arch"
    space.put(parts, "block Unit(c) {\n  Conv(c) - ReLU\n}\nblock Other(c) {\n  Conv(c)\n}\n")
    space.put(mine, 'from "parts.arch" use Unit\n\nmodel m {\n  input 3x8x8\n  Unit(4) - GAPool - FC(2)\n}\n')
    assert not finished(space, mine).diagnostics()
    space.put(parts, "block Unit(c) {\n  Conv(c) - ReLU\n}\nblock Other(c) {\n  Conv(c, 5)\n}\n")
    assert list(space.analysis(mine).waiting()) == []
    space.put(parts, "block Unit(d) {\n  Conv(d, groups=7) - ReLU\n}\n")
    assert list(space.analysis(mine).waiting()) == ["m"]
    (told,) = finished(space, mine).diagnostics()
    assert told.span.file == mine and parts in {label.span.file for label in told.labels}
    assert space.users(parts) == (mine,)


def test_a_member_of_which_something_is_told_is_checked_again_where_names_change() -> None:
    """A diagnostic may have suggested a name that no longer exists."""
    space, name = Workspace(), f"{FOLDER}/mine.arch"
    words = "block Unit(c, k) {\n  Conv(c, k)\n}\n\nmodel m {\n  input 3x8x8\n  Unit(4, 99) - GAPool\n}\n"
    for each in (words, f"{words}\nlet thing = 3\n"):
        space.put(name, each)
        assert piecewise(space, name) == whole(space, name)


def test_what_nobody_wants_any_more_is_given_up() -> None:
    space, name = Workspace(), f"{FOLDER}/resnet.arch"
    space.put(name, shipped_source("resnet.arch").text)
    analysis = space.analysis(name)
    with pytest.raises(Dropped):
        analysis.check("resnet152", lambda: True)
    assert analysis.check("resnet152", lambda: False).network is not None


def test_what_was_said_before_stays_until_more_is_known() -> None:
    space, name = Workspace(), f"{FOLDER}/mine.arch"
    words = "model a {\n  input 3x8x8\n  Conv(4, groups=3) - GAPool\n}\n\nmodel b {\n  input 3x8x8\n  Conv(8)\n}\n"
    space.put(name, words)
    before = finished(space, name)
    (told,) = before.diagnostics()
    space.put(name, f"default Conv(bias=false)\n\n{words}")
    now = space.analysis(name)
    assert not now.results and not now.diagnostics()
    (again,) = now.diagnostics(before)
    assert again.code == told.code
    assert space.words(name)[again.span.start : again.span.end] == words[told.span.start : told.span.end]


# -- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", families())
def test_places_last(family: str) -> None:
    reading, random = Reading("x.arch"), Random(family)
    original = words = shipped_source(f"{family}.arch").text
    before: set[int] = set()
    for number in range(12):
        text = reading.read(words)
        for offset in range(0, len(words), 7):
            assert text.lasting.text[text.inside(offset)] == words[offset]
            assert text.outside(text.inside(offset)) == offset
        for declaration in text.file.declarations:
            real = text.span_outside(declaration.span)
            assert real is not None
            assert text.real.snippet(real) == text.lasting.snippet(declaration.span)
            assert text.span_inside(real) == declaration.span
        same = {id(d) for d in text.file.declarations}
        if number and words != original:
            assert len(before & same) >= len(before) - 3 or len(same) < len(before) / 2
        before = same
        words = edited(words, original, random)


def test_a_place_that_is_gone_is_nowhere() -> None:
    reading = Reading("x.arch")
    first = reading.read("let a = 1\nlet b = 2\n")
    gone, kept = (d.span for d in first.file.declarations)
    second = reading.read("let a = 13\nlet b = 2\n")
    assert second.span_outside(gone) is None
    assert second.span_outside(kept) == Span("x.arch", 11, 20)


def test_the_lasting_text_is_begun_anew_before_it_is_too_long() -> None:
    reading = Reading("x.arch")
    long = "# " + "a" * 50_000
    for number in range(30):
        text = reading.read(f"{long}{number}\nlet a = 1\n")
        assert len(text.lasting.text) < 700_000
    (only,) = text.file.declarations
    assert text.lasting.snippet(only.span) == "let a = 1"
