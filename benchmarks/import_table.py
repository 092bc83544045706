"""The tables of docs/import.md: the networks that `archc import` proves, and the size of the resulting specs.

    python -m benchmarks.import_table [--anew | --compiled | --seconds | --beside] [NAME …]

A NAME is `torchvision:NAME`, `timm:NAME`, or a family: several names joined by `+`. By default, all networks are
measured, small ones first.

Each row is written to docs/import.csv as soon as it is known, with the state of archc. An interrupted run can therefore
continue: networks with a row are skipped, unless `--anew` requests those measured with another state. Each network is
measured in a separate process with all libraries loaded. `--compiled` proves nothing: it compares an import with the
import of its compiled code, which takes a second or two per network. `--seconds` only measures the seconds of all
networks of torchvision again. `--beside` writes docs/import-beside.md: the texts
of the families that are shortest and longest relative to the handwritten specs.
"""

from __future__ import annotations

import argparse
import csv
import gc
import hashlib
import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from archc.diagnostics.core import Problem, Reporter
from archc.diagnostics.source import Source
from archc.pipeline import DEFAULTS, check
from archc.syntax import tree
from archc.syntax.parser import parse
from archc.zoo import Files, find, shipped_members
from benchmarks.import_measures import TruthTable, again, guards, same_guards, size, used_text
from benchmarks.import_page import UNPROVED, beside, write_page

if TYPE_CHECKING:
    from archc.importing.sources import ModelSource

DOCS = Path(__file__).parents[1] / "docs"
ROWS, PAGE, BESIDE = DOCS / "import.csv", DOCS / "import.md", DOCS / "import-beside.md"
COLUMNS = (
    "network",
    "outcome",
    "tokens",
    "gold",
    "blocks",
    "gold_blocks",
    "ifs",
    "gold_ifs",
    "seconds",
    "torch_seconds",
    "again",
    "why",
    "guards",
    "state",
    "again_state",
)
TORCHVISION = (
    "resnet18 resnet34 resnet50 resnet101 resnet152",
    "resnet50 resnext50_32x4d resnext101_32x8d resnext101_64x4d wide_resnet50_2 wide_resnet101_2",
    "vgg11 vgg13 vgg16 vgg19",
    "vgg11_bn vgg13_bn vgg16_bn vgg19_bn",
    "densenet121 densenet161 densenet169 densenet201",
    "shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0",
    "squeezenet1_0 squeezenet1_1",
    "mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3",
    "mobilenet_v3_large mobilenet_v3_small",
    "efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4",
    "convnext_tiny convnext_small convnext_base convnext_large",
    "efficientnet_v2_s efficientnet_v2_m efficientnet_v2_l",
    "regnet_y_400mf regnet_y_800mf regnet_y_1_6gf regnet_y_3_2gf regnet_y_8gf regnet_y_16gf regnet_y_32gf",
    "regnet_x_400mf regnet_x_800mf regnet_x_1_6gf regnet_x_3_2gf regnet_x_8gf regnet_x_16gf regnet_x_32gf",
    "swin_t swin_s swin_b",
    "swin_v2_t swin_v2_s swin_v2_b",
    "vit_b_16 vit_b_32 vit_l_16 vit_l_32",
)
"""The families of torchvision with a handwritten spec."""
TIMM = (
    "repvgg_a0 gernet_s mobileone_s0 convmixer_768_32 convnext_atto convnext_tiny cspdarknet53 cspresnet50 "
    "cspnext_tiny densenet121 dla34 dpn68 efficientnet_b0 tf_efficientnet_b0 mnasnet_100 mobilenetv2_100 mixnet_s "
    "tinynet_e fasternet_t0 fastvit_t8 focalnet_tiny_srf ghostnet_100 mobilenetv3_small_100 lcnet_050 hardcorenas_a "
    "hgnet_tiny hgnetv2_b0 resnet18 resnet50 seresnet50 ecaresnet50t resnet50d hrnet_w18_small inception_next_atto "
    "inception_resnet_v2 inception_v3 inception_v4 lcnetv2_base mambaout_femto mixer_s32_224 resmlp_12_224 "
    "gmlp_ti16_224 nasnetalarge dm_nfnet_f0 nfnet_l0 pnasnet5large rdnet_tiny regnetx_002 regnety_002 "
    "repghostnet_050 repvit_m0_9 res2net50_26w_4s resnest14d resnetv2_50 resnetv2_50x1_bit rexnet_100 selecsls42 "
    "legacy_seresnet18 legacy_senet154 sequencer2d_s skresnet18 starnet_s1 tresnet_m vgg11_bn vovnet39a "
    "ese_vovnet19b_dw legacy_xception xception41 xception41p poolformer_s12 convformer_s18 poolformerv2_s12 "
)
"""One or more networks of each of timm's families without attention."""
LONGEST = 900
"""The time limit for one network, in seconds."""
LONG = 3.0
"""The seconds from which a measurement is not repeated."""


