"""Running tests on a mutant, in a fork of a process that has imported torch and collected the tests.

A function gets the mutant's code in the fork. For code that runs on import, modules and tests are imported again.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import NoReturn

import pytest

from tests.mutation.changing import Instead, Living, forget
from tests.mutation.mutants import Mutant
from tests.mutation.rooms import SLOW

MEMORY = 10 * 2**30
FAILED = "FAILED "
PYTEST = (
    "-x", "-q", "-s", "--no-header", "--tb=line", "-p", "no:cacheprovider", "-p", "no:xdist", "-W",
    "ignore::pytest.PytestAssertRewriteWarning", "--hypothesis-profile=mutation", "--hypothesis-seed=0",
    *(f"--deselect={test}" for test in SLOW),
)  # fmt: skip


@dataclass
class Outcome:
    """The outcome of a mutant: `killed`, `survived` or `timed out`, the time, and the last output."""

    what: str
    took: float
    said: str = ""

    @property
    def noticed(self) -> str:
        """The test that failed; "" if its import failed."""
        said = (line for line in reversed(self.said.splitlines()) if line.startswith(FAILED))
        return next(said, "").removeprefix(FAILED).partition(" - ")[0]


class Collected:
    """A plugin of pytest that calls `work` with the tests instead of running them."""

    def __init__(self, work: Callable[[Collected], None]) -> None:
        self.work = work
        self.failed = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Call `work` after everything is imported; it forks processes."""
        self.items = {item.nodeid: item for item in session.items}
        self.living = Living()
        gc.collect()
        gc.freeze()  # so that the collector of a fork does not touch the pages of its parent
        self.work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Report a failed test, in a fork."""
        if report.failed:
            print(str(report.longrepr)[-1500:], FAILED + report.nodeid, sep="\n", flush=True)
            self.failed = True

    def outcome(self, root: Path, mutant: Mutant, tests: Sequence[str], anew: bool, seconds: float) -> Outcome:
        """The outcome of tests on a mutant within some seconds of processor time; `anew`: import modules again."""
        file = root / mutant.path

        def instead(path: Path) -> CodeType | None:
            return compile(mutant.source, str(file), "exec") if path == file else None

        def work() -> int:
            sys.meta_path.insert(0, Instead(root, instead, {}))
            if not anew and (not _is_imported(mutant.path) or self.living.patch(file, mutant.source)):
                return self.run(tests)
            forget()
            return int(pytest.main([*PYTEST, *tests]))

        return forked(work, seconds)

    def run(self, tests: Sequence[str]) -> int:
        """Run collected tests until one fails."""
        items = [self.items[test] for test in tests if test in self.items]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                return 1
        return 0


def _is_imported(path: str) -> bool:
    """Whether a module is imported already; some are imported on demand."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") in sys.modules


def prepare() -> None:
    """Import slow libraries that no mutant changes, once, before everything else."""
    import torch
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)  # failing examples need no shrinking
    settings.register_profile("mutation", database=None, deadline=None, phases=phases)
    torch.set_num_threads(1)


def collected(tests: Sequence[str], work: Callable[[Collected], None]) -> int:
    """Collect tests and call `work` with them; pytest's exit status."""
    return int(pytest.main([*PYTEST, *tests], plugins=[Collected(work)]))


def forked(work: Callable[[], int], seconds: float) -> Outcome:
    """Run work in a fork with a limit of processor time, in seconds; a status of 0 means that the mutant survived."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        child = os.fork()
        if child == 0:
            _child(work, int(seconds), log.fileno())
        _, status = os.waitpid(child, 0)
        log.seek(0)
        said = log.read()[-2000:]
    took = time.monotonic() - start
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
        return Outcome("timed out", took, said)
    return Outcome("survived" if status == 0 else "killed", took, said)


def _child(work: Callable[[], int], seconds: int, log: int) -> NoReturn:
    code = 70
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = work()
    except BaseException as error:  # a mutant may raise anything while it is imported
        os.write(2, repr(error).encode())
    finally:
        sys.stdout.flush()
        os._exit(code)
