"""The current state of a spec: problems, counts, and figures; for networks with errors, the last valid ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from archc.api import Level, Model
from archc.count.counts import count
from archc.count.memory import peak_memory
from archc.count.table import amount
from archc.diagnostics.core import Diagnostic, Severity
from archc.diagnostics.render import render
from archc.diagnostics.render.screen import Screen
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.pipeline import Checked, Options
from archc.support.record import Record
from archc.zoo import SpecError, find

_USED = re.compile(r'^\s*from\s*"([^"\n\0]+)"', re.MULTILINE)
"""An import, with the path of the imported file."""


class Problems(Record):
    """The problems of a spec."""

    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, Source] = {}
    unreadable: str = ""
    """Why the spec cannot be read; empty if it can."""

    @property
    def failed(self) -> bool:
        """Whether there are errors."""
        return bool(self.unreadable) or any(one.severity is Severity.ERROR for one in self.diagnostics)

    def told(self, columns: int | None = None) -> list[dict[str, str]]:
        """Each problem as text, for the page, in lines of at most so many columns."""
        if self.unreadable:
            return [{"severity": "error", "text": self.unreadable}]
        said = ((one, render((one,), self.sources, "text", Screen(columns=columns))) for one in self.diagnostics)
        return [{"severity": one.severity.name.lower(), "text": _alone(text)} for one, text in said]


class WatchedNetwork(Record):
    """A network that can be drawn: the time when it was checked, and whether it agrees with the current text."""

    network: Network
    since: str
    is_current: bool


class SeenSpec(Record):
    """The state of a spec after a check."""

    problems: Problems
    shown: Mapping[str, WatchedNetwork]
    files: frozenset[Path]
    """The files of the spec, and those that it imports but that may not exist."""

    def counts(self) -> dict[str, str]:
        """The costs of each network: `11.2 k parameters · 1.1 M MACs · peak 28 KiB`."""
        return {name: counted(one.network) for name, one in self.shown.items()}

    def figure(self, name: str, level: Level) -> str:
        """The figure of a network as SVG."""
        return Model(self.shown[name].network).draw(level).to("svg").decode()


def counted(network: Network) -> str:
    """The costs of a network, in a line; `in part` for a partial one."""
    if network.partial:
        return "in part"
    counts = count(network)
    peak = amount(peak_memory(network).bytes, "auto", "bytes")
    return f"{amount(counts.params, 'auto')} parameters · {amount(counts.macs, 'auto')} MACs · peak {peak}"


def look(spec: str, options: Options, before: SeenSpec | None = None) -> SeenSpec:
    """Check a spec. A network with errors stays as it was `before`; without an earlier one, it is partial."""
    earlier = before.shown if before is not None else {}
    try:
        checked = find(spec, options.limits).checked(options)
    except SpecError as error:
        kept = {name: _stale(one) for name, one in earlier.items()}
        return SeenSpec(Problems(unreadable=str(error)), kept, before.files if before is not None else frozenset())
    problems = Problems(checked.diagnostics, checked.sources)
    there = [(Path(name).absolute(), source.text) for name, source in checked.sources.items() if Path(name).is_file()]
    beside = (file.parent / path for file, text in there for path in _USED.findall(text))
    return SeenSpec(problems, _shown(checked, earlier), frozenset([*(file for file, _ in there), *beside]))


def _shown(checked: Checked, earlier: Mapping[str, WatchedNetwork]) -> dict[str, WatchedNetwork]:
    now = datetime.now().strftime("%H:%M:%S")
    found = {
        name: _stale(earlier[name])
        if network.partial and name in earlier
        else WatchedNetwork(network, now, not network.partial)
        for name, network in checked.networks.items()
    }
    if checked.failed:
        found.update((name, _stale(one)) for name, one in earlier.items() if name not in found)
    return found


def _stale(one: WatchedNetwork) -> WatchedNetwork:
    return WatchedNetwork(one.network, one.since, is_current=False)


def _alone(text: str) -> str:
    """A rendered problem without the final line, which counts them."""
    return text.rstrip().rpartition("\n\n")[0] or text
