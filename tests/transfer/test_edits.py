"""Edits of a finished model: the effects of each form on structure, names, weights, counts and code."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.count.counts import count
from archc.diagnostics.core import Severity
from archc.diagnostics.source import Source
from archc.ir.freezing import frozen_modules
from archc.ir.network import Network
from archc.ir.state import changes, layout
from archc.pipeline import Options, check
from archc.runtime.live import live_module
from archc.targets.pytorch import emit
from archc.zoo import Files
from tests.support.interpreter import run
from tests.support.specs import checked, network, parameter_paths
from tests.transfer.support import live

BASE = """
block Unit(c, stride=1) {
  add {
      conv1: Conv(c, 3, stride, bias=false) - bn1: BN - ReLU - conv2: Conv(c, 3, bias=false) - bn2: BN
    | downsample: (Conv(c, 1, stride, bias=false) - BN) if (stride != 1 or in.channels != c)
  } - ReLU
}
model Net(classes=10) {
  input 3x16x16
  stem: Conv(8) - bn: BN - ReLU
  - layer1: [Unit(8)]x3
  - layer2: [Unit(16, 2 if k == 0 else 1)]x3 as k
  - GAPool - classifier: (Dropout - FC(12) - ReLU - Dropout - FC(classes)) - SM
}
variant net = Net
"""


def edited(edits: str, base: str = BASE) -> str:
    return f"{base}\nvariant v = net {{\n{edits}\n}}\n"


@pytest.fixture(scope="module", autouse=True)
def _raised_limit() -> None:
    """Import the compiler, which raises the recursion limit, before hypothesis runs its first example."""
    checked(BASE)


def run_both(text: str) -> None:
    """Check that the emitted module gives the results of its ops one by one, and has the network's keys."""
    net = network(text, member="v")
    module = live(net).eval()
    assert sorted(module.state_dict()) == sorted(parameter_paths(net))
    x = torch.randn(2, *net.type_of(net.inputs[0]).dims)
    (wanted,) = run(net, module.state_dict(), x, net.outputs)
    torch.testing.assert_close(module(x), wanted)


EDITS = {
    "one layer": "replace classifier.4: FC(5)",
    "a chain": "replace classifier.4: (Dropout(0.2) - FC(7) - ReLU - FC(5))",
    "its own name": "replace classifier: head: FC(in.channels // 2)",
    "a merge": "replace layer1: add { Conv(8) | in }",
    "a repeat": "replace layer1: [Conv(8) - ReLU]x2",
    "in one of many": "replace layer1.1.conv2: Conv(8, 5)",
    "the same in several": "replace layer[12].*.bn2: GN(4)",
    "different in two": "replace layer1.0.conv2: Conv(8, 5)\nreplace layer1.2.conv2: Conv(8, 1)",
    "remove one": "remove layer1.1",
    "remove in the middle": "remove classifier.1, classifier.2",
    "remove the last": "remove classifier.3, classifier.4",
    "remove in a block": "remove layer2.1.bn1",
    "insert": "insert after layer1: gate: (Conv(in.channels, 1) - Sigmoid)",
    "insert without a name": "insert after layer1: BN",
    "insert among numbers": "insert after classifier.1: BN",
    "insert two": "insert after stem: a: ReLU\ninsert after stem: b: BN",
    "insert in a block": "insert after layer1.0.conv1: drop: Dropout",
    "insert in each": "insert after layer*.*.bn2: BN",
    "truncate": "truncate after layer1",
    "truncate inside": "truncate after layer2.0",
    "truncate in a group": "truncate after classifier.1",
    "several": "replace classifier.4: FC(3)\nremove layer1.2\ninsert after bn: act: SiLU\nfreeze stem, bn, layer1",
}


@pytest.mark.parametrize("edits", EDITS.values(), ids=EDITS.keys())
def test_an_edited_network_is_a_network(edits: str) -> None:
    run_both(edited(edits))


def test_what_is_not_edited_keeps_its_name_and_its_weights() -> None:
    text = edited("remove classifier.1\nreplace layer1.0: Conv(8)")
    result = checked(text, member="v")
    rows = {r.key: r.status for r in changes(result.bases["v"], result.networks["v"])}
    assert rows["classifier.4.weight"] == "reshaped"  # it reads what the removed layer read
    assert rows["classifier.4.bias"] == "kept"
    assert rows["classifier.1.weight"] == rows["layer1.0.conv1.weight"] == "dropped"
    assert rows["layer1.0.weight"] == "new"
    assert all(s == "kept" for k, s in rows.items() if k.startswith(("layer2", "layer1.1", "stem")))


