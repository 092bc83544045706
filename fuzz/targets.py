"""What is fuzzed: functions that take any text, and raise only where archc has a defect."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress

from pydantic import ValidationError

from archc.count.counts import count
from archc.diagnostics import Reporter
from archc.draw import figure
from archc.emit import emit
from archc.limits import Limits
from archc.network.network import Network
from archc.ops import lookup, names
from archc.outline import outline
from archc.pipeline import Checked, Options, check
from archc.render import Format, render
from archc.source import Source
from archc.syntax.parser import parse
from archc.zoo import Files

LIMITS = Limits(layers=2_000, steps=20_000, imports=20)
"""Small, so that what reaches a limit does so quickly: the code is the same as at a large one."""
DEEPEST_JSON = 180
"""What pydantic's reader takes of lists and objects inside each other."""
SHOWN: tuple[Format, ...] = ("text", "json", "sarif", "github")


def checked(text: str) -> Checked:
    """What checking a text comes to; it may use shipped specs."""
    return check(Source("fuzz.arch", text), Files().load, None, Options(limits=LIMITS))


def parsing(text: str) -> None:
    """Every text has a tree, and each of its spans lies in the text."""
    reporter = Reporter()
    tree = parse(Source("fuzz.arch", text), reporter)
    assert 0 <= tree.span.start <= tree.span.end <= len(text)
    for diagnostic in reporter.in_order():
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text), diagnostic


def checking(text: str) -> None:
    """Checking ends, and what it says can be shown in every form."""
    result = checked(text)
    for format in SHOWN:
        shown = render(result.diagnostics, result.sources, format)
        if format in ("json", "sarif"):
            json.loads(shown)
    for diagnostic in result.diagnostics:
        size = len(result.sources[diagnostic.span.file].text)
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= size, diagnostic


def networks(text: str) -> Collection[Network]:
    """The networks of a text, if it checks."""
    result = checked(text)
    return () if result.failed else result.networks.values()


def drawing(text: str) -> None:
    """A network that checks has a figure at each level, an outline and counts."""
    for network in networks(text):
        for level in ("stage", "block", "layer"):
            figure(network, level=level)
        outline(network)
        count(network)


def emitting(text: str) -> None:
    """A network that checks is emitted as Python."""
    for network in networks(text):
        ast.parse(emit((network,), "archc compile fuzz.arch", "0"))


def reading_json(text: str) -> None:
    """Any JSON is read as a network or refused, and a network that checks is the same after a round trip."""
    context = {"ops": {name: lookup(name) for name in names()}}
    with suppress(ValidationError):
        Network.model_validate_json(text, context=context)
    for network in networks(text):
        written = network.model_dump_json()
        if nesting(json.loads(written)) > DEEPEST_JSON:
            continue
        assert Network.model_validate_json(written, context=context).model_dump_json() == written


def nesting(value: object) -> int:
    """How deep lists and objects stand in each other."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [v for each in level if isinstance(each, dict | list) for v in _values(each)]
    return depth


def _values(value: dict[str, object] | list[object]) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value


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
