"""Files are written completely or not at all."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest

from archc.cli.files import CannotWrite, write


def test_the_old_file_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.py"
    write(file, "old")

    def fails(source: str, target: str) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(CannotWrite, match="cannot write .*x.py: no space left on device"):
        write(file, "new")
    assert file.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_folders_are_made_and_permissions_are_the_usual_ones(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "x.bin"
    write(file, b"\x00\xff")
    assert file.read_bytes() == b"\x00\xff"
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    write(Path("/dev/null"), "gone")
    assert Path("/dev/null").is_char_device()


def test_what_went_wrong_can_be_told_by_another_process() -> None:
    told = pickle.loads(pickle.dumps(CannotWrite.because(Path("x.py"), OSError(28, "no space"))))
    assert (told.message, told.exit_code) == ("cannot write x.py: no space left on device", 2)