def test_a_head_of_the_same_shape_is_new_all_the_same() -> None:
    result = checked(edited("replace classifier.4: FC(10)"), member="v")
    rows = [(r.key, r.status) for r in changes(result.bases["v"], result.networks["v"]) if r.status != "kept"]
    keys = ("classifier.4.weight", "classifier.4.bias")
    assert rows == [*((k, "new") for k in keys), *((k, "dropped") for k in keys)]


def test_variants_of_variants_have_the_last_word() -> None:
    text = edited("replace classifier.4: FC(5)\nfreeze all except classifier")
    text += "variant w = v {\n  replace classifier.4: FC(6)\n  unfreeze layer2\n}\n"
    net = network(text, member="w")
    assert str(net.type_of(net.outputs[0])) == "6"
    assert net.classes == 6
    assert frozen_modules(net) == ("stem", "bn", "layer1")
    assert net.base == "net"


def test_frozen_is_counted_and_emitted() -> None:
    text = edited("replace classifier.4: FC(5)\nfreeze all except classifier.4, layer2.2.bn[12]")
    net = network(text, member="v")
    counts = count(net)
    assert counts.trainable == 12 * 5 + 5 + 4 * 16
    module = live(net)
    trained = {n for n, p in module.named_parameters() if p.requires_grad}
    assert trained == {f"layer2.2.bn{i}.{w}" for i in (1, 2) for w in ("weight", "bias")} | {
        "classifier.4.weight", "classifier.4.bias",
    }  # fmt: skip
    before = {k: v.clone() for k, v in module.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in module.parameters() if p.requires_grad], 0.1, weight_decay=0.1)
    for mode in (True, False, True):  # as engines do
        module.train(mode)
    module(torch.randn(4, 3, 16, 16)).sum().backward()
    optimizer.step()
    moved = {k for k, v in module.state_dict().items() if not torch.equal(v, before[k])}
    assert moved >= trained - {"classifier.4.bias"}
    buffers = {f"layer2.2.bn{i}.{w}" for i in (1, 2) for w in ("running_mean", "running_var", "num_batches_tracked")}
    assert moved - trained == buffers


PATHS = ("stem", "bn", "layer1", "layer[12].0", "*.bn[12]", "classifier.4", "layer2.1.conv2", "*")
FREEZES = st.tuples(
    st.sampled_from(("freeze", "unfreeze")), st.booleans(), st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)
)


@settings(max_examples=20, deadline=None)
@given(st.lists(FREEZES, min_size=1, max_size=4))
def test_what_is_frozen_is_the_same_everywhere(freezes: list[tuple[str, bool, list[str]]]) -> None:
    """In the network, in the counts, and in the gradients and batch-norm modes of the emitted module."""
    lines = [f"{word} {'all except ' if but else ''}{', '.join(paths)}" for word, but, paths in freezes]
    net = network(edited("\n".join(lines)), member="v")
    frozen = {key for key, entry in layout(net).items() if entry.node.frozen}
    module = live(net).train()
    parameters = dict(module.named_parameters())
    assert {n for n, p in parameters.items() if not p.requires_grad} == frozen & parameters.keys()
    assert count(net).trainable == sum(p.numel() for p in parameters.values() if p.requires_grad)
    asleep = {n for n, m in module.named_modules() if isinstance(m, torch.nn.BatchNorm2d) and not m.training}
    assert asleep == {key.removesuffix(".running_mean") for key in frozen if key.endswith("running_mean")}


def test_freezing_everything_and_nothing() -> None:
    whole = network(edited("freeze all"), member="v")
    assert frozen_modules(whole) == ("",)
    module = live(whole)
    assert not module.train().training and not any(p.requires_grad for p in module.parameters())
    assert frozen_modules(network(edited("freeze all\nunfreeze all"), member="v")) == ()
    assert "frozen" not in emit((network(edited("freeze all\nunfreeze all"), member="v"),), "", "")


def test_several_members_of_one_file() -> None:
    text = edited("replace layer1.0.conv2: Conv(8, 5)") + "variant w = net {\n  remove layer1.0.bn1\n}\n"
    networks = checked(text).networks
    source = emit(tuple(networks.values()), "", "")
    assert {"VUnit", "WUnit", "V", "W"} <= set(vars(live_module(source)))


