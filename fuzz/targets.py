"""The targets: functions that accept any text, and raise only if archc has a defect."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from archc.count.counts import count
from archc.diagnostics.core import Reporter
from archc.diagnostics.render import Format, render
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.ops import registry
from archc.pipeline import Checked, Options, check
from archc.support.limits import Limits
from archc.syntax.parser import parse
from archc.targets.figure import figure
from archc.targets.outline import outline
from archc.targets.pytorch import emit
from archc.zoo import Files

LIMITS = Limits(layers=2_000, steps=20_000, imports=20)
"""Small, so that what reaches a limit does so quickly: the code is the same as at a large one."""
CONTEXT = {"ops": registry()}
SHOWN: tuple[Format, ...] = ("text", "json", "sarif", "github")


def checked(text: str) -> Checked:
    """The result of checking a text, which may use shipped specs."""
    return check(Source("fuzz.arch", text), Files().load, None, Options(limits=LIMITS))


def parsing(text: str) -> None:
    """Every text has a tree, whose spans are all within the text."""
    reporter = Reporter()
    tree = parse(Source("fuzz.arch", text), reporter)
    assert 0 <= tree.span.start <= tree.span.end <= len(text)
    for diagnostic in reporter.in_order():
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text), diagnostic


def checking(text: str) -> None:
    """Checking ends, and its diagnostics can be rendered in every format."""
    result = checked(text)
    for format in SHOWN:
        shown = render(result.diagnostics, result.sources, format)
        if format in ("json", "sarif"):
            json.loads(shown)
    for diagnostic in result.diagnostics:
        size = len(result.sources[diagnostic.span.file].text)
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= size, diagnostic


def networks(text: str) -> Collection[Network]:
    """The networks of a text, if it has no errors."""
    result = checked(text)
    return () if result.failed else result.networks.values()


def drawing(text: str) -> None:
    """A network without errors has a figure at each level, an outline and counts."""
    for network in networks(text):
        for level in ("stage", "block", "layer"):
            figure(network, level=level)
        outline(network)
        count(network)


def emitting(text: str) -> None:
    """A network without errors is emitted as Python."""
    for network in networks(text):
        ast.parse(emit((network,), "archc compile fuzz.arch", "0"))


def reading_json(text: str) -> None:
    """Any JSON is read as a network or rejected, and a network is equal after a round trip."""
    with suppress(ValueError):
        _read_back(Network.model_validate_json(text, context=CONTEXT))
        return
    for network in networks(text):
        _read_back(network)


def _read_back(network: Network) -> None:
    written = network.model_dump_json()
    assert Network.model_validate_json(written, context=CONTEXT).model_dump_json() == written


def formatting(text: str) -> None:
    """Formatting ends, and formatting again changes nothing."""
    from archc.syntax.format.formatter import formatted

    once = formatted(Source("x.arch", text))
    assert formatted(Source("x.arch", once)) == once


TARGETS: Mapping[str, Callable[[str], None]] = {
    "parse": parsing,
    "check": checking,
    "draw": drawing,
    "emit": emitting,
    "json": reading_json,
    "fmt": formatting,
}
