"""One network of the gallery: compiled, counted, drawn and proved, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc import __version__
from archc.cli.files import write
from archc.count.counts import Counts, count
from archc.network.network import Network
from archc.network.value import Value
from archc.outline import outline

if TYPE_CHECKING:
    from archc.zoo import Spec

LEVELS = ("stage", "block", "layer")
LARGEST_LAYER_FIGURE = 700
"""Nodes; a network with more is not drawn layer by layer."""
ENTRY = "entry.json"


@dataclass(frozen=True)
class Job:
    """A network to make: the spec and its member, where it goes, and what the result depends on (`key`)."""

    spec: str
    member: str
    folder: str
    key: str
    prove: bool
    png: bool


class Entry(Value):
    """What the index says about a network.

    `files` are the names of what was written, in `folder`. `proof` is what `archc verify` found, empty without a
    reference; `proved` whether it is equal, None where there is nothing to compare with. `errors`: what went wrong.
    """

    name: str
    family: str
    folder: str
    key: str
    input: tuple[int, ...] = ()
    output: tuple[int, ...] = ()
    params: int = 0
    macs: int = 0
    flops: int = 0
    top1: Any = None
    like: str | None = None
    paper: str | None = None
    doc: str = ""
    outline: str = ""
    files: tuple[str, ...] = ()
    proof: str = ""
    proved: bool | None = None
    errors: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether something went wrong with it, or it is not what it should be like."""
        return bool(self.errors) or self.proved is False


def read_entry(root: Path, folder: str, key: str) -> Entry | None:
    """The entry that an earlier run left, if it is complete and depends on the same."""
    try:
        entry = Entry.model_validate_json((root / folder / ENTRY).read_bytes())
    except (OSError, ValueError):
        return None
    whole = all((root / folder / name).is_file() for name in entry.files)
    return entry if entry.key == key and whole and not entry.failed else None


def opened(spec: str, member: str | None = None) -> Spec:
    """A spec file, all of it, or a member of a shipped family. Raises `SpecError`."""
    from archc.zoo import ENDING, find, find_family

    return find(spec) if spec.endswith(ENDING) else find_family(spec, member)


def make(root: Path, job: Job) -> Entry:
    """Make a network's folder. Never raises: what goes wrong is in the entry's errors."""
    blank = Entry(name=job.member, family=Path(job.spec).stem, folder=job.folder, key=job.key)
    try:
        entry = _made(root, job, blank)
    except Exception as error:  # one broken network must not stop the others
        entry = blank.model_copy(update={"errors": (f"{type(error).__name__}: {error}",)})
    write(root / job.folder / ENTRY, entry.model_dump_json(indent=2) + "\n")
    return entry


def _made(root: Path, job: Job, blank: Entry) -> Entry:
    from archc.pipeline import DEFAULTS

    checked = opened(job.spec, job.member).checked(DEFAULTS)
    network = checked.networks.get(job.member)
    if network is None or checked.failed:
        from archc.render import render

        return blank.model_copy(update={"errors": (render(checked.diagnostics, checked.sources),)})
    counts = count(network)
    folder = root / job.folder
    files: list[str] = []
    for name, data in _outputs(network, counts, job):
        write(folder / name, data)
        files.append(name)
    source = (folder / f"{network.name}.py").read_text(encoding="utf-8")
    proof, proved = _proof(network, source) if job.prove else ("", None)
    return Entry(
        name=network.name,
        family=network.family,
        folder=job.folder,
        key=job.key,
        input=counts.input,
        output=counts.output,
        params=counts.params,
        macs=counts.macs,
        flops=counts.flops,
        top1=network.fact("top1"),
        like=_text(network.fact("like")),
        paper=_text(network.fact("paper")),
        doc=network.doc,
        outline=outline(network),
        files=tuple(files),
        proof=proof,
        proved=proved,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _outputs(network: Network, counts: Counts, job: Job) -> Iterator[tuple[str, str | bytes]]:
    """The files of a network, one by one: its name and content."""
    from archc.draw import render
    from archc.draw.figure import figure
    from archc.emit import emit

    yield f"{network.name}.py", emit((network,), f"archc compile {network.name}", __version__)
    yield "counts.json", json.dumps(counts.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
    for level in LEVELS:
        if level == "layer" and len(network.nodes) > LARGEST_LAYER_FIGURE:
            continue
        drawn = figure(network, level=level)
        yield f"{level}.svg", render(drawn, "svg")
        if job.png:
            yield f"{level}.png", render(drawn, "png")


def _proof(network: Network, source: str) -> tuple[str, bool | None]:
    """What comparing with the reference says in a line, and whether all is equal; None without a reference to run."""
    reference = network.fact("like")
    if reference is None:
        return "", None
    from archc.diagnostics import Problem
    from archc.runtime.verify import verify

    outcome = verify(source, network, str(reference))
    if isinstance(outcome, Problem):
        return f"not compared: {outcome.message()}", None
    versions = ", ".join(f"{name} {version}" for name, version in outcome.versions if name != "python")
    told = [f"{row.name} ({row.detail})" for row in outcome.rows if row.holds is outcome.holds]
    return (
        f"{'equal to' if outcome.holds else 'differs from'} {reference} in {', '.join(told)}; {versions}",
        outcome.holds,
    )