WRONG = {
    "a wrong path": ("replace fcc: FC(5)", "there is no module `fcc`"),
    "a near path": ("freeze layer3", "there is no module `layer3`"),
    "a wrong path inside": ("remove layer1.3.conv1", "there is no module `layer1.3.conv1`"),
    "a pattern without a match": ("freeze *.lstm*", "there is no module that fits `*.lstm*`"),
    "a forgotten comma": ("freeze stem bn", "there is no module `stem bn`"),
    "twice": ("remove bn\nreplace bn: GN(4)", "`bn` is edited twice"),
    "inside what is gone": (
        "remove layer1\nremove layer1.0.bn1",
        "`layer1.0.bn1` no longer exists when this edit applies",
    ),
    "after the end": (
        "truncate after layer1\nreplace classifier.4: FC(5)",
        "`classifier.4` no longer exists when this edit applies",
    ),
    "in a branch": ("truncate after layer1.0.conv1", "the network cannot end after `layer1.0.conv1`"),
    "no weights": ("freeze classifier.2", "`classifier.2` has no weights"),
    "a shape": ("replace layer1: Conv(9) \nreplace layer2.0.conv2: Conv(7)", "the channels differ"),
    "a name that is taken": ("insert after layer1: bn: BN", "`bn`"),
    "an unknown layer": ("replace bn: Bn2(8)", "there is no layer, block or tensor `Bn2`"),
}


@pytest.mark.parametrize(("edits", "said"), WRONG.values(), ids=WRONG.keys())
def test_wrong_edits_are_told_in_two_places(edits: str, said: str) -> None:
    errors = [d for d in checked(edited(edits), member="v").diagnostics if d.severity is Severity.ERROR]
    assert len(errors) == 1, [d.problem.message() for d in errors]
    assert said in errors[0].problem.message()
    if edits != WRONG["an unknown layer"][0]:
        assert errors[0].labels and errors[0].labels[0].span != errors[0].span


PUTS = {
    "in a group": ("replace classifier.4: (Dropout - FC(5))", "replace classifier.4.1: FC(6)"),
    "by its label": ("replace classifier: head: FC(5)", "replace head: FC(6)"),
    "under its label": ("replace classifier: head: (Dropout - FC(5))", "insert after head.0: ReLU"),
    "inserted": ("insert after layer1: gate: Conv(8)", "remove gate"),
}


@pytest.mark.parametrize(("first", "then"), PUTS.values(), ids=PUTS.keys())
def test_an_edit_of_what_an_edit_puts_in_is_told(first: str, then: str) -> None:
    """The insertion is shown, too, whether it belongs to the same variant or to the base variant."""
    lineage = edited(first) + f"variant w = v {{\n{then}\n}}\n"
    for text, member in ((lineage, "w"), (edited(f"{first}\n{then}"), "v")):
        (error,) = (d for d in checked(text, member=member).diagnostics if d.severity is Severity.ERROR)
        assert error.code == "E0905"
        (label,) = error.labels
        assert text[label.span.start : label.span.end] == first


def test_freezing_reaches_what_edits_put_in() -> None:
    text = edited(
        "replace classifier: (one: FC(12) - ReLU - two: FC(5))\n"
        "insert after layer2: gate: (Conv(16, 1) - BN - Sigmoid)\n"
        "freeze all except classifier.two, gate"
    )
    assert frozen_modules(network(text, member="v")) == ("stem", "bn", "layer1", "layer2", "classifier.one")
    text += "variant w = v {\n  freeze gate\n  unfreeze classifier.one, layer2.2.*\n}\n"
    net = network(text, member="w")
    assert frozen_modules(net) == ("stem", "bn", "layer1", "layer2.0", "layer2.1", "gate")
    module = live(net).train()
    assert not module.get_submodule("gate.1").training and module.get_submodule("layer2.2.bn1").training
    assert {n for n, p in module.named_parameters() if n.startswith("classifier") and p.requires_grad} == {
        f"classifier.{name}.{w}" for name in ("one", "two") for w in ("weight", "bias")
    }


def test_a_near_path_is_suggested_and_the_model_shown() -> None:
    (error,) = checked(edited("freeze layr1"), member="v").diagnostics
    assert error.problem.help() == "did you mean `layer1`?"
    assert BASE[error.labels[0].span.start : error.labels[0].span.end] == "Net"


def test_a_note_says_when_others_stay() -> None:
    said = checked(edited("replace layer1.1.conv2: Conv(8, 5)"), member="v").diagnostics
    (note,) = (d for d in said if d.code == "N0901")
    assert note.problem.message() == "`layer1.1.conv2` changes 1 of the 6 modules that `Unit` makes: layer1.1"
    everywhere = checked(edited("replace layer[12].*.bn2: GN(4)"), member="v").diagnostics
    assert "N0901" not in {d.code for d in everywhere}


