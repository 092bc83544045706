"""Sizes that a class computes from those that come in, on whatever way a rule of a layer takes to them."""

from __future__ import annotations

from tests.emit.cases import emitted


def test_a_partial_window_counts_unless_it_starts_in_the_padding() -> None:
    """The last one does so on 9 rows and on 5, not on 8 columns: one class is right for all of these."""
    source = emitted("""
block B(k) {
  x = MPool(k, pad=1, ceil=true)
  x - Conv(x.height) - Conv(x.width)
}
model m {
  input 3x9x8
  B(2) - B(2)
}
""")
    assert source.count("class B(") == 1