def measured(name: str) -> Mapping[str, object]:
    """The row of one network."""
    from archc.importing.importer import import_source
    from archc.importing.sources import find_source

    source = find_source(name, None)
    assert not isinstance(source, Problem), source
    row: dict[str, object] = {"network": name, **timed(name)}
    found = import_source(source)
    if isinstance(found, Problem):
        return {**row, "outcome": found.code, "why": _why(found)}
    row |= {"outcome": "proved", "why": ", ".join(found.flat), **_sized(found.text, found.members[0])}
    return {**row, "again": again(found.text, found.members[0], source.inputs)}


def timed(name: str) -> Mapping[str, object]:
    """The seconds of an import without proof, and those of torch's construction and forward pass."""
    from archc.importing.importer import text_of
    from archc.importing.sources import find_source

    source = find_source(name, None)
    assert not isinstance(source, Problem), source
    taken, run = seconds(lambda: text_of(source)), seconds(lambda: _runs(source))
    return {"seconds": f"{taken:.3f}", "torch_seconds": f"{run:.3f}"}


def compiled(name: str) -> Mapping[str, object]:
    """The row of a network without a proof: its tokens, and the comparison with the import of its own code."""
    from archc.importing.importer import text_of
    from archc.importing.sources import find_source

    source = find_source(name)
    assert not isinstance(source, Problem), source
    text = text_of(source)
    if isinstance(text, Problem):
        return {"outcome": text.code, "why": _why(text)}
    return {"outcome": UNPROVED, **_sized(text, source.member), "again": again(text, source.member, source.inputs)}


def _why(problem: Problem) -> str:
    return f"{problem.message()} {problem.note()}".split("\n")[0][:160]


def _sized(text: str, member: str) -> dict[str, object]:
    """The sizes of an import, and of the handwritten spec."""
    row: dict[str, object] = dict(zip(("tokens", "blocks", "ifs"), size(Source("x.arch", text), member), strict=True))
    if member in shipped_members():
        row |= zip(("gold", "gold_blocks", "gold_ifs"), size(find(member).source, member), strict=True)
    return row


def _runs(source: ModelSource) -> None:
    """Construct a model, and run it once."""
    import torch

    model = source.make().eval()
    with torch.no_grad():
        model(*(torch.randn(1, *dims) for _, dims in source.inputs))


def seconds(work: Callable[[], object]) -> float:
    """The processor time, the minimum of three unless it is long. Imports are loaded beforehand."""
    times = []
    for _ in range(3):
        gc.collect()
        gc.freeze()
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
        if times[-1] > LONG:
            break
    return min(times)


def family(names: str) -> Mapping[str, object]:
    """The row of networks that are imported together, with the tokens of the largest member."""
    from archc.importing.importer import import_sources

    sources = _sources(names)
    found = import_sources(sources)
    if isinstance(found, Problem):
        return {"outcome": found.code, "why": _why(found)}
    return {"outcome": "proved", **_sized_together(found.text, found.members)}


