"""The twelve networks of the lecture's page on transfer: the head of each is found, replaced and trained."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from archc.cli.starter import starter
from archc.count.counts import count
from archc.diagnostics.core import Severity
from archc.diagnostics.source import Source
from archc.ir.network import Network
from archc.ir.state import changes
from archc.pipeline import Checked, Options, check
from archc.runtime.live import live_class
from archc.runtime.references import ReferenceNetwork, find_reference
from archc.zoo import Files, find
from tests.transfer.support import LONG, TWELVE, live

SMALL = {"resnet18", "squeezenet1_0", "googlenet", "shufflenet_v2_x1_0", "mobilenet_v2", "mnasnet1_0"}
"""The networks that run by default: the others have too many weights to be made quickly."""
SIDE = {"inception_v3": 299}


def edited(name: str, **options: int) -> Checked:
    spec = find(name)
    (network,) = spec.checked(Options()).networks.values()
    text = starter(network, spec.source.name, "mine", 5)
    side = options.get("side")
    return check(
        Source("mine.arch", text), Files().load, "mine", Options(inputs=(("", (3, side, side)),) if side else ())
    )


@cache
def at_full_size(name: str) -> Checked:
    return edited(name)


@pytest.mark.parametrize("name", TWELVE)
def test_the_head_is_new_and_all_else_is_kept(name: str) -> None:
    result = at_full_size(name)
    assert not result.diagnostics
    network, base = result.networks["mine"], result.bases["mine"]
    assert base.name == network.base == name
    rows = changes(base, network)
    heads = tuple(f"{path}." for path in TWELVE[name])
    assert {r.key for r in rows if r.status == "new"} == {r.key for r in rows if r.status == "dropped"}
    assert {r.key for r in rows if r.status == "new"} == {r.key for r in rows if r.key.startswith(heads)}
    assert all(r.frozen is (r.status == "kept") for r in rows if r.status != "dropped")
    assert network.classes == 5
    trained = sum(torch.Size(r.shape or ()).numel() for r in rows if r.status == "new")
    counts = count(network)
    assert counts.trainable == trained
    assert counts.params - trained < count(base).params


@pytest.mark.parametrize("name", TWELVE)
def test_wrong_edits_are_told_in_two_places(name: str) -> None:
    """In the edit and in the model, with the path of the intended head."""
    spec = find(name)
    head = TWELVE[name][0]
    text = f'from "{spec.source.name.rpartition("/")[2]}" use {name}\n\nvariant mine = {name} {{\n'
    for edit, code, said in (
        (f"replace {head[0]}{head}: FC(5)", "E0101", f"there is no module `{head[0]}{head}`"),
        (f"freeze {head[0]}{head}", "E0101", f"there is no module `{head[0]}{head}`"),
        (f"remove {head}\n  replace {head}: ReLU", "E0901", f"`{head}` is edited twice"),
        (
            f"replace {head}: (Dropout - ReLU)\n  remove {head}.1",
            "E0905",
            f"`{head}.1` is not a module of the model: an edit inserts it",
        ),
        (f"replace {head}: Cnv(5)", "E0101", "there is no layer, block or tensor `Cnv`"),
    ):
        result = check(Source("mine.arch", f"{text}  {edit}\n}}\n"), Files().load, "mine", Options())
        (error,) = (d for d in result.diagnostics if d.severity is Severity.ERROR)
        assert (error.code, error.problem.message()) == (code, said) or said in error.problem.message()
        assert error.span.file == "mine.arch"
        if "Cnv" not in edit:
            assert error.labels[0].span.file.startswith("archc/specs/" if code == "E0101" else "mine.arch")
        if edit.startswith(("replace", "freeze")) and code == "E0101":
            assert error.problem.help().startswith("did you mean")


@pytest.mark.parametrize("name", TWELVE)
def test_weights_of_the_original_load_up_to_the_head(name: str) -> None:
    """Checked with the keys and shapes of the reference, without allocating weights."""
    reference = find_reference(f"torchvision:{name}")
    assert isinstance(reference, ReferenceNetwork)
    with torch.device("meta"):
        theirs = reference.build()
        assert isinstance(theirs, nn.Module)
        ours = live(at_full_size(name).networks["mine"])
    heads = tuple(f"{path}." for path in TWELVE[name])
    state = {k: v for k, v in theirs.state_dict().items() if not k.startswith(heads)}
    missing, unexpected = ours.load_state_dict(state, strict=False, assign=True)
    assert not unexpected
    assert missing and all(key.startswith(heads) for key in missing)


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in SMALL else [LONG]) for n in TWELVE])
def test_a_step_of_training_moves_the_head_alone(name: str) -> None:
    network = edited(name, side=SIDE.get(name, 64)).networks["mine"]
    module = live(network)
    before = {k: v.clone() for k, v in module.state_dict().items()}
    optimizer = torch.optim.AdamW([p for p in module.parameters() if p.requires_grad], 0.01)
    side = network.type_of(network.inputs[0]).height
    result = module.train()(torch.randn(2, 3, side, side))
    outputs: list[Tensor] = [result] if isinstance(result, Tensor) else list(result)
    assert [tuple(o.shape) for o in outputs] == [(2, 5)] * len(TWELVE[name])
    torch.autograd.backward([o.square().sum() for o in outputs])
    optimizer.step()
    moved = {k for k, v in module.state_dict().items() if not torch.equal(v, before[k])}
    assert moved == {f"{path}.{w}" for path in TWELVE[name] for w in ("weight", "bias")}


def test_a_starter_is_written_and_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from archc.cli.main import cli

    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["new", "mine.arch", "--transfer", "googlenet", "--classes", "7"])
    assert result.exit_code == 0, result.output
    assert "replace aux[12].fc2: FC(7)" in Path("mine.arch").read_text("utf-8")
    assert CliRunner().invoke(cli, ["check", "mine.arch"]).exit_code == 0
    for words, said in (
        (["new", "a.arch", "--transfer", "resnet18"], "--classes"),
        (["new", "a.arch", "--transfer", "resnet19", "--classes", "3"], "did you mean"),
        (["new", "a.arch", "--transfer", "mine.arch", "--classes", "3"], "not a shipped network"),
    ):
        wrong = CliRunner().invoke(cli, words)
        assert wrong.exit_code == 2 and said in wrong.output


def test_the_emitted_class_stands_alone() -> None:
    """The module of an edited network is built without arguments, and states what it freezes."""
    network: Network = at_full_size("squeezenet1_0").networks["mine"]
    from archc.targets.pytorch import emit

    kind = live_class(emit((network,), "archc compile mine", "0"))
    module = kind()
    assert not module.get_submodule("features.0").training
    assert module.get_submodule("classifier.1").training
