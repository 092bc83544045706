"""The effects of a terminal's width and links, and the display of multi-line spans."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from archc.diagnostics.core import Diagnostic, Label
from archc.diagnostics.render import render
from archc.diagnostics.render.display import wrapped
from archc.diagnostics.render.screen import NARROWEST, PIPE, Screen
from archc.diagnostics.source import Frame, Source, Span
from tests.render.problems import Trouble, at

UNIT = Source(
    "unit.arch",
    "block Unit(c) {\n  add {\n    (\n      Conv(c)\n      - BN\n\t- 합성곱\n"
    "      - ReLU\n      - Conv(c)\n    )\n    | in\n  }\n}\n",
)
LETTERS = st.sampled_from(["a", "b", "-", " ", "가", "힣", "e\u0301", "\t", "한"])
WORDS = st.lists(LETTERS, max_size=60).map("".join)


def text(problem: Trouble, span: Span, *labels: Label, screen: Screen = PIPE, source: Source = UNIT) -> str:
    return render([Diagnostic(problem, span, labels)], {source.name: source}, screen=screen)


BRANCH = Span(UNIT.name, UNIT.text.index("(", 20), UNIT.text.index("| in"))
BODY = Span(UNIT.name, UNIT.text.index("add"), UNIT.text.rindex("}"))


def test_a_span_over_lines_has_a_bar() -> None:
    short = Source("x.arch", "x = concat {\n  A | B\n}\n")
    assert text(Trouble(), Span("x.arch", 4, 23), source=short) == dedent("""\
        error[E9999]: it does not fit
         --> x.arch:1:5
          |
        1 |   x = concat {
          |  _____^
        2 | |   A | B
        3 | | }
          | |_^ here
        """)


def test_places_inside_of_a_span_over_lines() -> None:
    inside = Label(at(UNIT, "합성곱"), "there"), Label(at(UNIT, "add"), "merged")
    assert text(Trouble(), BRANCH, *inside) == dedent("""\
        error[E9999]: it does not fit
         --> unit.arch:3:5
          |
        2 |     add {
          |     --- merged
        3 | /     (
        4 | |       Conv(c)
        5 | |       - BN
        6 | |     - 합성곱
          | |       ------ there
        7 | |       - ReLU
        8 | |       - Conv(c)
        9 | |     )
          | |_____^ here
        """)


def test_bars_stand_side_by_side_and_long_ones_are_folded() -> None:
    assert text(Trouble(), BODY, Label(BRANCH, "the branch")) == dedent("""\
        error[E9999]: it does not fit
          --> unit.arch:2:3
           |
         2 | /    add {
         3 | |/     (
         4 | ||       Conv(c)
           … ||
         8 | ||       - Conv(c)
         9 | ||     )
           | ||_____- the branch
        10 | |      | in
        11 | |    }
           | |____^ here
        """)


def test_bars_that_cross() -> None:
    rest = Span(UNIT.name, UNIT.text.index("Conv"), len(UNIT.text))
    label = Label(rest, "the rest of it is here, as long as it may be")
    assert text(Trouble(), BRANCH, label, screen=Screen(columns=40)) == dedent("""\
        error[E9999]: it does not fit
          --> unit.arch:3:5
           |
         3 | /      (
         4 | |/       Conv(c)
         5 | ||       - BN
           … ||
         8 | ||       - Conv(c)
         9 | ||     )
           | ||_____^ here
        10 |  |     | in
        11 |  |   }
        12 |  | }
           |  |_-
           |    the rest of it is here, as long
           |    as it may be
        """)


def test_words_are_wrapped_on_a_terminal_only() -> None:
    line = Source("x.arch", "합성곱: Conv(16) - Conv(16) - Conv(16) - Conv(16) - Conv(16) - FC(10) - SM\n")
    problem = Trouble(
        words="the layer `FC` takes vectors, and an image comes in here",
        beside="an image of 16x32x32 comes in",
        further="flatten it first, or let it be:\n  FC does it by itself, and `Linear(10)` on the last axis",
        way_out="write `GAPool - FC(10)` here",
    )
    assert text(problem, at(line, "FC(10)"), Label(at(line, "Conv(16)"), "from here"), source=line).count("\n") == 10
    assert text(
        problem, at(line, "FC(10)"), Label(at(line, "Conv(16)"), "from here"), source=line, screen=Screen(columns=50)
    ) == dedent("""\
        error[E9999]: the layer `FC` takes vectors, and an
                      image comes in here
         --> x.arch:1:61
          |
        1 | …Conv(16) - Conv(16) - Conv(16) - FC(10) - SM
          | -                                 ^^^^^^
          | |                an image of 16x32x32 comes in
          | from here
          |
          = note: flatten it first, or let it be:
          =         FC does it by itself, and `Linear(10)`
                  on the last axis
          = help: write `GAPool - FC(10)` here
        """)


def test_code_is_broken_only_where_it_must() -> None:
    assert wrapped("write `Conv(8, 1)` here", 15) == ["write", "`Conv(8, 1)`", "here"]
    assert wrapped("write `Conv(8, 1, stride=2)` here", 15) == ["write `Conv(8,", "1, stride=2)`", "here"]
    assert wrapped("abcdefgh", 3) == ["abc", "def", "gh"]
    assert wrapped("한글은 두 칸", 5) == ["한글", "은 두", "칸"]
    assert wrapped("e\u0301e\u0301e\u0301", 2) == ["e\u0301e\u0301", "e\u0301"]


def test_codes_are_links_to_their_pages_where_there_are_some() -> None:
    linked = text(Trouble(), BODY, screen=Screen(colour=True, pages="file://host/errors/"))
    link = "\x1b]8;;file://host/errors/E9999.md\x1b\\E9999\x1b]8;;\x1b\\"
    assert linked.startswith(f"\x1b[1;31merror[{link}]\x1b[0m")
    assert linked.replace(link, "E9999") == text(Trouble(), BODY, screen=Screen(colour=True))


@st.composite
def said(draw: st.DrawFn) -> tuple[Source, list[Span], list[str], Frame]:
    """A source with places in it, and labels for them."""
    source = Source("x.arch", "\n".join(draw(st.lists(WORDS, min_size=1, max_size=12))))
    offsets = st.integers(0, len(source.text))
    spans = [Span(source.name, *sorted((draw(offsets), draw(offsets)))) for _ in range(draw(st.integers(1, 4)))]
    words = [draw(WORDS) for _ in range(7)]
    return source, spans, words, Frame(words[5], spans[0], words[6])


@given(said(), st.integers(NARROWEST, 120))
def test_no_line_is_longer_than_the_terminal(case: tuple[Source, list[Span], list[str], Frame], columns: int) -> None:
    source, spans, words, frame = case
    problem = Trouble(words=words[0], beside=words[1], further=words[2], way_out=words[3])
    labels = tuple(Label(span, words[4]) for span in spans[1:])
    diagnostic = Diagnostic(problem, spans[0], labels, frame)
    shown = render([diagnostic], {source.name: source}, screen=Screen(columns=columns))
    assert max(map(cell_len, shown.splitlines())) <= columns


@given(WORDS, WORDS, WORDS, st.none() | st.integers(NARROWEST, 120))
def test_underlines_stand_below_what_they_mean(before: str, marked: str, after: str, columns: int | None) -> None:
    """Measured in cells of a terminal, by another library; underlines are cut off only at their end."""
    source = Source("x.arch", f"{before}X{marked}Y{after}Z")
    span = Span(source.name, len(before), len(before) + len(marked) + 2)
    shown = text(Trouble(beside=""), span, source=source, screen=Screen(columns=columns)).splitlines()
    place = re.search(r"\^+", shown[4])
    assert place is not None
    meant = _cells(shown[3])[place.start() : place.end()]
    whole = f"X{marked}Y".replace("\t", "    ")
    if cell_len(whole) < NARROWEST // 2:
        assert "".join(meant) == whole
    else:
        assert whole.startswith("".join(meant).rstrip("…")) and len(meant) >= NARROWEST // 2


def _cells(line: str) -> list[str]:
    """The character in each cell of a line; a wide character is in the first of its two cells."""
    cells: list[str] = []
    for character in line:
        size = cell_len(character)
        if size == 0:
            cells[-1 if cells[-1] else -2] += character
        else:
            cells += [character, *[""] * (size - 1)]
    return cells


@pytest.mark.parametrize("line", ["한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"], ids=["letters", "parts of letters"])
def test_korean_takes_two_columns_however_it_is_written(line: str) -> None:
    source = Source("x.arch", f"{line}-Conv")
    assert text(Trouble(), at(source, "Conv"), source=source).splitlines()[4] == "  |      ^^^^ here"