def _counted(names: str) -> Mapping[str, object]:
    """The row of a family without a proof."""
    from archc.importing.importer import text_of

    sources = _sources(names)
    text = text_of(*sources)
    if isinstance(text, Problem):
        return {"outcome": text.code, "why": _why(text)}
    wrong = check(Source("x.arch", text), Files().load, None, DEFAULTS)
    assert not wrong.failed, wrong.diagnostics[0].problem.message()
    return {"outcome": UNPROVED, **_sized_together(text, [source.member for source in sources])}


def _sources(names: str) -> list[ModelSource]:
    from archc.importing.sources import find_source

    found = [find_source(name) for name in names.split("+")]
    return [source for source in found if not isinstance(source, Problem)]


def _sized_together(text: str, members: Sequence[str]) -> dict[str, object]:
    """The sizes of a family; `why` has the number of its models, and its guards compared with the handwritten ones."""
    source = Source("x.arch", text)
    both = [(size(source, m), size(find(m).source, m)) for m in members if m in shipped_members()]
    ours, gold = max(both, key=lambda pair: pair[0][0] / pair[1][0])
    models = sum(isinstance(node, tree.ModelDef) for node in parse(source, Reporter()).declarations)
    row: dict[str, object] = dict(zip(("tokens", "blocks", "ifs"), ours, strict=True))
    row |= zip(("gold", "gold_blocks", "gold_ifs"), gold, strict=True)
    return {**row, "why": f"{models}", "guards": _guards(source, members)}


def _texts(names: str) -> tuple[str, str]:
    """The imported and the handwritten text of the family's largest member relative to the handwritten spec."""
    from archc.importing.importer import text_of

    sources = _sources(names)
    text = text_of(*sources)
    assert isinstance(text, str), text
    ours = Source("x.arch", text)
    members = [s.member for s in sources if s.member in shipped_members()]
    member = max(members, key=lambda m: size(ours, m)[0] / size(find(m).source, m)[0])
    return used_text(ours, member), used_text(find(member).source, member)


def _guards(ours: Source, members: Sequence[str]) -> str:
    """The number of handwritten guards that the import has, of those that vary in this family."""
    files: dict[str, tuple[Source, list[str]]] = {}
    for member in members:
        source = find(member).source
        files.setdefault(source.name, (source, []))[1].append(member)
    gold: dict[str, TruthTable] = {}
    for source, own in files.values():
        for name, table in guards(source, own).items():
            gold[name] = {**gold.get(name, {}), **table}
    same = same_guards(guards(ours, members), gold)
    missing = [name.partition(" (")[0] for name, other in same.items() if other is None]
    return f"{len(same) - len(missing)} of {len(same)}" + "".join(f"; `{' '.join(m.split())}`" for m in missing)


# -- running ----------------------------------------------------------------------------------------------------------


