"""A small corpus of broken specs: shipped ones, each with a plausible fault."""

from __future__ import annotations

from typing import NamedTuple

from archc.diagnostics.source import Source
from tests.support.specs import SPECS


class Broken(NamedTuple):
    """A shipped spec with `new` instead of `old`; `mended`: whether the unsafe fixes correct it."""

    spec: str
    member: str
    old: str
    new: str
    mended: bool = True

    def source(self) -> Source:
        """The broken text."""
        text = (SPECS / f"{self.spec}.arch").read_text(encoding="utf-8")
        assert self.old in text
        return Source(f"{self.spec}.arch", text.replace(self.old, self.new, 1))


_CONV3 = "conv3: Conv(out, 1) - bn3: BN - se: Gate"
_SHORTCUT = "| downsample: Project(out, stride) if (stride != 1 or in.channels != out)"
_CONV2 = "conv2: Conv(width, 3, stride, groups=groups) - bn2: BN - ReLU\n      - conv3: Conv(out"
_STAGES = "resnet50 = ResNet(Bottleneck, [3, 4, 6, 3]"
_POOL = "branch4: (MPool(3, 1, pad=1) - Unit(proj))"

CASES = {
    "one number off": Broken("resnet", "resnet50", _CONV3, "conv3: Conv(out + 1, 1) - bn3: BN - se: Gate"),
    "the wrong name": Broken("resnet", "resnet50", _CONV3, "conv3: Conv(planes, 1) - bn3: BN - se: Gate"),
    "the wrong factor": Broken("resnet", "resnet50", _CONV3, "conv3: Conv(planes * 2, 1) - bn3: BN - se: Gate"),
    "a shortcut not projected": Broken("resnet", "resnet50", _SHORTCUT, "| in"),
    "an empty shortcut": Broken("resnet", "resnet50", _SHORTCUT, "|  "),
    "stride in one branch only": Broken(
        "resnet", "resnet50", _SHORTCUT, _SHORTCUT.replace("out, stride)", "out, 1)", 1)
    ),
    "stride left out": Broken("resnet", "resnet50", _CONV2, _CONV2.replace(", stride", "")),
    "padding off": Broken("resnet", "resnet50", _CONV2, _CONV2.replace("stride,", "stride, pad=0,")),
    "bad groups": Broken("densenet", "densenet121", "stem, 7, stride=2", "stem, 7, stride=2, groups=2"),
    "a pooling without padding": Broken("googlenet", "googlenet", _POOL, _POOL.replace(", pad=1", "")),
    "a pooling that halves": Broken("googlenet", "googlenet", _POOL, _POOL.replace("3, 1", "3, 2")),
    "misspelt layer": Broken("alexnet", "alexnet", "MPool(3, 2)", "MPol(3, 2)"),
    "misspelt argument": Broken("alexnet", "alexnet", "stride=4", "strid=4"),
    "misspelt name": Broken("vgg", "vgg11", "zip(widths,", "zip(width,"),
    "wrong expectation": Broken("vgg", "vgg11", "params == 132_863_336", "params == 132_863_337"),
    "swapped arguments": Broken("resnet", "resnet50", "conv3: Conv(out, 1) - bn3", "conv3: Conv(1, out) - bn3"),
    "a missing stage": Broken("resnet", "resnet50", _STAGES, _STAGES.replace(", 3]", "]")),
    "a stage too long": Broken("resnet", "resnet50", _STAGES, _STAGES.replace("6", "8")),
    "a missing normalisation": Broken("resnet", "resnet50", _CONV3, _CONV3.replace("- bn3: BN ", "")),
    "a negative width": Broken("alexnet", "alexnet", "Conv(192", "Conv(-192"),
    "a width that is no number": Broken("alexnet", "alexnet", "Conv(192", 'Conv("wide"'),
    "no whole number": Broken("resnet", "resnet50", "Conv(width, 1)", "Conv(width / 3, 1)"),
    "a model for a block": Broken("resnet", "resnet50", _STAGES, _STAGES.replace("Bottleneck", "CifarResNet")),
    "a stray tensor": Broken("resnet", "resnet50", "bn2: BN - ReLU\n", "bn2: BN - in - ReLU\n"),
    "a block in itself": Broken("resnet", "resnet50", "bn2: BN - ReLU\n", "bn2: BN - Bottleneck(planes)\n"),
    "a name too many": Broken("vgg", "vgg11", "for (stage, (c, n))", "for more, (stage, (c, n))"),
    "a bracket not closed": Broken("dpn", "dpn68", "Slice(0, res) | y", "Slice(0, res | y"),
    "a lost dash": Broken("alexnet", "alexnet", "  - SM\n", "  SM\n", mended=False),
}
