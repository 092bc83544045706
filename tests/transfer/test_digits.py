"""The measurements of docs/transfer.md, shortened: they run, and never measure on training images."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import lenet_digits, transfer_digits
from benchmarks.transfer_chart import apart, as_table, chart


def test_lenet5_is_measured_on_images_that_no_run_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lenet_digits, "EPOCHS", 1)
    lenet_digits.main(tmp_path / "digits", [0])
    assert "of 599 right" in capsys.readouterr().out
    split = (tmp_path / "digits" / "run-0" / "split.json").read_text(encoding="utf-8")
    third = [
        f.relative_to(tmp_path / "digits" / "third").as_posix() for f in (tmp_path / "digits/third").rglob("*.png")
    ]
    assert len(third) == 599 and not any(name in split for name in third)


def test_strategies_are_measured_on_images_that_no_run_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"STRATEGIES": ("last", "scratch"), "STEPS": 4, "SOURCE_EPOCHS": 1}.items():
        monkeypatch.setattr(transfer_digits, name, value)
    bench = transfer_digits.Bench(tmp_path)
    few, _ = bench.parts(range(5, 10), 2, 3)
    for each in transfer_digits.EACH:
        read, rest = bench.parts(range(5, 10), each, 3)
        seen = {path.name for path, _, _ in read}
        assert not seen & {Path(item.path).name for item in rest} and len(rest) > 700
        assert sum(part == "train" for _, _, part in read) == 5 * each
    assert {line for line in few if line[2] == "train"} < {line for line in read if line[2] == "train"}
    monkeypatch.setattr(transfer_digits, "EACH", (1,))
    bench.measure(0)
    rows = transfer_digits.read(tmp_path / "results-0.csv")
    assert [row[:3] for row in rows] == [["1", "0", "last"], ["1", "0", "scratch"]]
    capsys.readouterr()
    bench.measure(0)
    assert capsys.readouterr().out == ""  # finished runs are not repeated


def test_the_table_and_the_chart(tmp_path: Path) -> None:
    names = ("features", "last", "all", "gradual", "scratch")
    rows = [[str(n), str(s), name, str(0.5 + n / 100 + s / 50)] for n in (1, 5) for s in range(3) for name in names]
    table = as_table(rows).splitlines()
    assert table[0] == "| strategy | 1 image per class | 5 images per class |"
    assert table[2] == "| `features` | 53.0 ± 2.0 | 57.0 ± 2.0 |"
    chart(rows, tmp_path / "one.svg")
    chart(rows, tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_names_stand_apart_in_their_order() -> None:
    assert apart({"a": 50, "b": 51, "c": 40}, 2) == {"b": 51, "a": 49, "c": 40}
