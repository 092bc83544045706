"""`archc watch`: its output, and access to its page."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archc.cli.watching.page import WatchPage
from archc.cli.watching.seen import SeenSpec, look
from archc.pipeline import DEFAULTS
from tests.cli.conftest import BROKEN, TINY, Archc


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.arch"
    file.write_text(TINY, encoding="utf-8")
    return file


def test_a_look_has_problems_counts_and_figures(spec: Path) -> None:
    seen = look(str(spec), DEFAULTS)
    assert seen.counts() == {"tiny": "2.68 K parameters · 9.47 K MACs · peak 1.79 KiB"}
    assert seen.figure("tiny", "layer").startswith("<svg")
    assert seen.files == {spec} and not seen.problems.failed


def test_while_there_are_errors_the_last_good_figure_is_shown(spec: Path) -> None:
    good = look(str(spec), DEFAULTS)
    for wrong in (TINY.replace("Conv(4)", "Conv(nothing)"), "model tiny {", BROKEN):
        spec.write_text(wrong, encoding="utf-8")
        seen = look(str(spec), DEFAULTS, good)
        assert seen.problems.failed and seen.problems.told()[0]["severity"] == "error"
        assert seen.shown["tiny"].network == good.shown["tiny"].network and not seen.shown["tiny"].is_current
        assert seen.figure("tiny", "block") == good.figure("tiny", "block")
    spec.unlink()
    gone = look(str(spec), DEFAULTS, seen)
    assert gone.problems.failed and gone.files == {spec} and not gone.shown["tiny"].is_current
    spec.write_text(TINY.replace("tiny", "other"), encoding="utf-8")
    assert list(look(str(spec), DEFAULTS, gone).shown) == ["other"]


def test_a_spec_that_is_wrong_from_the_start_is_shown_in_part(spec: Path) -> None:
    spec.write_text(BROKEN, encoding="utf-8")
    seen = look(str(spec), DEFAULTS)
    assert seen.counts() == {"broken": "in part"} and not seen.shown["broken"].is_current


def test_a_file_that_another_uses_is_followed(tmp_path: Path) -> None:
    (tmp_path / "part.arch").write_text("block Part(c) { Conv(c) - ReLU }\n", encoding="utf-8")
    user = tmp_path / "user.arch"
    user.write_text('from "part.arch" use Part\nmodel user { input 3x8x8\n Part(4) - FC(2) }\n', encoding="utf-8")
    assert look(str(user), DEFAULTS).files == {user, tmp_path / "part.arch"}


def test_only_a_file_can_be_watched(archc: Archc) -> None:
    for words, said in (
        (("resnet18",), "`archc watch` follows a file"),
        (("missing.arch",), "missing.arch"),
        (("tiny.arch", "-o", "x.png"), "draws .svg files only"),
    ):
        result = archc("watch", *words)
        assert result.exit_code == 2 and said in result.stderr


def asked(address: str, path: str, host: str | None = None) -> tuple[int, str]:
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.netloc, timeout=10)
    connection.request("GET", path, headers={"Host": host or place.netloc})
    answer = connection.getresponse()
    said = answer.status, answer.read().decode()
    connection.close()
    return said


@pytest.fixture
def page(spec: Path) -> Iterator[WatchPage]:
    served = WatchPage(look(str(spec), DEFAULTS), "tiny.arch")
    yield served
    served.close()


def test_the_page_is_for_this_machine_and_for_who_knows_its_address(page: WatchPage, spec: Path) -> None:
    place = urlsplit(page.address)
    assert place.hostname == "127.0.0.1" and len(place.path) > 30
    other = WatchPage(look(str(spec), DEFAULTS), "tiny.arch")
    assert urlsplit(other.address).path != place.path and urlsplit(other.address).port != place.port
    other.close()
    assert asked(page.address, place.path)[0] == 200
    for path in ("/", "/events", f"{place.path[:-2]}/", f"{place.path}nothing", f"{place.path}../../etc/passwd"):
        assert asked(page.address, path)[0] == 404, path
    assert asked(page.address, place.path, host="evil.example")[0] == 404


def test_the_page_serves_figures_that_there_are(page: WatchPage) -> None:
    path = urlsplit(page.address).path
    status, svg = asked(page.address, f"{path}figure?name=tiny&level=stage")
    assert status == 200 and svg.startswith("<svg")
    for wrong in ("name=tiny&level=all", "name=other&level=block", ""):
        assert asked(page.address, f"{path}figure?{wrong}")[0] == 404


def test_changes_are_sent_as_events(page: WatchPage, spec: Path) -> None:
    place = urlsplit(page.address)
    connection = http.client.HTTPConnection(place.netloc, timeout=20)
    connection.request("GET", f"{place.path}events")
    answer = connection.getresponse()

    def news() -> dict[str, object]:
        line = answer.readline().decode()
        answer.readline()
        told: dict[str, object] = json.loads(line.removeprefix("data: "))
        return told

    assert news()["problems"] == []
    spec.write_text(TINY.replace("Conv(4)", "Conv(nothing)"), encoding="utf-8")
    seen: SeenSpec = look(str(spec), DEFAULTS, page._seen)
    page.show(seen)
    told = json.dumps(news())
    assert "E0101" in told and '"current": false' in told
    connection.close()


def test_each_save_is_told(spec: Path) -> None:
    """All ways of saving a file: writing in place, and replacing it, as editors do."""
    running = subprocess.Popen(
        [sys.executable, "-m", "archc", "watch", "tiny.arch", "-o", "tiny.svg"],
        cwd=spec.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    said = iter(running.stdout.readline, "")

    def until(word: str) -> str:
        return next(line for line in said if word in line)

    try:
        assert "2.68 K parameters" in until("tiny ")
        spec.write_text(TINY.replace("Conv(4)", "Conv(nothing)"), encoding="utf-8")
        until("E0101")
        assert (spec.parent / "tiny.svg").exists()
        other = spec.with_suffix(".new")
        other.write_text(TINY.replace("Conv(4)", "Conv(8)"), encoding="utf-8")
        os.replace(other, spec)
        assert "5.35 K parameters" in until("tiny ")
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=20) == 0
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