def main() -> None:
    """Measure the missing rows, and write the tables of the page."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.import_table", description=main.__doc__)
    modes = options.add_mutually_exclusive_group()
    for name in ("anew", "compiled", "seconds", "beside"):
        modes.add_argument(f"--{name}", action="store_true")
    options.add_argument("names", nargs="*", metavar="NAME")
    chosen = options.parse_args()
    _load()
    if chosen.beside:
        BESIDE.write_text(beside(_read(), _texts), encoding="utf-8")
        return
    if chosen.seconds:
        _time(chosen.names or [name for name in _all() if name.startswith("torchvision:") and "+" not in name])
        return
    now = state()
    for name in chosen.names or _all():
        row = _read().get(name, dict.fromkeys(COLUMNS, "") | {"network": name, "outcome": UNPROVED})
        if chosen.compiled:
            if row["again_state"] == now:
                continue
            found = _row(name, _counted if "+" in name else compiled)
            proved = row["outcome"] == "proved" and found["outcome"] == UNPROVED
            row |= {key: found[key] for key in ("again", "guards")} if proved else found
        elif row["outcome"] == UNPROVED or (chosen.anew and row["state"] != now):
            row |= _row(name, family if "+" in name else measured) | {"state": now}
        else:
            continue
        row["again_state"] = now
        _write(_read() | {name: row})
        print(name, row["outcome"], row["again"], flush=True)
    write_page(PAGE, _read())


def _time(names: Sequence[str]) -> None:
    """Measure the seconds of networks that have a row, and write the page."""
    for name in names:
        found = _row(name, timed)
        row = _read()[name] | {key: found[key] for key in ("seconds", "torch_seconds")}
        _write(_read() | {name: row})
        print(name, row["seconds"], row["torch_seconds"], flush=True)
    write_page(PAGE, _read())


def _load() -> None:
    """Load once what each row needs: libraries, the parser tables, the ops."""
    from torch import nn

    from archc.importing.importer import ImportedSpec, import_source
    from archc.importing.sources import object_source
    from archc.runtime.references import import_torchvision

    import_torchvision()
    import_module("torchvision.models")
    import_module("timm")
    source = object_source(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)), (3, 8, 8))
    found = import_source(source)
    assert isinstance(found, ImportedSpec)
    again(found.text, found.members[0], source.inputs)


def state() -> str:
    """The state of archc that a row is measured with: eight digits of a hash of its code."""
    root = Path(import_module("archc").__file__ or "").parent
    found = hashlib.sha256()
    for file in sorted((*root.rglob("*.py"), *root.rglob("*.arch"))):
        found.update(f"{file.relative_to(root)}\n".encode() + file.read_bytes())
    return found.hexdigest()[:8]


def _all() -> list[str]:
    """The names of all rows, networks with few operations first."""
    models = import_module("torchvision.models")
    found = [
        *(f"torchvision:{name}" for name in models.list_models(module=models)),
        *("+".join(f"torchvision:{name}" for name in names.split()) for names in TORCHVISION),
        *(f"timm:{name}" for name in TIMM.split()),
    ]
    return sorted(found, key=_operations)


def _operations(name: str) -> float:
    """The operations of networks in billions, as torchvision states them; most of timm's networks are small."""
    if name.startswith("timm:"):
        return 1.0
    models = import_module("torchvision.models")
    parts = [models.get_model_weights(n.partition(":")[2]) for n in name.split("+")]
    return sum(float(next(iter(weights)).meta["_ops"]) for weights in parts if len(weights))


Measure = Callable[[str], Mapping[str, object]]
"""Measures the row of a name."""


def _row(name: str, measure: Measure) -> dict[str, str]:
    """The row of a name, measured in a fork of this process."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(name, measure, sender))
    child.start()
    sender.close()
    try:
        found = dict(receiver.recv()) if receiver.poll(LONGEST) else {"outcome": "time", "why": f"{LONGEST} s"}
    except EOFError:
        found = {"outcome": "fault", "why": "killed"}
    child.kill()
    child.join()
    return {key: str(found.get(key, "")) for key in COLUMNS} | {"network": name}


def _send(name: str, measure: Measure, sender: Connection) -> None:
    try:
        sender.send(dict(measure(name)))
    except Exception as error:  # any failure belongs in the table
        sender.send({"outcome": "fault", "why": f"{type(error).__name__}: {error}".splitlines()[0][:160]})


def _read() -> dict[str, dict[str, str]]:
    if not ROWS.exists():
        return {}
    with ROWS.open(newline="", encoding="utf-8") as file:
        return {row["network"]: {c: row.get(c) or "" for c in COLUMNS} for row in csv.DictReader(file)}


def _write(rows: Mapping[str, Mapping[str, str]]) -> None:
    with ROWS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[name] for name in sorted(rows))


if __name__ == "__main__":
    main()
