"""Recordings of the code that each test runs, and of its time, stored in `build/` until the code changes."""

from __future__ import annotations

import ast
import functools
import hashlib
import pickle
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

import pytest

from tests.mutation.changing import Instead, forget
from tests.mutation.rooms import ROOMS
from tests.mutation.suites import HIT, probed

Suite = tuple[str, str]


@dataclass
class Ran:
    """A test: its processor time in seconds, and the suites that it and its fixtures run."""

    seconds: float
    suites: frozenset[Suite]


@dataclass
class Recording:
    """The tests of a file; `first`: the suites that run before the first test, during import and collection."""

    key: str
    tests: dict[str, Ran] = field(default_factory=dict)
    first: frozenset[Suite] = frozenset()


class Recorder:
    """A plugin of pytest that records the suites that run during each test."""

    def __init__(self) -> None:
        self.seen: set[Suite] = set()
        self.recording = Recording("")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        self.recording.first = frozenset(self.seen)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.seen.clear()
        start = time.process_time()
        result = yield
        self.recording.tests[item.nodeid] = Ran(time.process_time() - start, frozenset(self.seen))
        return result


def key(root: Path, *tests: str) -> str:
    """A digest of test files, the compiler and the specs; a recording is valid while it is unchanged."""
    files = [
        *(root / test for test in tests),
        *sorted((root / "archc").rglob("*.py")),
        *sorted((root / "specs").rglob("*.arch")),
    ]
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()


def kept(root: Path, test: str) -> Path:
    """The file with the recording of a test file."""
    return root / "build" / "mutation" / f"{test.replace('/', '-')}.pickle"


def read(root: Path, test: str) -> Recording | None:
    """The last recording of a test file, valid or not."""
    file = kept(root, test)
    return pickle.loads(file.read_bytes()) if file.is_file() else None


def record(root: Path, tests: Sequence[str], arguments: Sequence[str]) -> int:
    """Run test files with probes in the rooms, in this process, and store the recordings; returns pytest's status."""
    recorder = Recorder()
    rooms = [root / room for room in ROOMS]

    @functools.cache
    def code(file: Path) -> CodeType | None:
        if not any(file.is_relative_to(room) for room in rooms):
            return None
        tree = ast.parse(file.read_text(encoding="utf-8"))
        return compile(probed(tree, str(file.relative_to(root))), str(file), "exec")

    forget()
    sys.meta_path.insert(0, Instead(root, code, {HIT: recorder.seen.add}))
    imported: frozenset[Suite] = frozenset()
    for test in tests:
        recorder.seen.clear()
        recorder.recording = Recording(key(root, test))
        status = pytest.main([*arguments, test], plugins=[recorder])
        sys.stdout.flush()
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return int(status)
        imported |= recorder.recording.first
        recorder.recording.first = imported
        kept(root, test).parent.mkdir(parents=True, exist_ok=True)
        kept(root, test).write_bytes(pickle.dumps(recorder.recording))
    return 0
