"""Networks with frozen parts, for figures."""

from __future__ import annotations

import archc
from archc.ir.network import Network

FLOWERS = """
from "resnet.arch" use resnet18
variant flowers = resnet18 {
  replace fc: (Dropout(0.2) - FC(102))
  freeze conv1, bn1, layer[1-3]
}
"""
"""Whole stages, as in docs/transfer.md."""
PARTS = """
from "resnet.arch" use resnet18
variant parts = resnet18 {
  freeze bn1, *.bn*, layer1.1, layer3
  unfreeze layer3.1.bn2
}
"""
"""Batch norms everywhere, one block of a stage, and all but a little of another."""


def network(spec: str) -> Network:
    """The network of a text, or the shipped one of this name."""
    return archc.compile_text(spec).network if spec.startswith("\n") else archc.load(spec).network
