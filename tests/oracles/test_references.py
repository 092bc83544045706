"""The emitted source of every network with a `like` agrees with its reference.

Outputs are compared for a small image, which each of these networks accepts, to keep the tests fast; counts are always
those of the full size. One network per family is compared without the emitter, to distinguish faults of the spec from
faults of the emitter, and of every second family at full size with gradients. With `ARCHC_ALL=1`, all are compared.
"""

from __future__ import annotations

import pytest

from archc.count.counts import count
from archc.diagnostics.problems.references import ReferenceNotInstalled
from archc.runtime.references import ReferenceNetwork, find_reference
from archc.runtime.verify import Verification, VerifySettings, verify
from archc.targets.pytorch import emit
from tests.support.everything import EVERYTHING, one_in
from tests.support.interpreted import interpreted
from tests.support.shipped import networks, with_reference

LIKE = with_reference()
SMALL = VerifySettings(inputs=(("", (3, 64, 64)),))
FULL = VerifySettings(gradients=True)
OTHER_SIZES = {"inception_v3": None, "r3d_18": (3, 8, 64, 64)} | {
    n: None for n in LIKE if n.startswith(("vit_", "swin_", "maxvit_"))
}
"""Inception's auxiliary head has a 5x5 kernel on what is left of the image; a ViT has a position for each patch, and
the windows of Swin and MaxViT divide the image."""
LARGE = [
    name
    for name in LIKE
    if count(networks()[name]).params > 150_000_000 or (name.startswith("regnet_") and not name.endswith("mf"))
]
LARGE += ["swin_s", "swin_b", "swin_v2_s", "swin_v2_b"]
"""Those that take gigabytes, or long at their full size, and the greater of fifteen that are built by one rule:
`make check-all` compares them."""
ONE_A_FAMILY = {
    "alexnet", "densenet121", "dpn68b", "efficientnet_v2_s", "googlenet",
    "inception_v3", "convnext_tiny", "resnet50_fpn", "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small",
    "regnet_y_400mf", "resnet18", "resnext50_32x4d", "legacy_seresnet50", "shufflenet_v2_x1_0", "squeezenet1_1",
    "swin_v2_t", "maxvit_t", "vgg11_bn",
}  # fmt: skip


def reference(name: str) -> ReferenceNetwork:
    found = find_reference(LIKE[name])
    if isinstance(found, ReferenceNotInstalled):
        pytest.skip(f"{LIKE[name]}: {found.message()}")
    assert isinstance(found, ReferenceNetwork), found
    return found


def failures(proof: object) -> list[str]:
    assert isinstance(proof, Verification), proof
    assert {row.name for row in proof.rows} >= {"state dict", "parameters", "MACs"}
    return [f"{row.name}: {row.detail}" for row in proof.rows if not row.holds]


def settings_of(name: str) -> VerifySettings:
    """The settings with which a network is compared."""
    size = OTHER_SIZES.get(name)
    return VerifySettings(inputs=(("", size),) if size else ()) if name in OTHER_SIZES else SMALL


def source(name: str) -> str:
    return emit((networks()[name],), f"archc compile {name}", "test")


@pytest.mark.parametrize("name", sorted(ONE_A_FAMILY))
def test_network(name: str) -> None:
    settings = settings_of(name)
    network = networks()[name]
    assert failures(verify(interpreted(network), network, reference(name), settings)) == []


@pytest.mark.parametrize(
    "name", LIKE if EVERYTHING else one_in(3, [n for n in LIKE if n not in (*LARGE, *ONE_A_FAMILY)])
)
def test_emitted_source(name: str) -> None:
    """With `ARCHC_ALL=1`, these include the networks that the next test compares at full size."""
    settings = settings_of(name)
    assert failures(verify(source(name), networks()[name], reference(name), settings)) == []


@pytest.mark.parametrize("name", one_in(2, sorted(ONE_A_FAMILY)))
def test_emitted_source_at_full_size_with_gradients(name: str) -> None:
    proof = verify(source(name), networks()[name], reference(name), FULL)
    assert failures(proof) == []
    assert isinstance(proof, Verification)
    assert "gradients" in {row.name for row in proof.rows}


def test_all_references_are_there() -> None:
    torchvision = """
        alexnet vgg11 vgg13 vgg16 vgg19 vgg11_bn vgg13_bn vgg16_bn vgg19_bn googlenet inception_v3
        resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d
        wide_resnet50_2 wide_resnet101_2 densenet121 densenet161 densenet169 densenet201
        mobilenet_v2 mobilenet_v3_large mobilenet_v3_small squeezenet1_0 squeezenet1_1
        shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0
        mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3
        efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5
        convnext_tiny convnext_small convnext_base convnext_large
        swin_t swin_s swin_b swin_v2_t swin_v2_s swin_v2_b maxvit_t
        vit_b_16 vit_b_32 vit_l_16 vit_l_32 vit_h_14 r3d_18
        efficientnet_b6 efficientnet_b7 efficientnet_v2_s efficientnet_v2_m efficientnet_v2_l
        regnet_x_400mf regnet_x_800mf regnet_x_1_6gf regnet_x_3_2gf regnet_x_8gf regnet_x_16gf regnet_x_32gf
        regnet_y_400mf regnet_y_800mf regnet_y_1_6gf regnet_y_3_2gf regnet_y_8gf regnet_y_16gf regnet_y_32gf
        regnet_y_128gf
    """.split()
    timm = """
        resnext101_32x4d dpn68 dpn68b dpn92 dpn98 dpn107 dpn131
        legacy_senet154 legacy_seresnet50 legacy_seresnet101 legacy_seresnet152
        legacy_seresnext50_32x4d legacy_seresnext101_32x4d seresnet50 mobilenetv1_100
    """.split()
    expected = {n: f"torchvision:{n}" for n in torchvision} | {n: f"timm:{n}" for n in timm}
    expected |= {"resnet50_fpn": "torchvision:resnet_fpn_backbone"}
    assert expected == LIKE
    assert len(LIKE) == 97
