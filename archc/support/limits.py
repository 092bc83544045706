"""The limits that keep the work on every spec finite. Each stage checks its own work against them.

The defaults are far above every published network and far below what exhausts a machine: a spec that reaches one is
wrong or malicious. `archc --limit layers=1000000 …` sets one.
"""

from __future__ import annotations

from archc.support.record import Record


class Limits(Record):
    """How much work a spec may cause. See docs/robustness.md."""

    bytes: int = 2**20
    """The size of a spec's file. The largest shipped one has 14,000."""
    words: int = 80_000
    """The number of tokens of a file."""
    imports: int = 100
    """The number of specs that one spec uses, directly or indirectly."""
    layers: int = 20_000
    """The number of layers of one network. The largest published ones have a few thousand: ResNet-1202 has 4,200."""
    depth: int = 100
    """The nesting of calls, groups and loops during expansion."""
    bits: int = 128
    """The number of bits of a whole number. No size, count or product of a network comes near."""
    items: int = 20_000
    """The number of items of a list, including nested ones, and of characters of a text."""
    steps: int = 400_000
    """The number of expanded terms and turns of loops in all networks; `fn` calls, long texts and lists count for more.

    The twenty ResNets of one shipped file take 56,000.
    """
    seconds: int = 20
    """The processor time for checking a spec, in seconds."""


LIMITS = Limits()

# Fixed limits of networks that are run and of files that are read, imported by name.

MOST_PIXELS = 2**26
"""The number of pixels of an image that is read: in colour, 200 MB, however small the file."""
MOST_WEIGHTS = 2**30
"""The number of weights of a network that is run, 4 GB in float32.

Larger networks can be counted, drawn and compiled.
"""
MOST_RECORDED = 2**26
"""The size in bytes of a file of a run other than its weights."""


def beyond(name: str, most: int) -> str:
    """The message for something that exceeds a fixed limit."""
    return f"more than the limit {name} of {most:,} (docs/robustness.md)"
