"""Making the gallery: every shipped network whose dependencies have changed, in parallel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from functools import partial
from pathlib import Path

from archc.cli.files import write
from archc.cli.gallery.digests import digest_of_code
from archc.cli.gallery.entry import GalleryEntry, Job, read_entry
from archc.cli.gallery.making import make, opened
from archc.cli.processes import processes
from archc.diagnostics.source import Source
from archc.support.record import Record, field, replace

Report = Callable[[GalleryEntry, bool], None]
"""Called with each finished entry, and whether it was made in this run."""
Wanted = Callable[[str, str], bool]
"""Whether a network is wanted, given the name of its family and its own."""


class Family(Record):
    """A checked spec: its members, the texts that it uses by name, their digest, and its errors as text."""

    spec: str
    name: str
    members: tuple[str, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    digest: str = ""
    errors: str = ""


def survey(spec: str) -> Family:
    """Check a shipped family or a spec file, and list its networks."""
    from archc.diagnostics.render import render
    from archc.pipeline import DEFAULTS
    from archc.zoo import SpecError

    name = Path(spec).stem
    try:
        checked = opened(spec).checked(DEFAULTS)
    except SpecError as error:
        return Family(spec, name, errors=str(error))
    digest = hashlib.sha256()
    for source in sorted(checked.sources.values(), key=lambda s: s.name):
        digest.update(f"{source.name}\0{source.text}\0".encode())
    said = render(checked.diagnostics, checked.sources) if checked.failed else ""
    return Family(
        spec,
        name,
        tuple(n for n, made in checked.networks.items() if not made.partial),
        checked.sources,
        digest.hexdigest(),
        said,
    )


def build(
    root: Path,
    specs: Sequence[str],
    wanted: Wanted,
    prove: bool,
    png: bool,
    started: Callable[[int], None],
    report: Report,
) -> tuple[GalleryEntry, ...]:
    """Make the gallery of the `wanted` networks of `specs` in the folder `root`; returns their entries in order.

    `started` is called with the number of networks. A network is made again if its spec, archc or an option changed.
    """
    code = digest_of_code()
    with processes() as pool:
        families = [chosen for family in pool.map(survey, specs) if (chosen := _chosen(family, wanted)) is not None]
        jobs = [_job(family, member, code, prove, png) for family in families for member in family.members]
        started(len(jobs))
        for family in families:
            _write_sources(root, family)
        done = {job.folder: entry for job in jobs if (entry := read_entry(root, job.folder, job.key)) is not None}
        for entry in done.values():
            report(entry, False)
        waiting = [pool.submit(partial(make, root), job) for job in jobs if job.folder not in done]
        for future in as_completed(waiting):
            entry = future.result()
            done[entry.folder] = entry
            report(entry, True)
    return tuple(entry for family in families for entry in _entries(family, done))


def _chosen(family: Family, wanted: Wanted) -> Family | None:
    """The family with its wanted members; None without any, unless it has errors."""
    members = tuple(member for member in family.members if wanted(family.name, member))
    told = family.errors and (not family.members or bool(members))
    return replace(family, members=members, errors=family.errors if told else "") if members or told else None


def _entries(family: Family, done: Mapping[str, GalleryEntry]) -> Iterator[GalleryEntry]:
    """The index entry of a family; errors of its spec come first."""
    if family.errors:
        yield GalleryEntry(
            name=Path(family.spec).name, family=family.name, folder=family.name, key="", errors=(family.errors,)
        )
    for member in family.members:
        yield done[f"{family.name}/{member}"]


def _job(family: Family, member: str, code: str, prove: bool, png: bool) -> Job:
    key = hashlib.sha256(f"{family.digest}\0{code}\0{prove}\0{png}".encode()).hexdigest()
    return Job(family.spec, member, f"{family.name}/{member}", key, prove, png)


def _write_sources(root: Path, family: Family) -> None:
    """Write a family's spec, and those that it uses, to its folder."""
    for name, source in family.sources.items():
        write(root / family.name / Path(name).name, source.text)
