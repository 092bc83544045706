"""The gallery's run: every shipped network in processes side by side, and only what has changed."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from archc.cli.files import write
from archc.cli.gallery.entry import Entry, Job, make, read_entry
from archc.source import Source

Report = Callable[[Entry, bool], None]
"""Called with each entry as it is done, and whether it was made in this run."""


@dataclass(frozen=True)
class Family:
    """A spec file as checked: its members, the texts that it uses by name, and its errors as text."""

    file: str
    members: tuple[str, ...]
    sources: Mapping[str, Source]
    digest: str
    errors: str


def survey(file: str) -> Family:
    """Check a shipped spec file and say what there is to make of it."""
    from archc.pipeline import DEFAULTS
    from archc.render import render
    from archc.zoo import find

    checked = find(file.removesuffix(".arch")).checked(DEFAULTS)
    digest = hashlib.sha256()
    for name, source in sorted(checked.sources.items()):
        digest.update(f"{name}\0{source.text}\0".encode())
    said = render(checked.diagnostics, checked.sources) if checked.failed else ""
    return Family(file, tuple(checked.networks), checked.sources, digest.hexdigest(), said)


def build(root: Path, prove: bool, png: bool, started: Callable[[int], None], report: Report) -> tuple[Entry, ...]:
    """Make the whole gallery in the folder `root`; the entries come back by family, in the order of the specs.

    `started` is told how many networks there are. A network is made anew if its spec, archc or an option has changed.
    """
    from archc.zoo import families

    code = _digest_of_code()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        found = list(pool.map(survey, [f"{name}.arch" for name in families()]))
        jobs = [_job(family, member, code, prove, png) for family in found for member in family.members]
        started(len(jobs))
        for family in found:
            _write_sources(root, family)
        done = {job.folder: entry for job in jobs if (entry := read_entry(root, job.folder, job.key)) is not None}
        for entry in done.values():
            report(entry, False)
        waiting = [pool.submit(partial(make, root), job) for job in jobs if job.folder not in done]
        for future in as_completed(waiting):
            entry = future.result()
            done[entry.folder] = entry
            report(entry, True)
    broken = tuple(_broken(family) for family in found if family.errors)
    return (*(done[job.folder] for job in jobs), *broken)


def _job(family: Family, member: str, code: str, prove: bool, png: bool) -> Job:
    name = family.file.removesuffix(".arch")
    key = hashlib.sha256(f"{family.digest}\0{code}\0{prove}\0{png}".encode()).hexdigest()
    return Job(family.file, member, f"{name}/{member}", key, prove, png)


def _broken(family: Family) -> Entry:
    """What stands for the members that a broken spec file could not give."""
    name = family.file.removesuffix(".arch")
    return Entry(name=family.file, family=name, folder=name, key="", errors=(family.errors,))


def _write_sources(root: Path, family: Family) -> None:
    """Put a family's spec, and those that it uses, into its folder."""
    for name, source in family.sources.items():
        write(root / family.file.removesuffix(".arch") / Path(name).name, source.text)


def _digest_of_code() -> str:
    """A digest of archc itself: other code may write something else."""
    package = Path(__file__).resolve().parents[2]
    return digest_of(sorted(package.rglob("*.py")), package)


def digest_of(files: Iterable[Path], root: Path) -> str:
    """A digest of files: their names below `root` and what they say."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
