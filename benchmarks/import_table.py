"""The tables of docs/import.md: which networks `archc import` proves, and how short they and their families become.

    python -m benchmarks.import_table [NAME …]

A NAME is `torchvision:NAME`, `timm:NAME`, or several with `+` between them: a family. Without one, all are done.

A row is written to docs/import.csv as soon as it is known, and networks that have a row are not done again: stopped, it
goes on. One process a network.
"""

from __future__ import annotations

import csv
import gc
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from archc.diagnostics.core import Problem, Reporter
from archc.diagnostics.source import Source
from archc.pipeline import DEFAULTS, check
from archc.syntax import tree
from archc.syntax.parser import parse
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from archc.syntax.walk import walk
from archc.targets.pytorch import file_of
from archc.version import __version__
from archc.zoo import Files, find, shipped_members

if TYPE_CHECKING:
    from archc.importing.importer import ImportedSpec
    from archc.importing.sources import ModelSource
    from archc.ir.op import Op

DOCS = Path(__file__).parents[1] / "docs"
ROWS, PAGE = DOCS / "import.csv", DOCS / "import.md"
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
)
MARKS = ("table", "families", "timm")
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
"""The families of torchvision that have a spec written by hand."""
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
"""One or more of each of timm's families without attention."""
UNPROVED = "recorded"
"""The outcome of what has been counted, but not proved yet."""
LONGEST = 600
"""Seconds for one network."""


def measured(name: str) -> Mapping[str, object]:
    """The row of one network."""
    import torch

    from archc.importing.importer import import_source, text_of
    from archc.importing.sources import find_source, object_source

    source = find_source(name, None)
    assert not isinstance(source, Problem), source
    text_of(object_source(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)), (3, 8, 8)))  # what archc itself loads
    taken, run = seconds(lambda: text_of(source)), seconds(lambda: _runs(source))
    row: dict[str, object] = {"network": name, "seconds": f"{taken:.2f}", "torch_seconds": f"{run:.2f}"}
    found = import_source(source)
    if isinstance(found, Problem):
        return {**row, "outcome": found.code, "why": f"{found.message()} {found.note()}".split("\n")[0][:160]}
    tokens, blocks, ifs = size(Source("x.arch", found.text), found.members[0])
    row |= {"outcome": "proved", "tokens": tokens, "blocks": blocks, "ifs": ifs, "why": ", ".join(found.flat)}
    row["again"] = again(found, source.input)
    member = name.partition(":")[2]
    if member in shipped_members():
        gold = find(member)
        row |= dict(zip(("gold", "gold_blocks", "gold_ifs"), size(gold.source, member), strict=True))
    return row


def _runs(source: ModelSource) -> None:
    """Construct a model, and run it once."""
    import torch

    model = source.make().eval()
    with torch.no_grad():
        model(torch.randn(1, *source.input))


def seconds(work: Callable[[], object]) -> float:
    """The processor's time, the least of three. What has been loaded before is no part of it."""
    times = []
    for _ in range(3):
        gc.collect()
        gc.freeze()
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def again(spec: ImportedSpec, input: tuple[int, ...]) -> str:
    """Whether what is imported, compiled and imported again is the same network: `equal`, or the first edit."""
    from archc.diffing import diff
    from archc.importing.importer import text_of
    from archc.importing.sources import find_source

    member = spec.members[0]
    network = check(Source("x.arch", spec.text), Files().load, member, DEFAULTS).networks[member]
    made = file_of((network,), "archc", __version__)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "net.py")
        file.write_text(made.text, encoding="utf-8")
        source = find_source(f"{file}:{made.exported[0]}", input)
        text = source if isinstance(source, Problem) else text_of(source)
    if isinstance(text, Problem) or isinstance(source, Problem):
        return f"{text}"
    other = check(Source("y.arch", text), Files().load, source.member, DEFAULTS)
    if other.failed:
        return other.diagnostics[0].problem.message()
    made_again = other.networks[source.member]
    if diff(network, made_again).equal:
        return "equal"
    one, two = ([(n.path, _rounded(n.op), n.inputs) for n in net.nodes] for net in (network, made_again))
    return "equal layers, other blocks" if one == two else "different"


def _rounded(op: Op) -> str:
    """A layer without the last digits of its numbers: `0.2 * 7 / 16` is 0.08750000000000001."""
    return re.sub(r"\d\.\d+", lambda number: f"{float(number[0]):.9g}", repr(op))


