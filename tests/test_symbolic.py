"""Counts for unknown sizes: at hundreds of sizes of each family, the formulas give the checker's counts."""

from __future__ import annotations

import json
import os
from functools import cache
from random import Random

import pytest

from archc.analysis.sweeps import SweptMember
from archc.analysis.symbolic import NoFormula, as_data, as_text, symbolic
from archc.diagnostics.source import Source
from archc.pipeline import check
from archc.zoo import families, find, shipped_members
from tests.support.everything import one_in
from tests.support.specs import load

SIZES = int(os.environ.get("ARCHC_SIZES", "40"))
"""How many sizes to try of each family; more for a night."""
SMALLEST = {
    "alexnet": "alexnet", "convnext": "convnext_tiny", "densenet": "densenet121", "dpn": "dpn68",
    "efficientnet": "efficientnet_b0", "fpn": "resnet50_fpn", "googlenet": "googlenet",
    "inception": "inception_v3", "lenet": "lenet5_1998", "maxvit": "maxvit_t", "mnasnet": "mnasnet0_5",
    "mobilenet": "mobilenet_v2", "regnet": "regnet_y_400mf", "resnet": "resnet18", "resnext": "resnext50_32x4d",
    "senet": "seresnet50", "shufflenet": "shufflenet_v2_x0_5", "squeezenet": "squeezenet1_0", "swin": "swin_t",
    "vgg": "vgg11_bn", "unet": "unet_padded", "vit": "vit_b_32",
}  # fmt: skip
"""A network of each family."""
NOT_OF_AN_IMAGE = {"siamese", "sound", "twostream", "video"}


def ready(name: str) -> SweptMember:
    spec = find(name)
    return SweptMember(spec.source, spec.files.load, name)


@cache
def channels(name: str) -> int:
    network = ready(name).network({})
    assert network is not None
    return network.nodes[0].types[0].channels


def test_every_family_is_tried() -> None:
    assert (
        set(SMALLEST)
        == {shipped_members()[n].removesuffix(".arch") for n in SMALLEST.values()}
        == set(families()) - NOT_OF_AN_IMAGE
    )


@pytest.mark.parametrize("name", one_in(3, SMALLEST.values()))
def test_formulas_give_what_is_counted(name: str) -> None:
    """At many sizes, square or not, in addition to the sixty that `symbolic` examines.

    At sizes without a formula, the network has errors.
    """
    one, c = ready(name), channels(name)
    found = as_data(symbolic(one, (c, "H", "W"), batch="N"))
    random = Random(name)
    for turn in range(SIZES):
        h = random.randint(1, 500)
        w = h if turn % 4 == 0 else random.randint(1, 500)
        values = {"H": h, "W": w, "N": random.randint(1, 64)}
        totals = one.point({"input": f"{c}x{h}x{w}"}).totals
        pieces = [p for p in found["pieces"] if all(eval(v, dict(values)) for v in p["valid"])]
        assert bool(pieces) == (totals is not None), (h, w)
        for piece in pieces:
            assert totals is not None
            assert tuple(eval(size, dict(values)) for size in piece["output"]) == totals.output
            for key, text in piece["counts"].items():
                by = 1 if key in ("params", "buffers") else values["N"]
                assert eval(text, dict(values)) == getattr(totals, key) * by, (h, w, key)


@pytest.mark.parametrize("name", ["resnet18", "lenet5_1998", "squeezenet1_0"])
def test_formulas_without_floors_hold_at_multiples(name: str) -> None:
    one, c = ready(name), channels(name)
    (piece,) = as_data(symbolic(one, (c, "H", "W")))["pieces"]
    for h, w in ((8, 8), (9, 12), (10, 8), (15, 13)):
        values = {"H": h * piece["multiple"], "W": w * piece["multiple"]}
        totals = one.point({"input": f"{c}x{values['H']}x{values['W']}"}).totals
        for key, text in piece["at_multiples"].items():
            assert text is not None and eval(text, dict(values)) == getattr(totals, key)


def formulas(body: str, shape: tuple[int | str, ...] = (4, "H", "W")) -> list[tuple[tuple[str, ...], str]]:
    """The conditions and the MACs of a model with this body."""
    source = Source("m.arch", f"model m {{\n  input 4x64x48\n  {body}\n}}\n")
    check(source, load)
    found = as_data(symbolic(SweptMember(source, load, "m"), shape))
    return [(p["valid"], p["counts"]["macs"]) for p in found["pieces"]]


def test_resnet50_reads_well() -> None:
    text = as_text(symbolic(ready("resnet50"), (3, "H", "W")))
    assert "where H >= 1 and W >= 1:" in text
    assert "MACs         81456*H*W + 2048000\n" in text, "4,089,184,256 at 224x224"
    assert 81456 * 224 * 224 + 2048000 == 4_089_184_256


def test_branches_that_must_meet_bound_the_sizes() -> None:
    """Two halvings that agree on odd sizes only."""
    found = formulas("add { Conv(4, 1, 2) | MPool(2) }")
    assert [where for where, _ in found] == [("H >= 2", "W >= 2", "(H//2) == ((H + 1)//2)", "(W//2) == ((W + 1)//2)")]


def test_a_network_that_changes_with_the_size_comes_in_pieces() -> None:
    """`ceil_mode` leaves out a window that would start in the padding; here that depends on the size."""
    found = formulas("MPool(2, 3, pad=1, ceil=true) - Conv(2, 1)")
    assert len(found) > 1


def test_what_has_no_formula_says_why() -> None:
    with pytest.raises(NoFormula, match="decides by a size of the image, in `in_.height > 32`"):
        formulas("Conv(8) if (in.height > 32) else Conv(4)")
    with pytest.raises(NoFormula, match="errors at every size"):
        formulas("Conv(8, 3, pad=0)", (4, 2, "W"))


def test_one_unknown_may_stand_twice() -> None:
    assert formulas("Conv(8, 1)", (4, "S", "S")) == [(("S >= 1",), "32*S*S")]
    assert formulas("Conv(8, 1)", (4, "H", 5)) == [(("H >= 1",), "160*H")]
    assert formulas("Conv(8, 1)", ("C", 5, 5)) == [(("C >= 1",), "200*C")]


def test_json_form(capsys: pytest.CaptureFixture[str]) -> None:
    from click.testing import CliRunner

    from archc.cli.main import cli

    result = CliRunner().invoke(cli, ["count", "lenet5", "--input", "Nx1xHxW", "--json"])
    read = json.loads(result.stdout)
    assert (read["name"], read["input"], read["batch"]) == ("lenet5", "1xHxW", "N")
    wrong = CliRunner().invoke(cli, ["count", "lenet5", "--input", "Hx1xHxW"])
    assert (wrong.exit_code, wrong.stdout) == (2, "")
