"""The descriptions of boxes in the interactive figure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archc.cli.interactive import _Notes
from archc.count.counts import count
from archc.pipeline import DEFAULTS
from archc.targets.pytorch import file_of
from archc.zoo import find
from tests.cli.conftest import Archc

NAMES = ("resnet50", "googlenet", "densenet121", "vgg16", "mobilenet_v2", "shufflenet_v1_g3", "dpn92", "lenet5_1998")


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_with_weights_has_its_lines(name: str) -> None:
    """Each layer has a place in the spec, and one with weights has the source lines that mention its module."""
    checked = find(name).checked(DEFAULTS)
    network = checked.networks[name]
    written = file_of((network,), "archc", "0")
    source = written.text
    notes = _Notes(network, checked.sources, written.classes)
    rows = iter(count(network).layers)
    for node in network.nodes:
        if not node.inputs:
            continue
        row = next(rows)
        note = notes.layer(node, row)
        assert dict(note.facts)["Layer"] == node.op.kind()
        assert ("Parameters" in dict(note.facts)) is (row.params > 0)
        spec = [text for heading, text in note.code if re.fullmatch(r"\w+\.arch, line \d+", heading)]
        assert len(spec) == 1 and spec[0].strip()
        emitted = [text for heading, text in note.code if heading.startswith("PyTorch: ")]
        if row.params:
            assert emitted, node.path
        for text in emitted:
            assert all(line.strip() in source for line in text.splitlines())


def test_a_block_shows_its_class(archc: Archc) -> None:
    assert archc("draw", "resnet18", "-o", "figure.html").exit_code == 0
    page = Path("figure.html").read_text(encoding="utf-8")
    assert "class BasicBlock(nn.Module):" in page
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page), "nothing is loaded from elsewhere"
