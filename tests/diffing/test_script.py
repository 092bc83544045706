"""The scripts between shipped networks, in words."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest

import archc
from archc.diagnostics.source import Source
from archc.diffing import Script, diff
from archc.diffing.script import OPPOSITE
from archc.diffing.text import as_text, told
from archc.ir.network import Network
from archc.pipeline import check
from tests.support.everything import of_each_family
from tests.support.specs import load


@cache
def network(name: str) -> Network:
    return archc.load(name).network


def script(before: str, after: str) -> Script:
    return diff(network(before), network(after))


def lines(found: Script) -> list[str]:
    return [told(edit) for edit in found.edits]


def test_a_gate_is_one_edit_that_puts_a_block_into_all_instances() -> None:
    found = script("resnet50", "seresnet50")
    assert lines(found) == ["Gate of ResNet: none -> SE"]
    assert [told(edit) for edit in found.consequences] == ["se: SE added after bn3 in all 16 Bottlenecks"]
    assert found.total.params == (25_557_032, 28_088_024)
    assert (len(found.keys.keys), len(found.keys.new), found.keys.dropped) == (320, 64, ())


def test_three_arguments_are_three_edits() -> None:
    found = script("resnet152", "resnext101_32x8d")
    assert sorted(lines(found)) == [
        "base of ResNet: 64 -> 8",
        "groups of ResNet: 1 -> 32",
        "layers of ResNet: [3, 8, 36, 3] -> [3, 4, 23, 3]",
    ]
    assert "17 Bottlenecks removed after layer2.3, layer3.22" in [told(e) for e in found.consequences]


def test_another_block_is_one_edit_and_what_follows_is_said_in_its_words() -> None:
    found = script("resnet50", "resnet50_v1")
    assert lines(found) == ["Block of ResNet: Bottleneck -> BottleneckV1"]
    following = [told(edit) for edit in found.consequences]
    assert "stride of conv1: 1 -> stride in 3 of 16 BottleneckV1s" in following
    assert "stride of conv2: stride -> 1 in 3 of 16 BottleneckV1s" in following
    assert len(found.keys.keys) == 320 and not found.keys.renamed


def test_names_by_position_are_in_the_key_map() -> None:
    found = script("vgg11", "vgg11_bn")
    assert lines(found) == ["bn of VGG: false -> true"]
    assert dict(found.keys.keys)["features.3.weight"] == "features.4.weight"
    assert not found.keys.dropped and not found.keys.reshaped


def inverse(edit: object) -> object:
    """The inverse of an edit, without its texts."""
    from archc.diffing.script import ScriptEdit

    assert isinstance(edit, ScriptEdit)
    action = OPPOSITE.get(edit.action, edit.action)
    costs = tuple(-n for n in edit.costs) if edit.costs else None
    places = sorted((s.count, s.of, s.paths_after, s.paths_before) for s in edit.sites)
    return action, edit.what, edit.after, edit.before, edit.times, costs, places


def plain(edit: object) -> object:
    from archc.diffing.script import ScriptEdit

    assert isinstance(edit, ScriptEdit)
    places = sorted((s.count, s.of, s.paths_before, s.paths_after) for s in edit.sites)
    return edit.action, edit.what, edit.before, edit.after, edit.times, edit.costs, places


def assert_inverse(one: Script, other: Script) -> None:
    for here, there in ((one.edits, other.edits), (one.consequences, other.consequences)):
        assert sorted(map(repr, map(inverse, here))) == sorted(map(repr, map(plain, there)))
    assert sorted((b, a) for a, b in one.keys.keys) == sorted(other.keys.keys)
    assert sorted(one.keys.dropped) == sorted(other.keys.new)
    assert sorted(one.keys.new) == sorted(other.keys.dropped)
    assert (one.total.params, one.total.macs) == (other.total.params[::-1], other.total.macs[::-1])


PAIRS = [
    ("resnet50", "seresnet50"), ("resnet18", "resnet50"), ("resnet18", "resnet18_a"), ("vgg16", "vgg16_bn"),
    ("googlenet", "inception_v3"), ("mobilenet_v2", "mobilenet_v3_small"), ("densenet121", "densenet169"),
    ("alexnet", "lenet5"), ("resnet34", "vgg11"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_the_way_back_is_the_inverse(a: str, b: str) -> None:
    assert_inverse(script(a, b), script(b, a))


@pytest.mark.parametrize("name", of_each_family())
def test_a_network_against_itself_is_empty(name: str) -> None:
    one = network(name)
    found = diff(one, one)
    assert found.equal and not found.consequences and not found.costs
    assert as_text(found).endswith(": equal\n")
    assert all(old == new for old, new in found.keys.keys) and not found.keys.dropped


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_every_tensor_of_both_is_in_the_key_map_once(a: str, b: str) -> None:
    from archc.ir.state import layout

    keys = script(a, b).keys
    before, after = layout(network(a)), layout(network(b))
    assert sorted([*(x for x, _ in (*keys.keys, *keys.reshaped)), *keys.dropped]) == sorted(before)
    assert sorted([*(y for _, y in (*keys.keys, *keys.reshaped)), *keys.new]) == sorted(after)
    assert all(before[x].weight.shape == after[y].weight.shape for x, y in keys.keys)
    assert all(before[x].weight.shape != after[y].weight.shape for x, y in keys.reshaped)


def test_the_costs_of_the_modules_add_up() -> None:
    for a, b in PAIRS:
        found = script(a, b)
        for name in ("params", "macs", "activations"):
            changes = sum(getattr(row, name)[1] - getattr(row, name)[0] for row in found.costs)
            before, after = getattr(found.total, name)
            assert changes == after - before, (a, b, name)


def test_the_command_takes_less_than_a_second_and_no_torch() -> None:
    text = "import sys; from archc.cli.main import run; run(sys.argv[1:]); assert 'torch' not in sys.modules"
    before = os.times()
    command = [sys.executable, "-c", text, "diff", "resnet152", "resnext101_32x8d"]
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    taken = after.children_user + after.children_system - before.children_user - before.children_system
    assert taken < 1.0, "the processor's time of the whole process, whatever else the machine does"


def variant(base: str, edit: str) -> Network:
    file, _, name = base.partition(":")
    text = f'from "{file}" use {name}\nvariant v = {name} {{\n  {edit}\n}}\n'
    return check(Source("v.arch", text), load).networks["v"]


LEVELS = [
    ("vgg.arch:vgg11", "return features.3, features.5", "return features.3, features.8",
     "returns features.3, features.8 instead of features.3, features.5",
     ["Conv(256, kernel=3) - ReLU - Conv(256, kernel=3) added after features.MPool"]),
    ("resnet.arch:resnet18", "return layer2, layer1.0", "return layer2, layer3",
     "returns layer2, layer3 instead of layer2, layer1.0", ["layer3: repeat added after layer2"]),
    ("resnet.arch:resnet18", "freeze conv1", "freeze conv1\n  return layer3, layer4",
     "returns layer3, layer4 instead of fc", ["GAPool - Flatten - fc: FC(1000, bias=true) - SM removed after layer4"]),
]  # fmt: skip


@pytest.mark.parametrize(("base", "before", "after", "edit", "following"), LEVELS)
def test_other_levels_are_one_edit_under_the_names_of_the_spec(
    base: str, before: str, after: str, edit: str, following: list[str]
) -> None:
    one, other = variant(base, before), variant(base, after)
    found = diff(one, other)
    assert lines(found) == [edit]
    assert [told(e) for e in found.consequences] == following
    assert_inverse(found, diff(other, one))
    assert all(old == new for old, new in found.keys.keys)


def test_a_label_with_a_dot_is_renamed_like_any_other() -> None:
    one, other = (spec_of(f'"{name}.conv": Conv(8) - "{name}.bn": BN - GAPool - fc: FC(3)') for name in ("a", "b"))
    assert lines(diff(one, other)) == ["label a renamed b at b"]
    assert dict(diff(one, other).keys.keys)["a.bn.weight"] == "b.bn.weight"


def spec_of(chain: str) -> Network:
    return check(Source("m.arch", f"model m {{ input 3x8x8\n {chain} }}"), load).networks["m"]


def test_names_that_are_no_labels_are_told_where_nothing_else_differs() -> None:
    one, other = (
        check(
            Source(
                "m.arch",
                f"block B {{ {before} Conv(8) - BN }}\nmodel m {{ input 3x8x8\n a: B - b: B - GAPool - fc: FC(3) }}",
            ),
            load,
        ).networks["m"]
        for before in ("", "let unused = 3\n")
    )
    assert lines(diff(one, other)) == ["names 0, 1 renamed conv1, bn1 at conv1 in all 2 Bs"]
    assert dict(diff(one, other).keys.keys)["b.0.weight"] == "b.conv1.weight"
    assert_inverse(diff(one, other), diff(other, one))


@pytest.mark.parametrize(
    ("before", "after", "edit"),
    [
        ("MPool(2)", "box: (MPool(2))", "box: group put around what was there after stem"),
        (
            "add { l: Conv(8) | r: Conv(8, 1) - ReLU }",
            "(l: Conv(8))",
            "r: Conv(8, kernel=1) - ReLU - add removed after l",
        ),
        (
            "concat { l: Conv(8) - ReLU | r: Conv(8) - ReLU }",
            "concat { r: Conv(8) - ReLU | l: Conv(8) - ReLU }",
            "l - ReLU moved after ReLU",
        ),
        (
            "a: Conv(8) - ReLU if (in.channels > 7)",
            "a: Conv(4) - ReLU if (in.channels > 7)",
            "channels of a: 8 -> 4",
        ),
    ],
)
def test_a_change_of_the_text_is_one_edit(before: str, after: str, edit: str) -> None:
    one, other = (spec_of(f"stem: Conv(8) - {part} - GAPool - fc: FC(3)") for part in (before, after))
    found = diff(one, other)
    assert lines(found) == [edit]
    assert_inverse(found, diff(other, one))
