"""New modules are initialised like torchvision's: every weight has the same distribution over all its numbers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
import torch
from scipy.stats import ks_2samp
from torch import Tensor, nn

from archc.runtime.live import live_class
from archc.targets.pytorch import emit
from tests.support.everything import EVERYTHING, network_of
from tests.support.torchvision_ops import torchvision

Key = tuple[str, str, tuple[int, ...]]
"""A kind of layer, the name of a weight, and its shape."""
QUICK = ("resnet18", "densenet121", "mobilenet_v2", "mobilenet_v3_small", "mnasnet0_5", "shufflenet_v2_x0_5",
         "squeezenet1_1", "googlenet")  # fmt: skip
LARGE = ("alexnet", "vgg11", "vgg11_bn", "inception_v3", "resnext50_32x4d", "wide_resnet50_2", "squeezenet1_0")
"""Those whose weights take seconds to draw."""
OTHERWISE: dict[str, set[Key]] = {
    "squeezenet1_0": {("Conv2d", "weight", (1000, 512, 1, 1))},
    "squeezenet1_1": {("Conv2d", "weight", (1000, 512, 1, 1))},
    "inception_v3": {("Linear", "weight", (1000, 768))},
}
"""Weights that torchvision initialises unlike others of their kind; an `init` of the language is for a whole kind."""
ENOUGH = 20_000
"""The number of values of a weight that are compared."""
SURE = 1e-7
"""The probability that two samples of one distribution are considered different."""


def weights(model: nn.Module) -> dict[Key, Tensor]:
    """All samples of each weight, by kind of layer, name and shape; equal layers are samples of one."""
    found: dict[Key, list[Tensor]] = defaultdict(list)
    for module in model.modules():
        for name, weight in module.named_parameters(recurse=False):
            found[type(module).__name__, name, tuple(weight.shape)].append(weight.detach().flatten())
    return {key: torch.cat(draws)[:ENOUGH] for key, draws in found.items()}


@pytest.mark.parametrize("name", QUICK + (LARGE if EVERYTHING else ()))
def test_weights_start_as_torchvisions(name: str) -> None:
    asked: dict[str, Any] = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    torch.manual_seed(1)
    theirs = weights(torchvision().models.get_model(name, weights=None, **asked))
    torch.manual_seed(2)
    ours = weights(live_class(emit([network_of(name)], f"archc compile {name}", "0"))())
    assert ours.keys() == theirs.keys()
    for key, found in ours.items():
        wanted = theirs[key]
        if bool((wanted == wanted[0]).all()):
            assert torch.equal(found, wanted), key
            continue
        alike = bool(ks_2samp(found.numpy(), wanted.numpy()).pvalue > SURE)
        assert alike is (key not in OTHERWISE.get(name, set())), key
        if alike and found.numel() > 1000:
            error = 6 / found.numel() ** 0.5
            assert abs(found.std() / wanted.std() - 1) < error, key
            assert abs(found.mean() - wanted.mean()) < error * wanted.std(), key


def test_another_distribution_is_noticed() -> None:
    """The comparison can fail: a normal and a uniform distribution with the same deviation differ."""
    torch.manual_seed(0)
    normal, uniform = torch.randn(ENOUGH), (torch.rand(ENOUGH) - 0.5) * 12**0.5
    assert ks_2samp(normal.numpy(), uniform.numpy()).pvalue < SURE


def test_the_sigmoids_of_lenet5_pass_on_what_they_see() -> None:
    """Two images that differ by the full range of pixels must still differ after six sigmoids."""
    torch.manual_seed(0)
    model = live_class(emit((network_of("lenet5"),), "archc compile lenet5", "0"))().eval()
    images = torch.randint(0, 2, (64, 1, 8, 8)).float().mul(2).sub(1)
    images = nn.functional.interpolate(images, size=(32, 32))
    with torch.inference_mode():
        assert float(model(images).std(dim=0).mean()) > 0.1
        for module in model.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.reset_parameters()  # torch's own initialisation
        assert float(model(images).std(dim=0).mean()) < 0.01
