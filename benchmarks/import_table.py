"""The table of docs/import.md: which of torchvision's networks `archc import` proves, and how short they become.

    python -m benchmarks.import_table [NAME …]

A row is written to docs/import.csv as soon as it is known, and networks that have a row are not done again: stopped, it
goes on. One process a network.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from archc.diagnostics.core import Problem, Reporter
from archc.diagnostics.source import Source
from archc.syntax import tree
from archc.syntax.parser import parse
from archc.syntax.scan import scan
from archc.syntax.tables import tables
from archc.syntax.walk import walk
from archc.zoo import Files, find, shipped_members

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
    "why",
)
START, END = "<!-- table -->", "<!-- end of table -->"
LONGEST = 600
"""Seconds for one network."""


def measured(name: str) -> Mapping[str, object]:
    """The row of one network."""
    import torch

    from archc.importing.importer import import_source, text_of
    from archc.importing.sources import find_source

    source = find_source(name, None)
    assert not isinstance(source, Problem), source
    started = time.process_time()
    model = source.make().eval()
    with torch.no_grad():
        model(torch.randn(1, *source.input))
    run = time.process_time() - started
    del model
    started = time.process_time()
    text_of(source)
    taken = time.process_time() - started
    row: dict[str, object] = {"network": name, "seconds": f"{taken:.2f}", "torch_seconds": f"{run:.2f}"}
    found = import_source(source)
    if isinstance(found, Problem):
        return {**row, "outcome": found.code, "why": f"{found.message()} {found.note()}".split("\n")[0][:160]}
    tokens, blocks, ifs = size(Source("x.arch", found.text), found.members[0])
    row |= {"outcome": "proved", "tokens": tokens, "blocks": blocks, "ifs": ifs, "why": ", ".join(found.flat)}
    member = name.partition(":")[2]
    if member in shipped_members():
        gold = find(member)
        row |= dict(zip(("gold", "gold_blocks", "gold_ifs"), size(gold.source, member), strict=True))
    return row


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
        print(json.dumps(dict(measured(names[1]))))
        return
    rows = _read()
    for name in names or _all():
        if name in rows:
            continue
        rows[name] = _row(name)
        _write(rows)
        print(name, rows[name]["outcome"], flush=True)
    _page(rows)


def _all() -> list[str]:
    from importlib import import_module

    return [
        f"torchvision:{name}"
        for name in import_module("torchvision.models").list_models(module=import_module("torchvision.models"))
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
    """Put the table between its marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n{table(rows)}{END}{after}", encoding="utf-8")


def table(rows: Mapping[str, Mapping[str, str]]) -> str:
    """The table in Markdown, with how many are proved below it."""
    lines = [
        "| network | | tokens | by hand | ratio | blocks | `if`s | import | construction and forward |",
        "|---|---|---:|---:|---:|---|---|---:|---:|",
    ]
    for name in sorted(rows):
        r = rows[name]
        ratio = f"{int(r['tokens']) / int(r['gold']):.2f}" if r["gold"] and r["tokens"] else ""
        both = [f"{r[k]} / {r[f'gold_{k}']}" if r[f"gold_{k}"] else r[k] for k in ("blocks", "ifs")]
        told = r["outcome"] if r["outcome"] == "proved" else f"{r['outcome']}: {r['why']}".replace("|", "\\|")
        cells = [name.partition(":")[2], told, r["tokens"], r["gold"], ratio, *both]
        lines.append(f"| {' | '.join(cells)} | {r['seconds']} s | {r['torch_seconds']} s |")
    proved = sum(r["outcome"] == "proved" for r in rows.values())
    return "\n".join(lines) + f"\n\n{proved} of {len(rows)} proved.\n"


if __name__ == "__main__":
    main(sys.argv[1:])
