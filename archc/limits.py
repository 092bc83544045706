"""The limits that keep every spec finite. This imports nothing: each stage holds what it does against them.

The defaults are far above every published network and far below what hurts: a spec that reaches one is a slip, or
means harm. `archc --limit layers=1000000 …` sets one.
"""

from __future__ import annotations

from archc.record import Record


class Limits(Record):
    """How much a spec may ask for. See docs/robustness.md."""

    bytes: int = 16 * 2**20
    """The size of a spec's file."""
    imports: int = 200
    """Specs that one spec uses, directly or through others."""
    layers: int = 120_000
    """Layers of one network. The largest published ones have a few thousand."""
    depth: int = 100
    """Calls, groups and loops inside each other when expanded."""
    bits: int = 128
    """Binary digits of a whole number: no size, count or product of a network comes near."""
    items: int = 100_000
    """Items of a list with the lists in it; characters of a text."""
    steps: int = 1_000_000
    """Terms expanded and turns of loops, in all networks of a spec; calls of `fn`s, long texts and lists count more."""
    seconds: int = 60
    """The time of the processor that checking a spec takes."""


LIMITS = Limits()
