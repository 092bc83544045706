"""Random networks of the language emit code that is the checked network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch
from hypothesis import HealthCheck, given, settings
from torch.utils.flop_counter import FlopCounterMode

from archc.count.counts import count
from archc.targets.pytorch import emit
from tests.emit.test_modules import LINT, RULES
from tests.support.everything import EVERYTHING
from tests.support.interpreter import module_from, run, weights_of
from tests.support.random_networks import specs
from tests.support.specs import network

EXAMPLES = 400 if EVERYTHING else 25
SAMPLE = 40 if EVERYTHING else 8


def test_random_networks_are_emitted_as_they_were_checked(tmp_path: Path) -> None:
    texts: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(specs())
    def prove(text: str) -> None:
        net = network(text)
        source = emit([net], "archc compile m.arch", "0")
        texts.append(source)
        module = module_from(source)
        torch.manual_seed(0)
        model = getattr(module, module.__all__[0])()
        assert {k: tuple(v.shape) for k, v in model.state_dict().items()} == weights_of(net)
        x = torch.randn(2, 4, 16, 16)
        model.train()(x).square().mean().backward()
        with torch.no_grad():
            torch.testing.assert_close(model.eval()(x), run(net, model.state_dict(), x, net.outputs)[0])
            with FlopCounterMode(display=False) as counter:
                model(x[:1])
        assert counter.get_total_flops() == 2 * count(net).macs

    prove()
    for number, source in enumerate(sorted(set(texts), key=len)[-SAMPLE:]):
        (tmp_path / f"random{number}.py").write_text(source, encoding="utf-8")
    commands = [["ruff", "check", *RULES, *LINT], ["ruff", "format", "--diff", *RULES]]
    if EVERYTHING:
        commands.append(["mypy", "--strict", "--config-file", ""])
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *command, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:]
