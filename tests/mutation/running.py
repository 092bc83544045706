"""Running tests on a mutant: in a fork of a process that has imported torch, with the mutant in the module's place."""

from __future__ import annotations

import contextlib
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from tests.mutation.rooms import SLOW

MEMORY = 6 * 2**30


PYTEST = (
    "-x", "-q", "--no-header", "--tb=line", "-p", "no:cacheprovider", "-p", "no:xdist", "-W",
    "ignore::pytest.PytestAssertRewriteWarning", "--hypothesis-profile=mutation", "--hypothesis-seed=0",
    *(f"--deselect={test}" for test in SLOW),
)  # fmt: skip


def prepare(tests: Sequence[str]) -> None:
    """Import all that the tests import, then forget what is archc's and theirs: a fork imports that anew."""
    import pytest
    import torch
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)  # what fails need not be made smaller
    settings.register_profile("mutation", database=None, deadline=None, phases=phases)
    torch.set_num_threads(1)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        pytest.main([*PYTEST, "--collect-only", *tests])
    for name in [name for name in sys.modules if name.split(".")[0] in ("archc", "docs", "tests")]:
        if not name.startswith("tests.mutation") and name != "tests":
            del sys.modules[name]
    gc.collect()
    gc.freeze()  # so that the collector of a fork leaves the pages of its parent alone


class _Replaced(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Gives one module another source."""

    def __init__(self, path: Path, root: Path, source: str) -> None:
        parts = path.relative_to(root).with_suffix("").parts
        self.package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.package else parts)
        self.path, self.source = path, source

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(
            fullname,
            self.path,
            loader=self,
            submodule_search_locations=[str(self.path.parent)] if self.package else None,
        )

    def is_package(self, fullname: str) -> bool:
        return self.package

    def get_source(self, fullname: str) -> str:
        return self.source

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)


def outcome(
    root: Path, path: str, source: str | None, arguments: Sequence[str], seconds: float
) -> tuple[str, float, str]:
    """`killed`, `survived` or `timed out` for the tests of `arguments`; the seconds that it took; what was printed."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        child = os.fork()
        if child == 0:
            _child(root, path, source, arguments, log.fileno())
        status = _waited(child, seconds)
        log.seek(0)
        said = log.read()[-2000:]
    took = time.monotonic() - start
    if status is None:
        return "timed out", took, said
    return ("survived" if status == 0 else "killed"), took, said


def _waited(child: int, seconds: float) -> int | None:
    """The exit status, None where it took too long and was ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _child(root: Path, path: str, source: str | None, arguments: Sequence[str], log: int) -> None:
    """Never returns."""
    code = 70
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        os.dup2(log, 1)
        os.dup2(log, 2)
        if source is not None:
            sys.meta_path.insert(0, _Replaced(root / path, root, source))
        import pytest

        for tests in arguments:  # one after the other, so that the last are not even read if the first fail
            code = pytest.main([*PYTEST, tests])
            sys.stdout.flush()
            if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                return
        code = 0
    except BaseException as error:  # a mutant may raise anything while it is imported
        os.write(2, repr(error).encode())
    finally:
        os._exit(int(code))
