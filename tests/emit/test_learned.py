"""Learned tensors, which are parameters of the enclosing class rather than modules."""

from __future__ import annotations

import archc
from tests.support.interpreter import module_from

TEXT = """
block Scaled(c) { Conv(c) - gain: Scale(0.5) }
model m(classes=3) {
  input 4x8x8
  stem: Scaled(8) - pos: Positions(0.02) - GAPool - fc: FC(classes)
}
"""


def trained(edits: str) -> set[str]:
    """The parameters that the emitted module trains."""
    made = module_from(archc.compile_text(f"{TEXT}variant v = m {{\n  {edits}\n}}\n", member="v").source())
    return {name for name, p in getattr(made, made.__all__[0])().named_parameters() if p.requires_grad}


def test_they_are_frozen_alone_and_with_what_is_around_them() -> None:
    every = {"pos", "stem.gain", "stem.conv1.weight", "stem.conv1.bias", "fc.weight", "fc.bias"}
    assert trained("freeze pos") == every - {"pos"}
    assert trained("freeze stem.gain, fc") == every - {"stem.gain", "fc.weight", "fc.bias"}
    assert trained("freeze stem") == {"pos", "fc.weight", "fc.bias"}
    assert trained("freeze all except fc") == {"fc.weight", "fc.bias"}
