"""The limits that keep every spec finite. This imports nothing: each stage checks its own work against them.

The defaults are far above every published network and far below what hurts: a spec that reaches one is mistaken or
malicious. `archc --limit layers=1000000 …` sets one.
"""

from __future__ import annotations

from archc.support.record import Record


class Limits(Record):
    """How much a spec may ask for. See docs/robustness.md."""

    bytes: int = 2**20
    """The size of a spec's file. The largest shipped one has 14,000."""
    words: int = 80_000
    """Words and signs of a file."""
    imports: int = 100
    """Specs that one spec uses, directly or through others."""
    layers: int = 20_000
    """Layers of one network. The largest published ones have a few thousand: ResNet-1202 has 4,200."""
    depth: int = 100
    """Calls, groups and loops inside each other when expanded."""
    bits: int = 128
    """Binary digits of a whole number: no size, count or product of a network comes near."""
    items: int = 20_000
    """Items of a list with the lists in it; characters of a text."""
    steps: int = 400_000
    """Terms expanded and turns of loops, in all networks of a spec; calls of `fn`s, long texts and lists count more.

    The twenty ResNets of one shipped file take 56,000.
    """
    seconds: int = 20
    """Seconds of processor time for checking a spec."""


LIMITS = Limits()

# Fixed limits of what is run, imported by name.

MOST_PIXELS = 2**26
"""Pixels of an image that is read, 67 million: in colour that is 200 MB, however small the file."""
MOST_WEIGHTS = 2**30
"""Numbers in the weights of a network that is run, 4 GB: larger ones are counted, drawn and compiled only."""
MOST_RECORDED = 2**26
"""Bytes of a file of a run other than its weights."""


def beyond(name: str, most: int) -> str:
    """The message about something that exceeds a fixed limit."""
    return f"more than the limit {name} of {most:,} (docs/robustness.md)"