def test_auxiliary_heads_can_be_removed() -> None:
    text = (
        "model Net {\n  input 3x8x8\n  a = stem: Conv(4)\n  x = a - fc: FC(5)\n  return x\n"
        "  return training x, a - aux: FC(5)\n}\nvariant net = Net\n"
    )
    net = network(edited("remove aux", text), member="v")
    assert net.training_outputs == net.outputs
    run_both(edited("remove aux", text))
    both = network(edited("replace fc: FC(3)\nreplace aux: FC(3)", text), member="v")
    assert [str(both.type_of(r)) for r in both.training_outputs] == ["3", "3"]


def after(chain: str, edits: str, blocks: str = "") -> Network:
    text = f"{blocks}model m {{\n  input 3x8x8\n  {chain}\n}}\nvariant v = m {{\n  {edits}\n}}\n"
    return network(text, member="v")


@pytest.mark.parametrize(
    ("edit", "names", "result"),
    [
        ("replace fc: Identity", ["stem"], "4"),
        ("replace fc: (FC(8) - ReLU - FC(2))", ["stem", "fc.0", "fc.2"], "2"),
        ("replace fc: (Dropout - FC(2))", ["stem", "fc.1"], "2"),
        ("replace fc: head: FC(3)", ["stem", "head"], "3"),
        ("remove fc", ["stem"], "4x1x1"),
    ],
)
def test_the_flattening_before_a_layer_belongs_to_its_place(edit: str, names: list[str], result: str) -> None:
    net = after("stem: Conv(4) - ReLU - GAPool - fc: FC(10)", edit)
    assert [p.removesuffix(".weight") for p in parameter_paths(net) if p.endswith(".weight")] == names
    assert str(net.type_of(net.outputs[0])) == result
    assert all(n.path == "" and net.scopes[n.scope].kind == "model" for n in net.nodes if n.op.kind() == "Flatten")


def test_what_would_come_after_the_cut_is_lost() -> None:
    text = "model m {\n  input 3x8x8\n  a: (Conv(4) - ReLU) - b: Conv(4)\n}\nvariant v = m {\n  truncate after a.0\n"
    lost = checked(f"{text}  insert after a: ReLU\n}}\n", member="v")
    assert [d.code for d in lost.diagnostics] == ["E0902"]
    kept = network(f"{text}  insert after a.0: ReLU\n}}\n", member="v")
    assert [n.op.kind() for n in kept.nodes[1:]] == ["Conv", "ReLU"]


def test_names_stay_where_an_edit_makes_a_guard_go_the_other_way() -> None:
    body = "add { Conv(c) | Conv(c) if (in.channels != c) } - (p: Conv(c)) if (in.channels == 8) - Conv(c)"
    block = f"block B(c) {{ {body} }}\n"
    net = after("s: Conv(4) - B(4) - B(4)", "replace s: Conv(8)", block)
    names = [p.removesuffix(".weight") for p in parameter_paths(net) if p.endswith(".weight")]
    assert names == ["s", "b1.conv1", "b1.conv2", "b1.p", "b1.conv4", "b2.conv1", "b2.conv4"]


def test_a_network_may_be_cut_off_where_several_tensors_get_their_names() -> None:
    net = after("y, z = tail: (Conv(4) - ReLU) - Chunk(2)\n  add { y | z }", "truncate after tail.0")
    assert [n.op.kind() for n in net.nodes[1:]] == ["Conv"]
    assert str(net.type_of(net.outputs[0])) == "4x8x8"


def test_all_layers_of_a_kind_are_frozen_and_woken() -> None:
    """`freeze all BN`, with any alias of the layer; the last edit takes precedence, and the formatter keeps it."""
    base = 'from "resnet.arch" use resnet18\n\nvariant mine = resnet18 {\n'
    for edits, kinds in (
        ("  freeze all BN\n", {"BN"}),
        ("  freeze all BatchNorm\n", {"BN"}),
        ("  freeze all except fc\n  unfreeze all Conv\n", {"BN"}),
        ("  freeze all\n  unfreeze all BN\n", {"Conv", "FC"}),
    ):
        result = check(Source("mine.arch", f"{base}{edits}}}\n"), Files().load, "mine", Options())
        assert not result.failed, edits
        nodes = result.networks["mine"].nodes
        assert {type(n.op).__name__ for n in nodes if n.frozen} == kinds
    wrong = check(Source("mine.arch", f"{base}  freeze all BatchNrm\n}}\n"), Files().load, "mine", Options())
    (error,) = wrong.diagnostics
    assert error.code == "E0101" and "called `BatchNrm`" in error.problem.message()
    assert error.problem.help() == "did you mean `BatchNorm`?"
