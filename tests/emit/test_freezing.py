"""Frozen parts stay in evaluation mode, whatever the mode of the module."""

from __future__ import annotations

import pytest

from archc.targets.pytorch import emit
from tests.support.interpreter import module_from
from tests.support.specs import checked

TEXT = """model m {{
  input 3x8x8
  stem: (Conv(4) - BN) - body: (Conv(4) - BN) - GAPool - fc: FC(3)
}}
variant v = m {{
  freeze {what}
}}
"""


@pytest.mark.parametrize(
    ("what", "frozen", "names"),
    [
        ("all", ["", "stem", "body", "fc"], [""]),
        ("stem", ["stem"], ["stem"]),
        ("all except fc", ["stem", "body"], ["stem", "body"]),
    ],
)
def test_what_is_frozen_stays_in_evaluation(what: str, frozen: list[str], names: list[str]) -> None:
    net = checked(TEXT.format(what=what)).networks["v"]
    module = module_from(emit([net], "archc compile m.arch", "0"))
    made = getattr(module, module.__all__[0])()
    assert made.frozen_modules() == [made.get_submodule(n) for n in names]
    for mode in (True, False, True):
        assert made.train(mode) is made
        for path in ("", "stem", "stem.1", "body", "fc"):
            still = any(path == f or path.startswith(f"{f}.") for f in frozen)
            assert made.get_submodule(path).training is (mode and not still), (path, mode)


def test_a_frozen_tensor_has_no_gradient_wherever_it_is() -> None:
    text = """model m {
  input 3x8x8
  g: (Conv(4) - gamma: Scale) - beta: Scale - GAPool - fc: FC(3)
}
variant v = m {
  freeze g.gamma, beta
}
"""
    source = emit([checked(text).networks["v"]], "archc compile m.arch", "0")
    module = module_from(source)
    made = getattr(module, module.__all__[0])()
    assert [n for n, p in made.named_parameters() if not p.requires_grad] == ["beta", "g.gamma"]
    assert "self.get_parameter(" in source and "typing" not in source


def test_what_is_imported_is_used() -> None:
    source = emit([checked(TEXT.format(what="stem")).networks["v"]], "archc compile m.arch", "0")
    assert "from typing import Self\n" in source