def family(names: str) -> Mapping[str, object]:
    """The row of several networks that are imported together: the tokens of the member that needs the most."""
    from archc.importing.importer import import_sources
    from archc.importing.sources import find_source

    sources = [find_source(name, None) for name in names.split("+")]
    found = import_sources([s for s in sources if not isinstance(s, Problem)])
    row: dict[str, object] = {"network": names}
    if isinstance(found, Problem):
        return {**row, "outcome": found.code, "why": f"{found.message()} {found.note()}".split("\n")[0][:160]}
    text = Source("x.arch", found.text)
    both = [(size(text, m), size(find(m).source, m)) for m in found.members if m in shipped_members()]
    ours, gold = max(both, key=lambda pair: pair[0][0] / pair[1][0])
    models = sum(isinstance(node, tree.ModelDef) for node in parse(text, Reporter()).declarations)
    row |= {"outcome": "proved", "tokens": ours[0], "blocks": ours[1], "ifs": ours[2], "why": f"{models}"}
    return row | dict(zip(("gold", "gold_blocks", "gold_ifs"), gold, strict=True))


def size(source: Source, member: str) -> tuple[int, int, int]:
    """Tokens, blocks and `if`s of all that a member of a spec uses, without comments, texts, facts and `init`."""
    parts = dict(_declared(source))
    wanted = [member, *(name for name in parts if name.startswith("default "))]
    seen: dict[str, tuple[Source, tree.Tree]] = {}
    while wanted:
        name = wanted.pop()
        if name in seen or name not in parts:
            continue
        seen[name] = parts[name]
        wanted += [n.name for n, _ in walk(parts[name][1]) if isinstance(n, tree.Name | tree.Use)]
        wanted += [n.function for n, _ in walk(parts[name][1]) if isinstance(n, tree.CallExpression)]
    used = {id(node): (text, node) for text, node in seen.values()}
    tokens = [t for text, node in used.values() for t in _words(text, node)]
    blocks = sum(isinstance(node, tree.Block) for _, node in used.values())
    return len(tokens), blocks, tokens.count("IF")


def _declared(source: Source) -> Iterator[tuple[str, tuple[Source, tree.Tree]]]:
    file = parse(source, Reporter())
    for node in file.declarations:
        match node:
            case tree.Import():
                imported = Files().load(str(node.path.value), source)
                assert isinstance(imported, Source)
                yield from _declared(imported)
            case tree.Let(name=str() as name):
                yield name, (source, node)
            case tree.Function() | tree.Macro() | tree.Block() | tree.ModelDef() | tree.Variant():
                yield node.name.name, (source, node)
            case tree.Default():
                yield f"default {node.span.start} {source.name}", (source, node)


def _words(source: Source, node: tree.Tree) -> list[str]:
    """The kinds of a declaration's tokens, without those of texts and of statements that say nothing of the graph."""
    left_out = [n.span for n, _ in walk(node) if isinstance(n, tree.Fact | tree.Expect | tree.Init)]
    left_out += [n.doc.span for n, _ in walk(node) if isinstance(n, tree.Body | tree.Variant) and n.doc is not None]
    text = Source(source.name, source.text)
    return [
        t.type
        for t in scan(text, tables())
        if node.span.start <= t.span.start < node.span.end
        and t.type != "NEWLINE"
        and not any(s.start <= t.span.start < s.end for s in left_out)
    ]


def main(names: list[str]) -> None:
    """Do what is not done yet, and write the page's table."""
    if names[:1] == ["--one"]:
        print(json.dumps(dict((family if "+" in names[1] else measured)(names[1]))))
        return
    rows = _read()
    for name in names or _all():
        if name in rows and rows[name]["outcome"] != UNPROVED:
            continue
        rows[name] = _row(name)
        _write(rows)
        print(name, rows[name]["outcome"], flush=True)
    _page(rows)


def _all() -> list[str]:
    from archc.runtime.references import import_torchvision

    import_torchvision()
    from importlib import import_module

    models = import_module("torchvision.models")
    return [
        *(f"torchvision:{name}" for name in models.list_models(module=models)),
        *("+".join(f"torchvision:{name}" for name in names.split()) for names in TORCHVISION),
        *(f"timm:{name}" for name in TIMM.split()),
    ]


