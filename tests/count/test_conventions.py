"""Conventions give exactly the numbers of the installed tools for the emitted module."""

from __future__ import annotations

from importlib.metadata import version

import pytest
import torch
from packaging.version import Version

from archc.count.conventions import convention, counted, names
from archc.count.counts import count
from archc.ir.network import Network
from docs import counting
from tests.count.counters import TOOLS, quiet
from tests.count.emitted import EXTRA, SMALL, module, network_of, small
from tests.support.specs import in_model, network
from tests.support.torchvision_ops import torchvision


def test_every_convention_has_its_tool() -> None:
    assert set(names()) == set(TOOLS)
    assert all(convention(name).name == name for name in names())


@pytest.mark.parametrize("name", names())
def test_the_rules_are_of_the_installed_version(name: str) -> None:
    assert Version(version(name)).public == convention(name).version


def told(net: Network) -> dict[str, tuple[int, ...]]:
    """The numbers of the conventions, by tool."""
    return {name: tuple(c.count for c in counted(net, [convention(name)])) for name in names()}


NOT_KNOWN = {
    "vit": "vit_b_32 has Attention",
    "swin": "swin_t has WindowAttention",
    "maxvit": "maxvit_t has WindowAttention",
}


@pytest.mark.parametrize(("family", "said"), NOT_KNOWN.items())
def test_what_is_not_known_of_a_tool_is_not_told(family: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"{said}: it is unknown what other tools count for it"):
        told(small(family))


@pytest.mark.parametrize("family", [*(name for name in SMALL if name not in NOT_KNOWN), *EXTRA])
def test_each_tool_prints_what_its_convention_says(family: str) -> None:
    net = small(family)
    made = module(net).eval()
    x = torch.randn(1, *net.type_of(net.inputs[0]).dims)
    found = {}
    with quiet():
        for name, tool in TOOLS.items():
            found[name] = tool(made, x)
    assert told(net) == found


ODD = """
Conv(8) - LN - ReLU - GN(4) - GELU - Upsample - SiLU - [ Conv(8) - LN - GELU - SiLU - ReLU - ReLU6 - GN(4)
- BN(affine=false) - Norm - APool - MPool(2) - SM - Upsample(2, mode="bilinear") - AdaptiveAPool(3) - HSwish ]x1
- Upsample(2, mode="bilinear") - AdaptiveAPool(2) - SM - Linear(5) - Norm(3) - FC(7)
"""


OTHERS = {
    "activations and norms": (
        "Conv(8) - LeakyReLU - PReLU - ELU - CELU - SELU - Mish - Softplus - GLU - InstanceNorm "
        "- InstanceNorm(affine=true) - RMSNorm - LogSoftmax", "4x12x12",
    ),
    "poolings": (
        "Conv(8) - AdaptiveMPool(6) - LPPool - PixelUnshuffle(3) - PixelShuffle(3) - BlurPool - Dropout2d - GMPool",
        "4x12x12",
    ),
    "enlarged": (
        'Conv(4) - Upsample(2, "bicubic") - Upsample(2, "bilinear", align=true) - Upsample(size=13) '
        '- Upsample(size=14x15, mode="bilinear") - Upsample(2, "nearest-exact")', "4x3x3",
    ),
    "padded": (
        'Conv(8, 3, 2, pad="same") - Conv(8, 3, 2, pad=[[0, 1]]) - Conv(8, 3, pad_mode="reflect") '
        '- DWConv(3, 2, pad="same") - Conv(8, 2, 1, pad=[[0, 1]], pad_mode="replicate")', "4x23x22",
    ),
    "of a signal": (
        "Conv(8) - BN - MPool - APool - LPPool - InstanceNorm - AdaptiveAPool(5) - AdaptiveMPool(3) "
        '- Upsample(2, "linear") - Conv(4, 3, 2, pad="same") - ConvTranspose(4, bias=false) - GAPool', "4x64",
    ),
    "of a volume": (
        "Conv(8) - BN - MPool - APool - LPPool - InstanceNorm - AdaptiveAPool(5) - AdaptiveMPool(3) "
        '- Upsample(2, "trilinear") - Conv(4, 3, 2, pad="same") - ConvTranspose(4, bias=false) - GMPool', "4x16x18x20",
    ),
}  # fmt: skip


@pytest.mark.parametrize("label", ["", "named: "], ids=["functions", "modules"])
@pytest.mark.parametrize(("chain", "shape"), [(ODD, "4x12x12"), *OTHERS.values()], ids=["odd", *OTHERS])
def test_layers_that_no_shipped_network_has(chain: str, shape: str, label: str) -> None:
    """Each layer as a function in `forward` and as a module of a sequence, where tools disagree with themselves."""
    chain = " ".join(chain.split())
    net = network(in_model(f"{label}({chain})" if label else f"{chain} - add {{ in | in }}", shape))
    made = module(net).eval()
    with quiet():
        x = torch.randn(1, *map(int, shape.split("x")))
        found = {name: tool(made, x) for name, tool in TOOLS.items()}
    assert told(net) == found


@pytest.mark.parametrize("term", ["ConvTranspose(6, 3, 2, pad=1, output_pad=1, bias=false)", "ConvTranspose(6, 4x3, 2)",
                                  "ConvTranspose(6, 3, 2, groups=2, dilation=2)"])  # fmt: skip
def test_transposed_convolutions(term: str) -> None:
    """Calflops counts a bias at other positions, as its convention does, and groups twice, which it does not."""
    net = network(in_model(f"{term} - GAPool - FC(3)", "4x9x7"))
    made = module(net).eval()
    tools = {n: t for n, t in TOOLS.items() if n != "calflops" or "groups" not in term}
    with quiet():
        found = {name: tool(made, torch.randn(1, 4, 9, 7)) for name, tool in tools.items()}
    assert {name: count for name, count in told(net).items() if name in tools} == found


def test_the_parts_are_the_whole() -> None:
    net = small("googlenet")
    for name in names():
        for one in counted(net, [convention(name)]):
            assert one.count == sum(part.count for part in one.parts)
            assert [p.count for p in one.parts] == sorted((p.count for p in one.parts), reverse=True)
    (flops,) = counted(net, [convention("torch")])
    assert flops.count == 2 * count(net).macs


def test_two_tools_see_how_a_module_is_written() -> None:
    """Archc emits functions for some of torchvision's modules: docs/counting.md explains the differences."""
    torchvision_ = torchvision()
    net = network_of("resnet", "resnet18", (3, 64, 64))
    with torch.device("meta"):
        theirs = torchvision_.models.resnet18()
    theirs = theirs.to_empty(device="cpu").eval()
    with quiet():
        found = {name: tool(theirs, torch.randn(1, 3, 64, 64))[0] for name, tool in TOOLS.items()}
    ours = {name: numbers[0] for name, numbers in told(net).items()}
    parts = {p.op: p.count for p in counted(net, [convention("ptflops")])[0].parts}
    twice = parts["ReLU"] + parts["MPool"] + parts["GAPool"]
    pooling = net.type_of(net.nodes[-4].inputs[0]).elements + 512
    assert {name: found[name] - ours[name] for name in found} == dict.fromkeys(found, 0) | {
        "thop": pooling,
        "ptflops": twice,
    }


def test_the_page_has_the_rules() -> None:
    """To renew: `python -m docs.counting`."""
    assert counting.page() == counting.PAGE.read_text(encoding="utf-8")
