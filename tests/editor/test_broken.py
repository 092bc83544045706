"""Each feature on broken specs: its answers name places that exist and fit the protocol, and its fixes work.

The texts are shipped specs with faults (`tests/corpus`, `tests/repair`), and small ones with people's mistakes
(`tests/mistakes`). With ARCHC_ALL=1, all of the latter are tested, and at more places each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from lsprotocol import converters

from archc.analysis.repair.edits import applied
from archc.analysis.repair.search import with_repairs
from archc.diagnostics.core import Diagnostic, Severity
from archc.diagnostics.source import Source, Span
from archc.editor import fixes, marks, names
from archc.editor.calls import signature
from archc.editor.completion import completions
from archc.editor.data import Action, Hint, NotPossible, Told
from archc.editor.desk import Desk
from archc.editor.hierarchy import callable_at, called, callers
from archc.editor.hover import hover
from archc.editor.listing import coloured, folds, symbols
from archc.editor.preview import LEVELS, preview
from archc.editor.problems import problems
from archc.editor.protocol import Shapes
from archc.editor.renaming import renamable
from archc.editor.style import format_edits
from archc.pipeline import check
from archc.syntax.format.formatter import formatted
from tests.corpus.mutate import case
from tests.editor.support import Opened, literally, opened
from tests.mistakes.cases import FILES, Case, cases
from tests.repair.broken import CASES
from tests.support.everything import EVERYTHING

MISTAKES = tuple({one.text: one for file in FILES for one in cases(file)}.values())
FEW = MISTAKES if EVERYTHING else MISTAKES[::97]
SPECS = [*range(40), *CASES] if EVERYTHING else [0, 3, *list(CASES)[::13]]
STEP = 41 if EVERYTHING else 211
JSON = converters.get_converter()


@pytest.fixture(scope="module", params=SPECS)
def broken(request: pytest.FixtureRequest) -> Opened:
    """A shipped spec with faults."""
    if isinstance(request.param, int):
        made = case(5, request.param)
        return opened(made.text, f"{made.family}.arch")
    return opened(CASES[request.param].source().text, f"{CASES[request.param].spec}.arch")


@pytest.fixture(params=FEW, ids=lambda one: one.name)
def mistaken(request: pytest.FixtureRequest) -> Opened:
    """A spec written by somebody who does not know the language yet."""
    return opened(request.param.text)


def errors(one: Opened) -> list[Told]:
    return [t for t in problems(one.view) if t.severity is Severity.ERROR]


# -- answers ----------------------------------------------------------------------------------------------------------


def test_what_is_wrong_is_told_as_by_check(broken: Opened) -> None:
    assert errors(broken)
    _is_told(broken)


def test_what_is_mistaken_is_told_as_by_check(mistaken: Opened) -> None:
    _is_told(mistaken)


def _is_told(one: Opened) -> None:
    """The editor reports what `archc check` reports, at the same places."""
    told, name = problems(one.view), one.view.name
    said = check(Source(name, one.space.words(name)), one.space.load).diagnostics
    assert {(t.code, t.span) for t in told} == {(d.code, d.span) for d in said}
    assert all(t.message and all(text for _, text in t.related) for t in told)


def test_everything_answers_in_places_that_exist(broken: Opened) -> None:
    _answers(broken, range(0, len(broken.view.source.text) + 1, STEP))


def test_everything_answers_everywhere_in_a_small_text(mistaken: Opened) -> None:
    _answers(mistaken, range(0, len(mistaken.view.source.text) + 1, 3 if EVERYTHING else 7))


def _answers(one: Opened, offsets: Iterable[int]) -> None:
    """Query every feature; each span is in its text, and each answer can be sent."""
    view, source = one.view, one.view.source
    shapes = Shapes(lambda name: Source(name, one.space.words(name)), "utf-16")
    answers: list[object] = [shapes.diagnostic(told) for told in problems(view)]
    outline, tokens, lenses = symbols(view), coloured(view), marks.lenses(view)
    _exist(one, [problems(view), outline, tokens, lenses])
    lines = source.text.count("\n") + 1
    assert all(0 <= fold.first <= fold.last < lines for fold in folds(source))
    answers += [shapes.tokens(source, tokens), *map(shapes.symbol, outline), *map(shapes.fold, folds(source))]
    answers += [shapes.lens(lens, "file:///a.arch") for lens in lenses]
    for wanted in ("changes", "all"):
        hints: tuple[Hint, ...] = marks.hints(view, wanted=wanted)
        assert all(0 <= hint.offset <= len(source.text) for hint in hints)
        answers += [shapes.hint(source, hint) for hint in hints]
    for offset in offsets:
        answers += _at(one, shapes, offset)
    for level in LEVELS.values():
        seen = preview(view, 0, level)
        assert seen is None or seen.svg.startswith("<svg")
        _exist(one, list(seen.places.values()) if seen is not None else [])
    json.dumps(JSON.unstructure(answers))


def _at(one: Opened, shapes: Shapes, offset: int) -> Iterator[object]:
    """The answers of all features for a place."""
    view = one.view
    said, signed = hover(view, offset), signature(view, offset)
    target, uses = names.definition(view, offset), names.references([view], view, offset)
    offered, marked = completions(one.space, view, offset), names.highlights(view, offset)
    both = callers([view], view, offset), called(view, offset)
    _exist(one, [said, target, uses, offered, marked, *both, callable_at(view, offset)])
    with suppress(NotPossible):
        _exist(one, renamable(view, offset))
    for item in offered:
        assert item.span.start <= offset <= item.span.end or item.span.end <= offset
    yield shapes.hover(said) if said is not None else None
    yield shapes.location(target) if target is not None else None
    yield shapes.signature(signed) if signed is not None else None
    if signed is not None:
        assert all(0 <= start < end <= len(signed.text) for start, end in signed.parameters)
    yield from map(shapes.location, uses)
    yield from map(shapes.highlight, marked)
    yield from (shapes.item(item, snippets=True) for item in offered)
    yield from map(shapes.caller, both[0])
    yield from map(shapes.callee, both[1])


def _exist(one: Opened, answer: object) -> None:
    """Check that each span of an answer is in the text of its file."""
    if isinstance(answer, Span):
        assert 0 <= answer.start <= answer.end <= len(one.space.words(answer.file)), answer
    elif isinstance(answer, tuple | list):
        for each in answer:
            _exist(one, each)


def test_the_playground_answers_in_places_that_exist(mistaken: Opened) -> None:
    desk, text = Desk(), f"# 🙂\n{mistaken.view.source.text}"
    length = len(text.encode("utf-16-le")) // 2

    def ask(what: str, **given: object) -> Any:
        return json.loads(desk.ask(json.dumps({"what": what, **given}))).get("answer")

    def exist(answer: Any) -> None:
        if isinstance(answer, dict):
            assert 0 <= answer.get("from", 0) <= answer.get("to", length) <= length
            assert 0 <= answer.get("at", 0) <= length if isinstance(answer.get("at", 0), int) else True
        for each in answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ():
            exist(each)

    exist(ask("put", name="net.arch", words=text, cursor=len(text) // 2))
    while ask("step"):
        pass
    exist(ask("state"))
    exist(ask("fixes", search=False))
    for at in range(0, length + 1, 7):
        for what in ("hover", "complete", "signature", "definition"):
            exist(ask(what, at=at))
    for tab in ("figure", "counts", "code"):
        exist(ask("look", at=length, tab=tab))


# -- formatting and fixes ---------------------------------------------------------------------------------------------


def test_formatting_says_the_same(broken: Opened) -> None:
    source = broken.view.source
    assert literally(source.text, format_edits(source)) == formatted(source)


def test_formatting_a_mistake_says_the_same(mistaken: Opened) -> None:
    source = mistaken.view.source
    assert literally(source.text, format_edits(source)) == formatted(source)


@pytest.mark.parametrize("shape", [": 3x32x32", ":3x32x32", "= [3, 32, 32]", "x: 3x32x32"])
def test_the_shape_of_an_input_stays_apart_from_its_keyword(shape: str) -> None:
    text = f"model m {{\n  input{shape if shape[0] in ':=' else f' {shape}'}\n  Conv(8) - GAPool - FC(10)\n}}\n"
    here = opened(text)
    for told in errors(here):
        for action in _mend(here, told):
            assert errors(opened(literally(text, action.edits))) == []


def test_fixes_leave_less_to_tell(broken: Opened) -> None:
    first = errors(broken)[0]
    _mend(broken, first)


@pytest.mark.parametrize("one", [pytest.param(o, id=o.name) for o in FEW])
def test_fixes_are_the_repairs_of_check(one: Case) -> None:
    """An editor offers what `archc check` suggests."""
    here = opened(one.text)
    source = Source(here.view.name, one.text)
    load = here.space.load
    checked = check(source, load)
    suggested = with_repairs(checked, source, load).diagnostics
    for told in errors(here):
        offered = {literally(one.text, action.edits) for action in _mend(here, told)}
        assert offered == _suggested(one.text, [d for d in suggested if (d.code, d.span) == (told.code, told.span)])


def _suggested(text: str, diagnostics: list[Diagnostic]) -> set[str]:
    repairs = [r for d in diagnostics for r in (d.edits, *d.repairs) if r]
    return {applied(text, repair) for repair in repairs if all(e.span.file.endswith("mine.arch") for e in repair)}


def _mend(one: Opened, told: Told) -> list[Action]:
    """The fixes of a problem. Each removes it; if it is not a syntax error, no other errors appear."""
    view, before = one.view, errors(one)
    actions = [
        action
        for action in fixes.fixes(one.space, view, told.span.start, told.span.end)
        if (action.code, action.span) == (told.code, told.span)
    ]
    for action in actions:
        _exist(one, action)
        assert all(edit.span.file == view.name for edit in action.edits) and action.title
        after = opened(literally(view.source.text, action.edits), view.name.rpartition("/")[2])
        left = errors(after)
        assert (told.code, told.message, told.span) not in {(t.code, t.message, t.span) for t in left}, action.title
        assert told.code.startswith("E00") or len(left) <= len(before), action.title
    return actions
