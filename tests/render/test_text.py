"""Diagnostics as text for people."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.diagnostics.core import Diagnostic, Label
from archc.diagnostics.render import render
from archc.diagnostics.render.display import WIDEST
from archc.diagnostics.render.screen import PIPE, Screen
from archc.diagnostics.render.text import MOST_SHOWN, tally
from archc.diagnostics.source import Frame, Source, Span
from tests.render.problems import Trouble, at

RESNET = Source(
    "resnet.arch",
    "\n" * 13
    + "  add {\n      conv1: Conv(width, 1)\n      - conv2: Conv(width, 3)\n"
    + "      - conv3: Conv(out, 1) - bn3: BN\n    | in\n  } - ReLU\n" + "\n" * 13 + "    [Bottleneck(64)]x3\n",
)  # fmt: skip
OTHER = Source("common.arch", "block A {\n  Conv(3)\n}\n")


def text(*diagnostics: Diagnostic, sources: tuple[Source, ...] = (RESNET, OTHER), screen: Screen = PIPE) -> str:
    return render(diagnostics, {s.name: s for s in sources}, "text", screen)


def marked(line: str, *marks: str, labels: tuple[str, ...] = ()) -> list[str]:
    """The lines below a one-line source in which `marks[0]` is the primary place, the others secondary ones."""
    source = Source("x.arch", line)
    second = tuple(Label(at(source, m), words) for m, words in zip(marks[1:], labels, strict=True))
    return text(Diagnostic(Trouble(), at(source, marks[0]), second), sources=(source,)).splitlines()[3:]


def test_the_form_of_the_language_reference() -> None:
    """Section 7's example, to the letter."""
    problem = Trouble(
        words="cannot add 256x56x56 and 64x56x56: the channels differ",
        beside="the branches meet here",
        way_out="project the shortcut: `downsample: (Conv(out, 1) - BN)`",
    )
    labels = (
        Label(at(RESNET, "in", "| "), "64 channels come in here, from MPool at 31:41"),
        Label(at(RESNET, "Conv(out, 1)"), "256 channels are made here"),
    )
    frame = Frame("Bottleneck(64)", at(RESNET, "Bottleneck(64)"), "layer1.0")
    shown = text(Diagnostic(problem, at(RESNET, "add"), labels, frame))
    assert shown == dedent("""\
        error[E9999]: cannot add 256x56x56 and 64x56x56: the channels differ
          --> resnet.arch:14:3
           |
        14 |   add {
           |   ^^^ the branches meet here
           …
        17 |       - conv3: Conv(out, 1) - bn3: BN
           |                ------------ 256 channels are made here
        18 |     | in
           |       -- 64 channels come in here, from MPool at 31:41
           |
           = in Bottleneck(64), expanded at 33:6 as layer1.0
           = help: project the shortcut: `downsample: (Conv(out, 1) - BN)`
        """)


def test_another_file_follows_with_its_own_lines() -> None:
    label = Label(at(OTHER, "3"), "made here")
    shown = text(Diagnostic(Trouble(further="one\ntwo"), at(RESNET, "add"), (label,)))
    assert shown == dedent("""\
        error[E9999]: it does not fit
          --> resnet.arch:14:3
           |
        14 |   add {
           |   ^^^ here
          ::: common.arch:2:8
           |
         2 |   Conv(3)
           |        - made here
           |
           = note: one
           =       two
        """)


def test_one_line_between_two_is_shown() -> None:
    source = Source("x.arch", "one\ntwo\nthree\n")
    shown = text(Diagnostic(Trouble(), at(source, "one"), (Label(at(source, "three"), "there"),)), sources=(source,))
    assert "2 | two\n" in shown
    assert "…" not in shown


def test_places_on_one_line_share_it() -> None:
    assert marked("Conv(8) - Pool(2)", "Conv(8)", "2", labels=("left over",)) == [
        "1 | Conv(8) - Pool(2)",
        "  | ^^^^^^^        - left over",
        "  | here",
    ]
    assert marked("aa bb cc", "cc", "aa", "bb", labels=("A", "B")) == [
        "1 | aa bb cc",
        "  | -- -- ^^ here",
        "  | |  B",
        "  | A",
    ]