def _row(name: str) -> dict[str, str]:
    command = [sys.executable, "-m", "benchmarks.import_table", "--one", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        found = {"network": name, "outcome": "time", "why": f"more than {LONGEST} s"}
    except subprocess.CalledProcessError as error:
        found = {"network": name, "outcome": "fault", "why": (error.stderr.splitlines() or ["killed"])[-1][:160]}
    return {key: str(found.get(key, "")) for key in COLUMNS}


def _read() -> dict[str, dict[str, str]]:
    if not ROWS.exists():
        return {}
    with ROWS.open(newline="", encoding="utf-8") as file:
        return {row["network"]: row for row in csv.DictReader(file)}


def _write(rows: Mapping[str, Mapping[str, str]]) -> None:
    with ROWS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[name] for name in sorted(rows))


def _page(rows: Mapping[str, Mapping[str, str]]) -> None:
    """Put the tables between their marks."""
    text = PAGE.read_text(encoding="utf-8")
    alone = {n: r for n, r in rows.items() if "+" not in n}
    made = {
        "table": table({n: r for n, r in alone.items() if n.startswith("torchvision:")}),
        "families": family_table({n: r for n, r in rows.items() if "+" in n}),
        "timm": timm_table({n: r for n, r in alone.items() if n.startswith("timm:")}),
    }
    for mark in MARKS:
        start, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n{made[mark]}{end}{rest.partition(end)[2]}"
    PAGE.write_text(text, encoding="utf-8")


def table(rows: Mapping[str, Mapping[str, str]]) -> str:
    """The networks of torchvision in Markdown, with how many are proved below."""
    lines = [
        "| network | | compiled, imported again | tokens | by hand | ratio | blocks | `if`s | import | torch |",
        "|---|---|---|---:|---:|---:|---|---|---:|---:|",
    ]
    for name in sorted(rows):
        r = rows[name]
        cells = [name.partition(":")[2], _told(r), r["again"], *_sizes(r)]
        lines.append(f"| {' | '.join(cells)} | {_seconds(r['seconds'])} | {_seconds(r['torch_seconds'])} |")
    return "\n".join(lines) + f"\n\n{_proved(rows)}\n"


def family_table(rows: Mapping[str, Mapping[str, str]]) -> str:
    """The families in Markdown: of each the member that needs the most tokens beside what is written by hand."""
    lines = [
        "| family | | models | tokens | by hand | ratio | blocks | `if`s |",
        "|---|---|---:|---:|---:|---:|---|---|",
    ]
    for name in sorted(rows):
        r = rows[name]
        members = ", ".join(n.partition(":")[2] for n in name.split("+"))
        models = r["why"] if r["outcome"] in ("proved", UNPROVED) else ""
        lines.append(
            f"| {' | '.join([members, _told({**r, 'why': r['why'] if not models else ''}), models, *_sizes(r)])} |"
        )
    return "\n".join(lines) + "\n"


def timm_table(rows: Mapping[str, Mapping[str, str]]) -> str:
    """Timm's networks in Markdown."""
    lines = ["| network | | compiled, imported again | tokens | blocks |", "|---|---|---|---:|---:|"]
    for name in sorted(rows):
        r = rows[name]
        lines.append(f"| {name.partition(':')[2]} | {_told(r)} | {r['again']} | {r['tokens']} | {r['blocks']} |")
    return "\n".join(lines) + f"\n\n{_proved(rows)}\n"


def _proved(rows: Mapping[str, Mapping[str, str]]) -> str:
    proved, recorded = (sum(r["outcome"] == o for r in rows.values()) for o in ("proved", UNPROVED))
    return f"{proved} of {len(rows)} proved{f', {recorded} recorded' if recorded else ''}."


def _seconds(text: str) -> str:
    return f"{text} s" if text else ""


def _told(row: Mapping[str, str]) -> str:
    """The outcome, and why."""
    if row["outcome"] == "proved":
        return f"proved, {row['why']} for each use" if row["why"] else "proved"
    if row["outcome"] == UNPROVED:
        return UNPROVED
    return f"{row['outcome']}: {row['why']}".replace("|", "\\|")


def _sizes(r: Mapping[str, str]) -> list[str]:
    ratio = f"{int(r['tokens']) / int(r['gold']):.2f}" if r["gold"] and r["tokens"] else ""
    both = [f"{r[k]} / {r[f'gold_{k}']}" if r[f"gold_{k}"] else r[k] for k in ("blocks", "ifs")]
    return [r["tokens"], r["gold"], ratio, *both]


if __name__ == "__main__":
    main(sys.argv[1:])
