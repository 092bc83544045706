"""FSDP2 shards emitted modules: one process on the CPU, with gloo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard

from archc.runtime.live import live_class
from archc.targets.pytorch import emit
from tests.support.everything import network_of


@pytest.fixture
def group(tmp_path: Path) -> Iterator[None]:
    """A group of one process."""
    if not (dist.is_available() and dist.is_gloo_available()):
        pytest.skip("this build of torch has no gloo")
    dist.init_process_group("gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("group")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["resnet20_cifar", "mobilenet_v3_small", "googlenet"])
def test_shards(name: str) -> None:
    kind = live_class(emit([network_of(name)], f"archc compile {name}", "0"))
    torch.manual_seed(0)
    model = kind()
    other = kind()
    other.load_state_dict(model.state_dict())
    x = torch.randn(2, 3, 32 if "cifar" in name else 64, 32 if "cifar" in name else 64)
    mesh = init_device_mesh("cpu", (1,))
    for child in model.children():
        fully_shard(child, mesh=mesh)
    fully_shard(model, mesh=mesh)
    assert isinstance(model, FSDPModule)
    torch.testing.assert_close(model.eval()(x), other.eval()(x), rtol=1e-5, atol=1e-5)
    torch.manual_seed(1)
    outputs = model.train()(x)
    logits = outputs if isinstance(outputs, torch.Tensor) else outputs[0]
    logits.square().mean().backward()
    assert any(p.grad is not None for p in model.parameters())