def test_places_that_overlap_get_a_line_each() -> None:
    assert marked("Conv(8, 3)", "Conv(8, 3)", "8", labels=("channels",)) == [
        "1 | Conv(8, 3)",
        "  | ^^^^^^^^^^ here",
        "  |      - channels",
    ]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("\tConv", ["1 |     Conv", "  |     ^^^^ here"]),
        ("합성곱-Conv", ["1 | 합성곱-Conv", "  |        ^^^^ here"]),
        ("e\u0301-Conv", ["1 | e\u0301-Conv", "  |   ^^^^ here"]),
        ("\x1b[31mConv", ["1 | \\x1b[31mConv", "  |         ^^^^ here"]),
        ("\u202eConv", ["1 | \\u{202e}Conv", "  |         ^^^^ here"]),
    ],
)
def test_underlines_stand_below_what_they_mean(line: str, shown: list[str]) -> None:
    assert marked(line, "Conv") == shown


def test_the_end_of_the_file_and_an_empty_file_have_a_place() -> None:
    for words, line in (("a\n", "2 |\n  | ^ here"), ("", "1 |\n  | ^ here"), ("a", "1 | a\n  |  ^ here")):
        source = Source("x.arch", words)
        end = Span("x.arch", len(words), len(words))
        assert line in text(Diagnostic(Trouble(), end), sources=(source,))


def test_a_long_line_is_cut_around_the_place() -> None:
    lines = marked("x" * 5000 + "HERE" + "y" * 5000, "HERE")
    assert max(map(len, lines)) < WIDEST + 10
    column = lines[0].index("HERE")
    assert lines[1] == "  |".ljust(column) + "^^^^ here"
    assert lines[0].startswith("1 | …x") and lines[0].endswith("y…")


def test_a_file_that_is_not_known_is_named() -> None:
    shown = text(Diagnostic(Trouble(way_out="find it"), Span("gone.arch", 3, 5)))
    assert shown == "error[E9999]: it does not fit\n --> gone.arch\n  |\n  = help: find it\n"


def test_a_long_trail_is_folded() -> None:
    frame = None
    for depth in range(9):
        frame = Frame(f"M{depth}", at(RESNET, "add") if depth else at(OTHER, "Conv(3)"), "", frame)
    trail = [line for line in text(Diagnostic(Trouble(), at(RESNET, "add"), (), frame)).splitlines() if " = " in line]
    assert trail == [
        "   = in M8, expanded at 14:3",
        "   = in M7, expanded at 14:3",
        "   = in M6, expanded at 14:3",
        "   = … 5 more expansions",
        "   = in M0, expanded at common.arch:2:3",
    ]


def test_very_many_are_counted() -> None:
    many = [Diagnostic(Trouble(words=f"number {i}"), at(RESNET, "add")) for i in range(MOST_SHOWN + 1_037)]
    shown = text(*many)
    assert shown.count("error[E9999]: number") == MOST_SHOWN
    assert shown.endswith("\n\n… and 1,037 more\n")
    assert "more" not in text(*many[:MOST_SHOWN])


def test_nothing_from_a_spec_reaches_the_terminal_as_a_command() -> None:
    evil = "\x1b]0;gone\x07\r\u202e\x9b2J\n"
    problem = Trouble(words=evil, beside=evil, further=evil, way_out=evil)
    source = Source(evil, evil)
    span = Span(evil, 0, 3)
    shown = text(Diagnostic(problem, span, (Label(span, evil),), Frame(evil, span, evil)), sources=(source,))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)


def test_colour_changes_nothing_but_the_colour() -> None:
    diagnostic = Diagnostic(Trouble(), at(RESNET, "add"), (Label(at(RESNET, "in", "| "), "there"),))
    coloured = text(diagnostic, screen=Screen(colour=True))
    assert coloured.startswith("\x1b[1;31merror[E9999]\x1b[0m")
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text(diagnostic)


def test_tally() -> None:
    one = Diagnostic(Trouble(), at(RESNET, "add"))
    assert [tally([]), tally([one]), tally([one, one])] == ["", "1 error", "2 errors"]


@given(st.text(), st.data())
def test_any_text_and_any_places_can_be_shown(words: str, data: st.DataObject) -> None:
    source = Source("x.arch", words)
    offsets = st.integers(0, len(words))
    spans = [Span("x.arch", *sorted((data.draw(offsets), data.draw(offsets)))) for _ in range(3)]
    shown = text(Diagnostic(Trouble(), spans[0], tuple(Label(s, "too") for s in spans[1:])), sources=(source,))
    underlines = [line for line in shown.splitlines()[3:] if "^" in line.split("|", 1)[-1] and line[0] == " "]
    assert underlines
