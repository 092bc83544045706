"""The answers of the playground's worker, without a browser."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import pytest

import archc
from archc.analysis.exercise import questions
from archc.editor.desk import Desk
from archc.zoo import families

LESSONS = sorted((Path(__file__).resolve().parents[2] / "playground" / "lessons").glob("*.arch"))
TINY = "model tiny {\n  input 3x32x32\n  stem: Conv(16, stride=2) - ReLU - GAPool - fc: FC(10) - SM\n}\n"


class Asked:
    """A desk, queried as the page queries it."""

    def __init__(self) -> None:
        self.desk = Desk()

    def __call__(self, what: str, **given: object) -> Any:
        said = json.loads(self.desk.ask(json.dumps({"what": what, **given})))
        assert "refused" not in said, said
        return said["answer"]

    def put(self, words: str, name: str = "net.arch") -> Any:
        self("put", name=name, words=words, cursor=0)
        while self("step"):
            pass
        return self("state")


@pytest.fixture
def ask() -> Asked:
    return Asked()


def test_code_and_figure_are_those_of_the_command(ask: Asked) -> None:
    ask.put(TINY.replace("tiny", "other"))
    ask.put(TINY)
    model = archc.compile_text(TINY, name="net.arch")
    assert ask("look", at=3, tab="code")["code"] == model.source()
    assert ask("look", at=3, tab="figure", level="layer")["svg"].encode() == model.draw("layer").to("svg")
    seen = ask("look", at=TINY.index("fc:"), tab="counts")
    assert f"{model.count().params:,}" in seen["table"] and seen["counts"].startswith("618 parameters · ")


def test_garbage_is_collected_when_asked_for(ask: Asked) -> None:
    ask.put(TINY)
    before = gc.get_freeze_count()
    ask.put(TINY.replace("16", "24"))
    ask("tidy")
    assert gc.get_freeze_count() > before
    gc.unfreeze()


def test_offsets_are_those_of_javascript(ask: Asked) -> None:
    words = f"# 🙂🙂\n{TINY.replace('Conv', 'Conw')}"
    there = len(words[: words.index("Conw")].encode("utf-16-le")) // 2
    (problem,) = [p for p in ask.put(words)["problems"] if p["severity"] == "error"]
    assert (problem["from"], problem["to"]) == (there, there + 4)
    fix = next(f for f in ask("fixes", search=False) if f["code"] == problem["code"])
    assert fix["edits"] == [{"from": there, "to": there + 4, "text": "Conv"}] and fix["sure"]
    ask.put(words.replace("Conw", "Conv"))
    assert (ask("hover", at=there + 1)["from"], ask("hover", at=there + 1)["to"]) == (there, there + 4)


def test_a_bare_line_has_the_input_that_is_asked_for(ask: Asked) -> None:
    line = "Conv-Pool-Conv- Pool-Conv-FC-FC(SM)\n"
    for input, dims in (("", None), ("1x32x32", (1, 32, 32)), ("1x32x", None), ("1x28x28", (1, 28, 28))):
        ask("put", name="net.arch", words=line, cursor=0, input=input)
        right = archc.compile_text(line, name="net.arch", input=dims).count().params
        assert f"{right:,}" in ask("look", at=0, tab="counts")["table"]
    ask("put", name="net.arch", words=TINY, cursor=0, input="1x28x28")
    assert f"{archc.compile_text(TINY).count().params:,}" in ask("look", at=0, tab="counts")["table"]


def test_what_cannot_be_done_is_refused(ask: Asked) -> None:
    ask.put(TINY.replace("Conv", "Conw"))
    said = json.loads(ask.desk.ask(json.dumps({"what": "questions", "at": 0})))
    assert said == {"refused": "there are errors in the network"}


def test_answers_are_marked(ask: Asked) -> None:
    ask.put(TINY)
    first = ask("questions", at=0)[0]
    assert first == {"number": 1, "path": "stem", "layer": "Conv(16, stride=2)", "reads": ["input"], "alike": 0}
    mark = ask("mark", at=0, number=1, output="(16, 16, 16)", params="450")
    assert mark["output"] and not mark["params"]
    assert mark["right"] == {"output": "16x16x16", "params": "448", "how": "D_K·D_K·M·N + N = 3·3·3·16 + 16 = 448"}


def test_members_say_where_they_are(ask: Asked) -> None:
    text = ask("spec", name="vgg")
    members = ask.put(text, "vgg.arch")["members"]
    assert len(members) > 4 and all(text[m["at"] :].startswith(m["name"]) for m in members)


def test_all_families_have_a_title(ask: Asked) -> None:
    found = ask("families")
    assert [one["name"] for one in found] == list(families()) and all(one["title"] for one in found)


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("mobilenet", "SeparableUni"),
        ("mobilenet", "normal(std=0.01)"),
        ("vgg", "zip(widths, depths"),
        ("vgg", "inpu"),
    ],
)
@pytest.mark.parametrize("level", ["stage", "block", "layer"])
def test_a_letter_too_many_is_drawn(ask: Asked, name: str, there: str, level: str) -> None:
    words = ask("spec", name=name)
    at = words.index(there) + len(there)
    ask("put", name=f"{name}.arch", words=f"{words[:at]}x{words[at:]}", cursor=at)
    seen = ask("look", at=at, tab="figure", level=level)
    assert seen["partial"] and seen["svg"].startswith("<svg")


def test_a_change_is_answered_before_its_member_is_checked(ask: Asked) -> None:
    ask.put(TINY)
    wrong = TINY.replace("stride=2", "stride=0")
    first = ask("put", name="net.arch", words=wrong, cursor=wrong.index("stride"))
    assert first["waits"] and first["problems"] == []
    told = ask("check")
    assert not told["waits"] and [p["severity"] for p in told["problems"]] == ["error"]
    unknown = ask("put", name="net.arch", words=TINY.replace("ReLU", "ReLUU"), cursor=0)
    assert [p["code"] for p in unknown["problems"] if p["severity"] == "error"] == ["E0101"]


def test_a_figure_is_drawn_once(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    draw = archc.Model.draw

    def counting(model: archc.Model, level: Any = "block", **given: Any) -> Any:
        drawn.append(level)
        return draw(model, level, **given)

    monkeypatch.setattr(archc.Model, "draw", counting)
    words = f"{TINY}block Other {{ Conv(4) }}\n"
    ask.put(words)
    for at in (5, words.index("stem"), words.index("fc")):
        ask("look", at=at, tab="figure")
    ask.put(words.replace("Conv(4)", "Conv(5)"))  # a change elsewhere keeps the figure of the member
    ask("look", at=5, tab="figure")
    assert drawn == ["block"]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_lessons_have_no_errors(ask: Asked, lesson: Path) -> None:
    text = lesson.read_text(encoding="utf-8")
    assert text.startswith('"""') and ask("spec", name=lesson.stem.partition("-")[2])
    assert {p["severity"] for p in ask.put(text)["problems"]} <= {"note"}
    checked = archc.check(text)
    assert all(questions(network) for network in checked.networks.values())


def test_there_are_eleven_lessons() -> None:
    assert len(LESSONS) == 11
