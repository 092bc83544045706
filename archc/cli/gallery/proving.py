"""Proofs for the gallery: small images first, and cached until their dependencies change."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from archc.cli.files import write
from archc.cli.gallery.digests import digest_of
from archc.cli.gallery.entry import ComparedLine, Evidence, read_evidence
from archc.count.counts import count
from archc.ir.network import Network

QUICK_SIZE = 96
"""The side of the images that are compared first: the same function is proved in a fifth of the time."""


def evidence(network: Network, source: str, file: Path) -> Evidence | None:
    """The result of comparing the emitted source with the reference, saved in `file`; None without a reference.

    What an earlier run found is taken if the source, the counts, archc's own comparison and the libraries are the same.
    """
    reference = network.fact("like")
    if isinstance(reference, str) and ".py:" in reference:
        reference = None  # the gallery runs no code that a spec names
    if reference is None:
        return None
    key = _key(network, source, str(reference))
    known = read_evidence(file, key)
    if known is None:
        known = _compared(network, source, str(reference), key)
        write(file, known.model_dump_json(indent=2) + "\n")
    return known


def _key(network: Network, source: str, reference: str) -> str:
    counts = count(network)
    runtime = Path(__file__).resolve().parents[2] / "runtime"
    facts = (
        source,
        reference,
        counts.inputs,
        counts.params,
        counts.macs,
        digest_of(sorted(runtime.glob("*.py")), runtime),
    )
    libraries = (_version("torch"), _version(reference.partition(":")[0]))
    return hashlib.sha256(repr((*facts, *libraries)).encode()).hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except (PackageNotFoundError, ValueError):
        return ""


def _compared(network: Network, source: str, reference: str, key: str) -> Evidence:
    from archc.diagnostics.core import Problem
    from archc.runtime.verify import Verification, VerifySettings, verify

    shapes = [network.type_of(ref).dims for ref in network.inputs]
    outcome: Verification | Problem | None = None
    if all(len(dims) == 3 and min(dims[1:]) > QUICK_SIZE for dims in shapes):
        small = tuple((n, (d[0], QUICK_SIZE, QUICK_SIZE)) for n, d in zip(network.input_names, shapes, strict=True))
        outcome = verify(source, network, reference, VerifySettings(inputs=small))
    if not isinstance(outcome, Verification) or not outcome.holds:  # not every network accepts images of another size
        outcome = verify(source, network, reference)
    if isinstance(outcome, Problem):
        return Evidence(key=key, reference=reference, skipped=outcome.message())
    lines = tuple(ComparedLine(name=row.name, holds=row.holds, detail=row.detail) for row in outcome.rows)
    versions = tuple((name, number) for name, number in outcome.versions)
    return Evidence(
        key=key, reference=reference, input=outcome.inputs[0], batch=outcome.batch, versions=versions, lines=lines
    )
